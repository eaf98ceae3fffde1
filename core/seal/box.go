package seal

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"errors"
	"fmt"
	"io"

	"usher/core"
)

const keySize = 32 // AES-256

// Box seals many small values under one key, in a few microseconds each, with
// AES-256-GCM and a random nonce. It is safe for concurrent use and prints as
// core.Hidden. Seal at most 2³² values with one key (NIST SP 800-38D §8.3, for random
// nonces); at a hundred values a second that is over a year without a pause.
type Box struct {
	aead func() cipher.AEAD // a function for the same reason as in Identity
}

// NewBox makes a box and returns the random key that opens it again. Keep the key only
// wrapped.
func NewBox() (box *Box, key []byte) {
	key = make([]byte, keySize)
	_, _ = rand.Read(key) // never fails: it ends the program instead
	box, err := OpenBox(key)
	if err != nil {
		panic(err) // only a key of another length is refused
	}
	return box, key
}

// OpenBox makes the box that belongs to key. It refuses a key that is not 32 bytes long.
func OpenBox(key []byte) (*Box, error) {
	if len(key) != keySize {
		return nil, fmt.Errorf("open box: key of %d bytes", len(key))
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("open box: %w", err)
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return nil, fmt.Errorf("open box: %w", err)
	}
	return &Box{aead: func() cipher.AEAD { return aead }}, nil
}

// Seal seals plain for one place, such as the bucket and key it is stored under; the
// place is bound to it but not kept in it. The result is 28 bytes longer than plain.
func (b *Box) Seal(plain, place []byte) []byte {
	return b.aead().Seal(nil, nil, plain, place) //nolint:gosec // it makes its nonce itself and takes none
}

// Open opens what Seal sealed for the same place. It fails on anything else: damage,
// another place, another box.
func (b *Box) Open(sealed, place []byte) ([]byte, error) {
	plain, err := b.aead().Open(nil, nil, sealed, place)
	if err != nil {
		return nil, errors.New("open sealed value: damaged, or not of this box and place")
	}
	return plain, nil
}

// Format implements fmt.Formatter for every verb.
func (b *Box) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, core.Hidden) }
