package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
)

// smallest is the smallest window, in device-independent pixels.
var smallest = fyne.NewSize(560, 400)

// steady keeps a window from growing with what is on it: a text that wraps asks for far too
// much height until it knows its width.
type steady struct{}

// MinSize implements [fyne.Layout].
func (steady) MinSize([]fyne.CanvasObject) fyne.Size { return smallest }

// Layout implements [fyne.Layout].
func (steady) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	for _, object := range objects {
		object.Resize(size)
		object.Move(fyne.NewPos(0, 0))
	}
}

// roomy gives content room at its edges.
func roomy(content fyne.CanvasObject) fyne.CanvasObject {
	return container.New(layout.NewCustomPaddedLayout(8, 8, 12, 12), content)
}
