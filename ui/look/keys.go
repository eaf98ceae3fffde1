package look

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

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

// Reveal scrolls a [Page] so that a part of it can be seen, with what stands above it.
func Reveal(page, part fyne.CanvasObject) {
	scroll, scrolls := page.(*container.Scroll)
	if !scrolls {
		return
	}
	driver := fyne.CurrentApp().Driver()
	below := driver.AbsolutePositionForObject(part).Y - driver.AbsolutePositionForObject(scroll).Y
	scroll.ScrollToOffset(fyne.NewPos(0, max(0, scroll.Offset.Y+below-scroll.Size().Height/3)))
}

// FocusLater gives the keyboard to a widget once the key being handled is done with. At once, the
// space that pressed a button would be typed into the entry.
func FocusLater(c fyne.Canvas, w fyne.Focusable) {
	fyne.Do(func() { c.Focus(w) })
}
