//go:build !linux

package realwp

import (
	"context"
	"errors"
	"os"
)

var errLinuxOnly = errors.New("a real WordPress can only be started on Linux")

type process struct{ ended chan struct{} }

func startProcess(context.Context, string, string, []string, string, ...string) (*process, error) {
	return nil, errLinuxOnly
}

func (*process) stop(os.Signal) error { return nil }

type keeper struct{}

func startKeeper(context.Context, string) (*keeper, error) { return nil, errLinuxOnly }

func (*keeper) release() error { return nil }

type reservation struct{ port int }

func reservePort(int) (*reservation, error) { return nil, errLinuxOnly }

func (*reservation) release() error { return nil }
