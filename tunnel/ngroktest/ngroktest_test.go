package ngroktest

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.ngrok.com/ngrok/v2"
	"golang.ngrok.com/ngrok/v2/rpc"
)

func TestRequestsReachTheAgent(t *testing.T) {
	t.Parallel()
	e := Start(t, Options{Tokens: []string{Token}})
	type request struct {
		line, host, remote, body string
		header                   http.Header
	}
	got := make(chan request, 1)
	a := newAgent(t, e, ngrok.WithAgentMetadata("about the agent"))
	s := a.online(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got <- request{r.Method + " " + r.RequestURI, r.Host, r.RemoteAddr, string(body), r.Header}
		w.Header().Set("X-Mine", "yes")
		w.WriteHeader(http.StatusAccepted)
	}, ngrok.WithTrafficPolicy("on_http_request: []"))

	if s.url != devURL {
		t.Errorf("online at %s", s.url)
	}
	back := call(t, e.Client(), devURL+"/hook/x?key=a;b%zz", "a body",
		"X-Forwarded-For: 203.0.113.9", "X-Forwarded-Proto: http", "X-Forwarded-Host: evil.example")
	if back.status != http.StatusAccepted || back.header.Get("X-Mine") != "yes" || back.code != "" {
		t.Errorf("the caller got %+v", back)
	}
	r := <-got
	if r.line != "POST /hook/x?key=a;b%zz" || r.host != devDomain || r.body != "a body" {
		t.Errorf("the agent got %+v", r)
	}
	if !strings.HasPrefix(r.remote, "127.0.0.1:") {
		t.Errorf("from %s", r.remote)
	}
	for name, want := range map[string]string{
		"X-Forwarded-For": "203.0.113.9, 127.0.0.1", "X-Forwarded-Proto": "http, https", "X-Forwarded-Host": "evil.example",
	} {
		if value := strings.Join(r.header.Values(name), "|"); value != want {
			t.Errorf("%s is %q, want %q", name, value, want)
		}
	}
	call(t, e.Client(), devURL, "")
	if r := <-got; r.header.Get("X-Forwarded-Host") != devDomain || r.header.Get("X-Forwarded-For") != "127.0.0.1" {
		t.Errorf("a plain request has the header %v", r.header)
	}

	if want := []Auth{{Token: Token, Metadata: "about the agent"}}; !slices.Equal(e.Auths(), want) {
		t.Errorf("auths are %+v", e.Auths())
	}
	binds := e.Binds()
	if len(binds) != 1 || binds[0].TrafficPolicy != "on_http_request: []" || binds[0].URL != "" || binds[0].Again {
		t.Errorf("binds are %+v", binds)
	}
	if e.Sessions() != 1 || e.Requests() != 2 || !slices.Equal(e.Online(), []string{devDomain}) {
		t.Errorf("%d sessions, %d requests, online %v", e.Sessions(), e.Requests(), e.Online())
	}
}

func TestConnectionsToTheAgentAreKept(t *testing.T) {
	t.Parallel()
	e := Start(t, Options{})
	var mu sync.Mutex
	from := map[string]bool{}
	s := newAgent(t, e).online(t, func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		from[r.RemoteAddr] = true
		hello(w, r)
	})
	for range 5 {
		wantHello(t, e, s.url) // from five callers
	}
	if len(from) != 1 {
		t.Errorf("came over %d connections", len(from))
	}
}

func TestTokens(t *testing.T) {
	t.Parallel()
	const other = "2otherOtherOtherOtherOther_1OtherOtherOther"
	for name, test := range map[string]struct {
		token  string
		refuse int
		want   string
	}{
		"malformed":         {"nonsense", 0, "ERR_NGROK_105"},
		"of nobody":         {other, 0, "ERR_NGROK_107"},
		"none":              {"", 0, "ERR_NGROK_4018"},
		"refused by wish":   {Token, 106, "ERR_NGROK_106"},
		"revoked all along": {Token, 107, "ERR_NGROK_107"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := Start(t, Options{Tokens: []string{Token}})
			e.RefuseTokens(test.refuse)
			a, err := refused(t, e, ngrok.WithAuthtoken(test.token))
			var coded interface{ ErrorCode() string }
			if !errors.As(err, &coded) || coded.ErrorCode() != test.want {
				t.Errorf("the agent is told %v, want %s", err, test.want)
			}
			if test.want != "ERR_NGROK_4018" && !strings.Contains(err.Error(), test.token) {
				t.Errorf("%q does not repeat the token, as the real service does", err)
			}
			if e.Sessions() != 0 || fmt.Sprintf("ERR_NGROK_%d", e.Auths()[0].Code) != test.want {
				t.Errorf("%d sessions, auths %+v", e.Sessions(), e.Auths())
			}
			if test.refuse != 0 {
				e.AllowTokens()
				waitSessions(t, e, 1)
			}
			a.end()
		})
	}
}

func TestEndpoints(t *testing.T) {
	t.Parallel()
	e := Start(t, Options{Domains: []string{"hooks.my-shop.com"}})
	first, second := newAgent(t, e), newAgent(t, e)
	first.online(t, hello)
	code := func(options ...ngrok.EndpointOption) string {
		t.Helper()
		listener, err := second.Listen(second.life, options...)
		if err == nil {
			if err := listener.Close(); err != nil {
				t.Error(err)
			}
			return "online"
		}
		var refused ngrok.Error
		if !errors.As(err, &refused) {
			t.Fatalf("no ngrok error but %v", err)
		}
		return refused.Code()
	}
	t.Run("each domain has its owner", func(t *testing.T) {
		for url, want := range map[string]string{
			"":                          "ERR_NGROK_334",
			devURL:                      "ERR_NGROK_334",
			"https://x.ngrok-free.app":  "ERR_NGROK_320",
			"https://example.com":       "ERR_NGROK_319",
			"https://hooks.my-shop.com": "online",
		} {
			if got := code(ngrok.WithURL(url)); got != want {
				t.Errorf("%q: got %s, want %s", url, got, want)
			}
		}
	})
	t.Run("another domain of the account is served", func(t *testing.T) {
		s := second.online(t, func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, "second")
		}, ngrok.WithURL("https://hooks.my-shop.com"))
		if got := call(t, e.Client(), s.url, ""); got.body != "second" {
			t.Errorf("got %+v", got)
		}
		wantHello(t, e, devURL)
	})
	t.Run("are refused by wish, until allowed or for a time", func(t *testing.T) {
		e := Start(t, Options{})
		second = newAgent(t, e)
		for _, want := range []int{334, 320, 319, 108, 15004} {
			e.RefuseBinds(want, 0)
			if got := code(); got != fmt.Sprintf("ERR_NGROK_%d", want) {
				t.Errorf("got %s, want %d", got, want)
			}
		}
		e.AllowBinds()
		if got := code(); got != "online" {
			t.Errorf("got %s", got)
		}
		const short = 50 * time.Millisecond
		e.RefuseBinds(334, short)
		began := time.Now()
		for code() != "online" {
			if time.Since(began) > patience {
				t.Fatal("refused for ever")
			}
		}
		if took := time.Since(began); took < short-5*time.Millisecond {
			t.Errorf("refused for %v only", took)
		}
	})
	t.Run("are offline when closed", func(t *testing.T) {
		e := Start(t, Options{})
		listener, err := newAgent(t, e).Listen(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if err := listener.Close(); err != nil {
			t.Fatal(err)
		}
		wantCode(t, e, devURL, http.StatusNotFound, 3200)
		if e.Sessions() != 1 || len(e.Online()) != 0 {
			t.Errorf("%d sessions, online %v", e.Sessions(), e.Online())
		}
	})
}

func TestAgentsAreCounted(t *testing.T) {
	t.Parallel()
	e := Start(t, Options{MaxAgents: 2})
	first := newAgent(t, e)
	for _, a := range []*agent{first, newAgent(t, e)} {
		if err := a.Connect(a.life); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := refused(t, e); err == nil || !strings.Contains(err.Error(), "ERR_NGROK_108") {
		t.Errorf("the third is told %v", err)
	}
	if err := first.Disconnect(); err != nil {
		t.Fatal(err)
	}
	if err := e.Wait(soon(t), func() bool { return len(e.Auths()) == 4 && e.Sessions() == 2 }); err != nil {
		t.Errorf("the third did not take the place of the first: %+v", e.Auths())
	}
}

func TestDrop(t *testing.T) {
	t.Parallel()
	e := Start(t, Options{})
	a := newAgent(t, e)
	s := a.online(t, hello)
	for n := range 3 {
		e.Drop()
		a.disconnected(t)
		if err := e.Wait(soon(t), func() bool { return len(e.Binds()) == n+2 }); err != nil {
			t.Fatal("no second bind")
		}
		waitOnline(t, e)
		wantHello(t, e, s.url)
	}
	auths, binds := e.Auths(), e.Binds()
	if auths[0].ClientID != "" || auths[3].ClientID == "" || e.Sessions() != 1 {
		t.Errorf("the session was not resumed: %+v", auths)
	}
	if again := binds[3]; !again.Again || again.URL != devURL || again.Code != 0 {
		t.Errorf("bound again with %+v", again)
	}
}

func TestStaleSessionsKeepTheirEndpoints(t *testing.T) {
	t.Parallel()
	t.Run("from others, but not from their own agent", func(t *testing.T) {
		t.Parallel()
		e := Start(t, Options{MaxAgents: 2})
		open := &gate{}
		own := newAgent(t, e, ngrok.WithDialer(open))
		own.online(t, hello)
		e.KeepStale(time.Hour)
		open.set(false)
		e.Drop()
		waitSessions(t, e, 0)
		wantCode(t, e, devURL, http.StatusBadGateway, 3004)

		other := newAgent(t, e)
		if _, err := other.Listen(other.life); err == nil || !strings.Contains(err.Error(), "ERR_NGROK_334") {
			t.Errorf("another agent is told %v", err)
		}
		if _, err := refused(t, e); err == nil || !strings.Contains(err.Error(), "ERR_NGROK_108") {
			t.Errorf("a third agent is told %v, though the stale one counts", err)
		}
		open.set(true)
		waitOnline(t, e)
		wantHello(t, e, devURL)
	})
	t.Run("for so long", func(t *testing.T) {
		t.Parallel()
		const short = 100 * time.Millisecond
		e := Start(t, Options{})
		open := &gate{}
		newAgent(t, e, ngrok.WithDialer(open)).online(t, hello)
		e.KeepStale(short)
		open.set(false)
		began := time.Now()
		e.Drop()
		other := newAgent(t, e)
		for {
			if _, err := other.Listen(other.life); err == nil {
				break
			} else if !strings.Contains(err.Error(), "ERR_NGROK_334") || time.Since(began) > patience {
				t.Fatal(err)
			}
		}
		if took := time.Since(began); took < short {
			t.Errorf("kept for %v only", took)
		}
	})
	t.Run("not of agents that take their leave", func(t *testing.T) {
		t.Parallel()
		e := Start(t, Options{})
		e.KeepStale(time.Hour)
		first, second := newAgent(t, e), newAgent(t, e)
		first.online(t, hello)
		if err := first.Disconnect(); err != nil {
			t.Fatal(err)
		}
		waitSessions(t, e, 0)
		second.online(t, hello)
		wantHello(t, e, devURL)
	})
}

// quick makes an agent notice a silent link in a second. A heartbeat races in the SDK with
// logging in, which should be over when the first is due.
var quick = []ngrok.AgentOption{
	ngrok.WithHeartbeatInterval(500 * time.Millisecond), ngrok.WithHeartbeatTolerance(500 * time.Millisecond),
}

func TestFreeze(t *testing.T) {
	t.Parallel()
	t.Run("is noticed by the agent's heartbeat, and nothing else is frozen", func(t *testing.T) {
		t.Parallel()
		e := Start(t, Options{Patience: time.Hour})
		a := newAgent(t, e, quick...)
		s := a.online(t, hello)
		a.beat(t)
		e.Freeze()
		before := len(e.Binds())
		a.disconnected(t)
		if err := e.Wait(soon(t), func() bool { return len(e.Binds()) > before }); err != nil {
			t.Fatal("the agent did not come back")
		}
		wantHello(t, e, s.url)
		if e.Sessions() != 1 {
			t.Errorf("%d sessions, though one was resumed", e.Sessions())
		}
	})
	t.Run("holds requests back until the thaw, and loses none", func(t *testing.T) {
		t.Parallel()
		e := Start(t, Options{})
		arrived := make(chan string, 10)
		s := newAgent(t, e).online(t, func(w http.ResponseWriter, r *http.Request) {
			arrived <- r.URL.Path
			hello(w, r)
		})
		wantHello(t, e, s.url+"/before")
		e.Freeze()
		impatient := e.Client()
		impatient.Timeout = 100 * time.Millisecond
		if response, err := impatient.Get(s.url + "/frozen"); err == nil {
			_ = response.Body.Close()
			t.Errorf("answered with %d over a frozen link", response.StatusCode)
		}
		if len(arrived) != 1 {
			t.Error("arrived over a frozen link")
		}
		late := make(chan answer)
		go func() { late <- call(t, e.Client(), s.url+"/held", "") }()
		if err := e.Wait(soon(t), func() bool { return e.Requests() == 3 }); err != nil {
			t.Fatal(err)
		}
		e.Thaw()
		if got := <-late; got.body != "hello" || e.Sessions() != 1 || len(e.Auths()) != 1 {
			t.Errorf("after the thaw: %+v, auths %+v", got, e.Auths())
		}
	})
	t.Run("holds answers back until the thaw", func(t *testing.T) {
		t.Parallel()
		e := Start(t, Options{})
		inside, release := make(chan struct{}), make(chan struct{})
		s := newAgent(t, e).online(t, func(w http.ResponseWriter, r *http.Request) {
			close(inside)
			<-release
			hello(w, r)
		})
		late := make(chan answer, 1)
		go func() { late <- call(t, e.Client(), s.url, "") }()
		<-inside
		e.Freeze()
		close(release)
		select {
		case got := <-late:
			t.Errorf("answered with %+v over a frozen link", got)
		case <-time.After(100 * time.Millisecond):
			e.Thaw()
			if got := <-late; got.body != "hello" {
				t.Errorf("after the thaw: %+v", got)
			}
		}
	})
	t.Run("makes the edge give the session up, of which the agent hears at the thaw", func(t *testing.T) {
		t.Parallel()
		e := Start(t, Options{Patience: time.Second})
		a := newAgent(t, e) // whose heartbeats are slower
		a.online(t, hello)
		e.Freeze()
		waitSessions(t, e, 0)
		wantCode(t, e, devURL, http.StatusNotFound, 3200)
		if len(e.Auths()) != 1 {
			t.Error("the agent noticed while frozen")
		}
		e.Thaw()
		a.disconnected(t)
		waitOnline(t, e)
		wantHello(t, e, devURL)
	})
	t.Run("can be cut", func(t *testing.T) {
		t.Parallel()
		e := Start(t, Options{})
		a := newAgent(t, e)
		a.online(t, hello)
		e.Freeze()
		e.Drop()
		a.disconnected(t)
		if err := e.Wait(soon(t), func() bool { return len(e.Binds()) == 2 }); err != nil {
			t.Fatal("the agent did not come back")
		}
		wantHello(t, e, devURL)
	})
	t.Run("does not stop an edge from ending", func(t *testing.T) {
		t.Parallel()
		e := Start(t, Options{})
		newAgent(t, e).online(t, hello)
		wantHello(t, e, devURL)
		e.Freeze()
		e.StopEndpoint(1)
	})
}

func TestRemoteStop(t *testing.T) {
	t.Parallel()
	t.Run("of the endpoint ends what serves it, not the session", func(t *testing.T) {
		t.Parallel()
		e := Start(t, Options{})
		s := newAgent(t, e).online(t, hello)
		e.StopEndpoint(3213)
		if err := <-s.served; err == nil || !strings.Contains(strings.ToUpper(err.Error()), "ERR_NGROK_3213") {
			t.Errorf("Serve returned %v", err)
		}
		wantCode(t, e, devURL, http.StatusNotFound, 3200)
		if e.Sessions() != 1 || len(e.Online()) != 0 {
			t.Errorf("%d sessions, online %v", e.Sessions(), e.Online())
		}
	})
	t.Run("of the agent ends its session", func(t *testing.T) {
		t.Parallel()
		e := Start(t, Options{})
		newAgent(t, e, ngrok.WithRPCHandler(func(_ context.Context, _ ngrok.AgentSession, r rpc.Request) ([]byte, error) {
			if r.Method() != rpc.StopAgentMethod {
				t.Errorf("asked to %s", r.Method())
			}
			return nil, nil
		})).online(t, hello)
		if err := e.StopAgent(soon(t)); err != nil {
			t.Error(err)
		}
		waitSessions(t, e, 0)
	})
	t.Run("of the agent can be refused", func(t *testing.T) {
		t.Parallel()
		e := Start(t, Options{})
		newAgent(t, e, ngrok.WithRPCHandler(func(context.Context, ngrok.AgentSession, rpc.Request) ([]byte, error) {
			return nil, errors.New("not now")
		})).online(t, hello)
		if err := e.StopAgent(soon(t)); err == nil || !strings.Contains(err.Error(), "not now") {
			t.Errorf("got %v", err)
		}
	})
	t.Run("of the agent can be unsupported", func(t *testing.T) {
		t.Parallel()
		e := Start(t, Options{})
		newAgent(t, e).online(t, hello)
		if err := e.StopAgent(soon(t)); err == nil || !strings.Contains(err.Error(), "support") || e.Sessions() != 1 {
			t.Errorf("got %v, %d sessions", err, e.Sessions())
		}
	})
}

func TestAgentsCannotConnect(t *testing.T) {
	t.Parallel()
	for name, how := range map[string]Dials{"the port is closed": DialsRefused, "they are cut": DialsCut} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := Start(t, Options{})
			if err := e.RefuseDials(how); err != nil {
				t.Fatal(err)
			}
			if _, err := refused(t, e); err == nil {
				t.Error("no error")
			}
			conn, err := net.Dial("tcp", e.Addr())
			if (err != nil) != (how == DialsRefused) {
				t.Errorf("a connection gets %v", err)
			}
			if conn != nil {
				_ = conn.Close()
			}
			if err := e.AllowDials(); err != nil {
				t.Fatal(err)
			}
			waitSessions(t, e, 1)
		})
	}
	t.Run("nothing is said", func(t *testing.T) {
		t.Parallel()
		e := Start(t, Options{})
		if err := e.RefuseDials(DialsSilent); err != nil {
			t.Fatal(err)
		}
		if _, err := refused(t, e, quick...); err == nil {
			t.Error("no error")
		}
		if err := e.AllowDials(); err != nil {
			t.Fatal(err)
		}
		waitSessions(t, e, 1)
	})
	t.Run("the certificate is not ngrok's", func(t *testing.T) {
		t.Parallel()
		e := Start(t, Options{})
		if err := e.WrongCA(true); err != nil {
			t.Fatal(err)
		}
		_, err := refused(t, e)
		if unknown := new(tls.CertificateVerificationError); !errors.As(err, &unknown) && !strings.Contains(err.Error(), "x509") {
			t.Errorf("the agent is told %v", err)
		}
		if err := e.WrongCA(false); err != nil {
			t.Fatal(err)
		}
		waitSessions(t, e, 1)
	})
}

func TestTheEdgeAnswersCallersItself(t *testing.T) {
	t.Parallel()
	e := Start(t, Options{})
	wantCode(t, e, devURL, http.StatusNotFound, 3200)
	wantCode(t, e, "https://nobody.ngrok-free.app", http.StatusNotFound, 3200)
	s := newAgent(t, e).online(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/broken" {
			panic(http.ErrAbortHandler)
		}
		hello(w, r)
	})
	wantHello(t, e, s.url)
	wantCode(t, e, s.url+"/broken", http.StatusBadGateway, 3004)

	before := e.Requests()
	e.UsedUp(true)
	wantCode(t, e, s.url, http.StatusForbidden, 727)
	e.UsedUp(false)

	e.Interstitial(true)
	const browser = "User-Agent: Mozilla/5.0 (X11; Linux x86_64)"
	page := call(t, e.Client(), s.url, "", browser)
	if page.status != http.StatusOK || page.code != "ERR_NGROK_6024" || !strings.Contains(page.body, "<title>ngrok") {
		t.Errorf("a browser got %+v", page)
	}
	if e.Requests() != before {
		t.Error("sent on what the edge answered itself")
	}
	wantHello(t, e, s.url) // no browser
	if got := call(t, e.Client(), s.url, "", browser, "Ngrok-Skip-Browser-Warning: 1"); got.body != "hello" {
		t.Errorf("a browser that skips the page got %+v", got)
	}
}

func TestLatency(t *testing.T) {
	t.Parallel()
	const latency = 50 * time.Millisecond
	e := Start(t, Options{Latency: latency})
	began := time.Now()
	s := newAgent(t, e).online(t, hello)
	if took := time.Since(began); took < 2*latency {
		t.Errorf("online after %v", took)
	}
	began = time.Now()
	wantHello(t, e, s.url)
	if took := time.Since(began); took < latency {
		t.Errorf("answered after %v", took)
	}
}

func TestACrowdLosesNothing(t *testing.T) { // alone: the others watch the clock
	const callers, each = 50, 60
	e := Start(t, Options{})
	var mu sync.Mutex
	times := map[string]int{}
	s := newAgent(t, e).online(t, func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		mu.Lock()
		times[string(body)]++
		slow := len(times)%2 == 0
		mu.Unlock()
		if slow {
			time.Sleep(10 * time.Millisecond)
		}
		_, _ = w.Write(body)
	})
	var crowd sync.WaitGroup
	for caller := range callers {
		crowd.Go(func() {
			client := e.Client()
			for n := range each {
				text := fmt.Sprintf("%d of %d", n, caller)
				if got := call(t, client, s.url, text); got.status != http.StatusOK || got.body != text {
					t.Errorf("%s: got %+v", text, got)
				}
			}
		})
	}
	crowd.Wait()
	if len(times) != callers*each || e.Requests() != callers*each || len(e.Auths()) != 1 {
		t.Errorf("%d arrived, %d sent, auths %+v", len(times), e.Requests(), e.Auths())
	}
	for text, n := range times {
		if n != 1 {
			t.Errorf("%q arrived %d times", text, n)
		}
	}
}

func TestAnotherProgramCanCall(t *testing.T) {
	t.Parallel()
	e := Start(t, Options{})
	newAgent(t, e).online(t, hello)
	roots := e.Roots()
	if !roots.Equal(e.Roots()) || !strings.Contains(string(e.RootsPEM()), "BEGIN CERTIFICATE") {
		t.Errorf("roots are %s", e.RootsPEM())
	}
	conn, err := tls.Dial("tcp", e.PublicAddr(), &tls.Config{RootCAs: roots, ServerName: devDomain})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	if _, err := io.WriteString(conn, "GET / HTTP/1.0\r\nHost: "+devDomain+"\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	if text, err := io.ReadAll(conn); err != nil || !strings.HasSuffix(string(text), "hello") {
		t.Errorf("got %q, %v", text, err)
	}
}

func TestWaitEndsWithItsContext(t *testing.T) {
	t.Parallel()
	e := Start(t, Options{})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := e.WaitSessions(ctx, 1); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestNonsenseHarmsNobody(t *testing.T) {
	t.Parallel()
	e := Start(t, Options{})
	newAgent(t, e).online(t, hello)
	for _, hostile := range []string{"", "GET / HTTP/1.1\r\n\r\n", "\x16\x03\x01\xff\xff"} {
		conn, err := net.Dial("tcp", e.Addr())
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.WriteString(conn, hostile)
		_ = conn.Close()
	}
	conn, err := tls.Dial("tcp", e.Addr(), &tls.Config{RootCAs: e.Roots(), ServerName: "127.0.0.1"})
	if err != nil {
		t.Fatal(err)
	}
	_, _ = io.WriteString(conn, strings.Repeat("no muxado", 1000))
	_ = conn.Close()
	wantHello(t, e, devURL)
	if e.Sessions() != 1 {
		t.Errorf("%d sessions", e.Sessions())
	}
}

func TestAgentsThatSayNothingAreSentAway(t *testing.T) {
	t.Parallel()
	e := Start(t, Options{Patience: 50 * time.Millisecond})
	conn, err := net.Dial("tcp", e.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(io.Discard, conn); err != nil {
		t.Error(err)
	}
}
