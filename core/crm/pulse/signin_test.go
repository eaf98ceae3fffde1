package pulse_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"usher/core"
	"usher/core/crm/pulse"
	"usher/core/practice"
)

// allow opens the page as the owner's browser does, and returns the code that comes back.
func allow(t *testing.T, page, state string) core.Secret {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, page, nil)
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{DisableKeepAlives: true}
	res, err := transport.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	back, err := res.Location()
	if err != nil {
		t.Fatal(err)
	}
	if got := back.Query().Get("state"); got != state {
		t.Errorf("the state came back as %q, want %q", got, state)
	}
	return core.NewSecret(back.Query().Get("code"))
}

func TestSigningIn(t *testing.T) {
	crm := practice.NewPulse(practice.PulseConfig{})
	id := crm.Add(practice.Person{Email: "ada@example.com"})
	vault := newVault(map[string]string{"client_secret": crm.Login()["client_secret"]})
	client := open(t, crm, vault)
	_, err := client.Contact(t.Context(), id)
	wantCode(t, err, "crm.sign_in")

	const redirect = "http://127.0.0.1:4711/back"
	code := allow(t, client.AuthCodeURL(redirect, "s&t"), "s&t")
	wantCode(t, client.Exchange(t.Context(), redirect, core.NewSecret("another")), "crm.sign_in")
	wantCode(t, client.Exchange(t.Context(), redirect+"?", code), "crm.sign_in")
	if err := client.Exchange(t.Context(), redirect, code); err != nil {
		t.Fatal(err)
	}
	if login := crm.Login(); vault.holds("access_token") != login["access_token"] || vault.holds("refresh_token") != login["refresh_token"] {
		t.Error("the vault does not hold the tokens")
	}
	if _, err := client.Contact(t.Context(), id); err != nil {
		t.Error(err)
	}
	wantCode(t, client.Exchange(t.Context(), redirect, code), "crm.sign_in") // a second time
}

// The portal takes the browser back only to the URL its client was made with, so people
// have to see it before they make one.
func TestWhereASignInComesBackToIsShownBeforehand(t *testing.T) {
	redirect := func(settings map[string]string) string {
		settings["client_id"] = "7"
		client := openAt(t, core.Account{BaseURL: "https://app.example.com", Settings: settings}, newVault(nil))
		return client.Redirect()
	}
	usual := redirect(map[string]string{})
	about := pulse.Adapter{}.Describe()
	shown := 0
	for _, c := range about.Credentials {
		if c.Key == "client_id" && strings.Contains(c.Where, usual) || c.Key == "redirect" && c.Default == usual {
			shown++
		}
	}
	for _, card := range about.Cards {
		if strings.Contains(strings.Join(card.Steps, "\n"), usual) {
			shown++
		}
	}
	if shown != 3 || !strings.HasPrefix(usual, "http://127.0.0.1:") {
		t.Errorf("%q is shown %d times, want 3", usual, shown)
	}
	if got := redirect(map[string]string{"redirect": " http://localhost:4711/back "}); got != "http://localhost:4711/back" {
		t.Errorf("chosen by the owner: %q", got)
	}
}

func TestPastedTokensMayHaveSpaceAroundThem(t *testing.T) {
	crm := practice.NewPulse(practice.PulseConfig{})
	login := crm.Login()
	for key := range login {
		login[key] = " " + login[key] + "\n"
	}
	client := open(t, crm, newVault(login))
	for range 3 { // the pasted ones, and two pairs after them
		if _, err := client.ListTags(t.Context()); err != nil {
			t.Error(err)
		}
		crm.Expire()
	}
}

func TestARefreshTokenAloneIsEnough(t *testing.T) {
	crm := practice.NewPulse(practice.PulseConfig{})
	login := crm.Login()
	delete(login, "access_token")
	app, sent := watched(t, crm)
	client := openAt(t, core.Account{BaseURL: app}, newVault(login))
	if _, err := client.ListTags(t.Context()); err != nil {
		t.Error(err)
	}
	if calls := strings.Count(sent(), "/api/v1/"); calls != 1 {
		t.Errorf("%d calls of the API, want the one that can go well", calls)
	}
}

func TestTheNewRefreshTokenIsStoredBeforeTheNewAccessTokenIsUsed(t *testing.T) {
	crm := practice.NewPulse(practice.PulseConfig{})
	var mu sync.Mutex
	var events []string
	seen := func(what string) {
		mu.Lock()
		defer mu.Unlock()
		events = append(events, what)
	}
	vault := newVault(crm.Login())
	old := vault.holds("refresh_token")
	client := open(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen(r.Method + " " + r.URL.Path)
		crm.ServeHTTP(w, r)
	}), vault)
	crm.Expire()
	vault.seen = func(what string) {
		if strings.HasPrefix(what, "set ") {
			seen(what)
		}
	}
	if _, err := client.ListFields(t.Context()); err != nil {
		t.Fatal(err)
	}
	const call = "GET /api/v1/contact/available-fields"
	want := []string{call, "POST /oauth/token", "set refresh_token", "set access_token", call}
	if !slices.Equal(events, want) {
		t.Errorf("got  %q\nwant %q", events, want)
	}
	if now := vault.holds("refresh_token"); now == old || now != crm.Login()["refresh_token"] {
		t.Error("the vault does not hold the new refresh token")
	}
}

func TestTokensTheVaultDoesNotTakeAreNotLost(t *testing.T) {
	for _, key := range []string{"refresh_token", "access_token"} {
		t.Run(key, func(t *testing.T) {
			crm, vault, client := signedIn(t)
			crm.Expire()
			vault.refuse(key)
			for range 2 {
				_, err := client.ListTags(t.Context())
				wantCode(t, err, "keyring.locked")
			}
			vault.refuse("")
			if _, err := client.ListTags(t.Context()); err != nil {
				t.Error(err)
			}
			if crm.Issued() != 2 || vault.holds("refresh_token") != crm.Login()["refresh_token"] {
				t.Errorf("%d pairs were issued, want 2, the last kept", crm.Issued())
			}
		})
	}
}

func TestManyCallsRefreshOnce(t *testing.T) {
	crm, _, client := signedIn(t)
	id := crm.Add(practice.Person{Email: "ada@example.com"})
	crm.Expire()
	var calls sync.WaitGroup
	for range 20 {
		calls.Go(func() {
			if _, err := client.Contact(t.Context(), id); err != nil {
				t.Error(err)
			}
		})
	}
	calls.Wait()
	if crm.Issued() != 2 {
		t.Errorf("%d pairs of tokens were issued, want 2", crm.Issued())
	}
}

func TestARefreshSurvivesItsCaller(t *testing.T) {
	crm, vault, client := signedIn(t)
	crm.Expire()
	ctx, cancel := context.WithCancel(t.Context())
	crm.Fail(practice.Fault{On: isToken, Times: 1, Trouble: func(w http.ResponseWriter, r *http.Request, crm http.Handler) {
		cancel()
		crm.ServeHTTP(w, r)
	}})
	if _, err := client.ListTags(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want the context's error", err)
	}
	if vault.holds("refresh_token") != crm.Login()["refresh_token"] {
		t.Fatal("the new refresh token is lost")
	}
	if _, err := client.ListTags(t.Context()); err != nil || crm.Issued() != 2 {
		t.Errorf("%v, with %d pairs of tokens", err, crm.Issued())
	}
}

func TestAnotherClientOfTheAccountMayRefreshFirst(t *testing.T) {
	crm, vault, client := signedIn(t)
	other := open(t, crm, vault)
	crm.Expire()
	raced := false
	vault.seen = func(what string) {
		if what == "get refresh_token" && !raced {
			raced = true
			if _, err := other.ListTags(t.Context()); err != nil {
				t.Error(err)
			}
		}
	}
	if _, err := client.ListTags(t.Context()); err != nil || !raced {
		t.Errorf("%v, raced: %v", err, raced)
	}
}

func TestASignInThatHasRunOut(t *testing.T) {
	crm, _, client := signedIn(t)
	crm.SignOut()
	_, err := client.ListTags(t.Context())
	wantCode(t, err, "crm.sign_in")
	if p := core.AsProblem(err); !strings.Contains(p.Fix, "usherd sign-in --account") || p.Scope != core.CRMWide || p.Then != core.Hold {
		t.Errorf("got %+v", p)
	}
}

func TestAnAPIThatKeepsRefusingIsAskedTwice(t *testing.T) {
	calls := 0
	crm := practice.NewPulse(practice.PulseConfig{})
	crm.Fail(practice.Fault{
		On: func(r *http.Request) bool { return !isToken(r) },
		Trouble: func(w http.ResponseWriter, _ *http.Request, _ http.Handler) {
			calls++
			w.WriteHeader(http.StatusUnauthorized)
		},
	})
	_, err := open(t, crm, newVault(crm.Login())).ListTags(t.Context())
	wantCode(t, err, "crm.sign_in")
	if calls != 2 || crm.Issued() != 2 {
		t.Errorf("%d calls and %d pairs of tokens, want 2 and 2", calls, crm.Issued())
	}
}

func TestAnswersOfThePortal(t *testing.T) {
	says := func(status int, kind, body string) practice.Trouble {
		return func(w http.ResponseWriter, _ *http.Request, _ http.Handler) {
			w.Header().Set("Content-Type", kind)
			w.WriteHeader(status)
			_, _ = fmt.Fprint(w, body)
		}
	}
	tests := []struct {
		name    string
		trouble practice.Trouble
		code    string
		detail  string
	}{
		{"refused with 400", says(400, "application/json", `{"error":"invalid_grant"}`), "crm.sign_in", ""},
		{"refused with 200", says(200, "application/json", `{"error":"invalid_request"}`), "crm.sign_in", ""},
		{"another Secret", says(401, "application/json", `{"error":"invalid_client"}`), "crm.unauthorized", "Client ID or Secret"},
		{"invalid", says(422, "application/json", `{"message":"x","errors":{"client_id":["x"]}}`), "crm.sign_in", ""},
		{"too busy", practice.TooManyAttempts(9 * time.Second), "crm.busy", ""},
		{"maintenance", practice.Page(503, "Maintenance", 9*time.Second), "crm.busy", ""},
		{"an error of its own", says(500, "application/json", `{"error":"server_error"}`), "crm.server_error", "500"},
		{"a page", says(200, "text/html", "<title>Log in</title>"), "crm.server_error", ""},
		{"a page that refuses", says(403, "text/html", "<title>Blocked</title>"), "crm.server_error", "403"},
		{"tokens that are none", says(200, "application/json", `{"access_token":""}`), "crm.server_error", ""},
		{"nothing there", says(404, "application/json", `{"message":"Not Found"}`), "crm.settings", "Portal"},
		{"a redirect", func(w http.ResponseWriter, r *http.Request, _ http.Handler) {
			http.Redirect(w, r, "https://elsewhere.example.com/?secret", http.StatusPermanentRedirect)
		}, "crm.settings", "elsewhere.example.com"},
		{"no answer", practice.HangUp(), "crm.unreachable", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			crm, vault, client := signedIn(t)
			crm.Expire()
			before := vault.holds("refresh_token")
			crm.Fail(practice.Fault{On: isToken, Times: 1, Trouble: tt.trouble})
			_, err := client.ListTags(t.Context())
			wantCode(t, err, tt.code)
			p := core.AsProblem(err)
			if !strings.Contains(p.Detail, tt.detail) || tt.code == "crm.busy" && p.RetryAfter != 9*time.Second {
				t.Errorf("about %q, wait %v", p.Detail, p.RetryAfter)
			}
			if text := fmt.Sprintf("%+v %v", p, errors.Unwrap(p)); strings.Contains(text, "practice-pulse") {
				t.Errorf("the Problem tells a secret: %s", text)
			}
			if vault.holds("refresh_token") != before {
				t.Error("the refresh token is lost")
			}
			if _, err := client.ListTags(t.Context()); err != nil {
				t.Errorf("afterwards: %v", err)
			}
		})
	}
}

func TestTokensThatAreCalledTextAreTaken(t *testing.T) {
	crm, vault, client := signedIn(t)
	crm.Expire()
	crm.Fail(practice.Fault{On: isToken, Trouble: func(w http.ResponseWriter, r *http.Request, crm http.Handler) {
		answer := httptest.NewRecorder()
		crm.ServeHTTP(answer, r)
		w.Header().Set("Content-Type", "text/plain")
		_, _ = answer.Body.WriteTo(w)
	}})
	if _, err := client.ListTags(t.Context()); err != nil || vault.holds("refresh_token") != crm.Login()["refresh_token"] {
		t.Error("the tokens are lost:", err)
	}
}
