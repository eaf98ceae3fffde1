package connections

import (
	"context"
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"usher/core"
	"usher/ui/look"
	"usher/ui/words"
)

// address is where a webhook URL is made: what is on screen is what the button copies.
type address struct {
	page    *page
	urls    map[core.Action]string
	base    string // the public URL they were made with
	action  *look.Select
	role    *look.Combo
	mail    *look.Check
	value   *look.CopyRow
	shown   string // what value shows
	hints   *widget.Label
	allow   *fyne.Container // asks whether a role may be given
	allowed *look.Report
	report  *look.Report // of what can be picked
	loading *look.Report
	reach   *fyne.Container // warns while CRMs cannot get through
	content fyne.CanvasObject
}

// actions are what a webhook URL may ask for, in the order they are shown.
var actions = []core.Action{core.Add, core.Update, core.UpdateTags}

func actionName(a core.Action) string {
	switch a {
	case core.Update:
		return words.T("connections.action.update")
	case core.UpdateTags:
		return words.T("connections.action.update_tags")
	case core.Add:
	}
	return words.T("connections.action.add")
}

func actionNames() (names []string) {
	for _, a := range actions {
		names = append(names, actionName(a))
	}
	return names
}

func newAddress(p *page) *address {
	a := &address{page: p, report: look.NewReport(), loading: look.NewReport(), allowed: look.NewReport()}
	compose := func() { p.address.compose() }
	a.action = look.NewSelect(actionNames(), func(string) { compose() })
	a.role = look.NewCombo(words.T("connections.role.usual"))
	a.role.OnChanged = func(string) { compose() }
	a.mail = look.NewCheck(words.T("connections.mail"), func(bool) { compose() })
	a.value = look.NewCopyRow(words.T("connections.url"), "", p.screen.stage.Toast)
	a.hints = widget.NewLabel("")
	a.hints.Wrapping = fyne.TextWrapWord
	a.reach = container.NewStack(look.Card{
		Tone: look.NeedsYou, Title: words.T("connections.unreachable.title"), Text: words.T("connections.unreachable.text"),
		Actions: []fyne.CanvasObject{look.NewButton(words.T("connections.unreachable.fix"), func() { p.screen.stage.Go("settings", "address") })},
	}.Object())
	a.reach.Hide()
	a.allow = container.NewStack(look.Card{
		Tone: look.NeedsYou, Title: words.T("connections.allow.title"), Text: words.T("connections.allow.text"),
		Body: a.allowed, Actions: []fyne.CanvasObject{look.NewButton(words.T("connections.allow"), func() { p.address.allowRole() })},
	}.Object())
	a.allow.Hide()
	a.content = look.Page(
		a.reach,
		look.NewFormRow(words.T("connections.action"), words.T("connections.action.help"), a.action),
		look.NewFormRow(words.T("connections.role"), words.T("connections.role.help"), a.role),
		a.allow, a.mail, a.report, a.loading, a.value, a.hints,
	)
	return a
}

// load asks for the URLs.
func (a *address) load() {
	name := a.page.name
	a.base = a.page.screen.overview.Status.Address.URL
	if a.action.Selected == "" {
		a.action.SetSelectedIndex(0)
	}
	a.value.Hide()
	a.loading.Busy(words.T("connections.url.busy.line"), nil)
	var answer core.SetupAnswer
	a.page.do("urls", func(ctx context.Context) (err error) {
		answer, err = a.page.screen.backend.WebhookURLs(ctx, name)
		return err
	}, func(err error) {
		a.loading.Clear()
		if err != nil {
			a.page.trouble(a.loading, err, a.load)
			return
		}
		a.take(answer.URLs)
	})
}

// take shows other URLs.
func (a *address) take(urls map[core.Action]string) {
	a.urls = urls
	a.value.Show()
	a.compose()
	a.page.help.fill(urls)
}

// compose shows the URL that asks for what was picked.
func (a *address) compose() {
	action := a.chosen()
	a.mail.Hidden = action != core.Add
	a.shown = core.AskFor(a.urls[action], a.slug(), action == core.Add && a.mail.Checked)
	a.value.SetValue(a.shown)
	a.hints.SetText(words.T("connections.paste.text", "CRM", a.page.view.CRM))
	if strings.Contains(a.shown, "=[") {
		a.hints.SetText(words.T("connections.paste_brackets.text", "CRM", a.page.view.CRM))
	}
	a.hints.Hidden = a.urls == nil
	a.allow.Hidden = !a.mustAllow()
}

func (a *address) chosen() core.Action {
	return actions[max(0, a.action.SelectedIndex())]
}

func (a *address) slug() string { return slugOf(a.page.choices.Roles, a.role.Text) }

// mustAllow reports whether the role is one that Usher gives only after a yes.
func (a *address) mustAllow() bool {
	slug := a.slug()
	i := slices.IndexFunc(a.page.choices.Roles, func(r core.RoleChoice) bool { return r.Slug == slug })
	return i >= 0 && a.page.choices.Roles[i].WritesPosts && !slices.Contains(a.page.view.Rules.AllowedRoles, slug)
}

func (a *address) allowRole() {
	roles := append(slices.Clone(a.page.view.Rules.AllowedRoles), a.slug())
	a.allowed.Busy(words.T("connections.saving.line"), nil)
	a.page.save(change{AllowedRoles: &roles}, func(err error) {
		a.allowed.Clear()
		if err != nil {
			a.page.trouble(a.allowed, err, nil)
			return
		}
		a.page.view.Rules.AllowedRoles = roles
		a.compose()
	})
}

// choose takes in which roles there are.
func (a *address) choose() {
	a.role.SetOptions(roleNames(a.page.choices.Roles))
	a.compose()
}

// update loads the URLs again when the public address changed.
func (a *address) update() {
	now := a.page.screen.overview.Status.Address
	a.reach.Hidden = now.State != "failed" && now.State != "off"
	if now.URL != a.base {
		a.load()
	}
	a.allow.Hidden = !a.mustAllow()
}
