package ortto_test

import (
	"maps"
	"net/url"
	"slices"
	"strings"
	"testing"

	"usher/core"
	"usher/core/crm/ortto"
)

const (
	ada      = "0067b0f19d5e6f7081920000"
	delivery = "0067b0f2ffee00112233aabb"
)

func parse(t *testing.T, query, body string) core.Notice {
	t.Helper()
	params, err := url.ParseQuery(query)
	if err != nil {
		t.Fatal(err)
	}
	m, err := core.ReadMessage(params, []byte(body))
	if err != nil {
		t.Fatal(err)
	}
	notice, err := ortto.Adapter{}.Parse(m)
	if err != nil {
		t.Fatal(err)
	}
	return notice
}

func TestWhoAMessageIsAbout(t *testing.T) {
	tests := []struct{ name, query, body, id, email, ignored string }{
		{name: "the id of the delivery is nobody's", body: `{"id":"` + delivery + `","contact":{"contact_id":"` + ada + `"}}`, id: ada},
		{name: "the id of the delivery alone", body: `{"id":"` + delivery + `"}`, ignored: "message.no_person"},
		{name: "an id of that name in the contact", body: `{"contact":{"id":"` + ada + `","email":"a@example.com"}}`, email: "a@example.com"},
		{name: "flat", body: `{"contact_id":"` + ada + `","email":"a@example.com","id":"` + delivery + `"}`, id: ada, email: "a@example.com"},
		{name: "flat, called person_id", body: `{"person_id":"` + ada + `"}`, id: ada},
		{name: "the contact before what is beside it", body: `{"contact_id":"` + delivery + `","contact":{"contact_id":"` + ada + `"}}`, id: ada},
		{name: "the contact before the URL", query: "contact_id=" + delivery + "&email=b@example.com", body: `{"contact":{"contact_id":"` + ada + `","email":"a@example.com"}}`, id: ada, email: "a@example.com"},
		{name: "beside a contact without one", body: `{"contact_id":"` + ada + `","contact":{"email":"a@example.com"}}`, id: ada, email: "a@example.com"},
		{name: "only an e-mail", body: `{"contact":{"email":"a@example.com"}}`, email: "a@example.com"},
		{name: "a GET with a query only", query: "wpf_action=add&contact_id=" + ada + "&email=a%40example.com", id: ada, email: "a@example.com"},
		{name: "a form", body: "person_id=" + ada, id: ada},
		{name: "an id in capitals", body: `{"contact_id":"` + strings.ToUpper(ada) + `"}`, id: ada},
		{name: "an id that is a number of 24 digits", body: `{"contact_id":123456789012345678901234}`, id: "123456789012345678901234"},
		{name: "an id that is too short", body: `{"contact_id":"67b0f1"}`, ignored: "message.no_person"},
		{name: "an id with another letter", body: `{"contact_id":"g` + ada[1:] + `","email":"a@example.com"}`, email: "a@example.com"},
		{name: "an id of no one", body: `{"contact_id":"000000000000000000000000"}`, ignored: "message.no_person"},
		{name: "a merge field nobody filled in", query: "contact_id={{people.id}}", ignored: "message.empty"},
		{name: "merge fields nobody filled in", body: `{"contact_id":"{{people.id}}","email":"{{a@b}}"}`, ignored: "message.no_person"},
		{name: "an e-mail that is none", body: `{"contact":{"contact_id":"` + ada + `","email":"ada"}}`, id: ada},
		{name: "two e-mails", body: `{"contact":{"email":"a@example.com b@example.com"}}`, ignored: "message.no_person"},
		{name: "a contact that is a list", body: `{"contact":[{"contact_id":"` + ada + `"}]}`, ignored: "message.no_person"},
		{name: "a list", body: `[{"contact_id":"` + ada + `"}]`, ignored: "message.no_person"},
		{name: "nothing", ignored: "message.empty"},
		{name: "the Test button", body: `{"activity":{"field_id":"act::test_webhook"},"contact":{"contact_id":"` + ada + `"}}`, ignored: "message.test"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := parse(t, tt.query, tt.body)
			var ignored string
			if got.Ignored != nil {
				ignored = got.Ignored.Code
			}
			if got.Contact.ID != tt.id || got.Contact.Email != tt.email || ignored != tt.ignored {
				t.Errorf("got %q, %q, %q; want %q, %q, %q", got.Contact.ID, got.Contact.Email, ignored, tt.id, tt.email, tt.ignored)
			}
			if got.Contact.TagsKnown {
				t.Error("no message tells the whole set of tags")
			}
		})
	}
}

func TestTagsOfActivities(t *testing.T) {
	tests := []struct {
		name, activity string
		want           []core.TagEvent
		never          bool
	}{
		{"added", `{"field_id":"act::ta","attr":{"sst::t":["A","B & C"]}}`, []core.TagEvent{{Tag: "A"}, {Tag: "B & C"}}, false},
		{"removed", `{"field_id":"act::tr","attr":{"sst::t":["A"]}}`, []core.TagEvent{{Tag: "A", Removed: true}}, true},
		{"of another kind", `{"field_id":"act::o","attr":{"sst::t":["A"]}}`, nil, false},
		{"without names", `{"field_id":"act::ta","attr":{"sst::t":"A"}}`, nil, false},
		{"without details", `{"field_id":"act::ta"}`, nil, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := parse(t, "", `{"contact":{"contact_id":"`+ada+`"},"activity":`+tt.activity+`}`)
			if !slices.Equal(got.Events, tt.want) || got.NeverCreates != tt.never {
				t.Errorf("got %+v, never creates: %v", got.Events, got.NeverCreates)
			}
		})
	}
}

func TestFields(t *testing.T) {
	tests := []struct{ name, query, body, field, want string }{
		{"a name of the API's", "", `"first_name":"Ada"`, "str::first", "Ada"},
		{"a phone", "", `"phone_number":{"c":"44","n":"2079460000"}`, "phn::phone", "+44 2079460000"},
		{"a phone with a plus", "", `"phone_number":{"c":"+44","n":2079460000}`, "phn::phone", "+44 2079460000"},
		{"a phone without a country", "", `"phone_number":{"n":"2079460000"}`, "phn::phone", "2079460000"},
		{"a place", "", `"city":{"name":"London","id":0}`, "geo::city", "London"},
		{"a place without a name", "", `"city":{"name":"","id":0}`, "geo::city", ""},
		{"a date", "", `"birthday":{"year":1985,"month":2,"day":9}`, "dtz::b", "1985-02-09"},
		{"no date", "", `"birthday":{"year":0,"month":0,"day":0}`, "dtz::b", ""},
		{"a day that is not", "", `"birthday":{"year":1985,"month":2,"day":30}`, "dtz::b", ""},
		{"a day of the next year", "", `"birthday":{"year":1985,"month":1,"day":366}`, "dtz::b", ""},
		{"a month that is not", "", `"birthday":{"year":1985,"month":13,"day":1}`, "dtz::b", ""},
		{"an extra field by its id", "", `"str:cm:job-title":"Analyst"`, "str:cm:job-title", "Analyst"},
		{"an extra field by another name", "", `"Job title":"Analyst"`, "Job title", "Analyst"},
		{"yes", "", `"vip":true`, "vip", "yes"},
		{"no", "", `"vip":false`, "vip", "no"},
		{"a list", "", `"colours":["red",null,"blue"]`, "colours", "red, blue"},
		{"null", "", `"nickname":null`, "nickname", ""},
		{"the id is none", "", `"id":"x"`, "id", ""},
		{"both names", "", `"first_name":"Alias","str::first":"Ada"`, "str::first", "Ada"},
		{"a merge field left", "", `"last_name":"{{ people.last-name }}"`, "str::last", ""},
		{"in the URL", "last_name=Byron", `"first_name":"Ada"`, "str::last", "Byron"},
		{"in the URL by its id", "str:cm:plan=gold", ``, "str:cm:plan", "gold"},
		{"what else is in the URL", "role=customer&utm=1", ``, "utm", ""},
		{"the message before the URL", "str::first=Query", `"str::first":"Ada"`, "str::first", "Ada"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			body := strings.TrimSuffix(`{"contact":{"contact_id":"`+ada+`",`+tt.body, ",") + `},"campaign_name":"Welcome"}`
			for range 20 { // maps go round in any order
				fields := parse(t, tt.query, body).Contact.Fields
				if value, ok := fields[tt.field]; value != tt.want || ok != (tt.want != "") {
					t.Fatalf("%s is %q, %v; want %q", tt.field, value, ok, tt.want)
				}
				if _, ok := fields["campaign_name"]; ok {
					t.Fatal("the campaign is taken for a value of the person's")
				}
			}
		})
	}
	flat := parse(t, "wpf_action=add&access_key=KEY", `{"contact_id":"`+ada+`","first_name":"Ada","plan":"gold","campaign_name":"Welcome","run_id":"x"}`)
	if want := (core.Fields{"str::first": "Ada", "plan": "gold"}); !maps.Equal(flat.Contact.Fields, want) {
		t.Errorf("flat: got %d fields, want %s", len(flat.Contact.Fields), want)
	}
}
