package looktest

import "fyne.io/fyne/v2"

// Visible lists all that can be seen on content, what holds other things before them.
func Visible(content fyne.CanvasObject) (objects []fyne.CanvasObject) {
	walk(content, func(o fyne.CanvasObject) { objects = append(objects, o) })
	return objects
}
