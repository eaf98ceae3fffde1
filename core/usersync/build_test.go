package usersync_test

import (
	"testing"

	"usher/core"
	"usher/core/usersync"
)

// newWorld is a site without users, for a contact nothing is known of.
func newWorld(t *testing.T) *world {
	return &world{
		t: t, site: newSite(),
		conn: core.Connection{ID: "c1", AccountID: "a1", SiteID: "s1"},
		fields: map[string]string{
			"first_name": "first_name", "last_name": "last_name", "bio": "description",
			"login": "user_login", "password": "user_pass", "level": "role",
		},
	}
}

// has puts a user on the site.
func (w *world) has(email string, roles ...string) *world {
	w.site.users = append(w.site.users, core.User{
		ID: int64(len(w.site.users) + 1), Login: "login-of-" + email, Email: email, Roles: roles,
		Fields: core.Fields{"first_name": "Ann", "last_name": "Site"},
	})
	return w
}

// linked makes the contact be the last user put on the site.
func (w *world) linked(edit ...func(*core.Link)) *world {
	u := w.site.users[len(w.site.users)-1]
	w.link = &core.Link{
		SiteID: "s1", AccountID: "a1", ContactID: "7", UserID: u.ID, Login: u.Login, Email: u.Email,
		Base: map[string]string{"email": u.Email, "first_name": "Ann"},
	}
	for _, e := range edit {
		e(w.link)
	}
	return w
}

func (w *world) with(edit func(*world)) *world {
	edit(w)
	return w
}

func (w *world) user() core.User {
	w.t.Helper()
	if len(w.site.users) == 0 {
		w.t.Fatal("there is no user")
	}
	return w.site.users[len(w.site.users)-1]
}

type part func(*usersync.Waiting)

// says is a delivery about the contact 7.
func says(seq uint64, action core.Action, parts ...part) usersync.Waiting {
	w := usersync.Waiting{Seq: seq, Request: core.Request{Action: action}}
	w.Notice.Contact = core.Contact{ID: "7", Fields: core.Fields{}}
	for _, p := range parts {
		p(&w)
	}
	return w
}

func email(address string) part {
	return func(w *usersync.Waiting) { w.Notice.Contact.Email = address }
}

func field(key, value string) part {
	return func(w *usersync.Waiting) { w.Notice.Contact.Fields[key] = value }
}

func role(name string) part { return func(w *usersync.Waiting) { w.Request.Role = name } }

func on(tag string) part {
	return func(w *usersync.Waiting) { w.Notice.Events = append(w.Notice.Events, core.TagEvent{Tag: tag}) }
}

func off(tag string) part {
	return func(w *usersync.Waiting) {
		w.Notice.Events = append(w.Notice.Events, core.TagEvent{Tag: tag, Removed: true})
	}
}

func allTags(tags ...string) part {
	return func(w *usersync.Waiting) { w.Notice.Contact.Tags, w.Notice.Contact.TagsKnown = tags, true }
}

func welcome(w *usersync.Waiting) { w.Request.Mail = true }
func deleted(w *usersync.Waiting) { w.Notice.Contact.Deleted = true }
func takesAway(w *usersync.Waiting) {
	w.Notice.NeverCreates, w.Notice.Event = true, "unassign_tag"
}

const ann = "ann@example.test"
