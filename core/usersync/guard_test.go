package usersync_test

import (
	"fmt"
	"slices"
	"testing"

	"usher/core"
	"usher/core/usersync"
)

func TestPrivilegedUsers(t *testing.T) {
	tests := []struct {
		name string
		user core.User
		want bool
	}{
		{"administrators", core.User{Roles: []string{"subscriber", "administrator"}}, true},
		{"editors", core.User{Roles: []string{"editor"}}, true},
		{"shop managers", core.User{Roles: []string{"shop_manager"}}, true},
		{"whoever may list users", core.User{Roles: []string{"helper"}, Caps: map[string]bool{"list_users": true}}, true},
		{"whoever may write unfiltered HTML", core.User{Caps: map[string]bool{"unfiltered_html": true}}, true},
		{"whoever may manage the shop", core.User{Caps: map[string]bool{"manage_woocommerce": true}}, true},
		{"whoever was given a role as a capability", core.User{Caps: map[string]bool{"administrator": true}}, true},
		{"not those it was taken from", core.User{Roles: []string{"author"}, Caps: map[string]bool{"manage_options": false}}, false},
		{"not authors", core.User{Roles: []string{"author"}, Caps: map[string]bool{"edit_posts": true, "level_2": true}}, false},
		{"not people without a role", core.User{}, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := usersync.Privileged(test.user); got != test.want {
				t.Errorf("got %t", got)
			}
		})
	}
	t.Run("by every powerful capability", func(t *testing.T) {
		for _, name := range usersync.PowerfulCaps {
			if !usersync.Privileged(core.User{Caps: map[string]bool{name: true}}) {
				t.Errorf("%s is none", name)
			}
		}
		if n := len(usersync.PowerfulCaps); n != 29 {
			t.Errorf("%d capabilities: WordPress gives administrators 27 that editors lack, and two more count", n)
		}
	})
}

func TestProtectedUsers(t *testing.T) {
	delivery := says(3, core.Add, email("boss@example.test"), field("first_name", "Bea"), role("customer"), on("A"), welcome)
	t.Run("are left alone", func(t *testing.T) {
		w := newWorld(t).has("boss@example.test", "administrator")
		got := w.run(delivery)
		if got.change.Outcome != core.Protected || got.change.UserID != 1 || got.problem != nil || w.site.writes != 0 || got.notes() != "" {
			t.Errorf("outcome %s, problem %v, %d writes, notes %s", got.change.Outcome, got.problem, w.site.writes, got.notes())
		}
		if l := *w.link; l.UserID != 1 || len(l.Base) != 0 || len(l.Grants) != 0 || !slices.Equal(l.Tags, []string{"A"}) || l.StateSeq != 3 {
			t.Errorf("link %+v", l)
		}
	})
	t.Run("get everything once they are no longer privileged", func(t *testing.T) {
		w := newWorld(t).has("boss@example.test", "administrator")
		w.conn.TagRules = []core.TagRule{{Tag: "A", Role: "vip"}}
		w.run(delivery)
		w.site.users[0].Roles = []string{"subscriber"}
		w.run(says(4, core.Update, field("first_name", "Bea")))
		if u := w.user(); u.Fields["first_name"] != "Bea" || fmt.Sprint(u.Roles) != "[subscriber vip]" {
			t.Errorf("user %v %s", u, u.Fields["first_name"])
		}
	})
	t.Run("who were linked before keep what is known", func(t *testing.T) {
		grant := core.Grant{Role: "customer", Connection: "c1", Cause: core.CauseRequest, Given: true}
		w := newWorld(t).has("boss@example.test", "editor").linked(func(l *core.Link) { l.Grants = []core.Grant{grant} })
		w.run(says(1, core.Update, email("new@example.test"), field("first_name", "Bea"), role("subscriber")))
		if l := *w.link; l.Base["first_name"] != "Ann" || !slices.Equal(l.Grants, []core.Grant{grant}) || l.UserID != 1 {
			t.Errorf("link %+v", l)
		}
	})
	t.Run("are not made again when their address changes", func(t *testing.T) {
		w := newWorld(t).has("boss@example.test", "administrator")
		w.run(delivery)
		if got := w.run(says(4, core.Add, email("new@example.test"))); got.change.Outcome != core.Protected || len(w.site.users) != 1 {
			t.Errorf("outcome %s, %d users", got.change.Outcome, len(w.site.users))
		}
	})
}

func TestARoleThatTurnsOutPowerful(t *testing.T) {
	tests := []struct {
		name  string
		world func(*world)
		parts []part
		want  string
		notes string
	}{
		{"is taken away from a new user", func(w *world) { w.conn.DefaultRole = "boss" }, nil, "[]", "role.too_powerful boss"},
		{"even if it is the site's default", func(w *world) { w.site.defaultRole = "administrator" }, nil, "[]", "role.too_powerful administrator"},
		{"with the tags' roles given after it", func(w *world) {
			w.site.defaultRole, w.tells = "boss", true
			w.conn.TagRules = []core.TagRule{{Tag: "A", Role: "vip"}}
		}, []part{on("A")}, "[vip]", "role.too_powerful boss"},
		{"is taken away from a user found, who keeps the others", func(w *world) {
			w.has(ann, "subscriber").linked()
			w.conn.TagRules = []core.TagRule{{Tag: "A", Role: "boss"}}
		}, []part{on("A")}, "[subscriber]", "role.too_powerful boss"},
		{"stays when a person allowed it", func(w *world) { w.conn.DefaultRole, w.conn.AllowedRoles = "boss", []string{"Boss"} }, nil, "[boss]", ""},
		{"is not one given beside a powerful role a person allowed", func(w *world) {
			w.conn.DefaultRole, w.conn.AllowedRoles = "editor", []string{"editor"}
			w.conn.TagRules = []core.TagRule{{Tag: "A", Role: "vip"}}
		}, []part{on("A")}, "[editor vip]", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t).with(test.world)
			got := w.run(says(1, core.Add, append(test.parts, email(ann))...))
			if roles := fmt.Sprint(w.user().Roles); roles != test.want {
				t.Errorf("roles %s, want %s", roles, test.want)
			}
			got.change.Notes = slices.DeleteFunc(got.change.Notes, func(n core.Note) bool { return n.Code != "role.too_powerful" })
			if got.notes() != test.notes {
				t.Errorf("notes %s, want %s", got.notes(), test.notes)
			}
			if slices.ContainsFunc(w.link.Grants, func(g core.Grant) bool { return g.Role == "" }) {
				t.Errorf("grants %+v", w.link.Grants)
			}
		})
	}
	t.Run("is not confused with one known to be harmless", func(t *testing.T) {
		w := newWorld(t).has(ann, "subscriber").linked()
		w.conn.TagRules = []core.TagRule{{Tag: "A", Role: "vip"}, {Tag: "A", Role: "boss"}}
		job := usersync.Fold(w.conn, "kartra", w.fields, w.link, []usersync.Waiting{says(1, core.UpdateTags, on("A"))})
		before := w.site.shown(w.user())
		decision, _ := usersync.Plan(w.conn, job, usersync.Facts{User: &before, Roles: map[string]usersync.RoleFacts{"vip": {Caps: w.site.caps["vip"]}}})
		patch := decision.Check(w.site.update(1, decision.Change.Patch))
		if patch == nil || !slices.Equal(patch.Roles, []string{"subscriber", "vip"}) {
			t.Errorf("patch %+v", patch)
		}
	})
	t.Run("is not given for a tag after it was taken away as the default", func(t *testing.T) {
		w := newWorld(t)
		w.site.defaultRole = "boss"
		w.conn.TagRules = []core.TagRule{{Tag: "A", Role: "boss"}}
		if w.run(says(1, core.Add, email(ann), on("A"))); w.site.writes != 2 || len(w.user().Roles) != 0 {
			t.Errorf("%d writes, roles %v", w.site.writes, w.user().Roles)
		}
	})
	t.Run("is not asked for for ever where the site drops it", func(t *testing.T) {
		w := newWorld(t)
		w.conn.TagRules = []core.TagRule{{Tag: "A", Role: "vip"}}
		job := usersync.Fold(w.conn, "kartra", w.fields, nil, []usersync.Waiting{says(1, core.Add, email(ann), on("A"))})
		decision, _ := usersync.Plan(w.conn, job, usersync.Facts{})
		after := core.User{ID: 1, Login: ann, Email: ann, Roles: []string{"subscriber"}}
		if decision.Check(after) == nil || decision.Check(after) != nil {
			t.Error("want one patch")
		}
	})
	t.Run("is not given again for the same tag", func(t *testing.T) {
		w := newWorld(t).has(ann, "subscriber").linked()
		w.conn.TagRules = []core.TagRule{{Tag: "A", Role: "boss"}}
		w.run(says(1, core.UpdateTags, on("A")))
		writes := w.site.writes
		if w.run(says(2, core.UpdateTags, on("B"))); w.site.writes != writes {
			t.Error("it was given again")
		}
	})
}
