package ngroktest

import (
	"context"
	"slices"
)

// Auth is an attempt of an agent to start or resume a session.
type Auth struct {
	Token    string
	ClientID string // which session it resumes; empty for a new one
	Metadata string
	Code     int // of the refusal; 0 when accepted
}

// Bind is an attempt of an agent to bring an endpoint online.
type Bind struct {
	ClientID      string // whose session
	URL           string // asked for; empty for none
	TrafficPolicy string
	Metadata      string
	Again         bool // the agent had it before
	Code          int  // of the refusal; 0 when accepted
}

// seen is what an edge remembers.
type seen struct {
	auths    []Auth
	binds    []Bind
	requests int
}

// Auths are all attempts so far, oldest first.
func (e *Edge) Auths() []Auth {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Clone(e.seen.auths)
}

// Binds are all attempts so far, oldest first.
func (e *Edge) Binds() []Bind {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Clone(e.seen.binds)
}

// Requests is how many requests of callers were sent on to an agent.
func (e *Edge) Requests() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.seen.requests
}

// Sessions is how many agents are connected. A frozen one is, a stale one is not.
func (e *Edge) Sessions() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return len(e.live())
}

// Online are the hosts of the endpoints of connected agents, in order.
func (e *Edge) Online() []string {
	e.mu.Lock()
	defer e.mu.Unlock()
	var hosts []string
	for host, at := range e.endpoints {
		if !at.session.over {
			hosts = append(hosts, host)
		}
	}
	slices.Sort(hosts)
	return hosts
}

// Wait waits until so says yes, which may ask the edge anything. It is asked with every
// change. The error is that of ctx.
func (e *Edge) Wait(ctx context.Context, so func() bool) error {
	for {
		e.mu.Lock()
		changed := e.changed
		e.mu.Unlock()
		if so() {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// WaitSessions waits until n agents are connected. The error is that of ctx.
func (e *Edge) WaitSessions(ctx context.Context, n int) error {
	return e.Wait(ctx, func() bool { return e.Sessions() == n })
}

// WaitOnline waits until an endpoint of a connected agent is at host. The error is that of ctx.
func (e *Edge) WaitOnline(ctx context.Context, host string) error {
	return e.Wait(ctx, func() bool { return slices.Contains(e.Online(), host) })
}

// tell wakes those who wait. It is called with the lock held.
func (e *Edge) tell() {
	close(e.changed)
	e.changed = make(chan struct{})
}

// Lingering are functions of the SDK that may run on when an agent has disconnected, and
// end by themselves: heartbeats of a session that is gone, for as long as the agent would
// have waited for one (25 seconds by default), and the wait before the next try to
// connect (30 seconds at most). Tests that look for leaked goroutines must let them be.
func Lingering() []string {
	return []string{
		"golang.ngrok.com/muxado/v2.(*Heartbeat).requester",
		"golang.ngrok.com/muxado/v2.(*Heartbeat).check",
		"golang.ngrok.com/ngrok/v2/internal/tunnel/client.(*reconnectingSession).connect.func1",
	}
}
