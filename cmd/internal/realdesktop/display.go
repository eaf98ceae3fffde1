package realdesktop

import (
	"os"
	"path/filepath"
	"strings"

	"usher/core/secrets/realkeyring"
)

// startDisplay starts an X server on a display that is free, and a window manager.
func (d *Desktop) startDisplay() {
	d.tb.Helper()
	number, ready, err := os.Pipe()
	if err != nil {
		d.tb.Fatal(err)
	}
	defer func() { _ = number.Close() }()
	server := realkeyring.Command(d.tb, "Xvfb", "-displayfd", "3", "-screen", "0", "1280x800x24", "-nolisten", "tcp", "-noreset")
	server.Env, server.ExtraFiles = d.env, []*os.File{ready}
	realkeyring.Own(d.tb, server)
	_ = ready.Close() // the server has its own
	line := make([]byte, 16)
	n, err := number.Read(line)
	if err != nil {
		d.tb.Fatalf("Xvfb: %v", err)
	}
	d.env = append(d.env, "DISPLAY=:"+strings.TrimSpace(string(line[:n])))

	manager := realkeyring.Command(d.tb, "openbox", "--sm-disable")
	manager.Env = d.env
	realkeyring.Own(d.tb, manager)
	d.Wait("the window manager", func() bool {
		_, err := d.run("wmctrl", "-m")
		return err == nil
	})
}

// keepSight keeps, with -artifacts, what could be seen when a test failed and all its
// programs still ran.
func (d *Desktop) keepSight() {
	if !d.tb.Failed() || d.sightKept {
		return
	}
	d.sightKept = true
	picture := filepath.Join(d.tb.ArtifactDir(), "desktop.png")
	command := realkeyring.Command(d.tb, "import", "-window", "root", picture)
	command.Env = d.env
	if err := command.Run(); err == nil {
		d.tb.Logf("what could be seen at the end: %s", picture)
	}
}
