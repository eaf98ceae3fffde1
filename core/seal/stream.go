package seal

import (
	"errors"
	"fmt"
	"io"

	"filippo.io/age"

	"usher/core"
)

// WrapStream returns a writer that seals what is written to it with a passphrase, as
// WrapPassphrase does, without ever holding all of it. Only Close makes it whole. It takes
// about a second to begin.
func WrapStream(passphrase core.Secret, to io.Writer) (io.WriteCloser, error) {
	return wrapStream(passphrase, to, workFactor)
}

func wrapStream(passphrase core.Secret, to io.Writer, work int) (io.WriteCloser, error) {
	recipient, err := age.NewScryptRecipient(passphrase.Reveal())
	if err != nil {
		return nil, fmt.Errorf("wrap stream: %w", err)
	}
	recipient.SetWorkFactor(work)
	w, err := age.Encrypt(to, recipient)
	if err != nil {
		return nil, fmt.Errorf("wrap stream: %w", err)
	}
	return w, nil
}

// UnwrapStream opens what WrapStream sealed. The error is ErrWrongKey when the passphrase is
// not the one. What the reader returns was sealed with the passphrase; that it is whole is
// known only once it returns io.EOF, any other error means damage. It takes about a second
// to begin.
func UnwrapStream(passphrase core.Secret, from io.Reader) (io.Reader, error) {
	identity, err := age.NewScryptIdentity(passphrase.Reveal())
	if err != nil {
		return nil, fmt.Errorf("unwrap stream: %w", err)
	}
	identity.SetMaxWorkFactor(maxWorkFactor)
	r, err := age.Decrypt(from, identity)
	switch {
	case errors.Is(err, age.ErrIncorrectIdentity):
		return nil, fmt.Errorf("unwrap stream: %w", ErrWrongKey)
	case err != nil:
		return nil, fmt.Errorf("unwrap stream: %w", err)
	}
	return r, nil
}
