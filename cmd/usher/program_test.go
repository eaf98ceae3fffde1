package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"usher/cmd/internal/realdesktop"
)

// TestTheProgram runs the real program on a desktop of its own. It is built once.
func TestTheProgram(t *testing.T) {
	if testing.Short() {
		t.Skip("a real part, left out by -short")
	}
	program := realdesktop.Build(t, "usher/cmd/usher", "usher_finder")
	for name, test := range map[string]func(*testing.T, string){
		"no display":                        noDisplay,
		"hidden, and quit in the tray":      hiddenAndQuit,
		"a second start shows the first":    secondStart,
		"no bus":                            noBus,
		"no keyring: a sealed file":         sealedFile,
		"no tray: closing asks":             closingAsks,
		"closing hides, and says so once":   closingHides,
		"a damaged data file":               damaged,
		"a back-up is put back":             restored,
		"what appears is in view":           appearsInView,
		"practice makes a user":             practiceMakesAUser,
		"practice beside the wizard":        practiceBeside,
		"a usherd that runs is worked with": joinsUsherd,
		"from the first start to a user":    journey,
		"from another computer":             movesHere,
		"a keyring that is locked":          lockedKeyring,
		"a long journal, and a storm":       busy,
		"a password that was revoked":       revokedPassword,
	} {
		t.Run(name, func(t *testing.T) { test(t, program) })
	}
}

const title = "Usher"

func noDisplay(t *testing.T, program string) {
	cmd := exec.CommandContext(t.Context(), program)
	cmd.Env = []string{"HOME=" + t.TempDir(), "PATH=" + os.Getenv("PATH")}
	out, err := cmd.CombinedOutput()
	if code := cmd.ProcessState.ExitCode(); code != 1 {
		t.Errorf("exit code %d, %v", code, err)
	}
	if said := string(out); strings.Count(said, "\n") != 1 || !strings.Contains(said, "usherd") {
		t.Errorf("it says:\n%s", said)
	}
}

func hiddenAndQuit(t *testing.T, program string) {
	d := realdesktop.Start(t, realdesktop.Options{})
	p := d.Run(program, []string{"--hidden"}, nil)
	item := d.Tray.Item()
	item.WaitLine("Pause", func(realdesktop.Line) bool { return true }) // Usher is open
	d.WaitNoWindow(title)
	item.Press("Quit")
	if code := p.WaitExit(); code != 0 {
		t.Errorf("exit code %d", code)
	}
	d.Notifications.Wait(func(n realdesktop.Notification) bool { return n.Title == "Usher is stopping" })
}

func secondStart(t *testing.T, program string) {
	d := realdesktop.Start(t, realdesktop.Options{})
	first := d.Run(program, []string{"--hidden"}, nil)
	d.Tray.Item().WaitLine("Pause", func(realdesktop.Line) bool { return true })
	if code := d.Run(program, []string{"--hidden"}, nil).WaitExit(); code != 0 {
		t.Errorf("a hidden second start ends with %d", code)
	}
	d.WaitNoWindow(title)
	if code := d.Run(program, nil, nil).WaitExit(); code != 0 {
		t.Errorf("a second start ends with %d", code)
	}
	first.Window(title)
	first.Signal(syscall.SIGTERM) // is as good as Quit
	if code := first.WaitExit(); code != 0 {
		t.Errorf("exit code %d", code)
	}
	d.Notifications.Wait(func(n realdesktop.Notification) bool { return n.Title == "Usher is stopping" })
	log := filepath.Join(d.Home(), ".local", "state", "usher", "usher.log")
	if info, err := os.Stat(log); err != nil || info.Size() == 0 || info.Mode().Perm() != 0o600 {
		t.Errorf("the log: %v, %v", info, err)
	}
}

func noBus(t *testing.T, program string) {
	d := realdesktop.Start(t, realdesktop.Options{NoBus: true})
	p := d.Run(program, []string{"--hidden"}, nil) // with nothing to hide in
	w := p.Window(title)
	w.ClickOn(realdesktop.Button("Quit")) // there is no keyring either
	if code := p.WaitExit(); code != 0 {
		t.Errorf("exit code %d", code)
	}
}

func sealedFile(t *testing.T, program string) {
	const passphrase = "correct horse battery"
	d := realdesktop.Start(t, realdesktop.Options{NoKeyring: true})
	p := d.Run(program, nil, nil)
	w := p.Window(title)
	w.ClickOn(realdesktop.Button("Use a sealed file"))
	w.TypeInto(realdesktop.Entry("Passphrase"), "short")
	w.Press("Return", "Return")
	w.Find(realdesktop.Saying("at least 10 characters"))
	w.TypeInto(realdesktop.Entry("Passphrase"), passphrase)
	w.TypeInto(realdesktop.Entry("The same again"), passphrase)
	w.Press("Return")
	patiently(t, w, realdesktop.Button("Activity"))
	p.Signal(syscall.SIGTERM)
	if code := p.WaitExit(); code != 0 {
		t.Errorf("exit code %d", code)
	}

	again := d.Run(program, []string{"--hidden"}, nil)
	w = again.Window(title) // a question nobody sees in the tray
	w.TypeInto(realdesktop.Entry("Passphrase"), "something else")
	w.Press("Return")
	patiently(t, w, realdesktop.Saying("does not open the file"))
	w.TypeInto(realdesktop.Entry("Passphrase"), passphrase)
	w.Press("Return")
	patiently(t, w, realdesktop.Button("Activity"))
}

// patiently waits for a piece: a passphrase takes a second of a processor, and many times that
// under the race detector.
func patiently(t *testing.T, w *realdesktop.Window, wanted realdesktop.Wanted) {
	t.Helper()
	for end := time.Now().Add(2 * time.Minute); !w.Has(wanted); time.Sleep(100 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("waited in vain for %s", wanted)
		}
	}
}

func closingAsks(t *testing.T, program string) {
	d := realdesktop.Start(t, realdesktop.Options{NoTray: true})
	p := d.Run(program, nil, nil)
	w := p.Window(title)
	w.Find(realdesktop.Button("Activity"))
	w.Close()
	w.ClickOn(realdesktop.Button("Keep working without a window"))
	d.WaitNoWindow(title)
	if code := d.Run(program, nil, nil).WaitExit(); code != 0 {
		t.Errorf("a second start ends with %d", code)
	}
	w = p.Window(title)
	w.Close()
	w.ClickOn(realdesktop.Button("Quit"))
	if code := p.WaitExit(); code != 0 {
		t.Errorf("exit code %d", code)
	}
}

func closingHides(t *testing.T, program string) {
	d := realdesktop.Start(t, realdesktop.Options{})
	p := d.Run(program, nil, nil)
	item := d.Tray.Item()
	for range 2 {
		w := p.Window(title)
		w.Find(realdesktop.Button("Activity"))
		w.Close()
		d.WaitNoWindow(title)
		item.Click()
	}
	p.Window(title)
	told := 0
	for _, n := range d.Notifications.All() {
		if n.Title == "Usher keeps working here" {
			told++
		}
	}
	if told != 1 {
		t.Errorf("told %d times that it goes on", told)
	}
}

func damaged(t *testing.T, program string) {
	d := realdesktop.Start(t, realdesktop.Options{})
	data := filepath.Join(d.Home(), "data")
	if err := os.Mkdir(data, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(data, "usher.db"), []byte("nothing that a data file holds"), 0o600); err != nil {
		t.Fatal(err)
	}
	p := d.Run(program, []string{"--hidden", "--data", data}, nil)
	w := p.Window(title)
	w.Find(realdesktop.Saying("data file is damaged"))
	w.ClickOn(realdesktop.Button("Set it aside and begin anew"))
	w.Find(realdesktop.Button("Practise first"))
	if aside, err := filepath.Glob(filepath.Join(data, "usher.db.*")); err != nil || len(aside) != 1 {
		t.Errorf("set aside: %q, %v", aside, err)
	}
	p.Signal(syscall.SIGTERM)
	if code := p.WaitExit(); code != 0 {
		t.Errorf("exit code %d", code)
	}
}

func restored(t *testing.T, program string) {
	d := realdesktop.Start(t, realdesktop.Options{})
	data := filepath.Join(d.Home(), "data")
	run := func() *realdesktop.Program { return d.Run(program, []string{"--data", data}, nil) }
	end := func(p *realdesktop.Program) {
		p.Signal(syscall.SIGTERM)
		if code := p.WaitExit(); code != 0 {
			t.Errorf("exit code %d", code)
		}
	}
	first := run()
	first.Window(title).Find(realdesktop.Button("Practise first"))
	end(first)
	path, damage := filepath.Join(data, "usher.db"), []byte("nothing that a data file holds")
	if err := os.Rename(path, filepath.Join(d.Home(), "a-backup.db")); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, damage, 0o600); err != nil {
		t.Fatal(err)
	}
	p := run()
	w := p.Window(title)
	w.ClickOn(realdesktop.Button("Put a back-up back"))
	w.ClickOn(realdesktop.Saying("a-backup"))
	w.ClickOn(realdesktop.Button("Open"))
	w.Find(realdesktop.Button("Practise first"))
	end(p)
	kept, err := filepath.Glob(path + ".before-restore-*")
	if err != nil || len(kept) != 1 {
		t.Fatalf("kept %q, %v", kept, err)
	}
	if was, err := os.ReadFile(kept[0]); err != nil || string(was) != string(damage) {
		t.Errorf("kept %q, %v", was, err)
	}
}

// A card that was below the edge of the window is scrolled to when it appears, whole.
func appearsInView(t *testing.T, program string) {
	d := realdesktop.Start(t, realdesktop.Options{})
	w := d.Run(program, nil, nil).Window(title)
	w.ClickOn(realdesktop.Button("I already use a webhook URL"))
	w.Find(realdesktop.Text("Take over a webhook URL"))
	w.WaitStill()
	var seen []string
	for _, piece := range w.Pieces() {
		seen = append(seen, piece.Text)
	}
	if !slices.Contains(seen, "Take it over") {
		t.Errorf("no button to go on among %q", seen)
	}
}

func practiceMakesAUser(t *testing.T, program string) {
	d := realdesktop.Start(t, realdesktop.Options{})
	p := d.Run(program, []string{"--practice"}, nil)
	w := p.Window("Usher practice")
	w.ClickOn(realdesktop.Button("Buy as Ann"))
	w.ClickOn(realdesktop.Button("People"))
	w.Find(realdesktop.Saying("Ann Baker"))
	w.Close()
	if code := p.WaitExit(); code != 0 {
		t.Errorf("exit code %d", code)
	}
}

func practiceBeside(t *testing.T, program string) {
	d := realdesktop.Start(t, realdesktop.Options{})
	p := d.Run(program, nil, []string{"TMPDIR=" + d.Home()})
	folders := func() int {
		found, err := filepath.Glob(filepath.Join(d.Home(), "usher-practice-*"))
		if err != nil {
			t.Fatal(err)
		}
		return len(found)
	}
	w := p.Window(title)
	w.ClickOn(realdesktop.Button("Practise first"))
	practice := p.Window("Usher practice")
	practice.ClickOn(realdesktop.Button("Buy as Ann"))
	practice.Find(realdesktop.Saying("last message just now"))
	if n := folders(); n != 1 {
		t.Errorf("there are %d throw-away folders", n)
	}
	practice.Close()
	d.WaitNoWindow("Usher practice")
	d.Wait("the throw-away folder to go", func() bool { return folders() == 0 })
	w.Find(realdesktop.Button("Practise first"))
}

func joinsUsherd(t *testing.T, program string) {
	usherd := buildUsherd(t)
	d := realdesktop.Start(t, realdesktop.Options{})
	headless := d.Run(usherd, []string{"serve", "--address", "local", "--listen", "127.0.0.1:0"}, nil)
	d.Wait("usherd to be ready", func() bool { return strings.Contains(headless.Said(), `"ready":true`) })
	p := d.Run(program, nil, nil)
	w := p.Window(title)
	w.Find(realdesktop.Saying("Usher runs without this window"))
	headless.Signal(syscall.SIGTERM)
	headless.WaitExit()
	w.Find(realdesktop.Text("Usher does not answer"))
}
