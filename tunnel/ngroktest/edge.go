// Package ngroktest is an ngrok edge for tests, on this computer. The real SDK connects to
// it as an agent, and callers reach what the agent serves through the edge's public side.
//
//	edge := ngroktest.Start(t, ngroktest.Options{})
//	agent, err := ngrok.NewAgent(
//		ngrok.WithAuthtoken(ngroktest.Token),
//		ngrok.WithAgentConnectURL(edge.Addr()), ngrok.WithAgentConnectCAs(edge.Roots()))
//	listener, err := agent.Listen(ctx) // https://shop-owner.ngrok-free.dev
//	response, err := edge.Client().Get(listener.URL().String())
//
// It is one account of the free plan. What it cannot tell: how the real service takes over
// sessions, which heartbeats and client versions it refuses, and what its traffic policy
// engine does with a policy. The protocol is that of golang.ngrok.com/ngrok/v2 v2.4.0.
package ngroktest

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"log"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"
)

// Token is a well-formed authtoken, which every edge accepts unless Options.Tokens says
// otherwise.
const Token = "2fakeFakeFakeFakeFakeFakeFak_1FakeFakeFakeFakeFakeF" //nolint:gosec // G101: nothing accepts it but an Edge

// Options is what the account behind an edge is like.
type Options struct {
	// Tokens are the authtokens of the account. Empty means every well-formed one.
	Tokens []string
	// DevDomain is what an endpoint without a URL gets. Empty means
	// "shop-owner.ngrok-free.dev".
	DevDomain string
	// Domains are the other domains of the account. All others belong to somebody else.
	Domains []string
	// MaxAgents is how many agents may be connected, stale ones included. 0 means 3.
	MaxAgents int
	// Patience is how long a silent link is kept before its session is given up. 0 means
	// what the agent says in its heartbeat settings, by default 25 seconds.
	Patience time.Duration
	// Latency is the time before each answer to an agent and before each caller's request.
	Latency time.Duration
}

// Limits of the edge itself.
const (
	handshakePatience = 10 * time.Second // for an agent to say who it is
	maxMessage        = 1 << 20          // bytes of one message of an agent
	maxHeader         = 1 << 20          // bytes of a caller's header, as at the real edge
	callerIdle        = 5 * time.Minute  // as at the real edge
)

// Edge is a running edge. Its methods may be called from any goroutine.
type Edge struct {
	options   Options
	identity  *identity
	agentAddr string
	public    *http.Server
	callers   net.Listener

	ctx  context.Context // ends with the edge
	end  context.CancelFunc
	work sync.WaitGroup // entered through run and enter only

	mu        sync.Mutex
	closed    bool
	changed   chan struct{} // closed and replaced with every change of what follows
	agents    net.Listener  // nil while the port is closed
	links     map[*link]struct{}
	sessions  map[*session]struct{} // authenticated ones
	endpoints map[string]*endpoint  // by host
	seen      seen
	faults    faults
	serial    int // of ids
}

// Start starts an edge that ends with the test.
func Start(tb testing.TB, o Options) *Edge {
	tb.Helper()
	e, err := start(tb.Context(), o)
	if err != nil {
		tb.Fatalf("ngroktest: %v", err)
	}
	tb.Cleanup(e.close)
	return e
}

func start(ctx context.Context, o Options) (*Edge, error) {
	if o.DevDomain == "" {
		o.DevDomain = "shop-owner.ngrok-free.dev"
	}
	if o.MaxAgents == 0 {
		o.MaxAgents = 3
	}
	own, err := newIdentity(append([]string{o.DevDomain}, o.Domains...))
	if err != nil {
		return nil, err
	}
	agents, err := listen(ctx, loopback)
	if err != nil {
		return nil, err
	}
	callers, err := listen(ctx, loopback)
	if err != nil {
		_ = agents.Close()
		return nil, err
	}
	e := &Edge{
		options: o, identity: own, agentAddr: agents.Addr().String(), callers: callers, agents: agents,
		changed: make(chan struct{}), links: map[*link]struct{}{},
		sessions: map[*session]struct{}{}, endpoints: map[string]*endpoint{},
	}
	e.ctx, e.end = context.WithCancel(context.WithoutCancel(ctx)) // a test's context ends before its cleanups run
	e.public = &http.Server{
		Handler:           http.HandlerFunc(e.serveCaller),
		MaxHeaderBytes:    maxHeader,
		ReadHeaderTimeout: time.Minute,
		IdleTimeout:       callerIdle,
		BaseContext:       func(net.Listener) context.Context { return e.ctx },
		ErrorLog:          log.New(io.Discard, "", 0), // callers that hang up
	}
	e.run(func() { e.acceptAgents(agents) })
	e.run(func() { _ = e.public.Serve(tls.NewListener(callers, e.identity.server())) })
	return e, nil
}

// close ends everything and waits for it.
func (e *Edge) close() {
	e.mu.Lock()
	e.closed = true
	agents := e.agents
	for l := range e.links {
		l.cut()
	}
	e.mu.Unlock()

	e.end()
	if agents != nil {
		_ = agents.Close()
	}
	_ = e.public.Close()
	e.work.Wait()
}

// enter counts the caller as work that close waits for, until it calls e.work.Done. It
// says no when the edge has ended.
func (e *Edge) enter() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	if !e.closed {
		e.work.Add(1)
	}
	return !e.closed
}

// run runs f in a goroutine that close waits for, or not at all when the edge has ended.
func (e *Edge) run(f func()) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.runLocked(f)
}

// runLocked is run for those who hold the lock.
func (e *Edge) runLocked(f func()) {
	if !e.closed {
		e.work.Go(f)
	}
}

// lag waits as long as the latency is.
func (e *Edge) lag(ctx context.Context) {
	if e.options.Latency == 0 {
		return
	}
	timer := time.NewTimer(e.options.Latency)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// Addr is where agents connect, host:port.
func (e *Edge) Addr() string { return e.agentAddr }

// PublicAddr is where callers connect with TLS, host:port. The host they want is the one
// of the request.
func (e *Edge) PublicAddr() string { return e.callers.Addr().String() }

// Roots are the certificates that agents and callers trust.
func (e *Edge) Roots() *x509.CertPool { return e.identity.roots() }

// RootsPEM is Roots for another program.
func (e *Edge) RootsPEM() []byte { return e.identity.pem() }

// Client is a new caller from outside with connections of its own. Whatever host and port
// it is asked for, it connects to PublicAddr. It waits 30 seconds for an answer. Its idle
// connections end with the edge.
func (e *Edge) Client() *http.Client {
	var dialer net.Dialer
	transport := &http.Transport{
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return dialer.DialContext(ctx, network, e.PublicAddr())
		},
		TLSClientConfig: &tls.Config{RootCAs: e.Roots(), MinVersion: tls.VersionTLS12},
	}
	return &http.Client{Transport: transport, Timeout: 30 * time.Second}
}

const loopback = "127.0.0.1:0"

func listen(ctx context.Context, addr string) (net.Listener, error) {
	var config net.ListenConfig
	return config.Listen(ctx, "tcp", addr)
}
