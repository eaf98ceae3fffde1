package wordpress

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"usher/core"
)

const (
	pageSize = 100 // WordPress's maximum; 101 is a 400
	maxPages = 200 // a site that never says "last page" is lying
)

// User returns the user with this id, or false when the site has none.
func (c *Client) User(ctx context.Context, id int64) (core.User, bool, error) {
	if id <= 0 {
		return core.User{}, false, nil // no such route
	}
	answer, err := c.do(ctx, call{method: http.MethodGet, route: userRoute(id), query: asEditor(userFields)})
	if core.HasCode(err, "user.gone") {
		return core.User{}, false, nil
	}
	if err != nil {
		return core.User{}, false, err
	}
	user, err := readUser(answer)
	if err == nil && user.ID != id {
		err = brokenAnswer(errors.New("another user than asked for"))
	}
	return user, err == nil, err
}

// UserByEmail returns the user with exactly this e-mail address, case aside, or false
// when the site has none.
func (c *Client) UserByEmail(ctx context.Context, email string) (core.User, bool, error) {
	return c.search(ctx, email, func(u core.User) bool { return strings.EqualFold(u.Email, email) })
}

// UserByLogin returns the user with exactly this user name, case aside, or false when
// the site has none.
func (c *Client) UserByLogin(ctx context.Context, login string) (core.User, bool, error) {
	// With an @ in it WordPress searches e-mail addresses only, so search for what
	// comes before it: that finds more than enough.
	text, domain, _ := strings.Cut(login, "@")
	if text == "" {
		text = domain
	}
	return c.search(ctx, text, func(u core.User) bool { return strings.EqualFold(u.Login, login) })
}

// search asks for everyone a text occurs in and picks the one wanted: WordPress's search
// finds ann@example.test.au for ann@example.test, and has no exact filter.
func (c *Client) search(ctx context.Context, text string, wanted func(core.User) bool) (core.User, bool, error) {
	if text == "" {
		return core.User{}, false, nil // WordPress would list everyone
	}
	query := asEditor(userFields)
	query.Set("search", text)
	query.Set("per_page", strconv.Itoa(pageSize))
	query.Set("orderby", "id") // so that pages do not shift
	query.Set("order", "asc")
	for page := 1; page <= maxPages; page++ {
		query.Set("page", strconv.Itoa(page))
		answer, err := c.do(ctx, call{method: http.MethodGet, route: usersRoute, query: query, personal: true})
		if err != nil {
			return core.User{}, false, err
		}
		users, err := readUsers(answer)
		if err != nil {
			return core.User{}, false, err
		}
		if i := slices.IndexFunc(users, wanted); i >= 0 {
			return users[i], true, nil
		}
		if pages, err := strconv.Atoi(answer.Header.Get("X-WP-TotalPages")); len(users) < pageSize || err == nil && page >= pages {
			return core.User{}, false, nil
		}
	}
	return core.User{}, false, brokenAnswer(errors.New("the list of users has no end"))
}

// Create makes a user and returns it as WordPress then shows it. No mail is sent.
//
// Refused before anything is sent, because WordPress would answer nonsense:
// contact.bad_email for an address it cannot take, and user.refused, with the field as
// detail, for a login over 60 and a display name over 250 characters. WordPress does
// not keep two creates at the same moment apart: never have two for one person in
// flight, and look the user up after a time-out.
func (c *Client) Create(ctx context.Context, user core.NewUser) (core.User, error) {
	order, err := creation(user)
	if err != nil {
		return core.User{}, err
	}
	return c.carryOut(ctx, order)
}

// Update changes what the patch sets and returns the user as WordPress then shows it;
// compare before calling a field written, for plugins have their say. Roles, when set,
// replace all roles. The field "email" may be set too; WordPress then mails a notice to
// the old address. Errors are those of Create, and user.gone.
func (c *Client) Update(ctx context.Context, id int64, patch core.UserPatch) (core.User, error) {
	order, err := alteration(id, patch)
	if err != nil {
		return core.User{}, err
	}
	return c.carryOut(ctx, order)
}

// nameRole adds to user.role_unknown which of the roles sent the site means, if it says:
// "The role vip does not exist.", in any language (read in 6.1 and 7.1).
func nameRole(err error, sent any) error {
	var p *core.Problem
	roles, _ := sent.([]string)
	if !errors.As(err, &p) || p.Code != "user.role_unknown" || p.Unwrap() == nil {
		return err
	}
	words := strings.FieldsFunc(p.Unwrap().Error(), func(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune(`"'“”«».,`, r) })
	for _, role := range roles {
		if slices.Contains(words, role) {
			p.Detail = role
		}
	}
	return err
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
