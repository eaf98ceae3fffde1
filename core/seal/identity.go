package seal

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"filippo.io/age"

	"usher/core"
)

// ErrWrongKey says that something was sealed for another identity or passphrase than
// the one it was opened with. Damage to the few bytes that hold the key looks the same.
var ErrWrongKey = errors.New("sealed for another key")

var errNoKey = errors.New("no key")

// Identity opens what was sealed to its Recipient. It prints as core.Hidden; the zero
// Identity opens nothing.
type Identity struct {
	// A function, because fmt reads unexported fields of an enclosing struct without
	// asking their methods, and with a verb like %s looks even behind a pointer to a
	// struct. All it finds here is an address.
	key func() *age.X25519Identity
}

func newIdentity(key *age.X25519Identity) Identity {
	return Identity{key: func() *age.X25519Identity { return key }}
}

// NewIdentity makes a random identity.
func NewIdentity() (Identity, error) {
	key, err := age.GenerateX25519Identity()
	if err != nil {
		return Identity{}, fmt.Errorf("make identity: %w", err)
	}
	return newIdentity(key), nil
}

// ParseIdentity reads what Text returned. Its errors say nothing of the text.
func ParseIdentity(text core.Secret) (Identity, error) {
	key, err := age.ParseX25519Identity(text.Reveal())
	if err != nil {
		return Identity{}, errors.New("parse identity: not an age X25519 identity")
	}
	return newIdentity(key), nil
}

// Text is the identity in age's own form, for keeping it with the secrets.
func (i Identity) Text() core.Secret {
	if i.key == nil {
		return core.Secret{}
	}
	return core.NewSecret(i.key().String())
}

// Recipient is the public half.
func (i Identity) Recipient() Recipient {
	if i.key == nil {
		return Recipient{}
	}
	return Recipient{key: i.key().Recipient()}
}

// Unwrap opens what Wrap sealed to this identity's recipient. The error is ErrWrongKey
// when it was sealed for another one; any other error means damage.
func (i Identity) Unwrap(sealed []byte) ([]byte, error) {
	if i.key == nil {
		return nil, fmt.Errorf("unwrap: %w", errNoKey)
	}
	return decrypt(sealed, i.key())
}

// Format implements fmt.Formatter for every verb.
func (i Identity) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, core.Hidden) }

// MarshalText implements encoding.TextMarshaler, and with it JSON and slog: they see
// only core.Hidden.
func (i Identity) MarshalText() ([]byte, error) { return []byte(core.Hidden), nil }

// Recipient is the public half of an Identity. It is no secret; the zero Recipient
// seals nothing.
type Recipient struct{ key *age.X25519Recipient }

// ParseRecipient reads what String returned.
func ParseRecipient(text string) (Recipient, error) {
	key, err := age.ParseX25519Recipient(text)
	if err != nil {
		// age quotes the text, which might be an identity put in the wrong place.
		return Recipient{}, errors.New("parse recipient: not an age X25519 recipient")
	}
	return Recipient{key: key}, nil
}

// String is the recipient in age's own form, "age1…", or empty for the zero Recipient.
func (r Recipient) String() string {
	if r.key == nil {
		return ""
	}
	return r.key.String()
}

// Wrap seals plain so that only the recipient's identity opens it. The result is about
// 200 bytes longer than plain.
func Wrap(to Recipient, plain []byte) ([]byte, error) {
	if to.key == nil {
		return nil, fmt.Errorf("wrap: %w", errNoKey)
	}
	return encrypt(plain, to.key)
}

func encrypt(plain []byte, to age.Recipient) ([]byte, error) {
	var sealed bytes.Buffer
	w, err := age.Encrypt(&sealed, to)
	if err != nil {
		return nil, fmt.Errorf("wrap: %w", err)
	}
	if _, err := w.Write(plain); err != nil {
		return nil, fmt.Errorf("wrap: %w", err)
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("wrap: %w", err)
	}
	return sealed.Bytes(), nil
}

func decrypt(sealed []byte, with age.Identity) ([]byte, error) {
	r, err := age.Decrypt(bytes.NewReader(sealed), with)
	if errors.Is(err, age.ErrIncorrectIdentity) {
		return nil, fmt.Errorf("unwrap: %w", ErrWrongKey)
	}
	if err != nil {
		return nil, fmt.Errorf("unwrap: %w", err)
	}
	plain, err := io.ReadAll(r)
	if err != nil {
		return nil, fmt.Errorf("unwrap: %w", err)
	}
	return plain, nil
}
