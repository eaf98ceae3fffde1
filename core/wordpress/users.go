package wordpress

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"usher/core"
)

const (
	pageSize = 100 // WordPress's maximum; 101 is a 400
	maxPages = 200 // a site that never says "last page" is lying
)

// userByEmail returns the user with exactly this e-mail address, case aside. WordPress's
// search finds ann@example.test.au for ann@example.test, and has no exact filter.
func (c *Client) userByEmail(ctx context.Context, email string) (core.Found, error) {
	if email == "" {
		return core.Found{}, nil // WordPress would list everyone
	}
	query := asEditor(userFields)
	query.Set("search", email)
	query.Set("per_page", strconv.Itoa(pageSize))
	query.Set("orderby", "id") // so that pages do not shift
	query.Set("order", "asc")
	for page := 1; page <= maxPages; page++ {
		query.Set("page", strconv.Itoa(page))
		answer, err := c.do(ctx, call{method: http.MethodGet, route: usersRoute, query: query, personal: true})
		if err != nil {
			return core.Found{}, err
		}
		users, err := readUsers(answer)
		if err != nil {
			return core.Found{}, err
		}
		if i := slices.IndexFunc(users, func(u core.User) bool { return strings.EqualFold(u.Email, email) }); i >= 0 {
			return core.Found{User: users[i], OK: true}, nil
		}
		if pages, err := strconv.Atoi(answer.Header.Get("X-WP-TotalPages")); len(users) < pageSize || err == nil && page >= pages {
			return core.Found{}, nil
		}
	}
	return core.Found{}, brokenAnswer(errors.New("the list of users has no end"))
}

// RoleCaps says what a role may do, as far as a user shows it whose only role it is:
// WordPress has no list of roles. Known is false when there is no such user, or no such
// role. What all such users can do is taken for the role's, so the answer may say too
// much, but says too little only where every one of them was denied something.
func (c *Client) RoleCaps(ctx context.Context, role string) (caps map[string]bool, known bool, err error) {
	query := asEditor(userFields)
	query.Set("roles", role)
	query.Set("per_page", strconv.Itoa(pageSize))
	answer, err := c.do(ctx, call{method: http.MethodGet, route: usersRoute, query: query})
	if err != nil {
		return nil, false, err
	}
	users, err := readUsers(answer)
	if err != nil {
		return nil, false, err
	}
	for _, user := range users {
		switch {
		case len(user.Roles) != 1 || user.Roles[0] != role:
			continue
		case !known:
			caps, known = user.Caps, true
		default:
			for name := range caps {
				caps[name] = caps[name] && user.Caps[name]
			}
		}
	}
	return caps, known, nil
}

const usersRoute = "/wp/v2/users"

func userRoute(id int64) string { return usersRoute + "/" + strconv.FormatInt(id, 10) }

// asEditor asks for the view that has e-mail addresses and capabilities.
func asEditor(fields string) url.Values {
	query := fieldsOnly(fields)
	query.Set("context", "edit")
	return query
}

func fieldsOnly(fields string) url.Values { return url.Values{"_fields": {fields}} }
