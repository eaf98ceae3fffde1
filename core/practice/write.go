package practice

import (
	"fmt"
	"net/http"
	"slices"
)

// draft collects what the caller sent, after the checks. Unknown names and all meta are dropped without a
// word (measured).
func (c *call) draft() draft {
	d := draft{text: map[string]string{}}
	for _, a := range updateArgs() {
		if text, ok := c.params[a.name].(string); ok {
			d.text[a.name] = text
		}
	}
	d.roles, _ = c.params["roles"].([]string)
	return d
}

func (c *call) mayCreate() *refusal {
	if !c.can("create_users") {
		return c.forbidden("rest_cannot_create_user", "Sorry, you are not allowed to create new users.")
	}
	return nil
}

func (c *call) create() (answer, *refusal) {
	if c.id() != 0 {
		return answer{}, refuse(http.StatusBadRequest, "rest_user_exists", "Cannot create existing user.")
	}
	d := c.draft()
	if no := c.checkRoles(nil, d.roles); no != nil {
		return answer{}, no
	}
	u, no := c.site.create(d)
	if no != nil {
		return answer{}, no
	}
	h := http.Header{}
	h.Set("Location", c.rest(userRoute(u)))
	return answer{http.StatusCreated, h, c.show(u, "edit")}, nil
}

// checkRoles refuses unknown roles, and roles that would lock the caller out. It does not ask for
// promote_users at a create: whoever may create users may create administrators (measured).
func (c *call) checkRoles(u *user, roles []string) *refusal {
	for _, slug := range roles {
		r, ok := c.site.role(slug)
		if !ok {
			return refuse(http.StatusBadRequest, "rest_user_invalid_role",
				fmt.Sprintf("The role %s does not exist.", slug))
		}
		if u != nil && u == c.user && !slices.Contains(r.caps, "edit_users") {
			return refuse(http.StatusForbidden, "rest_user_invalid_role",
				"Sorry, you are not allowed to give users that role.")
		}
	}
	return nil
}

func (c *call) mayUpdate() *refusal {
	u := c.site.byID(c.id())
	if u == nil {
		return noSuchUser()
	}
	if len(listOf(c.params["roles"])) > 0 && !c.can("promote_users") {
		return c.forbidden("rest_cannot_edit_roles", "Sorry, you are not allowed to edit roles of this user.")
	}
	if !c.canEdit(u) {
		return c.forbidden("rest_cannot_edit", "Sorry, you are not allowed to edit this user.")
	}
	return nil
}

func (c *call) update() (answer, *refusal) {
	u, d := c.site.byID(c.id()), c.draft()
	if owner := c.site.byEmail(d.text["email"]); owner != nil && owner != u {
		return answer{}, refuse(http.StatusBadRequest, "rest_user_invalid_email", "Invalid email address.")
	}
	if login := d.text["username"]; login != "" && login != u.login {
		return answer{}, refuse(http.StatusBadRequest, "rest_user_invalid_argument", "Username is not editable.")
	}
	if s := d.text["slug"]; s != "" && s != u.slug && c.site.bySlug(s) != nil {
		return answer{}, refuse(http.StatusBadRequest, "rest_user_invalid_slug", "Invalid slug.")
	}
	if no := c.checkRoles(u, d.roles); no != nil {
		return answer{}, no
	}
	if no := c.site.update(u, d); no != nil {
		return answer{}, no
	}
	return answer{status: http.StatusOK, body: c.show(u, "edit")}, nil
}

func (c *call) mayDelete() *refusal {
	if c.site.byID(c.id()) == nil {
		return noSuchUser()
	}
	if !c.can("delete_users") {
		return c.forbidden("rest_user_cannot_delete", "Sorry, you are not allowed to delete this user.")
	}
	return nil
}

func (c *call) delete() (answer, *refusal) {
	u := c.site.byID(c.id())
	if c.params["force"] != true {
		return answer{}, refuse(http.StatusNotImplemented, "rest_trash_not_supported",
			"Users do not support trashing. Set 'force=true' to delete.")
	}
	if heir, _ := c.params["reassign"].(int64); heir != 0 && (heir == u.id || c.site.byID(heir) == nil) {
		return answer{}, refuse(http.StatusBadRequest, "rest_user_invalid_reassign",
			"Invalid user ID for reassignment.")
	}
	previous := c.show(u, "edit")
	delete(previous, "_links")
	c.site.remove(u.id)
	return answer{status: http.StatusOK, body: map[string]any{"deleted": true, "previous": previous}}, nil
}
