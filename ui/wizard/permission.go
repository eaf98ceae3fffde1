package wizard

import (
	"context"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"usher/core"
	"usher/ui/look"
	"usher/ui/words"
)

// permission asks the site's owner, on a page of the site. The browser brings the answer where it
// can; else the person pastes what the page shows.
type permission struct {
	page     *sitePage
	box      *fyne.Container
	status   *status
	waiting  *fyne.Container
	form     *fyne.Container
	user     *look.Entry
	password *look.Entry
	work     task
	url      string // the site's page, while it is open
	stage    permissionStage
}

type permissionStage int

const (
	notAsked permissionStage = iota
	asked                    // looking for the page, or waiting for the browser
	pasting
	connecting
)

func newPermission(p *sitePage) *permission {
	a := &permission{page: p, status: newStatus(), waiting: container.NewVBox(), user: look.NewEntry(""), password: look.NewSecretEntry("xxxx xxxx xxxx xxxx xxxx xxxx")}
	a.form = look.Stacked(
		look.NewFormRow(words.T("wizard.paste.user"), words.T("wizard.paste.user.help"), a.user),
		look.NewFormRow(words.T("wizard.paste.password"), words.T("wizard.paste.password.help"), a.password),
	)
	for _, entry := range []*look.Entry{a.user, a.password} {
		entry.OnChanged = func(string) { p.refresh() }
		entry.OnSubmitted = func(string) { p.next() }
	}
	a.box = look.Stacked(a.waiting, a.form, a.status.box)
	a.show(notAsked)
	return a
}

func (a *permission) open() bool    { return a.stage != notAsked }
func (a *permission) pasting() bool { return a.stage == pasting }

// end forgets what was asked; the owner can still say no on the page.
func (a *permission) end() {
	a.work.end()
	a.status.clear()
	a.password.SetText("")
	a.show(notAsked)
}

func (a *permission) show(stage permissionStage) {
	a.stage = stage
	a.page.steps.Hidden = stage != notAsked // all is well there
	a.form.Hidden = stage != pasting && stage != connecting
	a.waiting.Hidden = a.url == "" || stage == notAsked
	a.box.Refresh()
}

// ask opens the site's page. With paste its answer is pasted even where the browser could bring it.
func (a *permission) ask(paste bool) {
	p := a.page
	address := p.checked
	a.url = ""
	if p.hooks.AskPermission == nil {
		a.show(pasting)
		return
	}
	a.show(asked)
	a.status.busy(words.T("wizard.allow.finding.line"))
	var site core.SiteAnswer
	comesBack := false
	a.work.begin(p.stage, func(ctx context.Context) error {
		question, err := p.hooks.AskPermission(ctx, address, paste)
		if err != nil {
			return err
		}
		defer question.Close()
		comesBack = question.ComesBack()
		onScreen(ctx, func() { a.opened(question.Page(), question.ComesBack()) })
		if comesBack {
			site, err = question.Wait(ctx)
		}
		return err
	}, func(err error) { a.answered(site, comesBack, err) })
	p.refresh()
}

// onScreen shows something of work that goes on, unless it was given up.
func onScreen(ctx context.Context, show func()) {
	fyne.Do(func() {
		if ctx.Err() == nil {
			show()
		}
	})
}

// opened shows that the site's page is open in the browser.
func (a *permission) opened(url string, comesBack bool) {
	p := a.page
	a.url = url
	p.stage.Open(url)
	text := words.T("wizard.allow.paste.text")
	body := container.NewVBox(look.Actions(
		look.NewButton(words.T("wizard.allow.open.button"), func() { p.stage.Open(url) }),
		look.NewButton(words.T("wizard.allow.copy.button"), func() { copyText(p.stage.Toast, url) }),
	))
	if comesBack {
		text = words.T("wizard.allow.wait.text")
		body.Add(look.Actions(look.NewQuietButton(words.T("wizard.allow.paste.button"), func() { a.ask(true) })))
	}
	a.waiting.RemoveAll()
	a.waiting.Add(look.Card{Tone: look.Checking, Title: words.T("wizard.allow.open.title"), Text: text, Body: body}.Object())
	a.status.clear()
	a.show(a.stage)
	p.frame.reveal(a.box)
}

func copyText(say func(string), text string) {
	fyne.CurrentApp().Clipboard().SetContent(text)
	say(words.T("copy.done.line"))
}

// answered goes on with what the browser brought, or asks to paste.
func (a *permission) answered(site core.SiteAnswer, comesBack bool, err error) {
	p := a.page
	switch {
	case err != nil:
		a.url = ""
		a.show(notAsked)
		a.status.wrong(err, func() { a.ask(false) })
		p.frame.reveal(a.box)
	case comesBack:
		a.end()
		p.connected(site)
	default:
		a.show(pasting)
		p.frame.reveal(a.box)
		p.focus(a.user)
	}
	p.refresh()
}

func (a *permission) action() action {
	ready := strings.TrimSpace(a.user.Text) != "" && strings.TrimSpace(a.password.Text) != ""
	return action{label: words.T("wizard.paste.button"), ready: ready, do: a.connect}
}

// connect connects with what was pasted.
func (a *permission) connect() {
	p := a.page
	user, password := strings.TrimSpace(a.user.Text), core.NewSecret(strings.TrimSpace(a.password.Text))
	address := p.checked
	a.show(connecting)
	a.status.busy(words.T("wizard.paste.line"))
	var site core.SiteAnswer
	a.work.begin(p.stage, func(ctx context.Context) (err error) {
		site, err = p.backend.ConnectSite(ctx, address, user, password)
		return err
	}, func(err error) {
		if err != nil {
			a.show(pasting)
			a.status.wrong(err, nil)
			p.frame.reveal(a.status.box)
			p.refresh()
			return
		}
		a.end()
		p.connected(site)
	})
}
