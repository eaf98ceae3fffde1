//go:build unix

package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"usher/core"
)

// patience bounds every wait in these tests. It is long, because a busy machine is slow
// and waiting ends as soon as what is waited for is there.
const patience = 90 * time.Second

// program is the built usherd, for tests that must see the real process.
var program string

func TestMain(m *testing.M) {
	os.Exit(func() int {
		dir, err := os.MkdirTemp("", "usherd-")
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer func() { _ = os.RemoveAll(dir) }()
		program = filepath.Join(dir, "usherd")
		if err := build(program); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		return m.Run()
	}())
}

func build(to string, flags ...string) error {
	cmd := exec.CommandContext(context.Background(), "go", append(append([]string{"build"}, flags...), "-o", to, ".")...)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("build usherd: %w\n%s", err, out)
	}
	return nil
}

// usher is one data folder and, while it serves, its process.
type usher struct {
	*testing.T
	binary  string
	data    string
	secrets string
	env     []string
	log     *lockedBuffer // what all its processes wrote to standard error
	local   string        // its address while it serves
	cmd     *exec.Cmd
}

func newUsher(t *testing.T) *usher {
	u := &usher{T: t, binary: program, secrets: "file", data: filepath.Join(t.TempDir(), "data"), log: &lockedBuffer{}}
	t.Cleanup(func() {
		u.kill()
		if t.Failed() {
			t.Logf("log of usherd:\n%s", u.log)
		}
	})
	return u
}

const passphrase = "planted-passphrase-of-the-file"

// command prepares a run of the program, under a wrapper such as strace if one is given.
func (u *usher) command(ctx context.Context, wrapper []string, args ...string) *exec.Cmd {
	line := append(append([]string{}, wrapper...), u.binary, "--data", u.data, "--secrets", u.secrets, "--log-level", "debug")
	line = append(line, args...)
	cmd := exec.CommandContext(ctx, line[0], line[1:]...)
	cmd.Env = append(append(os.Environ(), "USHER_PASSPHRASE="+passphrase), u.env...)
	cmd.Stderr = u.log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	return cmd
}

// ask runs a command to its end and returns what it printed.
func (u *usher) ask(args ...string) (string, error) {
	u.Helper()
	ctx, cancel := context.WithTimeout(u.Context(), patience)
	defer cancel()
	out, err := u.command(ctx, nil, args...).Output()
	return string(out), err
}

func (u *usher) must(args ...string) string {
	u.Helper()
	out, err := u.ask(args...)
	if err != nil {
		u.Fatalf("usherd %s: %v", strings.Join(args, " "), err)
	}
	return out
}

// setup writes a set-up file and returns the webhook URLs, whose address is replaced by
// that of the running program when they are used.
func (u *usher) setup(file map[string]any) map[core.Action]string {
	u.Helper()
	path := filepath.Join(u.TempDir(), "setup.json")
	data, err := json.Marshal(file)
	if err != nil {
		u.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o600); err != nil {
		u.Fatal(err)
	}
	var done core.SetupAnswer
	if err := json.Unmarshal([]byte(u.must("setup", "--file", path)), &done); err != nil {
		u.Fatal(err)
	}
	return done.URLs
}

// serve starts the program and waits until it is ready.
func (u *usher) serve(wrapper ...string) {
	u.Helper()
	u.cmd = u.command(context.WithoutCancel(u.Context()), wrapper, "serve", "--address", "local", "--listen", "127.0.0.1:0")
	out, err := u.cmd.StdoutPipe()
	if err != nil {
		u.Fatal(err)
	}
	if err := u.cmd.Start(); err != nil {
		u.Fatal(err)
	}
	timer := time.AfterFunc(patience, u.kill)
	line, err := bufio.NewReader(out).ReadString('\n')
	timer.Stop()
	var ready struct {
		Ready         bool
		Local, Public string
	}
	if err != nil || json.Unmarshal([]byte(line), &ready) != nil || !ready.Ready || ready.Local == "" || ready.Public == "" {
		u.Fatalf("not ready: %q, %v", line, err)
	}
	u.local = ready.Local
}

// kill ends the program, and what it started, as a power cut does.
func (u *usher) kill() {
	if u.cmd == nil || u.cmd.Process == nil {
		return
	}
	_ = syscall.Kill(-u.cmd.Process.Pid, syscall.SIGKILL)
	_ = u.cmd.Wait()
	u.cmd = nil
}

// stop asks the program to end and fails unless it ends well.
func (u *usher) stop() {
	u.Helper()
	if err := syscall.Kill(-u.cmd.Process.Pid, syscall.SIGTERM); err != nil {
		u.Fatal(err)
	}
	timer := time.AfterFunc(patience, u.kill)
	err := u.cmd.Wait()
	timer.Stop()
	u.cmd = nil
	if err != nil {
		u.Fatalf("stopped with %v", err)
	}
}

// query is what follows the address in a webhook URL.
func query(webhookURL string) string {
	_, q, _ := strings.Cut(webhookURL, "?")
	return q
}

// answer is what the door said.
type answer struct {
	status int
	header http.Header
	body   string
}

// post sends a webhook to the running program.
func (u *usher) post(query, body string) answer {
	u.Helper()
	return u.request(http.MethodPost, query, body, nil)
}

func (u *usher) request(method, query, body string, header map[string]string) answer {
	u.Helper()
	ctx, cancel := context.WithTimeout(u.Context(), patience)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, u.local+"/?"+query, strings.NewReader(body))
	if err != nil {
		u.Fatal(err)
	}
	for name, value := range header {
		req.Header.Set(name, value)
	}
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true, DisableCompression: true}}
	resp, err := client.Do(req)
	if err != nil {
		u.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		u.Fatal(err)
	}
	return answer{resp.StatusCode, resp.Header, string(data)}
}

// accepted sends a webhook that must be accepted, and returns its delivery id.
func (u *usher) accepted(query, body string) string {
	u.Helper()
	return delivered(u.T, u.post(query, body))
}

// delivered is the delivery id in an answer that must be an acceptance.
func delivered(t *testing.T, a answer) string {
	t.Helper()
	var said struct {
		Success  bool
		Delivery string
	}
	if a.status != http.StatusOK || json.Unmarshal([]byte(a.body), &said) != nil || !said.Success || said.Delivery == "" {
		t.Fatalf("answered %d %s", a.status, a.body)
	}
	return said.Delivery
}

func (u *usher) deliveries() map[string]core.Line {
	u.Helper()
	lines := map[string]core.Line{}
	for text := range strings.Lines(u.must("deliveries", "--json", "--limit", "10000")) {
		var line core.Line
		if err := json.Unmarshal([]byte(text), &line); err != nil {
			u.Fatalf("%v in %q", err, text)
		}
		lines[line.ID] = line
	}
	return lines
}

// ended waits until a delivery is no longer queued.
func (u *usher) ended(id string) core.Line {
	u.Helper()
	deadline := time.Now().Add(patience)
	look := time.NewTicker(50 * time.Millisecond)
	defer look.Stop()
	for ; ; <-look.C {
		line, ok := u.deliveries()[id]
		if !ok {
			u.Fatalf("delivery %s was answered but is not there", id)
		}
		if line.State != core.Queued {
			return line
		}
		if time.Now().After(deadline) {
			u.Fatalf("delivery %s is still queued: %+v", id, line)
		}
	}
}

// want waits for a delivery's end and checks it.
func (u *usher) want(id string, state core.State, outcome core.Outcome) core.Line {
	u.Helper()
	line := u.ended(id)
	if line.State != state || line.Outcome != outcome {
		u.Errorf("delivery %s is %s %s (%+v), want %s %s", id, line.State, line.Outcome, line.Problem, state, outcome)
	}
	return line
}

// survives kills the program and starts it again, after which each delivery makes its user.
func (u *usher) survives(deliveries []string) {
	u.Helper()
	u.kill()
	u.serve()
	for _, id := range deliveries {
		u.want(id, core.Applied, core.Created)
	}
}

func (u *usher) status() core.Status {
	u.Helper()
	var s core.Status
	if err := json.Unmarshal([]byte(u.must("status", "--json")), &s); err != nil {
		u.Fatal(err)
	}
	if sum := s.Applied + s.Merged + s.Held + s.Failed + s.Queued; sum != s.Accepted {
		u.Errorf("states sum to %d of %d accepted", sum, s.Accepted)
	}
	return s
}

// lockedBuffer is a buffer that a process writes while a test reads.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}
