package authorise

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	"unicode"
	"unicode/utf8"

	"usher/core"
)

const (
	patience   = 10 * time.Minute // for a person to find their password, log in and read
	lastLook   = 2 * time.Second  // for the browser to fetch its last page
	longest    = 4 << 10          // of a call-back's query, in bytes
	longestWay = 500              // of each value in it
	headerWait = 5 * time.Second
	maxHeaders = 32 << 10 // 127.0.0.1's cookies come along, whoever set them
)

// Grant is what an owner gave.
type Grant struct {
	User     string // the login of the account the browser was logged in with
	Password core.Secret
}

// Request is one question to the owner of a site. It holds a port on 127.0.0.1 until
// Wait or Close.
type Request struct {
	page     *url.URL
	name     string
	listener net.Listener
	host     string // as the browser must call it
	path     string // random
	state    string // random
	patience time.Duration

	used    atomic.Bool   // an answer was taken
	answers chan answer   // 1 slot
	decided chan struct{} // closed when outcome stands
	outcome error
	shown   chan struct{} // 1 slot: the browser has the last page
}

type answer struct {
	grant Grant
	err   error
}

// Begin prepares to ask the owner of the site with this authorise page. The name is what
// the password will be called.
func Begin(ctx context.Context, page, name string) (*Request, error) {
	u, err := parsePage(page)
	if err != nil {
		return nil, err
	}
	var lc net.ListenConfig
	listener, err := lc.Listen(ctx, "tcp4", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listen for the site's answer: %w", err)
	}
	return &Request{
		page: u, name: name, listener: listener, host: listener.Addr().String(),
		path: "/" + rand.Text(), state: rand.Text(), patience: patience,
		answers: make(chan answer, 1), decided: make(chan struct{}), shown: make(chan struct{}, 1),
	}, nil
}

// URL is the page the person is to open, in a browser on this computer.
func (r *Request) URL() string {
	back := url.URL{Scheme: "http", Host: r.host, Path: r.path}
	callback := func(query url.Values) []string {
		back.RawQuery = query.Encode()
		return []string{back.String()}
	}
	return withQuery(r.page, url.Values{
		"app_name":    {r.name},
		"success_url": callback(url.Values{"state": {r.state}}),
		"reject_url":  callback(url.Values{"state": {r.state}, "success": {"false"}}),
	})
}

// Close gives the port back. After Wait it does nothing.
func (r *Request) Close() { _ = r.listener.Close() }

// Wait waits ten minutes for the owner's answer, hands what they granted to use and
// returns use's error: the browser's last page tells the person the same. Use is called
// once at most.
//
// Besides that: site.not_authorised when the owner refused, site.not_answered when nobody
// came, site.other_answered when another site answered, and the context's own error.
func (r *Request) Wait(ctx context.Context, use func(context.Context, Grant) error) error {
	server := &http.Server{
		Handler: r, ErrorLog: log.New(io.Discard, "", 0), // it quotes requests
		ReadHeaderTimeout: headerWait, MaxHeaderBytes: maxHeaders,
	}
	server.SetKeepAlivesEnabled(false)
	var running sync.WaitGroup
	defer running.Wait()
	defer func() { _ = server.Close() }()
	running.Go(func() { _ = server.Serve(r.listener) }) // it ends by being closed

	taken, err := r.await(ctx)
	if err != nil {
		return err
	}
	if err = taken.err; err == nil {
		err = use(ctx, taken.grant)
	}
	r.outcome = err
	close(r.decided)
	r.bow(ctx, server)
	return err
}

func (r *Request) await(ctx context.Context) (answer, error) {
	timer := time.NewTimer(r.patience)
	defer timer.Stop()
	select {
	case a := <-r.answers:
		return a, nil
	case <-timer.C:
		return answer{}, core.NewProblem("site.not_answered", nil)
	case <-ctx.Done():
		return answer{}, ctx.Err()
	}
}

// bow gives the browser a moment to fetch its last page.
func (r *Request) bow(ctx context.Context, server *http.Server) {
	ctx, cancel := context.WithTimeout(ctx, lastLook)
	defer cancel()
	select {
	case <-r.shown:
	case <-ctx.Done():
	}
	_ = server.Shutdown(ctx) // Wait closes what is left
}

// ServeHTTP implements http.Handler. Only the call-back with the right state changes
// anything, and that once.
func (r *Request) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	switch {
	case req.Host != r.host: // another name for this computer, such as one an attacker's DNS gives
		write(w, http.StatusForbidden, stranger)
	case req.Method != http.MethodGet:
		w.Header().Set("Allow", http.MethodGet)
		write(w, http.StatusMethodNotAllowed, stranger)
	case req.URL.Path == r.path+donePath:
		r.last(w, req)
	case req.URL.Path == r.path:
		r.callback(w, req)
	default:
		write(w, http.StatusNotFound, stranger)
	}
}

const donePath = "/done"

// callback takes the answer and sends the browser on to a page without it, so that the
// password does not stay in the address bar and the history.
func (r *Request) callback(w http.ResponseWriter, req *http.Request) {
	query, err := url.ParseQuery(req.URL.RawQuery)
	switch {
	case len(req.URL.RawQuery) > longest || err != nil:
		write(w, http.StatusBadRequest, stranger)
		return
	case subtle.ConstantTimeCompare([]byte(query.Get("state")), []byte(r.state)) != 1:
		write(w, http.StatusForbidden, stranger)
		return
	case !r.used.CompareAndSwap(false, true):
		write(w, http.StatusGone, again)
		return
	}
	r.answers <- r.read(query)
	harden(w)
	w.Header().Set("Location", r.path+donePath)
	w.WriteHeader(http.StatusSeeOther)
}

// read understands a call-back whose state is right.
func (r *Request) read(query url.Values) answer {
	if query.Get("success") == "false" {
		return answer{err: core.NewProblem("site.not_authorised", nil)}
	}
	site, user, password := query.Get("site_url"), query.Get("user_login"), query.Get("password")
	switch {
	case !plausible(site) || !plausible(user) || !plausible(password):
		return answer{err: core.NewProblem("site.not_authorised", errors.New("the answer is not complete"))}
	case !sameSite(site, r.page):
		return answer{err: core.NewProblem("site.other_answered", nil).About(hostOf(site))}
	}
	return answer{grant: Grant{User: user, Password: core.NewSecret(password)}}
}

func plausible(text string) bool {
	return text != "" && len(text) <= longestWay && utf8.ValidString(text) && !strings.ContainsFunc(text, unicode.IsControl)
}

func hostOf(site string) string {
	u, err := url.Parse(site)
	if err != nil {
		return ""
	}
	return u.Host
}

// last shows how it ended, once that is known.
func (r *Request) last(w http.ResponseWriter, req *http.Request) {
	if !r.used.Load() {
		write(w, http.StatusNotFound, stranger)
		return
	}
	select {
	case <-r.decided:
	case <-req.Context().Done():
		return
	}
	write(w, http.StatusOK, ending(r.outcome, r.page.Hostname()))
	select {
	case r.shown <- struct{}{}:
	default:
	}
}
