package people

import (
	"cmp"
	"reflect"
	"strconv"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"usher/core"
	"usher/ui/look"
	"usher/ui/stage"
	"usher/ui/words"
)

// person is the page about one person.
type person struct {
	stage    *stage.Stage
	view     core.PersonView
	head     *fyne.Container
	body     *fyne.Container
	whole    fyne.CanvasObject
	back     *look.Button
	messages *look.Button
	forget   *look.Question
	report   *look.Report
}

func newPerson(s *Screen, view core.PersonView) *person {
	p := &person{stage: s.stage, view: view, head: container.NewStack(), body: look.Stacked()}
	p.back = look.NewButton(words.T("people.back"), s.back)
	p.messages = look.NewButton(words.T("people.messages"), func() {
		s.stage.Go("activity", cmp.Or(p.view.Contact, p.view.Email))
	})
	p.report = look.NewReport()
	p.forget = look.NewQuestion(look.Ask{
		Button: words.T("people.forget"),
		Title:  words.T("people.forget.title", "Name", name(view)),
		Points: []string{words.T("people.forget.goes.text"), words.T("people.forget.stays.text"), words.T("people.forget.again.text")},
		Yes:    words.T("people.forget.yes"), No: words.T("people.forget.no"),
		Do: func() { s.forget(p) }, Page: func() fyne.CanvasObject { return p.whole },
	})
	p.whole = look.Page(p.head, p.body)
	p.draw()
	return p
}

// update shows the person as they are now, where they are among those.
func (p *person) update(people []core.PersonView) {
	for _, view := range people {
		if view.CRM == p.view.CRM && view.Contact == p.view.Contact && view.Site == p.view.Site {
			if !reflect.DeepEqual(view, p.view) {
				p.view = view
				p.draw()
			}
			return
		}
	}
}

func (p *person) draw() {
	tone, state := standing(p.view)
	p.head.Objects = []fyne.CanvasObject{look.PageHeader(name(p.view), "", look.Chip(tone, state), p.back)}
	p.body.Objects = []fyne.CanvasObject{p.inCRM(), p.onSite(), p.forget, p.report}
	p.head.Refresh()
	p.body.Refresh()
}

func (p *person) inCRM() fyne.CanvasObject {
	lines := look.Lines()
	say := func(text string) { lines.Add(look.Sentence(text)) }
	say(words.T("people.number.text", "Number", words.Plain(p.view.Contact)))
	if len(p.view.Tags) > 0 {
		say(words.T("people.tags.text", "Tags", listed(p.view.Tags)))
	} else {
		say(words.T("people.no_tags.text"))
	}
	if p.view.Deleted {
		say(words.T("people.deleted.text"))
	}
	return look.Card{
		Title: words.Person(words.Plain(p.view.CRM)), Body: lines, Actions: []fyne.CanvasObject{p.messages},
	}.Object()
}

func (p *person) onSite() fyne.CanvasObject {
	if p.view.UserID == 0 {
		return look.Card{
			Tone: look.Pending, Title: words.T("people.not_user_on", "Site", site(p.view)), Text: words.T("people.not_user.text"),
		}.Object()
	}
	lines := look.Lines()
	say := func(text string) { lines.Add(look.Sentence(text)) }
	say(words.T("people.login.text", "Login", words.Plain(p.view.Login), "ID", strconv.FormatInt(p.view.UserID, 10)))
	if p.view.Email != "" {
		say(words.T("people.email.text", "Email", words.Plain(p.view.Email)))
	}
	if p.view.MadeByUsher {
		say(words.T("people.made.text"))
	} else {
		say(words.T("people.found.text"))
	}
	if len(p.view.Roles) > 0 {
		say(words.T("people.roles.text", "Roles", listed(p.view.Roles)))
	} else {
		say(words.T("people.no_roles.text"))
	}
	if said := mail(p.view.Mail); said != "" {
		say(said)
	}
	return look.Card{
		Tone: look.Done, Title: words.T("people.user_on", "Site", site(p.view)), Body: lines, Actions: p.fix(),
	}.Object()
}

// fix leads to what lets the site send the welcome mail, where nothing there can.
func (p *person) fix() []fyne.CanvasObject {
	if p.view.Mail != core.MailUnsent || len(p.view.Connections) == 0 {
		return nil
	}
	fix := p.stage.Fix("mail.no_sender", stage.Subject{Connection: p.view.Connections[0], Site: p.view.Site})
	return []fyne.CanvasObject{look.NewButton(fix.Label, fix.Do)}
}
