package realdesktop

import (
	"fmt"
	"strings"

	"usher/cmd/internal/realdesktop/finder"
)

// Has reports whether the window shows a piece now.
func (w *Window) Has(m Wanted) bool {
	_, err := m.in(w.Pieces())
	return err == nil
}

// Find waits for a piece to be there, and still, and returns it.
func (w *Window) Find(m Wanted) finder.Piece {
	w.d.tb.Helper()
	return w.find(m, func(finder.Piece) bool { return true })
}

// WaitGone waits until a piece is no longer there.
func (w *Window) WaitGone(m Wanted) {
	w.d.tb.Helper()
	if !eventually(func() bool { return !w.Has(m) }) {
		w.d.tb.Fatalf("the window %s still has %s\n%s", w.title, m, w.text())
	}
}

// ClickOn waits for a piece that can be used and clicks on it.
func (w *Window) ClickOn(m Wanted) {
	w.d.tb.Helper()
	p := w.find(m, usable)
	w.Click(p.X+p.Width/2, p.Y+p.Height/2)
}

// TypeInto clicks on an entry and types a text in place of what is there.
func (w *Window) TypeInto(m Wanted, text string) {
	w.d.tb.Helper()
	w.enter(m, text, w.Type)
}

// PasteInto clicks on an entry and pastes a text in place of what is there.
func (w *Window) PasteInto(m Wanted, text string) {
	w.d.tb.Helper()
	w.enter(m, text, w.Paste)
}

// Choose opens a drop-down list and chooses from it.
func (w *Window) Choose(m Wanted, text string) {
	w.d.tb.Helper()
	w.ClickOn(m)
	w.ClickOn(Tappable(text))
}

func (w *Window) enter(m Wanted, text string, hand func(string)) {
	w.d.tb.Helper()
	before := w.find(m, usable)
	w.Click(before.X+before.Width/2, before.Y+before.Height/2)
	w.d.Wait("the focus on "+m.String(), func() bool { return w.at(before).Focused })
	if before.Text != "" {
		w.Press("ctrl+a")
	}
	hand(text)
	w.d.Wait("the text in "+m.String(), func() bool { return w.at(before).Text != before.Text })
}

// at is the piece of that kind that is where another was.
func (w *Window) at(was finder.Piece) finder.Piece {
	for _, p := range w.Pieces() {
		if p.Kind == was.Kind && p.X == was.X && p.Y == was.Y {
			return p
		}
	}
	return finder.Piece{}
}

func usable(p finder.Piece) bool { return !p.Disabled }

// find waits for a piece that is good, and where it was a moment before.
func (w *Window) find(m Wanted, good func(finder.Piece) bool) (found finder.Piece) {
	w.d.tb.Helper()
	var last finder.Piece
	var reason error
	if !eventually(func() bool {
		last = found
		found, reason = m.in(w.Pieces())
		if reason == nil && !good(found) {
			reason = fmt.Errorf("cannot be used: %v", found)
		}
		return reason == nil && found == last
	}) {
		w.d.tb.Fatalf("the window %s: waited in vain for %s: %v\n%s", w.title, m, reason, w.text())
	}
	return found
}

// text is all that the window shows, for a person to read.
func (w *Window) text() string {
	var b strings.Builder
	for _, p := range w.Pieces() {
		fmt.Fprintf(&b, "  %v\n", p)
	}
	return b.String()
}
