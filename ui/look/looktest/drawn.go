package looktest

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/widget"

	"usher/ui/look"
)

// Drawn lists the texts on content, from top to bottom: labels whole, and every piece of text as it
// is drawn, so chips too. Hidden parts are left out.
func Drawn(content fyne.CanvasObject) (pieces []string) {
	walk(content, func(o fyne.CanvasObject) {
		switch o := o.(type) {
		case *widget.Label:
			pieces = append(pieces, o.Text)
		case *canvas.Text:
			pieces = append(pieces, o.Text)
		}
	})
	return pieces
}

// Buttons lists the buttons that can be seen, from top to bottom.
func Buttons(content fyne.CanvasObject) (buttons []*look.Button) {
	walk(content, func(o fyne.CanvasObject) {
		if b, isButton := o.(*look.Button); isButton {
			buttons = append(buttons, b)
		}
	})
	return buttons
}

// walk visits what can be seen, as it stands: nothing is laid out or made anew.
func walk(o fyne.CanvasObject, visit func(fyne.CanvasObject)) {
	if o == nil || !o.Visible() {
		return
	}
	visit(o)
	switch o := o.(type) {
	case fyne.Widget:
		for _, inner := range test.WidgetRenderer(o).Objects() {
			walk(inner, visit)
		}
	case *fyne.Container:
		for _, inner := range o.Objects {
			walk(inner, visit)
		}
	}
}
