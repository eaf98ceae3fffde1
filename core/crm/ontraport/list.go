package ontraport

import (
	"context"
	"encoding/json"
	"net/url"
	"strconv"
	"time"

	"usher/core"
)

const (
	// overlap is how far before its cursor a listing begins: what was being stored while
	// the last one ran may have been given an earlier time.
	overlap = 2 * time.Minute
	// overlapRows are read twice at the edge of two pages by tag.
	overlapRows = 5
	maxRestarts = 20

	// reserve is how many requests of a minute a listing leaves to others.
	reserve     = 60
	minute      = time.Minute // for which Ontraport counts requests
	maxPatience = 5           // times in a row a listing waits
)

// Changed implements core.Lister. The mark is Ontraport's time in seconds. It is not
// documented whether putting on or taking off a tag counts as a change.
//
// Pages follow the ids, not an offset. A contact that changes during the listing keeps
// its place, so nobody slips from a page not yet read to one that was; changed after
// their page they come with the next listing, which begins when this one did.
func (c *client) Changed(ctx context.Context, since core.Cursor, visit func(core.Contact) error) (core.Cursor, error) {
	if since == (core.Cursor{}) {
		found, err := c.get(ctx, "/Contacts/getInfo", url.Values{})
		if err != nil {
			return since, err
		}
		return cursorAt(found.at), nil
	}
	mark, err := strconv.ParseInt(since.Mark, 10, 64)
	if err != nil {
		return since, core.NewProblem("app.internal", err)
	}
	var next core.Cursor
	for last := "0"; ; {
		found, err := c.patiently(ctx, "/Contacts", changedAfter(mark-int64(overlap/time.Second), last))
		if err != nil {
			return since, err
		}
		if next == (core.Cursor{}) {
			next = cursorAt(found.at)
		}
		page, err := c.page(ctx, found)
		if err != nil {
			return since, err
		}
		if len(page) == 0 {
			return next, nil
		}
		for _, contact := range page {
			if !follows(contact.ID, last) {
				return since, core.NewProblem("crm.server_error", nil).About("it lists people in another order than asked for")
			}
			last = contact.ID
			if err := visit(contact); err != nil {
				return since, err
			}
		}
	}
}

// cursorAt is the cursor at Ontraport's time, or at ours when it did not say.
func cursorAt(at time.Time) core.Cursor {
	if at.IsZero() {
		at = time.Now().UTC().Truncate(time.Second)
	}
	return core.Cursor{Mark: strconv.FormatInt(at.Unix(), 10), Time: at}
}

// follows reports whether an id is greater than another; neither has leading zeros.
func follows(id, other string) bool {
	return len(id) > len(other) || len(id) == len(other) && id > other
}

// changedAfter asks for those changed since a time whose id is greater than after.
func changedAfter(since int64, after string) url.Values {
	type name struct {
		Field string `json:"field"`
	}
	type value struct {
		Value any `json:"value"`
	}
	type term struct {
		Field name   `json:"field"`
		Op    string `json:"op"`
		Value value  `json:"value"`
	}
	condition, _ := json.Marshal([]any{ // texts and numbers: it cannot fail
		term{name{"dlm"}, ">=", value{since}}, "AND", term{name{"id"}, ">", value{json.Number(after)}},
	})
	return url.Values{
		"condition": {string(condition)}, "sort": {"id"}, "sortDir": {"asc"},
		"start": {"0"}, "range": {strconv.Itoa(pageSize)},
	}
}

// Tagged implements core.TagLister. These pages can follow an offset only. When somebody
// loses the tag meanwhile, the others move up; so each page begins with some who were
// seen on the one before, and when it does not, the list is read from its start again.
func (c *client) Tagged(ctx context.Context, tag string, visit func(core.Contact) error) error {
	key, err := c.tag(ctx, tag)
	if err != nil {
		return err
	}
	seen := map[string]bool{}
	for read, restarts := 0, 0; restarts <= maxRestarts; {
		from := max(read-overlapRows, 0)
		found, err := c.patiently(ctx, "/objects/tag", url.Values{
			"objectID": {contacts}, "tag_id": {key}, "sort": {"id"}, "sortDir": {"asc"},
			"start": {strconv.Itoa(from)}, "range": {strconv.Itoa(pageSize)},
		})
		if err != nil {
			return err
		}
		page, err := c.page(ctx, found)
		if err != nil {
			return err
		}
		if from > 0 && (len(page) == 0 || !seen[page[0].ID]) {
			read, restarts = 0, restarts+1
			continue
		}
		for _, contact := range page {
			if seen[contact.ID] {
				continue
			}
			seen[contact.ID] = true
			if err := visit(contact); err != nil {
				return err
			}
		}
		if from+len(page) <= read {
			return nil
		}
		read = from + len(page)
	}
	return core.NewProblem("crm.server_error", nil).About("the list changes while it is read")
}

func (c *client) page(ctx context.Context, found reply) ([]core.Contact, error) {
	rows, err := rowsOf(found)
	if err != nil {
		return nil, err
	}
	return c.read(ctx, rows)
}

// patiently asks for a page and waits as often as Ontraport wants it: a listing that gave
// up would have to begin again, and meet the same limit. It waits as well before it would
// use up the requests that webhooks need.
func (c *client) patiently(ctx context.Context, route string, query url.Values) (reply, error) {
	for tries := 0; ; tries++ {
		found, err := c.get(ctx, route, query)
		switch {
		case err == nil && (found.left < 0 || found.left >= reserve):
			return found, nil
		case err == nil:
			return found, c.pause(ctx, min(found.reset, minute))
		case !core.HasCode(err, "crm.busy") || tries == maxPatience:
			return reply{}, err
		}
		wait := core.AsProblem(err).RetryAfter
		if wait > minute {
			return reply{}, err
		}
		if wait == 0 {
			wait = minute
		}
		if err := c.pause(ctx, wait); err != nil {
			return reply{}, err
		}
	}
}

func pause(ctx context.Context, wait time.Duration) error {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
