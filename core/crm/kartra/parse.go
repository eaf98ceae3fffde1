package kartra

import (
	"maps"
	"slices"
	"strings"

	"usher/core"
)

const maxID = 20 // digits of the largest 64-bit number

// Parse implements core.Adapter. It has no errors: what is about no person is ignored.
//
// Every value of the lead is a field under Kartra's own name, and every custom field
// one under its identifier, or under "custom:" and the identifier where leads have a
// value of that name. What the event was about is under "action:" and Kartra's name for
// it. Empty values and Kartra's "N/A" are left out.
func (Adapter) Parse(m core.Message) (core.Notice, error) {
	body, _ := m.JSON.(map[string]any)
	notice := core.Notice{Event: core.Text(body["action"])}
	if lead, ok := body["lead"].(map[string]any); ok {
		notice.Contact = contact(lead)
	} else {
		notice.Contact = core.Contact{ID: leadID(m.Param("contact_id")), Email: text(m.Param("email"))}
	}
	if c := notice.Contact; c.ID == "" && !core.UsableEmail(c.Email) {
		return ignored(m.Empty), nil
	}
	notice.Contact.Fields = withAction(notice.Contact.Fields, body["action_details"])
	notice.Events = tagEvents(notice.Event, body["action_details"])
	notice.NeverCreates = notice.Contact.Deleted || takesAway(notice.Event)
	return notice, nil
}

func ignored(empty bool) core.Notice {
	code := "message.no_person"
	if empty {
		code = "message.empty"
	}
	note := core.NewNote(code, "")
	return core.Notice{Ignored: &note}
}

// takesAway reports whether an event ends something. Every other event, also one that
// is not documented, is a reason to make a user if the webhook's URL asks for it.
func takesAway(event string) bool {
	switch event {
	case "unassign_tag", "list_unsubscription", "cancel_subscription",
		"membership_revoked", "sequence_unsubscription", "calendar_cancel":
		return true
	}
	return strings.Contains(event, "refund") // documented without its name
}

func contact(lead map[string]any) core.Contact {
	return core.Contact{
		ID:      leadID(text(lead["id"])),
		Email:   text(lead["email"]),
		Fields:  fields(lead),
		Deleted: lead["lead_deleted"] == true || core.Text(lead["lead_deleted"]) == "1",
	}
}

// leadID returns id if Kartra can have given it: a whole number above zero. Anything
// else, such as a merge field nobody filled in, must not bind several people together.
func leadID(id string) string {
	if len(id) > maxID || strings.Trim(id, "0123456789") != "" || strings.Trim(id, "0") == "" {
		return ""
	}
	return id
}

func fields(lead map[string]any) core.Fields {
	out := core.Fields{}
	for name, value := range lead {
		if value := text(value); value != "" && name != "" && name == core.Text(name) {
			out[name] = value
		}
	}
	for _, field := range objects(lead["custom_fields"]) {
		name, value := customKey(text(field["field_identifier"]), lead), choice(field["field_value"])
		if _, twice := out[name]; !twice && name != "" && value != "" {
			out[name] = value
		}
	}
	return out
}

// customKey is the key of a custom field, "" where it has no identifier.
func customKey(identifier string, lead map[string]any) string {
	_, taken := lead[identifier]
	if identifier != "" && (taken || leadHas(identifier)) {
		return "custom:" + identifier
	}
	return identifier
}

// objects are the objects in a list; whatever else is there is left out.
func objects(value any) []map[string]any {
	list, _ := value.([]any)
	var all []map[string]any
	for _, item := range list {
		if object, ok := item.(map[string]any); ok {
			all = append(all, object)
		}
	}
	return all
}

// withAction adds the values of action_details, whose shape depends on the event, by
// their names alone. Lists, such as the answers of a survey, have no name for each value
// and are left out.
func withAction(to core.Fields, details any) core.Fields {
	object, _ := details.(map[string]any)
	for _, name := range slices.Sorted(maps.Keys(object)) {
		key, value := actionPrefix+name, text(object[name])
		if _, twice := to[key]; twice || value == "" || name == "" || name != core.Text(name) {
			continue
		}
		if to == nil {
			to = core.Fields{}
		}
		to[key] = value
	}
	for _, name := range slices.Sorted(maps.Keys(object)) {
		to = withAction(to, object[name])
	}
	return to
}

// choice reads the three shapes of a custom field's value: text, or the list of what
// was chosen in a drop-down list (one) or with check boxes (any number).
func choice(value any) string {
	if _, ok := value.([]any); !ok {
		return text(value)
	}
	var chosen []string
	for _, option := range objects(value) {
		if v := text(option["option_value"]); v != "" {
			chosen = append(chosen, v)
		}
	}
	return strings.Join(chosen, ", ")
}

// text reads a value; "N/A" is how Kartra's payment notices write an empty one.
func text(value any) string {
	if v := core.Text(value); v != "N/A" {
		return v
	}
	return ""
}

func tagEvents(event string, details any) []core.TagEvent {
	if event != "assign_tag" && event != "unassign_tag" {
		return nil
	}
	object, _ := details.(map[string]any)
	tag, _ := object["tag"].(map[string]any)
	name := core.Text(tag["tag_name"])
	if name == "" {
		return nil
	}
	return []core.TagEvent{{Tag: name, Removed: event == "unassign_tag"}}
}
