package seal

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"

	"usher/core"
)

func TestStreams(t *testing.T) {
	passphrase := core.NewSecret("correct horse")
	var sealed bytes.Buffer
	w, err := wrapStream(passphrase, &sealed, 2)
	if err != nil {
		t.Fatal(err)
	}
	plain := strings.Repeat("long ", 100_000)
	_, err = io.WriteString(w, plain)
	if err = errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	open := func(passphrase core.Secret, raw []byte) (string, error) {
		r, err := UnwrapStream(passphrase, bytes.NewReader(raw))
		if err != nil {
			return "", err
		}
		got, err := io.ReadAll(r)
		return string(got), err
	}
	whole := sealed.Bytes()
	if got, err := open(passphrase, whole); err != nil || got != plain {
		t.Errorf("%d bytes came back as %d, %v", len(plain), len(got), err)
	}
	if got, err := UnwrapPassphrase(passphrase, whole); err != nil || string(got) != plain {
		t.Errorf("it is no ordinary sealed text: %v", err)
	}
	if _, err := open(core.NewSecret("another"), whole); !errors.Is(err, ErrWrongKey) {
		t.Errorf("with another passphrase: %v", err)
	}
	for name, raw := range map[string][]byte{"cut": whole[:len(whole)-1], "half": whole[:len(whole)/2], "more": append(bytes.Clone(whole), 'x')} {
		if _, err := open(passphrase, raw); err == nil || errors.Is(err, ErrWrongKey) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := open(passphrase, bytes.Replace(whole, []byte(" 2\n"), []byte(" 20\n"), 1)); err == nil || errors.Is(err, ErrWrongKey) {
		t.Errorf("a file that demands too much work: %v", err)
	}
	var dear bytes.Buffer
	if _, err := WrapStream(passphrase, &dear); err != nil || !strings.Contains(dear.String(), " 18\n") {
		t.Errorf("it begins with %q, want work factor 18; %v", dear.String(), err)
	}
	if _, err := WrapStream(core.Secret{}, io.Discard); err == nil {
		t.Error("sealed without a passphrase")
	}
	if _, err := UnwrapStream(core.Secret{}, bytes.NewReader(whole)); err == nil {
		t.Error("opened without a passphrase")
	}
}
