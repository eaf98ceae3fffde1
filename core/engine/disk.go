package engine

import (
	"context"
	"time"

	"usher/core"
)

// passOn rings for everything that is stored, and for what cannot be, until ctx ends. While
// the disk does not take what is written, it tries again now and then.
func (e *Engine) passOn(ctx context.Context) {
	for {
		var again <-chan time.Time
		if e.store.Trouble() != nil {
			again = time.After(diskWait)
		}
		select {
		case <-e.store.Commits():
			e.bell.ring()
		case <-again:
			if err := e.store.Probe(ctx); err != nil && ctx.Err() == nil {
				e.log.Error("disk does not take what is written", "code", core.AsProblem(err).Code)
			}
		case <-ctx.Done():
			return
		}
	}
}

// diskWait is how long a disk in trouble is left alone.
const diskWait = 10 * time.Second
