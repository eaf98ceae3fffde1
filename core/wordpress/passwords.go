package wordpress

import (
	"context"
	"errors"
	"net/http"

	"usher/core"
)

const passwordsRoute = usersRoute + "/me/application-passwords"

// MadeForUsher reports whether the application password in use was made on the site's
// authorise page for Usher. One made by hand may serve others too.
func (c *Client) MadeForUsher(ctx context.Context) (bool, error) {
	used, err := c.introspect(ctx)
	return used.AppID == core.ApplicationID, err
}

// Revoke makes the site forget the application password in use: every later call is
// site.unauthorized. It needs no right but to be that password.
func (c *Client) Revoke(ctx context.Context) error {
	used, err := c.introspect(ctx)
	if err != nil {
		return err
	}
	answer, err := c.do(ctx, call{method: http.MethodDelete, route: passwordsRoute + "/" + used.UUID, query: fieldsOnly("deleted")})
	if err != nil {
		return err
	}
	var done struct {
		Deleted bool `json:"deleted"`
	}
	if err := decode(answer, '{', &done); err != nil {
		return err
	}
	if !done.Deleted {
		return brokenAnswer(errors.New("the application password was not deleted"))
	}
	return nil
}

// usedPassword is an application password as its site lists it.
type usedPassword struct {
	UUID  string `json:"uuid"`
	AppID string `json:"app_id"`
}

// introspect asks which application password this is; WordPress knows since 5.7.
func (c *Client) introspect(ctx context.Context) (usedPassword, error) {
	answer, err := c.do(ctx, call{method: http.MethodGet, route: passwordsRoute + "/introspect", query: fieldsOnly("uuid,app_id")})
	if err != nil {
		return usedPassword{}, err
	}
	var used usedPassword
	if err := decode(answer, '{', &used); err != nil {
		return usedPassword{}, err
	}
	if used.UUID == "" || machineWord(used.UUID) != used.UUID { // it becomes part of a path
		return usedPassword{}, brokenAnswer(errors.New("no application password"))
	}
	return used, nil
}
