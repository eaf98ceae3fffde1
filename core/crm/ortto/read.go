package ortto

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"

	"usher/core"
)

// person is a contact as the API tells it.
type person struct {
	ID     string         `json:"id"`
	Fields map[string]any `json:"fields"`
}

// Contact implements core.Client.
func (c *Client) Contact(ctx context.Context, id string) (core.Contact, error) {
	id = personID(id)
	if id == "" {
		return core.Contact{}, core.NewProblem("crm.no_contact", nil)
	}
	var contact core.Contact
	err := c.reading(ctx, func(known []field, ask []string) error {
		people, err := c.byIDs(ctx, []string{id}, ask)
		if err != nil {
			return err
		}
		found, ok := people[id]
		if !ok {
			return core.NewProblem("crm.no_contact", nil)
		}
		contact = c.contact(found, known)
		return nil
	})
	if err != nil {
		return core.Contact{}, err
	}
	return c.withTags(ctx, contact)
}

// ContactByEmail implements core.Client.
func (c *Client) ContactByEmail(ctx context.Context, email string) (core.Contact, error) {
	if address(email) == "" {
		return core.Contact{}, core.NewProblem("crm.no_contact", nil)
	}
	contact, err := c.search(ctx, email)
	// Whether Ortto minds the case of letters is not documented.
	if lower := strings.ToLower(email); lower != email && core.HasCode(err, "crm.no_contact") {
		return c.search(ctx, lower)
	}
	return contact, err
}

func (c *Client) search(ctx context.Context, email string) (contact core.Contact, err error) {
	err = c.reading(ctx, func(known []field, ask []string) error {
		page, err := c.page(ctx, query{
			Limit:  2,
			Filter: map[string]any{"$str::is": map[string]any{"field_id": emailField, "value": email}},
		}, ask)
		if err != nil {
			return err
		}
		for _, found := range page.People {
			contact = c.contact(found, known)
			if strings.EqualFold(contact.Email, email) {
				contact.TagsKnown = true
				return nil
			}
		}
		return core.NewProblem("crm.no_contact", nil)
	})
	if err != nil {
		return core.Contact{}, err
	}
	return contact, nil
}

// withTags makes sure of the tags. That get-by-ids tells them is not documented; until it
// was seen to, their absence is no proof that there are none.
func (c *Client) withTags(ctx context.Context, contact core.Contact) (core.Contact, error) {
	switch {
	case contact.TagsKnown:
		c.tagsByID.Store(true)
		return contact, nil
	case c.tagsByID.Load():
		contact.TagsKnown = true
		return contact, nil
	case contact.Email == "":
		return contact, nil
	}
	found, err := c.ContactByEmail(ctx, contact.Email)
	switch {
	case core.HasCode(err, "crm.no_contact") || err == nil && found.ID != contact.ID:
		return contact, nil
	case err != nil:
		return core.Contact{}, err
	}
	contact.Tags, contact.TagsKnown = found.Tags, true
	return contact, nil
}

// contact translates a person. The tags are known only where they are told.
func (c *Client) contact(p person, known []field) core.Contact {
	contact := core.Contact{
		ID:      personID(p.ID),
		Email:   core.Text(p.Fields[emailField]),
		Fields:  core.Fields{},
		Deleted: plainText(p.Fields[archivedField], "time") != "",
	}
	tags, told := p.Fields[tagsField]
	contact.Tags, contact.TagsKnown = list(tags), told
	for _, f := range known {
		if value := plainText(p.Fields[f.id], f.kind); value != "" {
			contact.Fields[f.id] = value
		}
	}
	return contact
}

// byIDs reads people by their ids, in as many requests as the API's limits need.
func (c *Client) byIDs(ctx context.Context, ids, ask []string) (map[string]person, error) {
	all := map[string]person{}
	for someIDs := range slices.Chunk(ids, maxIDs) {
		for some := range slices.Chunk(ask, maxFields) {
			var answer struct {
				Contacts map[string]person `json:"contacts"`
			}
			body := map[string]any{"contact_ids": someIDs, "fields": some}
			if _, err := c.call(ctx, "/v1/person/get-by-ids", body, &answer); err != nil {
				return nil, err
			}
			for id, part := range answer.Contacts {
				merge(all, strings.ToLower(id), part)
			}
		}
	}
	return all, nil
}

// merge adds what was told of a person to what is known of them.
func merge(all map[string]person, id string, part person) {
	whole, ok := all[id]
	if !ok {
		whole = person{ID: id, Fields: map[string]any{}}
	}
	maps.Copy(whole.Fields, part.Fields)
	all[id] = whole
}

// query is what person/get is asked. Ortto's answers to offset and cursor_id go together.
type query struct {
	Limit     int      `json:"limit"`
	Offset    int      `json:"offset"`
	CursorID  string   `json:"cursor_id,omitempty"`
	Fields    []string `json:"fields"`
	SortBy    string   `json:"sort_by_field_id,omitempty"`
	SortOrder string   `json:"sort_order,omitempty"`
	Filter    any      `json:"filter,omitempty"`
}

// page is a part of a list.
type page struct {
	People     []person     `json:"contacts"` // null when there are none
	Offset     *json.Number `json:"offset"`
	NextOffset int          `json:"next_offset"`
	CursorID   string       `json:"cursor_id"`
	HasMore    bool         `json:"has_more"`

	clock time.Time // Ortto's when it answered; zero where it did not say
}

// page reads a part of a list, with all the fields asked for.
func (c *Client) page(ctx context.Context, q query, ask []string) (page, error) {
	var p page
	first, rest := ask[:min(len(ask), maxFields)], ask[min(len(ask), maxFields):]
	q.Fields = first
	clock, err := c.call(ctx, "/v1/person/get", q, &p)
	if err != nil {
		return page{}, err
	}
	p.clock = clock
	if len(rest) == 0 || len(p.People) == 0 {
		return p, nil
	}
	return p, c.complete(ctx, p.People, rest)
}

// complete adds the fields that one request could not ask for. People who are gone by now
// stay as they are.
func (c *Client) complete(ctx context.Context, people []person, ask []string) error {
	var ids []string
	for _, p := range people {
		ids = append(ids, p.ID)
	}
	more, err := c.byIDs(ctx, ids, ask)
	if err != nil {
		return err
	}
	for _, p := range people {
		if p.Fields != nil {
			maps.Copy(p.Fields, more[strings.ToLower(p.ID)].Fields)
		}
	}
	return nil
}
