package ortto

import (
	"strings"

	"usher/core"
)

const (
	idDigits = 24
	maxName  = 200 // of a field's name, in bytes

	testEvent  = "act::test_webhook" // of the Test button
	tagAdded   = "act::ta"
	tagRemoved = "act::tr"
)

// apiNames are the names of the API for what webhooks call otherwise, so that one field
// map fits both.
var apiNames = map[string]string{
	"email":        "str::email",
	"name":         "str::name",
	"first_name":   "str::first",
	"last_name":    "str::last",
	"external_id":  "str::ei",
	"postal":       "str::postal",
	"language":     "str::language",
	"phone_number": "phn::phone",
	"city":         "geo::city",
	"region":       "geo::region",
	"country":      "geo::country",
	"birthday":     "dtz::b",
}

// envelope are the top-level names that say nothing about the person.
var envelope = map[string]bool{
	"id": true, "contact_id": true, "person_id": true, "time": true, "webhook_id": true, "campaign_id": true, "campaign_name": true,
	"action_id": true, "action_name": true, "run_id": true, "activity": true, "contact": true,
	"wpf_action": true, "access_key": true, "role": true, "send_notification": true, "async": true,
}

// Parse implements core.Adapter. It has no errors: what is about no person is ignored.
//
// The person is contact.contact_id, else a contact_id or person_id beside it or in the
// URL, else the e-mail. The top-level id is never used: it is the delivery's.
func (Adapter) Parse(m core.Message) (core.Notice, error) {
	body, _ := m.JSON.(map[string]any)
	activity, _ := body["activity"].(map[string]any)
	notice := core.Notice{Event: core.Text(activity["field_id"])}
	if notice.Event == testEvent {
		return ignored("message.test"), nil
	}
	notice.Contact = contactIn(m, body)
	if notice.Contact.Key() == "" {
		if m.Empty {
			return ignored("message.empty"), nil
		}
		return ignored("message.no_person"), nil
	}
	notice.Events = tagEvents(notice.Event, activity)
	notice.NeverCreates = notice.Event == tagRemoved
	return notice, nil
}

func ignored(code string) core.Notice {
	note := core.NewNote(code, "")
	return core.Notice{Ignored: &note}
}

func contactIn(m core.Message, body map[string]any) core.Contact {
	person, nested := body["contact"].(map[string]any)
	if !nested {
		person = body
	}
	return core.Contact{
		ID:     firstOf(personID(text(person["contact_id"])), personID(m.Param("contact_id")), personID(m.Param("person_id"))),
		Email:  firstOf(address(text(person["email"])), address(m.Param("email"))),
		Fields: fieldsIn(m, person),
	}
}

func firstOf(texts ...string) string {
	for _, text := range texts {
		if text != "" {
			return text
		}
	}
	return ""
}

// personID returns id if Ortto can have given it. Anything else, such as a merge field
// nobody filled in, must not bind several people together.
func personID(id string) string {
	if len(id) != idDigits || strings.Trim(id, "0123456789abcdefABCDEF") != "" || strings.Trim(id, "0") == "" {
		return ""
	}
	return strings.ToLower(id)
}

// address returns email if it alone can say who a person is.
func address(email string) string {
	if !core.UsableEmail(email) || strings.ContainsAny(email, "{}") {
		return ""
	}
	return email
}

// fieldsIn reads the person's values, and those in the URL or form that have a name of Ortto's.
func fieldsIn(m core.Message, person map[string]any) core.Fields {
	out := core.Fields{}
	for name := range m.Params {
		if _, known := apiNames[name]; known || isFieldID(name) {
			put(out, name, m.Param(name))
		}
	}
	for name, value := range person {
		if !envelope[name] {
			put(out, name, text(value))
		}
	}
	if len(out) == 0 {
		return nil
	}
	return out
}

// put never lets an alias hide the value under the API's own name.
func put(out core.Fields, name, value string) {
	if value == "" || name == "" || len(name) > maxName || name != core.Text(name) {
		return
	}
	api, alias := apiNames[name]
	if !alias {
		out[name] = value
		return
	}
	if out[api] == "" {
		out[api] = value
	}
}

// isFieldID reports whether name is built as Ortto builds them: type:namespace:name.
func isFieldID(name string) bool {
	return strings.Count(name, ":") == 2 && !strings.HasPrefix(name, ":") && !strings.HasSuffix(name, ":")
}

// text reads a value; a merge field nobody filled in counts as none.
func text(value any) string {
	v := plainText(value, "")
	if strings.Contains(v, "{{") && strings.Contains(v, "}}") {
		return ""
	}
	return v
}

// tagEvents reads which tags an activity was about. Its name for them is documented by
// the account's schema only.
func tagEvents(event string, activity map[string]any) []core.TagEvent {
	if event != tagAdded && event != tagRemoved {
		return nil
	}
	attributes, _ := activity["attr"].(map[string]any)
	var events []core.TagEvent
	for _, name := range list(attributes["sst::t"]) {
		events = append(events, core.TagEvent{Tag: name, Removed: event == tagRemoved})
	}
	return events
}
