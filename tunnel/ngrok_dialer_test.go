package tunnel

import (
	"errors"
	"net"
	"testing"
	"time"
)

func TestNgrokDialerCloses(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	d := newNgrokDialer(func(err error) { t.Errorf("failed: %v", err) })
	var conns []net.Conn
	for range 3 {
		conn, err := d.DialContext(t.Context(), "tcp", listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		conns = append(conns, conn)
	}
	if err := conns[0].Close(); err != nil { // and the others are left open
		t.Error(err)
	}
	began := time.Now()
	d.close()
	if took := time.Since(began); took < goodbye || took > goodbye+time.Second {
		t.Errorf("took %v", took)
	}
	for _, conn := range conns {
		if _, err := conn.Write([]byte("x")); !errors.Is(err, net.ErrClosed) {
			t.Errorf("a connection is open: %v", err)
		}
	}
	if _, err := d.DialContext(t.Context(), "tcp", listener.Addr().String()); !errors.Is(err, net.ErrClosed) {
		t.Errorf("a closed one dials: %v", err)
	}
	if d.hurry() {
		t.Error("nobody dials, and was hurried")
	}
}
