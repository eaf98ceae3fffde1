package wptest

import (
	"slices"
	"strings"
	"testing"

	"usher/core"
	"usher/core/wordpress"
)

func (s *suite) discover(t *testing.T) {
	host := s.URL[strings.Index(s.URL, "://")+len("://"):]
	want := s.found
	if want.Home != s.URL || want.Name == "" || !want.Local {
		t.Errorf("got %+v, want the home %s, a name, and local", want, s.URL)
	}
	if plain := strings.HasSuffix(want.API, "?rest_route="); plain != s.Plain {
		t.Errorf("the API is at %s", want.API)
	}
	for _, typed := range []string{
		host, " " + host + "/ ", s.URL + "/", s.URL + "/wp-admin/", s.URL + "/wp-admin/users.php?role=author",
		s.URL + "/wp-login.php", s.URL + "/index.php", s.URL + "/wp-json/", s.URL + "/#top",
	} {
		if got, err := wordpress.Discover(t.Context(), typed); err != nil || got != want {
			t.Errorf("%q: got %+v, %v; want %+v", typed, got, err, want)
		}
	}
}

func (s *suite) verify(t *testing.T) {
	t.Run("names the account, whatever the password's spaces", func(t *testing.T) {
		spaced := strings.Join(slices.Collect(chunks(s.Password, 4)), " ")
		account, err := s.clientAs(t, " "+s.User+" ", " "+spaced+"\n").Verify(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if account.Login != s.User || !account.Caps["manage_options"] || !slices.Contains(account.Roles, "administrator") {
			t.Errorf("got %s with roles %v", account.Login, account.Roles)
		}
	})
	t.Run("connecting with the e-mail address ends up with the login", func(t *testing.T) {
		account, err := s.client(t).Verify(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		site, err := wordpress.Connect(t.Context(), s.URL, account.Email, core.NewSecret(s.Password))
		if err != nil || site.User != s.User || site.Home != s.URL {
			t.Errorf("got %+v, %v", site, err)
		}
	})
	t.Run("a wrong password or user is unauthorized everywhere", func(t *testing.T) {
		for _, client := range []caller{
			s.clientAs(t, s.User, fresh()), s.clientAs(t, fresh(), s.Password), s.clientAs(t, s.User, ""),
		} {
			_, err := client.Verify(t.Context())
			wantNoEntry(t, err)
			wantProblem(t, client.Ping(t.Context()), "site.unauthorized")
			_, err = client.create(t, newUser(fresh()))
			wantProblem(t, err, "site.unauthorized")
			_, err = client.find(t, byEmail("ann@example.test"))
			wantProblem(t, err, "site.unauthorized")
		}
	})
	t.Run("the account's own password is refused", func(t *testing.T) {
		user := newUser(fresh())
		mustCreate(t, s.client(t), user)
		_, err := s.clientAs(t, user.Login, user.Password.Reveal()).Verify(t.Context())
		wantNoEntry(t, err)
	})
	t.Run("an editor may not manage users", func(t *testing.T) {
		login := fresh()
		client := s.clientAs(t, login, s.addUser(t, login, "editor"))
		_, err := client.Verify(t.Context())
		wantProblem(t, err, "site.forbidden")
		wantProblem(t, client.Ping(t.Context()), "site.forbidden")
		_, err = client.create(t, newUser(fresh()))
		wantProblem(t, err, "site.forbidden")
		_, err = client.find(t, byEmail("ann@example.test"))
		wantProblem(t, err, "site.forbidden")
		_, err = client.update(t, core.User{ID: 1}, core.UserPatch{Fields: core.Fields{"first_name": "Ann"}})
		wantProblem(t, err, "user.not_editable")
	})
	t.Run("a role with five capabilities is enough", func(t *testing.T) {
		role, login := fresh(), fresh()
		s.addRole(t, role, "Usher", []string{"read", "list_users", "create_users", "edit_users", "promote_users"})
		client := s.clientAs(t, login, s.addUser(t, login, role))
		_, err := client.Verify(t.Context())
		if s.Network {
			if err == nil {
				t.Error("the account may manage users")
			}
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		made := mustCreate(t, client, newUser(fresh()))
		changed, err := client.update(t, made, core.UserPatch{Roles: []string{"author"}})
		if err != nil || !slices.Equal(changed.Roles, []string{"author"}) {
			t.Errorf("got roles %v, %v", changed.Roles, err)
		}
	})
}

// wantNoEntry checks that err is one of the Problems that say why a password was not accepted.
func wantNoEntry(t *testing.T, err error) {
	t.Helper()
	if code := core.AsProblem(err).Code; !slices.Contains([]string{
		"site.unauthorized", "site.own_password", "site.wrong_password", "site.sign_in_unclear",
	}, code) {
		t.Errorf("got %v, want that the password is not accepted", err)
	}
}

func (s *suite) addUser(t *testing.T, login, role string) (password string) {
	t.Helper()
	if s.AddUser == nil {
		t.Skip("the site offers no AddUser")
	}
	return s.AddUser(t, login, login+"@example.test", role)
}

func (s *suite) addRole(t *testing.T, slug, name string, caps []string) {
	t.Helper()
	if s.AddRole == nil {
		t.Skip("the site offers no AddRole")
	}
	s.AddRole(t, slug, name, caps)
}

func chunks(text string, size int) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		for part := range slices.Chunk([]byte(text), size) {
			if !yield(string(part)) {
				return
			}
		}
	}
}
