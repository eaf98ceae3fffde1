//go:build !linux

package realkeyring

import (
	"os"
	"os/exec"
)

func tie(*exec.Cmd) {}

func askToEnd(p *os.Process) { _ = p.Kill() }
