package engine

import (
	"context"
	"sync"
)

// bell tells whoever shows Usher's state that it may have changed. It counts rather than
// queues: who looks rarely misses nothing.
type bell struct {
	mu    sync.Mutex
	count uint64
	rung  chan struct{} // closed at the next ring
}

func newBell() *bell { return &bell{count: 1, rung: make(chan struct{})} }

func (b *bell) ring() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.count++
	close(b.rung)
	b.rung = make(chan struct{})
}

func (b *bell) look() (count uint64, rung <-chan struct{}) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.count, b.rung
}

// Watch implements control.Backend.
func (e *Engine) Watch(ctx context.Context, since uint64) (uint64, error) {
	for {
		count, rung := e.bell.look()
		if count != since {
			return count, nil
		}
		select {
		case <-rung:
		case <-ctx.Done():
			return 0, ctx.Err()
		}
	}
}
