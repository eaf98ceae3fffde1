package pulse_test

import (
	"maps"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"usher/core"
	"usher/core/crm/pulse"
	"usher/core/practice"
)

func TestEachHostSeesOnlyWhatBelongsToIt(t *testing.T) {
	crm := practice.NewPulse(practice.PulseConfig{})
	login := crm.Login()
	app, sentToApp := watched(t, crm)
	portal, sentToPortal := watched(t, crm)
	client := openAt(t, core.Account{BaseURL: app, Settings: map[string]string{"portal_url": portal}}, newVault(maps.Clone(login)))
	if !strings.HasPrefix(client.AuthCodeURL("http://127.0.0.1/", "s"), portal+"/oauth/authorize?") {
		t.Error("the sign-in is not at the portal")
	}
	crm.Expire()
	if _, err := client.ListTags(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{login["client_secret"], login["refresh_token"]} {
		if strings.Contains(sentToApp(), secret) || !strings.Contains(sentToPortal(), secret) {
			t.Errorf("%s went to the wrong host", secret)
		}
	}
	if access := login["access_token"]; strings.Contains(sentToPortal(), access) || !strings.Contains(sentToApp(), access) {
		t.Error("the access token went to the wrong host")
	}
}

func TestNobodyElseSeesTokens(t *testing.T) {
	crm := practice.NewPulse(practice.PulseConfig{})
	elsewhere, sent := watched(t, http.NotFoundHandler())
	moved := func(w http.ResponseWriter, r *http.Request, _ http.Handler) {
		http.Redirect(w, r, elsewhere+r.URL.Path, http.StatusTemporaryRedirect)
	}
	for name, on := range map[string]func(*http.Request) bool{
		"the API": func(r *http.Request) bool { return !isToken(r) },
		"the portal": func(r *http.Request) bool {
			crm.Expire()
			return isToken(r)
		},
	} {
		crm.Fail(practice.Fault{On: on, Times: 1, Trouble: moved})
		_, err := open(t, crm, newVault(crm.Login())).ListTags(t.Context())
		if !core.HasCode(err, "crm.settings") {
			t.Errorf("%s: got %v", name, err)
		}
		crm.Heal()
	}
	if sent() != "" {
		t.Errorf("another host was sent %s", sent())
	}
}

func TestAddresses(t *testing.T) {
	tests := []struct{ name, url, portal, base, signIn, code string }{
		{name: "an application", url: "https://app.example.com/", signIn: "https://portal.thepulsespot.com/oauth/authorize"},
		{name: "without a scheme", url: " App.Example.com", signIn: "https://portal.thepulsespot.com/oauth/authorize"},
		{name: "one in development", url: "https://app.x.dev.thepulsespot.com", signIn: "https://portal.x.dev.thepulsespot.com/oauth/authorize"},
		{name: "one that only looks so", url: "https://app.x.dev.thepulsespot.com.example.com", signIn: "https://portal.thepulsespot.com/oauth/authorize"},
		{name: "one in development that is no app", url: "https://x.dev.thepulsespot.com", signIn: "https://x.dev.thepulsespot.com/oauth/authorize"},
		{name: "a portal that was chosen", url: "https://app.example.com", portal: "portal.example.com", signIn: "https://portal.example.com/oauth/authorize"},
		{name: "a local one", url: "http://localhost:8080", signIn: "http://localhost:8080/oauth/authorize"},
		{name: "one that takes the CRM's place", url: "https://app.example.com", base: "https://proxy.example.net/pulse/", signIn: "https://proxy.example.net/pulse/oauth/authorize"},
		{name: "with the API's path", url: "http://127.0.0.1:8080/x/api/v1", signIn: "http://127.0.0.1:8080/x/oauth/authorize"},
		{name: "none", code: "crm.settings"},
		{name: "another scheme", url: "ftp://app.example.com", code: "crm.settings"},
		{name: "not an address", url: "https://[app", code: "crm.settings"},
		{name: "a portal that is none", url: "https://app.example.com", portal: "https://", code: "crm.settings"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			account := core.Account{BaseURL: tt.base, Settings: map[string]string{
				"url": tt.url, "portal_url": tt.portal, "client_id": " 7 ",
			}}
			client, err := pulse.Adapter{}.Open(account, newVault(nil))
			if tt.code != "" {
				wantCode(t, err, tt.code)
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			defer client.Close()
			page, err := url.Parse(client.(api).AuthCodeURL("http://127.0.0.1:1/", "s"))
			if err != nil {
				t.Fatal(err)
			}
			query := page.Query()
			page.RawQuery = ""
			if page.String() != tt.signIn || query.Get("client_id") != "7" || query.Get("state") != "s" ||
				query.Get("response_type") != "code" || query.Get("redirect_uri") != "http://127.0.0.1:1/" {
				t.Errorf("got %s with %v", page, query)
			}
		})
	}
	_, err := pulse.Adapter{}.Open(core.Account{BaseURL: "https://app.example.com"}, newVault(nil))
	if p := core.AsProblem(err); p.Code != "crm.settings" || p.Detail != "Client ID" {
		t.Errorf("without a Client ID: %v", err)
	}
}

func TestTokensDoNotTravelInTheOpen(t *testing.T) {
	for label, settings := range map[string]map[string]string{
		"URL":    {"url": "http://app.example.com"},
		"Portal": {"url": "https://app.example.com", "portal_url": "http://portal.example.com"},
	} {
		settings["client_id"] = "7"
		_, err := pulse.Adapter{}.Open(core.Account{Settings: settings}, newVault(nil))
		if p := core.AsProblem(err); p.Code != "crm.not_secure" || p.Detail != label {
			t.Errorf("%s: got %v", label, err)
		}
	}
}
