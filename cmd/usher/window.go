package main

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/widget"

	"usher/ui/look"
	"usher/ui/words"
)

// The keys of what is remembered about the window.
const (
	widthKey      = "window.width"
	heightKey     = "window.height"
	closedOnceKey = "window.closed_once" // the person knows that closing is not quitting
)

// usualSize is that of the first window, in device-independent pixels.
var usualSize = fyne.NewSize(1000, 700)

// window is a window whose size is kept.
type window struct {
	fyne.Window
	preferences fyne.Preferences
}

// newWindow makes a hidden window. Its title is also what the desktop knows it by, and so
// never changes.
func (p *program) newWindow(title string, closed func()) *window {
	w := &window{p.app.NewWindow(title), p.app.Preferences()}
	w.Resize(fyne.NewSize(
		float32(w.preferences.FloatWithFallback(widthKey, float64(usualSize.Width))),
		float32(w.preferences.FloatWithFallback(heightKey, float64(usualSize.Height)))))
	w.SetPadded(false)
	w.SetCloseIntercept(closed)
	return w
}

// keepSize remembers the size for the next start.
func (w *window) keepSize() {
	size := w.Canvas().Size()
	if size.Width < 1 || size.Height < 1 {
		return // it was never shown
	}
	w.preferences.SetFloat(widthKey, float64(size.Width))
	w.preferences.SetFloat(heightKey, float64(size.Height))
}

// closeWindow is what the window's close box does: Usher goes on in the tray. Where there
// is none, it asks.
func (p *program) closeWindow() {
	p.window.keepSize()
	switch {
	case p.quitting:
	case p.ui == nil:
		p.quit() // it does not work yet
	case p.tray != nil && hasTray(p.life):
		p.hide()
		p.sayItGoesOn()
	case p.joined:
		p.quit() // Usher itself goes on
	default:
		p.askToQuit()
	}
}

// sayItGoesOn tells once that closing is not quitting.
func (p *program) sayItGoesOn() {
	if p.app.Preferences().Bool(closedOnceKey) {
		return
	}
	p.app.Preferences().SetBool(closedOnceKey, true)
	p.notify(words.T("close.title"), words.T("close.text"))
}

// askToQuit asks what closing is to mean where no tray shows that Usher goes on.
func (p *program) askToQuit() {
	text := widget.NewLabel(words.T("close.ask.text"))
	text.Wrapping = fyne.TextWrapWord
	var ask dialog.Dialog
	hide := look.NewMainButton(words.T("close.hide"), func() { ask.Hide(); p.hide() })
	quit := look.NewButton(words.T("close.quit"), func() { ask.Hide(); p.quit() })
	stay := look.NewQuietButton(words.T("close.stay"), func() { ask.Hide() })
	ask = dialog.NewCustomWithoutButtons(words.T("close.ask.title"), container.NewVBox(text, look.Actions(hide, quit, stay)), p.window)
	ask.Resize(fyne.NewSize(460, 0))
	ask.Show()
}
