package ui

import (
	"context"
	"sync"
	"time"

	"usher/core"
	"usher/ui/look"
)

const (
	// feedPause is the least time between two questions for the state, however fast it changes.
	feedPause = 100 * time.Millisecond
	// feedRest is how long a state is shown at most: "2 min ago" grows old by itself.
	feedRest = 20 * time.Second
	// askAgain is how long a Usher that does not answer is left alone.
	askAgain = time.Second
)

// seen is the last known state, and why there is no newer one.
type seen struct {
	overview core.Overview
	known    bool
	err      error
}

// feed keeps up with Usher in a goroutine of its own, and has each new state painted.
type feed struct {
	backend Watched
	painter *look.Painter
	stop    context.CancelFunc
	running sync.WaitGroup

	mu  sync.Mutex
	now seen
}

// startFeed begins; paint is called on the toolkit's goroutine, at most ten times a second.
func startFeed(ctx context.Context, backend Watched, paint func(seen)) *feed {
	ctx, stop := context.WithCancel(ctx)
	f := &feed{backend: backend, stop: stop}
	f.painter = look.NewPainter(func() { paint(f.last()) })
	f.running.Go(func() { f.run(ctx) })
	return f
}

// close ends the feed and waits: nothing is painted afterwards.
func (f *feed) close() {
	f.stop()
	f.running.Wait()
	f.painter.Stop()
}

func (f *feed) run(ctx context.Context) {
	for ctx.Err() == nil {
		overview, err := f.backend.Overview(ctx)
		if ctx.Err() != nil {
			return
		}
		f.keep(overview, err)
		if err != nil {
			sleep(ctx, askAgain)
			continue
		}
		f.watch(ctx, overview.Version)
		sleep(ctx, feedPause)
	}
}

// watch waits until there is something new, or the state has been shown long enough. Where it
// cannot be asked, the next question for the state says so.
func (f *feed) watch(ctx context.Context, since uint64) {
	ctx, cancel := context.WithTimeout(ctx, feedRest)
	defer cancel()
	_, _ = f.backend.Watch(ctx, since)
}

func (f *feed) keep(overview core.Overview, err error) {
	f.mu.Lock()
	if err == nil {
		f.now.overview, f.now.known = overview, true
	}
	f.now.err = err
	f.mu.Unlock()
	f.painter.Request()
}

func (f *feed) last() seen {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.now
}

func sleep(ctx context.Context, wait time.Duration) {
	over := time.NewTimer(wait)
	defer over.Stop()
	select {
	case <-over.C:
	case <-ctx.Done():
	}
}
