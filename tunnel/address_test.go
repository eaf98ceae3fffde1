package tunnel

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"usher/tunnel/ngroktest"
)

// patience is how long a test waits for what should happen at once, or in milliseconds.
const patience = 10 * time.Second

func TestMain(m *testing.M) {
	var lingering []goleak.Option // of ngrok's SDK
	for _, function := range ngroktest.Lingering() {
		lingering = append(lingering, goleak.IgnoreAnyFunction(function))
	}
	goleak.VerifyTestMain(m, lingering...)
}

// testAddress is what every Address must do. reach makes, from its reports, a URL that
// leads to it on this computer.
func testAddress(t *testing.T, address Address, reach func(Report) string) {
	t.Run("comes online, brings requests to the handler, goes off", func(t *testing.T) {
		h := func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			_, _ = fmt.Fprint(w, r.Method, " ", r.URL.Path, " ", r.URL.RawQuery, " ", string(body))
		}
		run := start(t, address, http.HandlerFunc(h))
		online := run.waitOnline(t)
		if strings.HasSuffix(online.URL, "/") || online.URL == "" || online.Err != nil {
			t.Errorf("online with %+v", online)
		}
		got := run.post(t, reach(online)+"/any/path?access_key=k", "a body")
		if want := "POST /any/path access_key=k a body"; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
		run.stop(t)
		run.wantStates(t, Connecting, Online, Off)
		if _, err := net.Dial("tcp", hostOf(reach(online))); err == nil {
			t.Error("the address still answers")
		}
	})
	t.Run("runs again", func(t *testing.T) {
		for range 3 {
			run := start(t, address, sayHello())
			if got := run.post(t, reach(run.waitOnline(t)), ""); got != "hello" {
				t.Errorf("got %q", got)
			}
			run.stop(t)
		}
	})
	t.Run("does not come online for a context that has ended", func(t *testing.T) {
		run := start(t, address, sayHello(), endedBefore)
		run.stop(t)
		run.wantStates(t, Connecting, Off)
	})
	t.Run("answers the request that is running when it stops", func(t *testing.T) {
		inside, finish := make(chan context.Context, 1), make(chan struct{})
		run := start(t, address, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			inside <- r.Context()
			<-finish
			_, _ = io.WriteString(w, "in time")
		}))
		online := run.waitOnline(t)
		got := make(chan string)
		go func() { got <- run.post(t, reach(online), "") }()
		request := <-inside
		run.end()
		waitRefused(t, hostOf(reach(online)))
		if request.Err() != nil {
			t.Error("stopping ended the context of a running request")
		}
		if run.returned() {
			t.Error("Run returned while a request was running")
		}
		close(finish)
		if text := <-got; text != "in time" {
			t.Errorf("got %q", text)
		}
		run.stop(t)
		run.wantStates(t, Connecting, Online, Off)
	})
	t.Run("stops at once when connections are open that ask nothing", func(t *testing.T) {
		run := start(t, address, sayHello())
		url := reach(run.waitOnline(t))
		silent := dial(t, url)
		defer func() { _ = silent.Close() }()
		run.post(t, url, "") // its connection is kept, idle
		began := time.Now()
		run.stop(t)
		if took := time.Since(began); took > 2*time.Second {
			t.Errorf("took %v", took)
		}
	})
	t.Run("lets a panicking handler harm nobody else", func(t *testing.T) {
		run := start(t, address, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/panic" {
				panic(http.ErrAbortHandler)
			}
			_, _ = io.WriteString(w, "hello")
		}))
		url := reach(run.waitOnline(t))
		if got := run.post(t, url+"/panic", ""); got != "" {
			t.Errorf("got %q", got)
		}
		if got := run.post(t, url, ""); got != "hello" {
			t.Errorf("got %q", got)
		}
		run.stop(t)
	})
}

// running is an Address that runs, with a client of its own.
type running struct {
	end    context.CancelFunc
	client *http.Client
	done   chan struct{}
	err    error // of Run, when done

	mu      sync.Mutex
	reports []Report
	changed chan struct{}
}

func sayHello() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "hello") })
}

func endedBefore(r *running) { r.end() }

func start(t *testing.T, address Address, h http.Handler, before ...func(*running)) *running {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	transport := &http.Transport{}
	r := &running{
		end: cancel, client: &http.Client{Transport: transport, Timeout: patience},
		done: make(chan struct{}), changed: make(chan struct{}, 100),
	}
	for _, f := range before {
		f(r)
	}
	go func() {
		defer close(r.done)
		r.err = address.Run(ctx, h, r.report)
	}()
	t.Cleanup(func() {
		cancel()
		<-r.done
		transport.CloseIdleConnections()
	})
	return r
}

func (r *running) report(report Report) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.returned() {
		panic("a report after Run has returned")
	}
	r.reports = append(r.reports, report)
	r.changed <- struct{}{}
}

func (r *running) returned() bool {
	select {
	case <-r.done:
		return true
	default:
		return false
	}
}

func (r *running) waitOnline(t *testing.T) Report {
	t.Helper()
	late := time.After(patience)
	for {
		select {
		case <-r.changed:
		case <-late:
			t.Fatal("not online in time")
		}
		r.mu.Lock()
		last := r.reports[len(r.reports)-1]
		r.mu.Unlock()
		switch last.State {
		case Online:
			return last
		case Failed, Off:
			t.Fatalf("not online but %s: %v", last.State, last.Err)
		}
	}
}

// wantStates compares the states, of which one may be reported again with other particulars.
func (r *running) wantStates(t *testing.T, want ...State) {
	t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	var got []State
	for _, report := range r.reports {
		got = append(got, report.State)
	}
	got = slices.Compact(got)
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("states are %v, want %v", got, want)
	}
}

func (r *running) stop(t *testing.T) {
	t.Helper()
	r.end()
	r.waitOver(t)
	if r.err != nil {
		t.Errorf("Run: %v", r.err)
	}
}

func (r *running) waitOver(t *testing.T) {
	t.Helper()
	select {
	case <-r.done:
	case <-time.After(patience):
		t.Fatal("Run did not return in time")
	}
}

// post returns the answer's body, or nothing when there was none.
func (r *running) post(t *testing.T, url, body string) string {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		t.Error(err)
		return ""
	}
	response, err := r.client.Do(request)
	if err != nil {
		return ""
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Error(err)
	}
	return string(text)
}

func hostOf(url string) string {
	host, _, _ := strings.Cut(strings.TrimPrefix(url, "http://"), "/")
	return host
}

func dial(t *testing.T, url string) net.Conn {
	t.Helper()
	var d net.Dialer
	conn, err := d.DialContext(t.Context(), "tcp", hostOf(url))
	if err != nil {
		t.Fatal(err)
	}
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	return conn
}

// waitRefused waits until nothing listens at host any more.
func waitRefused(t *testing.T, host string) {
	t.Helper()
	var d net.Dialer
	for late := time.Now().Add(patience); time.Now().Before(late); {
		conn, err := d.DialContext(t.Context(), "tcp", host)
		if err != nil {
			return
		}
		_ = conn.Close()
	}
	t.Fatal("still accepts connections")
}

// send writes raw to a new connection and returns the answer's status, or 0 when the
// connection was closed without one.
func send(t *testing.T, url, raw string) int {
	t.Helper()
	conn := dial(t, url)
	defer func() { _ = conn.Close() }()
	if _, err := io.WriteString(conn, raw); err != nil && !errors.Is(err, net.ErrClosed) {
		t.Log(err) // the answer may come before all is sent
	}
	response, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		return 0
	}
	_ = response.Body.Close()
	return response.StatusCode
}
