package wptest

import (
	"slices"
	"strings"
	"testing"
	"time"

	"usher/core"
	"usher/core/wordpress"
)

func (s *suite) create(t *testing.T) {
	client := s.client(t)
	t.Run("a user is made as asked and read back", func(t *testing.T) {
		mails := s.mails(t)
		user := newUser(fresh())
		user.Roles = []string{"editor", "author"}
		user.Fields = core.Fields{
			"first_name": "Zoë & Tom's", "last_name": "O'Neil <3", "nickname": `"Zo"`, "description": "one\ntwo & three",
			"url": "https://example.test/?a=1&b=2", "locale": "en_US",
		}
		made := mustCreate(t, client, user)
		read, err := client.find(t, byID(made.ID))
		if err != nil || !read.OK {
			t.Fatalf("read back: %+v, %v", read, err)
		}
		for _, got := range []core.User{made, read.User} {
			if got.Login != user.Login || got.Email != user.Email || !slices.Equal(got.Roles, user.Roles) || !got.Caps["edit_others_posts"] {
				t.Errorf("got %s, %s, roles %v", got.Login, got.Email, got.Roles)
			}
			for name, want := range user.Fields {
				if name == "locale" {
					continue // the site's own language is shown as the language or as ""
				}
				if got.Fields[name] != want {
					t.Errorf("%s: got %q, want %q", name, got.Fields[name], want)
				}
			}
			if got.Fields["name"] != s.nameOf(user.Login, "Zoë & Tom's O'Neil <3") {
				t.Errorf("the display name is %q", got.Fields["name"])
			}
			if age := client.Clock().Sub(got.Registered); age < -time.Second || age > time.Minute {
				t.Errorf("registered at %v, by the site's clock it is %v", got.Registered, client.Clock())
			}
		}
		if sent := s.mails(t) - mails; s.Mails != nil && sent != s.mailsAtCreate() {
			t.Errorf("%d mails were sent", sent)
		}
	})
	t.Run("without roles the site's default role is given, with none none", func(t *testing.T) {
		user := newUser(fresh())
		want := 1
		if s.Network {
			want = 0
		}
		if made := mustCreate(t, client, user); len(made.Roles) != want || made.Caps["read"] != (want == 1) {
			t.Errorf("got roles %v", made.Roles)
		}
		user = newUser(fresh())
		user.Roles = []string{}
		if made := mustCreate(t, client, user); len(made.Roles) != 0 || made.Caps["read"] {
			t.Errorf("got roles %v", made.Roles)
		}
	})
	t.Run("an address or a login that is taken, in any case", func(t *testing.T) {
		first, second := newUser(fresh()), newUser(fresh())
		mustCreate(t, client, first)
		second.Email = strings.ToUpper(first.Email)
		_, err := client.create(t, second)
		wantProblem(t, err, s.emailTaken())
		second = newUser(fresh())
		second.Login = strings.ToUpper(first.Login)
		_, err = client.create(t, second)
		wantProblem(t, err, "user.login_taken")
		_, err = client.create(t, first)
		if s.Network {
			wantProblem(t, err, "user.on_network")
		} else {
			wantProblem(t, err, "user.login_taken")
		}
	})
	s.createRefused(t, client)
	t.Run("every legal login is taken, and numbered ones too", func(t *testing.T) {
		for _, wanted := range []string{"ann+%s@example.test", " Zoë  ß_%s ", "-%s-", ".%s", "%s' <b>x</b>"} {
			user := newUser(fresh())
			user.Login = s.legalLogin(strings.Replace(wanted, "%s", fresh(), 1))
			if made := mustCreate(t, client, user); made.Login != user.Login {
				t.Errorf("%q became %q", user.Login, made.Login)
			}
			user.Email, user.Login = "2"+user.Email, wordpress.NumberedLogin(user.Login, 2)
			if made := mustCreate(t, client, user); made.Login != user.Login {
				t.Errorf("%q became %q", user.Login, made.Login)
			}
		}
	})
}

// refusal is a user no site makes, and why.
type refusal struct {
	name   string
	spoil  func(*core.NewUser)
	code   string
	detail string
}

func refusals() []refusal {
	return []refusal{
		{"no @", func(u *core.NewUser) { u.Email = "ann" }, "contact.bad_email", ""},
		{"a domain the site refuses", func(u *core.NewUser) { u.Email = u.Login + "@exa_mple.test" }, "contact.bad_email", ""},
		{"two dots", func(u *core.NewUser) { u.Email = u.Login + "@example..test" }, "contact.bad_email", ""},
		{"another alphabet", func(u *core.NewUser) { u.Email = u.Login + "é@example.test" }, "contact.bad_email", ""},
		{"101 characters", func(u *core.NewUser) { u.Email = strings.Repeat("x", 101-len("@example.test")) + "@example.test" }, "contact.bad_email", ""},
		{"a login of 61", func(u *core.NewUser) { u.Login = strings.Repeat("x", 61) }, "user.refused", "username"},
		{"a login with a plus", func(u *core.NewUser) { u.Login += "+" }, "user.login_taken", ""},
		{"a role that is not there", func(u *core.NewUser) { u.Roles = []string{"no_such_role"} }, "user.role_unknown", "no_such_role"},
		{"a language that is not there", func(u *core.NewUser) { u.Fields = core.Fields{"locale": "xx_XX"} }, "user.refused", "locale"},
		{"a display name of 251", func(u *core.NewUser) { u.Fields = core.Fields{"name": strings.Repeat("é", 251)} }, "user.refused", "name"},
		{"a first name of 300", func(u *core.NewUser) { u.Fields = core.Fields{"first_name": strings.Repeat("é", 300)} }, "user.refused", "name"},
		{"an address of a web page of 101", func(u *core.NewUser) {
			u.Fields = core.Fields{"url": "https://example.test/" + strings.Repeat("x", 80)}
		}, "user.refused", "url"},
		{"no password", func(u *core.NewUser) { u.Password = core.Secret{} }, "user.refused", "password"},
		{"a field the client does not know", func(u *core.NewUser) { u.Fields = core.Fields{"phone": "1"} }, "app.internal", ""},
	}
}

func (s *suite) createRefused(t *testing.T, client caller) {
	for _, test := range refusals() {
		t.Run("refused: "+test.name, func(t *testing.T) {
			user := newUser(fresh())
			test.spoil(&user)
			_, err := client.create(t, user)
			wantProblem(t, err, test.code)
			if detail := core.AsProblem(err).Detail; detail != test.detail {
				t.Errorf("the detail is %q, want %q", detail, test.detail)
			}
			if found, err := client.find(t, byEmail(user.Email)); found.OK || err != nil {
				t.Errorf("afterwards: got user %d, %v", found.User.ID, err)
			}
		})
	}
	t.Run("the longest there may be", func(t *testing.T) {
		user := newUser(fresh())
		user.Email = user.Login + strings.Repeat("x", 100-len(user.Login)-len("@example.test")) + "@example.test"
		user.Login += strings.Repeat("x", 60-len(user.Login))
		user.Fields = core.Fields{"name": strings.Repeat("é", 250)}
		if made := mustCreate(t, client, user); made.Email != user.Email || made.Login != user.Login || made.Fields["name"] != user.Fields["name"] {
			t.Errorf("got %s, %s, %s", made.Login, made.Email, made.Fields["name"])
		}
	})
}

func (s *suite) mails(t *testing.T) int {
	t.Helper()
	if s.Mails == nil {
		return 0
	}
	return s.Mails(t)
}
