// Package leaks finds secrets where they must not be, in whatever form they hide there.
package leaks

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
)

// Shortest is the length in bytes of the shortest text that is looked for.
const Shortest = 6

// Finder knows the secrets to look for. Looking takes about as long for many as for one.
type Finder struct {
	heads map[[Shortest]byte][]form
}

// form is one of the ways in which a secret can be written.
type form struct{ text, name string }

// New makes a Finder of secrets by name. Those too short to be told from chance are left out.
func New(secrets map[string]string) *Finder {
	f := &Finder{heads: map[[Shortest]byte][]form{}}
	for name, secret := range secrets {
		if len(secret) < Shortest {
			continue
		}
		for how, text := range Disguises(secret) {
			if len(text) >= Shortest {
				head := [Shortest]byte([]byte(text))
				f.heads[head] = append(f.heads[head], form{text, name + " (" + how + ")"})
			}
		}
	}
	return f
}

// Disguises are the ways a secret can hide in a file or a log, by their names.
func Disguises(secret string) map[string]string {
	quoted, _ := json.Marshal(secret)
	forms := map[string]string{
		"plain":       secret,
		"URL-encoded": url.QueryEscape(secret),
		"JSON":        strings.Trim(string(quoted), `"`),
		"hex":         hex.EncodeToString([]byte(secret)),
	}
	for skip := range 3 {
		// Base64 depends on where in a group of three the secret starts; the signs
		// that its neighbours share with it are left out.
		padded := append(bytes.Repeat([]byte{0}, skip), secret...)
		padded = padded[:len(padded)/3*3]
		from := (skip*8 + 5) / 6
		forms["base64"+string(rune('0'+skip))] = base64.StdEncoding.EncodeToString(padded)[from:]
		forms["base64url"+string(rune('0'+skip))] = base64.URLEncoding.EncodeToString(padded)[from:]
	}
	return forms
}

// In tells which secrets show in data, and how. Each is named once for each way.
func (f *Finder) In(data []byte) (found []string) {
	named := map[string]bool{}
	for i := 0; i+Shortest <= len(data); i++ {
		for _, form := range f.heads[[Shortest]byte(data[i:i+Shortest])] {
			if !named[form.name] && bytes.HasPrefix(data[i:], []byte(form.text)) {
				named[form.name] = true
				found = append(found, form.name)
			}
		}
	}
	return found
}

// InFolder looks through the raw bytes of every file below dir.
func (f *Finder) InFolder(dir string) (found []string, err error) {
	files := 0
	err = filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		files++
		data, err := os.ReadFile(path) //nolint:gosec // a folder the test made
		for _, leak := range f.In(data) {
			found = append(found, entry.Name()+": "+leak)
		}
		return err
	})
	if err == nil && files == 0 {
		err = errors.New("there is nothing to look through")
	}
	return found, err
}
