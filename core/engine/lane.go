package engine

import (
	"context"
	"slices"
	"time"

	"usher/core"
	"usher/core/store"
)

// lane does the waiting work of one site, oldest first, as many contacts at a time as the
// site takes. One writer per site is what keeps WordPress, which checks nothing, from
// making twins.
type lane struct {
	engine *Engine
	siteID string
	wake   chan struct{} // 1 slot: there may be something to do
	again  chan struct{} // 1 slot: whatever was wrong may be mended

	// The rest belongs to run's goroutine.
	client    Site
	opened    core.Site // what client was opened with
	offer     core.Offer
	roles     map[string]learnt
	doubts    doubts
	accounts  map[string]*accountPause // by account id
	newcomers map[string]newcomers     // by connection id
	pace      pace
	failures  int       // of the site, in a row
	resume    time.Time // no writing before
}

func newLane(e *Engine, siteID string) *lane {
	return &lane{
		engine: e, siteID: siteID, wake: make(chan struct{}, 1), again: make(chan struct{}, 1),
		accounts: map[string]*accountPause{}, newcomers: map[string]newcomers{},
	}
}

// look tells the lane that there may be something to do.
func (l *lane) look() { signal(l.wake) }

// startOver tells the lane to forget what was wrong with the site and try.
func (l *lane) startOver() { signal(l.again) }

func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// run works until ctx ends. The work in progress then has until work ends.
func (l *lane) run(ctx, work context.Context) {
	defer l.close()
	for ctx.Err() == nil {
		pause := l.step(work)
		if pause == 0 {
			continue
		}
		timer := time.NewTimer(pause)
		select {
		case <-ctx.Done():
		case <-l.wake:
		case <-timer.C:
		case <-l.again:
			l.close()                                              // the site or its password may be another now
			l.failures, l.resume = min(l.failures, 1), time.Time{} // not 0: its trouble stands until it is well
			for _, pause := range l.accounts {
				pause.until = time.Time{}
			}
		}
		timer.Stop()
	}
}

// idle is how long a lane sleeps when nothing waits; it is woken before.
const idle = time.Hour

// step does one piece of work and says how long to wait before the next.
func (l *lane) step(ctx context.Context) time.Duration {
	l.engine.writing.RLock()
	defer l.engine.writing.RUnlock()
	if l.engine.isPaused() {
		return idle
	}
	if wait := time.Until(l.resume); wait > 0 {
		return min(wait, longestWait)
	}
	now := l.engine.now()
	works, at, err := l.engine.store.Next(l.siteID, now, l.size())
	switch {
	case err != nil:
		return l.pause(core.AsProblem(err))
	case at.IsZero():
		return idle
	case len(works) == 0:
		return min(at.Sub(now), longestWait)
	}
	if err := l.apply(ctx, together(works)); err != nil {
		if ctx.Err() != nil {
			return idle // stopped in the middle: the next start goes on from here
		}
		return l.pause(core.AsProblem(err))
	}
	l.wellAgain()
	return 0
}

// size is how many contacts to take at a time.
func (l *lane) size() int {
	if l.offer.Most == 0 {
		return l.pace.size(core.MostWrites) // not known yet
	}
	return l.pace.size(l.offer.Most)
}

// together picks the works to do in one go: one that failed before goes alone, so that
// it cannot take others down with it again.
func together(works []store.Work) []store.Work {
	if works[0].Attempts > 0 {
		return works[:1]
	}
	return slices.DeleteFunc(works, func(w store.Work) bool { return w.Attempts > 0 })
}

// blame decides what an error that came over all these jobs means. It returns the
// Problem if all writing to the site has to wait. Where it may be one of several jobs
// that the site dies of, they are left for a smaller group.
func (l *lane) blame(ctx context.Context, jobs []*job, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	p := core.AsProblem(err)
	switch p.Scope {
	case core.OneItem:
	case core.ItemOrSite:
		if err := l.client.Ping(ctx); err != nil {
			return err
		}
	default:
		return p
	}
	if len(jobs) > 1 {
		l.engine.log.Warn("work failed together", "code", p.Code, "contacts", len(jobs))
		l.pace.failed(len(jobs))
		return nil
	}
	return l.setAside(ctx, jobs[0].work, p)
}

// setAside puts a work off, or ends it where another try makes no sense.
func (l *lane) setAside(ctx context.Context, w store.Work, p *core.Problem) error {
	l.engine.log.Warn("work failed", "code", p.Code, "first_delivery", core.FormatID(w.First), "attempts", w.Attempts+1)
	state := core.Held
	switch p.Then {
	case core.Retry:
		wait, ok := itemWait(w.Attempts + 1)
		if ok {
			return l.engine.store.Postpone(ctx, w.Key, l.engine.now().Add(max(wait, p.RetryAfter)), w.Attempts+1, p)
		}
		state = core.Failed
	case core.Fail:
		state = core.Failed
	}
	taken, err := l.waiting(w.Key)
	if err != nil || len(taken) == 0 { // forgotten meanwhile
		return err
	}
	return l.engine.store.Settle(ctx, l.engine.now(), store.Settlement{Work: w.Key, Taken: taken, State: state, Problem: p})
}

// waiting lists the deliveries of a work without reading them.
func (l *lane) waiting(key store.WorkKey) (seqs []uint64, err error) {
	err = l.engine.store.EachWaiting(key, func(d core.Delivery) error {
		seqs = append(seqs, d.Seq)
		return nil
	})
	return seqs, err
}

// pause lets all writing to the site wait; it costs no attempts.
func (l *lane) pause(p *core.Problem) time.Duration {
	l.failures++
	wait := max(siteWait(l.failures), p.RetryAfter)
	switch {
	case p.Scope == core.App:
		wait = min(wait, ownWait)
	case p.Then == core.Hold:
		wait = jitter(heldSiteWait)
	}
	l.resume = time.Now().Add(wait)
	l.engine.setTrouble(l.about(), p)
	l.engine.log.Warn("site waits", "site", l.siteID, "code", p.Code, "seconds", int(wait.Seconds()))
	return wait
}

func (l *lane) wellAgain() {
	if l.failures > 0 {
		l.failures = 0
		l.engine.setTrouble(l.about(), nil)
		l.engine.log.Info("site well again", "site", l.siteID)
	}
}

// about names the site for people.
func (l *lane) about() string { return l.engine.store.Config().Sites[l.siteID].Home }

// open makes the lane's client be one of the site as it is set up now, and learns what
// the site offers.
func (l *lane) open(ctx context.Context) error {
	site := l.engine.store.Config().Sites[l.siteID]
	if site.Swapped {
		return core.NewProblem("site.swapped", nil)
	}
	if l.client == nil || l.opened.API != site.API || l.opened.User != site.User || l.opened.Local != site.Local {
		l.close()
		password, err := l.engine.vault.Get(ctx, passwordName(site.ID))
		if err != nil {
			return err
		}
		l.client, l.roles = l.engine.sites.Open(site, password), map[string]learnt{}
	}
	l.opened = site
	var err error
	if l.offer, err = l.client.Offer(ctx); err != nil {
		return err
	}
	l.engine.hear(l.siteID, l.offer)
	return l.identify(ctx)
}

func (l *lane) close() {
	if l.client != nil {
		l.client.Close()
		l.client = nil
	}
	l.doubts = doubts{}
}
