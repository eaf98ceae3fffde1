package ngroktest

import (
	"context"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httputil"
	"strings"
)

// endpoint is a host that an agent has online.
type endpoint struct {
	session   *session
	host      string
	id        string // of the bind
	proxy     *httputil.ReverseProxy
	transport *http.Transport
}

// newEndpoint gives each endpoint connections of its own, one proxy stream each, which are
// kept alive and used for whoever calls next.
func newEndpoint(s *session, host, id string) *endpoint {
	at := &endpoint{session: s, host: host, id: id}
	at.transport = &http.Transport{
		DialContext:         at.dial,
		MaxIdleConnsPerHost: 64, // less than the streams that muxado lets wait
		DisableCompression:  true,
	}
	at.proxy = &httputil.ReverseProxy{
		Rewrite:   forward,
		Transport: at.transport,
		ErrorLog:  log.New(io.Discard, "", 0), // the caller is told
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, _ error) {
			answerItself(w, 3004)
		},
	}
	return at
}

// dial opens a proxy stream. The caller it names is the first one to use it.
func (at *endpoint) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	stream, err := at.session.mux.OpenTypedStream(streamProxy)
	if err != nil {
		return nil, err
	}
	caller, _ := ctx.Value(callerKey{}).(string)
	if err := writeHeader(stream, proxyHeader{ID: at.id, ClientAddr: caller, Proto: "https", EdgeType: "3"}); err != nil {
		_ = stream.Close()
		return nil, err
	}
	return stream, nil
}

// callerKey is the context key of the caller's address.
type callerKey struct{}

// forward makes the agent's request of the caller's, with the headers of the real edge:
// for and proto are appended to what the caller says, host is left to it.
func forward(p *httputil.ProxyRequest) {
	p.Out.URL.Scheme, p.Out.URL.Host = "http", p.In.Host
	p.Out.URL.RawQuery = p.In.URL.RawQuery // as it came, parseable or not
	p.Out.Host = p.In.Host
	caller, _, _ := net.SplitHostPort(p.In.RemoteAddr)
	appendTo(p, "X-Forwarded-For", caller)
	appendTo(p, "X-Forwarded-Proto", "https")
	said := p.In.Header["X-Forwarded-Host"]
	if len(said) == 0 {
		said = []string{p.In.Host}
	}
	p.Out.Header["X-Forwarded-Host"] = said
}

func appendTo(p *httputil.ProxyRequest, name, value string) {
	p.Out.Header.Set(name, strings.Join(append(p.In.Header.Values(name), value), ", "))
}

// serveCaller answers a caller, mostly with what an agent says.
func (e *Edge) serveCaller(w http.ResponseWriter, r *http.Request) {
	if !e.enter() {
		return
	}
	defer e.work.Done()
	e.lag(r.Context())
	at, code := e.route(r)
	if code != 0 {
		answerItself(w, code)
		return
	}
	at.proxy.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), callerKey{}, r.RemoteAddr)))
}

// route is the endpoint a request goes to, or the code of what the edge answers itself.
func (e *Edge) route(r *http.Request) (*endpoint, int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.sweep()
	at := e.endpoints[hostOf(r)]
	switch {
	case e.faults.usedUp:
		return nil, 727
	case at == nil:
		return nil, 3200
	case at.session.over:
		return nil, 3004
	case e.faults.interstitial && looksLikeBrowser(r):
		return nil, 6024
	}
	e.seen.requests++
	e.tell()
	return at, 0
}

// statuses are those of the edge's own answers. Of 727 only the code is documented.
var statuses = map[int]int{
	727: http.StatusForbidden, 3004: http.StatusBadGateway, 3200: http.StatusNotFound, 6024: http.StatusOK,
}

func answerItself(w http.ResponseWriter, code int) {
	w.Header().Set("Ngrok-Error-Code", codeName(code))
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(statuses[code])
	_, _ = io.WriteString(w, "<!doctype html><title>ngrok</title>"+refusal(code, ""))
}

// hostOf is the host a request is for, without a port.
func hostOf(r *http.Request) string {
	if host, _, err := net.SplitHostPort(r.Host); err == nil {
		return strings.ToLower(host)
	}
	return strings.ToLower(r.Host)
}

func looksLikeBrowser(r *http.Request) bool {
	_, skips := r.Header["Ngrok-Skip-Browser-Warning"]
	return !skips && strings.HasPrefix(r.UserAgent(), "Mozilla/")
}
