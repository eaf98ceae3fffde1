//go:build unix

package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os/exec"
	"strings"
	"testing"
	"time"

	"usher/core"
	"usher/core/practice"
)

// signingIn is a run of `usherd sign-in` that showed its page.
type signingIn struct {
	*usher
	cmd  *exec.Cmd
	in   io.WriteCloser
	out  *bufio.Reader
	page string
}

func (u *usher) signIn(args ...string) *signingIn {
	u.Helper()
	s := &signingIn{usher: u, cmd: u.command(context.WithoutCancel(u.Context()), nil, append([]string{"sign-in", "--account", "pulse"}, args...)...)}
	var err error
	if s.in, err = s.cmd.StdinPipe(); err != nil {
		u.Fatal(err)
	}
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		u.Fatal(err)
	}
	if err := s.cmd.Start(); err != nil {
		u.Fatal(err)
	}
	timer := time.AfterFunc(patience, func() { _ = s.cmd.Process.Kill() })
	u.Cleanup(func() { timer.Stop(); _ = s.cmd.Process.Kill(); _ = s.cmd.Wait() })
	s.out = bufio.NewReader(out)
	line, err := s.out.ReadString('\n')
	s.page = strings.TrimSpace(line)
	if err != nil || !strings.Contains(s.page, "/oauth/authorize?") {
		u.Fatalf("printed %q, %v", line, err)
	}
	return s
}

// end waits for the command's end and returns what it printed last.
func (s *signingIn) end() (done core.SignInAnswer, err error) {
	s.Helper()
	rest, err := io.ReadAll(s.out)
	if err != nil {
		s.Fatal(err)
	}
	if err := s.cmd.Wait(); err != nil {
		return done, fmt.Errorf("%w: %s", err, rest)
	}
	if err := json.Unmarshal(rest, &done); err != nil {
		s.Fatalf("%v in %q", err, rest)
	}
	return done, nil
}

// query is what the page was asked with.
func (s *signingIn) query(name string) string {
	s.Helper()
	page, err := url.Parse(s.page)
	if err != nil {
		s.Fatal(err)
	}
	return page.Query().Get(name)
}

// back is the redirect URL with what the page may add.
func (s *signingIn) back(query url.Values) string {
	return s.query("redirect_uri") + "?" + query.Encode()
}

// browse opens an address as a browser does, and returns where it ends and what it shows.
func (u *usher) browse(address, host string) (at *url.URL, status int, shows string) {
	u.Helper()
	req, err := http.NewRequestWithContext(u.Context(), http.MethodGet, address, nil)
	if err != nil {
		u.Fatal(err)
	}
	if host != "" {
		req.Host = host
	}
	resp, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: patience}).Do(req)
	if err != nil {
		u.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		u.Fatal(err)
	}
	return resp.Request.URL, resp.StatusCode, string(body)
}

// allowed is where a page that allows everybody in sends the browser.
func (u *usher) allowed(page string) string {
	u.Helper()
	req, err := http.NewRequestWithContext(u.Context(), http.MethodGet, page, nil)
	if err != nil {
		u.Fatal(err)
	}
	resp, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(req)
	if err != nil {
		u.Fatal(err)
	}
	_ = resp.Body.Close()
	back, err := resp.Location()
	if err != nil {
		u.Fatal(err)
	}
	return back.String()
}

// pulseBench is an Usher with a practice Pulse nobody is signed in to yet.
type pulseBench struct {
	*usher
	crm      *practice.Pulse
	urls     map[core.Action]string
	redirect string
}

func newPulseBench(t *testing.T) pulseBench {
	t.Helper()
	_, siteURL := practiceSite(t)
	crm := practice.NewPulse(practice.PulseConfig{})
	server := httptest.NewServer(crm)
	t.Cleanup(server.Close)
	login := crm.Login()
	file := practiceSetup(siteURL, map[string]any{"name": "shop"})
	file["crm"] = map[string]any{"kind": "pulse", "fields": map[string]string{
		"url": server.URL, "client_id": login["client_id"], "client_secret": login["client_secret"],
	}}
	crm.SignOut()
	u := newUsher(t)
	b := pulseBench{usher: u, crm: crm, redirect: "http://127.0.0.1:" + unusedPort(t) + "/pulse"}
	said, err := u.trySetup(file)
	if err != nil {
		t.Fatal(err)
	}
	var done core.SetupAnswer
	if err := json.Unmarshal([]byte(said), &done); err != nil {
		t.Fatal(err)
	}
	if notes := strings.Join(done.Notes, "\n"); !strings.Contains(notes, "usherd sign-in --account pulse") || !strings.Contains(notes, "http://127.0.0.1:8738/pulse") {
		t.Errorf("setup says %q", notes)
	}
	b.urls = done.URLs
	return b
}

func unusedPort(t *testing.T) string {
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

// signedIn signs in as a person with a browser does.
func (b pulseBench) signedIn(args ...string) {
	b.Helper()
	s := b.signIn(append([]string{"--redirect", b.redirect}, args...)...)
	at, _, shows := b.browse(s.page, "")
	if !strings.Contains(shows, "Usher is connected to PulseTechnologyCRM.") || !strings.Contains(shows, "You can close this page") || at.RawQuery != "" {
		b.Errorf("the browser is at %s and shows %s", at, shows)
	}
	if done, err := s.end(); err != nil || done.Account != "pulse" || done.CRM != "PulseTechnologyCRM" {
		b.Errorf("%+v, %v", done, err)
	}
}

// tells sends the thinnest webhook about a person and returns its delivery.
func (b pulseBench) tells(id string) string {
	b.Helper()
	return b.accepted(query(b.urls[core.Add]), "id="+id)
}

func (b pulseBench) wantNoSecretsSaid() {
	b.Helper()
	for _, secret := range []string{"practice-pulse-c", "practice-pulse-a", "practice-pulse-r"} { // client secret and codes, access and refresh tokens
		if strings.Contains(b.log.String(), secret) {
			b.Errorf("the log tells %s…", secret)
		}
	}
}

func TestPulseIsSignedInTo(t *testing.T) {
	t.Parallel()
	b := newPulseBench(t)
	ann := b.crm.Add(practice.Person{Email: "ann@example.test", Fields: map[string]string{"first_name": "Ann"}})
	bo := b.crm.Add(practice.Person{Email: "bo@example.test"})
	b.signedIn() // no Usher runs
	b.serve()
	b.want(b.tells(ann), core.Applied, core.Created)

	b.crm.SignOut()
	waiting := b.tells(bo)
	b.until("the message waits for a sign-in", func() bool {
		p := b.deliveries()[waiting].Problem
		return p != nil && p.Code == "crm.sign_in" && strings.Contains(p.Fix, "usherd sign-in")
	})
	b.signedIn() // the running Usher goes on by itself
	b.want(waiting, core.Applied, core.Created)
	b.wantNoSecretsSaid()
	b.stop()
}

// until waits for something to become true.
func (u *usher) until(what string, is func() bool) {
	u.Helper()
	look := time.NewTicker(50 * time.Millisecond)
	defer look.Stop()
	for deadline := time.Now().Add(patience); !is(); <-look.C {
		if time.Now().After(deadline) {
			u.Fatalf("still not: %s", what)
		}
	}
}

func TestASignInIsPasted(t *testing.T) {
	t.Parallel()
	b := newPulseBench(t)
	for name, c := range map[string]struct {
		paste func(s *signingIn) string
		code  string
	}{
		"another sign-in's": {func(*signingIn) string { return b.redirect + "?code=practice-pulse-code-9&state=other" }, "crm.other_answered"},
		"nothing":           {func(*signingIn) string { return "" }, "crm.other_answered"},
		"the owner refused": {func(s *signingIn) string {
			return s.back(url.Values{"error": {"access_denied"}, "state": {s.query("state")}})
		}, "crm.not_authorised"},
		"a code of long ago": {func(s *signingIn) string {
			return s.back(url.Values{"code": {"practice-pulse-code-9"}, "state": {s.query("state")}})
		}, "crm.sign_in"},
	} {
		s := b.signIn("--paste", "--redirect", "https://hooks.example.test/back")
		_, _ = fmt.Fprintln(s.in, c.paste(s))
		_ = s.in.Close()
		if _, err := s.end(); err == nil || !strings.HasSuffix(strings.TrimSpace(b.log.String()), "("+c.code+")") {
			t.Errorf("%s: ended with %v", name, err)
		}
	}
	b.serve()
	s := b.signIn("--paste", "--redirect", "https://hooks.example.test/back")
	_, _ = fmt.Fprint(s.in, " "+b.allowed(s.page)) // the last line may lack its end
	_ = s.in.Close()
	if done, err := s.end(); err != nil || done.Account != "pulse" {
		t.Errorf("%+v, %v", done, err)
	}
	ann := b.crm.Add(practice.Person{Email: "ann@example.test"})
	b.want(b.tells(ann), core.Applied, core.Created)
	b.wantNoSecretsSaid()
	b.stop()
}

func TestStrangersCannotSignInForTheOwner(t *testing.T) {
	t.Parallel()
	b := newPulseBench(t)
	s := b.signIn("--redirect", b.redirect)
	right := url.Values{"code": {"practice-pulse-code-9"}, "state": {s.query("state")}}
	for name, c := range map[string]struct {
		address, host string
		status        int
	}{
		"a wrong state":  {s.back(url.Values{"code": {"practice-pulse-code-9"}, "state": {"guessed"}}), "", 403},
		"no state":       {s.back(url.Values{"error": {"access_denied"}}), "", 403},
		"another name":   {s.back(right), "rebound.example.test", 403},
		"another path":   {s.query("redirect_uri") + "/x?" + right.Encode(), "", 404},
		"a query of 8 K": {s.back(url.Values{"code": {strings.Repeat("x", 8<<10)}, "state": right["state"]}), "", 400},
	} {
		if _, status, shows := b.browse(c.address, c.host); status != c.status {
			t.Errorf("%s: answered %d %s", name, status, shows)
		}
	}
	back := b.allowed(s.page)
	if _, _, shows := b.browse(back, ""); !strings.Contains(shows, "is connected") {
		t.Errorf("the owner sees %s", shows)
	}
	if _, err := s.end(); err != nil {
		t.Error(err)
	}
	issued := b.crm.Issued()
	s = b.signIn("--redirect", b.redirect)
	if _, _, shows := b.browse(s.back(url.Values{"error": {"access_denied"}, "state": {s.query("state")}}), ""); !strings.Contains(shows, "was not given permission") {
		t.Errorf("the owner who refuses sees %s", shows)
	}
	if _, err := s.end(); err == nil || b.crm.Issued() != issued || !strings.Contains(b.log.String(), "(crm.not_authorised)") {
		t.Errorf("a refusal ended with %v", err)
	}
	b.wantNoSecretsSaid()
}

func TestSignInsThatCannotBegin(t *testing.T) {
	t.Parallel()
	b := newPulseBench(t)
	var lc net.ListenConfig
	taken, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = taken.Close() }()
	b.refuses("crm.redirect_taken", "sign-in", "--account", "pulse", "--redirect", "http://"+taken.Addr().String()+"/pulse")
	b.refuses("crm.redirect", "sign-in", "--account", "pulse", "--redirect", "http://0.0.0.0:8738/pulse")
	b.refuses("crm.redirect", "sign-in", "--account", "pulse", "--redirect", "https://hooks.example.test/")
	b.refuses("setup.no_account", "sign-in", "--account", "mine")
	b.refuses("crm.cannot_register", "register", "--connection", "shop")
}
