package tunnel

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"usher/tunnel/ngroktest"
)

// onEdge is an Ngrok with everything right, on edge.
func onEdge(edge *ngroktest.Edge) Ngrok {
	return Ngrok{Token: isToken(ngroktest.Token), Connect: edge.Addr(), Roots: edge.Roots()}
}

func isToken(token string) func(context.Context) (string, error) {
	return func(context.Context) (string, error) { return token, nil }
}

func TestNgrokIsAnAddress(t *testing.T) {
	edge := ngroktest.Start(t, ngroktest.Options{})
	testAddress(t, onEdge(edge), func(r Report) string { return leadTo(t, edge, r.URL) })
}

// leadTo is a port here from which requests go to the edge and on to the public URL. It is
// closed when nothing is online there.
func leadTo(t *testing.T, edge *ngroktest.Edge, public string) string {
	t.Helper()
	target, err := url.Parse(public)
	if err != nil {
		t.Fatal(err)
	}
	front := httptest.NewServer(&httputil.ReverseProxy{
		Transport: edge.Client().Transport,
		Rewrite: func(p *httputil.ProxyRequest) {
			p.SetURL(target)
			p.Out.URL.RawQuery = p.In.URL.RawQuery
			p.Out.Header["User-Agent"] = nil
		},
		ModifyResponse: func(r *http.Response) error {
			if r.Header.Get("Ngrok-Error-Code") != "" {
				return errors.New("not from the address")
			}
			return nil
		},
		ErrorHandler: func(http.ResponseWriter, *http.Request, error) { panic(http.ErrAbortHandler) },
	})
	t.Cleanup(front.Close)
	offline := func() bool { return len(edge.Online()) == 0 }
	if offline() {
		_ = front.Listener.Close()
		return front.URL
	}
	var watching sync.WaitGroup
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	watching.Go(func() {
		if edge.Wait(ctx, offline) == nil {
			_ = front.Listener.Close()
		}
	})
	t.Cleanup(func() { stop(); watching.Wait() })
	return front.URL
}

// fromOutside posts to a public URL and returns the answer's body, or what went wrong.
func fromOutside(client *http.Client, public string) string {
	response, err := client.Post(public, "text/plain", strings.NewReader("a body"))
	if err != nil {
		return err.Error()
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// waitFor waits for a report that is so.
func (r *running) waitFor(t *testing.T, what string, so func(Report) bool) Report {
	t.Helper()
	late := time.After(patience)
	for checked := 0; ; {
		r.mu.Lock()
		reports := r.reports
		r.mu.Unlock()
		for ; checked < len(reports); checked++ {
			if so(reports[checked]) {
				return reports[checked]
			}
		}
		select {
		case <-r.changed:
		case <-late:
			t.Fatalf("not %s in time; reports are %+v", what, reports)
		}
	}
}

// forget makes waitFor look at later reports only.
func (r *running) forget() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.reports = nil
}

func wantNoSessions(t *testing.T, edge *ngroktest.Edge) {
	t.Helper()
	ctx, done := context.WithTimeout(t.Context(), time.Second)
	defer done()
	if edge.WaitSessions(ctx, 0) != nil {
		t.Errorf("%d sessions are left", edge.Sessions())
	}
}

func inState(s State) func(Report) bool { return func(r Report) bool { return r.State == s } }

func codeOf(err error) string {
	var e *coded
	if !errors.As(err, &e) {
		return fmt.Sprint(err)
	}
	return e.code
}

func TestNgrokURL(t *testing.T) {
	edge := ngroktest.Start(t, ngroktest.Options{Domains: []string{"hooks.mysite.com"}})
	for given, want := range map[string]string{
		"":                                    "https://shop-owner.ngrok-free.dev",
		"https://shop-owner.ngrok-free.dev/":  "https://shop-owner.ngrok-free.dev",
		" Hooks.mysite.com ":                  "https://hooks.mysite.com",
		"HTTPS://HOOKS.mysite.com":            "https://hooks.mysite.com",
		"http://shop-owner.ngrok-free.dev":    "address.bad_url",
		"https://shop-owner.ngrok-free.dev/a": "address.bad_url",
		"https://hooks.mysite.com:8443":       "address.bad_url",
		"http://127.0.0.1":                    "address.bad_url",
		"tcp://1.tcp.ngrok.io":                "address.bad_url",
		"not a name":                          "address.bad_url",
	} {
		address := onEdge(edge)
		address.URL = given
		run := start(t, address, sayHello())
		last := run.waitFor(t, "settled", func(r Report) bool { return r.State == Online || r.State == Failed })
		got := last.URL
		if last.State == Failed {
			got = codeOf(last.Err)
		}
		if got != want {
			t.Errorf("%q: got %q, want %q", given, got, want)
		}
		if bad := address.Check(); (last.State == Failed) != (bad != nil) {
			t.Errorf("%q: Check says %v", given, bad)
		}
		run.end()
		run.waitOver(t)
	}
}

func TestNgrokLosesNothing(t *testing.T) {
	const clients, each = 50, 60
	edge := ngroktest.Start(t, ngroktest.Options{})
	var arrived atomic.Int64
	run := start(t, onEdge(edge), http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if arrived.Add(1)%10 == 0 {
			pause(r.Context(), 100*time.Millisecond)
		}
		_, _ = io.WriteString(w, r.URL.Path)
	}))
	online := run.waitOnline(t)
	var calling sync.WaitGroup
	for n := range clients {
		calling.Go(func() {
			client := edge.Client()
			for i := range each {
				path := fmt.Sprintf("/%d/%d", n, i)
				if got := fromOutside(client, online.URL+path); got != path {
					t.Errorf("%s: got %q", path, got)
				}
			}
		})
	}
	calling.Wait()
	if n := arrived.Load(); n != clients*each {
		t.Errorf("%d requests arrived, want %d", n, clients*each)
	}
	run.wantStates(t, Connecting, Online)
	run.stop(t)
}

func TestNgrokKnowsTheCaller(t *testing.T) {
	edge := ngroktest.Start(t, ngroktest.Options{})
	run := start(t, onEdge(edge), http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, r.RemoteAddr+" "+r.Host)
	}))
	got := fromOutside(edge.Client(), run.waitOnline(t).URL)
	addr, host, _ := strings.Cut(got, " ")
	if caller, _, err := net.SplitHostPort(addr); err != nil || caller != "127.0.0.1" || host != "shop-owner.ngrok-free.dev" {
		t.Errorf("got %q", got)
	}
	run.stop(t)
}
