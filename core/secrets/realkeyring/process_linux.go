package realkeyring

import (
	"os"
	"os/exec"
	"syscall"
)

// tie has the system kill the program when the thread that starts it ends, which in Go is
// when the process does.
func tie(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} }

func askToEnd(p *os.Process) { _ = p.Signal(syscall.SIGTERM) }
