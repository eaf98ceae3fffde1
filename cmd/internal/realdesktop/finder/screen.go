// Package finder tells tests what a running program shows, and where: Fyne has no
// accessibility tree to ask. A program built for tests answers on a private socket, see
// [Serve]; tests ask with [Look].
//
// The protocol is one answer to each connection: what is on the screen, as JSON, and then
// the connection is closed.
package finder

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
)

// SocketEnv names the environment variable that holds the path of the socket.
const SocketEnv = "USHER_FINDER_SOCKET"

// Screen is what a program shows at one moment.
type Screen struct{ Windows []Window }

// Window is one window, also while it is hidden.
type Window struct {
	Title  string
	Pieces []Piece // from back to front, what holds others before what it holds
}

// Piece is a piece of a window that a person can see.
type Piece struct {
	Kind Kind
	// Text is what a person reads: of an entry or a choice its value, with dots for what is
	// hidden; of what has only a picture the picture's name.
	Text string
	Hint string `json:",omitempty"` // what an empty entry or choice shows

	// The part that is in view, in pixels from the window's top left.
	X, Y, Width, Height int

	Disabled bool `json:",omitempty"`
	Focused  bool `json:",omitempty"`
	Checked  bool `json:",omitempty"`
	Covered  bool `json:",omitempty"` // a dialog or a menu is before it
}

func (p Piece) String() string {
	s := fmt.Sprintf("%s %q", p.Kind, p.Text)
	if p.Hint != "" {
		s += fmt.Sprintf(" hint %q", p.Hint)
	}
	for word, holds := range map[string]bool{"disabled": p.Disabled, "focused": p.Focused, "checked": p.Checked, "covered": p.Covered} {
		if holds {
			s += " " + word
		}
	}
	return s + fmt.Sprintf(" at %d,%d, %d by %d", p.X, p.Y, p.Width, p.Height)
}

// Kind is what a piece is to the person.
type Kind string

// The kinds of pieces.
const (
	Text     Kind = "text"
	Picture  Kind = "picture"
	Button   Kind = "button"
	Link     Kind = "link"
	Check    Kind = "check"
	Entry    Kind = "entry"
	Choice   Kind = "choice"   // a drop-down list
	Tappable Kind = "tappable" // whatever else takes a click: a tab, a row, a line of a menu
)

// Look asks the program that answers on a socket what it shows. It fails while the program
// does not answer yet, or no longer.
func Look(ctx context.Context, socket string) (Screen, error) {
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "unix", socket)
	if err != nil {
		return Screen{}, err
	}
	defer func() { _ = conn.Close() }()
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer stop()
	var screen Screen
	if err := json.NewDecoder(conn).Decode(&screen); err != nil {
		return Screen{}, fmt.Errorf("read what the program shows: %w", errors.Join(err, ctx.Err()))
	}
	return screen, nil
}
