package pulse

import (
	"maps"
	"net/url"
	"slices"
	"strings"

	"usher/core"
)

const maxNested = 8 // brackets in the name of a form's value

// Parse implements core.Adapter. It has no errors: what is about no person is ignored.
//
// The id is the parameter contact_id, then id, then that of the contact in the body: the
// body itself, or its "contact" or "data". Every other value of the contact is a field.
// No message tells the contact's tags.
func (Adapter) Parse(m core.Message) (core.Notice, error) {
	body, ok := m.JSON.(map[string]any)
	if !ok {
		body = form(m.Params)
	}
	entity, event := person(body)
	about := contact(entity)
	if about.Email == "" {
		about.Email = core.Text(m.Params.Get("email"))
	}
	if id := asked(m.Params); id != "" {
		about = named(id, about)
	}
	if about.ID == "" && !core.UsableEmail(about.Email) {
		return core.Notice{Ignored: reason(m, body)}, nil
	}
	return core.Notice{Contact: about, Event: event, NeverCreates: takesAway(event)}, nil
}

// asked is the contact the URL or the form names.
func asked(params url.Values) string {
	for _, name := range []string{"contact_id", "id"} {
		if id := number(core.Text(params.Get(name))); id != "" {
			return id
		}
	}
	return ""
}

// named is the contact the URL names. What the body tells counts only as far as it is not
// about somebody else.
func named(id string, told core.Contact) core.Contact {
	if told.ID != "" && told.ID != id {
		return core.Contact{ID: id}
	}
	told.ID = id
	return told
}

// person finds the contact in a body, and the name of the event that is told around it.
// A body with an e-mail address is the contact; an id alone might be that of the message.
func person(body map[string]any) (entity map[string]any, event string) {
	if core.Text(body["email"]) != "" {
		return body, ""
	}
	for _, envelope := range []string{"contact", "data"} {
		inner, _ := body[envelope].(map[string]any)
		if c := contact(inner); c.ID != "" || c.Email != "" {
			return inner, core.Text(body["event"])
		}
	}
	return body, ""
}

// takesAway reports whether an event ends something. Pulse's names of events are not
// known, so it goes by what they are likely to contain.
func takesAway(event string) bool {
	event = strings.ToLower(event)
	return slices.ContainsFunc([]string{"delete", "remove", "untag", "unsubscribe"}, func(word string) bool {
		return strings.Contains(event, word)
	})
}

func reason(m core.Message, body map[string]any) *core.Note {
	code := "message.no_person"
	switch {
	case isTest(body):
		code = "message.test"
	case m.Empty:
		code = "message.empty"
	}
	note := core.NewNote(code, "")
	return &note
}

// isTest recognises what is likely to be a test: whether Pulse sends any is not known.
func isTest(body map[string]any) bool {
	switch text(body["test"]) {
	case "yes", "1", "true":
		return true
	}
	event := core.Text(body["event"])
	return event == "test" || event == "ping"
}

// ours are the parameters of a webhook's URL that say nothing about the contact.
var ours = []string{"wpf_action", "access_key", "contact_id", "role", "send_notification", "async"}

// form reads the values of a form the way PHP does: a[b] is b inside a, a[] one of many.
func form(params url.Values) map[string]any {
	object := map[string]any{}
	for _, name := range slices.Sorted(maps.Keys(params)) {
		if slices.Contains(ours, name) {
			continue
		}
		put(object, steps(name), params[name])
	}
	return object
}

// steps takes a name apart; one that is not in order stays whole.
func steps(name string) []string {
	outer, inner, nested := strings.Cut(name, "[")
	inner, closed := strings.CutSuffix(inner, "]")
	if !nested || !closed || outer == "" || strings.Count(inner, "][") >= maxNested {
		return []string{name}
	}
	return append([]string{outer}, strings.Split(inner, "][")...)
}

// put stores values at a place, unless something else is in the way.
func put(object map[string]any, steps []string, values []string) {
	last := len(steps) - 1
	many := last > 0 && steps[last] == ""
	if many {
		last--
	}
	for _, step := range steps[:last] {
		if object[step] == nil {
			object[step] = map[string]any{}
		}
		inner, ok := object[step].(map[string]any)
		if !ok {
			return
		}
		object = inner
	}
	if _, taken := object[steps[last]]; taken || len(values) == 0 {
		return
	}
	if !many {
		object[steps[last]] = values[0]
		return
	}
	all := make([]any, len(values))
	for i, value := range values {
		all[i] = value
	}
	object[steps[last]] = all
}
