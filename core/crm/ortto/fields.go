package ortto

import (
	"context"
	"slices"
	"time"

	"usher/core"
)

// keepFields is how long the account's custom fields are taken to be the same.
const keepFields = 10 * time.Minute

// field is a person field. The kind is Ortto's display_type.
type field struct{ id, name, kind string }

// builtIn are the person fields every account has: help.ortto.com, a-205. They are not
// asked of the API, whose schema of them is a quarter of a megabyte, most of it activities.
var builtIn = []field{
	{"str::email", "Email", "email"},
	{"str::first", "First name", "text"},
	{"str::last", "Last name", "text"},
	{"str::name", "Full name", "text"},
	{"phn::phone", "Phone number", "phone"},
	{"geo::city", "City", "geo"},
	{"geo::region", "Region", "geo"},
	{"geo::country", "Country", "geo"},
	{"str::postal", "Postal code", "text"},
	{"dtz::b", "Birthday", "date"},
	{"str::language", "Language", "text"},
	{"str::ei", "External ID", "text"},
	{"bol::p", "Email permission", "bool"},
	{"bol::sp", "SMS permission", "bool"},
}

// Fields of a person that are not values of theirs.
const (
	emailField    = "str::email"
	personIDField = "str::person_id" // in merge only
	tagsField     = "tags"           // names
	archivedField = "a"              // when somebody archived the person
)

// customFields are the fields the account's owner made.
func (c *Client) customFields(ctx context.Context) ([]field, error) {
	c.mu.Lock()
	custom, fresh := c.custom, !c.learned.IsZero() && time.Since(c.learned) < keepFields
	c.mu.Unlock()
	if fresh {
		return custom, nil
	}
	return c.learnFields(ctx)
}

func (c *Client) learnFields(ctx context.Context) ([]field, error) {
	var answer struct {
		Fields []struct {
			Field struct {
				ID   string `json:"id"`
				Name string `json:"name"`
				Kind string `json:"display_type"`
			} `json:"field"`
		} `json:"fields"`
	}
	if _, err := c.call(ctx, "/v1/person/custom-field/get", struct{}{}, &answer); err != nil {
		return nil, err
	}
	var custom []field
	for _, f := range answer.Fields {
		id, name := f.Field.ID, core.Text(f.Field.Name)
		if !isFieldID(id) || id != core.Text(id) || slices.ContainsFunc(custom, func(f field) bool { return f.id == id }) {
			continue
		}
		custom = append(custom, field{id, firstOf(name, id), f.Field.Kind})
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.custom, c.learned = custom, time.Now()
	return custom, nil
}

// fields are all fields that are read, and what to ask for: also the tags and whether the
// person was archived, unless Ortto was seen to refuse the latter.
func (c *Client) fields(ctx context.Context) (known []field, ask []string, err error) {
	custom, err := c.customFields(ctx)
	if err != nil {
		return nil, nil, err
	}
	c.mu.Lock()
	narrow := c.narrow
	c.mu.Unlock()
	ask = []string{tagsField}
	if !narrow {
		ask = append(ask, archivedField)
	}
	known = append(slices.Clone(builtIn), custom...)
	for _, f := range known {
		ask = append(ask, f.id)
	}
	return known, ask, nil
}

// reading runs a request that names fields. If Ortto refuses it, a custom field may be
// gone since they were learned, or one that was asked for besides is not to be had.
func (c *Client) reading(ctx context.Context, run func(known []field, ask []string) error) error {
	began := time.Now()
	err := c.readOnce(ctx, run)
	if core.HasCode(err, "crm.refused") && c.forgetFields(began) {
		err = c.readOnce(ctx, run)
	}
	if core.HasCode(err, "crm.refused") && c.askLess() {
		err = c.readOnce(ctx, run)
	}
	return err
}

func (c *Client) readOnce(ctx context.Context, run func(known []field, ask []string) error) error {
	known, ask, err := c.fields(ctx)
	if err != nil {
		return err
	}
	return run(known, ask)
}

// forgetFields has the custom fields learned anew, unless they were since then.
func (c *Client) forgetFields(since time.Time) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.learned.After(since) {
		return false
	}
	c.learned = time.Time{}
	return true
}

// askLess gives up the field that is asked for besides, unless that was done before.
func (c *Client) askLess() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	before := c.narrow
	c.narrow = true
	return !before
}
