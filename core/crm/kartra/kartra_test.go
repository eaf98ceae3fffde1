package kartra_test

import (
	"maps"
	"net/url"
	"strings"
	"testing"

	"usher/core"
	"usher/core/crm/crmtest"
	"usher/core/crm/kartra"
)

func TestAdapter(t *testing.T) { crmtest.Run(t, kartra.Adapter{}) }

func FuzzParse(f *testing.F) { crmtest.Fuzz(f, kartra.Adapter{}) }

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
	notice, err := kartra.Adapter{}.Parse(m)
	if err != nil {
		t.Fatal(err)
	}
	return notice
}

// Every event Kartra documents, whether it takes something away, and what it says
// about tags. "refund" is documented without its name.
var documented = map[string]struct {
	takesAway bool
	tags      []core.TagEvent
}{
	"assign_tag":                 {tags: []core.TagEvent{{Tag: "Import to WordPress"}}},
	"unassign_tag":               {takesAway: true, tags: []core.TagEvent{{Tag: "Import to WordPress", Removed: true}}},
	"list_subscription":          {},
	"list_unsubscription":        {takesAway: true},
	"filled_form":                {},
	"buy_product":                {},
	"cancel_subscription":        {takesAway: true},
	"membership_granted":         {},
	"membership_revoked":         {takesAway: true},
	"sequence_subscription":      {},
	"sequence_unsubscription":    {takesAway: true},
	"sequence_completion":        {},
	"survey_complete":            {},
	"video_play":                 {},
	"video_complete":             {},
	"kartra_page_visit":          {},
	"click_page_split_test_link": {},
	"reaches_score":              {},
	"calendar_subscribe":         {},
	"calendar_cancel":            {takesAway: true},
	"calendar_complete":          {},
	"affiliate_signup":           {},
	"jv_signup":                  {},
	"refund":                     {takesAway: true},
}

func TestEveryDocumentedEvent(t *testing.T) {
	samples := map[string]core.Sample{}
	for _, sample := range (kartra.Adapter{}).Describe().Samples {
		samples[sample.Name] = sample
	}
	for event, want := range documented {
		t.Run(event, func(t *testing.T) {
			sample, ok := samples[event]
			if !ok {
				t.Fatal("there is no sample of it")
			}
			got := parse(t, "", string(sample.Body))
			if got.Ignored != nil || got.Event != event || got.Contact.Email == "" || got.Contact.ID == "" {
				t.Errorf("it is not read as an event about a lead: %+v", got)
			}
			if got.NeverCreates != want.takesAway {
				t.Errorf("NeverCreates is %v", got.NeverCreates)
			}
			if len(got.Events) != len(want.tags) || len(want.tags) == 1 && got.Events[0] != want.tags[0] {
				t.Errorf("tag events %+v, want %+v", got.Events, want.tags)
			}
			if got.Contact.TagsKnown {
				t.Error("one event tells the whole set of tags")
			}
		})
	}
}

func TestEventsThatAreNotDocumented(t *testing.T) {
	tests := []struct {
		event     string
		takesAway bool
	}{
		{"lead_updated", false},
		{"", false},
		{"transaction_refunded", true},
		{"product_refund", true},
	}
	for _, tt := range tests {
		t.Run(tt.event, func(t *testing.T) {
			got := parse(t, "", `{"lead":{"id":"1"},"action":"`+tt.event+`","action_details":{"tag":{"tag_name":"A"}}}`)
			if got.Ignored != nil || got.Contact.ID != "1" || len(got.Events) != 0 || got.NeverCreates != tt.takesAway {
				t.Errorf("got %+v", got)
			}
		})
	}
}

func TestWhoAMessageIsAbout(t *testing.T) {
	tests := []struct{ name, query, body, id, email, ignored string }{
		{name: "id and e-mail", body: `{"lead":{"id":"7","email":"a@example.com"}}`, id: "7", email: "a@example.com"},
		{name: "an id that is a number", body: `{"lead":{"id":7}}`, id: "7"},
		{name: "an id of no one", body: `{"lead":{"id":"0","email":"a@example.com"}}`, email: "a@example.com"},
		{name: "an id that is no number", body: `{"lead":{"id":"7a","email":"a@example.com"}}`, email: "a@example.com"},
		{name: "an id that is too long", body: `{"lead":{"id":123456789012345678901}}`, ignored: "message.no_person"},
		{name: "an e-mail that is none, with an id", body: `{"lead":{"id":"7","email":"ann"}}`, id: "7", email: "ann"},
		{name: "an e-mail that is none, without an id", body: `{"lead":{"email":"ann"}}`, ignored: "message.no_person"},
		{name: "two e-mails without an id", body: `{"lead":{"email":"a@example.com b@example.com"}}`, ignored: "message.no_person"},
		{name: "an e-mail that is too long, without an id", body: `{"lead":{"email":"` + strings.Repeat("a", 250) + `@example.com"}}`, ignored: "message.no_person"},
		{name: "N/A twice", body: `{"lead":{"id":"N/A","email":"N/A"}}`, ignored: "message.no_person"},
		{name: "a lead that is a list", body: `{"lead":[]}`, ignored: "message.no_person"},
		{name: "a lead that is null", body: `{"lead":null}`, ignored: "message.no_person"},
		{name: "a list of leads", body: `[{"lead":{"id":"7"}}]`, ignored: "message.no_person"},
		{name: "a payment notice, which is a form", body: "transaction_id=1&lead_email=a%40example.com", ignored: "message.no_person"},
		{name: "nothing", ignored: "message.empty"},
		{name: "only a role", query: "role=customer", ignored: "message.empty"},
		{name: "only a contact_id in the URL", query: "contact_id=7", id: "7"},
		{name: "only an e-mail in the URL", query: "email=a%40example.com", email: "a@example.com"},
		{name: "a merge field nobody filled in", query: "contact_id=%5BContact+ID%5D", ignored: "message.empty"},
		{name: "a contact_id in the URL beside an event without a lead", query: "contact_id=7", body: `{"action":"video_play"}`, id: "7"},
		{name: "a contact_id in the URL beside a lead", query: "contact_id=7", body: `{"lead":{"id":"8"}}`, id: "8"},
		{name: "a contact_id in the URL beside a lead without one", query: "contact_id=7", body: `{"lead":{}}`, ignored: "message.no_person"},
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

func TestFields(t *testing.T) {
	tests := []struct{ name, lead, field, want string }{
		{"a text", `"city":" London "`, "city", "London"},
		{"a number", `"gdpr_lead_status":2`, "gdpr_lead_status", "2"},
		{"an empty text", `"city":""`, "city", ""},
		{"N/A", `"city":"N/A"`, "city", ""},
		{"na as a name", `"last_name":"Na"`, "last_name", "Na"},
		{"check boxes", custom("color", `[{"option_id":"1","option_value":"red"},{"option_id":"2","option_value":"blue"}]`), "color", "red, blue"},
		{"a check box left empty", custom("color", `[]`), "color", ""},
		{"a drop-down list", custom("gender", `[{"option_id":"1","option_value":"male"}]`), "gender", "male"},
		{"an option that is a number", custom("size", `[{"option_id":"1","option_value":42}]`), "size", "42"},
		{"an input field", custom("favorite_dish", `"beef lasagna"`), "favorite_dish", "beef lasagna"},
		{"an input field that is a number", custom("age", `36`), "age", "36"},
		{"a custom field named like a lead value", `"city":"London",` + custom("city", `"Ockham"`), "city", "London"},
		{"the same, under its other name", `"city":"London",` + custom("city", `"Ockham"`), "custom:city", "Ockham"},
		{"the same, when the lead value is empty", `"city":"",` + custom("city", `"Ockham"`), "city", ""},
		{"two custom fields of one name: the first counts", `"custom_fields":[{"field_identifier":"a","field_value":"1"},{"field_identifier":"a","field_value":"2"}]`, "a", "1"},
		{"a custom field named like a list of the API's", custom("tags", `"many"`), "custom:tags", "many"},
		{"a custom field named like what only the API tells", custom("username", `"ada"`), "custom:username", "ada"},
		{"a custom field named like a lead value nobody knows yet", `"mood":"good",` + custom("mood", `"better"`), "custom:mood", "better"},
		{"a custom field without a name", custom("", `"x"`), "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := parse(t, "", `{"lead":{"id":"1",`+tt.lead+`}}`)
			value, ok := got.Contact.Fields[tt.field]
			if value != tt.want || ok != (tt.want != "") {
				t.Errorf("%s is %q, %v; want %q", tt.field, value, ok, tt.want)
			}
		})
	}
}

func custom(identifier, value string) string {
	return `"custom_fields":[{"field_id":"1","field_identifier":"` + identifier + `","field_type":"x","field_value":` + value + `}]`
}

func TestActionDetailsAreFields(t *testing.T) {
	tests := []struct {
		name, details string
		want          map[string]string
	}{
		{"nothing", `{}`, nil},
		{"a value of its own", `{"points":100}`, map[string]string{"action:points": "100"}},
		{"within its subject", `{"list":{"list_id":1,"list_name":" News "}}`, map[string]string{"action:list_id": "1", "action:list_name": "News"}},
		{"deeper still", `{"a":{"b":{"amount":"49.00"}}}`, map[string]string{"action:amount": "49.00"}},
		{"empty ones", `{"list":{"list_name":"","list_id":"N/A","x":null,"y":true}}`, nil},
		{"two of one name: the outer counts", `{"a":{"name":"inner"},"name":"outer"}`, map[string]string{"action:name": "outer"}},
		{"two of one name beside each other: the first counts", `{"b":{"name":"2"},"a":{"name":"1"}}`, map[string]string{"action:name": "1"}},
		{"lists", `{"survey":{"survey_score":"80","questions":[{"question_id":"1"}]}}`, map[string]string{"action:survey_score": "80"}},
		{"names nobody can type", `{"":"x"," ":"x","a\u0000":"x"}`, nil},
		{"a text", `"x"`, nil},
		{"a list", `[{"points":100}]`, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for where, body := range map[string]string{
				"with a lead":    `{"lead":{"id":"1"},"action":"x","action_details":` + tt.details + `}`,
				"without a lead": `{"action":"x","action_details":` + tt.details + `}`,
			} {
				got := parse(t, "contact_id=1", body).Contact.Fields
				maps.DeleteFunc(got, func(key, _ string) bool { return key == "id" })
				if !maps.Equal(got, tt.want) {
					t.Errorf("%s: got %q, want %q", where, map[string]string(got), tt.want)
				}
			}
		})
	}
}

func TestADeletedLead(t *testing.T) {
	for value, want := range map[string]bool{
		`"1"`: true, `1`: true, `true`: true, `"0"`: false, `0`: false, `false`: false, `""`: false, `null`: false, `[]`: false,
	} {
		t.Run(value, func(t *testing.T) {
			got := parse(t, "", `{"lead":{"id":"1","lead_deleted":`+value+`},"action":"assign_tag"}`)
			if got.Contact.Deleted != want || got.NeverCreates != want {
				t.Errorf("Deleted is %v, NeverCreates %v", got.Contact.Deleted, got.NeverCreates)
			}
		})
	}
}
