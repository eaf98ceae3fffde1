package wordpress

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"

	"usher/core"
)

// Connect finds the site a person typed the address of and verifies what user's
// application password may do there. The result is ready for New, with User set to the
// account's login even where its e-mail address was typed. Errors are those of Discover
// and Verify.
func Connect(ctx context.Context, typed, user string, password core.Secret) (core.Site, error) {
	site, err := Discover(ctx, typed)
	if err != nil {
		return core.Site{}, err
	}
	site.User = user
	client := New(site, password)
	defer client.Close()
	account, err := client.Verify(ctx)
	if err != nil {
		return core.Site{}, err
	}
	site.User = account.Login
	return site, nil
}

// Verify checks, one step after the other, that the site takes the application password
// and lets its account manage users, and returns that account.
//
// Besides what any call returns: site.no_app_passwords when the site has them switched
// off, site.unauthorized, site.forbidden, and site.no_rest when users are hidden from
// the API.
func (c *Client) Verify(ctx context.Context) (core.User, error) {
	if err := c.offersAppPasswords(ctx); err != nil {
		return core.User{}, c.explain(ctx, err)
	}
	account, err := c.account(ctx)
	if err != nil {
		return core.User{}, c.explain(ctx, err)
	}
	return account, c.mayCreate(ctx)
}

// Ping returns nil when the site is well and the account may manage users: what fails
// all the same fails by itself.
func (c *Client) Ping(ctx context.Context) error {
	_, err := c.account(ctx)
	return err
}

// account reads whose application password this is. WordPress leaves out capabilities
// the account has not.
func (c *Client) account(ctx context.Context) (core.User, error) {
	answer, err := c.do(ctx, call{method: http.MethodGet, route: usersRoute + "/me", query: asEditor(userFields)})
	if err != nil {
		return core.User{}, err
	}
	account, err := readUser(answer)
	if err != nil {
		return core.User{}, err
	}
	for _, needed := range []string{"list_users", "create_users", "edit_users", "promote_users"} {
		if !account.Caps[needed] {
			return core.User{}, core.NewProblem("site.forbidden", nil).About(needed)
		}
	}
	return account, nil
}

// offersAppPasswords reads the index: an empty list under "authentication" means that
// application passwords are switched off, or that WordPress does not see https.
func (c *Client) offersAppPasswords(ctx context.Context) error {
	answer, err := c.do(ctx, call{
		method: http.MethodGet, route: "/", query: url.Values{"_fields": {"authentication"}},
	})
	if err != nil {
		return err
	}
	var index struct {
		Authentication json.RawMessage `json:"authentication"`
	}
	if err := decode(answer, '{', &index); err != nil {
		return err
	}
	offered := map[string]json.RawMessage{}
	switch err := json.Unmarshal(index.Authentication, &offered); {
	case len(index.Authentication) == 0: // a plugin hides it: the next step shows
	case err != nil, offered["application-passwords"] == nil:
		return core.NewProblem("site.no_app_passwords", nil)
	}
	return nil
}

// mayCreate believes the Allow header: on a network of sites a site's administrator has
// the capability create_users and still may not.
func (c *Client) mayCreate(ctx context.Context) error {
	query := asEditor("id")
	query.Set("per_page", "1")
	answer, err := c.do(ctx, call{method: http.MethodGet, route: usersRoute, query: query})
	if err != nil {
		return err
	}
	allow := answer.Header.Get("Allow")
	if allow != "" && !strings.Contains(allow, http.MethodPost) {
		return core.NewProblem("site.forbidden", nil).About("create_users")
	}
	return nil
}

// explain tells a refused password from application passwords being switched off:
// WordPress says so at one place only.
func (c *Client) explain(ctx context.Context, err error) error {
	if !core.HasCode(err, "site.unauthorized") {
		return err
	}
	_, asked := c.do(ctx, call{
		method: http.MethodGet, route: usersRoute + "/me/application-passwords/introspect",
		query: url.Values{"_fields": {"uuid"}},
	})
	if core.HasCode(asked, "site.no_app_passwords") {
		return asked
	}
	return err
}
