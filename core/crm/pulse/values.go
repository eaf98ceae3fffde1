package pulse

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"

	"usher/core"
)

const maxID = 20 // digits of the largest 64-bit number

// number returns id if Pulse can have given it: a whole number above zero. Anything else,
// such as a merge field nobody filled in, must not bind several people together.
func number(id string) string {
	if len(id) > maxID || strings.Trim(id, "0123456789") != "" || strings.Trim(id, "0") == "" {
		return ""
	}
	return id
}

// contact reads a contact entity. Its tags are not part of it.
func contact(entity map[string]any) core.Contact {
	id := number(core.Text(entity["id"]))
	if id == "" {
		id = number(core.Text(entity["contact_id"]))
	}
	return core.Contact{ID: id, Email: core.Text(entity["email"]), Fields: fields(entity)}
}

// fields are the values of an entity by their keys. The keys of addresses have a dot in
// them; whether such values come as objects inside or under the whole key is not known,
// and both are read alike.
func fields(entity map[string]any) core.Fields {
	all := core.Fields{}
	flatten(all, "", entity)
	nameCountries(all)
	return all
}

// flatten prefers a value to one of the same key inside an object.
func flatten(into core.Fields, prefix string, object map[string]any) {
	var inner []string
	for _, key := range slices.Sorted(maps.Keys(object)) {
		if key == "" || key != core.Text(key) {
			continue
		}
		if _, nested := object[key].(map[string]any); nested {
			inner = append(inner, key)
		} else if _, taken := into[prefix+key]; !taken {
			if value := text(object[key]); value != "" {
				into[prefix+key] = value
			}
		}
	}
	for _, key := range inner {
		flatten(into, prefix+key+".", object[key].(map[string]any))
	}
}

// nameCountries gives a country without a name of its own the value there is: the key to
// choose in set-up is that of the name.
func nameCountries(all core.Fields) {
	for key, value := range maps.Clone(all) {
		if named := fieldKey(key); all[named] == "" {
			all[named] = value
		}
	}
}

// fieldKey is the key a field's value is read under.
func fieldKey(key string) string {
	if strings.Contains(key, "address_") && strings.HasSuffix(key, ".country") {
		return key + "_name"
	}
	return key
}

// text is a value as people read it, and "" for a shape that has no such form.
func text(value any) string {
	switch value := value.(type) {
	case bool:
		if value {
			return "yes"
		}
		return "no"
	case json.Number:
		return value.String()
	case string:
		return date(core.Text(value))
	case []any:
		return list(value)
	default:
		return ""
	}
}

func list(values []any) string {
	var texts []string
	for _, value := range values {
		if t := text(value); t != "" {
			texts = append(texts, t)
		}
	}
	return strings.Join(texts, ", ")
}

// date shortens a moment as programs write it, and leaves any other text alone. At
// midnight it is a day.
func date(value string) string {
	for _, layout := range []string{time.DateTime, time.RFC3339} { // the latter reads fractions too
		moment, err := time.Parse(layout, value)
		switch {
		case err != nil:
			continue
		case moment.Hour() == 0 && moment.Minute() == 0 && moment.Second() == 0:
			return moment.Format(time.DateOnly)
		default:
			return moment.Format("2006-01-02 15:04")
		}
	}
	return value
}
