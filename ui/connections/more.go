package connections

import (
	"context"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"usher/core"
	"usher/ui/look"
	"usher/ui/words"
)

// more is what is seldom wanted of a connection: its CRM's API, a webhook made by Usher, another
// secret part of the URL, and its end.
type more struct {
	page *page

	api    *widget.Label
	enter  *look.Button
	signIn *look.Button

	register   *fyne.Container // hidden where the CRM has no API
	action     *look.Select
	registered *look.Report

	keepOld *look.Check
	rotated *look.Report

	remove  *look.Question
	removal *look.Report
	content fyne.CanvasObject
}

func newMore(p *page) *more {
	m := &more{page: p, registered: look.NewReport(), rotated: look.NewReport(), removal: look.NewReport()}
	m.content = look.Page(m.apiCard(), m.registerCard(), m.keyCard(), m.removeCard())
	return m
}

func (m *more) apiCard() fyne.CanvasObject {
	m.api = text("")
	m.enter = look.NewButton("", m.page.enterCredentials)
	m.signIn = look.NewMainButton(words.T("connections.sign_in"), m.page.enterCredentials)
	return look.Card{
		Title: words.T("connections.api.title", "CRM", m.page.view.CRM), Body: m.api,
		Actions: []fyne.CanvasObject{m.signIn, m.enter},
	}.Object()
}

func (m *more) registerCard() fyne.CanvasObject {
	m.action = look.NewSelect(actionNames(), nil)
	m.action.SetSelectedIndex(0)
	crm := m.page.view.CRM
	m.register = container.NewStack(look.Card{
		Title: words.T("connections.register.title"), Text: words.T("connections.register.text", "CRM", crm),
		Body: container.NewVBox(look.NewFormRow(words.T("connections.action"), "", m.action), m.registered),
		Actions: []fyne.CanvasObject{
			look.NewButton(words.T("connections.register"), m.makeWebhook),
			look.NewQuietButton(words.T("connections.unregister"), m.endWebhook),
		},
	}.Object())
	m.register.Hide()
	return m.register
}

func (m *more) keyCard() fyne.CanvasObject {
	m.keepOld = look.NewCheck(words.T("connections.key.keep_old"), nil)
	m.keepOld.SetChecked(true)
	return look.Card{
		Title: words.T("connections.key.title"), Text: words.T("connections.key.text", "CRM", m.page.view.CRM),
		Body:    container.NewVBox(m.keepOld, m.rotated),
		Actions: []fyne.CanvasObject{look.NewButton(words.T("connections.key.rotate"), m.rotate)},
	}.Object()
}

func (m *more) removeCard() fyne.CanvasObject {
	view := m.page.view
	m.remove = look.NewQuestion(look.Ask{
		Button: words.T("connections.remove"),
		Title:  words.T("connections.remove.title", "Name", view.Name),
		Points: []string{
			words.T("connections.remove.stops.text"),
			words.T("connections.remove.waits.text"),
			words.T("connections.remove.stays.text", "Site", host(view.Site)),
		},
		Yes: words.T("connections.remove.yes"), No: words.T("connections.remove.no"), Do: m.end,
		Page: func() fyne.CanvasObject { return m.content },
	})
	return look.Stacked(look.Section(words.T("connections.end.title")), m.remove, m.removal)
}

// update shows how the API stands.
func (m *more) update() {
	view := m.page.view
	m.signIn.Hidden = !view.SignIn
	switch {
	case view.SignIn:
		m.api.SetText(words.T("connections.api.sign_in.text", "CRM", view.CRM))
	case view.API:
		m.api.SetText(words.T("connections.api.on.text", "CRM", view.CRM))
	default:
		m.api.SetText(words.T("connections.api.off.text", "CRM", view.CRM))
	}
	if m.enter.SetText(words.T("connections.api.enter")); view.API || view.SignIn {
		m.enter.SetText(words.T("connections.api.change"))
	}
}

// describe shows what can be done with the CRM's API, where it has one.
func (m *more) describe(about core.Descriptor) {
	m.register.Hidden = len(about.Credentials) == 0
	m.enter.Hidden = len(about.Credentials) == 0
	m.register.Refresh()
}

func (m *more) makeWebhook() {
	action := actions[max(0, m.action.SelectedIndex())]
	m.registered.Busy(words.T("connections.register.busy.line"), nil)
	m.registration(m.makeWebhook, func(ctx context.Context) (core.RegistrationAnswer, error) {
		return m.page.screen.backend.RegisterWebhook(ctx, m.page.name, action)
	})
}

func (m *more) endWebhook() {
	m.registered.Busy(words.T("connections.unregister.busy.line"), nil)
	m.registration(m.endWebhook, func(ctx context.Context) (core.RegistrationAnswer, error) {
		return m.page.screen.backend.UnregisterWebhook(ctx, m.page.name)
	})
}

func (m *more) registration(again func(), work func(context.Context) (core.RegistrationAnswer, error)) {
	var answer core.RegistrationAnswer
	m.page.carryOut(func(ctx context.Context) (err error) {
		answer, err = work(ctx)
		return err
	}, func(err error) {
		if err != nil {
			m.page.trouble(m.registered, err, again)
			return
		}
		done := words.T("connections.registered.line", "CRM", m.page.view.CRM)
		if len(answer.Actions) == 0 {
			done = words.T("connections.unregistered.line", "CRM", m.page.view.CRM)
		}
		m.registered.Done(done, answer.Notes...)
	})
}

// rotate gives the URL another secret part.
func (m *more) rotate() {
	keep := m.keepOld.Checked
	m.rotated.Busy(words.T("connections.key.busy.line"), nil)
	var answer core.SetupAnswer
	m.page.carryOut(func(ctx context.Context) (err error) {
		answer, err = m.page.screen.backend.RotateKey(ctx, m.page.name, !keep)
		return err
	}, func(err error) {
		if err != nil {
			m.page.trouble(m.rotated, err, nil)
			return
		}
		m.page.address.take(answer.URLs)
		done := words.T("connections.key.done.line", "CRM", m.page.view.CRM)
		if keep {
			done = words.T("connections.key.done_keep.line", "CRM", m.page.view.CRM)
		}
		m.rotated.Done(done, answer.Notes...)
	})
}

// end removes the connection and shows what is left to do by hand.
func (m *more) end() {
	view := m.page.view
	m.removal.Busy(words.T("connections.remove.busy.line"), nil)
	var answer core.RemovalAnswer
	m.page.removed = true // it may be gone from view before the answer is here
	m.page.carryOut(func(ctx context.Context) (err error) {
		answer, err = m.page.screen.backend.RemoveConnection(ctx, view.Name)
		return err
	}, func(err error) {
		if err != nil {
			m.page.removed = false
			m.page.trouble(m.removal, err, nil)
			return
		}
		m.page.part(m.farewell(view, answer))
	})
}

func (m *more) farewell(view core.ConnectionView, answer core.RemovalAnswer) fyne.CanvasObject {
	notes := container.NewVBox()
	for _, note := range answer.Notes {
		notes.Add(text(note))
	}
	screen := m.page.screen
	return look.Page(look.Card{
		Tone: look.Done, Title: words.T("connections.removed.title", "Name", view.Name), Body: notes,
		Actions: []fyne.CanvasObject{
			look.NewMainButton(words.T("connections.back_to_list"), screen.back),
			look.NewButton(words.T("connections.to_sites"), func() { screen.stage.Go("settings", "sites") }),
		},
	}.Object())
}
