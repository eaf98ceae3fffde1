package tunnel

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

const public = "https://hooks.mysite.com"

// script is an Address that says what a test tells it to.
type script struct {
	lines chan Report
	h     chan http.Handler // what it serves
}

func (a script) Run(ctx context.Context, h http.Handler, report func(Report)) error {
	a.h <- h
	report(Report{State: Connecting})
	for {
		select {
		case r := <-a.lines:
			report(r)
			if r.State == Failed {
				return r.Err
			}
		case <-ctx.Done():
			report(Report{State: Off})
			return nil
		}
	}
}

// nudgedScript is one that can be nudged.
type nudgedScript struct {
	script
	taken chan nudge
}

func (a nudgedScript) runNudged(ctx context.Context, h http.Handler, report func(Report), nudges <-chan nudge) error {
	ctx, stop := context.WithCancel(ctx)
	over := make(chan struct{})
	go func() {
		defer close(over)
		for {
			select {
			case n := <-nudges:
				a.taken <- n
			case <-ctx.Done():
				return
			}
		}
	}()
	defer func() { stop(); <-over }()
	return a.Run(ctx, h, report)
}

// internet is what lies between a Watched and its public URL, and the time and place of
// the computer.
type internet struct {
	t       *testing.T
	began   time.Time
	door    http.Handler
	watched Watched
	script  nudgedScript
	*running

	turn   sync.Mutex                                     // for what follows
	way    func(http.ResponseWriter, *http.Request) error // of calls; nil leads to the door
	calls  []time.Duration                                // when each was made
	nonces []string
	slept  time.Duration
	here   []net.Addr
}

// watching calls test with an address that is online, in a bubble whose clock is the test's.
func watching(t *testing.T, change func(*internet), test func(*internet)) {
	synctest.Test(t, func(t *testing.T) {
		i := &internet{
			t: t, began: time.Now(), here: addresses("192.0.2.7/24"),
			script: nudgedScript{script{make(chan Report), make(chan http.Handler, 1)}, make(chan nudge, 100)},
		}
		i.watched = Watched{Address: i.script, Transport: i, senses: senses{
			wall:      i.wall,
			addresses: i.addresses,
		}}
		change(i)
		i.running = start(t, i.watched, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusTeapot)
		}))
		i.door = <-i.script.h
		i.say(Report{State: Online, URL: public})
		test(i)
		i.stop(t)
	})
}

func asItIs(*internet) {}

func (i *internet) wall() time.Time {
	i.turn.Lock()
	defer i.turn.Unlock()
	return time.Now().Round(0).Add(i.slept)
}

func (i *internet) addresses() ([]net.Addr, error) {
	i.turn.Lock()
	defer i.turn.Unlock()
	return i.here, nil
}

// lead makes calls go another way, or nil the one they should.
func (i *internet) lead(way func(http.ResponseWriter, *http.Request) error) {
	i.turn.Lock()
	defer i.turn.Unlock()
	i.way = way
}

func (i *internet) sleep(d time.Duration) {
	i.turn.Lock()
	defer i.turn.Unlock()
	i.slept += d
}

func (i *internet) move(prefixes ...string) {
	i.turn.Lock()
	defer i.turn.Unlock()
	i.here = addresses(prefixes...)
}

// callCount is how many calls were made.
func (i *internet) callCount() int {
	i.turn.Lock()
	defer i.turn.Unlock()
	return len(i.calls)
}

func addresses(prefixes ...string) []net.Addr {
	var all []net.Addr
	for _, prefix := range prefixes {
		ip, network, _ := net.ParseCIDR(prefix)
		all = append(all, &net.IPNet{IP: ip, Mask: network.Mask})
	}
	return all
}

// RoundTrip implements http.RoundTripper.
func (i *internet) RoundTrip(r *http.Request) (*http.Response, error) {
	i.turn.Lock()
	i.calls = append(i.calls, time.Since(i.began).Truncate(time.Millisecond))
	i.nonces = append(i.nonces, r.Header.Get(nonceHeader))
	way := i.way
	i.turn.Unlock()
	if way == nil {
		way = i.arrive
	}
	w := httptest.NewRecorder()
	if err := way(w, r); err != nil {
		return nil, err
	}
	return w.Result(), nil
}

func (i *internet) arrive(w http.ResponseWriter, r *http.Request) error {
	i.door.ServeHTTP(w, r)
	return nil
}

// Ways of calls that do not arrive.
func edgeSays(code string) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, _ *http.Request) error {
		if code != "" {
			w.Header().Set("Ngrok-Error-Code", code)
		}
		w.WriteHeader(http.StatusForbidden)
		return nil
	}
}

func neverSent(http.ResponseWriter, *http.Request) error { return errors.New("no such host") }

func neverAnswered(_ http.ResponseWriter, r *http.Request) error {
	httptrace.ContextClientTrace(r.Context()).WroteRequest(httptrace.WroteRequestInfo{})
	<-r.Context().Done()
	return r.Context().Err()
}

// say makes the address report.
func (i *internet) say(r Report) {
	i.script.lines <- r
	synctest.Wait()
}

func (i *internet) wait(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// outsider sends a request of somebody else's.
func (i *internet) outsider() {
	i.t.Helper()
	if status := i.guess(""); status != http.StatusTeapot {
		i.t.Errorf("the handler did not get the request, but %d was answered", status)
	}
	synctest.Wait()
}

// guess sends a request with a nonce and returns the answer's status.
func (i *internet) guess(nonce string) int {
	r := httptest.NewRequest(http.MethodPost, public+"/hook", nil)
	if nonce != "" {
		r.Header.Set(nonceHeader, nonce)
	}
	w := httptest.NewRecorder()
	i.door.ServeHTTP(w, r)
	return w.Code
}

// told are the reports since the last time, in short.
func (i *internet) told() string {
	i.mu.Lock()
	defer i.mu.Unlock()
	var all []string
	for _, r := range i.reports {
		text := string(r.State)
		if r.Err != nil {
			text += " " + codeOf(r.Err)
		}
		if !r.Proved.IsZero() {
			text += " proved"
		}
		all = append(all, text)
	}
	i.reports = nil
	return strings.Join(all, ", ")
}

func (i *internet) wantTold(want string) {
	i.t.Helper()
	if got := i.told(); got != want {
		i.t.Errorf("after %v told %q, want %q", time.Since(i.began), got, want)
	}
}

func (i *internet) wantCalls(want ...time.Duration) {
	i.t.Helper()
	i.turn.Lock()
	defer i.turn.Unlock()
	if got := i.calls; fmt.Sprint(got) != fmt.Sprint(want) {
		i.t.Errorf("called at %v, want %v", got, want)
	}
}

// wantNudges compares the nudges so far: "renew", or which of two addresses are gone.
func (i *internet) wantNudges(want ...string) {
	i.t.Helper()
	var got []string
	for len(i.script.taken) > 0 {
		n := <-i.script.taken
		text := "renew"
		if n.gone != nil {
			text = "gone:"
			for _, local := range []string{"192.0.2.7", "192.0.2.8", "127.0.0.1"} {
				if n.gone(netip.MustParseAddr(local)) {
					text += " " + local
				}
			}
		}
		got = append(got, text)
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		i.t.Errorf("nudged %q, want %q", got, want)
	}
}

func lost(err error) Report { return Report{State: Reconnecting, URL: public, Err: err} }

var online = Report{State: Online, URL: public}

const s, m, h = time.Second, time.Minute, time.Hour
