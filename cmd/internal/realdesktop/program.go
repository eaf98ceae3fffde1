package realdesktop

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"usher/cmd/internal/realdesktop/finder"
	"usher/core/secrets/realkeyring"
)

// badWords on a program's standard error mean that something is wrong inside it.
var badWords = []string{"Error in Fyne call thread", "panic", "DATA RACE"}

// maxSaid is how much of what a program says is kept, in bytes.
const maxSaid = 1 << 20

// Program is a program in a session.
type Program struct {
	tb     testing.TB
	d      *Desktop
	name   string
	cmd    *exec.Cmd
	said   said
	socket string // where it says what it shows; see finder

	patience time.Duration // with its end
}

// Run starts a program, with more environment variables than the session's. At the end of
// the test it is asked to end, which it must do by itself; and it must never have said one
// of the words that tell of a mistake in it.
func (d *Desktop) Run(path string, args, env []string) *Program {
	d.tb.Helper()
	p := &Program{tb: d.tb, d: d, name: filepath.Base(path), cmd: realkeyring.Command(d.tb, path, args...), patience: patience}
	folder, err := os.MkdirTemp(d.Home(), "run")
	if err != nil {
		d.tb.Fatal(err)
	}
	p.socket = filepath.Join(folder, "finder")
	p.cmd.Env = append(append(d.Env(), env...), finder.SocketEnv+"="+p.socket)
	p.cmd.Stdout, p.cmd.Stderr = &p.said, &p.said
	realkeyring.Own(d.tb, p.cmd)
	d.tb.Cleanup(p.finish)
	d.tb.Cleanup(d.keepSight)
	return p
}

// Said is what the program wrote to its standard output and error.
func (p *Program) Said() string { return p.said.String() }

// Signal sends the program a signal.
func (p *Program) Signal(s os.Signal) {
	p.tb.Helper()
	if err := p.cmd.Process.Signal(s); err != nil {
		p.tb.Fatalf("%s: %v", p.name, err)
	}
}

// WaitExit waits for the program to end by itself and returns its exit code.
func (p *Program) WaitExit() int {
	p.tb.Helper()
	late := time.AfterFunc(p.patience, func() { _ = p.cmd.Process.Kill() })
	_ = p.cmd.Wait() // the exit code says it
	if !late.Stop() {
		p.tb.Errorf("%s did not end and was killed", p.name)
	}
	return p.cmd.ProcessState.ExitCode()
}

func (p *Program) finish() {
	if p.cmd.ProcessState == nil {
		_ = p.cmd.Process.Signal(os.Interrupt) // it may just have ended
		p.WaitExit()
	}
	text := p.Said()
	for _, word := range badWords {
		if strings.Contains(text, word) {
			p.tb.Errorf("%s said %q", p.name, word)
		}
	}
	if p.tb.Failed() {
		p.tb.Logf("%s said:\n%s", p.name, text)
	}
}

// said collects what a program says.
type said struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (s *said) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.text.Write(p[:min(len(p), maxSaid-s.text.Len())])
	return len(p), nil
}

func (s *said) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}
