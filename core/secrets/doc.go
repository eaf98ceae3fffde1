// Package secrets is where passwords and keys live: the operating system's keyring, or a
// file sealed with a passphrase for machines that have none. There is no third way and
// never plain text. The package prints and logs nothing, and its errors quote no secret.
//
// Both kinds behave alike, so what works on one machine works on every other:
//
//   - A secret has 1 to MaxLength bytes, any bytes.
//   - Get of a name that was never set is the Problem keyring.missing; Delete of one is
//     no error.
//   - Every failure is a Problem of the catalogue's keyring area, or store.disk when the
//     disk does not take the file; only a context that ends comes back as its own error.
//   - All methods may be called from several goroutines.
//
// Start reading with Keyring, then File.
package secrets

import (
	"errors"

	"usher/core"
)

// MaxLength of a secret, in bytes. It is what Windows takes (go-keyring's
// keyring_windows.go); macOS takes about 2,900, so one limit fits all.
const MaxLength = 2560

// check refuses what one of the kinds could not give back.
func check(s core.Secret) error {
	if s.Empty() {
		return errors.New("set secret: it is empty")
	}
	if len(s.Reveal()) > MaxLength {
		return core.NewProblem("keyring.too_long", nil)
	}
	return nil
}
