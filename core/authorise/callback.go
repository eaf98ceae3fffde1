package authorise

import (
	"context"
	"crypto/subtle"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/url"
	"path"
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
	headerWait = 5 * time.Second
	maxHeaders = 32 << 10 // 127.0.0.1's cookies come along, whoever set them
)

// callback waits for a browser to come back, once, from a page elsewhere with what its
// owner granted there. It holds a port on this computer until wait or Close.
type callback[G any] struct {
	listener net.Listener
	host     string // as the browser must call it
	path     string
	state    string // random; nobody else knows it
	partner  string // who grants, for people
	late     string // the Problem's code when nobody came
	patience time.Duration
	// understand reads a call-back whose state is right.
	understand func(url.Values) answer[G]

	used    atomic.Bool    // an answer was taken
	answers chan answer[G] // 1 slot
	decided chan struct{}  // closed when outcome stands
	outcome error
	shown   chan struct{} // 1 slot: the browser has the last page
}

type answer[G any] struct {
	grant G
	err   error
}

// listen opens the port at an address, host:port, of this computer.
func (c *callback[G]) listen(ctx context.Context, address string) error {
	var lc net.ListenConfig
	listener, err := lc.Listen(ctx, "tcp", address)
	if err != nil {
		return fmt.Errorf("listen for the browser: %w", err)
	}
	c.listener, c.patience = listener, patience
	c.answers, c.decided, c.shown = make(chan answer[G], 1), make(chan struct{}), make(chan struct{}, 1)
	return nil
}

// Close gives the port back. After Wait it does nothing.
func (c *callback[G]) Close() { _ = c.listener.Close() }

// wait waits for the call-back, hands what was granted to use, at most once, and returns
// use's error: the browser's last page tells the person the same.
func (c *callback[G]) wait(ctx context.Context, use func(context.Context, G) error) error {
	server := &http.Server{
		Handler: c, ErrorLog: log.New(io.Discard, "", 0), // it quotes requests
		ReadHeaderTimeout: headerWait, MaxHeaderBytes: maxHeaders,
	}
	server.SetKeepAlivesEnabled(false)
	var running sync.WaitGroup
	defer running.Wait()
	defer func() { _ = server.Close() }()
	running.Go(func() { _ = server.Serve(c.listener) }) // it ends by being closed

	taken, err := c.await(ctx)
	if err != nil {
		return err
	}
	if err = taken.err; err == nil {
		err = use(ctx, taken.grant)
	}
	c.outcome = err
	close(c.decided)
	c.bow(ctx, server)
	return err
}

func (c *callback[G]) await(ctx context.Context) (answer[G], error) {
	timer := time.NewTimer(c.patience)
	defer timer.Stop()
	select {
	case a := <-c.answers:
		return a, nil
	case <-timer.C:
		return answer[G]{}, core.NewProblem(c.late, nil)
	case <-ctx.Done():
		return answer[G]{}, ctx.Err()
	}
}

// bow gives the browser a moment to fetch its last page.
func (c *callback[G]) bow(ctx context.Context, server *http.Server) {
	ctx, cancel := context.WithTimeout(ctx, lastLook)
	defer cancel()
	select {
	case <-c.shown:
	case <-ctx.Done():
	}
	_ = server.Shutdown(ctx) // wait closes what is left
}

// ServeHTTP implements http.Handler. Only the call-back with the right state changes
// anything, and that once.
func (c *callback[G]) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	switch {
	case req.Host != c.host: // another name for this computer, such as one an attacker's DNS gives
		write(w, http.StatusForbidden, stranger)
	case req.Method != http.MethodGet:
		w.Header().Set("Allow", http.MethodGet)
		write(w, http.StatusMethodNotAllowed, stranger)
	case req.URL.Path == c.lastPath():
		c.last(w, req)
	case req.URL.Path == c.path:
		c.take(w, req)
	default:
		write(w, http.StatusNotFound, stranger)
	}
}

func (c *callback[G]) lastPath() string { return path.Join(c.path, "done") }

// take takes the answer and sends the browser on to a page without it, so that what was
// granted does not stay in the address bar and the history.
func (c *callback[G]) take(w http.ResponseWriter, req *http.Request) {
	query, err := url.ParseQuery(req.URL.RawQuery)
	switch {
	case len(req.URL.RawQuery) > longest || err != nil:
		write(w, http.StatusBadRequest, stranger)
		return
	case !sameState(query, c.state):
		write(w, http.StatusForbidden, stranger)
		return
	case !c.used.CompareAndSwap(false, true):
		write(w, http.StatusGone, again)
		return
	}
	c.answers <- c.understand(query)
	harden(w)
	w.Header().Set("Location", c.lastPath())
	w.WriteHeader(http.StatusSeeOther)
}

func sameState(query url.Values, state string) bool {
	return state != "" && subtle.ConstantTimeCompare([]byte(query.Get("state")), []byte(state)) == 1
}

// last shows how it ended, once that is known.
func (c *callback[G]) last(w http.ResponseWriter, req *http.Request) {
	if !c.used.Load() {
		write(w, http.StatusNotFound, stranger)
		return
	}
	select {
	case <-c.decided:
	case <-req.Context().Done():
		return
	}
	write(w, http.StatusOK, ending(c.outcome, c.partner))
	select {
	case c.shown <- struct{}{}:
	default:
	}
}

// plausible reports whether text of a call-back may be what it should be.
func plausible(text string, most int) bool {
	return text != "" && len(text) <= most && utf8.ValidString(text) && !strings.ContainsFunc(text, unicode.IsControl)
}
