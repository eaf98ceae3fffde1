package ortto_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"usher/core"
	"usher/core/crm/crmtest"
	"usher/core/crm/ortto"
	"usher/core/practice"
)

// lists picks the requests that page through people.
func lists(r *http.Request) bool { return strings.HasSuffix(r.URL.Path, "/person/get") }

// before lets something happen before each page.
func before(what func()) practice.Fault {
	return practice.Fault{On: lists, Trouble: func(w http.ResponseWriter, r *http.Request, crm http.Handler) {
		what()
		crm.ServeHTTP(w, r)
	}}
}

// rewriting changes what a request for a page asks for.
func rewriting(change func(ask map[string]any)) practice.Fault {
	return practice.Fault{On: lists, Trouble: func(w http.ResponseWriter, r *http.Request, crm http.Handler) {
		var ask map[string]any
		_ = json.NewDecoder(r.Body).Decode(&ask)
		change(ask)
		body, _ := json.Marshal(ask)
		r.Body = io.NopCloser(bytes.NewReader(body))
		crm.ServeHTTP(w, r)
	}}
}

// everybody is a cursor from before there was anybody.
var everybody = core.Cursor{Time: time.Unix(1, 0)}

// crowd is an account whose people change all the time.
type crowd struct {
	crm    *practice.Ortto
	key    string
	ids    []string // of those who are there
	edited map[string]bool
	random *rand.Rand
	edits  int
}

func newCrowd(size int) *crowd {
	c := &crowd{
		crm: practice.NewOrtto(practice.OrttoConfig{}), edited: map[string]bool{},
		random: rand.New(rand.NewPCG(1, 2)),
	}
	c.key = c.crm.AddField("Edit")
	for range size {
		c.join()
	}
	return c
}

func (c *crowd) join() string {
	c.edits++
	id := c.crm.Add(practice.Person{
		Email: fmt.Sprintf("p%d@example.com", c.edits), Fields: map[string]string{c.key: fmt.Sprint(c.edits)},
	})
	c.ids = append(c.ids, id)
	return id
}

func (c *crowd) edit(id string) {
	c.edits++
	c.crm.Change(id, map[string]string{c.key: fmt.Sprint(c.edits)})
	c.edited[id] = true
}

func (c *crowd) leave(i int) {
	c.crm.Delete(c.ids[i])
	c.ids[i] = c.ids[len(c.ids)-1]
	c.ids = c.ids[:len(c.ids)-1]
}

func (c *crowd) stir() {
	for range 40 {
		c.edit(c.ids[c.random.IntN(len(c.ids))])
	}
	for range 25 {
		c.leave(c.random.IntN(len(c.ids)))
	}
	for range 5 {
		c.edited[c.join()] = true
	}
}

func TestTenThousandPeopleAreListedWithoutAMiss(t *testing.T) {
	for name, stir := range map[string]bool{"while nobody changes": false, "while they change": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newCrowd(10_000)
			client := openAt(t, c.crm).(core.Lister)
			if stir {
				c.crm.Fail(before(c.stir))
			}
			visits, last := map[string]int{}, map[string]string{}
			visit := func(contact core.Contact) error {
				last[contact.ID] = contact.Fields[c.key]
				visits[contact.ID+" "+contact.Fields[c.key]]++
				return nil
			}
			cursor, err := client.Changed(t.Context(), everybody, visit)
			if err != nil {
				t.Fatal(err)
			}
			for _, id := range c.ids {
				if _, visited := last[id]; !visited && !c.edited[id] {
					t.Errorf("%s was missed, and nobody edited them", id)
				}
			}
			for visit, n := range visits {
				if n > 1 {
					t.Errorf("one edit was visited %d times: %s", n, visit)
				}
			}
			c.crm.Heal()
			if _, err := client.Changed(t.Context(), cursor, visit); err != nil {
				t.Fatal(err)
			}
			for _, id := range c.ids {
				if person, _ := c.crm.Person(id); last[id] != person.Fields[c.key] {
					t.Errorf("%s was last seen with %q and has %q", id, last[id], person.Fields[c.key])
				}
			}
		})
	}
}

func TestOnlyWhoChangedIsVisited(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 500, time.UTC)
	crm := practice.NewOrtto(practice.OrttoConfig{Now: func() time.Time { return now }})
	client := openAt(t, crm).(core.Lister)
	for range 600 {
		crm.Add(practice.Person{Email: "a@example.com"})
	}
	now = now.Add(time.Hour)
	cursor := changed(t, client, core.Cursor{})
	if got, want := cursor.Mark, "2026-03-01T13:00:00Z"; got != want {
		t.Errorf("the cursor is %s, want %s", got, want)
	}
	now = now.Add(time.Hour)
	ann, bob := crm.Add(practice.Person{Email: "ann@example.com"}), crm.Add(practice.Person{Email: "bob@example.com"})
	now = now.Add(time.Hour)
	cursor = changed(t, client, cursor, ann, bob)
	if got, want := cursor.Mark, "2026-03-01T14:55:00Z"; got != want {
		t.Errorf("the cursor is %s, want five minutes before Ortto's time", got)
	}
	crm.Tag(bob, "Gold")
	now = now.Add(time.Hour)
	changed(t, client, changed(t, client, cursor, bob))
}

// changed checks who is visited.
func changed(t *testing.T, client core.Lister, since core.Cursor, want ...string) core.Cursor {
	t.Helper()
	missing := map[string]bool{}
	for _, id := range want {
		missing[id] = true
	}
	next, err := client.Changed(t.Context(), since, func(c core.Contact) error {
		if !missing[c.ID] {
			t.Errorf("%s did not change, or is visited twice", c.ID)
		}
		delete(missing, c.ID)
		return nil
	})
	if err != nil || len(missing) > 0 {
		t.Fatalf("%d were missed: %v", len(missing), err)
	}
	return next
}

func TestAnAccountWithoutPeople(t *testing.T) {
	crm := practice.NewOrtto(practice.OrttoConfig{})
	client := openAt(t, crm).(core.Lister)
	first := changed(t, client, core.Cursor{})
	crm.Fail(practice.Fault{Times: 1, On: lists, Trouble: func(w http.ResponseWriter, r *http.Request, _ http.Handler) {
		w.Header()["Date"] = nil
		answers(200, `{"contacts":null}`)(w, r, nil)
	}})
	timeless := changed(t, client, core.Cursor{})
	ann := crm.Add(practice.Person{Email: "first@example.com"})
	for _, cursor := range []core.Cursor{first, timeless} {
		changed(t, client, cursor, ann)
	}
}

func TestWhoMovesToTheFrontMeanwhileIsVisitedInTheSameCall(t *testing.T) {
	crm := practice.NewOrtto(practice.OrttoConfig{})
	unseen := crm.Add(practice.Person{Email: "unseen@example.com"})
	for range 600 {
		crm.Add(practice.Person{Email: "a@example.com"})
	}
	seen := crm.Add(practice.Person{Email: "seen@example.com"})
	pages := 0
	crm.Fail(before(func() {
		if pages++; pages == 2 {
			crm.Change(unseen, map[string]string{"str::first": "Ann"})
			crm.Change(seen, map[string]string{"str::first": "Bob"})
		}
	}))
	visits := map[string]string{}
	_, err := openAt(t, crm).(core.Lister).Changed(t.Context(), everybody, func(c core.Contact) error {
		visits[c.ID] += "[" + c.Fields["str::first"] + "]"
		return nil
	})
	if err != nil || len(visits) != 602 || visits[unseen] != "[Ann]" || visits[seen] != "[][Bob]" {
		t.Errorf("%d were visited, unseen %s, seen %s: %v", len(visits), visits[unseen], visits[seen], err)
	}
}

func TestAFieldToSortByThatIsNotThere(t *testing.T) {
	crm := practice.NewOrtto(practice.OrttoConfig{})
	server := httptest.NewServer(crm)
	t.Cleanup(server.Close)
	account := core.Account{BaseURL: server.URL, Settings: map[string]string{"edited_field": "tme::gone"}}
	client, err := ortto.Adapter{}.Open(account, crmtest.NewVault(crm.Login()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	_, err = client.(core.Lister).Changed(t.Context(), core.Cursor{}, nil)
	if p := core.AsProblem(err); p.Code != "crm.refused" || p.Detail != "tme::gone" {
		t.Errorf("got %v", err)
	}
}

func TestAListThatIsNotSortedIsReadToItsEnd(t *testing.T) {
	crm := practice.NewOrtto(practice.OrttoConfig{})
	first := crm.Add(practice.Person{Email: "first@example.com"})
	for range 1200 {
		crm.Add(practice.Person{Email: "a@example.com"})
	}
	cursor := core.Cursor{Mark: time.Now().UTC().Format(time.RFC3339Nano), Time: time.Now()}
	late := crm.Add(practice.Person{Email: "late@example.com"})
	crm.Change(first, map[string]string{"str::first": "Ann"})
	crm.Fail(rewriting(func(ask map[string]any) { delete(ask, "sort_by_field_id") }))
	changed(t, openAt(t, crm).(core.Lister), cursor, first, late)
}

func TestAListThatGoesByItsCursorAlone(t *testing.T) {
	crm := practice.NewOrtto(practice.OrttoConfig{})
	var want []string
	for range 1200 {
		want = append(want, crm.Add(practice.Person{Email: "a@example.com"}))
	}
	at := 0
	crm.Fail(rewriting(func(ask map[string]any) {
		if ask["cursor_id"] == nil {
			at = 0
		}
		ask["offset"] = at
		at += 500
	}))
	changed(t, openAt(t, crm).(core.Lister), everybody, want...)
}

func TestAListThatDoesNotGoOn(t *testing.T) {
	crm := practice.NewOrtto(practice.OrttoConfig{})
	for range 3 {
		crm.Add(practice.Person{Email: "a@example.com"})
	}
	for name, answer := range map[string]string{
		"it stays where it is":  `{"contacts":[{"id":"` + ada + `","fields":{"e":"2026-03-01T12:00:00Z"}}],"offset":0,"next_offset":0,"has_more":true}`,
		"people without an id":  `{"contacts":[{"fields":{"e":"2026-03-01T12:00:00Z"}}],"has_more":false}`,
		"people that are texts": `{"contacts":["ada"]}`,
	} {
		crm.Fail(practice.Fault{On: lists, Trouble: answers(200, answer)})
		cursor, err := openAt(t, crm).(core.Lister).Changed(t.Context(), everybody, func(core.Contact) error { return nil })
		if !core.HasCode(err, "crm.server_error") || cursor != everybody {
			t.Errorf("%s: got %v, %v", name, cursor, err)
		}
		crm.Heal()
	}
}

func TestEndingEarlyKeepsTheCursor(t *testing.T) {
	crm := practice.NewOrtto(practice.OrttoConfig{})
	crm.Add(practice.Person{Email: "a@example.com"})
	enough := errors.New("enough")
	cursor, err := openAt(t, crm).(core.Lister).Changed(t.Context(), everybody, func(core.Contact) error { return enough })
	if !errors.Is(err, enough) || cursor != everybody {
		t.Errorf("got %v, %v", cursor, err)
	}
}
