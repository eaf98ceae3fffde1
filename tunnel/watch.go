package tunnel

import (
	"context"
	"net/http"
	"sync"
	"time"
)

// Watched is an Address that does not just believe itself. It calls its own URL over the
// internet and looks whether the call arrives: on coming online, after a sleep of the
// computer, after a change of network, and after an hour in which nobody else called. What
// arrives from others is proof as well, unless the address has a local port, over which
// anybody here could have come.
//
// When the computer wakes or its network changes, an Ngrok looks after its connection at
// once, and when calls are sent but do not arrive, it begins anew; until one arrives the
// address is reported as Reconnecting with the code address.unreachable. Others, and those
// whose call could not even be sent, stay Online with that Err: many home routers cannot
// reach their own public address. An address at which ngrok answers that the month is used
// up stays Online with address.month_used_up, is looked at every hour, and recovers by
// itself; so does address.too_fast, for limits that pass within minutes.
//
// A Reconnecting of the address that lasts less than ten seconds is not reported, and
// neither is the Online after it.
type Watched struct {
	Address Address
	// Allow is asked before each call and may say no, for there are budgets. Without it all
	// are made: one an hour when nobody else calls, and no more than four a minute.
	Allow func() bool
	// Transport is how the internet is reached. nil is a transport of its own for each
	// call, without proxies.
	Transport http.RoundTripper

	senses senses // zero but in tests
}

// The clocks of a watch.
const (
	tickTime  = 5 * time.Second  // between two looks at the clock and the network
	blipTime  = 10 * time.Second // that pass unreported
	settle    = time.Second      // from a reason to call until the call
	spacing   = 15 * time.Second // between two calls, at least
	quietTime = time.Hour        // without a request, until the next call
	monthTime = time.Hour        // between two calls while the month is used up
	limitTime = 2 * time.Minute  // between two calls while a limit of a minute is used up
)

// Run implements Address.
func (w Watched) Run(ctx context.Context, h http.Handler, report func(Report)) error {
	v := newVigil(ctx, w, report)
	over := make(chan error, 1)
	go func() {
		if v.nudges != nil {
			over <- w.Address.(nudgeable).runNudged(ctx, v.door.before(h), v.hear, v.nudges)
		} else {
			over <- w.Address.Run(ctx, v.door.before(h), v.hear)
		}
	}()
	return v.keep(over)
}

// vigil is a run of a Watched. All its methods but hear are called by the goroutine of
// keep, which so is the only one that reports.
type vigil struct {
	Watched
	ctx     context.Context // of the run
	report  func(Report)
	door    *door
	nudges  chan nudge // nil when the address takes none
	heard   chan Report
	calls   chan finding
	calling sync.WaitGroup

	tick *time.Ticker
	blip *time.Timer // running while hidden
	due  *time.Timer // until the next call

	address Report // what the address last said of itself
	hidden  bool   // what is seen may be a blip
	shown   Report // what was last reported
	doubt   doubt

	unseen  int       // calls in a row that did not arrive
	planned bool      // due is running
	busy    bool      // a call is under way
	called  time.Time // when the last call was made
	before  uint64    // arrivals before it
	wanted  uint64    // proof is an arrival after so many
	proved  time.Time // the last proof that was reported
}

// doubt is why the address is not believed; zero when it is.
type doubt struct {
	err  error
	down bool // surely enough to say that it is not online
}

func newVigil(ctx context.Context, w Watched, report func(Report)) *vigil {
	v := &vigil{
		Watched: w, ctx: ctx, report: report, door: newDoor(),
		heard: make(chan Report), calls: make(chan finding, 1),
		tick: time.NewTicker(tickTime), blip: stoppedTimer(), due: stoppedTimer(),
	}
	if _, ok := w.Address.(nudgeable); ok {
		v.nudges = make(chan nudge, 4) // taken at once
	}
	v.senses.begin()
	return v
}

func stoppedTimer() *time.Timer {
	timer := time.NewTimer(time.Hour)
	timer.Stop()
	return timer
}

// hear is the report of the watched address. keep takes in everything until that address
// has returned, and never waits for it.
func (v *vigil) hear(r Report) { v.heard <- r }

// keep watches until the address is over.
func (v *vigil) keep(over <-chan error) error {
	ctx, stop := context.WithCancel(v.ctx)
	defer v.calling.Wait()
	defer stop()
	defer v.tick.Stop()
	defer v.blip.Stop()
	defer v.due.Stop()
	for {
		select {
		case r := <-v.heard:
			v.take(r)
		case <-v.blip.C:
			v.hidden = false
		case <-v.door.arrivals:
			v.believe()
		case <-v.tick.C:
			v.look()
		case <-v.due.C:
			v.planned = false
			v.call(ctx)
		case f := <-v.calls:
			v.judge(f)
		case err := <-over:
			return err
		}
		v.show()
	}
}

// take takes in what the address says of itself.
func (v *vigil) take(r Report) {
	before := v.address
	v.address = r
	v.door.outside.Store(r.State == Online && r.Local == "")
	if r.URL != "" && before.URL != "" && r.URL != before.URL {
		v.proved = time.Time{}
	}
	switch {
	case r.State == Reconnecting && before.State == Online:
		v.hidden = true
		v.blip.Reset(blipTime)
	case r.State != Reconnecting:
		v.hidden = false
		v.blip.Stop()
	}
	if r.State == Online && before.State != Online && (v.doubt.err == nil || !v.planned) {
		v.soon()
	}
}

// show reports what is to be seen, if it has changed.
func (v *vigil) show() {
	if v.hidden || v.address.State == "" {
		return
	}
	r := v.address
	if r.State == Online {
		r.Proved = v.proved
		if v.doubt.err != nil {
			r.Err = v.doubt.err
		}
		if v.doubt.down {
			r.State = Reconnecting
		}
	}
	if !sameReport(r, v.shown) {
		v.shown = r
		v.report(r)
	}
}

// look looks for signs that the way to the address is dead.
func (v *vigil) look() {
	gone := v.senses.look()
	if v.ctx.Err() != nil || gone == nil {
		return
	}
	v.nudge(nudge{gone: gone})
	v.soon()
}

func (v *vigil) nudge(n nudge) {
	select {
	case v.nudges <- n:
	default: // it takes none, or has not yet taken those before
	}
}
