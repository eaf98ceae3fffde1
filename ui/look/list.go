package look

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// List shows rows of one height, however many there are, and draws only those in sight. The
// arrows go from row to row, the row that has the keyboard has a ring, and Enter, Space or a
// click opens it. Escape goes on to the page.
type List struct {
	widget.List
	length    func() int
	open      func(row int)
	at        int // the row that has the keyboard: the toolkit keeps it to itself
	focused   bool
	rewinding bool
	rowHeight float32
}

// NewList makes a list over a snapshot: create makes a row, update fills it anew.
func NewList(length func() int, create func() fyne.CanvasObject, update func(row int, shown fyne.CanvasObject), open func(row int)) *List {
	l := &List{length: length, open: open}
	l.Length = func() int {
		if l.rewinding {
			return 0
		}
		return length()
	}
	l.CreateItem = func() fyne.CanvasObject {
		row := newListRow(create())
		l.rowHeight = row.MinSize().Height
		return row
	}
	l.UpdateItem = func(id int, item fyne.CanvasObject) {
		row := item.(*fyne.Container).Objects[0].(*listRow)
		row.setFocused(l.focused && l.at == id)
		update(id, row.content)
	}
	l.OnSelected = func(id int) {
		l.at = id
		l.UnselectAll() // so that it can be opened again
		l.open(id)
	}
	l.ExtendBaseWidget(l)
	return l
}

// Reading says that a person is somewhere in the list, so that rows must not move below them.
func (l *List) Reading() bool { return l.focused || l.GetScrollOffset() > 0 }

// InSight are the first and the last row that are seen.
func (l *List) InSight() (first, last int) {
	height := l.rowHeight + theme.SizeForWidget(theme.SizeNamePadding, l)
	top := l.GetScrollOffset()
	return int(top / height), min(int((top+l.Size().Height)/height), l.length()-1)
}

// ToTop shows the first row and gives it the keyboard once the list has it.
func (l *List) ToTop() {
	l.ScrollToOffset(0)
	l.rewinding = true // moving costs next to nothing while there are no rows to draw
	for ; l.at > 0; l.at-- {
		l.List.TypedKey(&fyne.KeyEvent{Name: fyne.KeyUp})
	}
	l.rewinding = false
	l.ScrollToOffset(0)
	l.Refresh()
}

// FocusGained implements [fyne.Focusable].
func (l *List) FocusGained() { l.focused = true; l.List.FocusGained() }

// FocusLost implements [fyne.Focusable].
func (l *List) FocusLost() { l.focused = false; l.List.FocusLost() }

// TypedKey implements [fyne.Focusable].
func (l *List) TypedKey(key *fyne.KeyEvent) {
	switch key.Name {
	case fyne.KeyReturn, fyne.KeyEnter:
		l.Select(l.at)
		return
	case fyne.KeyEscape:
		passOn(l, key)
		return
	case fyne.KeyDown:
		if l.at < l.length()-1 {
			l.at++
		}
	case fyne.KeyUp:
		l.at = max(0, l.at-1)
	}
	l.List.TypedKey(key)
}

// listRow is a row that can have a ring.
type listRow struct {
	widget.BaseWidget
	content fyne.CanvasObject
	focused bool
}

func newListRow(content fyne.CanvasObject) *fyne.Container {
	r := &listRow{content: content}
	r.ExtendBaseWidget(r)
	const room = ringGap + ringWidth
	return container.New(layout.NewCustomPaddedLayout(room, room, room, room), r)
}

func (r *listRow) setFocused(focused bool) {
	if r.focused != focused {
		r.focused = focused
		r.Refresh()
	}
}

// CreateRenderer implements [fyne.Widget].
func (r *listRow) CreateRenderer() fyne.WidgetRenderer {
	return withRing(r, widget.NewSimpleRenderer(r.content), &r.focused)
}

// TwoLines is a row of a list: a name over a line about it, and at the right a state over a word.
type TwoLines struct {
	widget.BaseWidget
	name, about, word *widget.Label
	state             *LiveChip
	shown             rowText
	whole             *fyne.Container
}

// NewTwoLines makes a row.
func NewTwoLines() *TwoLines {
	r := &TwoLines{name: Strong(""), about: cut(muted("")), word: muted(""), state: NewLiveChip()}
	r.word.Wrapping, r.word.Alignment = fyne.TextWrapOff, fyne.TextAlignTrailing
	lines := layout.NewCustomPaddedVBoxLayout(-2 * theme.Size(theme.SizeNamePadding))
	chip := container.NewHBox(layout.NewSpacer(), container.New(layout.NewCustomPaddedLayout(5, 3, 0, 8), r.state))
	r.whole = container.NewBorder(nil, nil, nil, container.New(lines, chip, r.word), container.New(lines, r.name, r.about))
	r.ExtendBaseWidget(r)
	return r
}

// Set fills the row; without a state the chip is not shown. A list fills all rows in sight anew
// whenever a key is pressed, so what stays as it is costs nothing.
func (r *TwoLines) Set(name, about string, tone Tone, state, word string) {
	shown := rowText{name, about, tone, state, word}
	if r.shown == shown {
		return
	}
	r.shown = shown
	r.name.SetText(name)
	r.about.SetText(about)
	r.word.SetText(word)
	r.state.Set(tone, state)
	r.state.Hidden = state == ""
	r.whole.Refresh()
}

// rowText is all a row says.
type rowText struct {
	name, about string
	tone        Tone
	state, word string
}

// CreateRenderer implements [fyne.Widget].
func (r *TwoLines) CreateRenderer() fyne.WidgetRenderer {
	return widget.NewSimpleRenderer(r.whole)
}
