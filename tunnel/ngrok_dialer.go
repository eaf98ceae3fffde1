package tunnel

import (
	"context"
	"net"
	"net/netip"
	"sync"
	"time"
)

const (
	dialTime = 10 * time.Second
	dialSoon = 500 * time.Millisecond // between two attempts, doubled each time
	dialLate = 15 * time.Second
	// goodbye is for the SDK to tell ngrok that a session ends.
	goodbye = 250 * time.Millisecond
)

// ngrokDialer connects an SDK to its service. It tries until it succeeds, because after a
// failure the SDK sleeps for up to 30 seconds and nothing can wake it. And it remembers
// its connections, so that dead ones can be closed before the heartbeat notices.
type ngrokDialer struct {
	net    net.Dialer
	failed func(error) // told of each failure

	mu      sync.Mutex
	conns   map[*ngrokConn]struct{}
	closed  bool
	hurried func() // ends the attempt, or the wait for the next; nil while nobody dials
}

func newNgrokDialer(failed func(error)) *ngrokDialer {
	return &ngrokDialer{
		net: net.Dialer{Timeout: dialTime}, failed: failed,
		conns: map[*ngrokConn]struct{}{},
	}
}

// Dial implements ngrok.Dialer, which never calls it.
func (d *ngrokDialer) Dial(string, string) (net.Conn, error) { return nil, net.ErrClosed }

// DialContext implements ngrok.Dialer. Its only error is that ctx has ended or the dialer
// is closed.
func (d *ngrokDialer) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	defer d.setHurried(nil)
	for wait := dialSoon; ; wait = min(2*wait, dialLate) {
		attempt, end := context.WithCancel(ctx)
		d.setHurried(end)
		conn, err := d.net.DialContext(attempt, network, address)
		if err == nil {
			end()
			return d.keep(conn)
		}
		if attempt.Err() == nil {
			d.failed(err)
		}
		if !pause(attempt, wait) {
			wait = dialSoon / 2
		}
		end()
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
	}
}

func (d *ngrokDialer) setHurried(f func()) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.hurried = f
}

// hurry makes who dials try again at once. It says no when nobody does.
func (d *ngrokDialer) hurry() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.hurried == nil {
		return false
	}
	d.hurried()
	return true
}

func (d *ngrokDialer) keep(conn net.Conn) (net.Conn, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		_ = conn.Close()
		return nil, net.ErrClosed
	}
	c := &ngrokConn{Conn: conn, of: d, gone: make(chan struct{})}
	d.conns[c] = struct{}{}
	return c, nil
}

// open are the connections that are.
func (d *ngrokDialer) open() []*ngrokConn {
	d.mu.Lock()
	defer d.mu.Unlock()
	var all []*ngrokConn
	for c := range d.conns {
		all = append(all, c)
	}
	return all
}

// cut closes the connections from local addresses that are gone.
func (d *ngrokDialer) cut(gone func(local netip.Addr) bool) {
	for _, c := range d.open() {
		if local, ok := c.LocalAddr().(*net.TCPAddr); ok && gone(local.AddrPort().Addr().Unmap()) {
			_ = c.Close()
		}
	}
}

// close waits a moment for an SDK that was told to end to close its connections, closes
// the others, and allows no new ones.
func (d *ngrokDialer) close() {
	d.mu.Lock()
	d.closed = true
	d.mu.Unlock()
	late, done := time.After(goodbye), false
	for _, c := range d.open() {
		if !done {
			select {
			case <-c.gone:
			case <-late:
				done = true
			}
		}
		_ = c.Close()
	}
}

// ngrokConn is a connection that an ngrokDialer remembers until it is closed.
type ngrokConn struct {
	net.Conn
	of   *ngrokDialer
	gone chan struct{} // closed when it is
	once sync.Once
}

// Close implements net.Conn.
func (c *ngrokConn) Close() error {
	c.once.Do(func() {
		c.of.mu.Lock()
		delete(c.of.conns, c)
		c.of.mu.Unlock()
		close(c.gone)
	})
	return c.Conn.Close()
}
