package ontraport

import (
	"context"
	"encoding/json"
	"maps"
	"slices"

	"usher/core"
)

// SetFields implements core.Scribe.
func (c *client) SetFields(ctx context.Context, id string, values map[string]core.Secret) error {
	if contactID(id) == "" {
		return core.NewProblem("crm.no_contact", nil)
	}
	body := map[string]any{}
	for key, value := range values {
		body[key] = value.Reveal()
	}
	for _, key := range []string{"id", "objectID", "background_request", tagField} { // these mean something else
		if _, there := body[key]; there {
			return core.NewProblem("crm.not_written", nil).About(key)
		}
	}
	body["objectID"], body["id"] = json.Number(contacts), json.Number(id)
	if err := c.put(ctx, "/objects", body); err != nil {
		return err
	}
	row, err := c.load(ctx, id)
	if err != nil {
		return err
	}
	for _, key := range slices.Sorted(maps.Keys(values)) {
		if core.Text(row[key]) != core.Text(values[key].Reveal()) {
			return core.NewProblem("crm.not_written", nil).About(key)
		}
	}
	return nil
}

// AddTag implements core.Scribe. A tag that is on already is not put on again, which
// would start automations a second time. Ontraport works tags off in the background, so
// it is not read back.
func (c *client) AddTag(ctx context.Context, id, tag string) error {
	row, err := c.load(ctx, id) // Ontraport says yes to tags for nobody
	if err != nil {
		return err
	}
	key, err := c.tag(ctx, tag)
	if err != nil {
		return err
	}
	if tags, _ := listed(core.Text(row[tagField])); slices.Contains(tags, key) {
		return nil
	}
	return c.put(ctx, "/objects/tag", map[string]any{"objectID": json.Number(contacts), "ids": id, "add_list": key})
}
