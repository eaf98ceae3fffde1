package ortto

import (
	"context"
	"slices"
	"strings"

	"usher/core"
)

// ListFields implements core.Picker.
func (c *Client) ListFields(ctx context.Context) ([]core.CRMField, error) {
	custom, err := c.learnFields(ctx) // a person waits for the field just made
	if err != nil {
		return nil, err
	}
	var all []core.CRMField
	for _, f := range append(slices.Clone(builtIn), custom...) {
		all = append(all, core.CRMField{Key: f.id, Label: f.name, Writable: writable(f)})
	}
	return all, nil
}

// ListTags implements core.Picker.
func (c *Client) ListTags(ctx context.Context) ([]core.Tag, error) {
	var answer []struct {
		Name string `json:"name"`
		Type string `json:"type"`
	}
	// Any body but an empty object is refused.
	if _, err := c.call(ctx, "/v1/tags/get", struct{}{}, &answer); err != nil {
		return nil, err
	}
	var tags []core.Tag
	for _, tag := range answer {
		if name := core.Text(tag.Name); name != "" && tag.Type != "organization" {
			tags = append(tags, core.Tag{Key: name, Name: name})
		}
	}
	return tags, nil
}

// writable reports whether wireValue knows the kind of the field.
func writable(f field) bool {
	kind, _, _ := strings.Cut(f.id, ":")
	return slices.Contains([]string{"str", "txt", "lnk", "int", "bol", "phn", "geo", "dtz", "tme", "sst", "stl"}, kind)
}
