package ngroktest

import (
	"cmp"
	"crypto/tls"
	"maps"
	"net"
	"slices"
	"time"

	"golang.ngrok.com/muxado/v2"
)

// session is an agent that is connected, or was and is stale.
type session struct {
	link *link
	mux  muxado.TypedStreamSession

	// What follows is guarded by Edge.mu.
	auth       authRequest
	id         string // empty until it is authenticated
	cookie     string
	over       bool      // the link has ended
	staleUntil time.Time // when over
}

// acceptAgents ends when listener is closed.
func (e *Edge) acceptAgents(listener net.Listener) {
	for {
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		e.admit(conn)
	}
}

func (e *Edge) admit(conn net.Conn) {
	e.mu.Lock()
	defer e.mu.Unlock()
	how, shown := e.faults.dials, cmp.Or(e.faults.inspected, e.identity)
	if e.closed || how == DialsRefused || how == DialsCut {
		_ = conn.Close()
		return
	}
	l := newLink(conn, cmp.Or(e.options.Patience, handshakePatience), how == DialsSilent)
	e.links[l] = struct{}{}
	e.runLocked(func() { e.serveAgent(l, shown.server()) })
}

// reopen opens the agents' port again. It is called with the lock held.
func (e *Edge) reopen() error {
	listener, err := listen(e.ctx, e.agentAddr)
	if err != nil {
		return err
	}
	e.agents = listener
	e.runLocked(func() { e.acceptAgents(listener) })
	return nil
}

// serveAgent answers an agent until its link ends.
func (e *Edge) serveAgent(l *link, config *tls.Config) {
	defer e.forget(l)
	conn := tls.Server(l, config)
	if conn.HandshakeContext(e.ctx) != nil {
		return
	}
	s := &session{link: l, mux: muxado.NewTypedStreamSession(muxado.Server(conn, &muxado.Config{}))}
	for {
		stream, err := s.mux.AcceptTypedStream()
		if err != nil {
			break
		}
		e.run(func() {
			defer func() { _ = stream.Close() }()
			e.answer(s, stream)
		})
	}
	_ = s.mux.Close() // a stream that broke while it was accepted leaves the session open
	_, leave, _ := s.mux.Wait()
	e.lose(s, leave != nil)
}

func (e *Edge) forget(l *link) {
	_ = l.Close()
	e.mu.Lock()
	defer e.mu.Unlock()
	if l.over() {
		delete(e.links, l)
	}
}

// lose ends a session whose link has ended. One that took its leave is never stale.
func (e *Edge) lose(s *session, tookLeave bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	s.over = true
	if e.faults.stale == 0 || tookLeave {
		e.remove(s)
	}
	s.staleUntil = time.Now().Add(e.faults.stale)
	e.tell()
}

// remove is called with the lock held.
func (e *Edge) remove(s *session) {
	for _, at := range e.endpoints {
		if at.session == s {
			e.unbind(at)
		}
	}
	delete(e.sessions, s)
	e.tell()
}

// unbind is called with the lock held.
func (e *Edge) unbind(at *endpoint) {
	delete(e.endpoints, at.host)
	e.runLocked(at.transport.CloseIdleConnections) // waits for a frozen link
	e.tell()
}

// sweep removes what is no longer stale. It is called with the lock held.
func (e *Edge) sweep() {
	for s := range maps.Clone(e.sessions) {
		if s.over && time.Now().After(s.staleUntil) {
			e.remove(s)
		}
	}
}

// live are the agents that are connected. It is called with the lock held.
func (e *Edge) live() []*session {
	return slices.DeleteFunc(slices.Collect(maps.Keys(e.sessions)), func(s *session) bool { return s.over })
}
