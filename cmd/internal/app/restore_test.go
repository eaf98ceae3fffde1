package app

import (
	"bytes"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"usher/core"
	"usher/core/control"
	"usher/core/store"
)

func backedUp(t *testing.T, b control.Backend) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "usher-backup.db")
	if err := Backup(t.Context(), b, path); err != nil {
		t.Fatal(err)
	}
	return path
}

// A back-up is put back, what came after it comes again, and the site is as it was.
func TestARestoredBackupHarmsNobody(t *testing.T) {
	site, url := newSite(t)
	s := newShop(t, url)
	s.run()
	s.send("ann", "Ann")
	s.settled(1)
	path := backedUp(t, s.client())
	if raw, err := os.ReadFile(path); err != nil || bytes.Contains(raw, []byte("PlantedAppPassword")) || bytes.Contains(raw, []byte("planted-key")) {
		t.Errorf("a password is in it, or %v", err)
	}
	s.send("bob", "Bob")
	s.send("ann", "Anna")
	s.settled(3)
	if _, err := Restore(t.Context(), s.o, path); !core.HasCode(err, "store.in_use") {
		t.Errorf("while Usher runs: %v", err)
	}
	s.quit()
	kept, err := Restore(t.Context(), s.o, path)
	if err != nil {
		t.Fatal(err)
	}
	if err := store.CheckCopy(kept); err != nil {
		t.Errorf("what was there before: %v", err)
	}
	s.open()
	s.run()
	s.settled(1)
	s.send("bob", "Bob")
	s.send("ann", "Anna")
	s.settled(3)
	wantPeople(t, site, "2 ann@example.test Anna", "3 bob@example.test Bob")
}

func TestABackupThatIsNotRightChangesNothing(t *testing.T) {
	_, url := newSite(t)
	s, other := newShop(t, url), newShop(t, url)
	right, foreign := backedUp(t, s.Engine), backedUp(t, other.Engine)
	s.quit()
	whole, err := os.ReadFile(right)
	if err != nil {
		t.Fatal(err)
	}
	damaged := filepath.Join(t.TempDir(), "damaged")
	if err := os.WriteFile(damaged, whole[:len(whole)/2], 0o600); err != nil {
		t.Fatal(err)
	}
	data := filepath.Join(s.o.DataDir, store.FileName)
	before, err := os.ReadFile(data)
	if err != nil {
		t.Fatal(err)
	}
	for path, code := range map[string]string{
		foreign: "backup.other", damaged: "backup.damaged", filepath.Join(t.TempDir(), "none"): "copy.not_read", t.TempDir(): "copy.not_read",
	} {
		if _, err := Restore(t.Context(), s.o, path); !core.HasCode(err, code) {
			t.Errorf("got %v, want %s", err, code)
		}
		if after, err := os.ReadFile(data); err != nil || !bytes.Equal(after, before) {
			t.Errorf("%s: the data was changed, %v", code, err)
		}
		if left := entries(t, s.o.DataDir); len(left) != 1 {
			t.Errorf("%s: left %q", code, left)
		}
	}
	elsewhere := s.o
	elsewhere.Secrets = SecretsKeyring
	if _, err := Restore(t.Context(), elsewhere, right); !core.HasCode(err, "keyring.other_backend") {
		t.Errorf("with another back end: %v", err)
	}

	// A damaged data file, or none, is what back-ups are for.
	if err := os.WriteFile(data, []byte("damaged"), 0o600); err != nil {
		t.Fatal(err)
	}
	kept, err := Restore(t.Context(), s.o, right)
	if err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(kept); err != nil || string(text) != "damaged" {
		t.Errorf("%q, %v", text, err)
	}
	if err := os.Remove(data); err != nil {
		t.Fatal(err)
	}
	if kept, err := Restore(t.Context(), s.o, right); err != nil || kept != "" {
		t.Errorf("%q, %v", kept, err)
	}
	if s.open(); len(s.store.Config().Connections) != 1 {
		t.Error("the connection is gone")
	}
}

// A key that was given up after the back-up opens nothing, and the data says where the secrets
// are now.
func TestARestoredBackupGoesOnWithTheSecretsThereAre(t *testing.T) {
	_, url := newSite(t)
	s := newShop(t, url)
	path := backedUp(t, s.Engine)
	rotated, err := s.Engine.RotateKey(t.Context(), "Shop", true)
	if err != nil {
		t.Fatal(err)
	}
	_, s.query, _ = strings.Cut(rotated.URLs[core.Add], "&")
	if err := s.store.SetSecrets(t.Context(), SecretsKeyring); err != nil {
		t.Fatal(err)
	}
	s.quit()
	s.o.Secrets = ""
	if _, err := Restore(t.Context(), s.o, path); err != nil {
		t.Fatal(err)
	}
	if s.open(); s.store.Secrets() != SecretsKeyring {
		t.Errorf("its secrets are said to be in %q", s.store.Secrets())
	}
	s.run()
	if got := s.send("ann", "Ann"); got != http.StatusOK {
		t.Errorf("the newer URL answers %d", got)
	}
}

func TestWhatIsKeptReplacesNothing(t *testing.T) {
	s := &shop{t: t, o: memoryOptions(t)}
	s.open()
	s.quit()
	at := time.Date(2026, 11, 21, 9, 0, 0, 0, time.Local)
	kept, err := keep(t.Context(), s.o.DataDir, at)
	if err != nil || filepath.Base(kept) != "usher.db.before-restore-20261121-090000" {
		t.Fatalf("%q, %v", kept, err)
	}
	if err := os.WriteFile(kept, []byte("kept before"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := keep(t.Context(), s.o.DataDir, at); !core.HasCode(err, "copy.exists") {
		t.Errorf("got %v", err)
	}
	if text, err := os.ReadFile(kept); err != nil || string(text) != "kept before" {
		t.Errorf("%q, %v", text, err)
	}
}
