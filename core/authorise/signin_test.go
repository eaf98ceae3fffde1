package authorise

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"usher/core"
)

const state = "a-random-state"

// freePort is one nobody listens at.
func freePort(t *testing.T) string {
	t.Helper()
	var lc net.ListenConfig
	listener, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, _ := net.SplitHostPort(listener.Addr().String())
	_ = listener.Close()
	return port
}

func beginSignIn(t *testing.T) *SignIn {
	t.Helper()
	s, err := BeginSignIn(t.Context(), core.SignIn{CRM: "Pulse", Redirect: "http://127.0.0.1:" + freePort(t) + "/pulse", State: state})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// signingIn is a SignIn whose Wait runs.
type signingIn struct {
	*asked
	codes chan string
}

func signIn(t *testing.T, use func() error) signingIn {
	t.Helper()
	s := beginSignIn(t)
	in := signingIn{&asked{T: t, Request: &Request{callback: callback[Grant]{host: s.host, path: s.path}}, ended: make(chan error, 1)}, make(chan string, 2)}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	t.Cleanup(func() { cancel(); <-done })
	go func() {
		defer close(done)
		in.ended <- s.Wait(ctx, func(_ context.Context, code core.Secret) error {
			in.codes <- code.Reveal()
			if use == nil {
				return nil
			}
			return use()
		})
	}()
	return in
}

// code is the next code that was used, if there is one.
func (in signingIn) code() string {
	select {
	case code := <-in.codes:
		return code
	default:
		return ""
	}
}

func answered(name, value string) url.Values { return url.Values{"state": {state}, name: {value}} }

func TestTheCodeComesBack(t *testing.T) {
	in := signIn(t, nil)
	long := strings.Repeat("def50200", 150) // some portals' codes are encrypted, and long
	last := in.get(in.path, answered("code", long))
	if last.status != 200 || !strings.Contains(last.body, "Usher is connected to Pulse.") || !strings.Contains(last.body, "You can close this page") {
		t.Errorf("the browser sees %d %s", last.status, last.body)
	}
	if last.at.RawQuery != "" || last.at.Path != "/pulse/done" || last.header.Get("Referrer-Policy") != "no-referrer" {
		t.Errorf("the browser still has the code: %s", last.at)
	}
	in.wants("")
	if got := in.code(); got != long {
		t.Errorf("got %q", got)
	}
}

func TestTheBrowserSeesWhyTheCodeDidNotHelp(t *testing.T) {
	in := signIn(t, func() error { return core.NewProblem("crm.unauthorized", nil).About("Client ID or Secret") })
	if last := in.get(in.path, answered("code", planted)); !strings.Contains(last.body, "Client ID or Secret") || strings.Contains(last.body, "is connected") {
		t.Errorf("the browser sees %s", last.body)
	}
	in.wants("crm.unauthorized")
}

func TestAnswersOfThePageThatAreNoCode(t *testing.T) {
	for name, c := range map[string]struct {
		query  url.Values
		detail string
	}{
		"refused":                     {answered("error", "access_denied"), ""},
		"another error":               {answered("error", "invalid_scope"), "invalid_scope"},
		"an error and a code":         {url.Values{"state": {state}, "error": {""}, "code": {planted}}, ""},
		"an error that is no name":    {answered("error", "<b>"+planted), ""},
		"an endless error":            {answered("error", strings.Repeat("x", 60)), ""},
		"no code":                     {url.Values{"state": {state}}, ""},
		"an empty code":               {answered("code", ""), ""},
		"a code that is no text":      {answered("code", planted+"\xff"), ""},
		"a code with a line break":    {answered("code", planted+"\n"), ""},
		"a description is not quoted": {url.Values{"state": {state}, "error": {"server_error"}, "error_description": {planted}}, "server_error"},
	} {
		t.Run(name, func(t *testing.T) {
			in := signIn(t, nil)
			if last := in.get(in.path, c.query); !strings.Contains(last.body, "was not given permission") || strings.Contains(last.body, planted) {
				t.Errorf("the browser sees %s", last.body)
			}
			err := <-in.ended
			if p := core.AsProblem(err); p.Code != "crm.not_authorised" || p.Detail != c.detail || len(in.codes) != 0 {
				t.Errorf("ended with %v about %q, %d codes", err, p.Detail, len(in.codes))
			}
		})
	}
}

func TestStrangersCannotSignIn(t *testing.T) {
	begun, goOn := make(chan struct{}), make(chan struct{})
	in := signIn(t, func() error { close(begun); <-goOn; return nil })
	right, wrong := answered("code", "right"), url.Values{"state": {"wrong"}, "code": {"theirs"}}
	_, port, _ := net.SplitHostPort(in.host)
	for name, c := range map[string]struct {
		method, path string
		query        url.Values
		host         string
		status       int
	}{
		"a wrong state":       {"GET", in.path, wrong, in.host, 403},
		"no state":            {"GET", in.path, url.Values{"code": {"theirs"}}, in.host, 403},
		"a refusal, no state": {"GET", in.path, url.Values{"error": {"access_denied"}}, in.host, 403},
		"another path":        {"GET", "/pulse/", right, in.host, 404},
		"the end before it":   {"GET", in.path + "/done", nil, in.host, 404},
		"another name":        {"GET", in.path, right, "rebound.evil.test:" + port, 403},
		"another local name":  {"GET", in.path, right, "localhost:" + port, 403},
		"a POST":              {"POST", in.path, right, in.host, 405},
		"an endless query":    {"GET", in.path, url.Values{"state": {state}, "code": {strings.Repeat("x", longest)}}, in.host, 400},
	} {
		if got := in.request(c.method, c.path, c.query, c.host); got.status != c.status {
			t.Errorf("%s: answered %d %s", name, got.status, got.body)
		}
	}
	if len(in.codes) != 0 {
		t.Fatal("a stranger's code was used")
	}
	first := make(chan seen, 1)
	go func() { first <- in.get(in.path, right) }()
	<-begun
	if second := in.get(in.path, answered("code", "theirs")); second.status != 410 {
		t.Errorf("the second browser sees %d %s", second.status, second.body)
	}
	close(goOn)
	if page := <-first; !strings.Contains(page.body, "is connected") {
		t.Errorf("the first browser sees %s", page.body)
	}
	in.wants("")
	if got := in.code(); got != "right" || len(in.codes) != 0 {
		t.Errorf("used %q and %d more", got, len(in.codes))
	}
}

func TestASignInNobodyAnswersEnds(t *testing.T) {
	s := beginSignIn(t)
	s.patience = time.Millisecond
	if err := s.Wait(t.Context(), nil); !core.HasCode(err, "crm.not_answered") {
		t.Errorf("ended with %v", err)
	}
	s = beginSignIn(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Wait(ctx, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("ended with %v", err)
	}
}

func TestWhereASignInCanComeBackTo(t *testing.T) {
	for redirect, want := range map[string]string{
		"http://127.0.0.1:8738/pulse":    "127.0.0.1:8738",
		"http://127.0.0.1:8738/":         "127.0.0.1:8738",
		"http://127.9.9.9:8738/?a=b":     "127.9.9.9:8738",
		"http://LocalHost:8738/pulse":    "127.0.0.1:8738",
		"http://[::1]:8738/pulse":        "[::1]:8738",
		"http://127.0.0.1:8738":          "",
		"http://127.0.0.1/pulse":         "",
		"http://127.0.0.1:0/pulse":       "",
		"https://127.0.0.1:8738/pulse":   "",
		"http://0.0.0.0:8738/pulse":      "",
		"http://192.168.1.2:8738/pulse":  "",
		"http://localhost.evil.test:8/p": "",
		"http://ann@127.0.0.1:8738/p":    "",
		"127.0.0.1:8738/pulse":           "",
		"":                               "",
	} {
		_, address, ok := comesBackHere(redirect)
		if ok != (want != "") || ok && address != want {
			t.Errorf("%q: %v at %q, want %q", redirect, ok, address, want)
		}
	}
	if _, err := BeginSignIn(t.Context(), core.SignIn{Redirect: "https://hooks.test/"}); !core.HasCode(err, "crm.redirect") {
		t.Errorf("got %v", err)
	}
	s := beginSignIn(t)
	if _, err := BeginSignIn(t.Context(), core.SignIn{Redirect: "http://" + s.host + "/pulse"}); !core.HasCode(err, "crm.redirect_taken") || core.AsProblem(err).Detail != s.host {
		t.Errorf("a port that is taken: %v", err)
	}
}

func TestAPastedAddress(t *testing.T) {
	for name, c := range map[string]struct{ address, code, problem string }{
		"as the browser shows it":  {" http://127.0.0.1:8738/pulse?code=a%2Bb&state=" + state + "\n", "a+b", ""},
		"of another computer":      {"https://anns-laptop.test/pulse?state=" + state + "&code=x", "x", ""},
		"another sign-in":          {"http://127.0.0.1:8738/pulse?code=x&state=other", "", "crm.other_answered"},
		"the code alone":           {planted, "", "crm.other_answered"},
		"nothing":                  {"", "", "crm.other_answered"},
		"the page itself":          {"https://portal.test/oauth/authorize?response_type=code&state=" + state, "", "crm.not_authorised"},
		"a refusal":                {"http://127.0.0.1:8738/pulse?error=access_denied&state=" + state, "", "crm.not_authorised"},
		"no address":               {"http://[" + planted, "", "crm.other_answered"},
		"a query that is none":     {"http://127.0.0.1/?state=" + state + "&code=%zz" + planted, "", "crm.other_answered"},
		"endless":                  {"http://127.0.0.1/?state=" + state + "&code=" + strings.Repeat("x", longest), "", "crm.other_answered"},
		"a code with odd contents": {"http://127.0.0.1/?state=" + state + "&code=%00" + planted, "", "crm.not_authorised"},
	} {
		t.Run(name, func(t *testing.T) {
			code, err := PastedCode(c.address, core.SignIn{State: state})
			if code.Reveal() != c.code || c.problem == "" && err != nil || c.problem != "" && !core.HasCode(err, c.problem) {
				t.Errorf("got %q, %v", code.Reveal(), err)
			}
			if _, err := PastedCode(strings.ReplaceAll(c.address, state, ""), core.SignIn{}); !core.HasCode(err, "crm.other_answered") {
				t.Errorf("a sign-in nobody began: %v", err)
			}
			if err != nil && strings.Contains(err.Error()+core.AsProblem(err).Fix, planted) {
				t.Errorf("%v quotes what was pasted", err)
			}
		})
	}
}

func FuzzPastedCode(f *testing.F) {
	in := core.SignIn{CRM: "Pulse", Redirect: "http://127.0.0.1:8738/pulse", State: "state-of-this-one"}
	for _, seed := range []string{
		in.Redirect + "?state=state-of-this-one&code=" + planted, in.Redirect + "?state=other&code=" + planted,
		"?state=state-of-this-one&error=access_denied", "state=state-of-this-one&code=x", "http://[::1", "%zz", "?state=state-of-this-one&code=%00",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, address string) {
		code, err := PastedCode(address, in)
		switch {
		case (err == nil) == code.Empty():
			t.Errorf("%q: neither code nor Problem: %v", address, err)
		case err == nil && !strings.Contains(address, "state-of-this-one"):
			if query, _, _ := strings.Cut(address, "#"); !strings.Contains(query, "%") {
				t.Errorf("%q was taken without the state", address)
			}
		case err != nil && strings.Contains(address, planted) && strings.Contains(fmt.Sprintf("%v %+v %#v", err, err, err), planted):
			t.Errorf("%v tells the code", err)
		}
	})
}

func FuzzRedirect(f *testing.F) {
	for _, seed := range []string{"http://127.0.0.1:8738/pulse", "http://localhost:1/", "http://127.0.0.1.evil.example:80/", "http://[::1]:80/x", "http://0.0.0.0:80/", "http://127.1:80/", "https://127.0.0.1:80/"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, redirect string) {
		_, address, ok := comesBackHere(redirect)
		if !ok {
			return
		}
		at, err := netip.ParseAddrPort(address)
		if err != nil || !at.Addr().IsLoopback() {
			t.Errorf("%q listens at %q", redirect, address)
		}
	})
}
