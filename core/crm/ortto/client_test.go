package ortto_test

import (
	"encoding/json"
	"fmt"
	"io"
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

func openAt(t *testing.T, crm *practice.Ortto) core.Client {
	t.Helper()
	return openOn(t, crm, crm.Login()["plan"])
}

func openOn(t *testing.T, crm *practice.Ortto, plan string) core.Client {
	t.Helper()
	server := httptest.NewServer(crm)
	t.Cleanup(server.Close)
	client, err := ortto.Adapter{}.Open(core.Account{BaseURL: server.URL + "/", Settings: map[string]string{"plan": plan}}, crmtest.NewVault(crm.Login()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return client
}

func answers(status int, body string) practice.Trouble {
	return func(w http.ResponseWriter, _ *http.Request, _ http.Handler) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

func to(route string) func(*http.Request) bool {
	return func(r *http.Request) bool { return r.URL.Path == route }
}

func TestOpen(t *testing.T) {
	tests := []struct {
		name    string
		account core.Account
		code    string
	}{
		{"no region", core.Account{}, ""},
		{"a region", core.Account{Settings: map[string]string{"region": "Australia"}}, ""},
		{"a region in other letters", core.Account{Settings: map[string]string{"region": "europe"}}, ""},
		{"a region that is none", core.Account{Settings: map[string]string{"region": "Mars"}}, "crm.settings"},
		{"a plan", core.Account{Settings: map[string]string{"plan": "Professional"}}, ""},
		{"a plan that is none", core.Account{Settings: map[string]string{"plan": "Free"}}, "crm.settings"},
		{"an address of its own", core.Account{BaseURL: "https://ortto.example.com/api/"}, ""},
		{"an address on this computer", core.Account{BaseURL: "http://127.0.0.1:8080"}, ""},
		{"an address in the open", core.Account{BaseURL: "http://ortto.example.com"}, "crm.not_secure"},
		{"no address", core.Account{BaseURL: "ortto"}, "crm.settings"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			client, err := ortto.Adapter{}.Open(tt.account, crmtest.NewVault(nil))
			if tt.code != "" {
				if !core.HasCode(err, tt.code) {
					t.Errorf("got %v, want %s", err, tt.code)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			defer client.Close()
			if _, err := client.Contact(t.Context(), ada); !core.HasCode(err, "keyring.missing") {
				t.Errorf("without a key: %v", err)
			}
		})
	}
}

func TestAKeyThatNoHeaderTakes(t *testing.T) {
	client, err := ortto.Adapter{}.Open(core.Account{}, crmtest.NewVault(map[string]string{"api_key": "two\nlines"}))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	if _, err := client.Contact(t.Context(), ada); !core.HasCode(err, "crm.settings") || strings.Contains(err.Error(), "lines") {
		t.Errorf("got %v", err)
	}
}

func TestAnswersOfOrttosOwn(t *testing.T) {
	tests := []struct {
		name, body, code string
		status           int
		wait             time.Duration
	}{
		{"wait", `{"code":429,"error":"slow","try-in-seconds":7}`, "crm.busy", 429, 7 * time.Second},
		{"wait, as text", `{"error":"slow","try-in-seconds":"2.5"}`, "crm.busy", 429, 2500 * time.Millisecond},
		{"wait for ever", `{"try-in-seconds":1e300}`, "crm.busy", 429, time.Hour},
		{"wait less than nothing", `{"try-in-seconds":-4}`, "crm.busy", 429, 0},
		{"wait, in no number", `{"try-in-seconds":{"a":1}}`, "crm.busy", 429, 0},
		{"refused", `{"request_id":"x","code":400,"error":"ada@example.com is wrong","details":[]}`, "crm.refused", 400, 0},
		{"refused with 200", `{"code":400,"error":"ada@example.com is wrong"}`, "crm.refused", 200, 0},
		{"a bad key with 200", `{"code":401,"error":"no"}`, "crm.unauthorized", 200, 0},
		{"full", `{"code":507,"error":"contact limit"}`, "crm.refused", 507, 0},
		{"not found", `{"code":404,"error":"no such route"}`, "crm.server_error", 404, 0},
		{"nobody", `{"contacts":null}`, "crm.no_contact", 200, 0},
		{"somebody else", `{"contacts":{"` + delivery + `":{"id":"` + delivery + `"}}}`, "crm.no_contact", 200, 0},
	}
	crm := practice.NewOrtto(practice.OrttoConfig{})
	client := openAt(t, crm)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			crm.Fail(practice.Fault{On: to("/v1/person/get-by-ids"), Trouble: answers(tt.status, tt.body)})
			defer crm.Heal()
			_, err := client.Contact(t.Context(), ada)
			problem := core.AsProblem(err)
			if problem.Code != tt.code || problem.RetryAfter != tt.wait {
				t.Errorf("got %v after %v, want %s after %v", err, problem.RetryAfter, tt.code, tt.wait)
			}
			if strings.Contains(fmt.Sprintf("%v %#v %v", err, err, problem.Unwrap()), "ada@") {
				t.Error("it tells of a person")
			}
		})
	}
}

func TestABannedKeyIsToldToWait(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	crm := practice.NewOrtto(practice.OrttoConfig{Now: func() time.Time { return now }})
	server := httptest.NewServer(crm)
	defer server.Close()
	account := core.Account{BaseURL: server.URL, Settings: map[string]string{"plan": "Business or Enterprise"}}
	client, err := ortto.Adapter{}.Open(account, crmtest.NewVault(map[string]string{"api_key": "wrong"}))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	for n := range 15 {
		if _, err := client.Contact(t.Context(), ada); !core.HasCode(err, "crm.unauthorized") {
			t.Fatalf("call %d: %v", n, err)
		}
	}
	_, err = client.Contact(t.Context(), ada)
	if p := core.AsProblem(err); p.Code != "crm.busy" || p.RetryAfter != 15*time.Second {
		t.Errorf("got %v after %v", err, p.RetryAfter)
	}
}

func TestTheSlowestPlanIsKeptTo(t *testing.T) {
	t.Parallel()
	crm := practice.NewOrtto(practice.OrttoConfig{PerSecond: 10})
	id := crm.Add(practice.Person{Email: "ada@example.com"})
	client := openOn(t, crm, "Professional")
	for n := range 20 {
		if _, err := client.Contact(t.Context(), id); err != nil {
			t.Fatalf("call %d: %v", n, err)
		}
	}
}

func TestManyFieldsAreReadInParts(t *testing.T) {
	crm := practice.NewOrtto(practice.OrttoConfig{})
	want := map[string]string{}
	for n := range 230 {
		want[crm.AddField(fmt.Sprintf("Field %d", n))] = fmt.Sprint("value ", n)
	}
	id := crm.Add(practice.Person{Email: "ada@example.com", Fields: want})
	client := openAt(t, crm)
	check := func(how string, c core.Contact, err error) {
		t.Helper()
		if err != nil || c.ID != id || !c.TagsKnown {
			t.Fatalf("%s: %+v, %v", how, c, err)
		}
		for key, value := range want {
			if c.Fields[key] != value {
				t.Errorf("%s: %s is %q", how, key, c.Fields[key])
			}
		}
	}
	contact, err := client.Contact(t.Context(), id)
	check("by id", contact, err)
	contact, err = client.ContactByEmail(t.Context(), "ada@example.com")
	check("by e-mail", contact, err)
	_, err = client.(core.Lister).Changed(t.Context(), everybody, func(c core.Contact) error { check("listed", c, nil); return nil })
	check("listed", contact, err)
}

func TestValues(t *testing.T) {
	tests := []struct {
		name, kind, display, text string
		wire                      string // as the API writes it
	}{
		{"text", "str", "text", "a, b", `"a, b"`},
		{"a choice", "str", "single_select", "Option A", `"Option A"`},
		{"long text", "txt", "large_text", "a\nb", `"a\nb"`},
		{"a whole number", "int", "integer", "1500", `1500`},
		{"a decimal", "int", "decimal", "1.5", `1500`},
		{"a decimal without a fraction", "int", "decimal", "20", `20000`},
		{"a decimal below one", "int", "decimal", "-0.005", `-5`},
		{"an amount", "int", "currency", "49.99", `49990`},
		{"yes", "bol", "bool", "yes", `true`},
		{"no", "bol", "bool", "no", `false`},
		{"a phone", "phn", "phone", "+44 2079460000", `{"c":"44","n":"2079460000"}`},
		{"a place", "geo", "geo", "São Paulo", `{"name":"São Paulo"}`},
		{"a date", "dtz", "date", "1985-12-10", `{"day":10,"month":12,"timezone":"UTC","year":1985}`},
		{"a time", "tme", "time", "2026-03-01 12:30", `"2026-03-01T12:30:00Z"`},
		{"choices", "sst", "multi_select", "red, blue", `["red","blue"]`},
	}
	crm := practice.NewOrtto(practice.OrttoConfig{})
	id := crm.Add(practice.Person{Email: "ada@example.com"})
	keys := map[string]string{}
	for _, tt := range tests {
		keys[tt.name] = crm.AddFieldOf(tt.kind, tt.display, tt.name)
	}
	client := openAt(t, crm)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			key := keys[tt.name]
			var sent struct {
				People []struct{ Fields map[string]json.RawMessage }
			}
			crm.Fail(practice.Fault{Times: 1, On: to("/v1/person/merge"), Trouble: func(w http.ResponseWriter, r *http.Request, crm http.Handler) {
				body, _ := io.ReadAll(r.Body)
				_ = json.Unmarshal(body, &sent)
				r.Body = io.NopCloser(strings.NewReader(string(body)))
				crm.ServeHTTP(w, r)
			}})
			if err := client.(core.Scribe).SetFields(t.Context(), id, map[string]core.Secret{key: core.NewSecret(tt.text)}); err != nil {
				t.Fatal(err)
			}
			if got := string(sent.People[0].Fields[key]); got != tt.wire {
				t.Errorf("sent %s, want %s", got, tt.wire)
			}
			contact, err := client.Contact(t.Context(), id)
			if got := contact.Fields[key]; err != nil || got != tt.text {
				t.Errorf("read %q, %v", got, err)
			}
		})
	}
}

func TestValuesThatAFieldCannotHold(t *testing.T) {
	crm := practice.NewOrtto(practice.OrttoConfig{})
	id := crm.Add(practice.Person{Email: "ada@example.com"})
	keys := map[string]string{
		"whole": crm.AddFieldOf("int", "integer", "Whole"), "decimal": crm.AddFieldOf("int", "decimal", "Decimal"),
		"yes": crm.AddFieldOf("bol", "bool", "Yes"), "date": crm.AddFieldOf("dtz", "date", "Date"), "time": crm.AddFieldOf("tme", "time", "Time"),
	}
	client := openAt(t, crm)
	for _, tt := range []struct{ key, text string }{
		{"whole", "abc"},
		{"whole", "1.5"},
		{"whole", "1e5"},
		{"whole", "1/2"},
		{"whole", "99999999999999999999"},
		{"decimal", "0.0005"},
		{"yes", "perhaps"},
		{"date", "10.12.1985"},
		{"time", "noon"},
	} {
		err := client.(core.Scribe).SetFields(t.Context(), id, map[string]core.Secret{keys[tt.key]: core.NewSecret(tt.text)})
		if p := core.AsProblem(err); p.Code != "crm.refused" || p.Detail != keys[tt.key] {
			t.Errorf("%s %q: %v", tt.key, tt.text, err)
		}
	}
}

func TestAnEmptyValueClearsAField(t *testing.T) {
	crm := practice.NewOrtto(practice.OrttoConfig{})
	key := crm.AddField("Password")
	id := crm.Add(practice.Person{Email: "ada@example.com", Fields: map[string]string{key: "old"}})
	if err := openAt(t, crm).(core.Scribe).SetFields(t.Context(), id, map[string]core.Secret{key: {}}); err != nil {
		t.Error(err)
	}
	if person, _ := crm.Person(id); person.Fields[key] != "" {
		t.Errorf("it holds %q", person.Fields[key])
	}
}

func TestOutcomesOfAMerge(t *testing.T) {
	crm := practice.NewOrtto(practice.OrttoConfig{})
	client := openAt(t, crm)
	for answer, code := range map[string]string{
		`{"people":null}`: "crm.no_contact",
		`{"people":[{"person_id":"` + ada + `","status":"created"}]}`:    "crm.server_error",
		`{"people":[{"person_id":"` + ada + `","status":"invalid"}]}`:    "crm.refused",
		`{"people":[{"person_id":"` + ada + `","status":"suppressed"}]}`: "crm.refused",
		`{"people":[{"status":"skipped"}]}`:                              "crm.no_contact",
	} {
		crm.Fail(practice.Fault{On: to("/v1/person/merge"), Trouble: answers(200, answer)})
		if err := client.(core.Scribe).AddTag(t.Context(), ada, "Done"); !core.HasCode(err, code) {
			t.Errorf("%s: got %v, want %s", answer, err, code)
		}
		crm.Heal()
	}
}

func TestTheFieldOrttoRefusesIsNamed(t *testing.T) {
	crm := practice.NewOrtto(practice.OrttoConfig{})
	key := crm.AddField("Password")
	id := crm.Add(practice.Person{Email: "ada@example.com"})
	err := openAt(t, crm).(core.Scribe).SetFields(t.Context(), id, map[string]core.Secret{
		key: core.NewSecret("a"), "str:cm:gone": core.NewSecret("b"),
	})
	if p := core.AsProblem(err); p.Code != "crm.refused" || p.Detail != "str:cm:gone" {
		t.Errorf("got %v", err)
	}
	if person, _ := crm.Person(id); person.Fields[key] != "" {
		t.Error("a part was written")
	}
}

func TestTagsThatGetByIDsDoesNotTell(t *testing.T) {
	crm := practice.NewOrtto(practice.OrttoConfig{NoTagsByID: true})
	id := crm.Add(practice.Person{Email: "ada@example.com", Tags: []string{"Gold"}})
	nameless := crm.Add(practice.Person{Tags: []string{"Gold"}})
	client := openAt(t, crm)
	contact, err := client.Contact(t.Context(), id)
	if err != nil || !contact.TagsKnown || len(contact.Tags) != 1 || contact.Tags[0] != "Gold" {
		t.Errorf("got %q, known: %v; %v", contact.Tags, contact.TagsKnown, err)
	}
	contact, err = client.Contact(t.Context(), nameless)
	if err != nil || contact.TagsKnown {
		t.Errorf("without an e-mail the tags are taken for known: %v", err)
	}
}

func TestArchivedPeopleAreDeleted(t *testing.T) {
	crm := practice.NewOrtto(practice.OrttoConfig{})
	id := crm.Add(practice.Person{Email: "ada@example.com"})
	crm.Archive(id)
	contact, err := openAt(t, crm).Contact(t.Context(), id)
	if err != nil || !contact.Deleted {
		t.Errorf("got %+v, %v", contact, err)
	}
}

func TestAFieldOrttoDoesNotHave(t *testing.T) {
	crm := practice.NewOrtto(practice.OrttoConfig{NoArchived: true})
	id := crm.Add(practice.Person{Email: "ada@example.com"})
	client := openAt(t, crm)
	requests := 0
	crm.Fail(practice.Fault{On: to("/v1/person/get-by-ids"), Trouble: func(w http.ResponseWriter, r *http.Request, crm http.Handler) {
		requests++
		crm.ServeHTTP(w, r)
	}})
	for range 3 {
		if contact, err := client.Contact(t.Context(), id); err != nil || contact.ID != id {
			t.Errorf("got %+v, %v", contact, err)
		}
	}
	if requests != 4 {
		t.Errorf("it took %d requests, want one more for the first", requests)
	}
}

func TestACustomFieldThatIsRemoved(t *testing.T) {
	crm := practice.NewOrtto(practice.OrttoConfig{})
	key := crm.AddField("Gone soon")
	id := crm.Add(practice.Person{Email: "ada@example.com"})
	client := openAt(t, crm)
	if _, err := client.Contact(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	crm.RemoveField(key)
	if _, err := client.Contact(t.Context(), id); err != nil {
		t.Errorf("the field is still asked for: %v", err)
	}
	crm.Archive(id)
	if contact, err := client.Contact(t.Context(), id); err != nil || !contact.Deleted {
		t.Errorf("what could be asked for no longer is: %v", err)
	}
}

func TestAnEmailInOtherLetters(t *testing.T) {
	crm := practice.NewOrtto(practice.OrttoConfig{})
	id := crm.Add(practice.Person{Email: "ada@example.com"})
	crm.Fail(rewriting(func(ask map[string]any) { // an Ortto that minds the case
		if is, _ := ask["filter"].(map[string]any)["$str::is"].(map[string]any); is["value"] != "ada@example.com" {
			is["value"] = "nobody"
		}
	}))
	contact, err := openAt(t, crm).ContactByEmail(t.Context(), "Ada@Example.com")
	if err != nil || contact.ID != id {
		t.Errorf("got %+v, %v", contact, err)
	}
}

func TestTagsOfCompaniesAreLeftOut(t *testing.T) {
	crm := practice.NewOrtto(practice.OrttoConfig{})
	crm.Add(practice.Person{Email: "ada@example.com", Tags: []string{"Gold"}})
	tags, err := openAt(t, crm).(core.Picker).ListTags(t.Context())
	if err != nil || len(tags) != 1 || tags[0] != (core.Tag{Key: "Gold", Name: "Gold"}) {
		t.Errorf("got %v, %v", tags, err)
	}
}
