// Command bench measures the door: how many webhooks it takes durably, and how fast,
// against peers measured in the same run on the same disk. It prints ratios, because
// absolute numbers say more about the machine.
package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"text/tabwriter"
	"time"

	"usher/core"
	"usher/core/receiver"
	"usher/core/seal"
	"usher/core/store"
	"usher/tunnel"
)

const (
	rounds    = 3 // of which the median counts
	roundTime = 2 * time.Second
	clients   = 64
	accessKey = "0123456789abcdef0123456789abcdef"
	hookPort  = "127.0.0.1:8749" // Debian's webhook takes no port 0
)

func main() {
	if err := run(context.Background(), os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, out io.Writer) (err error) {
	dir, err := os.MkdirTemp(".", ".bench-") // the disk of the checkout, not a memory disk
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()

	door, closeDoor, err := startDoor(ctx, filepath.Join(dir, "data"))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closeDoor()) }()
	bare, closeBare, err := serve(ctx, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		_, _ = io.WriteString(w, `{"success":true}`)
	}))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closeBare()) }()
	hook, closeHook := startHook(ctx, dir)
	defer closeHook()

	var doorRate, bareRate, hookRate, doorP50, syncP50, bareP50 []float64
	for range rounds { // in turn, so that a machine that slows down slows all of them
		bareRate = append(bareRate, load(ctx, bare, clients).rate)
		doorRate = append(doorRate, load(ctx, door, clients).rate)
		if hook != "" {
			hookRate = append(hookRate, load(ctx, hook, clients).rate)
		}
		fsync, err := writeAndSync(filepath.Join(dir, "raw"))
		if err != nil {
			return err
		}
		syncP50 = append(syncP50, fsync.p50)
		doorP50 = append(doorP50, load(ctx, door, 1).p50)
		bareP50 = append(bareP50, load(ctx, bare, 1).p50)
	}

	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(t, "what\tUsher\tagainst\tits value\tratio\tgoal")
	row := func(what, against string, ours, theirs []float64, unit, goal string) {
		if len(theirs) == 0 {
			_, _ = fmt.Fprintf(t, "%s\t%.0f%s\t%s\tnot measured\t-\t%s\n", what, median(ours), unit, against, goal)
			return
		}
		_, _ = fmt.Fprintf(t, "%s\t%.4g%s\t%s\t%.4g%s\t%.2f ×\t%s\n", what, median(ours), unit, against,
			median(theirs), unit, median(ours)/median(theirs), goal)
	}
	row("durable answers, 64 clients", "net/http handler that stores nothing", doorRate, bareRate, "/s", "≥ 0.6 ×")
	row("durable answers, 64 clients", "Debian's webhook running /bin/true (stores nothing)", doorRate, hookRate, "/s", "≥ 5 ×")
	row("durable answer p50, 1 client", "write and fsync of 1 KB", doorP50, syncP50, " ms", "1 × to 2.5 ×")
	row("durable answer p50, 1 client", "net/http handler that stores nothing", doorP50, bareP50, " ms", "")
	if err := t.Flush(); err != nil {
		return err
	}
	if hook == "" {
		_, _ = fmt.Fprintln(out, "\nDebian's package webhook is not installed, so it was not measured.")
	}
	return nil
}

// startDoor serves a real door on a real store.
func startDoor(ctx context.Context, dir string) (target string, closeAll func() error, err error) {
	identity, err := seal.NewIdentity()
	if err != nil {
		return "", nil, err
	}
	if err := store.Create(dir, store.Birth{ID: "bench", Secrets: "file", Recipient: identity.Recipient()}); err != nil {
		return "", nil, err
	}
	s, err := store.Open(dir)
	if err != nil {
		return "", nil, err
	}
	conn := core.Connection{ID: "c", Name: "bench", Keys: []core.KeyDigest{s.Digest(accessKey)}}
	if err := s.SaveSetup(ctx, core.Site{ID: "s"}, core.Account{ID: "a"}, conn); err != nil {
		return "", nil, err
	}
	door := receiver.New(s, s, receiver.Options{Log: slog.New(slog.DiscardHandler)})
	base, stop, err := serve(ctx, door)
	if err != nil {
		return "", nil, err
	}
	return base + "/?wpf_action=update&access_key=" + accessKey, func() error { return errors.Join(stop(), s.Close()) }, nil
}

// serve runs a handler at a local address, the way Usher does.
func serve(ctx context.Context, h http.Handler) (base string, stop func() error, err error) {
	ctx, cancel := context.WithCancel(ctx)
	ready, ended := make(chan string, 1), make(chan error, 1)
	go func() {
		ended <- tunnel.Local{Listen: "127.0.0.1:0"}.Run(ctx, h, func(r tunnel.Report) {
			if r.State == tunnel.Online {
				ready <- r.Local
			}
		})
	}()
	select {
	case base := <-ready:
		return base, func() error { cancel(); return <-ended }, nil
	case err := <-ended:
		cancel()
		return "", nil, err
	}
}

// startHook runs Debian's webhook, if it is installed.
func startHook(ctx context.Context, dir string) (target string, stop func()) {
	path, err := exec.LookPath("webhook")
	if err != nil {
		return "", func() {}
	}
	hooks := filepath.Join(dir, "hooks.json")
	if err := os.WriteFile(hooks, []byte(`[{"id":"true","execute-command":"/bin/true"}]`), 0o600); err != nil {
		return "", func() {}
	}
	host, port, _ := net.SplitHostPort(hookPort)
	cmd := exec.CommandContext(ctx, path, "-hooks", hooks, "-ip", host, "-port", port) //nolint:gosec // the program found above
	if err := cmd.Start(); err != nil {
		return "", func() {}
	}
	stop = func() { _ = cmd.Process.Kill(); _ = cmd.Wait() }
	target = "http://" + hookPort + "/hooks/true"
	var dialer net.Dialer
	for range 100 {
		if conn, err := dialer.DialContext(ctx, "tcp", hookPort); err == nil {
			_ = conn.Close()
			return target, stop
		}
		time.Sleep(20 * time.Millisecond)
	}
	stop()
	return "", func() {}
}

// figures are what one round came to.
type figures struct {
	rate float64 // answers a second
	p50  float64 // milliseconds
}

// load lets n clients post for roundTime, each as soon as it was answered.
func load(ctx context.Context, target string, n int) figures {
	body := []byte(`{"lead":{"id":"4711","email":"ann@example.test","first_name":"Ann","notes":"` + strings.Repeat("x", 700) + `"},"action":"assign_tag"}`)
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: n, DisableCompression: true}}
	defer client.CloseIdleConnections()
	deadline := time.Now().Add(roundTime)
	var answered atomic.Int64
	var mu sync.Mutex
	var all []time.Duration
	var group sync.WaitGroup
	for range n {
		group.Go(func() {
			var mine []time.Duration
			for time.Now().Before(deadline) {
				start := time.Now()
				if !post(ctx, client, target, body) {
					continue
				}
				answered.Add(1)
				mine = append(mine, time.Since(start))
			}
			mu.Lock()
			all = append(all, mine...)
			mu.Unlock()
		})
	}
	group.Wait()
	return figures{rate: float64(answered.Load()) / roundTime.Seconds(), p50: median(milliseconds(all))}
}

func post(ctx context.Context, client *http.Client, target string, body []byte) bool {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, target, bytes.NewReader(body))
	if err != nil {
		return false
	}
	resp, err := client.Do(req)
	if err != nil {
		return false
	}
	_, _ = io.Copy(io.Discard, resp.Body)
	_ = resp.Body.Close()
	return resp.StatusCode == http.StatusOK
}

// writeAndSync appends 1 KB and syncs it, over and over.
func writeAndSync(path string) (figures, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600) //nolint:gosec // a file of ours
	if err != nil {
		return figures{}, err
	}
	defer func() { _ = f.Close() }()
	block := make([]byte, 1024)
	var all []time.Duration
	for deadline := time.Now().Add(roundTime / 2); time.Now().Before(deadline); {
		start := time.Now()
		if _, err := f.Write(block); err != nil {
			return figures{}, err
		}
		if err := f.Sync(); err != nil {
			return figures{}, err
		}
		all = append(all, time.Since(start))
	}
	return figures{p50: median(milliseconds(all))}, nil
}

func milliseconds(list []time.Duration) []float64 {
	out := make([]float64, len(list))
	for i, d := range list {
		out[i] = float64(d.Microseconds()) / 1000
	}
	return out
}

func median[T cmp.Ordered](list []T) (m T) {
	if len(list) == 0 {
		return m
	}
	sorted := slices.Sorted(slices.Values(list))
	return sorted[len(sorted)/2]
}
