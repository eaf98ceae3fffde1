package pulse_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"usher/core"
	"usher/core/practice"
)

// answering is a CRM that says these things at these addresses of its API.
func answering(t *testing.T, bodies map[string]string) api {
	t.Helper()
	return open(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, known := bodies[strings.TrimPrefix(r.URL.RequestURI(), "/api/v1/")]
		if !known {
			w.WriteHeader(http.StatusNotFound)
			body = `{"message":""}`
		}
		if status, rest, found := strings.Cut(body, " "); found && len(status) == 3 {
			code, err := strconv.Atoi(status)
			if err != nil {
				t.Error(err)
			}
			w.WriteHeader(code)
			body = rest
		}
		_, _ = io.WriteString(w, body)
	}), newVault(map[string]string{"access_token": "a"}))
}

const noTags = `{"data":[],"meta":{"last_page":1}}`

func TestShapesOfAContact(t *testing.T) {
	tests := []struct{ name, body, city, code string }{
		{"flat", `{"id":7,"email":"a@example.com","city":"London"}`, "London", ""},
		{"inside data", `{"data":{"id":"7","city":"London"}}`, "London", ""},
		{"with a field called error", `{"id":7,"error":"none","city":"London"}`, "London", ""},
		{"with a field that is not found", `{"id":7,"error":"not found","city":"London"}`, "London", ""},
		{"another contact", `{"id":8,"city":"London"}`, "", "crm.server_error"},
		{"no id", `{"city":"London"}`, "", "crm.server_error"},
		{"an error in disguise", `{"error":"Something"}`, "", "crm.refused"},
		{"nobody, in disguise", `{"error":"Contact not found"}`, "", "crm.no_contact"},
		{"nobody", `404 {"error":"Contact not found"}`, "", "crm.no_contact"},
		{"nobody, with another status", `400 {"error":"Contact Not Found."}`, "", "crm.no_contact"},
		{"gone", `410 {}`, "", "crm.no_contact"},
		{"a page that is not there", `404 <html>`, "", "crm.server_error"},
		{"refused", `400 {"error":"No"}`, "", "crm.refused"},
		{"not a list", `[{"id":7}]`, "", "crm.server_error"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			client := answering(t, map[string]string{"contacts/7": tt.body, "contacts/7/tags": noTags})
			contact, err := client.Contact(t.Context(), "7")
			if tt.code != "" {
				wantCode(t, err, tt.code)
				return
			}
			if err != nil || contact.ID != "7" || contact.Fields["city"] != tt.city {
				t.Errorf("got id %q, city %q, %v", contact.ID, contact.Fields["city"], err)
			}
		})
	}
}

func TestAContactWithoutItsTagsIsNotWhole(t *testing.T) {
	for body, code := range map[string]string{
		`500 {}`: "crm.server_error", `403 {}`: "crm.forbidden", `{}`: "crm.server_error", `{"data":{"a":1}}`: "crm.server_error",
	} {
		client := answering(t, map[string]string{"contacts/7": `{"id":7}`, "contacts/7/tags": body})
		_, err := client.Contact(t.Context(), "7")
		wantCode(t, err, code)
	}
}

func TestASearchThatFindsSomebodyElse(t *testing.T) {
	client := answering(t, map[string]string{
		"contact/find/": `{"id":7}`, "contacts/7": `{"id":7,"email":"eve@example.com"}`, "contacts/7/tags": noTags,
	})
	_, err := client.ContactByEmail(t.Context(), "ada@example.com")
	wantCode(t, err, "crm.no_contact")
	if contact, err := client.ContactByEmail(t.Context(), "Eve@Example.com"); err != nil || contact.ID != "7" {
		t.Errorf("got %q, %v", contact.ID, err)
	}
}

func TestListsOfManyPages(t *testing.T) {
	tests := []struct {
		name  string
		pages map[string]string
		want  []core.Tag
		code  string
	}{
		{"by meta", map[string]string{
			"tags":        `{"data":[{"id":1,"name":"A"}],"meta":{"last_page":2}}`,
			"tags?page=2": `{"data":[{"id":"22","name":"B"},{"id":3,"name":"C"}],"meta":{"last_page":2}}`,
		}, []core.Tag{{Key: "1", Name: "A"}, {Key: "3", Name: "C"}, {Key: "22", Name: "B"}}, ""},
		{"as Laravel's plain lists", map[string]string{
			"tags":        `{"data":[{"id":1,"name":"A"}],"last_page":"2"}`,
			"tags?page=2": `{"data":[{"id":2,"name":"B"}],"last_page":"2"}`,
		}, []core.Tag{{Key: "1", Name: "A"}, {Key: "2", Name: "B"}}, ""},
		{"grown on the way", map[string]string{
			"tags":        `{"data":[{"id":1,"name":"A"}],"meta":{"last_page":2}}`,
			"tags?page=2": `{"data":[{"id":2,"name":"B"}],"meta":{"last_page":3}}`,
			"tags?page=3": `{"data":[{"id":3,"name":"C"}],"meta":{"last_page":3}}`,
		}, []core.Tag{{Key: "1", Name: "A"}, {Key: "2", Name: "B"}, {Key: "3", Name: "C"}}, ""},
		{"without pages", map[string]string{"tags": `{"data":[{"id":1,"name":"A"}]}`}, []core.Tag{{Key: "1", Name: "A"}}, ""},
		{"rows that are none", map[string]string{
			"tags": `{"data":[null,7,[],{},{"id":"x","name":"X"},{"id":1}]}`,
		}, []core.Tag{{Key: "1", Name: "1"}}, ""},
		{"null", map[string]string{"tags": `{"data":null}`}, nil, ""},
		{"pages that are not there", map[string]string{
			"tags":        `{"data":[{"id":1,"name":"A"}],"meta":{"last_page":9}}`,
			"tags?page=2": `{"data":[],"meta":{"last_page":9}}`,
		}, []core.Tag{{Key: "1", Name: "A"}}, ""},
		{"no end", map[string]string{"tags": `{"data":[{"id":1,"name":"A"}],"meta":{"last_page":1000000000}}`}, nil, "crm.server_error"},
		{"no list", map[string]string{"tags": `{"data":"none"}`}, nil, "crm.server_error"},
		{"an address that is wrong", nil, nil, "crm.settings"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := answering(t, tt.pages).ListTags(t.Context())
			if tt.code != "" {
				wantCode(t, err, tt.code)
				return
			}
			if err != nil || !slices.Equal(got, tt.want) {
				t.Errorf("got %v, %v", got, err)
			}
		})
	}
}

func TestFieldsToChoose(t *testing.T) {
	tests := []struct {
		name, body string
		want       []core.CRMField
		code       string
	}{
		{"labels", `{"data":{"b_2":{"label":"Zebra"},"first_name":{},"address_home.country":{},"lead_source_id":{"label":"Source"},"id":{}}}`, []core.CRMField{
			{Key: "address_home.country_name", Label: "Address Home Country", Writable: true},
			{Key: "first_name", Label: "First Name", Writable: true},
			{Key: "id", Label: "Id"},
			{Key: "b_2", Label: "Zebra", Writable: true},
		}, ""},
		{"one key twice", `{"data":{"address_home.country":{"label":"A"},"address_home.country_name":{"label":"Z"},"phone":{}}}`, []core.CRMField{
			{Key: "phone", Label: "Phone", Writable: true},
			{Key: "address_home.country_name", Label: "Z", Writable: true},
		}, ""},
		{"details that are none", `{"data":{"a":null,"b":"B","":{}}}`, []core.CRMField{
			{Key: "a", Label: "A", Writable: true}, {Key: "b", Label: "B", Writable: true},
		}, ""},
		{"none, as PHP writes it", `{"data":[]}`, nil, ""},
		{"a list", `{"data":[{"key":"a"}]}`, nil, "crm.server_error"},
		{"nothing", `{}`, nil, "crm.server_error"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := answering(t, map[string]string{"contact/available-fields": tt.body}).ListFields(t.Context())
			if tt.code != "" {
				wantCode(t, err, tt.code)
				return
			}
			if err != nil || !slices.Equal(got, tt.want) {
				t.Errorf("got %+v, %v", got, err)
			}
		})
	}
}

func TestARefusedValueNamesItsFieldsOnly(t *testing.T) {
	client := answering(t, map[string]string{
		"contacts/7": `422 {"message":"hush","errors":{"phone":["hush is no phone"],"email":["hush"],"hush hush":[]}}`,
	})
	err := client.SetFields(t.Context(), "7", map[string]core.Secret{"phone": core.NewSecret("hush")})
	wantCode(t, err, "crm.refused")
	if detail := core.AsProblem(err).Detail; detail != "email, phone" {
		t.Errorf("the Problem is about %q", detail)
	}
}

func TestBusy(t *testing.T) {
	for _, wait := range []time.Duration{0, 30 * time.Second} {
		crm, _, client := signedIn(t)
		crm.Fail(practice.Fault{Times: 1, Trouble: practice.TooManyAttempts(wait)})
		_, err := client.ListTags(t.Context())
		wantCode(t, err, "crm.busy")
		if got := core.AsProblem(err).RetryAfter; got != wait {
			t.Errorf("wait %v, want %v", got, wait)
		}
	}
}

func TestNoAnswerMayBeTheFaultOfOneRequest(t *testing.T) {
	crm, vault, client := signedIn(t)
	crm.Fail(practice.Fault{Trouble: practice.HangUp()})
	_, err := client.ListTags(t.Context())
	if p := core.AsProblem(err); p.Code != "crm.unreachable" || p.Scope != core.ItemOrCRM {
		t.Errorf("it hangs up: %v, scope %d", err, p.Scope)
	}
	nobody := httptest.NewServer(nil)
	nobody.Close()
	_, err = openAt(t, core.Account{BaseURL: nobody.URL}, vault).ListTags(t.Context())
	if p := core.AsProblem(err); p.Code != "crm.unreachable" || p.Scope != core.CRMWide {
		t.Errorf("nobody is there: %v, scope %d", err, p.Scope)
	}
}

func TestPartsOfAnAddressAreReadAndWritten(t *testing.T) {
	for _, nested := range []bool{false, true} {
		t.Run(fmt.Sprint("nested ", nested), func(t *testing.T) {
			crm := practice.NewPulse(practice.PulseConfig{Nested: nested})
			client := open(t, crm, newVault(crm.Login()))
			id := crm.Add(practice.Person{Email: "ada@example.com"})
			values := map[string]core.Secret{
				"first_name":                core.NewSecret("Ada"),
				"address_home.city":         core.NewSecret("London"),
				"address_home.country_name": core.NewSecret("United Kingdom"),
			}
			if err := client.SetFields(t.Context(), id, values); err != nil {
				t.Fatal(err)
			}
			contact, err := client.Contact(t.Context(), id)
			if err != nil {
				t.Fatal(err)
			}
			for key, value := range values {
				if contact.Fields[key] != value.Reveal() {
					t.Errorf("%s is %q", key, contact.Fields[key])
				}
			}
			values["address_home.planet"] = core.NewSecret("Earth")
			err = client.SetFields(t.Context(), id, values)
			if p := core.AsProblem(err); p.Code != "crm.not_written" || p.Detail != "address_home.planet" {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestFieldsThatDoNotArriveAreNamedInOrder(t *testing.T) {
	crm := practice.NewPulse(practice.PulseConfig{})
	id := crm.Add(practice.Person{Email: "ada@example.com"})
	app, sent := watched(t, crm)
	client := openAt(t, core.Account{BaseURL: app}, newVault(crm.Login()))
	values := map[string]core.Secret{"first_name": core.NewSecret("Ada")}
	for _, key := range []string{"f", "b", "d", "a", "e", "c"} {
		values[key] = core.NewSecret("x")
	}
	err := client.SetFields(t.Context(), id, values)
	if p := core.AsProblem(err); p.Code != "crm.not_written" || p.Detail != "a, b, c, d, e, f" {
		t.Errorf("got %v", err)
	}
	if strings.Contains(sent(), "[]:[x]") {
		t.Error("a field without parts was sent as if it had some")
	}
}

func TestTagsByNameAndID(t *testing.T) {
	crm, _, client := signedIn(t)
	crm.Add(practice.Person{Email: "first@example.com", Tags: []string{"Gold", "gold", "32", "Silver"}}) // 31, 32, 33, 34
	tests := map[string]string{"Gold": "Gold", "gold": "gold", "GOLD": "Gold", "SILVER": "Silver", "32": "gold", "33": "32"}
	for said, want := range tests {
		id := crm.Add(practice.Person{Email: "ada" + said + "@example.com"})
		if err := client.AddTag(t.Context(), id, said); err != nil {
			t.Errorf("%s: %v", said, err)
		}
		if person, _ := crm.Person(id); !slices.Equal(person.Tags, []string{want}) {
			t.Errorf("%s put on %q, want %q", said, person.Tags, want)
		}
	}
	id := crm.Add(practice.Person{Email: "bronze@example.com"})
	err := client.AddTag(t.Context(), id, "Bronze")
	if p := core.AsProblem(err); p.Code != "crm.refused" || !strings.Contains(p.Detail, "Bronze") {
		t.Errorf("a tag that is not there: %v", err)
	}
	wantCode(t, client.Tagged(t.Context(), "Bronze", nil), "crm.refused")
}

func TestATagThatIsNotPutOnAfterAll(t *testing.T) {
	crm, _, client := signedIn(t)
	id := crm.Add(practice.Person{Email: "ada@example.com"})
	crm.Add(practice.Person{Email: "first@example.com", Tags: []string{"Gold"}})
	crm.Fail(practice.Fault{
		On:      practice.Writes,
		Trouble: func(w http.ResponseWriter, _ *http.Request, _ http.Handler) { _, _ = io.WriteString(w, `{}`) },
	})
	wantCode(t, client.AddTag(t.Context(), id, "Gold"), "crm.not_written")
}

// Rows move to pages already read when others lose the tag. Nobody who had it all the time
// may be missed for that, and nobody is visited twice.
func TestNobodyIsMissedInALongListThatChanges(t *testing.T) {
	crm := practice.NewPulse(practice.PulseConfig{PageSize: 100})
	client := open(t, crm, newVault(crm.Login()))
	const many = 10_000
	ids := make([]string, many)
	for i := range ids {
		ids[i] = crm.Add(practice.Person{Email: fmt.Sprintf("p%d@example.com", i), Tags: []string{"Member"}})
	}
	late := crm.Add(practice.Person{Email: "late@example.com"})
	visits := map[string]int{}
	lost := 0
	err := client.Tagged(t.Context(), "Member", func(c core.Contact) error {
		visits[c.ID]++
		if n := len(visits); n%500 == 0 && n/500 < 15 { // one of those read already loses the tag
			crm.Tag(ids[lost])
			lost++
			crm.Tag(late, "Member")
		}
		if c.Email == "" || c.TagsKnown {
			t.Errorf("visited %+v", c)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]int{late: 1}
	for _, id := range ids {
		want[id] = 1
	}
	if !reflect.DeepEqual(visits, want) {
		t.Errorf("%d were visited, want %d, each once", len(visits), len(want))
	}
	if lost < 10 {
		t.Errorf("only %d lost the tag meanwhile", lost)
	}
}
