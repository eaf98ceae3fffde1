package engine

import (
	"context"
	"sync"
	"time"

	"usher/core"
)

// settingMeter is the month's meter as last written down.
const settingMeter = "address.meter"

const (
	// meterStep is how often the meter is written down: a crash loses no more than that.
	meterStep = time.Minute
	// mostPings is how many of the month's requests Usher takes for itself.
	mostPings = 1500
)

// meter counts the month's requests at the public address.
type meter struct {
	mu sync.Mutex
	meters
	dirty bool
}

// meters are what is written down.
type meters struct {
	core.Meter
	// Before is the month before, for a clock that jumps into another month and back.
	Before core.Meter `json:"before,omitzero"`
}

// turn makes the meter that of the month it is, with m.mu held. ngrok does not say where
// its months begin; UTC is a guess that is hours off at most.
func (m *meter) turn(now time.Time) {
	switch month := now.UTC().Format("2006-01"); month {
	case m.Month:
	case m.Before.Month:
		m.Meter, m.Before = m.Before, m.Meter
	default:
		m.Meter, m.Before = core.Meter{Month: month}, m.Meter
	}
}

// month is the meter of the month it is.
func (e *Engine) month() core.Meter {
	m := &e.meter
	m.mu.Lock()
	defer m.mu.Unlock()
	m.turn(e.now())
	return m.Meter
}

// CountRequest counts a request that came over the public address.
func (e *Engine) CountRequest() {
	m := &e.meter
	m.mu.Lock()
	defer m.mu.Unlock()
	m.turn(e.now())
	m.Requests++
	m.dirty = true
}

// AllowPing counts one of Usher's own requests to its public address before it is sent,
// and reports whether there is one left this month.
func (e *Engine) AllowPing() bool {
	m := &e.meter
	m.mu.Lock()
	defer m.mu.Unlock()
	m.turn(e.now())
	if m.Pings >= mostPings {
		return false
	}
	m.Pings++
	m.Requests++
	m.dirty = true
	return true
}

// runMeter writes the meter down while it turns, and once more at the end.
func (e *Engine) runMeter(ctx context.Context) {
	tick := time.NewTicker(meterStep)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			e.saveMeter(ctx)
			e.judgeAddress()
		case <-ctx.Done():
			e.saveMeter(context.WithoutCancel(ctx))
			return
		}
	}
}

func (e *Engine) saveMeter(ctx context.Context) {
	m := &e.meter
	m.mu.Lock()
	now, dirty := m.meters, m.dirty
	m.dirty = false
	m.mu.Unlock()
	if !dirty {
		return
	}
	if err := e.store.SaveSetting(ctx, settingMeter, now); err != nil {
		e.log.Warn("meter not written down", "code", core.AsProblem(err).Code)
	}
}
