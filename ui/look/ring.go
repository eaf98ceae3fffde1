package look

import (
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"
)

// ring draws a line around a widget that has the keyboard. The toolkit only shades such a widget,
// which on a filled button nobody sees.
type ring struct {
	fyne.WidgetRenderer
	owner fyne.Widget
	on    *bool
	edge  bool // around the widget while it has not the keyboard
	line  *canvas.Rectangle
}

const (
	ringGap   = 1 // of ground between the widget and its ring, so that both are seen
	ringWidth = 2
)

func withRing(owner fyne.Widget, inner fyne.WidgetRenderer, on *bool) *ring {
	r := &ring{WidgetRenderer: inner, owner: owner, on: on, line: canvas.NewRectangle(nil)}
	r.paint()
	return r
}

// withEdge adds an edge to a widget the toolkit draws without one.
func withEdge(r *ring) *ring {
	r.edge = true
	r.paint()
	return r
}

// Objects implements [fyne.WidgetRenderer].
func (r *ring) Objects() []fyne.CanvasObject {
	return append(slices.Clip(r.WidgetRenderer.Objects()), r.line)
}

// Layout implements [fyne.WidgetRenderer].
func (r *ring) Layout(size fyne.Size) {
	r.WidgetRenderer.Layout(size)
	r.paint()
}

// Refresh implements [fyne.WidgetRenderer].
func (r *ring) Refresh() {
	r.WidgetRenderer.Refresh()
	r.paint()
}

func (r *ring) paint() {
	if *r.on {
		r.draw(ColorNameRing, ringWidth, ringGap+ringWidth)
	} else {
		r.draw(theme.ColorNameInputBorder, 1, 0)
	}
	r.line.Hidden = !*r.on && !r.edge
	r.line.Refresh()
}

// draw sets the line so far outside the widget.
func (r *ring) draw(color fyne.ThemeColorName, width, outside float32) {
	r.line.StrokeColor, r.line.StrokeWidth = theme.ColorForWidget(color, r.owner), width
	r.line.CornerRadius = theme.SizeForWidget(theme.SizeNameInputRadius, r.owner) + outside
	r.line.Move(fyne.NewPos(-outside, -outside))
	r.line.Resize(r.owner.Size().AddWidthHeight(2*outside, 2*outside))
}
