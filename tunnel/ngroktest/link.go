package ngroktest

import (
	"net"
	"sync"
	"time"
)

// link is an agent's TCP connection, which can be frozen: it stays open, and what is sent
// or has arrived waits. A link that nothing is read from for its patience is closed.
type link struct {
	net.Conn
	alarm *time.Timer

	mu       sync.Mutex
	moved    *sync.Cond
	patience time.Duration
	frozen   bool
	closed   bool
}

func newLink(conn net.Conn, patience time.Duration, frozen bool) *link {
	l := &link{Conn: conn, patience: patience, frozen: frozen}
	l.moved = sync.NewCond(&l.mu)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.alarm = time.AfterFunc(l.patience, func() { _ = l.Close() })
	return l
}

// setPatience sets how long the link may be silent, from now on.
func (l *link) setPatience(d time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.patience = d
	if !l.closed {
		l.alarm.Reset(d)
	}
}

// Read implements net.Conn.
func (l *link) Read(p []byte) (int, error) {
	n, err := l.Conn.Read(p)
	if stop := l.waitOpen(true); stop != nil {
		return 0, stop
	}
	return n, err
}

// Write implements net.Conn.
func (l *link) Write(p []byte) (int, error) {
	if stop := l.waitOpen(false); stop != nil {
		return 0, stop
	}
	return l.Conn.Write(p)
}

// waitOpen waits while the link is frozen.
func (l *link) waitOpen(heard bool) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	for l.frozen && !l.closed {
		l.moved.Wait()
	}
	if l.closed {
		return net.ErrClosed
	}
	if heard {
		l.alarm.Reset(l.patience)
	}
	return nil
}

// Close implements net.Conn. The agent of a frozen link notices when it thaws.
func (l *link) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.stop()
	if l.frozen {
		return l.SetReadDeadline(time.Now()) // ends Read without a sign to the agent
	}
	return l.Conn.Close()
}

// cut closes the TCP connection, frozen or not.
func (l *link) cut() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.stop()
	l.frozen = false
	_ = l.Conn.Close()
}

func (l *link) freeze() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.frozen = true
}

func (l *link) thaw() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.frozen = false
	l.moved.Broadcast()
	if l.closed {
		_ = l.Conn.Close()
	}
}

// over says that nothing is left of the link.
func (l *link) over() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.closed && !l.frozen
}

// stop is called with the lock held.
func (l *link) stop() {
	l.closed = true
	l.alarm.Stop()
	l.moved.Broadcast()
}
