// Package realdesktop runs a desktop session of its own for tests, and does in it what a
// person does: looks at windows, clicks, types, pastes, uses the tray, reads notifications.
//
// The parts are real where they matter: an X server, a window manager, a D-Bus session
// and a gnome-keyring. The tray and the notifications are stand-ins that speak the
// protocols of freedesktop.org, because a real panel cannot be asked what it shows.
// Everything ends with the test. Start reading at [Start].
package realdesktop

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"usher/core/secrets/realkeyring"
)

const (
	patience  = 90 * time.Second // for anything to happen: opening a sealed file takes long where races are looked for
	pollEvery = 20 * time.Millisecond
)

// Options leave out what some computers do not have.
type Options struct {
	NoBus     bool // no D-Bus session, and so no tray, notifications or keyring
	NoTray    bool // as on GNOME; [Desktop.StartTray] starts it later
	NoKeyring bool
}

// Desktop is a running session.
type Desktop struct {
	Tray          *Tray                // nil without one
	Notifications *Notifications       // nil without a bus
	Keyring       *realkeyring.Keyring // nil without one
	Effort        Effort               // of the person so far

	tb      testing.TB
	session *realkeyring.Session
	env     []string

	sightKept bool
}

// Start starts a session that ends with the test. Where it cannot be had the test is
// skipped, or fails under CI=true.
func Start(tb testing.TB, o Options) *Desktop {
	tb.Helper()
	realkeyring.Need(tb, "xvfb libgl1-mesa-dri openbox wmctrl xdotool xclip imagemagick",
		"Xvfb", "openbox", "wmctrl", "xdotool", "xclip", "import")
	d := &Desktop{tb: tb, session: realkeyring.StartSession(tb)}
	d.env = d.environment(o)
	d.startDisplay()
	if o.NoBus {
		return d
	}
	if !o.NoKeyring {
		d.Keyring = d.session.StartKeyring()
	}
	d.Notifications = startNotifications(tb, d.session.Connect())
	if !o.NoTray {
		d.StartTray()
	}
	return d
}

// StartTray starts a tray, if the session has none yet.
func (d *Desktop) StartTray() {
	d.tb.Helper()
	d.Tray = startTray(d)
}

// environment has nothing of whoever runs the test but where programs are: theirs may name
// another desktop, its bus or its theme.
func (d *Desktop) environment(o Options) []string {
	env := []string{
		"PATH=" + d.standIns() + ":" + os.Getenv("PATH"),
		"LANG=en_GB.UTF-8",
		"GORACE=suppressions=" + d.knownRaces(),
	}
	for _, set := range d.session.Env() {
		if !o.NoBus || !strings.HasPrefix(set, "DBUS_SESSION_BUS_ADDRESS=") {
			env = append(env, set)
		}
	}
	return env
}

// knownRaces returns the path of a file with the races that are not ours to mend.
func (d *Desktop) knownRaces() string {
	d.tb.Helper()
	const races = `# systray 1.12.2 counts the versions of its menu under another lock than it reads them.
race:fyne.io/systray.refresh
`
	file := filepath.Join(d.Home(), "races")
	if err := os.WriteFile(file, []byte(races), 0o600); err != nil {
		d.tb.Fatal(err)
	}
	return file
}

// Home is the home folder of the session's person.
func (d *Desktop) Home() string { return d.session.Home() }

// Env has a program run in the session.
func (d *Desktop) Env() []string { return append([]string(nil), d.env...) }

// run runs a program of the session to its end and returns what it says.
func (d *Desktop) run(name string, args ...string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(d.tb.Context(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Env = d.env
	out, err := cmd.Output()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		err = fmt.Errorf("%s: %w: %s", name, err, exit.Stderr)
	}
	return out, err
}

// must is run for what cannot fail.
func (d *Desktop) must(name string, args ...string) []byte {
	d.tb.Helper()
	out, err := d.run(name, args...)
	if err != nil {
		d.tb.Fatal(err)
	}
	return out
}

// Wait returns once done says so; the test fails if that takes too long.
func (d *Desktop) Wait(what string, done func() bool) {
	d.tb.Helper()
	if !eventually(done) {
		d.tb.Fatalf("waited in vain for %s", what)
	}
}

func eventually(done func() bool) bool {
	for deadline := time.Now().Add(patience); !done(); time.Sleep(pollEvery) {
		if time.Now().After(deadline) {
			return false
		}
	}
	return true
}

// standIns returns a folder with programs that stand for a desktop's own.
func (d *Desktop) standIns() string {
	d.tb.Helper()
	folder := filepath.Join(d.Home(), "bin")
	if err := os.Mkdir(folder, 0o700); err != nil {
		d.tb.Fatal(err)
	}
	browser := fmt.Sprintf("#!/bin/sh\nprintf '%%s\\n' \"$1\" >>'%s'\n", d.openedFile())
	if err := os.WriteFile(filepath.Join(folder, "xdg-open"), []byte(browser), 0o700); err != nil {
		d.tb.Fatal(err)
	}
	return folder
}

func (d *Desktop) openedFile() string { return filepath.Join(d.Home(), "opened") }

// Opened are the addresses that programs had the desktop open, oldest first, once there
// are n of them.
func (d *Desktop) Opened(n int) []string {
	d.tb.Helper()
	var opened []string
	d.Wait(fmt.Sprintf("%d addresses to be opened", n), func() bool {
		content, _ := os.ReadFile(d.openedFile()) // not there before the first
		opened = strings.Split(string(content), "\n")
		opened = opened[:len(opened)-1]
		return len(opened) >= n
	})
	return opened
}
