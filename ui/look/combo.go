package look

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"
)

// Combo is an entry whose text can be picked from a list as well as typed: for names that Usher
// knows only when the other side tells them. It shows when it has the keyboard.
type Combo struct {
	widget.SelectEntry
	focused bool
}

// NewCombo makes a combo; options may come later, by SetOptions.
func NewCombo(placeholder string, options ...string) *Combo {
	c := &Combo{}
	c.PlaceHolder, c.Wrapping = placeholder, fyne.TextWrapOff
	c.SetOptions(options)
	c.ExtendBaseWidget(c)
	return c
}

// CreateRenderer implements [fyne.Widget].
func (c *Combo) CreateRenderer() fyne.WidgetRenderer {
	return withRing(c, c.Entry.CreateRenderer(), &c.focused)
}

// FocusGained implements [fyne.Focusable].
func (c *Combo) FocusGained() { c.focused = true; c.Entry.FocusGained(); c.Refresh() }

// FocusLost implements [fyne.Focusable].
func (c *Combo) FocusLost() { c.focused = false; c.Entry.FocusLost(); c.Refresh() }

// TypedKey implements [fyne.Focusable].
func (c *Combo) TypedKey(key *fyne.KeyEvent) {
	if key.Name == fyne.KeyEscape {
		passOn(c, key)
		return
	}
	c.Entry.TypedKey(key)
}
