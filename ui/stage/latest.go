package stage

import (
	"context"
	"time"
)

// Latest does one work at a time: a newer one gives the older one up. It is used on the
// toolkit's goroutine alone.
type Latest struct {
	stage  *Stage
	giveUp func()
	busy   bool
}

// NewLatest makes a Latest whose work is the stage's.
func (s *Stage) NewLatest() *Latest { return &Latest{stage: s, giveUp: func() {}} }

// Do does work as [Stage.Do] does, once a pause is over in which it may be given up at no cost.
func (l *Latest) Do(pause time.Duration, work func(context.Context) error, then func(error)) {
	l.giveUp()
	l.busy = true
	l.giveUp = l.stage.Do(func(ctx context.Context) error {
		if err := wait(ctx, pause); err != nil {
			return err
		}
		return work(ctx)
	}, func(err error) {
		l.busy = false
		then(err)
	})
}

// GiveUp gives up what is being done.
func (l *Latest) GiveUp() {
	l.giveUp()
	l.busy = false
}

// Busy says that something is being done.
func (l *Latest) Busy() bool { return l.busy }

func wait(ctx context.Context, pause time.Duration) error {
	over := time.NewTimer(pause)
	defer over.Stop()
	select {
	case <-over.C:
		return ctx.Err()
	case <-ctx.Done():
		return ctx.Err()
	}
}
