package seal

import (
	"fmt"

	"filippo.io/age"

	"usher/core"
)

const (
	// workFactor is the power of two of scrypt's work. 18 is age's own choice and takes
	// about a second and 256 MB: dear for whoever tries passphrases on a stolen file,
	// bearable when an owner starts Usher. So seal one identity with a passphrase and
	// everything else with that identity, never each value.
	workFactor = 18
	// maxWorkFactor bounds what a file can make Usher do, because the file names its own
	// factor: 19 is twice the time and memory of 18, age's default of 22 would be 4 GB.
	maxWorkFactor = 19
)

// WrapPassphrase seals plain so that only the passphrase opens it. It takes about a
// second.
func WrapPassphrase(passphrase core.Secret, plain []byte) ([]byte, error) {
	return wrapPassphrase(passphrase, plain, workFactor)
}

func wrapPassphrase(passphrase core.Secret, plain []byte, work int) ([]byte, error) {
	to, err := age.NewScryptRecipient(passphrase.Reveal())
	if err != nil {
		return nil, fmt.Errorf("wrap: %w", err)
	}
	to.SetWorkFactor(work)
	return encrypt(plain, to)
}

// UnwrapPassphrase opens what WrapPassphrase sealed. The error is ErrWrongKey when the
// passphrase is not the one; any other error means damage, or a file that demands more
// than four seconds' work. It takes about a second.
func UnwrapPassphrase(passphrase core.Secret, sealed []byte) ([]byte, error) {
	return unwrapPassphrase(passphrase, sealed, maxWorkFactor)
}

func unwrapPassphrase(passphrase core.Secret, sealed []byte, maxWork int) ([]byte, error) {
	with, err := age.NewScryptIdentity(passphrase.Reveal())
	if err != nil {
		return nil, fmt.Errorf("unwrap: %w", err)
	}
	with.SetMaxWorkFactor(maxWork)
	return decrypt(sealed, with)
}
