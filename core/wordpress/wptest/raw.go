package wptest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
)

func (s *suite) rawDiscovery(t *testing.T) {
	t.Run("the front page links to the API", func(t *testing.T) {
		want := s.URL + "/wp-json/"
		if s.Plain {
			want = s.URL + "/index.php?rest_route=/"
		}
		for _, method := range []string{"GET", "HEAD"} {
			got := s.sendTo(t, s.URL+"/", request{method: method, guest: true})
			link := "<" + want + `>; rel="https://api.w.org/"`
			if !strings.Contains(strings.Join(got.header.Values("Link"), ", "), link) {
				t.Errorf("%s: got links %q, want %s", method, got.header.Values("Link"), link)
			}
		}
	})
	t.Run("rest_route works with any permalinks, its query joined by &", func(t *testing.T) {
		got := s.sendTo(t, s.URL+"/?rest_route=/wp/v2/users/me&context=edit&_fields=username,email", request{})
		got.want(t, http.StatusOK, "")
		var me struct{ Username, Email string }
		if got.decode(t, &me); me.Username != s.User || me.Email == "" {
			t.Errorf("got %s", got.body)
		}
	})
	t.Run("a second question mark spoils the route", func(t *testing.T) {
		got := s.sendTo(t, s.URL+"/?rest_route=/wp/v2/users?context=edit", request{})
		got.want(t, http.StatusNotFound, "rest_no_route")
	})
	if s.Plain {
		t.Run("with plain permalinks /wp-json answers 200 and the front page", func(t *testing.T) {
			for _, method := range []string{"GET", "POST"} {
				got := s.sendTo(t, s.URL+"/wp-json/wp/v2/users/", request{method: method}) // without the slash a GET is redirected
				if got.status != http.StatusOK || got.isJSON() || !strings.Contains(strings.ToLower(string(got.body)), "<html") {
					t.Errorf("%s: got %d, %s", method, got.status, got.header.Get("Content-Type"))
				}
			}
		})
	}
	t.Run("the index names the site and its way of authentication", func(t *testing.T) {
		got := s.send(t, request{route: "/", query: "_fields=name,home,namespaces,authentication", guest: true})
		got.want(t, http.StatusOK, "")
		var index struct {
			Name, Home     string
			Namespaces     []string
			Authentication map[string]json.RawMessage
			Routes         json.RawMessage
		}
		got.decode(t, &index)
		if index.Name == "" || index.Home != s.URL || index.Authentication["application-passwords"] == nil || index.Routes != nil {
			t.Errorf("got %s", got.body)
		}
		if !strings.Contains(strings.Join(index.Namespaces, " "), "wp/v2") {
			t.Errorf("got namespaces %v", index.Namespaces)
		}
	})
	t.Run("a route that is not there", func(t *testing.T) {
		s.send(t, request{route: "/wp/v2/nothing"}).want(t, http.StatusNotFound, "rest_no_route")
	})
}

func (s *suite) rawAccess(t *testing.T) {
	const introspect = "/wp/v2/users/me/application-passwords/introspect"
	t.Run("bad credentials look the same, and public routes answer as to a guest", func(t *testing.T) {
		for _, bad := range []request{{guest: true}, {user: s.User, password: "wrong"}, {user: fresh(), password: s.Password}} {
			for route, code := range map[string]string{
				"/wp/v2/users/me": "rest_not_logged_in",
				"/wp/v2/users":    "rest_forbidden_context",
				introspect:        "rest_not_logged_in",
			} {
				bad.method, bad.route, bad.query, bad.body = "GET", route, "context=edit", ""
				s.send(t, bad).want(t, http.StatusUnauthorized, code)
			}
			bad.method, bad.route, bad.query = "POST", "/wp/v2/users", ""
			bad.body = fmt.Sprintf(`{"username":%q,"email":"%[1]s@example.test","password":"x"}`, fresh())
			s.send(t, bad).want(t, http.StatusUnauthorized, "rest_cannot_create_user")
			bad.method, bad.body = "GET", ""
			got := s.send(t, bad)
			got.want(t, http.StatusOK, "")
			if strings.Contains(string(got.body), `"email"`) {
				t.Errorf("a guest is shown e-mail addresses: %.200s", got.body)
			}
			bad.route = "/"
			bad.query = "_fields=name"
			s.send(t, bad).want(t, http.StatusOK, "")
		}
	})
	t.Run("the e-mail address is as good as the login, in any case", func(t *testing.T) {
		var me struct{ Email string }
		s.send(t, request{route: "/wp/v2/users/me", query: "context=edit&_fields=email"}).decode(t, &me)
		for _, user := range []string{me.Email, strings.ToUpper(s.User)} {
			s.send(t, request{route: "/wp/v2/users/me", user: user, password: s.Password}).want(t, http.StatusOK, "")
		}
	})
	t.Run("introspect names the password", func(t *testing.T) {
		got := s.send(t, request{route: introspect})
		got.want(t, http.StatusOK, "")
		var password struct{ UUID, Name string }
		if got.decode(t, &password); len(password.UUID) != 36 || password.Name == "" {
			t.Errorf("got %s", got.body)
		}
	})
	t.Run("Allow tells who may create", func(t *testing.T) {
		for _, method := range []string{"GET", "OPTIONS"} {
			got := s.send(t, request{method: method, route: "/wp/v2/users"})
			if allow := got.header.Get("Allow"); allow != "GET, POST" {
				t.Errorf("%s as administrator: %q", method, allow)
			}
			got = s.send(t, request{method: method, route: "/wp/v2/users", guest: true})
			if allow := got.header.Get("Allow"); allow != "GET" {
				t.Errorf("%s as guest: %q", method, allow)
			}
		}
	})
	t.Run("what an editor may not", func(t *testing.T) {
		login := fresh()
		as := request{user: login, password: s.addUser(t, login, "editor")}
		for _, test := range []struct{ method, route, query, body, code string }{
			{"GET", "/wp/v2/users", "context=edit", "", "rest_forbidden_context"},
			{"GET", "/wp/v2/users", "roles=editor", "", "rest_user_cannot_view"},
			{"POST", "/wp/v2/users", "", `{"username":"x","email":"x@example.test","password":"x"}`, "rest_cannot_create_user"},
			{"POST", "/wp/v2/users/1", "", `{"first_name":"x"}`, "rest_cannot_edit"},
			{"POST", "/wp/v2/users/me", "", `{"roles":["author"]}`, "rest_cannot_edit_roles"},
		} {
			as.method, as.route, as.query, as.body = test.method, test.route, test.query, test.body
			s.send(t, as).want(t, http.StatusForbidden, test.code)
		}
		as.method, as.route, as.query, as.body = "OPTIONS", "/wp/v2/users", "", ""
		if allow := s.send(t, as).header.Get("Allow"); allow != "GET" {
			t.Errorf("Allow is %q", allow)
		}
	})
	t.Run("an account cannot give its own power away", func(t *testing.T) {
		login := fresh()
		as := request{user: login, password: s.addUser(t, login, "administrator")}
		as.method, as.route, as.body = "POST", "/wp/v2/users/me", `{"roles":["author"]}`
		s.send(t, as).want(t, http.StatusForbidden, "rest_user_invalid_role")
	})
}

func (s *suite) rawLists(t *testing.T) {
	word := fresh()
	for i, email := range []string{"ann+x@" + word + ".test", "ann@" + word + ".test", "joann@" + word + ".test.au"} {
		s.send(t, request{method: "POST", route: "/wp/v2/users", body: fmt.Sprintf(
			`{"username":"%s.%d","email":%q,"password":"x"}`, word, i, email)}).want(t, http.StatusCreated, "")
	}
	count := func(t *testing.T, query string) int {
		t.Helper()
		got := s.send(t, request{route: "/wp/v2/users", query: "context=edit&per_page=100&_fields=id,email&" + query})
		got.want(t, http.StatusOK, "")
		var list []struct{ Email string }
		got.decode(t, &list)
		return len(list)
	}
	for query, want := range map[string]int{
		"search=ann%2Bx@" + word + ".test":    1,
		"search=ann%2Bx%40" + word + ".test":  1,
		"search=ann+x@" + word + ".test":      0, // a space
		"search=ann@" + word + ".test":        2,
		"search=ANN@" + strings.ToUpper(word): 2,
		"search=" + word:                      3,
		"search=" + word + ".1":               1,
		"slug=" + word + "-1":                 1, // a login's dots are dashes there
		"slug=" + word + ".1":                 0,
		"roles=" + word:                       0,
		"roles=subscriber&search=" + word:     3,
		"roles=administrator&search=" + word:  0,
	} {
		if got := count(t, query); got != want {
			t.Errorf("%s: %d users, want %d", query, got, want)
		}
	}
	if everyone := count(t, ""); count(t, "email=nobody@"+word+".test") != everyone || everyone < 4 {
		t.Errorf("email= is no longer ignored, or %d are not all users", everyone)
	}
	t.Run("pages", func(t *testing.T) {
		got := s.send(t, request{route: "/wp/v2/users", query: "context=edit&_fields=id&per_page=2&orderby=id&order=asc&search=" + word})
		got.want(t, http.StatusOK, "")
		if got.header.Get("X-WP-Total") != "3" || got.header.Get("X-WP-TotalPages") != "2" || !strings.Contains(got.header.Get("Link"), `rel="next"`) {
			t.Errorf("got headers %v", got.header)
		}
		var first, second []struct{ ID int }
		got.decode(t, &first)
		got = s.send(t, request{route: "/wp/v2/users", query: "context=edit&_fields=id&per_page=2&page=2&orderby=id&order=asc&search=" + word})
		got.decode(t, &second)
		if len(first) != 2 || len(second) != 1 || first[0].ID >= first[1].ID || first[1].ID >= second[0].ID {
			t.Errorf("got %v, then %v", first, second)
		}
		s.send(t, request{route: "/wp/v2/users", query: "per_page=101"}).want(t, http.StatusBadRequest, "rest_invalid_param")
	})
}
