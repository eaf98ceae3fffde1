// Package rest is the HTTP client for the sites and services Usher talks to. It is
// polite (few connections, bounded waiting, an honest User-Agent) and careful: it
// follows no redirects, keeps no cookies, bounds what it reads, refuses addresses
// inside private networks unless allowed, and its errors tell nothing but the host
// and what went wrong.
//
// Why not http.Client: following redirects, keeping cookies and printing URLs in
// errors are most of what it adds to a Transport, and none of them is wanted here.
package rest

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"runtime/debug"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"
)

// The limits used where Options say nothing.
const (
	defaultConns   = 2
	defaultTimeout = 60 * time.Second
	defaultBody    = 4 << 20

	connectTimeout = 10 * time.Second
	headerTimeout  = 45 * time.Second
	idleTimeout    = 30 * time.Second
	maxHeaders     = 64 << 10
)

// Options adjust a Client; the zero value is right for a public service over https.
type Options struct {
	// AllowPrivate permits connections to loopback and private addresses.
	AllowPrivate bool
	// AllowPlain permits http to public addresses. Without it http reaches private
	// addresses only, so that no secret crosses a public network in the open.
	AllowPlain bool
	// MaxConns is how many connections a host sees at a time; 0 means 2. Calls
	// beyond it wait.
	MaxConns int
	// Timeout bounds a whole call, waiting for a connection included; 0 means 60 s.
	Timeout time.Duration
	// MaxBody bounds an answer's body in bytes, after decompression; 0 means 4 MiB.
	MaxBody int64
	// Rate bounds how many requests are sent in any one second; 0 means any number.
	// Those beyond it wait, which Timeout does not count.
	Rate int
	// TLS replaces the system's certificate authorities.
	TLS *tls.Config
}

// Client sends requests. It is safe for concurrent use.
type Client struct {
	https, http *http.Transport
	agent       string
	pace        *rate.Limiter
	timeout     time.Duration
	maxBody     int64
}

// New returns a Client; Close it after its last call has returned.
func New(o Options) *Client {
	if o.MaxConns == 0 {
		o.MaxConns = defaultConns
	}
	if o.Timeout == 0 {
		o.Timeout = defaultTimeout
	}
	if o.MaxBody == 0 {
		o.MaxBody = defaultBody
	}
	return &Client{
		https:   transport(o, guard{private: o.AllowPrivate, public: true}),
		http:    transport(o, guard{private: o.AllowPrivate, public: o.AllowPlain}),
		agent:   agent(),
		pace:    pace(o.Rate),
		timeout: o.Timeout,
		maxBody: o.MaxBody,
	}
}

// transport sets no Proxy: a proxy would do the dialling, and the guard would see the
// proxy's address instead of the host's. A dialler of one's own also means HTTP/1.1,
// so that MaxConns bounds the requests in flight.
func transport(o Options, g guard) *http.Transport {
	dialer := &net.Dialer{Timeout: connectTimeout, ControlContext: g.control}
	return &http.Transport{
		DialContext:            dialer.DialContext,
		TLSClientConfig:        o.TLS,
		TLSHandshakeTimeout:    connectTimeout,
		ResponseHeaderTimeout:  headerTimeout,
		IdleConnTimeout:        idleTimeout,
		MaxConnsPerHost:        o.MaxConns,
		MaxIdleConnsPerHost:    o.MaxConns,
		MaxResponseHeaderBytes: maxHeaders,
	}
}

// pace lets half of a second's requests go at once and the other half spread out, so
// that no second, wherever it begins, sees more than all of them.
func pace(perSecond int) *rate.Limiter {
	if perSecond == 0 {
		return rate.NewLimiter(rate.Inf, 0)
	}
	burst := max(perSecond/2, 1)
	return rate.NewLimiter(rate.Limit(max(perSecond-burst, 1)), burst)
}

func agent() string {
	version := "devel"
	if info, ok := debug.ReadBuildInfo(); ok && strings.HasPrefix(info.Main.Version, "v") {
		version = info.Main.Version
	}
	return "Usher/" + version
}

// Close gives back the connections kept for later calls.
func (c *Client) Close() {
	c.https.CloseIdleConnections()
	c.http.CloseIdleConnections()
}

// Do sends req once and reads the whole answer, whatever its status.
//
// Errors: *RedirectError for every 3xx; ErrTooLarge, then with the answer cut at the
// limit; the Problems site.private_address and site.not_secure when the host's address
// is refused; the context's error when the caller gave up; otherwise *Error.
func (c *Client) Do(req *http.Request) (*Response, error) {
	parent := req.Context()
	if err := c.pace.Wait(parent); err != nil {
		return nil, c.failed(req, false, context.DeadlineExceeded) // now, or before its turn came
	}
	ctx, cancel := context.WithTimeout(parent, c.timeout)
	defer cancel()
	var connected atomic.Bool
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn: func(httptrace.GotConnInfo) { connected.Store(true) },
	})
	answer, err := c.send(req.Clone(ctx))
	var redirect *RedirectError
	switch {
	case err == nil, errors.Is(err, ErrTooLarge), errors.As(err, &redirect):
		return answer, err
	default:
		return nil, c.failed(req, connected.Load(), err)
	}
}

func (c *Client) failed(req *http.Request, connected bool, err error) error {
	if errors.Is(req.Context().Err(), context.Canceled) {
		return fmt.Errorf("%s %s: %w", req.Method, req.URL.Hostname(), context.Canceled)
	}
	return &Error{Method: req.Method, Host: req.URL.Hostname(), Connected: connected, Err: err}
}

func (c *Client) send(req *http.Request) (*Response, error) {
	transport := c.https
	if req.URL.Scheme == "http" {
		transport = c.http
	}
	req.Header.Set("User-Agent", c.agent)
	resp, err := transport.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode >= 300 && resp.StatusCode < 400 {
		return nil, redirectError(req.URL, resp)
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, c.maxBody+1))
	if err != nil {
		return nil, err
	}
	answer := &Response{Status: resp.StatusCode, Header: resp.Header, Body: body}
	if int64(len(body)) > c.maxBody {
		answer.Body = body[:c.maxBody]
		return answer, ErrTooLarge
	}
	return answer, nil
}

func redirectError(from *url.URL, resp *http.Response) *RedirectError {
	to, err := from.Parse(resp.Header.Get("Location"))
	if err != nil || resp.Header.Get("Location") == "" {
		to = nil
	}
	return &RedirectError{Status: resp.StatusCode, Location: to}
}
