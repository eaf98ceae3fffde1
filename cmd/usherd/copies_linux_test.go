package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"usher/core"
	"usher/core/secrets/realkeyring"
)

const plantedMovePassphrase = "planted-passphrase-to-move"

// An Usher moves from a sealed file to a real keyring on another computer, while it runs, and
// on from there: the same URLs go on working, and nobody is made twice.
func TestAnUsherMoves(t *testing.T) {
	t.Parallel()
	site, url := practiceSite(t)
	a := newUsher(t)
	a.env = []string{"USHER_MOVE_PASSPHRASE=" + plantedMovePassphrase}
	urls := a.setup(practiceSetup(url, nil))
	a.serve()
	add := query(urls[core.Add])
	a.want(a.accepted(add, message("1", "ann@example.test", "Ann")), core.Applied, core.Created)
	a.must("pause")
	waits := a.accepted(add, message("2", "bob@example.test", "Bob"))

	file := filepath.Join(t.TempDir(), "usher.usher")
	a.must("export", "--to", file, "--stop")
	if said := a.must("status"); !strings.Contains(said, "moved to another computer") {
		t.Errorf("the old one says %q", said)
	}
	a.refuses("copy.exists", "export", "--to", file)
	a.stop()
	a.refuses("move.left", "serve", "--address", "local", "--listen", "127.0.0.1:0")

	session := realkeyring.StartSession(t)
	keyring := session.StartKeyring()
	b := newUsher(t)
	b.secrets, b.env = "keyring", append(session.Env(), a.env...)
	b.env = append(b.env, "USHER_MOVE_PASSPHRASE=not the passphrase")
	b.refuses("move.passphrase", "import", "--from", file)
	b.env[len(b.env)-1] = "USHER_MOVE_PASSPHRASE=" + plantedMovePassphrase
	keyring.Lock()
	b.refuses("keyring.locked", "import", "--from", file)
	if _, err := os.Stat(filepath.Join(b.data, "usher.db")); err == nil {
		t.Error("with the keyring locked there is an Usher all the same")
	}
	keyring.Unlock()
	if said := b.must("import", "--from", file); !strings.Contains(said, "1 connections, 1 messages waiting") {
		t.Errorf("it says %q", said)
	}
	b.refuses("move.not_empty", "import", "--from", file)
	if again := b.setup(practiceSetup(url, nil)); query(again[core.Add]) != add {
		t.Errorf("the URL was %s and is %s", add, query(again[core.Add]))
	}
	b.serve()
	b.want(waits, core.Applied, core.Created)
	b.want(b.accepted(add, message("1", "ann@example.test", "Anna")), core.Applied, core.Updated)
	if n := len(site.Users()); n != 3 { // the administrator is one
		t.Errorf("%d users on the site", n)
	}
	if ann, _ := site.User("ann@example.test"); ann.Fields["first_name"] != "Anna" {
		t.Errorf("Ann is %v", ann.Fields)
	}

	backup := filepath.Join(t.TempDir(), "backup.db")
	b.must("backup", "--to", backup)
	b.want(b.accepted(add, message("3", "cy@example.test", "Cy")), core.Applied, core.Created)
	b.refuses("store.in_use", "restore", "--from", backup)
	b.stop()
	if said := b.must("restore", "--from", backup); !strings.Contains(said, "usher.db.before-restore-") {
		t.Errorf("it says %q", said)
	}
	b.serve()
	b.want(b.accepted(add, message("3", "cy@example.test", "Cy")), core.Applied, core.Unchanged)
	b.stop()

	// And back into a sealed file, without having been stopped for it: it then only looks on.
	b.must("export", "--to", file+"2")
	c := newUsher(t)
	c.env = a.env
	if said := c.must("import", "--from", file+"2"); !strings.Contains(said, "writes nothing yet") {
		t.Errorf("it says %q", said)
	}
	c.serve()
	id := c.accepted(add, message("4", "dee@example.test", "Dee"))
	if line := c.deliveries()[id]; line.State != core.Queued {
		t.Errorf("before anybody let it go on: %+v", line)
	}
	c.must("resume")
	c.want(id, core.Applied, core.Created)
	if n := len(site.Users()); n != 5 {
		t.Errorf("%d users on the site", n)
	}

	for name, text := range map[string]string{"A's log": a.log.String(), "B's log": b.log.String(), "the file": read(t, file), "the back-up": read(t, backup)} {
		for _, planted := range []string{plantedAppPassword, plantedKey, plantedMovePassphrase, passphrase} {
			if strings.Contains(text, planted) {
				t.Errorf("%s shows %.10s…", name, planted)
			}
		}
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}
