package ngroktest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"
	"golang.ngrok.com/ngrok/v2"
)

// patience is how long a test waits for what should happen at once, or in milliseconds.
const patience = 10 * time.Second

func TestMain(m *testing.M) {
	var lingering []goleak.Option
	for _, function := range Lingering() {
		lingering = append(lingering, goleak.IgnoreAnyFunction(function))
	}
	goleak.VerifyTestMain(m, lingering...)
}

// agent is the real SDK, connected to an edge.
type agent struct {
	ngrok.Agent
	events chan ngrok.Event
	life   context.Context
	end    context.CancelFunc
}

// newAgent is not connected yet. It disconnects with the test.
func newAgent(t *testing.T, e *Edge, options ...ngrok.AgentOption) *agent {
	t.Helper()
	a := &agent{events: make(chan ngrok.Event, 1000)}
	a.life, a.end = context.WithCancel(context.Background()) // t.Context ends before cleanups
	var err error
	a.Agent, err = ngrok.NewAgent(append([]ngrok.AgentOption{
		ngrok.WithAuthtoken(Token),
		ngrok.WithAgentConnectURL(e.Addr()),
		ngrok.WithAgentConnectCAs(e.Roots()),
		ngrok.WithLogger(slog.New(slog.DiscardHandler)),
		ngrok.WithEventHandler(func(event ngrok.Event) { a.events <- event }),
	}, options...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		a.end()
		_ = a.Disconnect()
	})
	return a
}

// disconnected waits until the agent is told that it is.
func (a *agent) disconnected(t *testing.T) {
	t.Helper()
	_ = a.reason(t)
}

// reason waits until the agent is told that it is disconnected, and returns why.
func (a *agent) reason(t *testing.T) error {
	t.Helper()
	late := time.After(patience)
	for {
		select {
		case event := <-a.events:
			if gone, is := event.(*ngrok.EventAgentDisconnected); is && gone.Error != nil {
				return gone.Error
			}
		case <-late:
			t.Fatal("the agent was not told that it is disconnected")
		}
	}
}

// beat waits for a heartbeat. Without one before it, the SDK's heartbeat time-out races
// with its logging in.
func (a *agent) beat(t *testing.T) {
	t.Helper()
	late := time.After(patience)
	for {
		select {
		case event := <-a.events:
			if _, is := event.(*ngrok.EventAgentHeartbeatReceived); is {
				return
			}
		case <-late:
			t.Fatal("no heartbeat")
		}
	}
}

// refused starts an agent that cannot connect, and returns the first error it is told.
func refused(t *testing.T, e *Edge, options ...ngrok.AgentOption) (*agent, error) {
	t.Helper()
	a := newAgent(t, e, options...)
	over := make(chan struct{})
	go func() {
		defer close(over)
		_ = a.Connect(a.life)
	}()
	t.Cleanup(func() {
		a.end()
		<-over
	})
	return a, a.reason(t)
}

// site is a handler that an agent has online.
type site struct {
	url    string
	served chan error // what Serve returned
}

// online serves h at the endpoint that options ask for, with the test's end as its own.
func (a *agent) online(t *testing.T, h http.HandlerFunc, options ...ngrok.EndpointOption) *site {
	t.Helper()
	listener, err := a.Listen(a.life, options...)
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: h}
	s := &site{url: listener.URL().String(), served: make(chan error, 1)}
	over := make(chan struct{})
	go func() {
		defer close(over)
		s.served <- server.Serve(listener)
	}()
	t.Cleanup(func() {
		a.end()
		_ = a.Disconnect()
		_ = server.Close()
		<-over
	})
	return s
}

func hello(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "hello") }

// answer is what a caller got.
type answer struct {
	status int
	code   string // the edge's own
	body   string
	header http.Header
}

// call asks for url with a body, or with GET when it has none, and header lines "Name: value".
func call(t *testing.T, caller *http.Client, url, body string, headers ...string) answer {
	t.Helper()
	method := http.MethodPost
	if body == "" {
		method = http.MethodGet
	}
	request, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range headers {
		name, value, _ := strings.Cut(line, ": ")
		request.Header.Add(name, value)
	}
	response, err := caller.Do(request)
	if err != nil {
		t.Error(err)
		return answer{}
	}
	defer func() { _ = response.Body.Close() }()
	var text bytes.Buffer
	if _, err := text.ReadFrom(response.Body); err != nil {
		t.Error(err)
	}
	return answer{response.StatusCode, response.Header.Get("Ngrok-Error-Code"), text.String(), response.Header}
}

func wantHello(t *testing.T, e *Edge, url string) {
	t.Helper()
	if got := call(t, e.Client(), url, ""); got.status != http.StatusOK || got.body != "hello" {
		t.Errorf("got %+v", got)
	}
}

func wantCode(t *testing.T, e *Edge, url string, status, code int) {
	t.Helper()
	want := fmt.Sprintf("ERR_NGROK_%d", code)
	if got := call(t, e.Client(), url, ""); got.status != status || got.code != want {
		t.Errorf("got %+v, want %d with %s", got, status, want)
	}
}

func soon(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	return ctx
}

func waitSessions(t *testing.T, e *Edge, n int) {
	t.Helper()
	if err := e.WaitSessions(soon(t), n); err != nil {
		t.Fatalf("%d sessions, not %d: %v", e.Sessions(), n, err)
	}
}

func waitOnline(t *testing.T, e *Edge) {
	t.Helper()
	if err := e.WaitOnline(soon(t), devDomain); err != nil {
		t.Fatalf("online are %v: %v", e.Online(), err)
	}
}

const (
	devDomain = "shop-owner.ngrok-free.dev"
	devURL    = "https://" + devDomain
)

// gate is a dialer that can be shut.
type gate struct {
	net.Dialer
	shut atomic.Bool
}

func (g *gate) set(open bool) { g.shut.Store(!open) }

func (g *gate) DialContext(ctx context.Context, network, addr string) (net.Conn, error) {
	if g.shut.Load() {
		return nil, errors.New("the gate is shut")
	}
	return g.Dialer.DialContext(ctx, network, addr)
}
