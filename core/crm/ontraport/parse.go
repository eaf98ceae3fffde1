package ontraport

import (
	"cmp"
	"slices"
	"strings"

	"usher/core"
)

const (
	maxID    = 19  // digits of the largest 63-bit number
	contacts = "0" // the type of the objects that are people
)

// Parse implements core.Adapter.
//
// What comes in data to send, or in the URL, are fields under the names the owner gave
// them. Of a webhook made by the API only fields that are plain text are taken: choices
// come as numbers there, whose meaning only the API tells.
//
// A message about nobody is delivery.merge_field when Ontraport did not fill the merge
// field in, and else delivery.no_contact_id: both mean that the URL is not right.
func (Adapter) Parse(m core.Message) (core.Notice, error) {
	if kind := m.Param("object_type_id"); kind != "" && kind != contacts {
		note := core.NewNote("message.no_person", "")
		return core.Notice{Ignored: &note}, nil
	}
	notice := core.Notice{Contact: sent(m)}
	if data := members(m, "data"); len(data) > 0 {
		notice = registered(m, data)
	}
	if c := notice.Contact; c.ID == "" && !core.UsableEmail(c.Email) {
		return core.Notice{}, nobody(m)
	}
	return notice, nil
}

// nobody says why a message is about no one.
func nobody(m core.Message) error {
	for _, name := range []string{"contact_id", "id", "email"} {
		if mergeField(m.Param(name)) {
			return core.NewProblem("delivery.merge_field", nil)
		}
	}
	return core.NewProblem("delivery.no_contact_id", nil)
}

// mergeField reports whether text is the name of a merge field, not filled in.
func mergeField(text string) bool {
	inner, opened := strings.CutPrefix(text, "[")
	inner, closed := strings.CutSuffix(inner, "]")
	return opened && closed && inner != "" && !strings.ContainsAny(inner, "[]")
}

// contactID returns id if Ontraport can have given it: a whole number above zero. Anything
// else, such as a merge field nobody filled in, must not bind several people together.
func contactID(id string) string {
	if len(id) > maxID || strings.Trim(id, "0123456789") != "" || strings.HasPrefix(id, "0") {
		return ""
	}
	return id
}

// notFields are the names in a URL or form that say something else about the message.
var notFields = []string{
	"wpf_action", "access_key", "contact_id", "role", "send_notification", "async",
	"webhook_id", "object_type_id", "timestamp", "event", "data", tagField,
}

// sent is the contact as told by the URL and by what the owner sends along.
func sent(m core.Message) core.Contact {
	c := core.Contact{ID: contactID(cmp.Or(m.Param("contact_id"), m.Param("id")))}
	fields := core.Fields{}
	body, _ := m.JSON.(map[string]any)
	for name := range body {
		keep(fields, name, m.Param(name))
	}
	for name := range m.Params {
		keep(fields, name, m.Param(name))
	}
	if email := fields["email"]; email != "" {
		if m.JSON == nil {
			fields["email"] = withPlus(email)
		}
		c.Email = fields["email"]
	}
	if len(fields) > 0 {
		c.Fields = fields
	}
	return c
}

func keep(fields core.Fields, name, value string) {
	if value == "" || mergeField(value) || name == "" || name != core.Text(name) ||
		strings.Contains(name, "[") || slices.Contains(notFields, name) {
		return
	}
	fields[name] = value
}

// withPlus puts back the plus signs of an address that was put into a form unencoded,
// where they mean spaces. No address has a space before its @.
func withPlus(email string) string {
	local, domain, ok := strings.Cut(email, "@")
	if !ok || strings.ContainsAny(domain, " @") {
		return email
	}
	return strings.ReplaceAll(local, " ", "+") + "@" + domain
}

// plainFields are those whose value in the API is the text that people see.
var plainFields = []string{
	"id", "email", "firstname", "lastname", "company", "title", "website", "address", "address2",
	"city", "state", "zip", "country", "home_phone", "office_phone", "sms_number",
}

// registered reads the message of a webhook made by the API.
func registered(m core.Message, data map[string]string) core.Notice {
	c := core.Contact{ID: contactID(data["id"]), Email: data["email"]}
	if data["id"] == "" {
		c.ID = contactID(m.Param("contact_id"))
	}
	for _, name := range plainFields {
		if value := data[name]; value != "" {
			if c.Fields == nil {
				c.Fields = core.Fields{}
			}
			c.Fields[name] = value
		}
	}
	if set, told := data[tagField]; told {
		c.Tags, c.TagsKnown = listed(set)
	}
	name, tag := event(m)
	notice := core.Notice{Contact: c, Event: name}
	if tag == "" || name != "sub_tag" && name != "unsub_tag" {
		return notice
	}
	notice.NeverCreates = name == "unsub_tag"
	notice.Events = []core.TagEvent{{Tag: tag, Removed: notice.NeverCreates}}
	if c.TagsKnown { // it is not documented whether the list is that before or after
		notice.Contact.Tags = apply(c.Tags, notice.Events[0])
	}
	return notice
}

// event returns what a webhook made by the API tells of, and the number of its tag.
func event(m core.Message) (name, tag string) {
	about := members(m, "event")
	name, target, _ := strings.Cut(cmp.Or(about["type"], m.Param("event")), "(") // subscribed to as "sub_tag(12)"
	return strings.TrimSpace(name), contactID(cmp.Or(about["tag_id"], strings.TrimSuffix(target, ")")))
}

func apply(tags []string, e core.TagEvent) []string {
	tags = slices.DeleteFunc(tags, func(tag string) bool { return tag == e.Tag })
	if !e.Removed {
		tags = append(tags, e.Tag)
	}
	return tags
}

// members are the texts within name: of the object in JSON, or of NAME[MEMBER] in a form.
func members(m core.Message, name string) map[string]string {
	all := map[string]string{}
	body, _ := m.JSON.(map[string]any)
	object, _ := body[name].(map[string]any)
	for member, value := range object {
		all[member] = core.Text(value)
	}
	for param := range m.Params {
		if inner, ok := strings.CutPrefix(param, name+"["); ok && strings.HasSuffix(inner, "]") {
			all[strings.TrimSuffix(inner, "]")] = core.Text(m.Params.Get(param))
		}
	}
	return all
}
