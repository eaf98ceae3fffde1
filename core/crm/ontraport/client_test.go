package ontraport_test

import (
	"context"
	"errors"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"usher/core"
	"usher/core/crm/crmtest"
	"usher/core/crm/ontraport"
	"usher/core/practice"
)

// open connects a client to an account with these settings.
func open(t *testing.T, crm practice.CRM, settings map[string]string) core.Client {
	t.Helper()
	server := httptest.NewServer(crm)
	t.Cleanup(server.Close)
	login := crm.Login()
	account := core.Account{BaseURL: server.URL, Settings: map[string]string{"app_id": login["app_id"]}}
	maps.Copy(account.Settings, settings)
	client, err := ontraport.Adapter{}.Open(account, crmtest.NewVault(map[string]string{"api_key": login["api_key"]}))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return client
}

func unhurried() *practice.Ontraport {
	return practice.NewOntraport(practice.OntraportConfig{RequestsPerMinute: -1})
}

func TestOpen(t *testing.T) {
	for base, problem := range map[string]string{
		"":                        "",
		"https://api.example.com": "",
		"http://127.0.0.1:8080":   "",
		"http://api.example.com":  "crm.not_secure",
		"api.example.com":         "crm.settings",
	} {
		client, err := ontraport.Adapter{}.Open(core.Account{BaseURL: base, Settings: map[string]string{"app_id": "2_1_a"}}, crmtest.NewVault(nil))
		if problem == "" && err != nil || problem != "" && !core.HasCode(err, problem) {
			t.Errorf("%q: got %v, want %q", base, err, problem)
		}
		if client != nil {
			client.Close()
		}
	}
	for _, id := range []string{"", " ", "a b", "a\r\nX: y"} {
		if _, err := (ontraport.Adapter{}).Open(core.Account{Settings: map[string]string{"app_id": id}}, crmtest.NewVault(nil)); !core.HasCode(err, "crm.settings") {
			t.Errorf("App ID %q: got %v, want crm.settings", id, err)
		}
	}
}

func TestAnAddressMayEndInTheVersion(t *testing.T) {
	crm := unhurried()
	id := crm.Add(practice.Person{Email: "ada@example.com"})
	server := httptest.NewServer(crm)
	defer server.Close()
	login := crm.Login()
	for _, end := range []string{"", "/", "/1", "/1/"} {
		account := core.Account{BaseURL: server.URL + end, Settings: map[string]string{"app_id": login["app_id"]}}
		client, err := ontraport.Adapter{}.Open(account, crmtest.NewVault(map[string]string{"api_key": login["api_key"]}))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := client.Contact(t.Context(), id); err != nil {
			t.Errorf("%q: %v", end, err)
		}
		client.Close()
	}
}

func TestChoicesAndDatesAreText(t *testing.T) {
	crm := unhurried()
	client := open(t, crm, nil)
	drop := crm.AddFieldOf("drop", "Plan", "Gold", "Silver")
	list := crm.AddFieldOf("list", "Colours", "red", "blue")
	day := crm.AddFieldOf("fulldate", "Since")
	id := crm.Add(practice.Person{Email: "ada@example.com", Fields: map[string]string{
		drop: "Silver", list: "red, blue", day: "1950-03-01", "home_phone": "+44 2079460000",
	}})
	contact, err := client.Contact(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{drop: "Silver", list: "red, blue", day: "1950-03-01", "home_phone": "+44 2079460000"}
	for key, value := range want {
		if contact.Fields[key] != value {
			t.Errorf("%s is %q, want %q", key, contact.Fields[key], value)
		}
	}
	if _, err := time.Parse("2006-01-02 15:04", contact.Fields["dlm"]); err != nil {
		t.Errorf("the time of the last change is %q", contact.Fields["dlm"])
	}
	if _, there := contact.Fields["contact_cat"]; there {
		t.Error("the tags are a field")
	}
	fields, err := client.(core.Picker).ListFields(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, field := range fields {
		if field.Writable && slices.Contains([]string{drop, list, day, "dlm", "contact_cat"}, field.Key) {
			t.Errorf("%s is offered for texts", field.Key)
		}
	}
}

func TestFieldsThatCannotBeWritten(t *testing.T) {
	crm := unhurried()
	client := open(t, crm, nil).(core.Scribe)
	id, other := crm.Add(practice.Person{Email: "ada@example.com"}), crm.Add(practice.Person{Email: "bob@example.com"})
	if err := client.SetFields(t.Context(), id, map[string]core.Secret{"dlm": core.NewSecret("1")}); !core.HasCode(err, "crm.not_written") {
		t.Errorf("dlm: got %v, want crm.not_written", err)
	}
	crm.Fail(practice.Fault{Trouble: says(500, "text/plain", "")}) // these are not even tried
	for _, key := range []string{"id", "objectID", "background_request", "contact_cat"} {
		err := client.SetFields(t.Context(), id, map[string]core.Secret{key: core.NewSecret(other)})
		if !core.HasCode(err, "crm.not_written") || core.AsProblem(err).Detail != key {
			t.Errorf("%s: got %v, want crm.not_written", key, err)
		}
	}
}

func TestATagThatIsOnIsNotPutOnAgain(t *testing.T) {
	crm := unhurried()
	client := open(t, crm, nil).(core.Scribe)
	id := crm.Add(practice.Person{Email: "ada@example.com", Tags: []string{"Done", "2026"}})
	var writes atomic.Int32
	crm.Fail(practice.Fault{On: practice.Writes, Trouble: func(w http.ResponseWriter, r *http.Request, to http.Handler) {
		writes.Add(1)
		to.ServeHTTP(w, r)
	}})
	for _, tag := range []string{"Done", "1", "2026"} {
		if err := client.AddTag(t.Context(), id, tag); err != nil || writes.Load() != 0 {
			t.Errorf("%s: %v after %d writes", tag, err, writes.Load())
		}
	}
	crm.Add(practice.Person{Email: "bob@example.com", Tags: []string{"New"}})
	if err := client.AddTag(t.Context(), id, "New"); err != nil || writes.Load() != 1 {
		t.Errorf("a tag made meanwhile: %v after %d writes", err, writes.Load())
	}
	if err := client.AddTag(t.Context(), id, "Nowhere"); !core.HasCode(err, "crm.refused") {
		t.Errorf("a tag that is not there: %v, want crm.refused", err)
	}
}

// says answers every request with a status, a type and a text.
func says(status int, kind, text string, header ...string) practice.Trouble {
	return func(w http.ResponseWriter, _ *http.Request, _ http.Handler) {
		for i := 0; i+1 < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.Header().Set("Content-Type", kind)
		w.WriteHeader(status)
		_, _ = io.WriteString(w, text)
	}
}

func TestOntraportsOwnErrors(t *testing.T) {
	crm := unhurried()
	client := open(t, crm, nil)
	id := crm.Add(practice.Person{Email: "ada@example.com"})
	for name, tt := range map[string]struct {
		trouble practice.Trouble
		want    string
		wait    time.Duration
	}{
		"not there, as plain text":     {says(404, "text/html", "Object not found"), "crm.no_contact", 0},
		"not there, as JSON":           {says(404, "application/json", `"Object not found"`), "crm.no_contact", 0},
		"a page that is not there":     {says(404, "text/html", "<html>Not Found"), "crm.server_error", 0},
		"may not":                      {says(403, "text/html", "You do not have permission"), "crm.forbidden", 0},
		"a firewall's page":            {says(403, "text/html", "<!DOCTYPE html>"), "crm.server_error", 0},
		"a wrong value":                {says(422, "text/html", "Invalid email address"), "crm.refused", 0},
		"a wrong request":              {says(400, "text/html", "Bad request"), "crm.refused", 0},
		"too many, by its own header":  {says(429, "text/html", "", "X-Rate-Limit-Reset", "17"), "crm.busy", 17 * time.Second},
		"too many, and a strange time": {says(429, "text/html", "", "X-Rate-Limit-Reset", "99999999999"), "crm.busy", time.Hour},
		"an error that is called good": {says(200, "application/json", `{"code":3,"data":{"id":"`+id+`"}}`), "crm.server_error", 0},
		"somebody else":                {forOne(id, `{"code":0,"data":{"id":"7","contact_cat":""}}`), "crm.server_error", 0},
		"somebody without tags told":   {forOne(id, `{"code":0,"data":{"id":"`+id+`"}}`), "crm.server_error", 0},
		"tags of another kind":         {forOne(id, `{"code":0,"data":{"id":"`+id+`","contact_cat":["12"]}}`), "crm.server_error", 0},
	} {
		t.Run(name, func(t *testing.T) {
			crm.Fail(practice.Fault{Trouble: tt.trouble})
			defer crm.Heal()
			_, err := client.Contact(t.Context(), id)
			if !core.HasCode(err, tt.want) || core.AsProblem(err).RetryAfter != tt.wait {
				t.Errorf("got %v, wait %v; want %s, %v", err, core.AsProblem(err).RetryAfter, tt.want, tt.wait)
			}
		})
	}
}

func TestAnAddressFindsNobodyElse(t *testing.T) {
	crm := unhurried()
	client := open(t, crm, nil)
	id := crm.Add(practice.Person{Email: "ada@example.com"})
	found := func(r *http.Request) bool { return r.URL.Path == "/1/object/getByEmail" }
	crm.Fail(practice.Fault{On: found, Trouble: says(200, "application/json", `{"code":0,"data":{"id":"`+id+`"}}`)})
	if _, err := client.ContactByEmail(t.Context(), "bob@example.com"); !core.HasCode(err, "crm.no_contact") {
		t.Errorf("got %v, want crm.no_contact", err)
	}
}

// forOne answers requests for one contact and lets all else pass.
func forOne(id, text string) practice.Trouble {
	return func(w http.ResponseWriter, r *http.Request, to http.Handler) {
		if r.URL.Query().Get("id") != id {
			to.ServeHTTP(w, r)
			return
		}
		says(200, "application/json", text)(w, r, to)
	}
}

// TestTenThousandChanged lists 10,000 contacts while others change, come and go.
func TestTenThousandChanged(t *testing.T) {
	crm := unhurried()
	client := open(t, crm, nil).(core.Lister)
	cursor, err := client.Changed(t.Context(), core.Cursor{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for i := range 10000 {
		ids = append(ids, crm.Add(practice.Person{Email: "p" + strconv.Itoa(i) + "@example.com"}))
	}
	visits := map[string]int{}
	later := map[string]bool{}
	visit := func(c core.Contact) error {
		if n := len(visits); n%97 == 0 && n < 9700 {
			crm.Delete(ids[n]) // just read, so that an offset would slip
			crm.Change(ids[len(ids)-1-n/97], map[string]string{"city": "Oslo"})
			later[crm.Add(practice.Person{Email: "new" + strconv.Itoa(n) + "@example.com"})] = true
		}
		visits[c.ID]++
		return nil
	}
	next, err := client.Changed(t.Context(), cursor, visit)
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range ids {
		if visits[id] != 1 {
			t.Fatalf("%s was visited %d times", id, visits[id])
		}
	}
	if _, err := client.Changed(t.Context(), next, func(c core.Contact) error { delete(later, c.ID); return nil }); err != nil || len(later) > 0 {
		t.Errorf("%d who came during the listing are missing: %v", len(later), err)
	}
}

func TestAListingBeginsBeforeItsCursor(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	crm := practice.NewOntraport(practice.OntraportConfig{RequestsPerMinute: -1, Now: func() time.Time { return now }})
	client := open(t, crm, nil).(core.Lister)
	old := crm.Add(practice.Person{Email: "old@example.com"})
	now = now.Add(time.Hour)
	late := crm.Add(practice.Person{Email: "late@example.com"})
	now = now.Add(time.Minute)
	cursor, err := client.Changed(t.Context(), core.Cursor{}, nil)
	if err != nil || cursor.Mark != strconv.FormatInt(now.Unix(), 10) {
		t.Fatalf("the cursor is %+v, %v; want the CRM's time", cursor, err)
	}
	var got []string
	_, err = client.Changed(t.Context(), cursor, func(c core.Contact) error { got = append(got, c.ID); return nil })
	if err != nil || !slices.Equal(got, []string{late}) {
		t.Errorf("visited %v, %v; want %s alone and not %s", got, err, late, old)
	}
}

func TestListsThatMakeNoSense(t *testing.T) {
	row := `{"id":"5","contact_cat":""}`
	crm := unhurried()
	client := open(t, crm, nil).(core.Lister)
	for name, data := range map[string]string{
		"the same people for ever": "[" + row + "]", "people out of order": `[{"id":"9","contact_cat":""},` + row + "]",
		"a row that is none": "[null]", "no list": "{}", "null": "null", "nobody's row": `[{"contact_cat":""}]`,
	} {
		t.Run(name, func(t *testing.T) {
			crm.Fail(practice.Fault{On: func(r *http.Request) bool { return r.URL.Path == "/1/Contacts" }, Trouble: says(200, "application/json", `{"code":0,"data":`+data+`}`)})
			defer crm.Heal()
			start := core.Cursor{Mark: "1", Time: time.Unix(1, 0)}
			next, err := client.Changed(t.Context(), start, func(core.Contact) error { return nil })
			if !core.HasCode(err, "crm.server_error") || next != start {
				t.Errorf("got %+v, %v; want crm.server_error and the old cursor", next, err)
			}
		})
	}
}

// TestTaggedWhileTagsGo takes tags off people who were listed, one to many at a time.
func TestTaggedWhileTagsGo(t *testing.T) {
	for _, losing := range []int{1, 4, 5, 6, 40} {
		t.Run(strconv.Itoa(losing), func(t *testing.T) {
			crm := unhurried()
			var ids []string
			for i := range 400 {
				ids = append(ids, crm.Add(practice.Person{Email: "p" + strconv.Itoa(i) + "@example.com", Tags: []string{"Member"}}))
			}
			visits := map[string]int{}
			err := open(t, crm, nil).(core.TagLister).Tagged(t.Context(), "Member", func(c core.Contact) error {
				visits[c.ID]++
				if n := len(visits); n%50 == 0 {
					for _, id := range ids[n-50 : n-50+losing] {
						crm.Tag(id)
					}
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			for _, id := range ids {
				if visits[id] != 1 {
					t.Errorf("%s was visited %d times", id, visits[id])
				}
			}
		})
	}
}

func TestRegister(t *testing.T) {
	const target = "https://x.example.com/?access_key=KEY&contact_id=[Contact%20ID]&wpf_action="
	crm := unhurried()
	id := crm.Add(practice.Person{Email: "ada@example.com", Tags: []string{"Gold", "Silver"}, Fields: map[string]string{"firstname": "Ada"}})
	registrar := open(t, crm, map[string]string{"webhook_tags": "Gold, 2"}).(core.Registrar)
	add := core.NewSecret(target + "add")
	first, err := registrar.Register(t.Context(), add)
	if err != nil {
		t.Fatal(err)
	}
	again, err := registrar.Register(t.Context(), add)
	if err != nil || !slices.Equal(again, first) || len(first) != 2 || strings.Contains(strings.Join(first, ""), "KEY") {
		t.Errorf("registered %q, then %q, %v", first, again, err)
	}
	if requests := notified(t, crm, "unsub_tag(1)", id); len(requests) != 0 {
		t.Error("taking a tag off adds users")
	}
	update, err := registrar.Register(t.Context(), core.NewSecret(target+"update"))
	if err != nil || len(update) != 4 || slices.Contains(update, first[0]) {
		t.Errorf("registered %q for updates, %v", update, err)
	}
	for event, want := range map[string]int{"sub_tag(1)": 2, "sub_tag(2)": 2, "unsub_tag(2)": 1, "object_create(0)": 0} {
		requests := notified(t, crm, event, id)
		if len(requests) != want {
			t.Errorf("%s calls %d webhooks, want %d", event, len(requests), want)
		}
		for _, r := range requests {
			body, _ := io.ReadAll(r.Body)
			notice, err := read(t, r.URL.RawQuery, string(body))
			if err != nil || notice.Contact.ID != id || notice.Contact.Email != "ada@example.com" || len(notice.Events) != 1 || r.URL.Query().Has("contact_id") {
				t.Errorf("%s to %s is read as %+v, %v", event, r.URL, notice, err)
			}
		}
	}
	for range 2 {
		if err := registrar.Unregister(t.Context(), slices.Concat(first, update)); err != nil {
			t.Error(err)
		}
	}
	if len(notified(t, crm, "sub_tag(1)", id)) != 0 {
		t.Error("webhooks are left")
	}
}

// The account may be another by now, where the same number is somebody else's webhook.
func TestOthersWebhooksAreLeftAlone(t *testing.T) {
	crm := unhurried()
	id := crm.Add(practice.Person{Email: "ada@example.com", Tags: []string{"Gold"}})
	registrar := open(t, crm, map[string]string{"webhook_tags": "Gold"}).(core.Registrar)
	theirs, err := registrar.Register(t.Context(), core.NewSecret("https://theirs.example.com/?wpf_action=add"))
	if err != nil || len(theirs) != 1 {
		t.Fatal(theirs, err)
	}
	number, _, _ := strings.Cut(theirs[0], " ")
	for _, ours := range []string{number + " https://ours.example.com/", "x " + theirs[0], ""} {
		if err := registrar.Unregister(t.Context(), []string{ours}); err != nil {
			t.Error(err)
		}
	}
	if len(notified(t, crm, "sub_tag(1)", id)) != 1 {
		t.Error("a webhook of somebody else is gone")
	}
	if err := registrar.Unregister(t.Context(), theirs); err != nil || len(notified(t, crm, "sub_tag(1)", id)) != 0 {
		t.Errorf("not gone by its own address, %v", err)
	}
}

func TestWhatWasMadeBeforeAnErrorIsTold(t *testing.T) {
	crm := unhurried()
	crm.Add(practice.Person{Email: "ada@example.com", Tags: []string{"Gold", "Silver"}})
	registrar := open(t, crm, map[string]string{"webhook_tags": "Gold, Silver"}).(core.Registrar)
	add := core.NewSecret("https://x.example.com/?wpf_action=add")
	subscribed := 0
	crm.Fail(practice.Fault{
		On: func(r *http.Request) bool {
			if strings.HasSuffix(r.URL.Path, "/subscribe") {
				subscribed++
			}
			return subscribed > 1
		},
		Trouble: says(403, "text/plain", ""),
	})
	made, err := registrar.Register(t.Context(), add)
	if !core.HasCode(err, "crm.forbidden") || len(made) != 1 {
		t.Errorf("got %q, %v", made, err)
	}
	crm.Heal()
	all, err := registrar.Register(t.Context(), add)
	if err != nil || len(all) != 2 || !slices.Contains(all, made[0]) {
		t.Errorf("again: %q, %v", all, err)
	}
}

func notified(t *testing.T, crm *practice.Ontraport, event, id string) []*http.Request {
	t.Helper()
	requests, err := crm.Notify(event, id)
	if err != nil {
		t.Fatal(err)
	}
	return requests
}

func TestRegisterNeedsTags(t *testing.T) {
	crm := unhurried()
	for tags, problem := range map[string]string{"": "crm.settings", " , ": "crm.settings", "Nowhere": "crm.refused"} {
		_, err := open(t, crm, map[string]string{"webhook_tags": tags}).(core.Registrar).Register(t.Context(), core.NewSecret("https://x.example.com/?wpf_action=add"))
		if !core.HasCode(err, problem) {
			t.Errorf("%q: got %v, want %s", tags, err, problem)
		}
	}
	for _, target := range []string{"", "://s3cret", "https://x.example.com/?a=%zz"} {
		_, err := open(t, crm, map[string]string{"webhook_tags": "Gold"}).(core.Registrar).Register(t.Context(), core.NewSecret(target))
		if !core.HasCode(err, "crm.settings") || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%q: got %v, want crm.settings", target, err)
		}
	}
}

func TestWebhooksOfRules(t *testing.T) {
	const target = "https://x.example.com/?wpf_action=add&access_key=KEY&contact_id=[Contact%20ID]"
	for _, raw := range []bool{false, true} {
		crm := practice.NewOntraport(practice.OntraportConfig{RawMerge: raw})
		id := crm.Add(practice.Person{Email: "ada+x@example.com", Fields: map[string]string{"firstname": "Ada; 100%", "lastname": "Ünal"}})
		for _, thin := range []bool{true, false} {
			r, err := crm.Webhook(strings.Replace(target, "%20", " ", 1), id, thin)
			if err != nil {
				t.Fatal(err)
			}
			body, _ := io.ReadAll(r.Body)
			notice, err := read(t, r.URL.RawQuery, string(body))
			if err != nil || notice.Contact.ID != id {
				t.Fatalf("raw %v, thin %v: read as %+v, %v", raw, thin, notice, err)
			}
			if c := notice.Contact; !thin && (c.Email != "ada+x@example.com" || c.Fields["firstname"] != "Ada; 100%" || c.Fields["lastname"] != "Ünal") {
				t.Errorf("raw %v: read %q, %q, %q", raw, c.Email, c.Fields["firstname"], c.Fields["lastname"])
			}
		}
	}
}

func TestAListingStopsWhenItsCallerGivesUp(t *testing.T) {
	crm := unhurried()
	client := open(t, crm, nil).(core.Lister)
	ctx, cancel := context.WithCancel(t.Context())
	crm.Fail(practice.Fault{Trouble: func(w http.ResponseWriter, r *http.Request, to http.Handler) {
		says(429, "text/plain", "", "X-Rate-Limit-Reset", "50")(w, r, to)
		cancel()
	}})
	if _, err := client.Changed(ctx, core.Cursor{Mark: "1"}, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want the context's error", err)
	}
}
