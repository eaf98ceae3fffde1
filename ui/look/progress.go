package look

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"usher/ui/words"
)

// Progress is a row about long work: what is happening, how far it is, and Stop.
type Progress struct {
	widget.BaseWidget
	what *widget.Label
	busy *fyne.Container // shown where nobody knows how far the work is
	bar  *bar
	stop *Button
}

// NewProgress makes a row; without stop the work cannot be stopped.
func NewProgress(stop func()) *Progress {
	p := &Progress{what: sentence(""), busy: besideLabel(Checking), bar: newBar(), stop: NewButton(words.T("stop.button"), stop)}
	p.stop.Hidden = stop == nil
	p.ExtendBaseWidget(p)
	return p
}

// Set says what is happening and how far it is, from 0 to 1; below 0 where nobody knows.
func (p *Progress) Set(what string, part float64) {
	p.what.SetText(what)
	unknown := part < 0
	p.bar.part, p.bar.Hidden = float32(max(0, min(part, 1))), unknown
	p.busy.Hidden = !unknown
	p.Refresh()
}

// CreateRenderer implements [fyne.Widget].
func (p *Progress) CreateRenderer() fyne.WidgetRenderer {
	what := container.NewBorder(nil, nil, p.busy, nil, p.what)
	return widget.NewSimpleRenderer(container.NewBorder(nil, nil, nil, topRight(p.stop), tight(what, inset(p.bar))))
}

// bar is a slim bar. The toolkit's writes over itself in a colour that part of it hides.
type bar struct {
	widget.BaseWidget
	part float32
}

const barHeight = 6

func newBar() *bar {
	b := &bar{}
	b.ExtendBaseWidget(b)
	return b
}

// CreateRenderer implements [fyne.Widget].
func (b *bar) CreateRenderer() fyne.WidgetRenderer {
	track, filled := canvas.NewRectangle(nil), canvas.NewRectangle(nil)
	track.CornerRadius, filled.CornerRadius = barHeight/2, barHeight/2
	r := &barRenderer{WidgetRenderer: widget.NewSimpleRenderer(container.NewWithoutLayout(track, filled)), bar: b, track: track, filled: filled}
	r.paint()
	return r
}

type barRenderer struct {
	fyne.WidgetRenderer
	bar           *bar
	track, filled *canvas.Rectangle
}

func (r *barRenderer) MinSize() fyne.Size { return fyne.NewSize(80, barHeight) }

func (r *barRenderer) Layout(size fyne.Size) {
	r.WidgetRenderer.Layout(size)
	r.track.Resize(fyne.NewSize(size.Width, barHeight))
	r.filled.Resize(fyne.NewSize(size.Width*r.bar.part, barHeight))
}

func (r *barRenderer) Refresh() {
	r.Layout(r.bar.Size())
	r.paint()
}

func (r *barRenderer) paint() {
	r.track.FillColor = theme.ColorForWidget(ColorNameTrack, r.bar)
	r.filled.FillColor = theme.ColorForWidget(theme.ColorNamePrimary, r.bar)
	r.track.Refresh()
	r.filled.Refresh()
}
