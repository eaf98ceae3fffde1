package ortto

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"usher/core"
)

const (
	overwrite = 2 // merge_strategy: the new value counts
	reads     = 3 // of a value that was written, before it counts as lost
)

// SetFields implements core.Scribe.
func (c *Client) SetFields(ctx context.Context, id string, values map[string]core.Secret) error {
	id = personID(id)
	if id == "" {
		return core.NewProblem("crm.no_contact", nil)
	}
	sent, want, err := c.translate(ctx, values)
	if err != nil {
		return err
	}
	sent[personIDField] = id
	if err := c.merge(ctx, map[string]any{"fields": sent}); err != nil {
		return named(err, values)
	}
	return c.arrived(ctx, id, want)
}

// translate returns what to send, and what should then be read.
func (c *Client) translate(ctx context.Context, values map[string]core.Secret) (sent map[string]any, want map[string]string, err error) {
	custom, err := c.customFields(ctx)
	if err != nil {
		return nil, nil, err
	}
	known := append(slices.Clone(builtIn), custom...)
	sent, want = map[string]any{}, map[string]string{}
	for key, value := range values {
		f := field{id: key} // one that is new is not known yet
		if i := slices.IndexFunc(known, func(f field) bool { return f.id == key }); i >= 0 {
			f = known[i]
		}
		if sent[key], err = wireValue(f, value.Reveal()); err != nil {
			return nil, nil, err
		}
		want[key] = plainText(sent[key], f.kind)
	}
	return sent, want, nil
}

// named adds to a refusal which of the fields Ortto complains about.
func named(err error, values map[string]core.Secret) error {
	var why refusal
	if problem := core.AsProblem(err); errors.As(err, &why) && problem.Code == "crm.refused" {
		for _, key := range slices.Sorted(maps.Keys(values)) {
			if strings.Contains(string(why), key) {
				return core.NewProblem("crm.refused", err).About(key)
			}
		}
	}
	return err
}

// arrived reads the values back, more than once: reading may lag behind writing.
func (c *Client) arrived(ctx context.Context, id string, want map[string]string) error {
	for n := range reads {
		if n > 0 {
			if err := wait(ctx, c.settle); err != nil {
				return err
			}
		}
		missing, err := c.missing(ctx, id, want)
		if err != nil {
			return err
		}
		if missing == "" {
			return nil
		}
		if n == reads-1 {
			return core.NewProblem("crm.not_written", nil).About(missing)
		}
	}
	return nil
}

// missing names a field that holds another value than it should.
func (c *Client) missing(ctx context.Context, id string, want map[string]string) (key string, err error) {
	people, err := c.byIDs(ctx, []string{id}, slices.Sorted(maps.Keys(want)))
	if err != nil {
		return "", err
	}
	found, ok := people[id]
	if !ok {
		return "", core.NewProblem("crm.no_contact", nil)
	}
	custom, err := c.customFields(ctx)
	if err != nil {
		return "", err
	}
	for _, key := range slices.Sorted(maps.Keys(want)) {
		f := field{id: key}
		if i := slices.IndexFunc(custom, func(f field) bool { return f.id == key }); i >= 0 {
			f = custom[i]
		}
		if plainText(found.Fields[key], f.kind) != want[key] {
			return key, nil
		}
	}
	return "", nil
}

func wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// AddTag implements core.Scribe. Ortto makes a tag it does not have.
func (c *Client) AddTag(ctx context.Context, id, tag string) error {
	id = personID(id)
	if id == "" {
		return core.NewProblem("crm.no_contact", nil)
	}
	return c.merge(ctx, map[string]any{
		"fields": map[string]any{personIDField: id},
		"tags":   []string{tag},
	})
}

// merge changes one person who is there already.
func (c *Client) merge(ctx context.Context, person map[string]any) error {
	var answer struct {
		People []struct {
			Status string `json:"status"`
		} `json:"people"`
	}
	_, err := c.call(ctx, "/v1/person/merge", map[string]any{
		"people":            []any{person},
		"merge_by":          []string{personIDField},
		"merge_strategy":    overwrite,
		"skip_non_existing": true,
		"async":             false,
	}, &answer)
	switch {
	case err != nil:
		return err
	case len(answer.People) == 0:
		return core.NewProblem("crm.no_contact", nil) // skipped
	}
	switch answer.People[0].Status {
	case "merged":
		return nil
	case "invalid", "suppressed":
		return core.NewProblem("crm.refused", nil).About(answer.People[0].Status)
	case "created":
		return core.NewProblem("crm.server_error", nil).About("it made a new person instead")
	default:
		return core.NewProblem("crm.no_contact", nil)
	}
}
