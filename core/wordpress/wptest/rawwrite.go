package wptest

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// rawMake creates a user of a fresh name. Members, given as JSON, replace or add to the
// three that are needed; an empty one is left out.
func (s *suite) rawMake(t *testing.T, members map[string]string) (got reply, name string) {
	t.Helper()
	name = fresh()
	all := map[string]string{
		"username": fmt.Sprintf("%q", name), "email": fmt.Sprintf("%q", name+"@example.test"), "password": `"x"`,
	}
	maps.Copy(all, members)
	var parts []string
	for _, key := range slices.Sorted(maps.Keys(all)) {
		if all[key] != "" {
			parts = append(parts, fmt.Sprintf("%q:%s", key, all[key]))
		}
	}
	return s.send(t, request{
		method: "POST", route: "/wp/v2/users", body: "{" + strings.Join(parts, ",") + "}",
	}), name
}

func (s *suite) rawCreate(t *testing.T) {
	first, taken := s.rawMake(t, nil)
	first.want(t, http.StatusCreated, "")
	if first.header.Get("Location") == "" {
		t.Error("the answer has no Location")
	}
	quote := func(text string) string { return fmt.Sprintf("%q", text) }
	tests := []struct {
		name    string
		members map[string]string
		status  int
		code    string
		params  []string
	}{
		{"login taken", map[string]string{"username": quote(taken)}, 500, "existing_user_login", nil},
		{"login taken in capitals", map[string]string{"username": quote(strings.ToUpper(taken))}, 500, "existing_user_login", nil},
		{"e-mail taken", map[string]string{"email": quote(taken + "@example.test")}, 500, "existing_user_email", nil},
		{"e-mail taken in capitals", map[string]string{"email": quote(strings.ToUpper(taken) + "@example.test")}, 500, "existing_user_email", nil},
		{"both taken", map[string]string{"username": quote(taken), "email": quote(taken + "@example.test")}, 500, "existing_user_login", nil},
		{"login of 61", map[string]string{"username": quote(strings.Repeat("x", 61))}, 500, "user_login_too_long", nil},
		{"web page of 101", map[string]string{"url": quote("https://example.test/" + strings.Repeat("x", 80))}, 500, "user_url_too_long", nil},
		{"no e-mail", map[string]string{"email": ""}, 400, "rest_missing_callback_param", nil},
		{"no login", map[string]string{"username": ""}, 400, "rest_missing_callback_param", nil},
		{"no password", map[string]string{"password": ""}, 400, "rest_missing_callback_param", nil},
		{"malformed e-mail", map[string]string{"email": `"ann"`}, 400, "rest_invalid_param", []string{"email"}},
		{"e-mail in another alphabet", map[string]string{"email": `"ann@exämple.test"`}, 400, "rest_invalid_param", []string{"email"}},
		{"e-mail with spaces", map[string]string{"email": `" ann@example.test "`}, 400, "rest_invalid_param", []string{"email"}},
		{"login with +", map[string]string{"username": `"a+b"`}, 400, "rest_invalid_param", []string{"username"}},
		{"login with accent", map[string]string{"username": `"zoé"`}, 400, "rest_invalid_param", []string{"username"}},
		{"login with outer spaces", map[string]string{"username": `" ann "`}, 400, "rest_invalid_param", []string{"username"}},
		{"empty password", map[string]string{"password": `""`}, 400, "rest_invalid_param", []string{"password"}},
		{"password with backslash", map[string]string{"password": `"a\\b"`}, 400, "rest_invalid_param", []string{"password"}},
		{"password that is a number", map[string]string{"password": `5`}, 400, "rest_invalid_param", []string{"password"}},
		{"name that is a number", map[string]string{"first_name": `5`}, 400, "rest_invalid_param", []string{"first_name"}},
		{"two faults", map[string]string{"email": `"x"`, "locale": `"xx_XX"`}, 400, "rest_invalid_param", []string{"email", "locale"}},
		{"unknown role", map[string]string{"roles": `["nope"]`}, 400, "rest_user_invalid_role", nil},
		{"id", map[string]string{"id": "1"}, 400, "rest_user_exists", nil},
		{"unknown keys", map[string]string{"phone": `"1"`, "meta": `{"phone":"1"}`}, 201, "", nil},
		{"roles as a string", map[string]string{"roles": `"author,editor"`}, 201, "", nil},
		{"locale en_US", map[string]string{"locale": `"en_US"`}, 201, "", nil},
		{"no locale", map[string]string{"locale": `""`}, 201, "", nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, _ := s.rawMake(t, test.members)
			got.want(t, test.status, test.code)
			var fault struct {
				Data struct{ Params map[string]string }
			}
			if test.params == nil {
				return
			}
			if got.decode(t, &fault); !slices.Equal(slices.Sorted(maps.Keys(fault.Data.Params)), test.params) {
				t.Errorf("got %s, want params %v", got.body, test.params)
			}
		})
	}
	t.Run("broken JSON", func(t *testing.T) {
		s.send(t, request{method: "POST", route: "/wp/v2/users", body: `{"username":`}).want(t, 400, "rest_invalid_json")
	})
	t.Run("what the database has no room for comes to no user", func(t *testing.T) {
		for key, value := range map[string]string{
			"email": quote(strings.Repeat("x", 101-len("@example.test")) + "@example.test"),
			"name":  quote(strings.Repeat("x", 251)),
		} {
			got, name := s.rawMake(t, map[string]string{key: value})
			var made struct{ ID *int }
			if got.decode(t, &made); got.status < 500 && (got.status != http.StatusCreated || made.ID != nil) {
				t.Errorf("%s: got %d %.200s", key, got.status, got.body)
			}
			found := s.send(t, request{route: "/wp/v2/users", query: "context=edit&_fields=id&search=" + name})
			if string(found.body) != "[]" {
				t.Errorf("%s: found %s", key, found.body)
			}
		}
	})
}

func (s *suite) rawUpdate(t *testing.T) {
	made, name := s.rawMake(t, map[string]string{"first_name": `"Ann"`, "last_name": `"Example"`})
	var user struct{ ID int }
	made.decode(t, &user)
	_, other := s.rawMake(t, nil)
	route := fmt.Sprintf("/wp/v2/users/%d", user.ID)
	for _, test := range []struct {
		name, body string
		status     int
		code       string
	}{
		{"another login", `{"username":"other"}`, 400, "rest_user_invalid_argument"},
		{"the same login", fmt.Sprintf(`{"username":%q}`, name), 200, ""},
		{"an address that is taken", fmt.Sprintf(`{"email":"%s@example.test"}`, other), 400, "rest_user_invalid_email"},
		{"a malformed address", `{"email":"ann"}`, 400, "rest_invalid_param"},
		{"a slug that is taken", fmt.Sprintf(`{"slug":%q}`, other), 400, "rest_user_invalid_slug"},
		{"an unknown role", `{"roles":["nope"]}`, 400, "rest_user_invalid_role"},
		{"nothing", `{}`, 200, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			s.send(t, request{method: "POST", route: route, body: test.body}).want(t, test.status, test.code)
		})
	}
	t.Run("nobody there", func(t *testing.T) {
		for _, method := range []string{"GET", "POST", "DELETE"} {
			got := s.send(t, request{method: method, route: "/wp/v2/users/999999999", query: "force=true&reassign=false"})
			got.want(t, http.StatusNotFound, "rest_user_invalid_id")
		}
	})
	t.Run("a name too long is answered 200 and not written", func(t *testing.T) {
		got := s.send(t, request{method: "POST", route: route, body: fmt.Sprintf(`{"name":%q}`, strings.Repeat("x", 251))})
		got.want(t, http.StatusOK, "")
		var now struct{ Name string }
		if got.decode(t, &now); now.Name != "Ann Example" {
			t.Errorf("the name is %.50s", now.Name)
		}
	})
	t.Run("who is told what", func(t *testing.T) {
		if s.Mails == nil {
			t.Skip("the site offers no Mails")
		}
		for _, test := range []struct {
			body  string
			mails int
		}{
			{`{"first_name":"Joan","roles":["author"]}`, 0},
			{fmt.Sprintf(`{"email":"%s@example.test"}`, name), 0},
			{fmt.Sprintf(`{"email":"%s@example.test"}`, strings.ToUpper(name)), 1},
			{`{"password":"another"}`, 1},
			{fmt.Sprintf(`{"email":"2%s@example.test","password":"a third"}`, name), 2},
		} {
			before := s.Mails(t)
			s.send(t, request{method: "POST", route: route, body: test.body}).want(t, http.StatusOK, "")
			if sent := s.Mails(t) - before; sent != test.mails {
				t.Errorf("%s: %d mails, want %d", test.body, sent, test.mails)
			}
		}
	})
	t.Run("deleting needs force", func(t *testing.T) {
		got := s.send(t, request{method: "DELETE", route: route, query: "reassign=false"})
		if got.status < 400 {
			t.Errorf("got %d %s", got.status, got.body)
		}
	})
}
