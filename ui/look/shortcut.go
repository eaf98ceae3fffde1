package look

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
)

// TypedShortcut implements [fyne.Shortcutable]. The toolkit offers keys such as Ctrl and 1 to the
// widget with the keyboard alone; what is the window's goes on to it.
func (e *Entry) TypedShortcut(s fyne.Shortcut) {
	e.Entry.TypedShortcut(s)
	if _, own := s.(*desktop.CustomShortcut); !own {
		return
	}
	if c, can := fyne.CurrentApp().Driver().CanvasForObject(e).(fyne.Shortcutable); can {
		c.TypedShortcut(s)
	}
}
