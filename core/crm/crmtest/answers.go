package crmtest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httputil"
	"slices"
	"strings"
	"testing"
	"time"

	"usher/core"
	"usher/core/practice"
)

// answer is what a CRM, or something in front of it, may say in place of the right thing.
type answer struct {
	name    string
	trouble practice.Trouble
	codes   []string // of the Problems that are right
	wait    time.Duration
}

// answers quote what was sent wherever they can.
func answers() []answer {
	broken := []string{"crm.server_error"}
	return []answer{
		{name: "a web page", trouble: quoting(200, "text/html", "<title>%s</title>"), codes: broken},
		{name: "a page of the web server's", trouble: quoting(500, "text/html", "<title>%s</title>"), codes: broken},
		{name: "a page of a gateway's", trouble: quoting(502, "text/html", "<h1>%s</h1>"), codes: broken},
		{name: "maintenance", trouble: practice.Page(503, "Maintenance", 0), codes: []string{"crm.server_error", "crm.busy"}},
		{name: "maintenance for a while", trouble: practice.Page(503, "Maintenance", 7*time.Second), codes: []string{"crm.busy"}, wait: 7 * time.Second},
		{name: "an error in JSON", trouble: quoting(500, "application/json", `{"error":%q,"message":%[1]q,"type":%[1]q}`), codes: broken},
		{name: "too many requests", trouble: quoting(429, "text/plain", "%s"), codes: []string{"crm.busy"}},
		{name: "too many requests for now", trouble: practice.Page(429, "Slow down", 7*time.Second), codes: []string{"crm.busy"}, wait: 7 * time.Second},
		{name: "unauthorized", trouble: quoting(401, "application/json", `{"error":%q}`), codes: []string{"crm.unauthorized", "crm.sign_in"}},
		{name: "forbidden", trouble: quoting(403, "application/json", `{"error":%q}`), codes: []string{"crm.forbidden"}},
		{name: "a redirect", trouble: redirects, codes: []string{"crm.server_error", "crm.unreachable", "crm.settings"}},
		{name: "JSON cut off", trouble: says(`{"status":"Success","data":[{"id":"4`), codes: broken},
		{name: "a body cut off", trouble: cutsOff, codes: []string{"crm.server_error", "crm.unreachable"}},
		{name: "nothing", trouble: says(""), codes: broken},
		{name: "a text", trouble: says(`"Success"`), codes: broken},
		{name: "a number", trouble: says(`42`), codes: broken},
		{name: "too much", trouble: huge, codes: broken},
		{name: "a connection that breaks off", trouble: practice.HangUp(), codes: []string{"crm.unreachable"}},
	}
}

// oddities are answers of the wrong shape. Some CRM means "nothing there" by one or the
// other, so listing may end well; reading a person may not.
var oddities = []string{
	`null`, `[]`, `{}`, `[null]`, `{"data":null}`, `{"data":[]}`, `{"contacts":null}`, `{"lead_details":7}`, `{"status":7,"data":"x"}`, `{"error":[]}`,
}

func survivesAnswers(t *testing.T, b bench) {
	key := b.crm.AddField("Answers")
	email := planted + "@example.com"
	id := b.crm.Add(practice.Person{Email: email, Tags: []string{"Answered"}})
	secret := append(slices.Collect(maps.Values(b.crm.Login())), planted)
	for _, a := range answers() {
		for name, call := range calls(b.open(t), id, email, key) {
			b.crm.Fail(practice.Fault{Trouble: a.trouble})
			err := call(t.Context())
			b.crm.Heal()
			what := a.name + ", " + name
			wantCode(t, what, err, a.codes...)
			wantSilence(t, what, err, secret)
			if wait := core.AsProblem(err).RetryAfter; a.wait > 0 && wait != a.wait {
				t.Errorf("%s: wait %v, want %v", what, wait, a.wait)
			}
		}
	}
	for _, odd := range oddities {
		for name, call := range calls(b.open(t), id, email, key) {
			b.crm.Fail(practice.Fault{Trouble: says(odd)})
			err := call(t.Context())
			b.crm.Heal()
			if err == nil && strings.HasPrefix(name, "list") {
				continue
			}
			wantCode(t, odd+", "+name, err, "crm.server_error", "crm.no_contact", "crm.not_written", "crm.refused")
			wantSilence(t, odd+", "+name, err, secret)
		}
	}
}

// calls are what the client can be asked for.
func calls(client core.Client, id, email, key string) map[string]func(context.Context) error {
	calls := map[string]func(context.Context) error{
		"load by id":     func(ctx context.Context) error { _, err := client.Contact(ctx, id); return err },
		"load by e-mail": func(ctx context.Context) error { _, err := client.ContactByEmail(ctx, email); return err },
	}
	if picker, ok := client.(core.Picker); ok {
		calls["list fields"] = func(ctx context.Context) error { _, err := picker.ListFields(ctx); return err }
		calls["list tags"] = func(ctx context.Context) error { _, err := picker.ListTags(ctx); return err }
	}
	if scribe, ok := client.(core.Scribe); ok {
		calls["write"] = func(ctx context.Context) error {
			return scribe.SetFields(ctx, id, map[string]core.Secret{key: core.NewSecret(planted)})
		}
	}
	return calls
}

// wantCode checks that err is one of the Problems that are right.
func wantCode(t *testing.T, what string, err error, codes ...string) {
	t.Helper()
	var p *core.Problem
	if !errors.As(err, &p) || !slices.Contains(codes, p.Code) {
		t.Errorf("%s: got %v, want %s", what, err, strings.Join(codes, " or "))
	}
}

// wantSilence checks that an error tells nothing that is secret or personal.
func wantSilence(t *testing.T, what string, err error, secret []string) {
	t.Helper()
	stored, _ := json.Marshal(core.AsProblem(err))
	text := fmt.Sprintf("%v %+v %#v %s", err, err, err, stored)
	for _, s := range secret {
		if len(s) > 3 && strings.Contains(strings.ToLower(text), strings.ToLower(s)) {
			t.Errorf("%s: the error tells something secret: %s", what, text)
		}
	}
}

// says answers 200 with a body that claims to be JSON.
func says(body string) practice.Trouble {
	return func(w http.ResponseWriter, _ *http.Request, _ http.Handler) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, body)
	}
}

// quoting answers with the whole request, as some error pages do.
func quoting(status int, contentType, format string) practice.Trouble {
	return func(w http.ResponseWriter, r *http.Request, _ http.Handler) {
		request, err := httputil.DumpRequest(r, true)
		if err != nil {
			return
		}
		w.Header().Set("Content-Type", contentType)
		w.WriteHeader(status)
		_, _ = fmt.Fprintf(w, format, request)
	}
}

func redirects(w http.ResponseWriter, r *http.Request, _ http.Handler) {
	http.Redirect(w, r, "https://elsewhere.example.net"+r.URL.RequestURI(), http.StatusFound)
}

func cutsOff(w http.ResponseWriter, _ *http.Request, _ http.Handler) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", "1000")
	_, _ = io.WriteString(w, `{"data":`)
}

func huge(w http.ResponseWriter, _ *http.Request, _ http.Handler) {
	w.Header().Set("Content-Type", "application/json")
	piece := strings.Repeat(" ", 1<<20)
	for range 40 {
		if _, err := io.WriteString(w, piece); err != nil {
			return
		}
	}
	_, _ = io.WriteString(w, `{}`)
}

// forgets lets the CRM answer, and then undoes what it did.
func forgets(undo func()) practice.Trouble {
	return func(w http.ResponseWriter, r *http.Request, crm http.Handler) {
		crm.ServeHTTP(w, r)
		undo()
	}
}

// hangs never answers: it has the caller give up, and waits until that shows.
func hangs(giveUp func()) practice.Trouble {
	return func(_ http.ResponseWriter, r *http.Request, _ http.Handler) {
		_, _ = io.Copy(io.Discard, r.Body) // a server notices that its caller has gone only then
		giveUp()
		<-r.Context().Done()
	}
}
