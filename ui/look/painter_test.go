package look

import (
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"fyne.io/fyne/v2/test"
)

func TestPainterPaintsAtOnce(t *testing.T) {
	paints(t, func(p *Painter, painted *record) {
		p.Request()
		if got, want := painted.times(), []time.Duration{0}; !slices.Equal(got, want) {
			t.Errorf("painted at %v, want %v", got, want)
		}
	})
}

func TestPainterPaintsTenTimesASecondAndTheLastStateAlways(t *testing.T) {
	paints(t, func(p *Painter, painted *record) {
		for i := range 1000 { // one a millisecond, for a second
			painted.set(i)
			p.Request()
			time.Sleep(time.Millisecond)
		}
		time.Sleep(time.Second)
		at := painted.times()
		if len(at) < 10 || len(at) > 12 {
			t.Errorf("painted %d times in a second", len(at))
		}
		for i := 1; i < len(at); i++ {
			if at[i]-at[i-1] < paintPause {
				t.Errorf("painted at %v and again at %v", at[i-1], at[i])
			}
		}
		if got := painted.last(); got != 999 {
			t.Errorf("state %d was painted last, want 999", got)
		}
	})
}

func TestPainterPaintsAtOnceAgainAfterAQuietTime(t *testing.T) {
	paints(t, func(p *Painter, painted *record) {
		p.Request()
		time.Sleep(time.Hour)
		p.Request()
		time.Sleep(time.Hour)
		if got, want := painted.times(), []time.Duration{0, time.Hour}; !slices.Equal(got, want) {
			t.Errorf("painted at %v, want %v", got, want)
		}
	})
}

func TestStoppedPainterPaintsNoMore(t *testing.T) {
	paints(t, func(p *Painter, painted *record) {
		p.Request()
		p.Request() // would come after the pause
		p.Stop()
		p.Request()
		p.Stop()
		time.Sleep(time.Hour)
		if got := len(painted.times()); got != 1 {
			t.Errorf("painted %d times, want once", got)
		}
	})
}

func TestStopWaitsForThePaintUnderWay(t *testing.T) {
	paints(t, func(p *Painter, painted *record) {
		painted.takes = time.Minute
		go p.Request() // the test driver paints on the caller's goroutine
		synctest.Wait()
		p.Stop()
		if got := painted.now(); got != time.Minute {
			t.Errorf("Stop came back after %v, want %v", got, time.Minute)
		}
		if painted.running() {
			t.Error("Stop came back during a paint")
		}
	})
}

func TestABusyToolkitIsAskedForOnePaint(t *testing.T) {
	paints(t, func(p *Painter, painted *record) {
		toolkit := &queue{}
		p.do = toolkit.add
		for range 10 {
			p.Request()
			time.Sleep(time.Second)
		}
		p.Stop()
		if n := toolkit.run(); n != 1 {
			t.Errorf("%d paints are queued, want one", n)
		}
		if len(painted.times()) != 0 {
			t.Error("painted after Stop")
		}
	})
}

func TestPainterIsAskedByMany(t *testing.T) {
	paints(t, func(p *Painter, painted *record) {
		painted.takes = time.Millisecond
		var asking sync.WaitGroup
		for range 50 {
			asking.Go(func() {
				for range 100 {
					p.Request()
					time.Sleep(time.Millisecond)
				}
			})
		}
		asking.Wait()
		p.Stop()
		if painted.overlapped {
			t.Error("two paints ran at a time")
		}
		if got := len(painted.times()); got > 3 {
			t.Errorf("painted %d times in 100 ms", got)
		}
	})
}

// paints runs a test in a bubble with a Painter; the bubble fails where a goroutine is left.
func paints(t *testing.T, run func(*Painter, *record)) {
	test.NewTempApp(t)
	synctest.Test(t, func(*testing.T) {
		painted := &record{start: time.Now()}
		p := NewPainter(painted.paint)
		run(p, painted)
		p.Stop()
	})
}

// record remembers when was painted what.
type record struct {
	start time.Time
	takes time.Duration

	mu         sync.Mutex
	state      int
	painting   bool
	overlapped bool
	at         []time.Duration
	states     []int
}

func (r *record) paint() {
	r.mu.Lock()
	r.overlapped = r.overlapped || r.painting
	r.painting = true
	r.at, r.states = append(r.at, time.Since(r.start)), append(r.states, r.state)
	r.mu.Unlock()
	time.Sleep(r.takes)
	r.mu.Lock()
	r.painting = false
	r.mu.Unlock()
}

func (r *record) set(state int)      { r.mu.Lock(); r.state = state; r.mu.Unlock() }
func (r *record) now() time.Duration { return time.Since(r.start) }
func (r *record) running() bool      { r.mu.Lock(); defer r.mu.Unlock(); return r.painting }
func (r *record) last() int          { r.mu.Lock(); defer r.mu.Unlock(); return r.states[len(r.states)-1] }

func (r *record) times() []time.Duration {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.at)
}
