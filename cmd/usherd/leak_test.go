//go:build unix

package main

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"usher/cmd/internal/leaks"
	"usher/core"
	"usher/core/practice"
)

// A whole life at debug level, in which secrets arrive on every way there is.
func TestNoSecretIsInTheLogOrTheDataFolder(t *testing.T) {
	site, siteURL := practiceSite(t)
	secrets := map[string]string{
		"access key":                   plantedKey,
		"application password":         plantedAppPassword,
		"passphrase":                   passphrase,
		"mapped password":              "planted-mapped-password-1",
		"returned password":            "planted-returned-password-2",
		"authorization header":         "planted-authorization-3",
		"cookie":                       "planted-cookie-4",
		"API key header":               "planted-api-key-5",
		"password in a broken message": "planted-broken-6",
		"wrong key":                    "planted-wrong-key-7",
	}
	personal := map[string]string{"e-mail": "ann@example.test", "name": "Annabella", "wrong e-mail": "not-an-address"}

	u := newUsher(t)
	t.Setenv("PLANTED_PASSWORD", plantedAppPassword)
	setup := practiceSetup(siteURL, map[string]any{
		"field_map":             map[string]string{"first_name": "first_name", "company": "user_pass", "website": "url"},
		"return_password_field": "middle_name",
	})
	setup["site"].(map[string]any)["application_password"] = map[string]string{"env": "PLANTED_PASSWORD"}
	add := query(u.setup(setup)[core.Add])
	u.serve()

	body := func(id, email string) string {
		return `{"lead":{"id":"` + id + `","email":"` + email + `","first_name":"` + personal["name"] + `","company":"` + secrets["mapped password"] +
			`","middle_name":"` + secrets["returned password"] + `"},"action":"list_subscription","access_key":"` + plantedKey + `"}`
	}
	headers := map[string]string{
		"Authorization": "Bearer " + secrets["authorization header"], "Cookie": "session=" + secrets["cookie"], "X-Api-Key": secrets["API key header"],
	}
	var ids []string
	send := func(query, body string) {
		t.Helper()
		a := u.request(http.MethodPost, query, body, headers)
		var said struct{ Delivery string }
		if a.status == http.StatusOK && json.Unmarshal([]byte(a.body), &said) == nil && said.Delivery != "" {
			ids = append(ids, said.Delivery)
		}
		if found := leaks.New(secrets).In([]byte(a.body)); len(found) != 0 {
			t.Errorf("the answer shows %v", found)
		}
	}
	send(add, body("1", personal["e-mail"]))
	u.want(ids[0], core.Applied, core.Created)
	if user, ok := site.User(personal["e-mail"]); !ok || !site.CanLogIn(user.Login, core.NewSecret(secrets["mapped password"])) {
		t.Fatal("the mapped password did not arrive, so this test would show nothing")
	}
	send("wpf_action=add", body("2", "b@example.test"))                              // the key in the body only
	send(add+"&password="+secrets["password in a broken message"], `{"lead":{"id":`) // unreadable
	send(add+"&user_pass="+secrets["password in a broken message"], "\xff\xfe"+secrets["mapped password"])
	send("wpf_action=add&access_key="+url.QueryEscape(secrets["wrong key"]), body("3", "c@example.test"))
	send(add, body("4", personal["wrong e-mail"]))
	site.Fail(practice.Fault{Times: 2, On: practice.Writes, Trouble: func(w http.ResponseWriter, r *http.Request, _ http.Handler) {
		// A site that quotes what it was sent in its error.
		user, password, _ := r.BasicAuth()
		http.Error(w, `{"code":"oops","message":"`+user+password+secrets["mapped password"]+`"}`, http.StatusInternalServerError)
	}})
	send(add, body("5", "d@example.test"))
	send(add, body("6", "e@example.test"))
	u.kill() // in the middle of it
	u.serve()
	_, _ = u.ask("retry", "--all")
	for _, id := range ids {
		if line := u.deliveries()[id]; line.ID == "" {
			t.Errorf("delivery %s is gone", id)
		}
	}
	out := u.must("deliveries", "--json") + u.must("deliveries") + u.must("status", "--json") + u.must("status")
	u.stop()

	if log := u.log.String(); !strings.Contains(log, "webhook accepted") || !strings.Contains(log, "work settled") {
		t.Error("the log is not the log")
	}
	u.lookForLeaks(out, secrets, personal)
}

// lookForLeaks looks for secrets in what was said, in the log and in the data folder, and for
// what is personal in the log.
func (u *usher) lookForLeaks(said string, secrets, personal map[string]string) {
	u.Helper()
	finder, log := leaks.New(secrets), []byte(u.log.String())
	if found := finder.In([]byte(said)); len(found) != 0 {
		u.Errorf("answers or commands show %v", found)
	}
	if found := append(finder.In(log), leaks.New(personal).In(log)...); len(found) != 0 {
		u.Errorf("the log shows %v", found)
	}
	if found, err := finder.InFolder(u.data); err != nil || len(found) != 0 {
		u.Errorf("the data folder shows %v, %v", found, err)
	}
}
