package tunnel

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// What ngrok's edge answers in place of the address, from ngrok.com/docs/errors.
var (
	monthUsedUp = map[string]bool{
		"ERR_NGROK_725": true, // traffic
		"ERR_NGROK_727": true, // requests
	}
	minuteUsedUp = map[string]bool{
		"ERR_NGROK_734":  true, // requests in a minute
		"ERR_NGROK_1214": true,
	}
)

// endpointOffline is the edge's answer for a URL that no agent has online.
const endpointOffline = "ERR_NGROK_3200"

// soon plans a call because there is a new reason for it.
func (v *vigil) soon() {
	v.unseen = 0
	v.want()
	v.plan(max(settle, spacing-time.Since(v.called)))
}

// quiet plans the call for when nobody else has called for long.
func (v *vigil) quiet() {
	v.unseen = 0
	v.wanted = v.door.count.Load()
	v.plan(max(settle, quietTime-time.Since(v.door.last())))
}

// want asks for proof.
func (v *vigil) want() {
	v.wanted = v.door.count.Load()
	v.door.wanted.Store(true)
}

func (v *vigil) arrived() bool { return v.door.count.Load() > v.wanted }

func (v *vigil) plan(in time.Duration) {
	v.planned = true
	v.due.Reset(in)
}

// call calls the public URL, unless that is needless or impossible.
func (v *vigil) call(ctx context.Context) {
	switch {
	case v.busy || ctx.Err() != nil || v.address.State != Online || v.address.URL == v.address.Local:
		return // to come online is a reason to call
	case v.arrived():
		v.believe()
		return
	case v.Allow != nil && !v.Allow():
		v.plan(quietTime)
		return
	}
	v.want()
	v.busy, v.called, v.before = true, time.Now(), v.wanted
	url, nonce := v.address.URL, v.door.expect()
	v.calling.Go(func() { v.calls <- call(ctx, v.Transport, url, nonce) })
}

// judge draws the conclusions from a call.
func (v *vigil) judge(f finding) {
	v.busy = false
	v.door.expectNothing()
	switch {
	case v.door.count.Load() > v.before:
		v.believe()
	case v.ctx.Err() != nil || v.address.State != Online:
	case monthUsedUp[f.code]:
		v.doubt = doubt{err: f.as("address.month_used_up")}
		v.plan(monthTime)
	case minuteUsedUp[f.code]:
		v.doubt = doubt{err: f.as("address.too_fast")}
		v.plan(limitTime)
	default:
		v.suspect(f)
	}
}

// believe takes in that a request arrived.
func (v *vigil) believe() {
	v.doubt = doubt{}
	v.proved = v.door.last()
	v.quiet()
}

// suspect takes in that one call more did not arrive. A few may get lost; then the address
// begins anew, if it can and the call did get out of this computer.
func (v *vigil) suspect(f finding) {
	v.unseen++
	enough := 3
	if f.code == endpointOffline {
		enough = 2
	}
	if v.unseen >= enough {
		v.doubt = doubt{err: f.as("address.unreachable"), down: f.sent && v.nudges != nil}
	}
	v.plan(again(v.unseen))
	if v.unseen >= enough && v.doubt.down {
		v.nudge(nudge{renew: true})
	}
}

// again is how long to wait after so many calls in a row that did not arrive: more and
// more, so that neither budgets nor sessions are spent on what does not help.
func again(unseen int) time.Duration {
	switch unseen {
	case 1:
		return 5 * time.Second
	case 2, 3:
		return 15 * time.Second
	default:
		return min(time.Minute<<min(unseen-4, 6), quietTime)
	}
}

// finding is what a call met.
type finding struct {
	sent bool   // it got out of this computer
	code string // of an answer from ngrok's edge, or empty
	err  error  // why there was no answer, or nil
}

// as is the finding as an error with a code of the catalogue.
func (f finding) as(code string) error {
	switch {
	case f.code != "":
		return &coded{code: code, detail: f.code, err: errors.New("ngrok answered in place of the address: " + f.code)}
	case f.err != nil:
		return &coded{code: code, err: fmt.Errorf("call the public URL: %w", f.err)}
	default:
		return &coded{code: code, err: errors.New("a call of the public URL was answered, but not from here")}
	}
}
