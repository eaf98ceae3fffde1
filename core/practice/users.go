package practice

import (
	"net/http"
	"slices"
	"strconv"
	"time"

	"usher/core"
)

// user is a user as the database has it.
type user struct {
	id           int64
	login        string
	slug         string
	email        string
	password     core.Secret
	display      string
	first, last  string
	nickname     string
	url          string
	description  string
	locale       string // empty: the site's
	registered   time.Time
	roles        []string
	caps         map[string]bool // beyond the roles
	published    bool            // has posts, so guests may see them
	appPasswords []*appPassword
}

// export is the user in Usher's own words.
func (s *Site) export(u *user) core.User {
	return core.User{
		ID: u.id, Login: u.login, Email: u.email, Registered: u.registered,
		Roles: slices.Clone(u.roles), Caps: s.capabilities(u),
		Fields: core.Fields{
			"first_name": u.first, "last_name": u.last, "name": u.display, "nickname": u.nickname,
			"url": u.url, "description": u.description, "locale": u.language(),
		},
	}
}

func (u *user) language() string {
	if u.locale == "" {
		return "en_US"
	}
	return u.locale
}

// show is the user as REST prints it. Most of it is seen in the edit context only, e-mail above all.
func (c *call) show(u *user, context string) map[string]any {
	body := map[string]any{
		"id": u.id, "name": u.display, "url": u.url, "description": u.description,
		"link": c.authorPage(u), "slug": u.slug, "_links": c.links(u),
	}
	switch context {
	case "view":
		body["meta"] = []any{}
	case "edit":
		body["meta"] = map[string]any{"persisted_preferences": []any{}}
		body["username"], body["email"] = u.login, u.email
		body["first_name"], body["last_name"] = u.first, u.last
		body["nickname"], body["locale"] = u.nickname, u.language()
		body["registered_date"] = u.registered.Format("2006-01-02T15:04:05+00:00")
		body["capabilities"], body["extra_capabilities"] = c.site.capabilities(u), ownCapabilities(u)
		if c.can("list_users") || c.canEdit(u) {
			body["roles"] = append([]string{}, u.roles...)
		}
	}
	return body
}

func (c *call) authorPage(u *user) string {
	if c.site.cfg.PlainPermalinks {
		return string(c.home) + "/?author=" + strconv.FormatInt(u.id, 10)
	}
	return string(c.home) + "/author/" + u.slug + "/"
}

func (c *call) links(u *user) map[string]any {
	allow := []string{"GET"}
	if c.canEdit(u) {
		allow = append(allow, "POST", "PUT", "PATCH")
	}
	if c.can("delete_users") {
		allow = append(allow, "DELETE")
	}
	self := map[string]any{
		"href": c.rest(userRoute(u)), "targetHints": map[string]any{"allow": allow},
	}
	return map[string]any{
		"self":       []any{self},
		"collection": []any{map[string]any{"href": c.rest("/wp/v2/users")}},
	}
}

func userRoute(u *user) string { return "/wp/v2/users/" + strconv.FormatInt(u.id, 10) }

func (c *call) mayRead() *refusal {
	u := c.site.byID(c.id())
	switch {
	case u == nil:
		return noSuchUser()
	case u == c.user:
		return nil
	case c.text("context") == "edit" && !c.canEdit(u):
		return c.forbidden("rest_forbidden_context", "Sorry, you are not allowed to edit this user.")
	case !c.canEdit(u) && !c.can("list_users") && !u.published:
		return c.forbidden("rest_user_cannot_view", "Sorry, you are not allowed to list users.")
	default:
		return nil
	}
}

func (c *call) read() (answer, *refusal) {
	u := c.site.byID(c.id())
	return answer{status: http.StatusOK, body: c.show(u, c.text("context"))}, nil
}
