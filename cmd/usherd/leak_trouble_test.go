//go:build unix

package main

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"usher/cmd/internal/leaks"
	"usher/core"
	"usher/core/practice"
)

// troubled are the secrets of a life in which everything goes wrong. They have signs
// that every encoding writes in a way of its own.
func troubled() map[string]string {
	return map[string]string{
		"application password": plantedAppPassword, "passphrase": passphrase,
		"access key": `planted/key+"one"&more`, "short key": "Sh0rtK3y",
		"wrong application password": "wrong planted/password=1", "password in an address": "planted-url-password",
		"key that is a number": "7316502948817263", "key that is too short": "Pl4nt7d", "wrong passphrase": "planted wrong passphrase+1",
		"wrong key": "planted wrong&key/2", "authorization": "planted-bearer/token+3", "cookie": "planted-cookie+4", "API key": "planted=api&key/5",
		"mapped password": `planted "mapped"/password+6`, "changed password": `planted <changed> password&7`, "numbered password": "planted=mapped=password=8",
	}
}

// personal is what the log must not have.
func personal() map[string]string {
	return map[string]string{"domain of all e-mails": "@planted.test", "first name": "Annabella", "last name": "Plantagenet", "company": "O'Plänted & Sons"}
}

// plantedLead is a message about a person all of whose data is personal.
func plantedLead(id, secret string) string {
	p := personal()
	data, _ := json.Marshal(map[string]any{"action": "list_subscription", "lead": map[string]any{
		"id": id, "email": "p" + id + p["domain of all e-mails"], "first_name": p["first name"], "last_name": p["last name"],
		"company": p["company"], "secret": secret,
	}})
	return string(data)
}

// plantedSetup is a set-up file for a practice site.
func plantedSetup(site, password string, connection map[string]any) string {
	data, _ := json.Marshal(map[string]any{
		"site": map[string]any{"url": site, "user": "admin", "application_password": password},
		"crm":  map[string]any{"kind": "kartra"}, "connection": connection,
	})
	return string(data)
}

func TestNoSecretLeaksWhereThingsGoWrong(t *testing.T) {
	t.Parallel()
	l, secrets := newLife(t), troubled()
	generates := l.setUp(plantedSetup(l.url, plantedAppPassword, map[string]any{"name": "generates passwords", "access_key": secrets["access key"]}))
	mapped := l.setUp(plantedSetup(l.url, plantedAppPassword, map[string]any{
		"name": "maps passwords", "access_key": secrets["short key"], "field_map": map[string]string{"first_name": "first_name", "secret": "user_pass"},
	}))
	if len(generates) != 3 || len(mapped) != 3 {
		t.Fatal("set-up did not work")
	}
	add := query(generates[core.Add])
	l.setUpWrongly(secrets)
	l.beRefused(add, secrets)
	l.arriveOddly(add, query(mapped[core.Add]), query(mapped[core.Update]), secrets)
	for i, name := range slices.Sorted(maps.Keys(troubles)) {
		l.meet(name, troubles[name], add, plantedLead(strconv.Itoa(50+i), ""))
	}

	l.site.Fail(practice.Fault{Trouble: practice.HangUp()})
	last := l.send(http.MethodPost, add, plantedLead("90", ""), nil)
	l.until("the site is waited for", func() bool { return strings.Contains(l.say("status"), "The site does not answer") })
	l.kill()
	l.begin()
	l.site.Heal()
	l.say("retry", "--all")
	l.ended(last)
	l.say("deliveries", "--json")
	l.say("deliveries")
	l.say("status", "--json")
	l.stop()
	l.startWrongly(secrets)

	if n := l.site.tell(secrets); n < len(troubles) {
		t.Errorf("the site was sent %d passwords", n)
	}
	l.lookForLeaks(secrets, personal())
	if log := l.log.String(); !strings.Contains(log, "webhook refused") || !strings.Contains(log, "site waits") || !strings.Contains(log, "work failed") {
		t.Error("nothing went wrong in the log")
	}
	t.Run("and one planted in a copy is found", func(t *testing.T) {
		dir := t.TempDir()
		forms := leaks.Disguises(secrets["access key"])
		if err := plant(l.data, dir, slices.Collect(maps.Values(forms))); err != nil {
			t.Fatal(err)
		}
		found, err := leaks.New(secrets).InFolder(dir)
		for how := range forms {
			if !slices.Contains(found, "usher.db: access key ("+how+")") {
				t.Errorf("%s was not found but %v, %v", how, found, err)
			}
		}
	})
}

// troubles are the ways a site can repeat what it was sent.
var troubles = map[string]practice.Trouble{
	"in a message":    repeat(400, "", `{"code":"rest_invalid_param","message":"PASSWORD OWN","data":{"params":{"email":"PASSWORD OWN"}}}`),
	"in a role":       repeat(400, "", `{"code":"rest_user_invalid_role","message":"The role PASSWORD does not exist."}`),
	"in a title":      repeat(500, "Content-Type: text/html", `<title>PASSWORD OWN</title>`),
	"in a redirect":   repeat(302, "Location: /PASSWORD?OWN#PASSWORD", ""),
	"in half a user":  repeat(201, "", `{"id":7,"username":"PASSWORD","email":"OWN`),
	"in a 401":        repeat(401, "", `{"code":"PASSWORD","message":"OWN"}`),
	"in a long code":  repeat(500, "", `{"code":"no such password: PASSWORD","message":"OWN"}`),
	"in a busy page":  repeat(429, "Content-Type: text/html", `<title>PASSWORD</title>OWN`),
	"after the event": practice.HangUpAfter(),
}

// What a site calls an error is shown, to help. A site that is broken, or not one's own
// any more, must not be able to have a password shown that way.
func TestAPasswordIsNotShownAsTheNameOfAnError(t *testing.T) {
	t.Parallel()
	l := newLife(t)
	add := query(l.setUp(plantedSetup(l.url, plantedAppPassword, map[string]any{"access_key": plantedKey}))[core.Add])
	l.meet("as a code", repeat(500, "", `{"code":"PASSWORD"}`), add, plantedLead("1", ""))
	l.meet("as a code, its own", repeat(500, "", `{"code":"OWN"}`), add, plantedLead("2", ""))
	l.meet("as a parameter", repeat(400, "", `{"code":"rest_invalid_param","data":{"params":{"PASSWORD":"no","OWN":"no"}}}`), add, plantedLead("3", ""))
	l.stop()
	secrets := map[string]string{"access key": plantedKey, "application password": plantedAppPassword}
	l.site.tell(secrets)
	l.lookForLeaks(secrets, personal())
}

// setUpWrongly fails to set up in every way that has a secret in it.
func (l *life) setUpWrongly(secrets map[string]string) {
	l.Helper()
	right := secrets["application password"]
	for _, file := range []string{
		plantedSetup(l.url, secrets["wrong application password"], nil),
		plantedSetup("http://127.0.0.1:1", right, map[string]any{"access_key": secrets["wrong key"]}),
		plantedSetup(l.url, right, map[string]any{"name": "third", "access_key": secrets["key that is too short"]}),
		plantedSetup(l.url, right, map[string]any{"name": "third", "access_key": secrets["access key"]}),
		`{"site":{"application_password":"` + right + `"},"connection":{"access_key":` + secrets["key that is a number"] + `}}`,
		`{"site":{"application_password":["` + right + `"]}}`,
		`{"site":{"application_password":"` + right + `"` + right,
	} {
		if l.setUp(file) != nil {
			l.Errorf("this set-up went well: %s", file)
		}
	}
	// Whether an address may have a password in it is not what this is about.
	l.setUp(plantedSetup(strings.Replace(l.url, "://", "://admin:"+secrets["password in an address"]+"@", 1), right, map[string]any{"name": "third"}))
}

// beRefused sends messages of which nothing is stored.
func (l *life) beRefused(add string, secrets map[string]string) {
	l.Helper()
	headers := map[string]string{"Authorization": "Bearer " + secrets["authorization"], "Cookie": "s=" + url.QueryEscape(secrets["cookie"]), "X-Api-Key": secrets["API key"]}
	with := func(name, value string) map[string]string {
		more := maps.Clone(headers)
		more[name] = value
		return more
	}
	body := plantedLead("1", secrets["mapped password"])
	wrong := "access_key=" + url.QueryEscape(secrets["wrong key"])
	l.send("POST", "wpf_action=add&"+wrong, body, headers)
	l.send("POST", "wpf_action=add", `{"access_key":"`+secrets["wrong key"]+`"}`, headers)
	l.send("POST", "", wrong+"&wpf_action=add&password="+url.QueryEscape(secrets["mapped password"]), headers)
	l.send("DELETE", add, body, headers)
	l.send("POST", strings.Replace(add, "wpf_action=add&", "", 1), body, headers)
	l.send("POST", strings.Replace(add, "=add", "=test", 1), body, headers)
	l.send("POST", add, body, with("Content-Encoding", secrets["API key"]))
	l.send("GET", add, "", with("Accept", "text/html"))
	if len(l.sent) != 0 {
		l.Errorf("%v were accepted", l.sent)
	}
}

// arriveOddly sends messages that are accepted, with secrets where none belong.
func (l *life) arriveOddly(generates, maps, updates string, secrets map[string]string) {
	l.Helper()
	key := secrets["access key"]
	quoted := url.QueryEscape(key)
	headers := map[string]string{
		"Authorization": "Basic " + secrets["authorization"], "Cookie": secrets["cookie"], "X-Api-Key": secrets["API key"],
		"User-Agent": "sender of " + key, "Content-Type": "text/plain; key=" + key, "Referer": "https://crm.test/?" + generates,
	}
	first := len(l.sent)
	for query, body := range map[string]string{
		generates: plantedLead("10", ""),
		generates + "&role=" + quoted + "&url=" + url.QueryEscape("https://hooks.test/?"+generates): plantedLead("11", ""),
		"wpf_action=" + quoted + "&access_key=" + quoted:                                            plantedLead("12", ""),
		generates + "&cut=off":           `{"access_key":"` + key + `","lead":` + key,
		generates + "&not=text":          "\xff\xfe" + key + secrets["mapped password"],
		maps:                             plantedLead("20", secrets["mapped password"]),
		maps + "&send_notification=true": plantedLead("21", secrets["numbered password"]),
	} {
		l.send("POST", query, body, headers)
	}
	l.send("GET", generates+"&contact_id=13&email="+url.QueryEscape("p13"+personal()["domain of all e-mails"]), "", headers)
	for _, id := range l.sent[first:] {
		l.ended(id)
	}
	l.ended(l.send("POST", updates, plantedLead("20", secrets["changed password"]), headers))
	if n := len(l.sent) - first; n != 9 {
		l.Errorf("%d of 9 messages were accepted", n)
	}
}

// startWrongly starts usherd in ways that fail.
func (l *life) startWrongly(secrets map[string]string) {
	l.Helper()
	l.say("serve", "--address", "fixed", "--public-url", "https://ann:"+secrets["password in an address"]+"@hooks.test", "--listen", "127.0.0.1:0")
	cmd := l.command(l.Context(), nil, "status")
	cmd.Env = slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "USHER_PASSPHRASE=") })
	cmd.Env = append(cmd.Env, "USHER_PASSPHRASE="+secrets["wrong passphrase"])
	cmd.Stdout = &l.said
	if err := cmd.Run(); err == nil {
		l.Error("a wrong passphrase opened the secrets file")
	}
	if _, err := os.Stat(filepath.Join(l.data, "secrets.age")); err != nil {
		l.Error(err)
	}
}
