package practice_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"usher/core"
	"usher/core/crm/pulse"
	"usher/core/practice"
)

// pulseCalls puts calls to a practice Pulse without a network.
type pulseCalls struct {
	crm   *practice.Pulse
	token string
}

// call returns the status and the body of an answer.
func (p pulseCalls) call(t *testing.T, method, address, form string) (int, string) {
	t.Helper()
	req := httptest.NewRequestWithContext(t.Context(), method, address, strings.NewReader(form))
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Authorization", "Bearer "+p.token)
	answer := httptest.NewRecorder()
	p.crm.ServeHTTP(answer, req)
	return answer.Code, strings.TrimSpace(answer.Body.String())
}

func newPulse(cfg practice.PulseConfig) pulseCalls {
	crm := practice.NewPulse(cfg)
	return pulseCalls{crm, crm.Login()["access_token"]}
}

func TestPulseAnswersAsItsModuleExpects(t *testing.T) {
	p := newPulse(practice.PulseConfig{PageSize: 2})
	ada := p.crm.Add(practice.Person{Email: "Ada@example.com", Fields: map[string]string{"first_name": "Ada"}, Tags: []string{"A", "B", "C"}})
	gone := p.crm.Add(practice.Person{Email: "gone@example.com", Tags: []string{"A"}})
	eve := p.crm.Add(practice.Person{Email: "eve@example.com", Tags: []string{"A"}})
	p.crm.Delete(gone)
	missing := `{"error":"Contact not found"}`
	tests := []struct {
		method, path, form string
		status             int
		holds              string
	}{
		{"GET", "contacts/" + ada, "", 200, `"first_name":"Ada"`},
		{"GET", "contacts/" + ada, "", 200, `"id":` + ada + `,`},
		{"GET", "contacts/" + ada, "", 200, `"phone":null`},
		{"GET", "contacts/" + gone, "", 404, missing},
		{"GET", "contacts/999999999999999999999", "", 404, missing},
		{"POST", "contact/find/", "email=ada%40EXAMPLE.com", 200, `{"id":` + ada + `}`},
		{"POST", "contact/find/", "email=gone%40example.com", 404, missing},
		{"POST", "contact/find/", "", 422, `"errors":{"email":[`},
		{"GET", "contacts/" + ada + "/tags", "", 200, `"data":[{"id":31,"name":"A"},{"id":32,"name":"B"}]`},
		{"GET", "contacts/" + ada + "/tags?page=2", "", 200, `"data":[{"id":33,"name":"C"}]`},
		{"GET", "contacts/" + ada + "/tags?page=2", "", 200, `"last_page":2`},
		{"GET", "contacts/" + ada + "/tags?page=9", "", 200, `"data":[]`},
		{"GET", "contacts/" + gone + "/tags", "", 404, missing},
		{"GET", "tags", "", 200, `"total":3`},
		{"GET", "contact/available-fields", "", 200, `"address_home.city":{"label":"Home City"`},
		{"GET", "contacts/tagged/?tag_id=31", "", 200, `"total":2`},
		{"GET", "contacts/tagged/?tag_name=B", "", 200, `"total":1`},
		{"GET", "contacts/tagged/?tag_name=none", "", 200, `"total":0`},
		{"POST", "contacts/" + eve + "/tag-apply", "tag_id[0]=33&tag_id[1]=31", 200, "success"},
		{"GET", "contacts/" + eve + "/tags", "", 200, `[{"id":31,"name":"A"},{"id":33,"name":"C"}]`},
		{"POST", "contacts/" + eve + "/untag", "tag_id[]=31", 200, "success"},
		{"GET", "contacts/" + eve + "/tags", "", 200, `[{"id":33,"name":"C"}]`},
		{"POST", "contacts/" + eve + "/tag-apply", "tag_id[0]=99", 422, `"errors":{"tag_id[0]":[`},
		{"POST", "contacts/" + eve + "/tag-apply", "", 422, `"errors":{"tag_id":[`},
		{"PUT", "contacts/" + eve, "first_name=Eve&no_such_field=x&id=7", 200, `"first_name":"Eve"`},
		{"PUT", "contacts/" + eve, "email=none", 422, `"errors":{"email":[`},
		{"PUT", "contacts/" + eve, "address_home.city=Paris", 200, `"address_home.city":null`},
		{"PUT", "contacts/" + eve, "address_home[city]=Paris", 200, `"address_home.city":"Paris"`},
		{"PUT", "contacts/" + eve, "address_home[country_name]=France", 200, `"address_home.country_name":"France"`},
		{"DELETE", "contacts/" + eve, "", 404, `{"message":""}`},
		{"GET", "nothing", "", 404, `{"message":""}`},
	}
	for _, tt := range tests {
		status, body := p.call(t, tt.method, "/api/v1/"+tt.path, tt.form)
		if status != tt.status || !strings.Contains(body, tt.holds) {
			t.Errorf("%s %s %s: got %d %s", tt.method, tt.path, tt.form, status, body)
		}
	}
	if person, ok := p.crm.Person(eve); !ok || person.Fields["no_such_field"] != "" || person.Fields["address_home.city"] != "Paris" {
		t.Errorf("the contact is %+v, %v", person, ok)
	}
}

func TestPulseLetsInOnlyWithTheTokenOfNow(t *testing.T) {
	p := newPulse(practice.PulseConfig{})
	login := p.crm.Login()
	refresh := func(token, secret string) (int, string) {
		return p.call(t, "POST", "/oauth/token", url.Values{
			"grant_type": {"refresh_token"}, "refresh_token": {token}, "client_id": {login["client_id"]}, "client_secret": {secret},
		}.Encode())
	}
	wantStatus := func(what string, want int) {
		t.Helper()
		if status, body := p.call(t, "GET", "/api/v1/tags", ""); status != want {
			t.Errorf("%s: got %d %s", what, status, body)
		}
	}
	wantStatus("the first token", 200)
	p.crm.Expire()
	wantStatus("run out", 401)
	p.token = ""
	wantStatus("none", 401)
	if status, body := refresh(login["refresh_token"], "wrong"); status != 401 || !strings.Contains(body, `"invalid_client"`) {
		t.Errorf("a wrong secret: %d %s", status, body)
	}
	status, body := refresh(login["refresh_token"], login["client_secret"])
	var pair struct {
		Access  string `json:"access_token"`
		Refresh string `json:"refresh_token"`
	}
	if err := json.Unmarshal([]byte(body), &pair); err != nil || status != 200 || pair.Refresh == login["refresh_token"] {
		t.Fatalf("refreshed: %d %s", status, body)
	}
	p.token = pair.Access
	wantStatus("the second token", 200)
	if status, body := refresh(login["refresh_token"], login["client_secret"]); status != 401 || !strings.Contains(body, "The refresh token is invalid.") {
		t.Errorf("a refresh token used before: %d %s", status, body)
	}
	p.crm.SignOut()
	wantStatus("signed out", 401)
	if status, _ := refresh(pair.Refresh, login["client_secret"]); status != 401 {
		t.Errorf("signed out, and refreshed: %d", status)
	}
}

func TestPulseHandsACodeOnlyToItsClient(t *testing.T) {
	p := newPulse(practice.PulseConfig{})
	for query, want := range map[string]int{
		"client_id=7&response_type=code&redirect_uri=http%3A%2F%2F127.0.0.1%2Fback": 302,
		"client_id=8&response_type=code&redirect_uri=http%3A%2F%2F127.0.0.1%2Fback": 401,
		"client_id=7&response_type=token&redirect_uri=http%3A%2F%2F127.0.0.1%2F":    401,
		"client_id=7&response_type=code":                                            401,
	} {
		if status, body := p.call(t, "GET", "/oauth/authorize?"+query, ""); status != want {
			t.Errorf("%s: got %d %s", query, status, body)
		}
	}
	if status, _ := p.call(t, "GET", "/oauth/token", ""); status != 404 {
		t.Errorf("tokens by GET: %d", status)
	}
}

func TestEveryPulseWebhookIsUnderstood(t *testing.T) {
	for _, asJSON := range []bool{false, true} {
		for _, nested := range []bool{false, true} {
			for _, thin := range []bool{false, true} {
				t.Run(fmt.Sprintf("JSON %v, nested %v, thin %v", asJSON, nested, thin), func(t *testing.T) {
					p := practice.NewPulse(practice.PulseConfig{JSON: asJSON, Nested: nested})
					size := p.AddField("Shirt size")
					id := p.Add(practice.Person{Email: "ada+x@example.com", Fields: map[string]string{
						size: "L & XL", "address_home.city": "Ockham", "address_home.country": "United Kingdom",
					}})
					const address = "http://127.0.0.1/?wpf_action=add&access_key=KEY&role=customer"
					req, err := p.Webhook(address, id, thin)
					if err != nil || req.Method != http.MethodPost || req.URL.String() != address {
						t.Fatalf("got %v, %v", req, err)
					}
					body, err := io.ReadAll(req.Body)
					if err != nil {
						t.Fatal(err)
					}
					message, err := core.ReadMessage(req.URL.Query(), body)
					if err != nil {
						t.Fatal(err)
					}
					notice, err := pulse.Adapter{}.Parse(message)
					if err != nil || notice.Ignored != nil || notice.Contact.ID != id {
						t.Fatalf("got %+v, %v", notice, err)
					}
					want := map[string]string{
						"email": "ada+x@example.com", size: "L & XL",
						"address_home.city": "Ockham", "address_home.country_name": "United Kingdom",
					}
					for key, value := range want {
						if got := notice.Contact.Fields[key]; thin != (got == "") || !thin && got != value {
							t.Errorf("%s is %q, want %q", key, got, value)
						}
					}
				})
			}
		}
	}
	if _, err := practice.NewPulse(practice.PulseConfig{}).Webhook("http://127.0.0.1/", "1", true); err == nil {
		t.Error("a webhook about nobody")
	}
}
