package look

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// Button is a button that shows when it has the keyboard, and that Enter presses as Space does.
type Button struct {
	widget.Button
	focused bool
}

// NewButton makes a button of the usual weight. The one action a page is for belongs into [NewMainButton].
func NewButton(text string, tapped func()) *Button {
	return newButton(text, widget.MediumImportance, tapped)
}

// NewMainButton makes the button of a page's one action.
func NewMainButton(text string, tapped func()) *Button {
	return newButton(text, widget.HighImportance, tapped)
}

// NewQuietButton makes a button without a ground, for what is seldom wanted.
func NewQuietButton(text string, tapped func()) *Button {
	return newButton(text, widget.LowImportance, tapped)
}

// NewDangerButton makes a button for what cannot be taken back.
func NewDangerButton(text string, tapped func()) *Button {
	return newButton(text, widget.DangerImportance, tapped)
}

func newButton(text string, weight widget.Importance, tapped func()) *Button {
	b := &Button{}
	b.Text, b.Importance, b.OnTapped = text, weight, tapped
	b.ExtendBaseWidget(b)
	return b
}

// CreateRenderer implements [fyne.Widget].
func (b *Button) CreateRenderer() fyne.WidgetRenderer {
	return withRing(b, b.Button.CreateRenderer(), &b.focused)
}

// MinSize implements [fyne.CanvasObject]: a word has more room at its sides than above it.
func (b *Button) MinSize() fyne.Size {
	size := b.Button.MinSize()
	if b.Text != "" {
		size.Width += 2 * theme.SizeForWidget(theme.SizeNamePadding, b)
	}
	return size
}

// FocusGained implements [fyne.Focusable]. The ring stands in for the toolkit's shade.
func (b *Button) FocusGained() { b.focused = true; b.Refresh() }

// FocusLost implements [fyne.Focusable].
func (b *Button) FocusLost() { b.focused = false; b.Refresh() }

// TypedKey implements [fyne.Focusable].
func (b *Button) TypedKey(key *fyne.KeyEvent) {
	switch key.Name {
	case fyne.KeyReturn, fyne.KeyEnter:
		b.Tapped(nil)
	case fyne.KeyEscape:
		passOn(b, key)
	default:
		b.Button.TypedKey(key)
	}
}

// Entry is an entry of one line that shows when it has the keyboard; Enter calls OnSubmitted, and
// Escape goes on to the page.
type Entry struct {
	widget.Entry
	focused bool
}

// NewEntry makes an entry for a text.
func NewEntry(placeholder string) *Entry {
	e := &Entry{}
	e.PlaceHolder = placeholder
	e.Wrapping = fyne.TextWrapOff
	e.ExtendBaseWidget(e)
	return e
}

// NewSecretEntry makes an entry whose text is hidden until its owner asks to see it.
func NewSecretEntry(placeholder string) *Entry {
	e := NewEntry(placeholder)
	e.Password = true
	return e
}

// CreateRenderer implements [fyne.Widget].
func (e *Entry) CreateRenderer() fyne.WidgetRenderer {
	return withRing(e, e.Entry.CreateRenderer(), &e.focused)
}

// FocusGained implements [fyne.Focusable].
func (e *Entry) FocusGained() { e.focused = true; e.Entry.FocusGained(); e.Refresh() }

// FocusLost implements [fyne.Focusable].
func (e *Entry) FocusLost() { e.focused = false; e.Entry.FocusLost(); e.Refresh() }

// TypedKey implements [fyne.Focusable].
func (e *Entry) TypedKey(key *fyne.KeyEvent) {
	if key.Name == fyne.KeyEscape {
		passOn(e, key)
		return
	}
	e.Entry.TypedKey(key)
}

// Check is a switch with a label that shows when it has the keyboard.
type Check struct {
	widget.Check
	focused bool
}

// NewCheck makes a check; changed may be nil.
func NewCheck(text string, changed func(on bool)) *Check {
	c := &Check{}
	c.Text, c.OnChanged = text, changed
	c.ExtendBaseWidget(c)
	return c
}

// CreateRenderer implements [fyne.Widget].
func (c *Check) CreateRenderer() fyne.WidgetRenderer {
	return withRing(c, c.Check.CreateRenderer(), &c.focused)
}

// FocusGained implements [fyne.Focusable].
func (c *Check) FocusGained() { c.focused = true; c.Refresh() }

// FocusLost implements [fyne.Focusable].
func (c *Check) FocusLost() { c.focused = false; c.Refresh() }

// TypedKey implements [fyne.Focusable].
func (c *Check) TypedKey(key *fyne.KeyEvent) {
	if key.Name == fyne.KeyEscape {
		passOn(c, key)
		return
	}
	c.Check.TypedKey(key)
}

// Select is a choice of one among some that shows when it has the keyboard.
type Select struct {
	widget.Select
	focused bool
}

// NewSelect makes a select; changed may be nil.
func NewSelect(options []string, changed func(chosen string)) *Select {
	s := &Select{}
	s.Options, s.OnChanged, s.PlaceHolder = options, changed, " "
	s.ExtendBaseWidget(s)
	return s
}

// CreateRenderer implements [fyne.Widget].
func (s *Select) CreateRenderer() fyne.WidgetRenderer {
	return withEdge(withRing(s, s.Select.CreateRenderer(), &s.focused))
}

// FocusGained implements [fyne.Focusable].
func (s *Select) FocusGained() { s.focused = true; s.Refresh() }

// FocusLost implements [fyne.Focusable].
func (s *Select) FocusLost() { s.focused = false; s.Refresh() }

// TypedKey implements [fyne.Focusable].
func (s *Select) TypedKey(key *fyne.KeyEvent) {
	if key.Name == fyne.KeyEscape {
		passOn(s, key)
		return
	}
	s.Select.TypedKey(key)
}
