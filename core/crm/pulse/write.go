package pulse

import (
	"context"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"usher/core"
)

// SetFields implements core.Scribe. The part of an address goes by a key with a dot, and PHP
// reads a form's "a.b" as something else than "a[b]": what did not arrive as the one is sent
// as the other.
func (c *client) SetFields(ctx context.Context, id string, values map[string]core.Secret) error {
	if number(id) == "" {
		return noContact()
	}
	missing, err := c.write(ctx, id, values, func(key string) string { return key })
	if err != nil {
		return err
	}
	dotted := maps.Clone(values)
	maps.DeleteFunc(dotted, func(key string, _ core.Secret) bool {
		return !strings.Contains(key, ".") || !slices.Contains(missing, key)
	})
	if len(dotted) > 0 {
		if _, err := c.write(ctx, id, dotted, bracketed); err != nil {
			return err
		}
		if missing, err = c.missing(ctx, id, values); err != nil {
			return err
		}
	}
	if len(missing) > 0 {
		return core.NewProblem("crm.not_written", nil).About(strings.Join(missing, ", "))
	}
	return nil
}

// write sends values under the names their keys get in a form, and returns the keys of those
// that are not there afterwards.
func (c *client) write(ctx context.Context, id string, values map[string]core.Secret, name func(key string) string) ([]string, error) {
	form := url.Values{}
	for key, value := range values {
		form.Set(name(key), value.Reveal())
	}
	if _, err := c.call(ctx, http.MethodPut, "contacts/"+id, form); err != nil {
		return nil, err
	}
	return c.missing(ctx, id, values)
}

// missing are the keys whose values the contact does not have, in order.
func (c *client) missing(ctx context.Context, id string, values map[string]core.Secret) ([]string, error) {
	found, err := c.entity(ctx, id)
	if err != nil {
		return nil, err
	}
	var keys []string
	for key, value := range values {
		if found.Fields[key] != text(value.Reveal()) {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	return keys, nil
}

// bracketed writes "a.b" as "a[b]".
func bracketed(key string) string {
	steps := strings.Split(key, ".")
	return steps[0] + "[" + strings.Join(steps[1:], "][") + "]"
}

// AddTag implements core.Scribe. A tag has to exist before it can be put on: one that does
// not is crm.refused. It looks afterwards whether the tag is there.
func (c *client) AddTag(ctx context.Context, id, tag string) error {
	if number(id) == "" {
		return noContact()
	}
	known, err := c.tagOf(ctx, tag)
	if err != nil {
		return err
	}
	form := url.Values{"tag_id[0]": {known.Key}}
	if _, err := c.call(ctx, http.MethodPost, "contacts/"+id+"/tag-apply", form); err != nil {
		return err
	}
	tags, err := c.contactTags(ctx, id)
	if err != nil {
		return err
	}
	if !slices.Contains(tags, known.Key) {
		return core.NewProblem("crm.not_written", nil).About("the tag “" + known.Name + "”")
	}
	return nil
}
