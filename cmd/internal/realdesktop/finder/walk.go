package finder

import (
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/test"
)

// walk goes through all a canvas shows and notes what a person can make out.
type walk struct {
	canvas fyne.Canvas
	layer  fyne.CanvasObject
	top    fyne.CanvasObject // the layer that gets the clicks
	found  []Piece
}

func pieces(c fyne.Canvas) []Piece {
	layers := append([]fyne.CanvasObject{c.Content()}, c.Overlays().List()...)
	w := &walk{canvas: c, top: layers[len(layers)-1]}
	for _, w.layer = range layers {
		w.visit(w.layer, fyne.Position{}, box{size: c.Size()}, false)
	}
	return w.found
}

// visit notes an object and what is in it. The text of what is said already, such as the
// label of a button, is left out.
func (w *walk) visit(o fyne.CanvasObject, origin fyne.Position, view box, said bool) {
	if o == nil || !o.Visible() {
		return
	}
	here := box{origin.Add(o.Position()), o.Size()}
	seen := view.overlap(here)
	if piece, ok := describe(o); ok && !seen.empty() && (!said || piece.Kind != Text && piece.Kind != Picture) {
		w.note(piece, o, seen)
		said = said || piece.Kind != Tappable
	}
	if _, scrolls := o.(*container.Scroll); scrolls {
		view = seen
	}
	for _, part := range parts(o) {
		w.visit(part, here.at, view, said)
	}
}

func (w *walk) note(p Piece, o fyne.CanvasObject, seen box) {
	p.X, p.Y = w.canvas.PixelCoordinateForPosition(seen.at)
	right, bottom := w.canvas.PixelCoordinateForPosition(seen.end())
	p.Width, p.Height = right-p.X, bottom-p.Y
	if d, ok := o.(fyne.Disableable); ok {
		p.Disabled = d.Disabled()
	}
	if f, ok := o.(fyne.Focusable); ok {
		p.Focused = w.canvas.Focused() == f
	}
	p.Covered = w.layer != w.top
	w.found = append(w.found, p)
}

// parts are what an object is made of. Fyne's package for tests has the one public way to
// those of a widget; being linked, it makes an app when the program starts, whose place the
// program's own takes.
func parts(o fyne.CanvasObject) []fyne.CanvasObject {
	switch o := o.(type) {
	case *fyne.Container:
		return o.Objects
	case fyne.Widget:
		return test.WidgetRenderer(o).Objects()
	}
	return nil
}

// words are all that can be read in an object, from left to right as it is made.
func words(o fyne.CanvasObject) string {
	if !o.Visible() {
		return ""
	}
	if text, ok := o.(*canvas.Text); ok {
		return text.Text
	}
	var all []string
	for _, part := range parts(o) {
		if said := words(part); said != "" {
			all = append(all, said)
		}
	}
	return strings.Join(all, " ")
}

// box is a rectangle of a canvas.
type box struct {
	at   fyne.Position
	size fyne.Size
}

func (b box) end() fyne.Position { return b.at.AddXY(b.size.Width, b.size.Height) }

func (b box) empty() bool { return b.size.Width <= 0 || b.size.Height <= 0 }

func (b box) overlap(c box) box {
	at := fyne.NewPos(max(b.at.X, c.at.X), max(b.at.Y, c.at.Y))
	return box{at, fyne.NewSize(min(b.end().X, c.end().X)-at.X, min(b.end().Y, c.end().Y)-at.Y)}
}
