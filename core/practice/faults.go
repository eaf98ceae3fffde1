package practice

import (
	"bytes"
	"cmp"
	"fmt"
	"html"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Fault is something that goes wrong on purpose.
type Fault struct {
	Times   int                      // how many requests meet it; 0 means every one until Heal
	On      func(*http.Request) bool // which requests; nil means any
	Trouble Trouble
}

// Trouble answers a request in place of the site, which it may still let do its work.
type Trouble func(w http.ResponseWriter, r *http.Request, site http.Handler)

// Faults are what goes wrong at a site or a CRM. The zero value is none.
type Faults struct {
	mu   sync.Mutex
	list []*Fault
}

// Fail arranges for a fault. Where several wait, a request meets the one arranged first.
func (s *Faults) Fail(f Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.list = append(s.list, &f)
}

// Heal calls off every fault that is left.
func (s *Faults) Heal() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.list = nil
}

// pass lets a request through to the one it is meant for, or to what goes wrong.
func (s *Faults) pass(w http.ResponseWriter, r *http.Request, to http.HandlerFunc) {
	if trouble := s.trouble(r); trouble != nil {
		trouble(w, r, to)
		return
	}
	to(w, r)
}

// trouble is what r meets, if anything, and counts it.
func (s *Faults) trouble(r *http.Request) Trouble {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, f := range s.list {
		if f.On != nil && !f.On(r) {
			continue
		}
		if f.Times == 1 {
			s.list = slices.Delete(s.list, i, i+1)
		}
		f.Times = max(f.Times-1, 0)
		return f.Trouble
	}
	return nil
}

// Writes picks the requests that change something, for Fault.On.
func Writes(r *http.Request) bool {
	return !slices.Contains([]string{http.MethodGet, http.MethodHead, http.MethodOptions}, r.Method)
}

// Creates picks the requests that create a user, for Fault.On.
func Creates(r *http.Request) bool {
	route := cmp.Or(r.URL.Query().Get("rest_route"), r.URL.Path)
	return r.Method == http.MethodPost && strings.HasSuffix(trimRoute(route), "/wp/v2/users")
}

// Page answers with a web page instead of WordPress, as firewalls, hosts and maintenance plugins do. A
// retryAfter of 0 sends no such header.
func Page(status int, title string, retryAfter time.Duration) Trouble {
	return func(w http.ResponseWriter, _ *http.Request, _ http.Handler) {
		w.Header().Set("Content-Type", "text/html; charset=UTF-8")
		if retryAfter > 0 {
			w.Header().Set("Retry-After", strconv.Itoa(int(retryAfter/time.Second)))
		}
		w.WriteHeader(status)
		_, _ = fmt.Fprintf(w, "<!DOCTYPE html><title>%[1]s</title><h1>%[1]s</h1>\n", html.EscapeString(title))
	}
}

// Crash answers as WordPress does when PHP dies on the way: 500 with a JSON body.
func Crash() Trouble {
	return func(w http.ResponseWriter, _ *http.Request, _ http.Handler) {
		crashed().answer().write(w)
	}
}

// Slow lets the site answer, but only after a while, or not at all if the caller gives up before.
func Slow(wait time.Duration) Trouble {
	return func(w http.ResponseWriter, r *http.Request, site http.Handler) {
		// A server notices that its caller has gone only once the body is read.
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		timer := time.NewTimer(wait)
		defer timer.Stop()
		select {
		case <-timer.C:
			site.ServeHTTP(w, r)
		case <-r.Context().Done():
		}
	}
}

// HangUp cuts the connection; the site never sees the request. The handler panics with
// http.ErrAbortHandler, so it needs a server around it.
func HangUp() Trouble {
	return func(http.ResponseWriter, *http.Request, http.Handler) { panic(http.ErrAbortHandler) }
}

// HangUpAfter lets the site do its work and cuts the connection before the answer: what a time-out looks
// like to the caller. It needs a server around it like HangUp.
func HangUpAfter() Trouble {
	return func(_ http.ResponseWriter, r *http.Request, site http.Handler) {
		site.ServeHTTP(nowhere{}, r)
		panic(http.ErrAbortHandler)
	}
}

// nowhere is where an answer goes that nobody gets.
type nowhere http.Header

func (n nowhere) Header() http.Header         { return http.Header(n) }
func (n nowhere) Write(b []byte) (int, error) { return len(b), nil }
func (n nowhere) WriteHeader(int)             {}
