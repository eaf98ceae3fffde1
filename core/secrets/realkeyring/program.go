package realkeyring

import (
	"context"
	"os"
	"os/exec"
	"testing"
	"time"
)

// grace is how long a program may take to end once it was asked to.
const grace = 5 * time.Second

// Need skips the test, or fails it under CI=true, unless the programs are installed;
// packages are Debian's that have them.
func Need(tb testing.TB, packages string, programs ...string) {
	tb.Helper()
	if testing.Short() {
		tb.Skip("a real part, left out by -short")
	}
	for _, program := range programs {
		if _, err := exec.LookPath(program); err != nil {
			Missing(tb, program+" is not installed; on Debian and Ubuntu: apt-get install "+packages)
		}
	}
}

// Missing skips the test, or fails it under CI=true, for a reason.
func Missing(tb testing.TB, why string) {
	tb.Helper()
	if os.Getenv("CI") == "true" {
		tb.Fatal("real part missing: " + why)
	}
	tb.Skip("SKIPPED REAL PART: " + why)
}

// Command is a program for [Own]. It outlives the test's context, which ends before the
// test's clean-up does.
func Command(tb testing.TB, name string, args ...string) *exec.Cmd {
	return exec.CommandContext(context.WithoutCancel(tb.Context()), name, args...)
}

// Own starts a program that ends with the test: in the reverse order of starting each is
// asked to, and killed if it does not. On Linux it is killed as well when this process
// ends without that.
func Own(tb testing.TB, cmd *exec.Cmd) {
	tb.Helper()
	tie(cmd)
	cmd.WaitDelay = time.Second // for what it started and left behind
	if err := cmd.Start(); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if cmd.ProcessState != nil {
			return // ended, and waited for
		}
		askToEnd(cmd.Process)
		late := time.AfterFunc(grace, func() { _ = cmd.Process.Kill() })
		defer late.Stop()
		_ = cmd.Wait() // how it ended is no matter
	})
}
