package tunnel

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// limited is an Address that serves with limits of its own.
type limited struct{ limits }

func (a limited) Run(ctx context.Context, h http.Handler, report func(Report)) error {
	report(Report{State: Connecting})
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	report(Report{State: Online, URL: "http://" + listener.Addr().String()})
	return serve(ctx, listener, h, a.limits)
}

// startLimited starts an address with usual limits, changed by change.
func startLimited(t *testing.T, h http.Handler, change func(*limits)) (*running, string) {
	t.Helper()
	lim := usual()
	change(&lim)
	run := start(t, limited{lim}, h)
	return run, run.waitOnline(t).URL
}

const stuck = time.Minute // longer than any test may take

func TestStoppingWithStuckHandlers(t *testing.T) {
	t.Run("cuts one that heeds its context after the grace, and waits for it", func(t *testing.T) {
		inside, left := make(chan struct{}), false
		run, url := startLimited(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			close(inside)
			<-r.Context().Done()
			left = true
		}), func(l *limits) { l.grace, l.last = 50*time.Millisecond, stuck })
		conn := dial(t, url) // half a body, so that net/http does not notice the cut by itself
		defer func() { _ = conn.Close() }()
		if _, err := io.WriteString(conn, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nhalf"); err != nil {
			t.Fatal(err)
		}
		<-inside
		began := time.Now()
		run.stop(t)
		if took := time.Since(began); took < 50*time.Millisecond || !left {
			t.Errorf("returned after %v, handler ended: %v", took, left)
		}
	})
	t.Run("leaves behind one that heeds nothing", func(t *testing.T) {
		inside, release := make(chan struct{}), make(chan struct{})
		run, url := startLimited(t, http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
			close(inside)
			<-release
		}), func(l *limits) { l.grace, l.last = 20*time.Millisecond, 20*time.Millisecond })
		go run.post(t, url, "")
		<-inside
		began := time.Now()
		run.stop(t)
		if took := time.Since(began); took > 2*time.Second {
			t.Errorf("took %v", took)
		}
		close(release)
	})
	t.Run("has time for the door's slowest answer and for the program to end in ten seconds", func(t *testing.T) {
		if lim := usual(); lim.grace != 5*time.Second || lim.grace+lim.last > 6*time.Second {
			t.Errorf("limits are %+v", lim)
		}
	})
}

func TestLimits(t *testing.T) {
	t.Run("a header may have 16 KiB", func(t *testing.T) {
		run := start(t, Local{}, sayHello())
		url := run.waitOnline(t).URL
		for size, want := range map[int]int{15 << 10: http.StatusOK, 17 << 10: http.StatusRequestHeaderFieldsTooLarge} {
			raw := "GET / HTTP/1.1\r\nHost: localhost\r\nX-Long: " + strings.Repeat("x", size) + "\r\n\r\n"
			if got := send(t, url, raw); got != want {
				t.Errorf("%d bytes: got %d, want %d", size, got, want)
			}
		}
		run.stop(t)
	})
	t.Run("a connection that says nothing is closed", func(t *testing.T) {
		_, url := startLimited(t, sayHello(), func(l *limits) { l.header, l.request = 30*time.Millisecond, stuck })
		if got := send(t, url, ""); got != 0 {
			t.Errorf("got %d", got)
		}
	})
	t.Run("a header that does not end is cut", func(t *testing.T) {
		_, url := startLimited(t, sayHello(), func(l *limits) { l.header, l.request = 30*time.Millisecond, stuck })
		if got := send(t, url, "GET / HTTP/1.1\r\nHost: x\r\n"); got == http.StatusOK {
			t.Errorf("got %d", got)
		}
	})
	t.Run("a body that does not end is cut", func(t *testing.T) {
		h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if _, err := io.ReadAll(r.Body); err != nil {
				w.WriteHeader(http.StatusRequestTimeout)
			}
		})
		_, url := startLimited(t, h, func(l *limits) { l.request = 30 * time.Millisecond })
		if got := send(t, url, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nhalf"); got != http.StatusRequestTimeout {
			t.Errorf("got %d", got)
		}
	})
	t.Run("an idle connection is closed", func(t *testing.T) {
		_, url := startLimited(t, sayHello(), func(l *limits) { l.request, l.idle = stuck, 30*time.Millisecond })
		conn := dial(t, url)
		defer func() { _ = conn.Close() }()
		if _, err := io.WriteString(conn, "GET / HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
			t.Fatal(err)
		}
		if text, err := io.ReadAll(conn); err != nil || !strings.HasSuffix(string(text), "hello") {
			t.Errorf("got %q, %v", text, err)
		}
	})
}

func TestConnectionsAreBounded(t *testing.T) {
	t.Run("idle ones make room at once, and later ones are kept again", func(t *testing.T) {
		run, url := startLimited(t, sayHello(), func(l *limits) { l.connections, l.idle = 3, stuck })
		var open []net.Conn
		for range 10 {
			conn := dial(t, url)
			open = append(open, conn)
			ask(t, conn)
		}
		if got := run.post(t, url, ""); got != "hello" {
			t.Errorf("got %q", got)
		}
		for _, conn := range open {
			_ = conn.Close()
		}
		run.client.CloseIdleConnections()
		for kept, late := false, time.Now().Add(patience); !kept; {
			conn := dial(t, url)
			kept = !ask(t, conn).Close
			_ = conn.Close()
			if time.Now().After(late) {
				t.Fatal("every answer says that its connection is closed")
			}
		}
		run.stop(t)
	})
	t.Run("silent ones make room when the header's time is up", func(t *testing.T) {
		run, url := startLimited(t, sayHello(), func(l *limits) { l.connections, l.header = 3, 50*time.Millisecond })
		for range 6 {
			conn := dial(t, url)
			defer func() { _ = conn.Close() }()
		}
		if got := run.post(t, url, ""); got != "hello" {
			t.Errorf("got %q", got)
		}
		run.stop(t)
	})
	t.Run("busy ones make the next wait its turn, and then make room", func(t *testing.T) {
		const places = 3
		arrived, release := make(chan struct{}, 100), make(chan struct{})
		run, url := startLimited(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			arrived <- struct{}{}
			<-release
			_, _ = io.WriteString(w, "hello")
		}), func(l *limits) { l.connections, l.idle = places, stuck })
		answers := make(chan string)
		for range 3 * places {
			go func() { answers <- run.post(t, url, "") }()
		}
		for range places {
			<-arrived
		}
		select {
		case <-arrived:
			t.Errorf("more than %d requests run at once", places)
		case <-time.After(50 * time.Millisecond):
		}
		close(release)
		for range 3 * places {
			if got := <-answers; got != "hello" {
				t.Errorf("got %q", got)
			}
		}
		run.stop(t)
	})
	t.Run("stopping does not wait for a place", func(t *testing.T) {
		inside, release := make(chan struct{}), make(chan struct{})
		run, url := startLimited(t, http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
			close(inside)
			<-release
		}), func(l *limits) { l.connections, l.grace, l.last = 1, 10*time.Millisecond, 10*time.Millisecond })
		go run.post(t, url, "")
		<-inside
		run.stop(t)
		close(release)
	})
}

func TestListenerThatBreaksIsAnError(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	if err := serve(t.Context(), listener, sayHello(), usual()); err == nil {
		t.Error("got no error")
	}
}

// ask sends a request on conn and returns the answer, without its body.
func ask(t *testing.T, conn net.Conn) *http.Response {
	t.Helper()
	if _, err := io.WriteString(conn, "GET / HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	response, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	_ = response.Body.Close()
	return response
}
