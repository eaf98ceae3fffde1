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
	mu    sync.Mutex
	now   core.Meter
	dirty bool
}

// month makes the meter that of this month, with m.mu held. ngrok does not say where its
// months begin; UTC is a guess that is hours off at most.
func (m *meter) month() {
	if month := time.Now().UTC().Format("2006-01"); m.now.Month != month {
		m.now = core.Meter{Month: month}
	}
}

func (m *meter) read() core.Meter {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.month()
	return m.now
}

// CountRequest counts a request that came over the public address.
func (e *Engine) CountRequest() {
	m := &e.meter
	m.mu.Lock()
	defer m.mu.Unlock()
	m.month()
	m.now.Requests++
	m.dirty = true
}

// AllowPing counts one of Usher's own requests to its public address before it is sent,
// and reports whether there is one left this month.
func (e *Engine) AllowPing() bool {
	m := &e.meter
	m.mu.Lock()
	defer m.mu.Unlock()
	m.month()
	if m.now.Pings >= mostPings {
		return false
	}
	m.now.Pings++
	m.now.Requests++
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
	now, dirty := m.now, m.dirty
	m.dirty = false
	m.mu.Unlock()
	if !dirty {
		return
	}
	if err := e.store.SaveSetting(ctx, settingMeter, now); err != nil {
		e.log.Warn("meter not written down", "code", core.AsProblem(err).Code)
	}
}
