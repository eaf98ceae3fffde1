package look

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"usher/core"
)

// Report says how one piece of work goes, beside the button that began it: nothing, what is being
// done, what is wrong, or what came of it.
type Report struct {
	widget.BaseWidget
	body *fyne.Container
}

// NewReport makes a report with nothing to say.
func NewReport() *Report {
	r := &Report{body: container.NewStack()}
	r.ExtendBaseWidget(r)
	r.Hide()
	return r
}

// Clear says nothing.
func (r *Report) Clear() { r.show(nil) }

// Busy says what is being done; stop, which may be nil, gives it up.
func (r *Report) Busy(what string, stop func()) {
	progress := NewProgress(stop)
	progress.Set(what, -1)
	r.show(progress)
}

// Problem says what is wrong, what to do, and offers buttons that do it.
func (r *Report) Problem(p core.Trouble, fixes ...*Button) {
	title := sentence(p.Title)
	title.TextStyle.Bold = true
	whole := container.NewVBox(tight(title, sentence(p.Fix)))
	if len(fixes) > 0 {
		buttons := row()
		for _, fix := range fixes {
			buttons.Add(fix)
		}
		whole.Add(inset(buttons))
	}
	r.show(container.NewBorder(nil, nil, besideLabel(NeedsYou), nil, whole))
}

// Done says what came of the work, and what is worth knowing about it.
func (r *Report) Done(what string, notes ...string) {
	lines := tight(sentence(what))
	for _, note := range notes {
		lines.Add(sentence(note))
	}
	r.show(container.NewBorder(nil, nil, besideLabel(Done), nil, lines))
}

func (r *Report) show(what fyne.CanvasObject) {
	r.body.RemoveAll()
	r.Hidden = what == nil
	if what != nil {
		r.body.Add(what)
	}
	r.Refresh()
}

// CreateRenderer implements [fyne.Widget].
func (r *Report) CreateRenderer() fyne.WidgetRenderer { return widget.NewSimpleRenderer(r.body) }
