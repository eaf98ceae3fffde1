package seal

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"usher/core"
)

func testIdentity(t testing.TB) Identity {
	t.Helper()
	identity, err := NewIdentity()
	if err != nil {
		t.Fatal(err)
	}
	return identity
}

func testWrap(t testing.TB, to Recipient, plain string) []byte {
	t.Helper()
	sealed, err := Wrap(to, []byte(plain))
	if err != nil {
		t.Fatal(err)
	}
	return sealed
}

func TestIdentity(t *testing.T) {
	t.Run("opens what was sealed to its recipient", func(t *testing.T) {
		identity := testIdentity(t)
		for _, want := range []string{"", "a body", strings.Repeat("long ", 100_000)} {
			got, err := identity.Unwrap(testWrap(t, identity.Recipient(), want))
			if err != nil || string(got) != want {
				t.Errorf("%d bytes came back as %d, %v", len(want), len(got), err)
			}
		}
	})
	t.Run("survives being kept as text", func(t *testing.T) {
		identity := testIdentity(t)
		recipient, err := ParseRecipient(identity.Recipient().String())
		if err != nil {
			t.Fatal(err)
		}
		again, err := ParseIdentity(identity.Text())
		if err != nil {
			t.Fatal(err)
		}
		if got, err := again.Unwrap(testWrap(t, recipient, "kept")); err != nil || string(got) != "kept" {
			t.Errorf("got %q, %v", got, err)
		}
	})
	t.Run("says that something was sealed for another", func(t *testing.T) {
		sealed := testWrap(t, testIdentity(t).Recipient(), "secret")
		if _, err := testIdentity(t).Unwrap(sealed); !errors.Is(err, ErrWrongKey) {
			t.Errorf("got %v, want ErrWrongKey", err)
		}
	})
	t.Run("tells damage from another's", func(t *testing.T) {
		identity := testIdentity(t)
		sealed := testWrap(t, identity.Recipient(), "secret")
		sealed[len(sealed)-1] ^= 1
		if _, err := identity.Unwrap(sealed); err == nil || errors.Is(err, ErrWrongKey) {
			t.Errorf("got %v, want an error that is not ErrWrongKey", err)
		}
	})
	t.Run("refuses every changed or missing byte", func(t *testing.T) {
		identity := testIdentity(t)
		sealed := testWrap(t, identity.Recipient(), "secret")
		for i := range sealed {
			if _, err := identity.Unwrap(sealed[:i]); err == nil {
				t.Errorf("opened when cut to %d bytes", i)
			}
			changed := bytes.Clone(sealed)
			changed[i] ^= 0x20
			if _, err := identity.Unwrap(changed); err == nil {
				t.Errorf("opened with byte %d changed", i)
			}
		}
	})
	t.Run("zero values do nothing and do not panic", func(t *testing.T) {
		var identity Identity
		if _, err := identity.Unwrap(nil); err == nil {
			t.Error("the zero identity opened something")
		}
		if _, err := Wrap(identity.Recipient(), nil); err == nil {
			t.Error("the zero recipient sealed something")
		}
		if !identity.Text().Empty() || identity.Recipient().String() != "" {
			t.Error("the zero identity has a text")
		}
	})
}

func TestParsingRefusesWithoutQuoting(t *testing.T) {
	identity := testIdentity(t)
	secret := identity.Text().Reveal()
	for _, text := range []string{"", "age1", secret[:40], secret + "Q", strings.ToLower(secret) + "x", identity.Recipient().String()} {
		if _, err := ParseIdentity(core.NewSecret(text)); err == nil || text != "" && strings.Contains(err.Error(), text) {
			t.Errorf("ParseIdentity of %d bytes: %v", len(text), err)
		}
	}
	for _, text := range []string{"", "age1", secret} {
		if _, err := ParseRecipient(text); err == nil || text != "" && strings.Contains(err.Error(), text) {
			t.Errorf("ParseRecipient of %d bytes: %v", len(text), err)
		}
	}
}

func TestKeysCannotBePrinted(t *testing.T) {
	identity := testIdentity(t)
	box, key := NewBox()
	enclosing := struct {
		identity Identity
		box      *Box
		Shown    Identity
	}{identity, box, identity}

	var out bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d", "%x", "%X", "%t"} {
		for _, value := range []any{identity, &identity, box, enclosing, &enclosing, []Identity{identity}} {
			fmt.Fprintf(&out, verb+"\n", value)
		}
	}
	for _, handler := range []slog.Handler{slog.NewTextHandler(&out, nil), slog.NewJSONHandler(&out, nil)} {
		slog.New(handler).Info("printed", "identity", identity, "box", box, "both", enclosing)
	}
	if err := json.NewEncoder(&out).Encode(enclosing); err != nil {
		t.Fatal(err)
	}

	scalar := identityScalar(t, identity)
	for _, planted := range []string{identity.Text().Reveal(), decimals(scalar), decimals(key)} {
		if strings.Contains(out.String(), planted) {
			t.Errorf("found %.12s… in what was printed", planted)
		}
	}
	for _, planted := range [][]byte{scalar, key} {
		low := strings.ToLower(out.String())
		if strings.Contains(low, hex.EncodeToString(planted)) || strings.Contains(out.String(), base64.StdEncoding.EncodeToString(planted)) {
			t.Error("found an encoded key in what was printed")
		}
	}
}

// decimals is how fmt prints bytes, without the brackets.
func decimals(b []byte) string { return strings.Trim(fmt.Sprintf("%d", b), "[]") }

// identityScalar takes the key from age's own struct the way fmt would, so that the
// test knows what a leak looks like.
func identityScalar(t *testing.T, identity Identity) []byte {
	t.Helper()
	var scalar []byte
	printed := fmt.Sprintf("%d", struct{ key any }{*identity.key()})
	for _, field := range strings.Fields(strings.NewReplacer("{", " ", "}", " ", "[", " ", "]", " ").Replace(printed)) {
		var b byte
		if _, err := fmt.Sscan(field, &b); err != nil {
			t.Fatalf("read age's key: %v", err)
		}
		if scalar = append(scalar, b); len(scalar) == 32 {
			return scalar
		}
	}
	t.Fatal("found no key in age's identity")
	return nil
}

// fuzzIdentity is fixed, because each fuzzing process must open the seeds of the others.
const fuzzIdentity = "AGE-SECRET-KEY-1DHSXQ7SLYE59KK3LQQEG6J2CGVU2Q9X8CXZU552YNE27R7CS6QMSHWGQM6"

func FuzzUnwrap(f *testing.F) {
	identity, err := ParseIdentity(core.NewSecret(fuzzIdentity))
	if err != nil {
		f.Fatal(err)
	}
	sealed := testWrap(f, identity.Recipient(), "secret")
	f.Add(sealed)
	f.Add(sealed[:len(sealed)/2])
	f.Add(testWrap(f, testIdentity(f).Recipient(), "secret"))
	f.Add([]byte("age-encryption.org/v1\n-> X25519 AAAA\n\n--- AAAA\n"))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, hostile []byte) {
		plain, err := identity.Unwrap(hostile)
		if err == nil && string(plain) != "secret" {
			t.Errorf("opened %q, which was never sealed", plain)
		}
	})
}
