package ontraport

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"
	"time"

	"usher/core"
	"usher/core/practice"
)

// vault is an account's one secret.
type vault string

func (v vault) Get(context.Context, string) (core.Secret, error) {
	return core.NewSecret(string(v)), nil
}

func (vault) Set(context.Context, string, core.Secret) error { return errors.New("nothing changes") }

// paced is a client of a practice CRM whose clock it moves on instead of waiting.
func paced(t *testing.T, cfg practice.OntraportConfig) (*practice.Ontraport, *client, *time.Duration) {
	t.Helper()
	now, waited := time.Unix(1_800_000_000, 0), new(time.Duration)
	cfg.Now = func() time.Time { return now.Add(*waited) }
	crm := practice.NewOntraport(cfg)
	server := httptest.NewServer(crm)
	t.Cleanup(server.Close)
	opened, err := Adapter{}.Open(core.Account{BaseURL: server.URL, Settings: map[string]string{keyApp: crm.Login()[keyApp]}}, vault(crm.Login()[keyAPI]))
	if err != nil {
		t.Fatal(err)
	}
	c := opened.(*client)
	t.Cleanup(c.Close)
	c.pause = func(_ context.Context, wait time.Duration) error {
		if wait <= 0 || wait > minute {
			t.Errorf("it waits %v", wait)
		}
		*waited += wait
		return nil
	}
	c.fields.now, c.tags.now = cfg.Now, cfg.Now
	return crm, c, waited
}

func TestAListingLeavesRequestsToOthers(t *testing.T) {
	crm, c, waited := paced(t, practice.OntraportConfig{})
	for i := range 6500 { // more than one minute takes
		crm.Add(practice.Person{Email: "p" + strconv.Itoa(i) + "@example.com"})
	}
	refused := 0
	crm.Fail(practice.Fault{Trouble: countRefusals(&refused)})
	visited := 0
	if _, err := c.Changed(t.Context(), core.Cursor{Mark: "1"}, func(core.Contact) error { visited++; return nil }); err != nil || visited != 6500 {
		t.Errorf("visited %d: %v", visited, err)
	}
	if refused != 0 || *waited == 0 {
		t.Errorf("%d requests were too many, after waiting %v", refused, *waited)
	}
}

func TestAListingGoesOnAfterTooManyRequests(t *testing.T) {
	crm, c, waited := paced(t, practice.OntraportConfig{RequestsPerMinute: -1})
	crm.Add(practice.Person{Email: "ada@example.com"})
	cursor := core.Cursor{Mark: "1"}
	busy := func(header time.Duration, times int) practice.Fault {
		return practice.Fault{Trouble: practice.Page(429, "Slow down", header), Times: times}
	}
	for _, tt := range []struct {
		asked time.Duration
		times int
		want  time.Duration
		gives bool
	}{{7 * time.Second, 2, 14 * time.Second, false}, {0, 1, minute, false}, {time.Hour, 1, 0, true}, {time.Second, 9, 5 * time.Second, true}} {
		*waited = 0
		crm.Fail(busy(tt.asked, tt.times))
		_, err := c.Changed(t.Context(), cursor, func(core.Contact) error { return nil })
		crm.Heal()
		if *waited != tt.want || core.HasCode(err, "crm.busy") != tt.gives || !tt.gives && err != nil {
			t.Errorf("asked %d times for %v it waits %v: %v", tt.times, tt.asked, *waited, err)
		}
	}
}

func TestANewChoiceIsReadAfterAMinute(t *testing.T) {
	crm, c, waited := paced(t, practice.OntraportConfig{RequestsPerMinute: -1})
	id, key := crm.Add(practice.Person{Email: "ada@example.com"}), ""
	read := func() string {
		contact, err := c.Contact(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		return contact.Fields[key]
	}
	read()
	key = crm.AddFieldOf("drop", "Plan", "Gold")
	crm.Change(id, map[string]string{key: "Gold"})
	if got := read(); got != "" {
		t.Errorf("at once it reads %q", got)
	}
	*waited += keptAtLeast
	if got := read(); got != "Gold" {
		t.Errorf("after a minute it reads %q", got)
	}
}

func TestText(t *testing.T) {
	options := map[string]string{"31": "Gold", "32": "Silver"}
	for _, tt := range []struct {
		kind  string
		value any
		want  string
	}{
		{"text", " a ", "a"},
		{"text", nil, ""},
		{"text", []any{"a"}, ""},
		{"subscription", "*/*1*/*2*/*", ""},
		{"check", "1", "1"},
		{"drop", "31", "Gold"},
		{"drop", "33", ""},
		{"drop", "0", ""},
		{"drop", "Bronze", "Bronze"},
		{"list", "*/*31*/*32*/*", "Gold, Silver"},
		{"list", "*/*33*/*32*/*", "Silver"},
		{"list", "31", "Gold"},
		{"fulldate", "482025600", "1985-04-11"},
		{"fulldate", "-626140800", "1950-02-28"},
		{"fulldate", "0", ""},
		{"fulldate", "99999999999999999", ""},
		{"fulldate", "soon", ""},
		{"timestamp", "1741000000", "2025-03-03 11:06"},
	} {
		if got := (field{kind: tt.kind, options: options}).text(tt.value); got != tt.want {
			t.Errorf("%s %v is %q, want %q", tt.kind, tt.value, got, tt.want)
		}
	}
}

// countRefusals counts the answers that say there were too many requests.
func countRefusals(count *int) practice.Trouble {
	return func(w http.ResponseWriter, r *http.Request, to http.Handler) {
		recorder := httptest.NewRecorder()
		to.ServeHTTP(recorder, r)
		if recorder.Code == http.StatusTooManyRequests {
			*count++
		}
		maps.Copy(w.Header(), recorder.Header())
		w.WriteHeader(recorder.Code)
		_, _ = w.Write(recorder.Body.Bytes())
	}
}
