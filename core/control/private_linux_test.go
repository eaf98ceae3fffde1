package control

import (
	"context"
	"errors"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

func TestNobodyElseGetsThroughTheSocket(t *testing.T) {
	defer syscall.Umask(syscall.Umask(0)) // the most careless one
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	start(t, dir, &engine{})
	path, err := socketPath(dir)
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm()&0o077 != 0 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	if os.Getuid() != 0 {
		return // only root can be somebody else
	}
	tried := make(chan error)
	go func() {
		runtime.LockOSThread() // and never unlocked: the thread ends with the goroutine
		const nobody = 65534
		_, _, _ = syscall.RawSyscall(syscall.SYS_SETFSUID, nobody, 0, 0) // for this thread alone
		conn, err := (&net.Dialer{}).DialContext(context.WithoutCancel(t.Context()), "unix", path)
		if err == nil {
			_ = conn.Close()
		}
		tried <- err
	}()
	if err := <-tried; !errors.Is(err, fs.ErrPermission) {
		t.Errorf("another user got %v", err)
	}
}

func TestASharedTemporaryFolderIsNotTrusted(t *testing.T) {
	long := filepath.Join(t.TempDir(), strings.Repeat("long", 30))
	private := "usher-" + strconv.Itoa(os.Getuid())
	for name, prepare := range map[string]func(temp string) error{
		"one that others can enter": func(temp string) error { return os.Mkdir(filepath.Join(temp, private), 0o755) },
		"a link to one of ours": func(temp string) error {
			ours := t.TempDir()
			return errors.Join(os.Chmod(ours, 0o700), os.Symlink(ours, filepath.Join(temp, private)))
		},
		"a file": func(temp string) error { return os.WriteFile(filepath.Join(temp, private), nil, 0o600) },
	} {
		t.Run(name, func(t *testing.T) {
			temp := t.TempDir()
			t.Setenv("TMPDIR", temp)
			if err := prepare(temp); err != nil {
				t.Fatal(err)
			}
			if listener, err := Listen(t.Context(), long); err == nil {
				_ = listener.Close()
				t.Error("it listens there")
			}
			if _, err := Dial(t.Context(), long); err == nil || errors.Is(err, ErrNotRunning) {
				t.Errorf("a command goes on: %v", err)
			}
		})
	}
}
