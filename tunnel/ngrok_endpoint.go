package tunnel

import (
	"cmp"
	"context"
	"net"
	"sync"
	"time"

	"golang.ngrok.com/ngrok/v2"
)

// unbindTime is how long a stop waits for ngrok to say that the endpoint is offline. A
// link that takes longer counts as dead.
const unbindTime = time.Second

// ngrokEndpoint is the SDK's listener, made to end. That one's Close waits for connections
// nobody has accepted and then for ngrok's answer, both for ever on a dead link; and after
// the end of its session its Accept goes on waiting while the SDK sleeps.
type ngrokEndpoint struct {
	ngrok.EndpointListener
	session *ngrokSession
	arrived chan net.Conn
	broken  chan struct{} // closed when nothing can arrive any more
	err     error         // why, once broken is closed
	closing chan struct{}
	unbound chan struct{} // closed when ngrok has taken the endpoint offline
	once    sync.Once
}

func newNgrokEndpoint(s *ngrokSession, listener ngrok.EndpointListener) *ngrokEndpoint {
	e := &ngrokEndpoint{
		EndpointListener: listener, session: s,
		arrived: make(chan net.Conn), broken: make(chan struct{}),
		closing: make(chan struct{}), unbound: make(chan struct{}),
	}
	go e.pump()
	return e
}

// pump ends when the endpoint is closed, by either side, or its session has ended.
func (e *ngrokEndpoint) pump() {
	for {
		conn, err := e.EndpointListener.Accept()
		if err != nil {
			e.err = err
			close(e.broken)
			return
		}
		select {
		case e.arrived <- conn:
		case <-e.closing:
			_ = conn.Close()
		case <-e.session.link.Done():
			_ = conn.Close()
		}
	}
}

// stopInTime is to be called when the address shall stop. It ends the session when that
// takes longer than Address.Run promises, and returns with the session's end.
func (e *ngrokEndpoint) stopInTime() {
	over := e.session.link.Done()
	select {
	case <-e.unbound:
	case <-over:
		return
	case <-time.After(cmp.Or(e.session.of.unbind, unbindTime)):
		e.session.end(errDead)
		return
	}
	select {
	case <-over:
	case <-time.After(usual().grace):
		e.session.end(errDead) // somebody does not read an answer, and closing waits for it
	}
}

// link implements onLink.
func (e *ngrokEndpoint) link() context.Context { return e.session.link }

// Accept implements net.Listener.
func (e *ngrokEndpoint) Accept() (net.Conn, error) {
	select {
	case conn := <-e.arrived:
		return conn, nil
	case <-e.broken:
		return nil, e.err
	case <-e.closing:
		return nil, net.ErrClosed
	case <-e.session.link.Done():
		return nil, context.Cause(e.session.link)
	}
}

// Close implements net.Listener. It takes the endpoint offline and leaves the session.
func (e *ngrokEndpoint) Close() error {
	e.once.Do(func() {
		close(e.closing)
		if e.session.link.Err() != nil {
			return
		}
		go func() {
			_ = e.EndpointListener.Close()
			close(e.unbound)
		}()
	})
	select {
	case <-e.unbound:
	case <-e.session.link.Done():
	}
	return nil
}
