package look

import "fyne.io/fyne/v2"

// OnEscape has Escape call close, whichever of Usher's widgets has the keyboard; nil ends that.
func OnEscape(c fyne.Canvas, closePage func()) {
	if closePage == nil {
		c.SetOnTypedKey(nil)
		return
	}
	c.SetOnTypedKey(func(key *fyne.KeyEvent) {
		if key.Name == fyne.KeyEscape {
			closePage()
		}
	})
}

// passOn gives a key the widget has no use for to the page: the toolkit offers it to the widget alone.
func passOn(w fyne.Widget, key *fyne.KeyEvent) {
	c := fyne.CurrentApp().Driver().CanvasForObject(w)
	if c == nil {
		return
	}
	if typed := c.OnTypedKey(); typed != nil {
		typed(key)
	}
}

// FocusLater gives the keyboard to a widget once the key being handled is done with. At once, the
// space that pressed a button would be typed into the entry.
func FocusLater(c fyne.Canvas, w fyne.Focusable) {
	fyne.Do(func() { c.Focus(w) })
}
