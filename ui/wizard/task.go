package wizard

import (
	"context"
	"time"

	"usher/ui/stage"
)

// task is work of which only the newest counts: beginning gives up what was begun before.
type task struct{ giveUp func() }

func (t *task) begin(s *stage.Stage, work func(context.Context) error, then func(error)) {
	t.end()
	t.giveUp = s.Do(work, then)
}

// after is begin, a while later.
func (t *task) after(s *Screen, wait time.Duration, then func()) {
	t.begin(s.stage, func(ctx context.Context) error { return s.pause(ctx, wait) }, func(error) { then() })
}

func (t *task) end() {
	if t.giveUp != nil {
		t.giveUp()
		t.giveUp = nil
	}
}

// pause waits; its error is the context's.
func pause(ctx context.Context, wait time.Duration) error {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
