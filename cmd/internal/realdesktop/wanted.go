package realdesktop

import (
	"fmt"
	"slices"
	"strings"

	"usher/cmd/internal/realdesktop/finder"
)

// Wanted describes a piece of a window as one person would to another.
type Wanted struct {
	kind finder.Kind // any, if empty
	text string
	part bool   // the text may be a part of the piece's
	near string // the text it belongs to
}

// Button is the button that says so; one with only an icon has the icon's name.
func Button(text string) Wanted { return Wanted{kind: finder.Button, text: text} }

// Link is the link that says so.
func Link(text string) Wanted { return Wanted{kind: finder.Link, text: text} }

// Check is the box to tick that says so.
func Check(text string) Wanted { return Wanted{kind: finder.Check, text: text} }

// Tappable is what says so and takes a click: a tab, a row, a radio button, a line of a menu.
func Tappable(text string) Wanted { return Wanted{kind: finder.Tappable, text: text} }

// Text is a text.
func Text(text string) Wanted { return Wanted{kind: finder.Text, text: text} }

// Saying is a text with that in it.
func Saying(part string) Wanted { return Wanted{kind: finder.Text, text: part, part: true} }

// Entry is the entry that a text names: its hint while it is empty, or the text before or
// above it.
func Entry(name string) Wanted { return Wanted{kind: finder.Entry, near: name} }

// Choice is the drop-down list that a text names, as for [Entry].
func Choice(name string) Wanted { return Wanted{kind: finder.Choice, near: name} }

// Near is the one of several that is nearest to a text, right of it or below.
func (m Wanted) Near(text string) Wanted {
	m.near = text
	return m
}

func (m Wanted) String() string {
	s := string(m.kind)
	if m.text != "" {
		s += fmt.Sprintf(" %q", m.text)
	}
	if m.near != "" {
		s += fmt.Sprintf(" near %q", m.near)
	}
	return s
}

// in returns the one that is meant.
func (m Wanted) in(all []finder.Piece) (finder.Piece, error) {
	var found []finder.Piece
	for _, p := range all {
		if m.matches(p) {
			found = append(found, p)
		}
	}
	found = innermost(found)
	if m.near != "" {
		found = nearest(found, m.near, all)
	}
	switch len(found) {
	case 0:
		return finder.Piece{}, fmt.Errorf("there is no %s", m)
	case 1:
		return found[0], nil
	}
	return finder.Piece{}, fmt.Errorf("there are %d of %s: %v", len(found), m, found)
}

func (m Wanted) matches(p finder.Piece) bool {
	switch {
	case p.Covered || p.Kind != m.kind:
		return false
	case m.part:
		return strings.Contains(p.Text, m.text)
	}
	return m.text == "" || p.Text == m.text
}

// innermost leaves out what says something only because a piece in it does.
func innermost(pieces []finder.Piece) (found []finder.Piece) {
	for i, p := range pieces {
		if !slices.ContainsFunc(pieces[i+1:], func(inner finder.Piece) bool { return within(inner, p) }) {
			found = append(found, p)
		}
	}
	return found
}

func within(inner, outer finder.Piece) bool {
	return inner.X >= outer.X && inner.X+inner.Width <= outer.X+outer.Width &&
		inner.Y >= outer.Y && inner.Y+inner.Height <= outer.Y+outer.Height
}

// nearest returns those of the pieces that a text names: by their hint, or by where it is.
func nearest(pieces []finder.Piece, name string, all []finder.Piece) []finder.Piece {
	var hinted []finder.Piece
	for _, p := range pieces {
		if p.Hint == name && p.Text == "" {
			hinted = append(hinted, p)
		}
	}
	if len(hinted) > 0 {
		return hinted
	}
	var found []finder.Piece
	for _, label := range all {
		if label.Kind == finder.Text && !label.Covered && label.Text == name {
			if p, ok := closest(pieces, label); ok && !slices.Contains(found, p) {
				found = append(found, p)
			}
		}
	}
	return found
}

// closest is the piece that is nearest to a label, right of it or below.
func closest(pieces []finder.Piece, label finder.Piece) (best finder.Piece, found bool) {
	for _, p := range pieces {
		above, left := p.Y+p.Height <= label.Y, p.X+p.Width <= label.X
		if above || left || found && gap(label, p) >= gap(label, best) {
			continue
		}
		best, found = p, true
	}
	return best, found
}

// gap is how far two pieces are apart, in pixels along both axes.
func gap(a, b finder.Piece) int {
	across := max(b.X-(a.X+a.Width), a.X-(b.X+b.Width), 0)
	down := max(b.Y-(a.Y+a.Height), a.Y-(b.Y+b.Height), 0)
	return across + down
}
