package wordpress

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"usher/core"
)

// Find looks users up and answers in the queries' order. It takes a request for up to 50
// queries where the helper is, else one for up to 100 ids and one or more for each e-mail
// address. On a network of sites a user who is not on this site is not found.
//
// Without the helper nobody is found by contact id, and Meta, Mark and State stay empty.
func (c *Client) Find(ctx context.Context, queries []core.UserQuery) ([]core.Found, error) {
	info, err := c.helper(ctx)
	if err != nil {
		return nil, err
	}
	if info == nil {
		return c.findByCore(ctx, queries)
	}
	found, err := c.findByHelper(ctx, info, queries)
	if errors.Is(err, errGone) {
		c.offers.forget()
		return c.findByCore(ctx, queries)
	}
	return found, err
}

func (c *Client) findByCore(ctx context.Context, queries []core.UserQuery) ([]core.Found, error) {
	var ids []int64
	for _, q := range queries {
		if q.ID > 0 {
			ids = append(ids, q.ID)
		}
	}
	byID, err := c.usersByID(ctx, ids)
	if err != nil {
		return nil, err
	}
	found := make([]core.Found, len(queries))
	byEmail := map[string]core.Found{}
	for i, q := range queries {
		if q.ID != 0 {
			found[i].User, found[i].OK = byID[q.ID]
			continue
		}
		email := strings.ToLower(q.Email)
		one, known := byEmail[email]
		if !known {
			if one, err = c.userByEmail(ctx, q.Email); err != nil {
				return nil, err
			}
			byEmail[email] = one
		}
		found[i] = one
	}
	return found, nil
}

// usersByID reads users over WordPress's own API; who is not there is left out.
func (c *Client) usersByID(ctx context.Context, ids []int64) (map[int64]core.User, error) {
	ids = slices.Compact(slices.Sorted(slices.Values(ids)))
	users := make(map[int64]core.User, len(ids))
	for page := range slices.Chunk(ids, pageSize) {
		query := asEditor(userFields)
		query.Set("include", joined(page))
		query.Set("per_page", strconv.Itoa(pageSize))
		query.Set("orderby", "id")
		answer, err := c.do(ctx, call{method: http.MethodGet, route: usersRoute, query: query})
		if err != nil {
			return nil, err
		}
		list, err := readUsers(answer)
		if err != nil {
			return nil, err
		}
		for _, user := range list {
			if _, asked := slices.BinarySearch(page, user.ID); !asked {
				return nil, brokenAnswer(errors.New("a user nobody asked for"))
			}
			users[user.ID] = user
		}
	}
	return users, nil
}

func joined(ids []int64) string {
	words := make([]string, len(ids))
	for i, id := range ids {
		words[i] = strconv.FormatInt(id, 10)
	}
	return strings.Join(words, ",")
}

// lookup is a query the helper is asked.
type lookup struct {
	core.UserQuery
	item  helperItem
	found *core.Found
}

// findByHelper has WordPress's own API add what the helper does not tell.
func (c *Client) findByHelper(ctx context.Context, info *helperInfo, queries []core.UserQuery) ([]core.Found, error) {
	found := make([]core.Found, len(queries))
	var lookups, odd []lookup
	for i, q := range queries {
		l := lookup{q, lookupItem(q), &found[i]}
		l.item.Op = fmt.Sprintf("look-up-%d", i)
		if q.ID > 0 || q.ID == 0 && (l.item.Email != "" || l.item.Contact != nil) {
			lookups = append(lookups, l)
		}
	}
	_, err := inGroups(lookups, func(rest []lookup) int { return min(len(rest), info.items) }, func(group []lookup) error {
		more, err := c.lookUp(ctx, group)
		odd = append(odd, more...)
		return err
	})
	if err == nil {
		err = c.lookAgain(ctx, odd)
	}
	if err == nil {
		err = c.complete(ctx, lookups)
	}
	return found, err
}

// lookupItem asks for a user's state by changing nothing, in a dry run at that.
func lookupItem(q core.UserQuery) helperItem {
	item := helperItem{DryRun: true, ID: q.ID, crm: q.Mark.CRM}
	if q.ID == 0 && plausibleEmail(q.Email) {
		item.Email = q.Email
	}
	for _, key := range q.Meta {
		if !refusesMeta(key) {
			item.Show = append(item.Show, key)
		}
	}
	if q.Mark.CRM == "" {
		return item
	}
	item.Show = append(item.Show, contactKey(q.Mark.CRM), tagsKey(q.Mark.CRM))
	if q.ID == 0 && q.Mark.ContactID != "" {
		item.Contact = &helperContact{q.Mark.CRM, q.Mark.ContactID}
	}
	return item
}

// lookUp asks for one group and returns what the helper had no proper answer to.
func (c *Client) lookUp(ctx context.Context, group []lookup) (odd []lookup, err error) {
	items := make([]helperItem, len(group))
	for i, l := range group {
		items[i] = l.item
	}
	results, err := c.upsert(ctx, items)
	if errors.Is(err, errTooMuch) && len(group) == 1 {
		return group, nil
	}
	if err != nil {
		return nil, err
	}
	for i, l := range group {
		understood, err := l.read(results[i])
		if err != nil {
			return nil, err
		}
		if !understood {
			odd = append(odd, l)
		}
	}
	return odd, nil
}

// read takes a result; it is not understood when it says neither who nor that nobody is there.
func (l lookup) read(r helperResult) (understood bool, err error) {
	switch {
	case r.Status == "updated" || r.Status == "unchanged":
		user, err := r.Before.user(l.item)
		if err == nil && !l.means(user) {
			err = brokenAnswer(errors.New("another user than asked for"))
		}
		*l.found = core.Found{User: user, OK: true}
		return true, err
	case r.Status == "refused" && r.Code == "protected":
		if r.UserID <= 0 || l.ID != 0 && r.UserID != l.ID {
			return true, brokenAnswer(errors.New("another user than asked for is protected"))
		}
		*l.found = core.Found{User: core.User{ID: r.UserID, Email: l.Email, Protected: true}, OK: true}
		return true, nil
	default:
		return r.Status == "error" && (r.Code == "no_user" || r.Code == "not_on_site"), nil
	}
}

func (l lookup) means(user core.User) bool {
	if l.ID != 0 {
		return user.ID == l.ID
	}
	return strings.EqualFold(user.Email, l.Email) || l.item.Contact != nil && user.Mark.ContactID == l.item.Contact.ID
}

// lookAgain asks WordPress itself where another plugin stands in the helper's way.
func (c *Client) lookAgain(ctx context.Context, odd []lookup) error {
	queries := make([]core.UserQuery, len(odd))
	for i, l := range odd {
		queries[i] = l.UserQuery
	}
	found, err := c.findByCore(ctx, queries)
	for i := range found {
		*odd[i].found = found[i]
	}
	return err
}

// complete reads what the helper leaves out: everything about protected users, and what
// a Full query asks for.
func (c *Client) complete(ctx context.Context, lookups []lookup) error {
	lacking := slices.DeleteFunc(lookups, func(l lookup) bool {
		return !l.found.OK || l.found.User.Caps != nil || !l.found.User.Protected && !l.Full
	})
	ids := make([]int64, len(lacking))
	for i, l := range lacking {
		ids[i] = l.found.User.ID
	}
	users, err := c.usersByID(ctx, ids)
	if err != nil {
		return err
	}
	for _, l := range lacking {
		told := l.found.User
		user, there := users[told.ID]
		switch {
		case there:
			user.Meta, user.Mark, user.State, user.Protected = told.Meta, told.Mark, told.State, told.Protected
			l.found.User = user
		case !told.Protected: // deleted meanwhile; a protected one may be another site's of the network
			*l.found = core.Found{}
		}
	}
	return nil
}
