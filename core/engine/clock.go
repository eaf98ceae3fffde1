package engine

import (
	"context"
	"time"

	"usher/core"
)

// What is on disk goes by the wall clock, which may jump: a person sets it, the network
// mends it, the computer slept. What counts only while Usher runs goes by time.Now and
// time.Since, whose monotonic part never jumps, and on most systems does not count sleep.

// wallClock is the time as people read it, without its monotonic part.
func wallClock() time.Time { return time.Now().Round(0) }

const (
	// clockLook is how soon a jump is noticed.
	clockLook = time.Minute
	// smallJump is what the network's time may mend at once without anybody noticing.
	smallJump = 10 * time.Second
)

// watchClock notices jumps of the wall clock, until ctx ends.
func (e *Engine) watchClock(ctx context.Context) {
	tick := time.NewTicker(clockLook)
	defer tick.Stop()
	wall, steady := e.now(), time.Now()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		jump := e.now().Sub(wall) - time.Since(steady)
		wall, steady = e.now(), time.Now()
		if jump.Abs() > smallJump {
			e.jumped(ctx, jump)
		}
	}
}

// jumped has the lanes look again: after a jump forward more is due than their timers know.
// After one back nobody can tell when what waits was due, so all of it is tried.
func (e *Engine) jumped(ctx context.Context, jump time.Duration) {
	e.log.Info("clock jumped", "seconds", int(jump.Seconds()))
	if jump < 0 {
		if err := e.store.ClampDue(ctx, e.now()); err != nil {
			e.log.Warn("due times not mended", "code", core.AsProblem(err).Code)
		}
	}
	e.wakeLanes()
	e.bell.ring()
}
