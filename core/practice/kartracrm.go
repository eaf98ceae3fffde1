package practice

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

var _ CRM = (*Kartra)(nil)

// Login implements CRM.
func (k *Kartra) Login() map[string]string { return maps.Clone(k.login) }

// Add implements CRM.
func (k *Kartra) Add(p Person) string {
	id := k.Put(Lead{Email: p.Email, Tags: slices.Clone(p.Tags)}).ID
	k.Change(id, p.Fields)
	return id
}

// Change implements CRM. The values of a field with choices are those of its options, joined with ", ".
func (k *Kartra) Change(id string, fields map[string]string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	lead := k.leads[id]
	for name, text := range fields {
		if value := lead.values()[name]; value != nil {
			*value = text
		} else if name == "email" {
			lead.Email = text
		} else if field, ok := k.field(name); ok {
			lead.set(field.holding(field.chosen(text)))
		} else {
			lead.set(Input("", name, text))
		}
	}
	k.define(lead)
	k.leads[id] = lead
}

// Tag implements CRM. Tags nobody has any more stay tags of the account.
func (k *Kartra) Tag(id string, names ...string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	lead := k.leads[id]
	lead.Tags = slices.Clone(names)
	k.define(lead)
	k.leads[id] = lead
}

// Delete implements CRM. Kartra remembers who was deleted.
func (k *Kartra) Delete(id string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	lead := k.leads[id]
	lead.Deleted = k.rate.now()
	k.leads[id] = lead
}

// Person implements CRM.
func (k *Kartra) Person(id string) (Person, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	lead, ok := k.leads[id]
	if !ok || !lead.Deleted.IsZero() {
		return Person{}, false
	}
	p := Person{ID: id, Email: lead.Email, Fields: map[string]string{}, Tags: slices.Clone(lead.Tags)}
	for name, value := range lead.values() {
		if *value != "" {
			p.Fields[name] = *value
		}
	}
	for _, field := range lead.Custom {
		if text := field.text(); text != "" {
			p.Fields[field.Identifier] = text
		}
	}
	return p, true
}

// AddField implements CRM: a field with free text.
func (k *Kartra) AddField(label string) (key string) {
	return k.addField(label, "input_field")
}

// AddDropDown makes a custom field with one choice of many, and AddCheckbox one with any number of them. They
// return its key.
func (k *Kartra) AddDropDown(label string, choices ...string) (key string) {
	return k.addField(label, "drop_down", choices...)
}

// AddCheckbox is described at AddDropDown.
func (k *Kartra) AddCheckbox(label string, choices ...string) (key string) {
	return k.addField(label, "checkbox", choices...)
}

func (k *Kartra) addField(label, kind string, choices ...string) (identifier string) {
	identifier = strings.Map(func(r rune) rune {
		if r > unicode.MaxASCII || !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '-' {
			return '_'
		}
		return unicode.ToLower(r)
	}, label)
	field := kartraField{Identifier: identifier, Type: kind}
	for i, choice := range choices {
		field.Options = append(field.Options, Option{ID: strconv.Itoa(i + 1), Value: choice})
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.addDefinition(field)
	return identifier
}

// Webhook implements CRM. Kartra always sends the whole lead; besides, the thin one tells of a form and the
// other of the tag put on last.
func (k *Kartra) Webhook(url, id string, thin bool) (*http.Request, error) {
	event := FillForm(id, 12, "Free lesson")
	if person, ok := k.Person(id); ok && !thin && len(person.Tags) > 0 {
		event = AssignTag(id, 7, person.Tags[len(person.Tags)-1])
	}
	payload, err := k.Message(event)
	if err != nil {
		return nil, err
	}
	req, err := k.post(url, payload)
	if err != nil {
		return nil, fmt.Errorf("send %s: %w", event.Action, err)
	}
	return req, nil
}

// kartraField is a custom field of the account.
type kartraField struct {
	ID         string
	Identifier string
	Type       string
	Options    []Option
}

// holding is the field with a lead's value: text, or the options chosen.
func (f kartraField) holding(value any) CustomField {
	return CustomField{f.ID, f.Identifier, f.Type, value}
}

// chosen is the value that people see as text.
func (f kartraField) chosen(text string) any {
	if f.Type == "input_field" {
		return text
	}
	chosen := []Option{}
	for part := range strings.SplitSeq(text, ", ") {
		if i := slices.IndexFunc(f.Options, func(o Option) bool { return o.Value == part }); i >= 0 {
			chosen = append(chosen, f.Options[i])
		}
	}
	return chosen
}

// empty is what the API tells of a lead without a value.
func (f kartraField) empty() CustomField { return f.holding(f.chosen("")) }

func (c CustomField) text() string {
	options, ok := c.Value.([]Option)
	if !ok {
		return fmt.Sprint(c.Value)
	}
	var values []string
	for _, option := range options {
		values = append(values, option.Value)
	}
	return strings.Join(values, ", ")
}

// set replaces the lead's value of a custom field.
func (l *Lead) set(field CustomField) {
	same := func(c CustomField) bool { return c.Identifier == field.Identifier }
	l.Custom = append(slices.DeleteFunc(slices.Clone(l.Custom), same), field)
}

// define makes the account's fields and tags out of those a lead has. The caller holds the lock.
func (k *Kartra) define(lead Lead) {
	for _, tag := range lead.Tags {
		if !slices.Contains(k.tags, tag) {
			k.tags = append(k.tags, tag)
		}
	}
	for _, custom := range lead.Custom {
		options, _ := custom.Value.([]Option)
		k.addDefinition(kartraField{custom.ID, custom.Identifier, custom.Type, options})
	}
}

// addDefinition makes a field, or adds options to the one there is. The caller holds the lock.
func (k *Kartra) addDefinition(field kartraField) {
	i := slices.IndexFunc(k.fields, func(f kartraField) bool { return f.Identifier == field.Identifier })
	if i < 0 {
		if field.ID == "" {
			field.ID = strconv.Itoa(320 + len(k.fields))
		}
		field.Options = slices.Clone(field.Options)
		k.fields = append(k.fields, field)
		return
	}
	for _, option := range field.Options {
		if !slices.Contains(k.fields[i].Options, option) {
			k.fields[i].Options = append(k.fields[i].Options, option)
		}
	}
}

// field returns the account's custom field of this identifier. The caller holds the lock.
func (k *Kartra) field(identifier string) (kartraField, bool) {
	i := slices.IndexFunc(k.fields, func(f kartraField) bool { return f.Identifier == identifier })
	if i < 0 {
		return kartraField{}, false
	}
	return k.fields[i], true
}
