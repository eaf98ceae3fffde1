package tunnel

import (
	"net"
	"net/http"
	"sync"
	"time"
)

// gate is a listener with so many places for connections. When all are taken, the next
// caller waits in the system's queue; to make room, idle connections are closed at once
// and busy ones after their answer. So neither idle nor silent connections can lock a
// webhook out: the silent ones end with the header's time-out.
//
// A place is taken from Accept until the connection's goroutine ends, so that an empty
// gate means that no handler runs.
type gate struct {
	net.Listener
	keepAlives func(bool) // http.Server.SetKeepAlivesEnabled; false also closes the idle ones

	places chan struct{} // one token for each place taken
	closed chan struct{}
	once   sync.Once

	mu     sync.Mutex
	silent map[net.Conn]struct{} // connections that have not sent a byte
}

func newGate(listener net.Listener, places int) *gate {
	return &gate{
		Listener: listener,
		places:   make(chan struct{}, places),
		closed:   make(chan struct{}),
		silent:   map[net.Conn]struct{}{},
	}
}

// Accept implements net.Listener.
func (g *gate) Accept() (net.Conn, error) {
	select {
	case g.places <- struct{}{}:
	default:
		g.keepAlives(false)
		select {
		case g.places <- struct{}{}:
			g.keepAlives(true)
		case <-g.closed:
			return nil, net.ErrClosed
		}
	}
	conn, err := g.Listener.Accept()
	if err != nil {
		<-g.places
	}
	return conn, err
}

// Close implements net.Listener.
func (g *gate) Close() error {
	g.once.Do(func() { close(g.closed) })
	return g.Listener.Close()
}

// watch is the server's ConnState. The server calls it with StateNew for each accepted
// connection, and with StateClosed or StateHijacked when its goroutine has ended.
func (g *gate) watch(conn net.Conn, state http.ConnState) {
	g.mu.Lock()
	if state == http.StateNew {
		g.silent[conn] = struct{}{}
	} else {
		delete(g.silent, conn)
	}
	g.mu.Unlock()
	if state == http.StateClosed || state == http.StateHijacked {
		<-g.places
	}
}

// dropSilent closes the connections that have asked nothing yet; Shutdown would wait
// five seconds for them.
func (g *gate) dropSilent() {
	g.mu.Lock()
	defer g.mu.Unlock()
	for conn := range g.silent {
		_ = conn.Close()
	}
}

// waitEmpty waits until nobody is inside, but not longer than limit.
func (g *gate) waitEmpty(limit time.Duration) {
	late := time.NewTimer(limit)
	defer late.Stop()
	for range cap(g.places) {
		select {
		case g.places <- struct{}{}:
		case <-late.C:
			return
		}
	}
}
