package wizard

import (
	"context"
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"usher/core"
	"usher/ui/look"
	"usher/ui/words"
)

// actions are what a webhook URL may ask for, the usual one first.
var actions = []core.Action{core.Add, core.Update, core.UpdateTags}

// urlPage builds the webhook URL and says where it goes in the CRM.
type urlPage struct {
	usual
	what    *look.Select
	role    *choice
	roleRow *look.FormRow
	mail    *look.Check
	url     *look.CopyRow
	built   *fyne.Container // what needs the URL
	unsafe  fyne.CanvasObject
	cards   *cards
	status  *status
	loads   task
	saves   task
	urls    map[core.Action]string
	address string // the public URL in them
	roles   []core.RoleChoice
}

func newURLPage(s *Screen) page {
	p := &urlPage{usual: usual{s}, status: newStatus(), built: container.NewVBox()}
	p.what = look.NewSelect([]string{words.T("wizard.url.add"), words.T("wizard.url.update"), words.T("wizard.url.update_tags")}, func(string) { p.changed() })
	p.role = newChoice("", p.changed)
	p.roleRow = look.NewFormRow(words.T("wizard.url.role"), words.T("wizard.url.role.help"), p.role.box)
	p.mail = look.NewCheck(words.T("wizard.url.mail"), func(bool) { p.changed() })
	p.url = look.NewCopyRow(words.T("wizard.url"), "", s.stage.Toast)
	p.unsafe = look.Card{Tone: look.NeedsYou, Title: words.T("wizard.url.unsafe.title"), Text: words.T("wizard.url.unsafe.text", "CRM", s.crm().Name)}.Object()
	p.cards = newCards(s)
	p.built = look.Stacked(p.url, p.unsafe, p.cards.box)
	p.built.Hide()
	return p
}

func (p *urlPage) head() (title, text string) {
	return words.T("wizard.url.title"), words.T("wizard.url.text", "CRM", p.crm().Name)
}

func (p *urlPage) parts() []fyne.CanvasObject {
	return []fyne.CanvasObject{
		p.status.box, look.NewFormRow(words.T("wizard.url.what"), "", p.what), p.roleRow, p.mail, p.built,
	}
}

func (p *urlPage) opened() {
	p.role.set(p.draft.get(saidRole))
	p.mail.SetChecked(p.draft.get(saidMail) == yes)
	p.what.SetSelectedIndex(max(0, slices.Index(actions, core.Action(p.draft.get(saidAction)))))
	p.load()
}

func (p *urlPage) left() {
	p.loads.end()
	p.saves.end()
	p.status.clear()
}

// update asks anew when the address has changed: it is in the URL.
func (p *urlPage) update(o core.Overview) {
	if p.urls != nil && o.Status.Address.URL != p.address {
		p.load()
	}
}

func (p *urlPage) load() {
	connection := p.draft.get(saidConnection)
	p.address = p.overview.Status.Address.URL
	if p.urls == nil {
		p.status.busy(words.T("wizard.url.line"))
	}
	var urls core.SetupAnswer
	var choices core.Choices
	p.loads.begin(p.stage, func(ctx context.Context) (err error) {
		if urls, err = p.backend.WebhookURLs(ctx, connection); err != nil {
			return err
		}
		// Without a list the role can be typed, so that this is no problem.
		choices, _ = p.backend.Choices(ctx, connection)
		return nil
	}, func(err error) {
		p.status.clear()
		if err != nil {
			p.status.wrong(err, p.load)
			return
		}
		p.urls, p.roles = urls.URLs, choices.Roles
		if len(p.roles) > 0 {
			p.role.offer(roleOptions(p.roles))
		}
		p.changed()
	})
}

// asksFor is the action on screen.
func (p *urlPage) asksFor() core.Action { return actions[max(0, p.what.SelectedIndex())] }

// changed builds the URL from what is on screen.
func (p *urlPage) changed() {
	action := p.asksFor()
	p.mail.Hidden = action != core.Add
	p.roleRow.Hidden = action == core.UpdateTags
	if p.built.Hidden = p.urls == nil; !p.built.Hidden { // else the page is still filled
		p.remember()
		p.build()
	}
	p.refresh()
}

func (p *urlPage) remember() {
	mail := ""
	if p.mail.Checked {
		mail = yes
	}
	p.draft.set(saidMail, mail)
	p.draft.set(saidAction, string(p.asksFor()))
	p.draft.set(saidRole, p.role.value())
}

func (p *urlPage) build() {
	action := p.asksFor()
	role, mail := p.role.value(), p.mail.Checked
	if action == core.UpdateTags {
		role = ""
	}
	whole := core.AskFor(p.urls[action], role, mail && action == core.Add)
	p.url.SetValue(whole)
	setVisible(p.unsafe, !strings.HasPrefix(whole, "https://"))
	p.cards.fill(p.urls, action, whole)
	p.built.Refresh()
}

func (p *urlPage) action() action {
	return action{ready: p.urls != nil && !p.status.work, do: p.save}
}

// save allows the role that was picked, where it takes a person to allow it.
func (p *urlPage) save() {
	allowed, more := p.allowed()
	if !more {
		p.goOn()
		return
	}
	setUp := p.setUp(nil, rules{AllowedRoles: &allowed})
	p.status.busy(words.T("wizard.saving.line"))
	p.saves.begin(p.stage, func(ctx context.Context) error {
		_, err := setUp(ctx)
		return err
	}, func(err error) {
		p.status.clear()
		if err != nil {
			p.status.wrong(err, nil)
			p.refresh()
			return
		}
		p.goOn()
	})
}

// allowed lists the roles the URL may ask for, and whether the one on screen is new among them.
func (p *urlPage) allowed() (roles []string, more bool) {
	role := p.role.value()
	view := p.view()
	writes := slices.ContainsFunc(p.roles, func(r core.RoleChoice) bool { return r.Slug == role && r.WritesPosts })
	if view == nil || !writes || p.asksFor() == core.UpdateTags || slices.Contains(view.Rules.AllowedRoles, role) {
		return nil, false
	}
	return append(slices.Clone(view.Rules.AllowedRoles), role), true
}
