package ontraport

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"usher/core"
)

const (
	tagField  = "contact_cat" // holds a contact's tags
	separator = "*/*"         // around every entry of a list
)

// listed reads a list of numbers such as "*/*12*/*34*/*" and reports whether it is one.
func listed(text string) ([]string, bool) {
	var all []string
	for entry := range strings.SplitSeq(text, separator) {
		switch {
		case entry == "" || slices.Contains(all, entry):
		case contactID(entry) == "":
			return nil, false
		default:
			all = append(all, entry)
		}
	}
	return all, true
}

// field is what the account says of a field.
type field struct {
	label    string
	kind     string // Ontraport's word for its type
	editable bool
	options  map[string]string // what people see, by what is stored
}

// text is a stored value as people read it, "" for none and for what cannot be told.
// Dates are those of UTC: Ontraport stores seconds.
func (f field) text(value any) string {
	text := core.Text(value)
	switch f.kind {
	case "drop":
		return f.option(text)
	case "list":
		var chosen []string
		for id := range strings.SplitSeq(text, separator) {
			if label := f.option(id); label != "" {
				chosen = append(chosen, label)
			}
		}
		return strings.Join(chosen, ", ")
	case "fulldate", "date":
		return moment(text, time.DateOnly)
	case "timestamp":
		return moment(text, "2006-01-02 15:04")
	}
	if strings.HasPrefix(text, separator) { // numbers of things, such as sequences
		return ""
	}
	return text
}

// option is what people see in place of a stored choice. A number without a meaning is
// one of an option that is gone.
func (f field) option(stored string) string {
	label, known := f.options[stored]
	if !known && contactID(stored) == "" && stored != "0" {
		return stored
	}
	return label
}

// knows reports whether the meaning of a stored value is known.
func (f field) knows(value any) bool {
	if f.kind != "drop" && f.kind != "list" {
		return true
	}
	for id := range strings.SplitSeq(core.Text(value), separator) {
		if id != "" && id != "0" && f.option(id) == "" {
			return false
		}
	}
	return true
}

func moment(text, layout string) string {
	seconds, err := strconv.ParseInt(text, 10, 64)
	if err != nil || seconds == 0 || max(seconds, -seconds) > 1<<40 {
		return ""
	}
	return time.Unix(seconds, 0).UTC().Format(layout)
}

// schema are the fields of an account.
type schema map[string]field

// custom reports whether key is a field the account's owner made, such as f1234.
func custom(key string) bool {
	number, ok := strings.CutPrefix(key, "f")
	return ok && contactID(number) != ""
}

// covers reports whether every value of a contact can be read.
func (s schema) covers(row map[string]any) bool {
	for key, value := range row {
		f, known := s[key]
		if core.Text(value) != "" && (!known && custom(key) || !f.knows(value)) {
			return false
		}
	}
	return true
}

// contact reads a contact as the API tells it, which has all tags. One whose tags are
// not there must not look like one without tags.
func (s schema) contact(row map[string]any) (core.Contact, error) {
	set, told := row[tagField]
	tags, whole := listed(core.Text(set))
	c := core.Contact{
		ID: contactID(core.Text(row["id"])), Email: core.Text(row["email"]),
		Fields: core.Fields{}, Tags: tags, TagsKnown: true,
	}
	if _, isText := set.(string); c.ID == "" || !told || !whole || set != nil && !isText {
		return core.Contact{}, unreadable()
	}
	for key, value := range row {
		f, known := s[key]
		if key == tagField || key == "" || key != core.Text(key) || !known && custom(key) {
			continue
		}
		if text := f.text(value); text != "" {
			c.Fields[key] = text
		}
	}
	return c, nil
}
