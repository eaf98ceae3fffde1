package realdesktop

import (
	"bufio"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestRealDesktop(t *testing.T) {
	if testing.Short() {
		t.Skip("a real part, left out by -short")
	}
	if tiny := os.Getenv(abandonEnv); tiny != "" {
		abandon(t, tiny)
	}
	tiny := Build(t, "./testdata/tinyapp")
	for name, test := range map[string]func(*testing.T, string){
		"the tray":                       theTray,
		"the window":                     theWindow,
		"no tray":                        noTray,
		"no bus":                         noBus,
		"mistakes in the program":        mistakes,
		"a window twice as big":          twiceAsBig,
		"all ends with a killed process": allEnds,
	} {
		t.Run(name, func(t *testing.T) { test(t, tiny) })
	}
}

func theTray(t *testing.T, tiny string) {
	d := Start(t, Options{})
	p := d.Run(tiny, []string{"-hidden"}, nil)
	item := d.Tray.Item()
	if item.ID() != "Tiny" || item.Title() != "Tiny" || item.Status() != "Active" {
		t.Errorf("id %q, title %q, status %q", item.ID(), item.Title(), item.Status())
	}
	if n := d.windows("Tiny"); len(n) > 0 {
		t.Errorf("a hidden start shows windows %v", n)
	}
	running := item.Icon()
	if got := running.NRGBAAt(12, 12); got != (color.NRGBA{R: 200, G: 30, B: 10, A: 255}) {
		t.Errorf("the icon is %+v", got)
	}
	if grey := item.WaitLine("Grey", func(Line) bool { return true }); !grey.Disabled {
		t.Error("the grey line can be pressed")
	}

	item.Press("Pause")
	item.WaitLine("Pause", func(l Line) bool { return l.Checked })
	if a := item.WaitIcon(running).NRGBAAt(12, 12).A; a != 128 {
		t.Errorf("paused, the icon's alpha is %d", a)
	}
	if tip := item.Tooltip(); tip != "Tiny is paused" {
		t.Errorf("the tooltip is %q", tip)
	}

	item.Press("More", "Show window")
	p.Window("Tiny").Close()
	d.WaitNoWindow("Tiny")
	item.Click()
	p.Window("Tiny")

	item.Press("Quit")
	if code := p.WaitExit(); code != 0 {
		t.Errorf("exit code %d", code)
	}
	d.Tray.WaitEmpty()
	if want := (Effort{Clicks: 2 + 3 + 1 + 1 + 2}); d.Effort != want {
		t.Errorf("counted %v, want %v", d.Effort, want)
	}
}

func theWindow(t *testing.T, tiny string) {
	d := Start(t, Options{})
	p := d.Run(tiny, nil, nil)
	w := p.Window("Tiny")
	if greet := w.Find(Button("Greet")); !greet.Disabled {
		t.Errorf("nothing is typed, but %v", greet)
	}
	if w.Has(Saying("Hello")) {
		t.Error("greeted before the click")
	}
	w.TypeInto(Entry("Your name"), "Ann-Marie O'Hara")
	w.ClickOn(Button("Greet"))
	w.Find(Text("Hello Ann-Marie O'Hara"))

	w.PasteInto(Entry("Name"), "Zoë Łukasz 東")
	w.ClickOn(Button("Copy"))
	d.Wait("the copy", func() bool { return d.Clipboard() == "Zoë Łukasz 東" })

	w.PasteInto(Entry("Key"), "abc")
	if key := w.Find(Entry("Key")); key.Text != "•••" {
		t.Errorf("the key shows %q", key.Text)
	}
	w.Press("Tab")
	if !w.Find(Choice("Role")).Focused {
		t.Error("the keys do not get to the list")
	}
	w.Choose(Choice("Role"), "Editor")
	w.Find(Text("Role Editor"))
	w.Choose(Choice("One"), "Only")
	w.Find(Text("One Only"))
	if w.Find(Choice("Role")).Text != "Editor" {
		t.Error("the choice is not shown")
	}

	w.ClickOn(Button("Notify"))
	n := d.Notifications.Wait(func(n Notification) bool { return n.Title == "Tiny news" })
	if n.Body != "Zoë Łukasz 東" || n.App != "test.tiny" {
		t.Errorf("the notification is %+v", n)
	}
	w.ClickOn(Button("Help"))
	if opened := d.Opened(1); opened[0] != "https://example.test/help" {
		t.Errorf("opened %q", opened)
	}

	w.ClickOn(Button("Ask"))
	w.Find(Text("Stop now?"))
	if w.Has(Button("Copy")) {
		t.Error("a dialog is open, but what is behind it can be used")
	}
	w.ClickOn(Button("No"))
	w.WaitGone(Text("Stop now?"))

	w.WaitStill()
	picture := filepath.Join(t.TempDir(), "tiny.png")
	w.Screenshot(picture)
	if size := imageSize(t, picture); size.X < 500 || size.Y < 400 {
		t.Errorf("the picture is %v", size)
	}
	t.Log(d.Effort)
	if want := (Effort{Clicks: 13, Keys: 2, Typed: 1, Pasted: 2}); d.Effort != want {
		t.Errorf("counted %v, want %v", d.Effort, want)
	}
	p.Signal(syscall.SIGTERM)
	if code := p.WaitExit(); code != 0 {
		t.Errorf("exit code %d", code)
	}
}

func noTray(t *testing.T, tiny string) {
	d := Start(t, Options{NoTray: true, NoKeyring: true})
	if d.Tray != nil || d.Keyring != nil {
		t.Error("there is a tray or a keyring")
	}
	p := d.Run(tiny, nil, nil)
	p.Window("Tiny").Find(Button("Copy"))
	d.StartTray() // later, as when a panel is started anew
	d.Tray.Item().Press("Quit")
	if code := p.WaitExit(); code != 0 {
		t.Errorf("exit code %d", code)
	}
}

func noBus(t *testing.T, tiny string) {
	d := Start(t, Options{NoBus: true})
	p := d.Run(tiny, []string{"-hidden"}, nil)
	w := p.Window("Tiny")
	w.Find(Button("Copy"))
	w.Close()
	if code := p.WaitExit(); code != 0 {
		t.Errorf("exit code %d", code)
	}
}

func twiceAsBig(t *testing.T, tiny string) {
	d := Start(t, Options{NoTray: true, NoKeyring: true})
	w := d.Run(tiny, nil, []string{"FYNE_SCALE=2"}).Window("Tiny")
	w.TypeInto(Entry("Your name"), "Ann")
	w.ClickOn(Button("Greet"))
	w.Find(Saying("lo Ann"))
}

func mistakes(t *testing.T, tiny string) {
	d := Start(t, Options{NoTray: true, NoKeyring: true})
	tests := map[string]struct {
		args []string
		use  func(*Program)
		want string
	}{
		"a crash": {
			use: func(p *Program) {
				p.Window("Tiny").ClickOn(Button("Crash"))
				if code := p.WaitExit(); code != 2 {
					t.Errorf("exit code %d", code)
				}
			},
			want: `said "panic"`,
		},
		"a widget used on the wrong thread": {
			args: []string{"-wrong-thread"},
			use:  func(p *Program) { p.Window("Tiny and wrong") },
			want: `said "Error in Fyne call thread"`,
		},
		"a program that does not end": {
			use: func(p *Program) {
				p.Window("Tiny")
				p.Signal(syscall.SIGSTOP)
				p.patience = time.Second
			},
			want: "did not end",
		},
		"none": {use: func(p *Program) { p.Window("Tiny") }},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			failed := &failures{TB: t}
			watched := *d
			watched.tb = failed
			p := watched.Run(tiny, tt.args, nil)
			tt.use(p)
			p.finish()
			said := strings.Join(failed.said, "\n")
			if tt.want == "" && said != "" || !strings.Contains(said, tt.want) {
				t.Errorf("the test failed with %q, want %q", said, tt.want)
			}
		})
	}
}

// failures takes down how a test fails.
type failures struct {
	testing.TB
	said []string
}

func (f *failures) Errorf(format string, args ...any) {
	f.said = append(f.said, fmt.Sprintf(format, args...))
}

const abandonEnv = "USHER_REALDESKTOP_TEST_ABANDON"

// abandon is another program's life: it starts a desktop and never ends it.
func abandon(t *testing.T, tiny string) {
	Start(t, Options{}).Run(tiny, nil, nil).Window("Tiny")
	fmt.Println("\nstarted")
	_, _ = io.Copy(io.Discard, os.Stdin) // until the one who started it is gone as well
	os.Exit(1)
}

func allEnds(t *testing.T, tiny string) {
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestRealDesktop$")
	cmd.Env = append(os.Environ(), abandonEnv+"="+tiny, "TMPDIR="+t.TempDir())
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for lines := bufio.NewScanner(out); lines.Scan() && lines.Text() != "started"; {
	}
	started := children(t, cmd.Process.Pid)
	if len(started) < 5 { // display, window manager, bus, keyring, program
		t.Errorf("it has only %d programs", len(started))
	}

	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // it was killed
	if !eventually(func() bool { return !slices.ContainsFunc(started, running) }) {
		t.Errorf("some of %v are running", started)
	}
}

// children are the processes that one has started, by their numbers.
func children(t *testing.T, of int) (pids []int) {
	t.Helper()
	lists, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", of))
	if err != nil || len(lists) == 0 {
		t.Fatalf("%d is not there: %v", of, err)
	}
	for _, list := range lists {
		content, _ := os.ReadFile(list) // that thread may have ended
		for _, word := range strings.Fields(string(content)) {
			pid, err := strconv.Atoi(word)
			if err != nil {
				t.Fatal(err)
			}
			pids = append(pids, pid)
		}
	}
	return pids
}

// running is false also for one that has ended and that nobody waited for.
func running(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err == nil && !strings.Contains(string(stat), ") Z ")
}

func imageSize(t *testing.T, path string) image.Point {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	picture, err := png.Decode(file)
	if err != nil {
		t.Fatal(err)
	}
	return picture.Bounds().Size()
}
