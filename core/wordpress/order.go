package wordpress

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"usher/core"
	"usher/core/rest"
)

// order is one write of a user over WordPress's own API, alone or in a batch.
type order struct {
	route string
	body  map[string]any
	// fits says what is wrong with the user in an answer that went well.
	fits func(status int, user core.User) error
}

// creation refuses what WordPress would answer nonsense to: see Client.Write.
func creation(user core.NewUser) (order, error) {
	if len(user.Login) > maxLogin {
		return order{}, core.NewProblem("user.refused", nil).About("username")
	}
	fields := core.Fields{"email": user.Email}
	maps.Copy(fields, user.Fields)
	body, err := userBody(fields, user.Roles)
	if err != nil {
		return order{}, err
	}
	if body["name"] == nil && utf8.RuneCountInString(fields["first_name"]+" "+fields["last_name"]) > maxDisplayName {
		return order{}, core.NewProblem("user.refused", nil).About("name") // WordPress makes it of these two
	}
	body["username"], body["password"] = user.Login, user.Password.Reveal()
	return order{usersRoute, body, func(status int, made core.User) error {
		if status != http.StatusCreated || !strings.EqualFold(made.Email, fields["email"]) {
			return brokenAnswer(errors.New("not the user that was to be made"))
		}
		return nil
	}}, nil
}

// alteration refuses as creation does.
func alteration(id int64, patch core.UserPatch) (order, error) {
	body, err := userBody(patch.Fields, patch.Roles)
	if err != nil {
		return order{}, err
	}
	if !patch.Password.Empty() {
		body["password"] = patch.Password.Reveal()
	}
	return order{userRoute(id), body, func(_ int, changed core.User) error {
		if changed.ID != id {
			return brokenAnswer(errors.New("another user than the one to change"))
		}
		return nil
	}}, nil
}

// carryOut sends one order and returns the user as the site then shows them.
func (c *Client) carryOut(ctx context.Context, o order) (core.User, error) {
	answer, err := c.do(ctx, call{
		method: http.MethodPost, route: o.route, query: fieldsOnly(userFields), body: o.body, personal: true,
	})
	if err != nil {
		return core.User{}, nameRole(err, o.body["roles"])
	}
	return o.read(answer)
}

// read takes the user out of an answer that went well.
func (o order) read(answer *rest.Response) (core.User, error) {
	user, err := readUser(answer)
	if err != nil {
		return core.User{}, err
	}
	return user, o.fits(answer.Status, user)
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
