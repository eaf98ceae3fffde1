package app

import (
	"context"
	"errors"

	"usher/core/control"
)

// Backend returns the running Usher of the data folder or, where none runs, the data
// folder itself, opened. The caller calls the returned function when done.
func Backend(ctx context.Context, o Options) (control.Backend, func() error, error) {
	dir, err := dataDir(o.DataDir)
	if err != nil {
		return nil, nil, err
	}
	running, err := control.Dial(ctx, dir)
	if err == nil {
		return running, func() error { return nil }, nil
	}
	if !errors.Is(err, control.ErrNotRunning) {
		return nil, nil, err
	}
	opened, err := Open(ctx, o)
	if err != nil {
		return nil, nil, err
	}
	return opened.Engine, opened.Close, nil
}
