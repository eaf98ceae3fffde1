package main

import (
	"encoding/json"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"usher/cmd/internal/realdesktop"
	"usher/core"
	"usher/core/practice"
)

// movesHere has a person bring an Usher from another computer by mouse and keyboard.
func movesHere(t *testing.T, program string) {
	d := realdesktop.Start(t, realdesktop.Options{})
	writeMoveFile(t, filepath.Join(d.Home(), "usher-move-2026-11-21.usher"))
	p := d.Run(program, nil, nil)
	w := p.Window(title)
	w.ClickOn(realdesktop.Button("Move from another computer"))
	w.ClickOn(realdesktop.Button("Choose the file"))
	w.ClickOn(realdesktop.Saying("usher-move-2026"))
	w.ClickOn(realdesktop.Button("Open"))
	w.TypeInto(realdesktop.Entry("Its passphrase"), movePassphrase)
	w.Press("Return")
	patiently(t, w, realdesktop.Saying("Is Usher stopped on the old computer?"))
	w.ClickOn(realdesktop.Button("It is stopped there: begin here"))
	w.ClickOn(realdesktop.Button("Connections"))
	w.Find(realdesktop.Saying("The shop"))
	d.Tray.Item().WaitLine("Pause", func(realdesktop.Line) bool { return true }) // and not to go on
	p.Signal(os.Interrupt)
	if code := p.WaitExit(); code != 0 {
		t.Errorf("exit code %d", code)
	}
}

const movePassphrase = "correct horse battery"

// writeMoveFile writes the file of an Usher on another computer, which goes on there.
func writeMoveFile(t *testing.T, path string) {
	t.Helper()
	password := "PlantedAppPassword123456"
	site := httptest.NewServer(practice.NewSite(practice.SiteConfig{Admin: practice.Admin{AppPassword: core.NewSecret(password)}}))
	t.Cleanup(site.Close)
	usherd := filepath.Join(t.TempDir(), "usherd")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", usherd, "../usherd")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build usherd: %v\n%s", err, out)
	}
	file, err := json.Marshal(map[string]any{
		"site":       map[string]any{"url": site.URL, "user": "admin", "application_password": password},
		"crm":        map[string]any{"kind": "kartra"},
		"connection": map[string]any{"name": "The shop"},
	})
	if err != nil {
		t.Fatal(err)
	}
	setup := filepath.Join(t.TempDir(), "setup.json")
	if err := os.WriteFile(setup, file, 0o600); err != nil {
		t.Fatal(err)
	}
	data := filepath.Join(t.TempDir(), "old")
	for _, args := range [][]string{{"setup", "--file", setup}, {"export", "--to", path}} {
		cmd := exec.CommandContext(t.Context(), usherd, append([]string{"--data", data, "--secrets", "file"}, args...)...)
		cmd.Env = append(os.Environ(), "USHER_PASSPHRASE="+movePassphrase, "USHER_MOVE_PASSPHRASE="+movePassphrase)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("usherd %s: %v\n%s", args[0], err, out)
		}
	}
}
