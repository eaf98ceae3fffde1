package pulse_test

import (
	"net/url"
	"strings"
	"testing"

	"usher/core"
	"usher/core/crm/pulse"
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
	notice, err := pulse.Adapter{}.Parse(m)
	if err != nil {
		t.Fatal(err)
	}
	return notice
}

func TestWhoAMessageIsAbout(t *testing.T) {
	const email = "a@example.com"
	tests := []struct{ name, query, body, id, email, ignored string }{
		{name: "contact_id in the URL", query: "contact_id=7", id: "7"},
		{name: "id in the URL", query: "id=7", id: "7"},
		{name: "contact_id before id", query: "id=8&contact_id=7", id: "7"},
		{name: "a contact_id nobody filled in, then id", query: "contact_id=[Contact ID]&id=7", id: "7"},
		{name: "an id in the URL nobody filled in", query: "id={{id}}", body: `{"id":7}`, id: "7"},
		{name: "contact_id in a form", body: "contact_id=7", id: "7"},
		{name: "id in a form", body: "id=7&email=a@example.com", id: "7", email: email},
		{name: "id in JSON", body: `{"id":"7","email":"a@example.com"}`, id: "7", email: email},
		{name: "contact_id in JSON", body: `{"contact_id":7}`, id: "7"},
		{name: "the URL before JSON about the same", query: "contact_id=7", body: `{"id":7,"email":"a@example.com"}`, id: "7", email: email},
		{name: "the URL before JSON about another", query: "contact_id=7", body: `{"id":8,"email":"a@example.com"}`, id: "7"},
		{name: "the URL before a form about another", query: "contact_id=7", body: `id=8&email=a@example.com`, id: "7"},
		{name: "the URL beside JSON without an id", query: "contact_id=7", body: `{"email":"a@example.com"}`, id: "7", email: email},
		{name: "an e-mail in the URL beside JSON", query: "email=a%40example.com", body: `{"id":7}`, id: "7", email: email},
		{name: "an e-mail in the URL alone", query: "email=a%40example.com", email: email},
		{name: "inside contact", body: `{"contact":{"id":7,"email":"a@example.com"}}`, id: "7", email: email},
		{name: "inside data", body: `{"data":{"id":7}}`, id: "7"},
		{name: "contact before data", body: `{"contact":{"id":7},"data":{"id":8}}`, id: "7"},
		{name: "inside contact, beside the message's own id", body: `{"id":9,"contact":{"id":7}}`, id: "7"},
		{name: "contact is a name", body: `{"id":7,"contact":"Ann"}`, id: "7"},
		{name: "a contact with data of its own", body: `{"id":7,"email":"a@example.com","data":{"id":8}}`, id: "7", email: email},
		{name: "inside contact of a form", body: "contact[id]=7&contact[email]=a@example.com", id: "7", email: email},
		{name: "no number", body: `{"id":"7a"}`, ignored: "message.no_person"},
		{name: "no whole number", body: `{"id":7.5}`, ignored: "message.no_person"},
		{name: "nobody's number", body: `{"id":0}`, ignored: "message.no_person"},
		{name: "below zero", body: `{"id":-7}`, ignored: "message.no_person"},
		{name: "a number that is too long", body: `{"id":123456789012345678901}`, ignored: "message.no_person"},
		{name: "a list", body: `[{"id":7}]`, ignored: "message.no_person"},
		{name: "an e-mail that is none", body: `{"email":"ann"}`, ignored: "message.no_person"},
		{name: "two e-mails", body: `{"email":"a@example.com b@example.com"}`, ignored: "message.no_person"},
		{name: "a long e-mail", body: `{"email":"` + strings.Repeat("a", 250) + `@example.com"}`, ignored: "message.no_person"},
		{name: "nothing", ignored: "message.empty"},
		{name: "nothing but what Usher itself asks", query: "wpf_action=add&role=customer&send_notification=true", ignored: "message.empty"},
		{name: "a test", body: `{"test":true}`, ignored: "message.test"},
		{name: "a test in a form", body: `test=1`, ignored: "message.test"},
		{name: "a ping", body: `{"event":"ping"}`, ignored: "message.test"},
		{name: "a test about somebody", body: `{"test":true,"id":7}`, id: "7"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := parse(t, tt.query, tt.body)
			var ignored string
			if got.Ignored != nil {
				ignored = got.Ignored.Code
			}
			if got.Contact.ID != tt.id || got.Contact.Email != tt.email || ignored != tt.ignored {
				t.Errorf("got %q, %q, %q; want %q, %q, %q",
					got.Contact.ID, got.Contact.Email, ignored, tt.id, tt.email, tt.ignored)
			}
		})
	}
}

func TestSomebodyElsesFieldsAreNotTaken(t *testing.T) {
	if got := parse(t, "contact_id=7", `{"id":8,"first_name":"Eve"}`); len(got.Contact.Fields) > 0 {
		t.Errorf("got %v", got.Contact.Fields)
	}
}

func TestFields(t *testing.T) {
	tests := []struct{ name, body, field, want string }{
		{"a text", `{"id":1,"city":" London "}`, "city", "London"},
		{"a number", `{"id":1,"n":4.50}`, "n", "4.50"},
		{"nothing", `{"id":1,"city":null}`, "city", ""},
		{"an empty text", `{"id":1,"city":""}`, "city", ""},
		{"yes", `{"id":1,"ok":true}`, "ok", "yes"},
		{"no", `{"id":1,"ok":false}`, "ok", "no"},
		{"a list", `{"id":1,"l":["a",2,null,"b"]}`, "l", "a, 2, b"},
		{"a list of objects", `{"id":1,"l":[{"id":2}]}`, "l", ""},
		{"a moment", `{"id":1,"at":"2025-03-01 09:30:59"}`, "at", "2025-03-01 09:30"},
		{"a moment as JavaScript writes it", `{"id":1,"at":"2025-03-01T09:30:00.000000Z"}`, "at", "2025-03-01 09:30"},
		{"a day that is a moment", `{"id":1,"at":"2025-03-01T00:00:00Z"}`, "at", "2025-03-01"},
		{"a full hour", `{"id":1,"at":"2025-03-01 09:00:00"}`, "at", "2025-03-01 09:00"},
		{"a day", `{"id":1,"at":"2025-03-01"}`, "at", "2025-03-01"},
		{"no day", `{"id":1,"at":"2025-13-01 09:30:00"}`, "at", "2025-13-01 09:30:00"},
		{"a key with a dot", `{"id":1,"address_home.city":"London"}`, "address_home.city", "London"},
		{"an object", `{"id":1,"address_home":{"city":"London"}}`, "address_home.city", "London"},
		{"both: the key with a dot", `{"id":1,"address_home.city":"London","address_home":{"city":"Paris"}}`, "address_home.city", "London"},
		{"both, the one empty", `{"id":1,"address_home.city":"","address_home":{"city":"Paris"}}`, "address_home.city", "Paris"},
		{"an object in a form", `id=1&address_home[city]=London`, "address_home.city", "London"},
		{"an object in a form, deep", `id=1&a[b][c]=x`, "a.b.c", "x"},
		{"an object in a form, too deep", `id=1&a[1][2][3][4][5][6][7][8][9]=x`, "a[1][2][3][4][5][6][7][8][9]", "x"},
		{"a list in a form", `id=1&l[]=a&l[]=b`, "l", "a, b"},
		{"a list in a form where a value is", `id=1&l=a&l[]=b`, "l", "a"},
		{"brackets that do not close", `id=1&a[b=x`, "a[b", "x"},
		{"a value where an object is", `id=1&a=x&a[b]=y`, "a", "x"},
		{"a country by name", `{"id":1,"address_home.country":"GB","address_home.country_name":"United Kingdom"}`, "address_home.country_name", "United Kingdom"},
		{"a country without a name", `{"id":1,"address_home":{"country":"GB"}}`, "address_home.country_name", "GB"},
		{"a country of something else", `{"id":1,"origin.country":"GB"}`, "origin.country_name", ""},
		{"what Usher itself asks", `id=1&role=editor`, "role", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := parse(t, "", tt.body)
			value, ok := got.Contact.Fields[tt.field]
			if value != tt.want || ok != (tt.want != "") {
				t.Errorf("%s is %q, %v; want %q", tt.field, value, ok, tt.want)
			}
		})
	}
}

func TestEventsThatTakeAwayMakeNoUser(t *testing.T) {
	for event, want := range map[string]bool{
		"contact.updated": false, "contact.created": false, "tag_applied": false, "": false,
		"contact.deleted": true, "ContactDeleted": true, "tag_removed": true, "untagged": true, "Unsubscribed": true,
	} {
		got := parse(t, "", `{"event":"`+event+`","contact":{"id":7}}`)
		if got.NeverCreates != want || got.Event != event || len(got.Events) > 0 || got.Contact.TagsKnown {
			t.Errorf("%q: %+v", event, got)
		}
	}
}
