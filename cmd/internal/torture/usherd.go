package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"

	"usher/cmd/internal/app"
	"usher/core"
	"usher/core/control"
)

const passphrase = "passphrase-of-the-torture"

// usherd is one data folder and, while it lives, its process.
type usherd struct {
	binary string
	dir    string // of everything it leaves
	bug    string // planted; empty for none

	local string // where it listens
	cmd   *exec.Cmd
	ended chan struct{} // closed when the process is gone
	wait  sync.WaitGroup
}

func (u *usherd) data() string { return filepath.Join(u.dir, "data") }
func (u *usherd) log() string  { return filepath.Join(u.dir, "usherd.log") }

// orders is the file that names the step at which to end.
func (u *usherd) orders() string { return filepath.Join(u.dir, "orders") }

// order has the process end when it has reached a step n times from now.
func (u *usherd) order(step string, n int) error {
	aside := u.orders() + ".new"
	if err := os.WriteFile(aside, []byte(strings.Repeat(step+"\n", n)), 0o600); err != nil {
		return err
	}
	return os.Rename(aside, u.orders())
}

// callOff takes an order back, and reports whether it was carried out.
func (u *usherd) callOff() (done bool, err error) {
	err = os.Remove(u.orders())
	if errors.Is(err, os.ErrNotExist) {
		return true, nil
	}
	return false, err
}

func (u *usherd) command(ctx context.Context, args ...string) *exec.Cmd {
	args = append([]string{"--data", u.data(), "--secrets", "file", "--log-level", "debug"}, args...)
	cmd := exec.CommandContext(ctx, u.binary, args...) //nolint:gosec // the program we built
	cmd.Env = append(os.Environ(), "USHER_PASSPHRASE="+passphrase, "USHER_TORTURE="+u.orders(), "USHER_TORTURE_BUG="+u.bug)
	return cmd
}

// setUp makes a connection.
func (u *usherd) setUp(ctx context.Context, file map[string]any) (done core.SetupAnswer, err error) {
	path := filepath.Join(u.dir, "setup.json")
	data, err := json.Marshal(file)
	if err == nil {
		err = os.WriteFile(path, data, 0o600)
	}
	if err != nil {
		return done, err
	}
	out, err := u.command(ctx, "setup", "--file", path).Output()
	if err != nil {
		return done, fmt.Errorf("set up: %w\n%s", err, out)
	}
	return done, errors.Join(json.Unmarshal(out, &done), os.Remove(path))
}

// start begins to serve. Alive is false where the process was ended before it was ready.
func (u *usherd) start(ctx context.Context) (alive bool, err error) {
	log, err := os.OpenFile(u.log(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, log.Close()) }() // the process has its own
	u.cmd = u.command(context.WithoutCancel(ctx), "serve", "--address", "local", "--listen", "127.0.0.1:0")
	u.cmd.Stderr = log
	out, in, err := os.Pipe()
	if err != nil {
		return false, err
	}
	defer func() { _ = out.Close() }()
	u.cmd.Stdout = in
	err = errors.Join(u.cmd.Start(), in.Close())
	if err != nil {
		return false, err
	}
	u.ended = make(chan struct{})
	u.wait.Go(func() {
		_ = u.cmd.Wait() // how it ended is asked of ProcessState
		close(u.ended)
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	if errors.Is(err, io.EOF) {
		return false, u.gone()
	}
	var ready struct{ Local string }
	if err != nil || json.Unmarshal([]byte(line), &ready) != nil || ready.Local == "" {
		return false, fmt.Errorf("usherd said %q when it was to be ready, %w", line, err)
	}
	u.local = ready.Local
	return true, nil
}

// lives reports whether the process is there.
func (u *usherd) lives() bool {
	if u.cmd == nil {
		return false
	}
	select {
	case <-u.ended:
		return false
	default:
		return true
	}
}

// gone waits for the end of a process, which has to be a kill: Usher never ends by itself.
func (u *usherd) gone() error {
	u.wait.Wait()
	status, ok := u.cmd.ProcessState.Sys().(syscall.WaitStatus)
	if !ok || !status.Signaled() || status.Signal() != syscall.SIGKILL {
		return fmt.Errorf("usherd ended with %s", u.cmd.ProcessState)
	}
	return nil
}

// kill ends the process as a power cut does.
func (u *usherd) kill() error {
	if u.cmd == nil || u.cmd.Process == nil {
		return nil
	}
	_ = u.cmd.Process.Kill() // it may be gone already
	return u.gone()
}

// ask lets do ask the process over its private line.
func (u *usherd) ask(ctx context.Context, do func(*control.Client) error) error {
	client, err := app.Running(ctx, app.Options{DataDir: u.data()})
	switch {
	case err != nil:
		return err
	case client == nil:
		return control.ErrNotRunning
	}
	return do(client)
}
