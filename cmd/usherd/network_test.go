//go:build unix

package main

import (
	"flag"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"usher/core"
	"usher/core/practice"
)

var networkAll = flag.Bool("network.all", false, "let every CRM meet all that can go wrong on the network")

// wireTroubles are what networks, proxies and hosts do to a request or its answer.
func wireTroubles(elsewhere string) map[string]practice.Trouble {
	return map[string]practice.Trouble{
		"cut before":                practice.HangUp(),
		"cut after it was done":     practice.HangUpAfter(),
		"reset after it was done":   practice.ResetAfter(),
		"an answer cut short":       practice.CutShort(),
		"an answer of wrong length": practice.WrongLength(),
		"garbage":                   practice.Garbage(),
		"slow":                      practice.Slow(2 * time.Second),
		"a web page":                practice.Page(http.StatusOK, "Welcome to the hotel", 0),
		"a web page, 503":           practice.Page(http.StatusServiceUnavailable, "Maintenance", time.Second),
		"busy, in seconds":          practice.Page(http.StatusTooManyRequests, "Too many", time.Second),
		"busy, until a date":        practice.BusyUntil(time.Second),
		"a captive portal": func(w http.ResponseWriter, r *http.Request, _ http.Handler) {
			http.Redirect(w, r, elsewhere+"/login?to="+r.URL.Path, http.StatusFound)
		},
		"another host, kept method": func(w http.ResponseWriter, r *http.Request, _ http.Handler) {
			http.Redirect(w, r, elsewhere+r.URL.RequestURI(), http.StatusTemporaryRedirect)
		},
	}
}

// Whatever the network does to one request of a contact's way, to the site or to the CRM,
// reading or writing, the person is one user in the end, with a password that works.
//
// Each CRM meets a quarter of what can go wrong; -network.all is for all of it.
func TestTheNetworkDoublesAndLosesNothing(t *testing.T) {
	t.Parallel()
	var strayed atomic.Int64
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { strayed.Add(1) }))
	t.Cleanup(elsewhere.Close)
	for i, crm := range demoCRMs() {
		t.Run(crm.kind, func(t *testing.T) {
			t.Parallel() // they mostly wait
			newNetworkWorld(t, crm).try(wireTroubles(elsewhere.URL), i)
		})
	}
	t.Cleanup(func() {
		if n := strayed.Load(); n > 0 {
			t.Errorf("%d requests went where they were redirected", n)
		}
	})
}

// networkWorld is an Usher between a practice CRM and a practice site.
type networkWorld struct {
	*usher
	site     *practice.Site
	crm      demoCRM
	bench    crmBench
	password string // the CRM's field
}

func newNetworkWorld(t *testing.T, crm demoCRM) networkWorld {
	site, siteURL := practiceSite(t)
	server := httptest.NewServer(crm.crm)
	t.Cleanup(server.Close)
	password := crm.crm.AddField("WP password")
	crm.crm.Tag(crm.crm.Add(practice.Person{Email: "other@example.test"}), "Welcome") // so that it exists
	u := newUsher(t)
	file := practiceSetup(siteURL, map[string]any{"return_password_field": password, "done_tag": "Welcome", "most_new_users": 1000})
	file["crm"] = map[string]any{"kind": crm.kind, "base_url": server.URL, "fields": crm.crm.Login()}
	w := networkWorld{u, site, crm, crmBench{usher: u, crm: crm, urls: u.setup(file)}, password}
	u.serve()
	return w
}

// faulty are the two sides, and what of them a trouble meets.
func (w networkWorld) faulty() map[string]func(practice.Trouble, *atomic.Bool) {
	arrange := func(fail func(practice.Fault), on func(*http.Request) bool) func(practice.Trouble, *atomic.Bool) {
		return func(trouble practice.Trouble, met *atomic.Bool) {
			fail(practice.Fault{Times: 1, On: on, Trouble: func(rw http.ResponseWriter, r *http.Request, to http.Handler) {
				met.Store(true)
				trouble(rw, r, to)
			}})
		}
	}
	reads := func(r *http.Request) bool { return !practice.Writes(r) }
	return map[string]func(practice.Trouble, *atomic.Bool){
		"a read of the site": arrange(w.site.Fail, reads),
		"a write to it":      arrange(w.site.Fail, practice.Writes),
		"the CRM":            arrange(w.crm.crm.Fail, nil),
		"the CRM's second":   arrange(w.crm.crm.Fail, second()),
	}
}

// second picks every second request.
func second() func(*http.Request) bool {
	var n atomic.Int64
	return func(*http.Request) bool { return n.Add(1)%2 == 0 }
}

func (w networkWorld) try(troubles map[string]practice.Trouble, quarter int) {
	w.Helper()
	n := 0
	tried := map[string]string{} // delivery → what it met
	people := map[string]string{}
	sides := w.faulty()
	for _, where := range slices.Sorted(maps.Keys(sides)) {
		for _, name := range slices.Sorted(maps.Keys(troubles)) {
			if n++; n%4 != quarter && !*networkAll {
				continue
			}
			arrange, trouble := sides[where], troubles[name]
			var met atomic.Bool
			email := fmt.Sprintf("p%d@example.test", len(people))
			id := w.crm.crm.Add(practice.Person{Email: email, Fields: map[string]string{w.crm.firstName: "Ann"}})
			arrange(trouble, &met)
			delivery := w.bench.calls(core.Add, "", id)
			w.until(where+" to meet "+name, func() bool { return met.Load() || w.deliveries()[delivery].State != core.Queued })
			if !met.Load() {
				w.Errorf("%s never met %s", where, name)
			}
			w.site.Heal()
			w.crm.crm.Heal()
			w.must("retry", "--all") // ends the pause, as a person would who mended it
			tried[delivery], people[id] = where+": "+name, email
		}
	}
	w.until("all to end", func() bool {
		for id, line := range w.deliveries() {
			if tried[id] != "" && line.State != core.Applied {
				if line.State != core.Queued {
					w.Fatalf("%s: %s %+v", tried[id], line.State, line.Problem)
				}
				w.must("retry", "--all")
				return false
			}
		}
		return true
	})
	for id, email := range people {
		w.wantOne(email)
		person, _ := w.crm.crm.Person(id)
		if !w.site.CanLogIn(email, core.NewSecret(person.Fields[w.password])) {
			w.Errorf("%s: the password in the CRM, of %d characters, does not log in", email, len(person.Fields[w.password]))
		}
		if !slices.Contains(person.Tags, "Welcome") {
			w.Errorf("%s: the done tag is missing", email)
		}
	}
	if s := w.status(); int(s.Accepted) != len(tried) {
		w.Errorf("%d were sent, status %+v", len(tried), s)
	}
}

func (w networkWorld) wantOne(email string) {
	w.Helper()
	n := 0
	for _, u := range w.site.Users() {
		if u.Email == email {
			n++
		}
	}
	if n != 1 {
		w.Errorf("%s is %d users", email, n)
	}
}
