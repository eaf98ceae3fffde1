package realwp

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"time"
)

// stopWait is how long a server may take to end by itself before it is killed.
const stopWait = 5 * time.Second

// process is a server in a process group of its own.
type process struct {
	name  string
	group int           // as kill wants it: negative
	ended chan struct{} // closed once it has ended and was waited for
}

// startProcess runs a server until stop; what it says goes to <dir>/<name>.log.
func startProcess(ctx context.Context, dir, name string, env []string, path string, args ...string) (*process, error) {
	log, err := os.OpenFile(filepath.Join(dir, name+".log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	defer func() { _ = log.Close() }() // the server has its own copy

	// The server outlives the context that started it: stop ends it.
	cmd := exec.CommandContext(context.WithoutCancel(ctx), path, args...)
	cmd.Dir, cmd.Env, cmd.Stdout, cmd.Stderr = dir, env, log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	p := &process{name: name, group: -cmd.Process.Pid, ended: make(chan struct{})}
	pidFile := filepath.Join(dir, "pids", name) // for the keeper
	noted := os.WriteFile(pidFile, []byte(strconv.Itoa(cmd.Process.Pid)), 0o600)
	go func() {
		defer close(p.ended)
		_ = cmd.Wait()         // how it ended is in its log
		_ = os.Remove(pidFile) // the number may be another program's from now on
	}()
	if noted != nil {
		return nil, errors.Join(noted, p.stop(os.Kill))
	}
	return p, nil
}

// stop asks the server by the signal that suits it to end, kills it if it does not, and returns when it
// and all it started are gone.
func (p *process) stop(signal os.Signal) error {
	select {
	case <-p.ended: // by itself, and the group's number may be another's by now
		return nil
	default:
	}
	_ = syscall.Kill(p.group, signal.(syscall.Signal))
	select {
	case <-p.ended:
	case <-time.After(stopWait):
		_ = syscall.Kill(p.group, syscall.SIGKILL)
		<-p.ended
	}
	// Workers that lost their parent are reaped by the system, some time later.
	for deadline := time.Now().Add(stopWait); syscall.Kill(p.group, 0) == nil; time.Sleep(pollEvery) {
		if time.Now().After(deadline) {
			return fmt.Errorf("stop %s: still running", p.name)
		}
	}
	return nil
}

// keeper cleans up behind a site, also when this program ends without closing it.
type keeper struct {
	cmd  *exec.Cmd
	hold io.Closer // its end, which comes with ours, is the signal
}

func startKeeper(ctx context.Context, dir string) (*keeper, error) {
	cmd := exec.CommandContext(context.WithoutCancel(ctx), "/bin/sh", filepath.Join(dir, "keeper.sh"), dir)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // a Ctrl-C is not for it
	hold, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start keeper: %w", err)
	}
	return &keeper{cmd, hold}, nil
}

// release has the keeper remove the site's folder and waits for it.
func (k *keeper) release() error {
	return errors.Join(k.hold.Close(), k.cmd.Wait())
}

// reservation keeps a port of the loopback address for a server that is not up yet, or down for a while:
// the port is bound but nobody listens, so callers are refused and nobody else is given it.
type reservation struct {
	socket int
	port   int
}

// reservePort reserves a port, any free one for 0.
func reservePort(port int) (*reservation, error) {
	socket, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("reserve port: %w", err)
	}
	r := &reservation{socket: socket}
	// Lets the server, which sets it too, listen beside this socket.
	err = syscall.SetsockoptInt(socket, syscall.SOL_SOCKET, syscall.SO_REUSEADDR, 1)
	if err == nil {
		err = syscall.Bind(socket, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}, Port: port})
	}
	var bound syscall.Sockaddr
	if err == nil {
		bound, err = syscall.Getsockname(socket)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("reserve port %d: %w", port, err), r.release())
	}
	r.port = bound.(*syscall.SockaddrInet4).Port
	return r, nil
}

func (r *reservation) release() error { return syscall.Close(r.socket) }
