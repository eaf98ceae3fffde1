package wizard

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/widget"

	"usher/ui/look"
	"usher/ui/words"
)

// frame is around every page: how far the wizard is, and the buttons that lead on.
type frame struct {
	whole    *fyne.Container
	top      *fyne.Container
	progress *look.Progress
	middle   *fyne.Container
	scroll   *container.Scroll
	bottom   *fyne.Container
	back     *look.Button
	skip     *look.Button
	main     *look.Button
}

func newFrame(s *Screen) *frame {
	f := &frame{
		progress: look.NewProgress(nil), middle: container.NewStack(),
		back: look.NewButton("", s.back), skip: look.NewQuietButton("", s.skip), main: look.NewMainButton("", s.next),
	}
	later := look.NewQuietButton(words.T("wizard.later.button"), s.later)
	f.top = container.NewVBox(look.Column(container.NewBorder(nil, nil, nil, later, f.progress)), widget.NewSeparator())
	buttons := container.NewHBox(f.back, layout.NewSpacer(), f.skip, f.main)
	f.bottom = container.NewVBox(widget.NewSeparator(), look.Column(buttons))
	f.whole = container.NewBorder(f.top, f.bottom, nil, nil, f.middle)
	return f
}

// show puts a page in the middle. A page without a number stands alone.
func (f *frame) show(p page, number int, editing bool) {
	f.top.Hidden = number == 0 || editing
	f.progress.Set(words.T("wizard.step", "Step", number, "Of", len(order)), float64(number)/float64(len(order)))
	f.back.SetText(words.T("wizard.back.button"))
	if editing {
		f.back.SetText(words.T("wizard.cancel.button"))
	}
	f.back.Hidden = number == 0 && !editing
	f.fill(p)
	f.whole.Refresh()
}

// fill draws a page anew, from its top.
func (f *frame) fill(p page) {
	title, text := p.head()
	f.set(append([]fyne.CanvasObject{look.PageHeader(title, text)}, p.parts()...)...)
}

func (f *frame) set(parts ...fyne.CanvasObject) {
	f.scroll = look.Page(parts...).(*container.Scroll)
	f.middle.Objects = []fyne.CanvasObject{f.scroll}
	f.middle.Refresh()
}

// reveal scrolls to something that appeared, as far as needed.
func (f *frame) reveal(o fyne.CanvasObject) { look.Reveal(f.scroll, o) }

// offer shows what the buttons do now.
func (f *frame) offer(a action, editing, alone bool) {
	f.bottom.Hidden = alone
	f.skip.Hidden = a.skip == "" || editing
	f.skip.SetText(a.skip)
	f.main.SetText(a.text(editing))
	if a.ready {
		f.main.Enable()
	} else {
		f.main.Disable()
	}
	f.whole.Refresh()
}
