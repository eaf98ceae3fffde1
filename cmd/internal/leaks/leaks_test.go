package leaks

import (
	"encoding/base64"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const secret = "planted/secret+of 1"

func TestEveryDisguiseIsSeenThrough(t *testing.T) {
	finder := New(map[string]string{"it": secret, "another": "planted/other secret"})
	for how, form := range Disguises(secret) {
		if found := finder.In([]byte("before " + form + " after")); !slices.Contains(found, "it ("+how+")") {
			t.Errorf("%s is not found, but %v", how, found)
		}
	}
	if found := finder.In([]byte(secret + secret)); len(found) != 2 { // plain, and quoted as JSON
		t.Errorf("what shows twice is named %v", found)
	}
	for skip := range 4 {
		text := base64.StdEncoding.EncodeToString([]byte(strings.Repeat("x", skip) + secret + " and more"))
		if len(finder.In([]byte(text))) == 0 {
			t.Errorf("base64 at offset %d is not found", skip)
		}
	}
	for _, innocent := range []string{"", "nothing to see", "planted/", "planted/secret+of"} {
		if found := finder.In([]byte(innocent)); len(found) != 0 {
			t.Errorf("found %v in %q", found, innocent)
		}
	}
}

func TestAFolderIsLookedThroughWhole(t *testing.T) {
	dir := t.TempDir()
	finder := New(map[string]string{"it": secret})
	if _, err := finder.InFolder(dir); err == nil {
		t.Error("an empty folder counts as looked through")
	}
	if err := os.Mkdir(filepath.Join(dir, "below"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "below", "log"), []byte("\x00\x01"+secret), 0o600); err != nil {
		t.Fatal(err)
	}
	found, err := finder.InFolder(dir)
	if err != nil || !slices.Contains(found, "log: it (plain)") {
		t.Errorf("found %v, %v", found, err)
	}
}
