//go:build unix

package main

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"usher/core"
	"usher/core/practice"
)

// disguises are the ways a secret can hide in a file or a log.
func disguises(secret string) map[string]string {
	quoted, _ := json.Marshal(secret)
	forms := map[string]string{
		"plain":       secret,
		"URL-encoded": url.QueryEscape(secret),
		"JSON":        strings.Trim(string(quoted), `"`),
		"hex":         hex.EncodeToString([]byte(secret)),
	}
	for skip := range 3 {
		// Base64 depends on where in a group of three the secret starts; the signs
		// that its neighbours share with it are left out.
		padded := append(bytes.Repeat([]byte{0}, skip), secret...)
		padded = padded[:len(padded)/3*3]
		from := (skip*8 + 5) / 6
		forms["base64"+string(rune('0'+skip))] = base64.StdEncoding.EncodeToString(padded)[from:]
		forms["base64url"+string(rune('0'+skip))] = base64.URLEncoding.EncodeToString(padded)[from:]
	}
	return forms
}

// leaks tells which secrets show in data, and how.
func leaks(data []byte, secrets map[string]string) (found []string) {
	for name, secret := range secrets {
		for how, form := range disguises(secret) {
			if bytes.Contains(data, []byte(form)) {
				found = append(found, name+" ("+how+")")
			}
		}
	}
	return found
}

func TestTheLeakFinderFindsLeaks(t *testing.T) {
	const secret = "planted/secret+of 1"
	for how, form := range disguises(secret) {
		if len(leaks([]byte("before "+form+" after"), map[string]string{"it": secret})) == 0 {
			t.Errorf("%s is not found", how)
		}
	}
	for skip := range 4 {
		text := base64.StdEncoding.EncodeToString([]byte(strings.Repeat("x", skip) + secret + " and more"))
		if len(leaks([]byte(text), map[string]string{"it": secret})) == 0 {
			t.Errorf("base64 at offset %d is not found", skip)
		}
	}
	if found := leaks([]byte("nothing to see"), map[string]string{"it": secret}); len(found) != 0 {
		t.Errorf("found %v in nothing", found)
	}
}

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
		if found := leaks([]byte(a.body), secrets); len(found) != 0 {
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

	if found := leaks([]byte(out), secrets); len(found) != 0 {
		t.Errorf("the commands print %v", found)
	}
	log := []byte(u.log.String())
	if !bytes.Contains(log, []byte("webhook accepted")) || !bytes.Contains(log, []byte("work settled")) {
		t.Error("the log is not the log")
	}
	if found := append(leaks(log, secrets), leaks(log, personal)...); len(found) != 0 {
		t.Errorf("the log shows %v", found)
	}
	files := 0
	err := filepath.WalkDir(u.data, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		files++
		data, err := os.ReadFile(path)
		if found := leaks(data, secrets); len(found) != 0 {
			t.Errorf("%s shows %v", entry.Name(), found)
		}
		return err
	})
	if err != nil || files < 2 {
		t.Errorf("%d files looked at, %v", files, err)
	}
}
