package wordpress

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"usher/core"
	"usher/core/rest"
)

// Verify checks, one step after the other, that the site takes the application password
// and lets its account manage users, and returns that account.
//
// Besides what any call returns: a Problem that says why application passwords are off,
// why the credentials are refused, or what the account lacks.
func (c *Client) Verify(ctx context.Context) (core.User, error) {
	t := &trail{}
	c.verify(ctx, t)
	if t.err != nil {
		return core.User{}, t.err
	}
	return t.account, nil
}

// Ping returns nil when the site is well and the account may manage users: what fails
// all the same fails by itself.
func (c *Client) Ping(ctx context.Context) error {
	account, err := c.whoAmI(ctx)
	if err != nil {
		return err
	}
	return mayManage(account)
}

// verify takes the plan's steps from application passwords on.
func (c *Client) verify(ctx context.Context, t *trail) {
	if !c.step(t, "", c.offersAppPasswords(ctx, t.authentication)) {
		return
	}
	account, err := c.whoAmI(ctx)
	if !c.step(t, "signed in as "+cleanText(account.Login, maxLogin), c.explain(ctx, err)) {
		return
	}
	t.account = account
	if !c.step(t, "", mayManage(account)) {
		return
	}
	found, err := c.mayCreate(ctx)
	if !c.step(t, found, err) {
		return
	}
	t.step(c.helperFound(ctx), nil)
}

// helperFound says whether the helper is there. Nothing about it can stand in the way.
func (c *Client) helperFound(ctx context.Context) string {
	info, err := c.helper(ctx)
	switch {
	case err != nil:
		return "it could not be asked"
	case info == nil:
		return "not active"
	default:
		return "active"
	}
}

// step records the trail's next step without a word of the password, should the site
// have said it.
func (c *Client) step(t *trail, found string, err error) bool {
	if c.password != "" && strings.Contains(found, c.password) {
		return t.step("", brokenAnswer(errors.New("the site repeats the password")))
	}
	return t.step(found, c.hush(err, nil, ""))
}

// whoAmI reads whose application password this is.
func (c *Client) whoAmI(ctx context.Context) (core.User, error) {
	answer, err := c.do(ctx, call{method: http.MethodGet, route: usersRoute + "/me", query: asEditor(userFields)})
	if err != nil {
		return core.User{}, err
	}
	return readUser(answer)
}

// neededCaps are the least an account has to have; WordPress leaves out those it has not.
var neededCaps = []string{"list_users", "create_users", "edit_users", "promote_users"}

func mayManage(account core.User) error {
	i := slices.IndexFunc(neededCaps, func(needed string) bool { return !account.Caps[needed] })
	if i < 0 {
		return nil
	}
	return core.NewProblem("site.forbidden", nil).About(lacking(neededCaps[i], account.Roles))
}

// lacking names what an account of these roles has not.
func lacking(capability string, roles []string) string {
	names := machineWords(slices.Clone(roles))
	if len(names) == 0 {
		return capability + " is missing"
	}
	return capability + " is missing, its role is " + strings.Join(names, ", ")
}

// offersAppPasswords reads what the index says under "authentication", asking for it
// where it is not known yet. An index that is kept from us leaves it to the next step.
func (c *Client) offersAppPasswords(ctx context.Context, known json.RawMessage) error {
	if known == nil {
		answer, err := c.do(ctx, call{
			method: http.MethodGet, route: "/", query: url.Values{"_fields": {"authentication"}},
		})
		switch {
		case core.HasCode(err, "site.unauthorized"), core.HasCode(err, "site.no_rest"):
			return nil
		case err != nil:
			return err
		}
		var index struct {
			Authentication json.RawMessage `json:"authentication"`
		}
		// Nothing to say is an empty list (measured on 7.1.4), and what is broken the next step shows.
		_ = json.Unmarshal(answer.Body, &index)
		known = index.Authentication
	}
	return appPasswordsOffered(ctx, c.http, c.api, known)
}

// appPasswordsOffered reads the index's list of ways to sign in; nil, where a plugin hides
// it, is no word against them. PHP writes an empty object as a list.
func appPasswordsOffered(ctx context.Context, client *rest.Client, api string, list json.RawMessage) error {
	ways := map[string]json.RawMessage{}
	switch err := json.Unmarshal(list, &ways); {
	case len(list) == 0:
		return nil
	case err != nil, ways["application-passwords"] == nil:
		return whyOff(ctx, client, api)
	default:
		return nil
	}
}

// whyOff says why application passwords are off: WordPress has them only where it sees
// https, unless it was told to be a local test site.
func whyOff(ctx context.Context, client *rest.Client, api string) error {
	at, err := url.Parse(api)
	if err != nil {
		return core.NewProblem("site.no_app_passwords", nil)
	}
	if at.Scheme == "http" {
		return core.NewProblem("site.app_passwords_need_https", nil)
	}
	if seesPlainHTTP(ctx, client, api) {
		return core.NewProblem("site.https_not_seen", nil)
	}
	return core.NewProblem("site.no_app_passwords", nil)
}

// seesPlainHTTP reports whether a WordPress reached by https takes the visit for http, as
// behind a proxy that does not tell. Then it names its home with http, or, where it was
// told to live at https, sends whoever wants to log in to the page he already is on.
func seesPlainHTTP(ctx context.Context, client *rest.Client, api string) bool {
	answer, err := get(ctx, client, routeURL(api, "/", url.Values{"_fields": {"home"}}))
	var index struct {
		Home string `json:"home"`
	}
	if err == nil && json.Unmarshal(answer.Body, &index) == nil && strings.HasPrefix(index.Home, "http://") {
		return true
	}
	login := besideAPI(api, "wp-login.php")
	_, err = get(ctx, client, login)
	to := redirectedTo(err)
	return to != nil && to.String() == login
}

// mayCreate believes the Allow header: on a network of sites a site's administrator has
// the capability create_users and still may not. It says what is special about a network.
func (c *Client) mayCreate(ctx context.Context) (string, error) {
	query := asEditor("id")
	query.Set("per_page", "1")
	answer, err := c.do(ctx, call{method: http.MethodGet, route: usersRoute, query: query})
	if err != nil {
		return "", err
	}
	allow := answer.Header.Get("Allow")
	may := allow == "" || strings.Contains(allow, http.MethodPost)
	switch network := c.onNetwork(ctx); {
	case may && network:
		return "it belongs to a network of sites: user names there have small letters and digits only", nil
	case may:
		return "", nil
	case network:
		return "", core.NewProblem("site.network", nil)
	default:
		return "", core.NewProblem("site.forbidden", nil).About("create_users is refused")
	}
}

// onNetwork reports whether the site is one of a network (multisite). Only such a site
// has no address among its settings, which WordPress lists without asking who wants to
// know (measured on 6.1.9 and 7.1.4). When in doubt it is none.
func (c *Client) onNetwork(ctx context.Context) bool {
	answer, err := c.do(ctx, call{
		method: http.MethodOptions, route: "/wp/v2/settings", query: url.Values{"_fields": {"schema"}},
	})
	if err != nil {
		return false
	}
	var options struct {
		Schema struct {
			Properties map[string]json.RawMessage `json:"properties"`
		} `json:"schema"`
	}
	_ = json.Unmarshal(answer.Body, &options) // reads on past a member of another type
	settings := options.Schema.Properties
	return settings["title"] != nil && settings["url"] == nil
}
