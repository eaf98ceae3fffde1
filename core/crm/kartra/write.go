package kartra

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"

	"usher/core"
)

// SetFields implements core.Scribe. Kartra passes over a field it does not know and says
// that all went well, so the lead is read before, to know the fields, and after. The
// e-mail address is not written: what an App in Test Mode does to it is not documented.
func (c *client) SetFields(ctx context.Context, id string, values map[string]core.Secret) error {
	if len(values) == 0 {
		return nil
	}
	lead, err := c.lead(ctx, id)
	if err != nil {
		return err
	}
	choices, err := c.choices(ctx, lead, values)
	if err != nil {
		return err
	}
	form, err := edit(lead, values, choices)
	if err != nil {
		return err
	}
	form.Set("lead[id]", id)
	form.Set("actions[0][cmd]", "edit_lead")
	if _, err := c.call(ctx, form); err != nil {
		return err
	}
	if lead, err = c.lead(ctx, id); err != nil {
		return err
	}
	written := fields(lead)
	for _, key := range slices.Sorted(maps.Keys(values)) {
		if want := text(values[key].Reveal()); written[key] != want && !sameChoices(lead, key, written[key], want) {
			return core.NewProblem("crm.not_written", nil).About(key)
		}
	}
	return nil
}

// choices are the account's custom fields with what can be chosen in them, read only
// where one of the values needs it: Kartra is slow to tell.
func (c *client) choices(ctx context.Context, lead map[string]any, values map[string]core.Secret) ([]map[string]any, error) {
	for key := range values {
		if field, ok := customField(lead, key); ok && isChoice(field) {
			return c.customFields(ctx)
		}
	}
	return nil, nil
}

// edit says in a form what is to be written: all of it, or nothing.
func edit(lead map[string]any, values map[string]core.Secret, choices []map[string]any) (url.Values, error) {
	form := url.Values{}
	for i, key := range slices.Sorted(maps.Keys(values)) {
		value := values[key].Reveal()
		if writable(key) {
			form.Set("lead["+key+"]", value)
			continue
		}
		field, ok := customField(lead, key)
		if !ok {
			return nil, core.NewProblem("crm.not_written", nil).About(key)
		}
		at := fmt.Sprintf("lead[custom_fields][%d]", i)
		form.Set(at+"[field_identifier]", text(field["field_identifier"]))
		if !isChoice(field) || value == "" {
			form.Set(at+"[field_value]", value)
			continue
		}
		ids, ok := optionIDs(choices, field, value)
		if !ok {
			return nil, core.NewProblem("crm.not_written", nil).About(key)
		}
		setChoice(form, at+"[field_value]", field, ids)
	}
	return form, nil
}

func isChoice(field map[string]any) bool {
	_, isList := field["field_value"].([]any)
	return isList
}

func writable(key string) bool {
	return slices.ContainsFunc(leadFields, func(f core.CRMField) bool { return f.Key == key && f.Writable })
}

// customField finds a custom field by its key. A lead has all of the account's, the
// empty ones too.
func customField(lead map[string]any, key string) (map[string]any, bool) {
	for _, field := range objects(lead["custom_fields"]) {
		if identifier := text(field["field_identifier"]); identifier != "" && customKey(identifier, lead) == key {
			return field, true
		}
	}
	return nil, false
}

// optionIDs are the ids of the choices that value names. Their texts may themselves hold
// the ", " that joins them, so a choice that is all of value comes first.
func optionIDs(all []map[string]any, field map[string]any, value string) (ids []string, ok bool) {
	ofField := func(f map[string]any) bool { return text(f["field_identifier"]) == text(field["field_identifier"]) }
	i := slices.IndexFunc(all, ofField)
	if i < 0 {
		return nil, false
	}
	byText := map[string]string{}
	for _, option := range objects(all[i]["field_value"]) {
		byText[text(option["option_value"])] = text(option["option_id"])
	}
	if id := byText[value]; id != "" {
		return []string{id}, true
	}
	for part := range strings.SplitSeq(value, ", ") {
		id := byText[part]
		if id == "" {
			return nil, false
		}
		ids = append(ids, id)
	}
	return ids, true
}

// sameChoices reports whether the values of a field with choices name the same ones.
// Kartra tells them in an order of its own.
func sameChoices(lead map[string]any, key, a, b string) bool {
	sorted := func(value string) []string { return slices.Sorted(strings.SplitSeq(value, ", ")) }
	field, ok := customField(lead, key)
	return ok && isChoice(field) && slices.Equal(sorted(a), sorted(b))
}

// setChoice writes ids as Kartra wants them: a list for check boxes, else one.
func setChoice(form url.Values, name string, field map[string]any, ids []string) {
	if text(field["field_type"]) != "checkbox" && len(ids) == 1 {
		form.Set(name, ids[0])
		return
	}
	for i, id := range ids {
		form.Set(fmt.Sprintf("%s[%d]", name, i), id)
	}
}

// AddTag implements core.Scribe. The tag must exist in Kartra. What Kartra says to a tag
// the lead has already is not documented, so a refusal is no error if the tag is there.
func (c *client) AddTag(ctx context.Context, id, tag string) error {
	if leadID(id) == "" {
		return core.NewProblem("crm.no_contact", nil)
	}
	_, err := c.call(ctx, url.Values{
		"lead[id]": {id}, "actions[0][cmd]": {"assign_tag"}, "actions[0][tag_name]": {tag},
	})
	switch {
	case errors.Is(err, noSuchTag):
		return core.NewProblem("crm.refused", err).About("there is no tag “" + tag + "”")
	case core.HasCode(err, "crm.refused") && c.hasTag(ctx, id, tag):
		return nil
	}
	return err
}

func (c *client) hasTag(ctx context.Context, id, tag string) bool {
	contact, err := c.Contact(ctx, id)
	return err == nil && slices.Contains(contact.Tags, tag)
}
