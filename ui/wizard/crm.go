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

// crmPage makes the connection, with what the CRM's API needs or without.
type crmPage struct {
	usual
	about   core.Descriptor
	account *account
	fields  []*credential
	more    *look.Button
	seldom  *fyne.Container // what most leave as it is
	status  *status
	signIn  *signIn
	work    task
}

func newCRMPage(s *Screen) page {
	p := &crmPage{usual: usual{s}, about: s.crm(), status: newStatus(), seldom: container.NewVBox()}
	p.account = newAccount(s, p.fill)
	p.signIn = newSignIn(p)
	for _, c := range p.about.Credentials {
		p.fields = append(p.fields, newCredential(c, func(value string) { p.changed(c, value) }, p.next))
	}
	p.more = look.NewQuietButton(words.T("wizard.more.button"), p.showMore)
	p.seldom.Hide()
	return p
}

func (p *crmPage) head() (title, text string) {
	return words.T("wizard.crm.title", "CRM", p.about.Name), words.T("wizard.crm.text", "CRM", p.about.Name)
}

func (p *crmPage) parts() []fyne.CanvasObject {
	parts := []fyne.CanvasObject{p.status.box, p.signIn.box, look.Card{
		Tone: look.Info, Title: words.T("wizard.crm.without.title"), Text: words.T("wizard.crm.without.text", "CRM", p.about.Name),
	}.Object(), p.account.box}
	p.seldom.RemoveAll()
	for _, f := range p.fields {
		if url := f.Default; isWebAddress(url) {
			parts = append(parts, look.NewCopyRow(words.T("wizard.crm.redirect", "Label", f.Label), url, p.stage.Toast))
		}
	}
	for _, f := range p.fields {
		if f.isSeldom() {
			p.seldom.Add(f.row)
		} else {
			parts = append(parts, f.row)
		}
	}
	if len(p.seldom.Objects) > 0 {
		parts = append(parts, look.Actions(p.more), p.seldom)
	}
	return parts
}

// isSeldom reports whether most people leave a credential as it is.
func (f *credential) isSeldom() bool { return f.Optional && len(f.Choices) == 0 }

func isWebAddress(text string) bool {
	return strings.HasPrefix(text, "http://") || strings.HasPrefix(text, "https://")
}

func (p *crmPage) showMore() {
	p.seldom.Show()
	p.more.Hide()
}

func (p *crmPage) first() fyne.Focusable {
	if len(p.fields) == 0 {
		return nil
	}
	return p.fields[0].focus()
}

func (p *crmPage) opened() {
	p.account.opened()
	p.fill()
}

// fill fills in what was said before, and says which secrets Usher has already.
func (p *crmPage) fill() {
	known := p.hasAPI()
	for _, f := range p.fields {
		if f.Secret && known {
			f.entry.SetPlaceHolder(words.T("wizard.crm.kept"))
		}
		if !f.Secret {
			f.set(p.draft.get(saidField + f.Key))
		}
	}
}

// hasAPI reports whether Usher can use the API of this account already.
func (p *crmPage) hasAPI() bool {
	return slices.ContainsFunc(p.overview.Connections, func(view core.ConnectionView) bool {
		return view.Account == p.account.name() && view.API
	})
}

func (p *crmPage) left() {
	p.work.end()
	p.signIn.end()
	p.status.clear()
}

func (p *crmPage) changed(c core.Credential, value string) {
	if !c.Secret {
		p.draft.set(saidField+c.Key, value)
	}
	p.allRight()
	if !p.status.work {
		p.status.clear()
	}
	p.refresh()
}

// allRight takes back what was said to be wrong with the fields.
func (p *crmPage) allRight() {
	for _, f := range p.fields {
		f.row.SetProblem("")
	}
}

func (p *crmPage) action() action {
	if p.signIn.open() {
		return p.signIn.action()
	}
	without := action{ready: true, do: func() { p.save(nil) }}
	if p.status.work {
		without.ready = false
		return without
	}
	if len(p.fields) == 0 || p.hasAPI() && len(p.given()) == 0 {
		return without
	}
	return action{
		ready: !p.lacks(), do: func() { p.save(p.given()) },
		skip: words.T("wizard.crm.skip.button"), skips: func() { p.save(nil) },
	}
}

// given is what was typed or picked.
func (p *crmPage) given() map[string]string {
	given, typed := map[string]string{}, false
	for _, f := range p.fields {
		value := f.value()
		if value == "" {
			continue
		}
		given[f.Key] = value
		typed = typed || f.choice == nil
	}
	if !typed {
		return nil // choices stand by themselves
	}
	return given
}

// lacks reports whether the API would lack something.
func (p *crmPage) lacks() bool {
	known := p.hasAPI()
	return len(p.given()) == 0 || slices.ContainsFunc(p.fields, func(f *credential) bool {
		return !f.Optional && f.value() == "" && f.Default == "" && !known
	})
}

// save makes the connection, or changes it.
func (p *crmPage) save(fields map[string]string) {
	if wrong := p.account.wrong(); wrong {
		return
	}
	p.allRight()
	p.draft.set(saidAccount, p.account.said())
	setUp := p.setUp(fields, rules{})
	p.status.busy(words.T("wizard.crm.line", "CRM", p.about.Name))
	var done core.SetupAnswer
	var overview core.Overview
	p.work.begin(p.stage, func(ctx context.Context) (err error) {
		if done, err = setUp(ctx); err != nil {
			return err
		}
		overview, err = p.backend.Overview(ctx)
		return err
	}, func(err error) {
		p.status.clear()
		if err != nil {
			p.refused(err)
			return
		}
		p.overview = overview
		p.saved(done)
	})
}

func (p *crmPage) refused(err error) {
	problem := core.AsProblem(err)
	defer p.refresh()
	for _, f := range p.fields {
		if f.about(problem) {
			if f.isSeldom() {
				p.showMore()
			}
			p.frame.reveal(f.row)
			return
		}
	}
	p.status.wrong(err, nil)
	p.frame.reveal(p.status.box)
}

func (p *crmPage) saved(done core.SetupAnswer) {
	p.draft.key = core.Secret{} // stored
	p.draft.set(saidConnection, done.Connection)
	for _, f := range p.fields {
		if f.Secret {
			f.entry.SetText("")
		}
	}
	if view := p.view(); view != nil && view.SignIn && !view.API {
		p.signIn.show(view.Account)
		p.frame.reveal(p.signIn.box)
		p.refresh()
		return
	}
	p.goOn()
}
