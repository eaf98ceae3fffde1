package authorise

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"usher/core"
)

const planted = "abcdEFGHijklMNOPqrstUVWX"

// asked is a Request whose Wait runs.
type asked struct {
	*testing.T
	*Request
	uses  atomic.Int32
	given Grant
	ended chan error
}

// ask begins a request whose grant use takes.
func ask(t *testing.T, use func(context.Context, Grant) error) *asked {
	t.Helper()
	r, err := Begin(t.Context(), sitePage, "Usher")
	if err != nil {
		t.Fatal(err)
	}
	return wait(t, t.Context(), r, use)
}

func wait(t *testing.T, ctx context.Context, r *Request, use func(context.Context, Grant) error) *asked {
	t.Helper()
	a := &asked{T: t, Request: r, ended: make(chan error, 1)}
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	t.Cleanup(func() { cancel(); <-done })
	go func() {
		defer close(done)
		a.ended <- r.Wait(ctx, func(ctx context.Context, g Grant) error {
			a.uses.Add(1)
			a.given = g
			if use == nil {
				return nil
			}
			return use(ctx, g)
		})
	}()
	return a
}

// callback is where the site's page sends the browser, as a query to change.
func (a *asked) callback(name string) url.Values {
	a.Helper()
	page, err := url.Parse(a.URL())
	if err != nil {
		a.Fatal(err)
	}
	back, err := url.Parse(page.Query().Get(name))
	if err != nil || back.Scheme != "http" || back.Host != a.host || back.Path != a.path {
		a.Fatalf("%s %q, %v", name, back, err)
	}
	return back.Query()
}

// granted is what WordPress adds when the owner approves.
func (a *asked) granted() url.Values {
	a.Helper()
	query := a.callback("success_url")
	query.Set("site_url", "https://shop.test/blog")
	query.Set("user_login", "ann")
	query.Set("password", planted)
	return query
}

type seen struct {
	status int
	header http.Header
	body   string
	at     *url.URL
}

func (a *asked) get(path string, query url.Values) seen {
	a.Helper()
	return a.request(http.MethodGet, path, query, a.host)
}

// request follows redirects as a browser does.
func (a *asked) request(method, path string, query url.Values, host string) seen {
	a.Helper()
	req, err := http.NewRequestWithContext(a.Context(), method, "http://"+a.host+path+"?"+query.Encode(), nil)
	if err != nil {
		a.Fatal(err)
	}
	req.Host = host
	resp, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 30 * time.Second}).Do(req)
	if err != nil {
		a.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		a.Fatal(err)
	}
	return seen{resp.StatusCode, resp.Header, string(body), resp.Request.URL}
}

// wants checks how Wait ends: with this code, or well.
func (a *asked) wants(code string) {
	a.Helper()
	err := <-a.ended
	if code == "" && err != nil || code != "" && !core.HasCode(err, code) {
		a.Errorf("ended with %v, want %q", err, code)
	}
	if strings.Contains(fmt.Sprintf("%v %+v %#v", err, err, err), planted) {
		a.Error("the error tells the password")
	}
	if _, err := (&net.Dialer{}).DialContext(context.Background(), "tcp", a.host); err == nil {
		a.Error("the port is still open")
	}
}

func TestThePageSaysWhoAsksAndWhereToComeBack(t *testing.T) {
	r, err := Begin(t.Context(), sitePage, "Usher on anns-laptop")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	u, err := url.Parse(r.URL())
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	if !strings.HasPrefix(r.URL(), sitePage+"?") || q.Get("app_name") != "Usher on anns-laptop" || q.Get("app_id") != core.ApplicationID {
		t.Errorf("page %s", r.URL())
	}
	for name, success := range map[string]string{"success_url": "", "reject_url": "false"} {
		back, err := url.Parse(q.Get(name))
		if err != nil || back.Scheme != "http" || back.Hostname() != "127.0.0.1" || len(back.Path) < 22 ||
			len(back.Query().Get("state")) < 22 || back.Query().Get("success") != success {
			t.Errorf("%s %q, %v", name, q.Get(name), err)
		}
	}
	other, err := Begin(t.Context(), sitePage, "Usher")
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	if r.state == other.state || r.path == other.path {
		t.Error("two requests share a secret")
	}
}

func TestTheOwnerApproves(t *testing.T) {
	a := ask(t, nil)
	last := a.get(a.path, a.granted())
	if last.status != http.StatusOK || !strings.Contains(last.body, "Usher is connected to shop.test.") {
		t.Errorf("the browser sees %d %s", last.status, last.body)
	}
	if last.at.RawQuery != "" || strings.Contains(last.body, planted) {
		t.Errorf("the browser still has the password: %s", last.at)
	}
	a.wants("")
	if a.given.User != "ann" || a.given.Password.Reveal() != planted || a.uses.Load() != 1 {
		t.Errorf("%d uses, given %s %s", a.uses.Load(), a.given.User, a.given.Password.Reveal())
	}
	for name, want := range map[string]string{
		"Cache-Control": "no-store", "Referrer-Policy": "no-referrer", "X-Content-Type-Options": "nosniff",
		"Content-Security-Policy": policy, "Content-Type": "text/html; charset=utf-8",
	} {
		if got := last.header.Get(name); got != want {
			t.Errorf("%s: %s", name, got)
		}
	}
	if strings.Contains(last.body, "<script") || strings.Contains(last.body, "http:") || strings.Contains(last.body, "https:") {
		t.Errorf("the page is not self-contained: %s", last.body)
	}
}

func TestTheRedirectIsAsDiscreetAsThePage(t *testing.T) {
	a := ask(t, nil)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+a.host+a.path+"?"+a.granted().Encode(), nil)
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{DisableKeepAlives: true}
	resp, err := transport.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusSeeOther || resp.Header.Get("Location") != a.path+"/done" ||
		resp.Header.Get("Cache-Control") != "no-store" || resp.Header.Get("Referrer-Policy") != "no-referrer" {
		t.Errorf("%d %v", resp.StatusCode, resp.Header)
	}
	a.get(a.path+"/done", nil)
	a.wants("")
}

func TestTheBrowserSeesWhatWentWrong(t *testing.T) {
	for name, c := range map[string]struct {
		err    error
		sees   string
		ending string
	}{
		"a Problem":      {core.NewProblem("site.forbidden", nil).About("list_users"), "may not manage users: list_users", "site.forbidden"},
		"anything else":  {errors.New("with " + planted), "Usher is not connected.", ""},
		"interrupted":    {fmt.Errorf("ask: %w", context.Canceled), "Usher was stopped", ""},
		"markup in text": {core.NewProblem("site.forbidden", nil).About("<b>x"), "&lt;b&gt;x", "site.forbidden"},
	} {
		t.Run(name, func(t *testing.T) {
			a := ask(t, func(context.Context, Grant) error { return c.err })
			last := a.get(a.path, a.granted())
			if !strings.Contains(last.body, c.sees) || strings.Contains(last.body, planted) || strings.Contains(last.body, "is connected") {
				t.Errorf("the browser sees %s", last.body)
			}
			if err := <-a.ended; !errors.Is(err, c.err) {
				t.Errorf("ended with %v", err)
			}
		})
	}
}

func TestTheOwnerRefuses(t *testing.T) {
	a := ask(t, nil)
	if last := a.get(a.path, a.callback("reject_url")); !strings.Contains(last.body, "was not given permission") {
		t.Errorf("the browser sees %s", last.body)
	}
	a.wants("site.not_authorised")
	if a.uses.Load() != 0 {
		t.Error("a refusal was used")
	}
}

func TestAnswersThatAreNoPermission(t *testing.T) {
	for name, c := range map[string]struct {
		change func(url.Values)
		code   string
	}{
		"another site":           {func(q url.Values) { q.Set("site_url", "https://evil.test/blog") }, "site.other_answered"},
		"a refusal all the same": {func(q url.Values) { q.Set("success", "false") }, "site.not_authorised"},
		"no site":                {func(q url.Values) { q.Del("site_url") }, "site.not_authorised"},
		"no user":                {func(q url.Values) { q.Del("user_login") }, "site.not_authorised"},
		"no password":            {func(q url.Values) { q.Set("password", "") }, "site.not_authorised"},
		"a user with a new line": {func(q url.Values) { q.Set("user_login", "ann\nx") }, "site.not_authorised"},
		"a password not UTF-8":   {func(q url.Values) { q.Set("password", planted+"\xff") }, "site.not_authorised"},
		"a huge password":        {func(q url.Values) { q.Set("password", strings.Repeat("x", longestWay+1)) }, "site.not_authorised"},
	} {
		t.Run(name, func(t *testing.T) {
			a := ask(t, nil)
			query := a.granted()
			c.change(query)
			a.get(a.path, query)
			a.wants(c.code)
			if a.uses.Load() != 0 {
				t.Error("it was used")
			}
		})
	}
}

func TestStrangersChangeNothing(t *testing.T) {
	a := ask(t, nil)
	with := func(name, value string) url.Values {
		query := a.granted()
		query.Set(name, value)
		return query
	}
	_, port, _ := net.SplitHostPort(a.host)
	for name, c := range map[string]struct {
		method, path string
		query        url.Values
		host         string
		status       int
	}{
		"a wrong state":          {"GET", a.path, with("state", "wrong"), a.host, 403},
		"a refusal, wrong state": {"GET", a.path, url.Values{"success": {"false"}, "state": {"x"}}, a.host, 403},
		"no state":               {"GET", a.path, with("state", ""), a.host, 403},
		"another path":           {"GET", "/", a.granted(), a.host, 404},
		"a favourite icon":       {"GET", "/favicon.ico", nil, a.host, 404},
		"the end before it":      {"GET", a.path + "/done", nil, a.host, 404},
		"another name":           {"GET", a.path, a.granted(), "rebound.evil.test:" + port, 403},
		"another local name":     {"GET", a.path, a.granted(), "localhost:" + port, 403},
		"no port":                {"GET", a.path, a.granted(), "127.0.0.1", 403},
		"a POST":                 {"POST", a.path, a.granted(), a.host, 405},
		"a HEAD":                 {"HEAD", a.path, a.granted(), a.host, 405},
		"an endless query":       {"GET", a.path, with("more", strings.Repeat("x", longest)), a.host, 400},
	} {
		t.Run(name, func(t *testing.T) {
			got := a.request(c.method, c.path, c.query, c.host)
			if got.status != c.status || strings.Contains(got.body, planted) || got.header.Get("Content-Security-Policy") != policy {
				t.Errorf("answered %d %s", got.status, got.body)
			}
		})
	}
	if a.uses.Load() != 0 || a.used.Load() {
		t.Error("a stranger's call was used")
	}
	a.get(a.path, a.granted()) // still waiting for the right one
	a.wants("")
}

func TestASecondAnswerChangesNothing(t *testing.T) {
	begun, goOn := make(chan struct{}), make(chan struct{})
	a := ask(t, func(context.Context, Grant) error { close(begun); <-goOn; return nil })
	first := make(chan seen, 1)
	go func() { first <- a.get(a.path, a.granted()) }()
	<-begun
	other := a.granted()
	other.Set("user_login", "mallory")
	second := a.get(a.path, other)
	if second.status != http.StatusGone || !strings.Contains(second.body, "answered before") {
		t.Errorf("the second browser sees %d %s", second.status, second.body)
	}
	close(goOn)
	if page := <-first; !strings.Contains(page.body, "is connected") {
		t.Errorf("the first browser sees %s", page.body)
	}
	a.wants("")
	if a.uses.Load() != 1 || a.given.User != "ann" {
		t.Errorf("used %d times, for %s", a.uses.Load(), a.given.User)
	}
}

func TestWaitingEnds(t *testing.T) {
	t.Run("when nobody comes", func(t *testing.T) {
		r, err := Begin(t.Context(), sitePage, "Usher")
		if err != nil {
			t.Fatal(err)
		}
		r.patience = time.Millisecond
		wait(t, t.Context(), r, nil).wants("site.not_answered")
	})
	t.Run("with its context", func(t *testing.T) {
		r, err := Begin(t.Context(), sitePage, "Usher")
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		a := wait(t, ctx, r, nil)
		a.get("/", nil) // it serves
		cancel()
		if err := <-a.ended; !errors.Is(err, context.Canceled) {
			t.Errorf("ended with %v", err)
		}
	})
	t.Run("even if the browser never fetches its last page", func(t *testing.T) {
		a := ask(t, nil)
		conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", a.host)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = conn.Close() }()
		if _, err := fmt.Fprintf(conn, "GET %s?%s HTTP/1.1\r\nHost: %s\r\n\r\n", a.path, a.granted().Encode(), a.host); err != nil {
			t.Fatal(err)
		}
		a.wants("")
	})
}

func TestBeginDoesNotListenToTheNetwork(t *testing.T) {
	r, err := Begin(t.Context(), sitePage, "Usher")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if addr, ok := r.listener.Addr().(*net.TCPAddr); !ok || addr.IP.String() != "127.0.0.1" {
		t.Errorf("listens on %s", r.listener.Addr())
	}
}

func FuzzCallback(f *testing.F) {
	f.Add("success=false")
	f.Add("site_url=https%3A%2F%2Fshop.test%2Fblog&user_login=ann&password=" + planted)
	f.Add("site_url=%00&user_login=%ff&password=;")
	f.Fuzz(func(t *testing.T, text string) {
		query, err := url.ParseQuery(text)
		if err != nil {
			return
		}
		page, err := url.Parse(sitePage)
		if err != nil {
			t.Fatal(err)
		}
		a := (&Request{page: page}).read(query)
		if granted := a.err == nil; granted != (!a.grant.Password.Empty() && a.grant.User != "") {
			t.Errorf("neither permission nor Problem: %v", a.err)
		}
		if secret := query.Get("password"); len(secret) > 3 && a.err != nil && strings.Contains(a.err.Error(), secret) && !strings.Contains(query.Get("site_url"), secret) {
			t.Errorf("%v tells the password", a.err)
		}
	})
}
