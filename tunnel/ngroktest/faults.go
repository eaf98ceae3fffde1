package ngroktest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"
)

// faults is what an edge does wrong, on purpose.
type faults struct {
	token        int // code of the refusal of every token
	bind         int // code of the refusal of every bind
	bindUntil    time.Time
	dials        Dials
	stale        time.Duration
	usedUp       bool
	interstitial bool
	inspected    *identity // what agents are shown in place of the edge's own
}

// Dials is what happens to agents that connect.
type Dials int

// What happens to agents that connect.
const (
	DialsAnswered Dials = iota
	DialsRefused        // the port is closed
	DialsCut            // connections are accepted and closed
	DialsSilent         // connections are accepted and nothing is said, until Thaw
)

// RefuseTokens refuses every token with a code such as 105, 106, 107 or 4018, until
// AllowTokens. Sessions that are connected stay.
func (e *Edge) RefuseTokens(code int) { e.set(func(f *faults) { f.token = code }) }

// AllowTokens ends RefuseTokens.
func (e *Edge) AllowTokens() { e.RefuseTokens(0) }

// RefuseBinds refuses every endpoint with a code such as 334, 320, 319, 108 or 15004, for
// so long, or with 0 until AllowBinds. Endpoints that are online stay.
func (e *Edge) RefuseBinds(code int, d time.Duration) {
	e.set(func(f *faults) {
		f.bind, f.bindUntil = code, time.Time{}
		if d > 0 {
			f.bindUntil = time.Now().Add(d)
		}
	})
}

// AllowBinds ends RefuseBinds.
func (e *Edge) AllowBinds() { e.RefuseBinds(0, 0) }

// KeepStale makes endpoints stay bound for d after the connection of their agent broke.
// Until then another session gets 334 for them, callers get a 502, and the agent counts as
// one of MaxAgents. The agent itself, when it resumes its session, has them back at once.
// An agent that takes its leave keeps nothing. 0 ends it for the future.
func (e *Edge) KeepStale(d time.Duration) { e.set(func(f *faults) { f.stale = d }) }

// UsedUp makes the edge answer callers itself, with ERR_NGROK_727.
func (e *Edge) UsedUp(on bool) { e.set(func(f *faults) { f.usedUp = on }) }

// Interstitial makes the edge show a page of its own, with status 200, to callers that
// look like a browser and do not send ngrok-skip-browser-warning.
func (e *Edge) Interstitial(on bool) { e.set(func(f *faults) { f.interstitial = on }) }

// WrongCA makes the edge show agents, from their next connection on, a certificate that
// Roots does not vouch for, as a program that inspects TLS does.
func (e *Edge) WrongCA(on bool) error {
	other, err := newIdentity(nil)
	if !on {
		other = nil
	}
	e.set(func(f *faults) { f.inspected = other })
	return err
}

func (e *Edge) set(change func(*faults)) {
	e.mu.Lock()
	defer e.mu.Unlock()
	change(&e.faults)
}

// RefuseDials does how to agents that connect, until AllowDials. Those connected stay.
func (e *Edge) RefuseDials(how Dials) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.faults.dials = how
	switch {
	case e.closed:
		return errors.New("the edge has ended")
	case how == DialsRefused && e.agents != nil:
		err := e.agents.Close()
		e.agents = nil
		return err
	case how != DialsRefused && e.agents == nil:
		return e.reopen()
	default:
		return nil
	}
}

// AllowDials ends RefuseDials. Connections that are silent stay so until Thaw. The error
// is that somebody else took the port meanwhile.
func (e *Edge) AllowDials() error { return e.RefuseDials(DialsAnswered) }

// Drop cuts the connections of all agents.
func (e *Edge) Drop() {
	for _, l := range e.linksNow() {
		l.cut()
	}
}

// Freeze makes the connections of all agents silent in both directions. They stay open.
// New ones are not frozen.
func (e *Edge) Freeze() {
	for _, l := range e.linksNow() {
		l.freeze()
	}
}

// Thaw ends Freeze; nothing that was sent is lost. Agents whose session the edge has given
// up meanwhile are told by the end of their connection.
func (e *Edge) Thaw() {
	for _, l := range e.linksNow() {
		l.thaw()
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	maps.DeleteFunc(e.links, func(l *link, _ struct{}) bool { return l.over() })
}

func (e *Edge) linksNow() []*link {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Collect(maps.Keys(e.links))
}

// StopEndpoint takes every endpoint offline and tells its agent why, as the dashboard can.
// It does not wait for the agents to hear of it, which frozen ones do not.
func (e *Edge) StopEndpoint(code int) {
	e.mu.Lock()
	var stopped []*endpoint
	for _, at := range e.endpoints {
		if !at.session.over {
			stopped = append(stopped, at)
			e.unbind(at)
		}
	}
	e.mu.Unlock()
	for _, at := range stopped {
		e.run(func() {
			stream, err := at.session.mux.OpenTypedStream(streamStopBind)
			if err != nil {
				return // the agent has gone
			}
			defer func() { _ = stream.Close() }()
			_ = writeMessage(stream, stopBindMessage{
				ID: at.id, Message: "The endpoint was stopped.", ErrorCode: codeName(code),
			})
		})
	}
}

// StopAgent asks every agent to stop, as the dashboard can, and waits for their answers.
// The error is that of an agent that does not support it, refused or did not answer.
func (e *Edge) StopAgent(ctx context.Context) error {
	e.mu.Lock()
	all := e.live()
	e.mu.Unlock()
	var errs []error
	for _, s := range all {
		errs = append(errs, s.askToStop(ctx))
	}
	return errors.Join(errs...)
}

func (s *session) askToStop(ctx context.Context) error {
	if why := s.auth.Extra.StopUnsupportedError; why == nil || *why != "" {
		return errors.New("the agent does not support to be stopped")
	}
	stream, err := s.mux.OpenTypedStream(streamStop)
	if err != nil {
		return fmt.Errorf("reach the agent: %w", err)
	}
	defer func() { _ = stream.Close() }()
	// Only reads get a deadline: one on writes breaks a muxado session.
	defer context.AfterFunc(ctx, func() { _ = stream.SetReadDeadline(time.Now()) })()
	if err := writeMessage(stream, struct{}{}); err != nil {
		return fmt.Errorf("ask the agent: %w", err)
	}
	var answer errorMessage
	if readMessage(stream, &answer) != nil {
		return ctx.Err() // an agent that hangs up has stopped; its answer can get lost
	}
	if answer.Error != "" {
		return errors.New("the agent refused: " + answer.Error)
	}
	return nil
}
