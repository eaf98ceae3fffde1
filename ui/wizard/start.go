package wizard

import (
	"context"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"usher/core"
	"usher/ui/look"
	"usher/ui/words"
)

// startPage asks how to begin: practise, pick the CRM, take a webhook URL over, or move here.
type startPage struct {
	usual
	status   *status
	practice task
	taken    *takeover
	moving   *moving
}

func newStartPage(s *Screen) page {
	return &startPage{usual: usual{s}, status: newStatus(), taken: newTakeover(s), moving: newMoving(s)}
}

func (*startPage) head() (title, text string) {
	return words.T("wizard.start.title"), words.T("wizard.start.text")
}

func (p *startPage) parts() []fyne.CanvasObject {
	parts := []fyne.CanvasObject{}
	if p.hooks.Practise != nil {
		parts = append(parts, look.Card{
			Title: words.T("wizard.practise.title"), Text: words.T("wizard.practise.text"),
			Actions: []fyne.CanvasObject{look.NewMainButton(words.T("wizard.practise.button"), p.practise)},
		}.Object())
	}
	pick := container.NewGridWithColumns(2)
	for _, crm := range p.crms {
		pick.Add(look.NewButton(crm.Name, func() { p.pick(crm.Kind) }))
	}
	parts = append(parts, p.status.box,
		look.Card{Title: words.T("wizard.pick.title"), Text: words.T("wizard.pick.text"), Body: look.Inset(pick)}.Object())
	return append(parts, p.others(), p.taken.box)
}

// others are the ways to begin that few need.
func (p *startPage) others() fyne.CanvasObject {
	buttons := []fyne.CanvasObject{look.NewQuietButton(words.T("wizard.taken.button"), p.taken.show)}
	if p.moving.offered() {
		buttons = append(buttons, look.NewQuietButton(words.T("wizard.move.button"), p.moving.show))
	}
	return look.Actions(buttons...)
}

func (p *startPage) left() {
	p.practice.end()
	p.moving.end()
}

func (p *startPage) pick(kind string) {
	if kind != p.draft.get(saidKind) {
		p.forgetCRM()
	}
	p.draft.set(saidKind, kind)
	p.turnTo(stepSite)
}

// forgetCRM drops what was said of another CRM; the site stays.
func (s *Screen) forgetCRM() {
	if made := s.view(); made != nil && made.LastMessage.IsZero() {
		s.draft.set(saidLeft, made.Name)
	}
	for _, c := range s.crm().Credentials {
		s.draft.set(saidField+c.Key, "")
	}
	for _, name := range []string{saidAccount, saidConnection, saidTaken, saidRole, saidMail, saidAction} {
		s.draft.set(name, "")
	}
	s.draft.key = core.Secret{}
	s.pages = map[string]page{}
}

func (p *startPage) practise() {
	p.status.busy(words.T("wizard.practise.line"))
	var connection string
	p.practice.begin(p.stage, func(ctx context.Context) (err error) {
		connection, err = p.hooks.Practise(ctx)
		return err
	}, func(err error) {
		p.status.clear()
		switch {
		case err != nil:
			p.status.wrong(err, p.practise)
		case connection != "":
			p.load(func() { p.openPractice(connection) })
		}
	})
}
