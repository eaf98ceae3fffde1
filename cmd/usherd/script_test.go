//go:build unix

package main

import (
	"bufio"
	"encoding/json"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// The scripts are the command line as scripts and people rely on it.
func TestScripts(t *testing.T) {
	_, siteURL := practiceSite(t)
	testscript.Run(t, testscript.Params{
		Dir: filepath.Join("testdata", "script"),
		Setup: func(env *testscript.Env) error {
			env.Setenv("PATH", filepath.Dir(program)+":"+env.Getenv("PATH"))
			env.Setenv("USHER_PASSPHRASE", passphrase)
			env.Setenv("SITE", siteURL)
			env.Setenv("PASSWORD", plantedAppPassword)
			env.Setenv("XDG_STATE_HOME", env.WorkDir)
			env.Setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent")
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"serve": scriptServe, "takeport": scriptTakePort, "expand": scriptExpand,
		},
	})
}

// scriptServe runs `usherd serve` with the arguments until the script ends, and sets
// $LOCAL and $PUBLIC when it is ready.
func scriptServe(ts *testscript.TestScript, neg bool, args []string) {
	if neg {
		ts.Fatalf("use: ! exec usherd serve")
	}
	cmd := exec.Command(program, append([]string{"serve"}, args...)...)
	cmd.Dir = ts.Getenv("WORK")
	for _, name := range []string{"USHER_PASSPHRASE", "XDG_STATE_HOME", "DBUS_SESSION_BUS_ADDRESS"} {
		cmd.Env = append(cmd.Env, name+"="+ts.Getenv(name))
	}
	out, err := cmd.StdoutPipe()
	ts.Check(err)
	ts.Check(cmd.Start())
	ts.Defer(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		_ = cmd.Wait() // what it says is the business of other tests
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	ts.Check(err)
	if !strings.HasPrefix(line, `{"ready":true,`) {
		ts.Fatalf("said %q", line)
	}
	var ready readyLine
	ts.Check(json.Unmarshal([]byte(line), &ready))
	ts.Setenv("LOCAL", ready.Local)
	ts.Setenv("PUBLIC", ready.Public)
}

// scriptTakePort listens on a free port until the script ends and sets $TAKEN to it.
func scriptTakePort(ts *testscript.TestScript, _ bool, _ []string) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	ts.Check(err)
	ts.Defer(func() { _ = listener.Close() })
	ts.Setenv("TAKEN", listener.Addr().String())
}

// scriptExpand puts the values of $SITE and $PASSWORD into files.
func scriptExpand(ts *testscript.TestScript, _ bool, args []string) {
	for _, name := range args {
		text := strings.NewReplacer("$SITE", ts.Getenv("SITE"), "$PASSWORD", ts.Getenv("PASSWORD")).Replace(ts.ReadFile(name))
		ts.Check(os.WriteFile(ts.MkAbs(name), []byte(text), 0o600))
	}
}
