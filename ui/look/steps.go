package look

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"usher/core"
	"usher/ui/words"
)

// Step is a line of a checklist that checks itself: not begun, checking, fine, or a problem with
// what to do about it.
type Step struct {
	widget.BaseWidget
	icon   *widget.Icon
	title  *widget.Label
	detail *widget.Label
	fix    *fyne.Container // holds the Fix button while there is one
	tone   Tone
}

// NewStep makes a step that has not begun.
func NewStep(title string) *Step {
	s := &Step{icon: widget.NewIcon(nil), title: sentence(title), detail: muted(""), fix: container.NewStack()}
	s.set(Pending, "", nil)
	s.ExtendBaseWidget(s)
	return s
}

// Tone says how the step stands.
func (s *Step) Tone() Tone { return s.tone }

// Checking shows that the step is being checked.
func (s *Step) Checking() { s.set(Checking, "", nil) }

// OK shows that the step is fine; detail, which may be empty, says what was found.
func (s *Step) OK(detail string) { s.set(Done, detail, nil) }

// Problem shows what is wrong and what to do; fix, which may be nil, does it.
func (s *Step) Problem(p core.Trouble, fix func()) {
	var button *Button
	if fix != nil {
		button = NewButton(words.T("fix.button"), fix)
	}
	s.set(NeedsYou, p.Title+"\n"+p.Fix, button)
}

// SetStep shows a step of a diagnosis; fix is as for Problem.
func (s *Step) SetStep(step core.Step, fix func()) {
	s.title.SetText(step.Title)
	if step.Problem != nil {
		s.Problem(*step.Problem, fix)
		return
	}
	s.set(ToneOfStep(step.State), step.Detail, nil)
}

func (s *Step) set(tone Tone, detail string, fix *Button) {
	s.tone = tone
	s.icon.SetResource(tone.Icon())
	s.title.TextStyle.Bold = tone != Pending && tone != Skipped
	s.detail.SetText(detail)
	s.detail.Hidden = detail == ""
	s.detail.Importance, s.detail.SizeName = widget.LowImportance, theme.SizeNameCaptionText
	if tone == NeedsYou {
		s.detail.Importance, s.detail.SizeName = widget.MediumImportance, theme.SizeNameText
	}
	s.fix.RemoveAll()
	s.fix.Hidden = fix == nil
	if fix != nil {
		s.fix.Add(Actions(fix))
	}
	s.Refresh()
}

// CreateRenderer implements [fyne.Widget].
func (s *Step) CreateRenderer() fyne.WidgetRenderer {
	text := container.NewVBox(tight(s.title, s.detail), s.fix)
	return widget.NewSimpleRenderer(container.NewBorder(nil, nil, atFirstLine(s.icon), nil, text))
}
