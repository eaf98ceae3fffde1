package wptest

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"usher/core"
)

func (s *suite) update(t *testing.T) {
	client := s.client(t)
	person := func(t *testing.T) core.User {
		user := newUser(fresh())
		user.Fields = core.Fields{"first_name": "Ann", "last_name": "Example", "nickname": "Annie"}
		user.Roles = []string{"author"}
		return mustCreate(t, client, user)
	}
	t.Run("only what is sent changes, and the display name stays", func(t *testing.T) {
		before, mails := person(t), s.mails(t)
		patch := core.UserPatch{Fields: core.Fields{"first_name": "Joan", "description": "a & b"}}
		changed, err := client.update(t, before, patch)
		if err != nil {
			t.Fatal(err)
		}
		want := maps.Clone(before.Fields)
		want["first_name"], want["description"] = "Joan", "a & b"
		if !maps.Equal(changed.Fields, want) || changed.Fields["name"] != s.nameOf(before.Login, "Ann Example") {
			t.Errorf("got %q, want %q", map[string]string(changed.Fields), map[string]string(want))
		}
		if changed.Email != before.Email || changed.Login != before.Login || !slices.Equal(changed.Roles, before.Roles) {
			t.Errorf("got %s, %s, %v", changed.Login, changed.Email, changed.Roles)
		}
		if read, err := client.find(t, byID(before.ID)); err != nil || !maps.Equal(read.User.Fields, want) {
			t.Errorf("read back: %q, %v", map[string]string(read.User.Fields), err)
		}
		if sent := s.mails(t) - mails; sent != 0 {
			t.Errorf("%d mails were sent", sent)
		}
	})
	t.Run("roles are replaced as a whole", func(t *testing.T) {
		user := person(t)
		for _, roles := range [][]string{{"editor", "contributor"}, {"subscriber"}, {}, {"author"}} {
			changed, err := client.update(t, user, core.UserPatch{Roles: roles})
			if err != nil || !slices.Equal(changed.Roles, roles) {
				t.Errorf("got %v, %v; want %v", changed.Roles, err, roles)
			}
		}
	})
	t.Run("a role that is not there changes nothing", func(t *testing.T) {
		user := person(t)
		patch := core.UserPatch{Fields: core.Fields{"first_name": "Joan"}, Roles: []string{"no_such_role"}}
		_, err := client.update(t, user, patch)
		wantProblem(t, err, "user.role_unknown")
		if read, err := client.find(t, byID(user.ID)); err != nil || read.User.Fields["first_name"] != "Ann" {
			t.Errorf("the first name is %q, %v", read.User.Fields["first_name"], err)
		}
	})
	t.Run("a user who is gone", func(t *testing.T) {
		user := person(t)
		s.delete(t, user.ID)
		_, err := client.update(t, user, core.UserPatch{Fields: core.Fields{"first_name": "Joan"}})
		wantProblem(t, err, "user.gone")
	})
	t.Run("what cannot be written", func(t *testing.T) {
		user := person(t)
		tests := map[string]struct{ field, value, code string }{
			"a language that is not there": {"locale", "xx_XX", "user.refused"},
			"a display name of 251":        {"name", strings.Repeat("x", 251), "user.refused"},
			"the login":                    {"username", "other", "app.internal"},
			"the password":                 {"password", "other", "app.internal"},
			"a malformed address":          {"email", "ann", "contact.bad_email"},
		}
		for name, test := range tests {
			t.Run(name, func(t *testing.T) {
				patch := core.UserPatch{Fields: core.Fields{test.field: test.value}}
				_, err := client.update(t, user, patch)
				wantProblem(t, err, test.code)
			})
		}
	})
	t.Run("an e-mail address changes, and only the old one is told", func(t *testing.T) {
		user, other, mails := person(t), person(t), s.mails(t)
		changed, err := client.update(t, user, core.UserPatch{Fields: core.Fields{"email": "new" + user.Email}})
		if err != nil || changed.Email != "new"+user.Email {
			t.Errorf("got %s, %v", changed.Email, err)
		}
		if sent := s.mails(t) - mails; s.Mails != nil && sent != 1 {
			t.Errorf("%d mails were sent, want 1", sent)
		}
		_, err = client.update(t, user, core.UserPatch{Fields: core.Fields{"email": strings.ToUpper(other.Email)}})
		wantProblem(t, err, "user.email_taken")
	})
}

func (s *suite) roles(t *testing.T) {
	client := s.client(t)
	t.Run("a role nobody has is not known", func(t *testing.T) {
		if caps, known, err := client.RoleCaps(t.Context(), fresh()); known || err != nil || len(caps) != 0 {
			t.Errorf("got %v, %v, %v", caps, known, err)
		}
	})
	t.Run("a role is learnt from a user who has no other", func(t *testing.T) {
		caps, known, err := client.RoleCaps(t.Context(), "administrator")
		if err != nil || !known || !caps["manage_options"] {
			t.Errorf("got %v, %v, %v", caps, known, err)
		}
	})
	t.Run("a user with more roles teaches nothing", func(t *testing.T) {
		role := fresh()
		s.addRole(t, role, "Role "+role, []string{"read", "moderate_comments"})
		user := newUser(fresh())
		user.Roles = []string{"author", role}
		made := mustCreate(t, client, user)
		if caps, known, err := client.RoleCaps(t.Context(), role); known || err != nil {
			t.Errorf("got %v, %v, %v", caps, known, err)
		}
		if _, err := client.update(t, made, core.UserPatch{Roles: []string{role}}); err != nil {
			t.Fatal(err)
		}
		caps, known, err := client.RoleCaps(t.Context(), role)
		if err != nil || !known || !caps["moderate_comments"] || caps["publish_posts"] {
			t.Errorf("got %v, %v, %v", caps, known, err)
		}
	})
}
