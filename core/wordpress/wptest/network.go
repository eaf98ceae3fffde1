package wptest

import (
	"fmt"
	"net/http"
	"slices"
	"testing"

	"usher/core/wordpress"
)

// What differs on a network of sites (multisite), all measured on 7.1.4:
//
//   - Only an administrator of the network may make users, whatever a role allows.
//   - A login has a-z and 0-9 only. A login or address that is taken is an invalid
//     parameter, and says so in additional_errors.
//   - WordPress's own API makes users without a role, with the login for a display name,
//     cuts longer names off, and tells the network's administrator of each by mail. The
//     helper makes them as on any site.
//   - The API deletes nobody.

// rawNetwork is what the client is built on.
func (s *suite) rawNetwork(t *testing.T) {
	made, name := s.rawMake(t, nil)
	made.want(t, http.StatusCreated, "")
	for member, wrong := range map[string]struct{ value, code string }{
		"username": {name, "user_name"}, "email": {name + "@example.test", "user_email"},
	} {
		t.Run(member+" taken", func(t *testing.T) {
			got, _ := s.rawMake(t, map[string]string{member: fmt.Sprintf("%q", wrong.value)})
			got.want(t, http.StatusBadRequest, "rest_invalid_param")
			var fault struct {
				Additional []struct{ Code string } `json:"additional_errors"`
			}
			if got.decode(t, &fault); len(fault.Additional) != 1 || fault.Additional[0].Code != wrong.code {
				t.Errorf("got %s", got.body)
			}
		})
	}
	t.Run("letters a login may not have", func(t *testing.T) {
		for _, login := range []string{name + ".1", name + "-1", name + "@example.test", "abc"} {
			got, _ := s.rawMake(t, map[string]string{"username": fmt.Sprintf("%q", login)})
			got.want(t, http.StatusBadRequest, "rest_invalid_param")
		}
	})
	t.Run("nobody is deleted", func(t *testing.T) {
		var user struct{ ID int }
		made.decode(t, &user)
		got := s.send(t, request{method: "DELETE", route: fmt.Sprintf("/wp/v2/users/%d", user.ID), query: "force=true&reassign=false"})
		got.want(t, http.StatusNotImplemented, "rest_cannot_delete")
	})
	t.Run("a user of the network who is not on the site", func(t *testing.T) {
		login := fresh()
		id := s.AddElsewhere(t, login)
		for _, method := range []string{"GET", "POST"} {
			s.send(t, request{method: method, route: fmt.Sprintf("/wp/v2/users/%d", id)}).want(t, http.StatusNotFound, "rest_user_invalid_id")
		}
	})
}

// elsewhere: users of the network who are not on this site.
func (w writer) elsewhere(t *testing.T) {
	login := fresh()
	id := w.AddElsewhere(t, login)
	for _, found := range w.find(t, byID(id), byEmail(login+"@example.test")) {
		if found.OK {
			t.Errorf("found user %d", found.User.ID)
		}
	}
	user := newUser(fresh())
	user.Email = login + "@example.test"
	got := w.write(t, making(user))[0]
	if !w.helper {
		wantProblem(t, got.Err, "user.on_network")
		return
	}
	if got.Err != nil || got.Made || got.User.ID != id || got.User.Login != login || !slices.Equal(got.User.Roles, []string{"subscriber"}) {
		t.Errorf("added to the site: %+v", got)
	}
}

// emailTaken is what a create says to an address that is taken.
func (s *suite) emailTaken() string {
	if s.Network {
		return "user.on_network" // whose it is cannot be told
	}
	return "user.email_taken"
}

// nameOf is the display name WordPress makes of a login and names.
func (s *suite) nameOf(login, names string) string {
	if s.Network {
		return login
	}
	return names
}

// mailsAtCreate is how many mails a create by WordPress's own API sends.
func (s *suite) mailsAtCreate() int {
	if s.Network {
		return 1
	}
	return 0
}

// legalLogin makes a login the site takes.
func (s *suite) legalLogin(wanted string) string {
	if s.Network {
		return wordpress.NetworkLogin(wanted)
	}
	return wordpress.LegalLogin(wanted)
}
