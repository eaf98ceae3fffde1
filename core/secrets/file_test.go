package secrets

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"filippo.io/age"

	"usher/core"
)

var passphrase = core.NewSecret("correct horse battery staple")

// quickWrap seals with next to no work, because the work is what seal's tests are about.
// Opening costs what the file says, so that it is quick too.
func quickWrap(passphrase core.Secret, plain []byte) ([]byte, error) {
	to, err := age.NewScryptRecipient(passphrase.Reveal())
	if err != nil {
		return nil, err
	}
	to.SetWorkFactor(2)
	var sealed bytes.Buffer
	w, err := age.Encrypt(&sealed, to)
	if err != nil {
		return nil, err
	}
	_, err = w.Write(plain)
	err = errors.Join(err, w.Close())
	return sealed.Bytes(), err
}

// quickFile makes a file with one entry and returns its path.
func quickFile(t testing.TB) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "secrets")
	f, err := openFile(path, passphrase, quickWrap)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Set(t.Context(), "first", core.NewSecret("first secret")); err != nil {
		t.Fatal(err)
	}
	return path
}

func reopen(t testing.TB, path string) *File {
	t.Helper()
	f, err := OpenFile(path, passphrase)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestFileIsAVault(t *testing.T) {
	path := quickFile(t)
	testVault(t, "file", func(t *testing.T) vault { return reopen(t, path) })
}

func TestNewFile(t *testing.T) {
	t.Run("is written by the first Set", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "secrets")
		f, err := openFile(path, passphrase, quickWrap)
		if err != nil {
			t.Fatal(err)
		}
		_, err = f.Get(t.Context(), "a")
		wantCode(t, err, "keyring.missing")
		if err := f.Delete(t.Context(), "a"); err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(path); !os.IsNotExist(err) {
			t.Errorf("there before: %v", err)
		}
		mustSet(t, f, "a", "secret a")
		mustSet(t, f, "b", "secret b")
		again := reopen(t, path)
		wantSecret(t, again, "a", "secret a")
		wantSecret(t, again, "b", "secret b")
	})
	t.Run("makes trying passphrases dear", func(t *testing.T) {
		t.Parallel()
		f, err := OpenFile(filepath.Join(t.TempDir(), "secrets"), passphrase)
		if err != nil {
			t.Fatal(err)
		}
		if head, _, _ := bytes.Cut(f.locked, []byte("\n---")); !bytes.Contains(head, []byte(" 18\n")) {
			t.Errorf("header is %q, want scrypt work factor 18", head)
		}
	})
}

func TestFilePassphrase(t *testing.T) {
	path := quickFile(t)
	before := readRaw(t, path)

	_, err := OpenFile(path, core.Secret{})
	wantCode(t, err, "keyring.no_passphrase")
	_, err = OpenFile(filepath.Join(t.TempDir(), "none"), core.Secret{})
	wantCode(t, err, "keyring.no_passphrase")
	_, err = OpenFile(path, core.NewSecret("guess"))
	wantCode(t, err, "keyring.passphrase")

	if !bytes.Equal(before, readRaw(t, path)) {
		t.Error("a refused passphrase changed the file")
	}
}

func TestUnusableFileIsNamedAndNeverWritten(t *testing.T) {
	whole := readRaw(t, quickFile(t))
	head, rest, _ := bytes.Cut(whole, []byte("\n"))
	resum := func(rest []byte) []byte {
		return append([]byte("usher-secrets 1 "+checksum(rest)+"\n"), rest...)
	}
	cases := map[string]struct {
		raw  []byte
		code string
	}{
		"empty":                        {nil, "keyring.damaged"},
		"cut in the middle":            {whole[:len(whole)/2], "keyring.damaged"},
		"cut at the last byte":         {whole[:len(whole)-1], "keyring.damaged"},
		"one byte of the seal changed": {flip(whole, len(head)+40), "keyring.damaged"},
		"one byte of the sum changed":  {flip(whole, len(head)-1), "keyring.damaged"},
		"another program's":            {[]byte("age-encryption.org/v1\n"), "keyring.damaged"},
		"no version":                   {[]byte("usher-secrets x y\n{}"), "keyring.damaged"},
		"version 0":                    {[]byte("usher-secrets 0 y\n{}"), "keyring.damaged"},
		"a newer version":              {[]byte("usher-secrets 2 anything follows\n\x00"), "keyring.newer"},
		"nothing sealed":               {resum([]byte("{}")), "keyring.damaged"},
		"not JSON":                     {resum([]byte("[")), "keyring.damaged"},
		"too big":                      {resum(make([]byte, maxSize)), "keyring.damaged"},
		"entries exchanged":            {resum(exchangeEntries(t, rest)), "keyring.passphrase"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			path := quickFile(t)
			opened := reopen(t, path)
			if err := os.WriteFile(path, c.raw, 0o600); err != nil {
				t.Fatal(err)
			}

			_, err := OpenFile(path, passphrase)
			wantCode(t, err, c.code)
			_, err = opened.Get(t.Context(), "first")
			wantCode(t, err, c.code)
			wantCode(t, opened.Set(t.Context(), "first", core.NewSecret("x")), c.code)
			wantCode(t, opened.Delete(t.Context(), "first"), c.code)
			if !bytes.Equal(c.raw, readRaw(t, path)) {
				t.Error("the file was written to")
			}
		})
	}
}

func flip(raw []byte, at int) []byte {
	changed := bytes.Clone(raw)
	changed[at] ^= 1
	return changed
}

// exchangeEntries puts another file's entries into rest.
func exchangeEntries(t *testing.T, rest []byte) []byte {
	t.Helper()
	own, err := parseContent(append([]byte("usher-secrets 1 "+checksum(rest)+"\n"), rest...))
	if err != nil {
		t.Fatal(err)
	}
	other, err := readContent(quickFile(t))
	if err != nil {
		t.Fatal(err)
	}
	raw, err := content{Identity: own.Identity, Entries: other.Entries}.bytes()
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ = bytes.Cut(raw, []byte("\n"))
	return rest
}

func TestFileShowsNothing(t *testing.T) {
	path := quickFile(t)
	f := reopen(t, path)
	mustSet(t, f, "site/1/application_password", "abcd EFGH ijkl MNOP")
	raw := string(readRaw(t, path))
	for _, planted := range []string{"abcd EFGH ijkl MNOP", "application_password", "site/1", passphrase.Reveal(), f.identity.Text().Reveal()} {
		for form, text := range map[string]string{
			"plain":   planted,
			"base64":  base64.StdEncoding.EncodeToString([]byte(planted))[:len(planted)/3*4],
			"base64u": base64.RawURLEncoding.EncodeToString([]byte(planted))[:len(planted)/3*4],
			"hex":     hex.EncodeToString([]byte(planted)),
		} {
			if strings.Contains(raw, text) {
				t.Errorf("found %.6s… in %s", planted, form)
			}
		}
	}
}

func TestFileOnDisk(t *testing.T) {
	t.Run("belongs to its owner alone, whatever lay there before", func(t *testing.T) {
		if runtime.GOOS == "windows" {
			t.Skip("Windows has no modes")
		}
		path := quickFile(t)
		if err := os.Chmod(path, 0o644); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path+".new", []byte("left by a crash"), 0o644); err != nil {
			t.Fatal(err)
		}
		mustSet(t, reopen(t, path), "a", "x")
		wantSecret(t, reopen(t, path), "a", "x")
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm() != 0o600 {
			t.Errorf("mode is %o", info.Mode().Perm())
		}
		if names := listFolder(t, filepath.Dir(path)); len(names) != 1 {
			t.Errorf("left in the folder: %v", names)
		}
	})
	t.Run("stays whole when the new one cannot be written", func(t *testing.T) {
		path := quickFile(t)
		f := reopen(t, path)
		mustSet(t, f, "a", "old")
		if err := os.MkdirAll(filepath.Join(path+".new", "in the way"), 0o700); err != nil {
			t.Fatal(err)
		}
		wantCode(t, f.Set(t.Context(), "a", core.NewSecret("new")), "store.disk")
		wantSecret(t, reopen(t, path), "a", "old")
	})
	t.Run("is named when it cannot be read", func(t *testing.T) {
		_, err := OpenFile(t.TempDir(), passphrase)
		wantCode(t, err, "keyring.unreadable")
	})
}

func readRaw(t *testing.T, path string) []byte {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func listFolder(t *testing.T, path string) []fs.DirEntry {
	t.Helper()
	names, err := os.ReadDir(path)
	if err != nil {
		t.Fatal(err)
	}
	return names
}

func FuzzParseContent(f *testing.F) {
	whole, err := content{Identity: []byte("identity"), Entries: []byte("entries")}.bytes()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(whole)
	f.Add(whole[:len(whole)/2])
	f.Add([]byte("usher-secrets 2 x\n"))
	f.Add([]byte("usher-secrets 1 " + checksum(nil) + "\n"))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, raw []byte) {
		c, err := parseContent(raw)
		if err != nil {
			if !core.HasCode(err, "keyring.damaged") && !core.HasCode(err, "keyring.newer") {
				t.Errorf("got %v, want a problem of the catalogue", err)
			}
			return
		}
		again, err := c.bytes()
		if err != nil {
			t.Fatal(err)
		}
		if d, err := parseContent(again); err != nil || !bytes.Equal(d.Identity, c.Identity) || !bytes.Equal(d.Entries, c.Entries) {
			t.Errorf("written again it reads differently: %v", err)
		}
	})
}
