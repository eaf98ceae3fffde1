package wizard

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"usher/core"
	"usher/ui/look"
	"usher/ui/stage"
	"usher/ui/words"
)

// status is the place where a page says what it is doing, or what is wrong and what to do.
type status struct {
	box  *fyne.Container
	work bool // something is being done
}

func newStatus() *status {
	s := &status{box: container.NewVBox()}
	s.box.Hide()
	return s
}

// busy says what is being done.
func (s *status) busy(what string) {
	row := look.NewProgress(nil)
	row.Set(what, -1)
	s.set(row)
	s.work = true
}

// wrong shows what is wrong; again, which may be nil, tries once more.
func (s *status) wrong(err error, again func()) { s.trouble(core.AsProblem(err).Trouble(""), again) }

func (s *status) trouble(t core.Trouble, again func()) {
	card := look.Card{Tone: look.NeedsYou, Title: t.Title, Text: stage.Advice(t)}
	if again != nil {
		card.Actions = []fyne.CanvasObject{look.NewButton(words.T("wizard.again.button"), again)}
	}
	s.set(card.Object())
}

// advised is a step whose problem says what to do in this window.
func advised(step core.Step) core.Step {
	if step.Problem != nil {
		trouble := *step.Problem
		trouble.Fix = stage.Advice(trouble)
		step.Problem = &trouble
	}
	return step
}

// problemText is a problem below a field.
func problemText(err error) string {
	p := core.AsProblem(err)
	return p.Sentence() + " " + stage.Advice(p.Trouble(""))
}

// fine says that something is in order.
func (s *status) fine(what string) {
	step := look.NewStep(what)
	step.OK("")
	s.set(step)
}

func (s *status) clear() { s.set(nil) }

func (s *status) set(content fyne.CanvasObject) {
	s.work = false
	s.box.RemoveAll()
	s.box.Hidden = content == nil
	if content != nil {
		s.box.Add(content)
	}
	s.box.Refresh()
}
