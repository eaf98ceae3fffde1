package core

import (
	"crypto/subtle"
	"fmt"
	"io"
	"log/slog"
)

// Hidden is what a Secret shows wherever it is printed, logged or marshalled.
const Hidden = "(secret)"

// Secret is text that cannot be printed by accident: fmt, slog, JSON and every
// other text encoding see only Hidden. Reveal is the one way to the text.
type Secret struct {
	// A pointer, because fmt reads unexported fields of an enclosing struct
	// without asking their methods; all it finds here is an address.
	text *string
}

// NewSecret hides text.
func NewSecret(text string) Secret {
	if text == "" {
		return Secret{}
	}
	return Secret{text: &text}
}

// Reveal returns the text itself. Never pass it to an error, a log or a URL that is logged.
func (s Secret) Reveal() string {
	if s.text == nil {
		return ""
	}
	return *s.text
}

// Empty reports whether there is no text.
func (s Secret) Empty() bool { return s.text == nil }

// Equal compares in constant time for texts of equal length.
func (s Secret) Equal(other Secret) bool {
	return subtle.ConstantTimeCompare([]byte(s.Reveal()), []byte(other.Reveal())) == 1
}

// Format implements fmt.Formatter for every verb.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, Hidden) }

// String implements fmt.Stringer.
func (s Secret) String() string { return Hidden }

// LogValue implements slog.LogValuer.
func (s Secret) LogValue() slog.Value { return slog.StringValue(Hidden) }

// MarshalText implements encoding.TextMarshaler, and with it JSON.
func (s Secret) MarshalText() ([]byte, error) { return []byte(Hidden), nil }
