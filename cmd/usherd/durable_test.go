//go:build linux

package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"usher/core"
)

func needStrace(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("a real part, left out by -short")
	}
	if _, err := exec.LookPath("strace"); err == nil {
		return
	}
	if ci, _ := strconv.ParseBool(os.Getenv("CI")); ci {
		t.Fatal("REAL PART MISSING: strace is not installed")
	}
	t.Skip("SKIPPED REAL PART: strace is not installed here; .ci/install fetches it")
}

func TestEveryAnswerComesAfterItsCommit(t *testing.T) {
	needStrace(t)
	t.Run("usherd waits for the disk", func(t *testing.T) {
		answers, early := traceAnswers(t, program)
		if answers == 0 || len(early) != 0 {
			t.Errorf("%d answers; before their commit:\n%s", answers, strings.Join(early, "\n"))
		}
	})
	t.Run("and this test would notice if it did not", func(t *testing.T) {
		careless := filepath.Join(t.TempDir(), "usherd")
		if err := build(careless, "-overlay", noSyncOverlay(t)); err != nil {
			t.Fatal(err)
		}
		if answers, early := traceAnswers(t, careless); len(early) != answers {
			t.Errorf("%d of %d answers of a build without fsync were found out", len(early), answers)
		}
	})
}

// noSyncOverlay makes `go build` see a store that does not wait for the disk.
func noSyncOverlay(t *testing.T) string {
	t.Helper()
	source, err := filepath.Abs("../../core/store/file.go")
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(source)
	if err != nil {
		t.Fatal(err)
	}
	changed := strings.Replace(string(text), "&bolt.Options{", "&bolt.Options{NoSync: true, ", 1)
	if changed == string(text) {
		t.Fatal("core/store/file.go has no bolt.Options to change")
	}
	dir := t.TempDir()
	careless, overlay := filepath.Join(dir, "file.go"), filepath.Join(dir, "overlay.json")
	if err := os.WriteFile(careless, []byte(changed), 0o600); err != nil {
		t.Fatal(err)
	}
	data, err := json.Marshal(map[string]any{"Replace": map[string]string{source: careless}})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(overlay, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return overlay
}

// traceAnswers sends webhooks to a traced program, one by one and many at once, and
// returns how many it acknowledged, and which before their commit was on disk.
func traceAnswers(t *testing.T, binary string) (answers int, early []string) {
	_, siteURL := practiceSite(t)
	u := newUsher(t)
	u.binary = binary
	add := query(u.setup(practiceSetup(siteURL, nil))[core.Add])
	trace := filepath.Join(t.TempDir(), "trace")
	u.serve("strace", "-f", "-yy", "-s", "32", "-e", "trace=read,write,fdatasync", "-o", trace)
	const alone, clients, each = 10, 16, 4
	for i := range alone {
		u.accepted(add, message(fmt.Sprint("a", i), "a@example.test", "A"))
	}
	var group sync.WaitGroup
	for c := range clients {
		group.Go(func() {
			for i := range each {
				u.accepted(add, message(fmt.Sprint("c", c, i), fmt.Sprintf("c%d@example.test", c), "C"))
			}
		})
	}
	group.Wait()
	u.stopTraced()
	answers, early = readTrace(t, trace)
	if answers != alone+clients*each {
		t.Errorf("the trace has %d answers, %d were sent", answers, alone+clients*each)
	}
	return answers, early
}

// stopTraced ends the traced program; the tracer then writes its file and ends too.
func (u *usher) stopTraced() {
	u.Helper()
	tracer := u.cmd.Process.Pid
	children, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", tracer, tracer))
	if err != nil {
		u.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(children)))
	if err != nil {
		u.Fatal(err)
	}
	if err := syscall.Kill(pid, syscall.SIGTERM); err != nil {
		u.Fatal(err)
	}
	timer := time.AfterFunc(patience, u.kill)
	defer timer.Stop()
	if err := u.cmd.Wait(); err != nil {
		u.Fatalf("stopped with %v", err)
	}
	u.cmd = nil
}

var (
	traceLine = regexp.MustCompile(`^(\d+) +(.*)$`)
	onSocket  = regexp.MustCompile(`^(read|write)\((\d+<TCP[^>]*>[^>]*>), ?(.*)$`)
	onStore   = regexp.MustCompile(`^fdatasync\(\d+<[^>]*` + `usher\.db>`)
)

// readTrace goes through what strace wrote, in the order in which things happened. A
// call that others overtook has two lines, "unfinished" and "resumed".
func readTrace(t *testing.T, path string) (answers int, early []string) {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	var (
		asked   = map[string]int{}    // connection → the line at which its request was read
		begun   = map[string]string{} // thread → its unfinished call
		since   = map[string]int{}    // thread → the line of it
		commits [][2]int              // fdatasyncs that succeeded: first and last line
	)
	lines := bufio.NewScanner(file)
	for n := 1; lines.Scan(); n++ {
		parts := traceLine.FindStringSubmatch(lines.Text())
		if parts == nil {
			continue
		}
		thread, call, start := parts[1], parts[2], n
		call, unfinished := strings.CutSuffix(call, " <unfinished ...>")
		if _, rest, resumed := strings.Cut(call, " resumed>"); resumed && strings.HasPrefix(call, "<... ") {
			call, start = begun[thread]+rest, since[thread]
		} else if unfinished {
			begun[thread], since[thread] = call, n
		}
		if socket := onSocket.FindStringSubmatch(call); socket != nil {
			switch kind, conn, text := socket[1], socket[2], socket[3]; {
			case kind == "read" && !unfinished && strings.HasPrefix(text, `"POST `):
				asked[conn] = n
			case kind == "write" && start == n && strings.HasPrefix(text, `"HTTP/1.1 200 `):
				answers++
				// bbolt syncs twice: the pages, then the page that makes them count.
				if syncs := between(commits, asked[conn], n); asked[conn] == 0 || syncs < 2 {
					early = append(early, fmt.Sprintf("line %d: %d syncs since the request in line %d", n, syncs, asked[conn]))
				}
				delete(asked, conn)
			}
		}
		if onStore.MatchString(call) && !unfinished && strings.HasSuffix(call, "= 0") {
			commits = append(commits, [2]int{start, n})
		}
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return answers, early
}

// between counts the syncs that began after one line and ended before another.
func between(commits [][2]int, after, before int) (n int) {
	for _, c := range commits {
		if c[0] > after && c[1] < before {
			n++
		}
	}
	return n
}

// When the disk fails to sync, nothing is acknowledged; when it works again, so does
// Usher, and all that was acknowledged at any time is there after a power cut.
func TestAFailingDiskIsNeverAcknowledged(t *testing.T) {
	needStrace(t)
	for name, when := range map[string]string{
		"every sync fails":                    "1+",
		"the first sync of each thread fails": "1",
		"every second sync fails":             "2+2",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, siteURL := practiceSite(t)
			u := newUsher(t)
			add := query(u.setup(practiceSetup(siteURL, nil))[core.Add])
			u.serve()
			var acknowledged []string
			refused := 0
			send := func(i int) {
				t.Helper()
				a := u.post(add, message(fmt.Sprint(i), fmt.Sprintf("p%d@example.test", i), "P"))
				var said struct{ Delivery string }
				switch {
				case a.status == http.StatusOK && json.Unmarshal([]byte(a.body), &said) == nil && said.Delivery != "":
					acknowledged = append(acknowledged, said.Delivery)
				case a.status == http.StatusServiceUnavailable && a.header.Get("Retry-After") != "":
					refused++
				default:
					t.Errorf("answered %d %s", a.status, a.body)
				}
			}
			send(0)
			u.want(acknowledged[0], core.Applied, core.Created) // its own commits must not use up the failures
			heal := failSyncs(t, u.cmd.Process.Pid, when)
			for i := range 12 {
				send(1 + i)
			}
			before := len(acknowledged)
			heal()
			for i := range 3 {
				send(100 + i)
			}
			if refused == 0 || len(acknowledged) != before+3 {
				t.Errorf("%d refused, %d acknowledged while it failed, %d after it had healed", refused, before-1, len(acknowledged)-before)
			}
			u.survives(acknowledged)
			if s := u.status(); s.Accepted < uint64(len(acknowledged)) {
				t.Errorf("%d acknowledged, status %+v", len(acknowledged), s)
			}
		})
	}
}

// failSyncs makes fdatasync fail in a running program until the returned function is called.
func failSyncs(t *testing.T, pid int, when string) (heal func()) {
	t.Helper()
	tracer := exec.Command("strace", "-f", "-p", strconv.Itoa(pid), "-o", "/dev/null",
		"-e", "trace=fdatasync", "-e", "inject=fdatasync:error=EIO:when="+when)
	said, err := tracer.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := tracer.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(said)
	for lines.Scan() {
		switch text := lines.Text(); {
		case strings.Contains(text, " attached"):
			return func() {
				_ = tracer.Process.Signal(os.Interrupt)
				_ = tracer.Wait() // it reports the signal it was ended with
			}
		case strings.Contains(text, "not permitted"):
			_ = tracer.Wait()
			if ci, _ := strconv.ParseBool(os.Getenv("CI")); ci {
				t.Fatal("REAL PART MISSING: this account may not trace running programs")
			}
			t.Skip("SKIPPED REAL PART: this account may not trace running programs")
		}
	}
	t.Fatal("strace does not attach")
	return nil
}
