package app

import (
	"context"

	"usher/core/control"
)

// Backend returns the running Usher of the data folder or, where none runs, the data
// folder itself, opened. The caller calls the returned function when done.
func Backend(ctx context.Context, o Options) (control.Backend, func() error, error) {
	running, err := Running(ctx, o)
	if err != nil {
		return nil, nil, err
	}
	if running != nil {
		return running, func() error { return nil }, nil
	}
	opened, err := Open(ctx, o)
	if err != nil {
		return nil, nil, err
	}
	return opened.Engine, opened.Close, nil
}
