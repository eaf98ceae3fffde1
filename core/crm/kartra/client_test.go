package kartra_test

import (
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"usher/core"
	"usher/core/crm/crmtest"
	"usher/core/crm/kartra"
	"usher/core/practice"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestClient(t *testing.T) {
	for name, asText := range map[string]bool{"details as an object": false, "details as text": true} {
		t.Run(name, func(t *testing.T) {
			crm := practice.NewKartra(practice.KartraConfig{CallsPerSecond: -1, DetailsAsText: asText})
			crmtest.RunClient(t, kartra.Adapter{}, crm)
		})
	}
}

func FuzzClient(f *testing.F) {
	crmtest.FuzzClient(f, kartra.Adapter{}, practice.NewKartra(practice.KartraConfig{CallsPerSecond: -1}))
}

// scribe is all that Kartra's client can do.
type scribe interface {
	core.Client
	core.Picker
	core.Scribe
}

func open(t *testing.T, handler http.Handler, login map[string]string) scribe {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	account := core.Account{BaseURL: server.URL, Settings: map[string]string{"app_id": login["app_id"]}}
	client, err := kartra.Adapter{}.Open(account, crmtest.NewVault(login))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return client.(scribe)
}

func newPractice(t *testing.T) (*practice.Kartra, scribe) {
	t.Helper()
	crm := practice.NewKartra(practice.KartraConfig{CallsPerSecond: -1})
	return crm, open(t, crm, crm.Login())
}

// answering is a Kartra that gives these answers in turn, and then the last one for ever.
func answering(t *testing.T, bodies ...string) scribe {
	t.Helper()
	return open(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, bodies[0])
		if len(bodies) > 1 {
			bodies = bodies[1:]
		}
	}), map[string]string{"app_id": "a", "api_key": "k", "api_password": "p"})
}

func TestChoices(t *testing.T) {
	crm, client := newPractice(t)
	crm.AddDropDown("plan", "gold", "gold, paid yearly", "silver")
	crm.AddCheckbox("colours", "red", "blue")
	note := crm.AddField("note")
	id := crm.Add(practice.Person{Email: "ada@example.com", Fields: map[string]string{"plan": "silver", "colours": "red"}})
	tests := []struct{ key, value, code string }{
		{"plan", "gold", ""},
		{"plan", "gold, paid yearly", ""},
		{"plan", "", ""},
		{"plan", "bronze", "crm.not_written"},
		{"colours", "red, blue", ""},
		{"colours", "blue, red", ""},
		{"colours", "blue", ""},
		{"colours", "red, green", "crm.not_written"},
		{"colours", "", ""},
		{"plan", "gold, silver", "crm.refused"}, // one choice only
	}
	for _, tt := range tests {
		t.Run(tt.key+" "+tt.value, func(t *testing.T) {
			err := client.SetFields(t.Context(), id, map[string]core.Secret{tt.key: core.NewSecret(tt.value)})
			if tt.code != "" {
				if !core.HasCode(err, tt.code) {
					t.Errorf("got %v, want %s", err, tt.code)
				}
				return
			}
			contact, errRead := client.Contact(t.Context(), id)
			read := contact.Fields[tt.key]
			if tt.value == "blue, red" && read == "red, blue" { // in Kartra's order
				read = tt.value
			}
			if err != nil || errRead != nil || read != tt.value {
				t.Errorf("wrote %q: %v; read %q: %v", tt.value, err, read, errRead)
			}
		})
	}
	crm.Fail(practice.Fault{Trouble: func(w http.ResponseWriter, r *http.Request, kartra http.Handler) {
		kartra.ServeHTTP(w, r)
		crm.Change(id, map[string]string{note: "b, a"})
	}})
	err := client.SetFields(t.Context(), id, map[string]core.Secret{note: core.NewSecret("a, b")})
	if !core.HasCode(err, "crm.not_written") {
		t.Errorf("a text that lost its order: %v", err)
	}
}

func TestFieldsOfALead(t *testing.T) {
	crm, client := newPractice(t)
	crm.AddField("city") // taken by the lead itself
	crm.AddField("tags") // taken by what the API tells
	id := crm.Add(practice.Person{Email: "ada@example.com", Fields: map[string]string{"city": "London"}})
	values := map[string]core.Secret{
		"custom:city": core.NewSecret("Ockham"), "custom:tags": core.NewSecret("many"),
		"middle_name": core.NewSecret("s3cret & more"), "last_name2": core.NewSecret("7"),
	}
	if err := client.SetFields(t.Context(), id, values); err != nil {
		t.Fatal(err)
	}
	contact, err := client.ContactByEmail(t.Context(), "ada@example.com")
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"city": "London"}
	for key, value := range values {
		want[key] = value.Reveal()
	}
	for key, value := range want {
		if contact.Fields[key] != value {
			t.Errorf("%s is %q, want %q", key, contact.Fields[key], value)
		}
	}
	fields, err := client.ListFields(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	listed := map[string]core.CRMField{}
	for _, field := range fields {
		listed[field.Key] = field
	}
	for key, writable := range map[string]bool{"custom:city": true, "middle_name": true, "email": false, "id": false, "action:product_name": false} {
		if field, ok := listed[key]; !ok || field.Writable != writable {
			t.Errorf("%s is listed: %v, writable: %v", key, ok, field.Writable)
		}
	}
	for key := range contact.Fields {
		if _, ok := listed[key]; !ok {
			t.Errorf("%s has a value and is not listed", key)
		}
	}
}

func TestAFieldIsListedOnce(t *testing.T) {
	client := answering(t, `{"status":"Success","custom_fields":[
		{"field_identifier":"plan"},{"field_identifier":"plan"},{"field_identifier":""},7,{"field_identifier":"city"}]}`)
	fields, err := client.ListFields(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	count := map[string]int{}
	for _, field := range fields {
		count[field.Key]++
	}
	if count["plan"] != 1 || count["city"] != 1 || count["custom:city"] != 1 || count[""] != 0 {
		t.Errorf("got %v", count)
	}
}

func TestWhatIsNotWritten(t *testing.T) {
	crm, client := newPractice(t)
	id := crm.Add(practice.Person{Email: "ada@example.com"})
	for _, key := range []string{"email", "id", "lead_deleted", "new_email", "action:tag_name", "custom_fields", ""} {
		values := map[string]core.Secret{key: core.NewSecret("eve@example.com"), "city": core.NewSecret("Ockham")}
		err := client.SetFields(t.Context(), id, values)
		if !core.HasCode(err, "crm.not_written") || core.AsProblem(err).Detail != key {
			t.Errorf("%s: got %v", key, err)
		}
		if person, _ := crm.Person(id); person.Email != "ada@example.com" || person.Fields["city"] != "" {
			t.Errorf("%s: half of it was written", key)
		}
	}
	crm.Fail(practice.Fault{Trouble: practice.Page(500, "no call is needed", 0)})
	if err := client.SetFields(t.Context(), id, nil); err != nil {
		t.Errorf("writing nothing: %v", err)
	}
}

// Every error has a type; where it is said differs: of the call, or of one command.
func TestErrors(t *testing.T) {
	tests := []struct{ kind, code, detail string }{
		{"201", "crm.not_secure", ""},
		{"202", "crm.unauthorized", "API Key"},
		{"203", "crm.unauthorized", "API Key"},
		{"233", "crm.unauthorized", "API Password"},
		{"238", "crm.unauthorized", "App ID"},
		{"239", "crm.unauthorized", "App ID"},
		{"204", "crm.forbidden", "the Kartra account is not active"},
		{"240", "crm.forbidden", "the account the App belongs to is not active"},
		{"242", "crm.forbidden", "the App does not allow this computer's internet address"},
		{"262", "crm.forbidden", "Kartra has not approved the App for this"},
		{"206", "crm.no_contact", ""},
		{"234", "crm.no_contact", ""},
		{"243", "crm.no_contact", ""},
		{"245", "crm.no_contact", ""},
		{"212", "crm.refused", "there is no such tag"},
		{"271", "crm.refused", "a custom field has another form"},
		{"299", "crm.refused", "Kartra error 299"},
		{"ada@example.com", "crm.server_error", "an error without a number"},
		{"", "crm.server_error", "an error without a number"},
	}
	for _, tt := range tests {
		for _, status := range []string{"Error", "error", "ERROR"} {
			said := fmt.Sprintf(`{"status":%q,"message":"p1anted","type":%q}`, status, tt.kind)
			for where, body := range map[string]string{
				"of the call":  said,
				"of a command": `{"status":"Success","actions":[{"first":{"status":"Success"}},{"edit_lead":` + said + `}]}`,
			} {
				_, err := answering(t, body).ListTags(t.Context())
				if p := core.AsProblem(err); p.Code != tt.code || p.Detail != tt.detail {
					t.Errorf("%s %s: got %v about %q, want %s about %q", tt.kind, where, err, p.Detail, tt.code, tt.detail)
				}
			}
		}
	}
}

func TestAnErrorWhoseTypeIsANumber(t *testing.T) {
	_, err := answering(t, `{"status":"Error","type":243}`).Contact(t.Context(), "7")
	if !core.HasCode(err, "crm.no_contact") {
		t.Errorf("got %v", err)
	}
}

func TestOddLeads(t *testing.T) {
	const lead = `{"status":"success","lead_details":{"id":"7","email":"ada@example.com"%s}}`
	tests := []struct{ name, more, code, tags string }{
		{"tags", `,"tags":[{"tag_name":"A"},{"tag_name":" B "},{"tag_name":"A"}]`, "", "A|B"},
		{"no tags", `,"tags":[]`, "", ""},
		{"null for no tags", `,"tags":null`, "", ""},
		{"an empty text for no tags", `,"tags":""`, "", ""},
		{"tags that are something else", `,"tags":[7,null,{"tag_name":7},{},[]]`, "", "7"},
		{"tags that are not told", ``, "crm.server_error", ""},
		{"tags that are no list", `,"tags":{"tag_name":"A"}`, "crm.server_error", ""},
		{"another lead", `,"id":"8","tags":[]`, "crm.server_error", ""},
		{"a lead without an id", `,"id":"","tags":[]`, "crm.server_error", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			contact, err := answering(t, fmt.Sprintf(lead, tt.more)).Contact(t.Context(), "7")
			if tt.code != "" {
				if !core.HasCode(err, tt.code) {
					t.Errorf("got %v, want %s", err, tt.code)
				}
				return
			}
			if err != nil || !contact.TagsKnown || strings.Join(contact.Tags, "|") != tt.tags {
				t.Errorf("got tags %q, known: %v, %v; want %q", contact.Tags, contact.TagsKnown, err, tt.tags)
			}
		})
	}
	for more, code := range map[string]string{
		`,"tags":[]`:                           "",
		`,"tags":[],"email":"eve@example.com"`: "crm.no_contact",
		`,"tags":[],"id":"0"`:                  "crm.server_error",
	} {
		_, err := answering(t, fmt.Sprintf(lead, more)).ContactByEmail(t.Context(), "ADA@example.com")
		if (code == "") != (err == nil) || code != "" && !core.HasCode(err, code) {
			t.Errorf("by e-mail, %s: got %v, want %q", more, err, code)
		}
	}
	deleted := answering(t, fmt.Sprintf(lead, `,"tags":[],"lead_deleted":"1"`))
	if contact, err := deleted.Contact(t.Context(), "7"); err != nil || !contact.Deleted {
		t.Errorf("a lead that says it is deleted: %v, %v", contact.Deleted, err)
	}
}

func TestNothingIsAskedAboutWhoCannotBe(t *testing.T) {
	client := open(t, http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		t.Error("Kartra was asked")
	}), map[string]string{"app_id": "a", "api_key": "k", "api_password": "p"})
	for _, id := range []string{"", "0", "[Contact ID]", "7a", "-7"} {
		_, err := client.Contact(t.Context(), id)
		errTag := client.AddTag(t.Context(), id, "Done")
		if !core.HasCode(err, "crm.no_contact") || !core.HasCode(errTag, "crm.no_contact") {
			t.Errorf("id %q: got %v and %v", id, err, errTag)
		}
	}
	for _, email := range []string{"", "ada", "ada byron@example.com"} {
		if _, err := client.ContactByEmail(t.Context(), email); !core.HasCode(err, "crm.no_contact") {
			t.Errorf("e-mail %q: got %v", email, err)
		}
	}
}

func TestAnAnswerThatSaysNothing(t *testing.T) {
	for _, body := range []string{`{}`, `{"status":"Pending"}`, `{"actions":[]}`} {
		if err := answering(t, body).AddTag(t.Context(), "7", "Done"); !core.HasCode(err, "crm.server_error") {
			t.Errorf("%s counts as done: %v", body, err)
		}
	}
	success := answering(t, `{"status":"Success"}`)
	_, errFields := success.ListFields(t.Context())
	_, errTags := success.ListTags(t.Context())
	if !core.HasCode(errFields, "crm.server_error") || !core.HasCode(errTags, "crm.server_error") {
		t.Errorf("a list that is not there: %v, %v", errFields, errTags)
	}
}

// Kartra itself answers 200 or 429; others stand before it.
func TestStatuses(t *testing.T) {
	tests := []struct {
		status       int
		retryAfter   string
		code, detail string
		wait         time.Duration
	}{
		{429, "", "crm.busy", "", time.Second},
		{429, "0", "crm.busy", "", time.Second},
		{429, "30", "crm.busy", "", 30 * time.Second},
		{503, "30", "crm.busy", "", 30 * time.Second},
		{503, "", "crm.server_error", "503", 0},
		{500, "30", "crm.server_error", "500", 0},
		{404, "", "crm.server_error", "404", 0},
		{401, "", "crm.unauthorized", "", 0},
		{403, "", "crm.forbidden", "", 0},
		{302, "", "crm.server_error", "it leads to another address", 0},
	}
	for _, tt := range tests {
		t.Run(fmt.Sprint(tt.status, tt.retryAfter), func(t *testing.T) {
			client := open(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Retry-After", tt.retryAfter)
				w.Header().Set("Location", "https://example.net/?p1anted")
				w.WriteHeader(tt.status)
			}), map[string]string{"app_id": "a", "api_key": "k", "api_password": "p"})
			_, err := client.Contact(t.Context(), "7")
			if p := core.AsProblem(err); p.Code != tt.code || p.Detail != tt.detail || p.RetryAfter != tt.wait {
				t.Errorf("got %v about %q, wait %v", err, p.Detail, p.RetryAfter)
			}
		})
	}
}

func TestADeletedLeadComesBackAsOne(t *testing.T) {
	crm, client := newPractice(t)
	id := crm.Add(practice.Person{Email: "ada@example.com"})
	crm.Delete(id)
	if c, err := client.Contact(t.Context(), id); err != nil || !c.Deleted || c.ID != id {
		t.Errorf("by id: %+v, %v", c, err)
	}
	if c, err := client.ContactByEmail(t.Context(), "ADA@example.com"); err != nil || !c.Deleted {
		t.Errorf("by e-mail: %+v, %v", c, err)
	}
}

func TestTags(t *testing.T) {
	crm, client := newPractice(t)
	id := crm.Add(practice.Person{Email: "ada@example.com", Tags: []string{"Old"}})
	err := client.AddTag(t.Context(), id, "Not made yet")
	if !core.HasCode(err, "crm.refused") || !strings.Contains(core.AsProblem(err).Detail, "“Not made yet”") {
		t.Errorf("a tag that is not there: %v", err)
	}
	const refused = `{"status":"Success","actions":[{"assign_tag":{"status":"Error","type":"299"}}]}`
	const lead = `{"status":"Success","lead_details":{"id":"7","tags":[{"tag_name":"Old"}]}}`
	if err := answering(t, refused, lead).AddTag(t.Context(), "7", "Old"); err != nil {
		t.Errorf("a tag that is on already: %v", err)
	}
	if err := answering(t, refused, lead).AddTag(t.Context(), "7", "New"); !core.HasCode(err, "crm.refused") {
		t.Errorf("a tag that was refused: %v", err)
	}
}

func TestEachCredentialIsChecked(t *testing.T) {
	crm := practice.NewKartra(practice.KartraConfig{})
	id := crm.Add(practice.Person{Email: "ada@example.com"})
	for key, label := range map[string]string{"app_id": "App ID", "api_key": "API Key", "api_password": "API Password"} {
		login := maps.Clone(crm.Login())
		login[key] += "x"
		_, err := open(t, crm, login).Contact(t.Context(), id)
		if p := core.AsProblem(err); p.Code != "crm.unauthorized" || p.Detail != label {
			t.Errorf("a wrong %s: %v", key, err)
		}
	}
	padded := maps.Clone(crm.Login())
	for key := range padded {
		padded[key] = " " + padded[key] + "\n"
	}
	if _, err := open(t, crm, padded).Contact(t.Context(), id); err != nil {
		t.Errorf("credentials pasted with space around them: %v", err)
	}
	missing := maps.Clone(crm.Login())
	delete(missing, "api_password")
	if _, err := open(t, crm, missing).Contact(t.Context(), id); !core.HasCode(err, "keyring.missing") {
		t.Errorf("a secret that is not there: %v", err)
	}
}

func TestTooManyCalls(t *testing.T) {
	now := time.Unix(1_750_000_000, 0)
	crm := practice.NewKartra(practice.KartraConfig{Now: func() time.Time { return now }})
	id := crm.Add(practice.Person{Email: "ada@example.com"})
	client := open(t, crm, crm.Login())
	for i := range 20 {
		if _, err := client.Contact(t.Context(), id); err != nil {
			t.Fatalf("call %d: %v", i+1, err)
		}
	}
	_, err := client.Contact(t.Context(), id)
	if p := core.AsProblem(err); p.Code != "crm.busy" || p.RetryAfter != time.Second {
		t.Errorf("call 21 of a second: %v, wait %v", err, p.RetryAfter)
	}
	now = now.Add(time.Second)
	if _, err := client.Contact(t.Context(), id); err != nil {
		t.Errorf("a second later: %v", err)
	}
}

func TestOpen(t *testing.T) {
	tests := []struct{ base, code string }{
		{"", ""},
		{"https://app.kartra.com", ""},
		{"http://127.0.0.1:8080", ""},
		{"http://app.kartra.com", "crm.not_secure"},
		{"app.kartra.com", "crm.settings"},
	}
	for _, tt := range tests {
		account := core.Account{BaseURL: tt.base, Settings: map[string]string{"app_id": "a"}}
		client, err := kartra.Adapter{}.Open(account, crmtest.NewVault(nil))
		if (tt.code == "") != (err == nil) || tt.code != "" && !core.HasCode(err, tt.code) {
			t.Errorf("%q: got %v, want %q", tt.base, err, tt.code)
		}
		if err == nil {
			client.Close()
		}
	}
	_, err := kartra.Adapter{}.Open(core.Account{}, crmtest.NewVault(nil))
	if !core.HasCode(err, "crm.settings") || core.AsProblem(err).Detail != "App ID" {
		t.Errorf("without an App ID: %v", err)
	}
}

func TestAnAddressThatEndsInAPIIsTheSame(t *testing.T) {
	crm := practice.NewKartra(practice.KartraConfig{})
	id := crm.Add(practice.Person{Email: "ada@example.com"})
	server := httptest.NewServer(crm)
	defer server.Close()
	for _, end := range []string{"", "/", "/api", "/api/"} {
		account := core.Account{BaseURL: server.URL + end, Settings: crm.Login()}
		client, err := kartra.Adapter{}.Open(account, crmtest.NewVault(crm.Login()))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := client.Contact(t.Context(), id); err != nil {
			t.Errorf("%q: %v", end, err)
		}
		client.Close()
	}
}

func TestScopes(t *testing.T) {
	crm, client := newPractice(t)
	id := crm.Add(practice.Person{Email: "ada@example.com"})
	crm.Fail(practice.Fault{Trouble: practice.HangUp()})
	_, err := client.Contact(t.Context(), id)
	if p := core.AsProblem(err); p.Code != "crm.unreachable" || p.Scope != core.ItemOrCRM {
		t.Errorf("a call that was cut may be the one Kartra dies of: %v, scope %v", err, p.Scope)
	}
	nobody := httptest.NewServer(http.NotFoundHandler())
	nobody.Close()
	account := core.Account{BaseURL: nobody.URL, Settings: crm.Login()}
	gone, err := kartra.Adapter{}.Open(account, crmtest.NewVault(crm.Login()))
	if err != nil {
		t.Fatal(err)
	}
	_, err = gone.Contact(t.Context(), id)
	if p := core.AsProblem(err); p.Code != "crm.unreachable" || p.Scope != core.CRMWide {
		t.Errorf("nobody answers: %v, scope %v", err, p.Scope)
	}
}

// Kartra cannot tell who changed, and no client may claim so.
func TestThereIsNoListing(t *testing.T) {
	_, client := newPractice(t)
	if _, ok := client.(core.Lister); ok {
		t.Error("it lists who changed")
	}
	if _, ok := client.(core.TagLister); ok {
		t.Error("it lists who has a tag")
	}
}
