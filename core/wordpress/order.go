package wordpress

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"strings"
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

// creation checks what WordPress would answer nonsense to: see Client.Create.
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

// alteration checks a patch as Client.Update does.
func alteration(id int64, patch core.UserPatch) (order, error) {
	body, err := userBody(patch.Fields, patch.Roles)
	if err != nil {
		return order{}, err
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
