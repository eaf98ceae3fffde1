package seal

import (
	"bytes"
	"errors"
	"testing"

	"usher/core"
)

// fast is a work factor for tests that are not about the work.
const fast = 2

func sealSecret(t testing.TB, passphrase core.Secret) []byte {
	t.Helper()
	sealed, err := wrapPassphrase(passphrase, []byte("secret"), fast)
	if err != nil {
		t.Fatal(err)
	}
	return sealed
}

func TestPassphrase(t *testing.T) {
	passphrase := core.NewSecret("correct horse battery staple")

	t.Run("is sealed with age's own amount of work", func(t *testing.T) {
		t.Parallel()
		sealed, err := WrapPassphrase(passphrase, []byte("secret"))
		if err != nil {
			t.Fatal(err)
		}
		if header, _, _ := bytes.Cut(sealed, []byte("\n---")); !bytes.Contains(header, []byte(" 18\n")) {
			t.Errorf("header is %q, want work factor 18", header)
		}
	})
	t.Run("opens what was sealed with it", func(t *testing.T) {
		got, err := UnwrapPassphrase(passphrase, sealSecret(t, passphrase))
		if err != nil || string(got) != "secret" {
			t.Errorf("got %q, %v", got, err)
		}
	})
	t.Run("says when it is the wrong one", func(t *testing.T) {
		sealed := sealSecret(t, passphrase)
		if _, err := UnwrapPassphrase(core.NewSecret("guess"), sealed); !errors.Is(err, ErrWrongKey) {
			t.Errorf("got %v, want ErrWrongKey", err)
		}
	})
	t.Run("must not be empty", func(t *testing.T) {
		if _, err := WrapPassphrase(core.Secret{}, nil); err == nil {
			t.Error("sealed with an empty passphrase")
		}
		sealed := sealSecret(t, passphrase)
		if _, err := UnwrapPassphrase(core.Secret{}, sealed); err == nil || errors.Is(err, ErrWrongKey) {
			t.Errorf("got %v, want an error that is not ErrWrongKey", err)
		}
	})
	t.Run("is not tried on a file that demands too much work", func(t *testing.T) {
		sealed := sealSecret(t, passphrase)
		for _, work := range []string{" 20\n", " 22\n", " 63\n", " 9999999999999999999\n"} {
			greedy := bytes.Replace(sealed, []byte(" 2\n"), []byte(work), 1)
			// Had it been tried, the error would be ErrWrongKey: the work is part of the key.
			if _, err := UnwrapPassphrase(passphrase, greedy); err == nil || errors.Is(err, ErrWrongKey) {
				t.Errorf("work factor%.3s: got %v, want it refused untried", work, err)
			}
		}
	})
	t.Run("refuses a damaged file", func(t *testing.T) {
		sealed := sealSecret(t, passphrase)
		sealed[len(sealed)-1] ^= 1
		if _, err := UnwrapPassphrase(passphrase, sealed); err == nil || errors.Is(err, ErrWrongKey) {
			t.Errorf("got %v, want an error that is not ErrWrongKey", err)
		}
		if _, err := UnwrapPassphrase(passphrase, testWrap(t, testIdentity(t).Recipient(), "")); err == nil {
			t.Error("opened what was sealed to a recipient")
		}
	})
}

func FuzzUnwrapPassphrase(f *testing.F) {
	passphrase := core.NewSecret("correct horse battery staple")
	sealed := sealSecret(f, passphrase)
	f.Add(sealed)
	f.Add(sealed[:len(sealed)-20])
	f.Add([]byte("age-encryption.org/v1\n-> scrypt AAAAAAAAAAAAAAAAAAAAAA 30\n\n--- AAAA\n"))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, hostile []byte) {
		plain, err := unwrapPassphrase(passphrase, hostile, fast) // else a lucky input costs seconds
		if err == nil && string(plain) != "secret" {
			t.Errorf("opened %q, which was never sealed", plain)
		}
	})
}
