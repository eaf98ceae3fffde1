package tunnel

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"golang.ngrok.com/ngrok/v2"
)

// Why a session is ended from this side.
var (
	errRenew = errors.New("a new session is wanted")
	errDead  = errors.New("ngrok did not answer in time")
	errOver  = errors.New("the session is over")
)

// Between two attempts to bring the endpoint online.
const (
	bindSoon = 250 * time.Millisecond
	bindLate = 5 * time.Second
)

// ngrokSession is one agent with one endpoint. The SDK keeps it up by itself: it connects
// and binds again whenever the connection breaks.
//
// The SDK holds its agent's lock while it connects, calls event handlers under it, and
// ignores the contexts of most calls. So nothing here calls the agent from a handler, and
// what makes all its calls return is the end of link.
type ngrokSession struct {
	of     *ngrokRun
	agent  ngrok.Agent
	dialer *ngrokDialer
	// link is the life of the session. Its cause says why it ended.
	link context.Context
	end  context.CancelCauseFunc

	mu  sync.Mutex
	url string // of the endpoint, once it was online
	up  bool   // the endpoint is online, as far as known
}

func newNgrokSession(ctx context.Context, of *ngrokRun, token string) (*ngrokSession, error) {
	s := &ngrokSession{of: of}
	s.link, s.end = context.WithCancelCause(context.WithoutCancel(ctx)) // running requests outlive ctx
	s.dialer = newNgrokDialer(s.failed)
	options := []ngrok.AgentOption{
		ngrok.WithAuthtoken(token),
		ngrok.WithAgentMetadata("Usher"), // names it in the account's list of agents
		ngrok.WithDialer(s.dialer),
		ngrok.WithEventHandler(s.heed),
		ngrok.WithLogger(slog.New(slog.DiscardHandler)),
	}
	if of.Connect != "" {
		options = append(options, ngrok.WithAgentConnectURL(of.Connect))
	}
	if of.Roots != nil {
		options = append(options, ngrok.WithAgentConnectCAs(of.Roots))
	}
	var err error
	s.agent, err = ngrok.NewAgent(options...)
	if err != nil {
		s.end(errOver)
		return nil, fmt.Errorf("make an agent: %w", err)
	}
	return s, nil
}

// run serves h until ctx ends, or the session cannot or shall not go on.
func (s *ngrokSession) run(ctx context.Context, h http.Handler) error {
	defer s.close()
	listener, err := s.listen(ctx)
	if err != nil {
		return err
	}
	s.bound(strings.TrimRight(listener.URL().String(), "/"))
	endpoint := newNgrokEndpoint(s, listener)
	defer context.AfterFunc(ctx, endpoint.stopInTime)()
	err = serve(ctx, endpoint, h, usual())
	if cause := context.Cause(s.link); cause != nil {
		return cause
	}
	if err != nil {
		return stoppedReason(err)
	}
	return nil
}

// close ends the session for good. After a remote stop that matters: left alone, the SDK
// would bind the endpoint again at its next reconnect, with nobody to accept.
func (s *ngrokSession) close() {
	s.end(errOver)
	_ = s.agent.Disconnect()
	s.dialer.close()
}

// listen connects and brings the endpoint online, however long that takes.
func (s *ngrokSession) listen(ctx context.Context) (ngrok.EndpointListener, error) {
	stop := context.AfterFunc(ctx, func() { s.end(ctx.Err()) })
	defer stop()
	var options []ngrok.EndpointOption
	if s.of.URL != "" {
		options = append(options, ngrok.WithURL(s.of.URL))
	}
	for wait := bindSoon; ; wait = min(2*wait, bindLate) {
		listener, err := s.agent.Listen(s.link, options...)
		switch {
		case err == nil && stop():
			return listener, nil
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case s.link.Err() == nil:
			s.failed(err)
		}
		if !pause(s.link, wait) {
			return nil, context.Cause(s.link)
		}
	}
}

// heed is told by the SDK what happens.
func (s *ngrokSession) heed(event ngrok.Event) {
	switch event := event.(type) {
	case *ngrok.EventAgentConnectSucceeded:
		s.connected()
	case *ngrok.EventAgentDisconnected:
		s.mu.Lock()
		s.up = false
		s.mu.Unlock()
		if event.Error != nil { // without one the session ended as it was told to
			s.failed(event.Error)
		}
	}
}

// bound takes in that the endpoint is online for the first time.
func (s *ngrokSession) bound(url string) {
	s.mu.Lock()
	s.url = url
	s.mu.Unlock()
	s.connected()
}

// connected takes in that the endpoint is online again, once it has been bound. The first
// time the SDK says so it is not.
func (s *ngrokSession) connected() {
	s.mu.Lock()
	url := s.url
	s.up = url != ""
	s.mu.Unlock()
	if url != "" {
		s.of.conflict.over()
		s.of.news.online(s.link, url)
	}
}

// failed takes in why the session is not online at the moment, and ends it when only a
// person can help.
func (s *ngrokSession) failed(err error) {
	reason, final := ngrokReason(err)
	if reason.code == inUse {
		final = s.of.conflict.lasts(s.of.Grace)
	}
	if final {
		s.end(reason)
		return
	}
	s.of.news.down(s.link, reason)
}

// nudge makes the session look at its connection at once.
func (s *ngrokSession) nudge(n nudge) {
	s.mu.Lock()
	up := s.up
	s.mu.Unlock()
	switch {
	case n.renew:
		s.end(errRenew)
	case s.dialer.hurry():
	case up:
		s.dialer.cut(n.gone) // the SDK connects again at once
	default:
		s.end(errRenew) // the SDK sleeps, or waits on a link that may be dead
	}
}
