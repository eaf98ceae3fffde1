package wordpress

import (
	"net/http"
	"strings"
	"testing"

	"usher/core"
)

// steps answers each route of Verify with a body; "→ n" is a bare status n.
type steps struct{ index, me, list, introspect, allow string }

func (s steps) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body := map[string]string{
		"/": s.index, "/wp/v2/users/me": s.me, "/wp/v2/users": s.list,
		"/wp/v2/users/me/application-passwords/introspect": s.introspect,
	}[r.URL.Path]
	if r.URL.Path == "/wp/v2/users" && s.allow != "" {
		w.Header().Set("Allow", s.allow)
	}
	switch {
	case strings.Contains(body, "rest_not_logged_in"):
		answer(w, http.StatusUnauthorized, body)
	case strings.Contains(body, `"application_passwords_disabled"`):
		answer(w, http.StatusNotImplemented, body)
	case strings.Contains(body, `"rest_no_route"`):
		answer(w, http.StatusNotFound, body)
	case strings.Contains(body, `"rest_forbidden_context"`):
		answer(w, http.StatusForbidden, body)
	default:
		answer(w, http.StatusOK, body)
	}
}

func TestVerify(t *testing.T) {
	const (
		able   = `{"id":7,"username":"ann","capabilities":{"list_users":true,"create_users":true,"edit_users":true,"promote_users":true}}`
		fails  = `{"code":"rest_not_logged_in"}`
		passes = `{"authentication":{"application-passwords":{"endpoints":{}}}}`
	)
	tests := map[string]struct {
		steps        steps
		code, detail string
	}{
		"all well":                     {steps{passes, able, `[]`, "", "GET, POST"}, "", ""},
		"an index that hides its ways": {steps{`{}`, able, `[]`, "", "GET, POST"}, "", ""},
		"an Allow header lost":         {steps{passes, able, `[]`, "", ""}, "", ""},
		"switched off":                 {steps{`{"authentication":[]}`, able, `[]`, "", "GET, POST"}, "site.no_app_passwords", ""},
		"another way only":             {steps{`{"authentication":{"oauth":{}}}`, able, `[]`, "", "GET, POST"}, "site.no_app_passwords", ""},
		"no ways, as an object":        {steps{`{"authentication":{}}`, able, `[]`, "", "GET, POST"}, "site.no_app_passwords", ""},
		"switched off, and hidden": {
			steps{`{}`, fails, `[]`, `{"code":"application_passwords_disabled"}`, ""}, "site.no_app_passwords", "",
		},
		"refused":              {steps{passes, fails, `[]`, fails, ""}, "site.unauthorized", ""},
		"refused at the index": {steps{fails, able, `[]`, fails, ""}, "site.unauthorized", ""},
		"users hidden":         {steps{passes, `{"code":"rest_no_route"}`, `[]`, "", ""}, "site.no_rest", ""},
		"may not list":         {steps{passes, able, `{"code":"rest_forbidden_context"}`, "", ""}, "site.forbidden", ""},
		"a site's administrator, not the network's": {steps{passes, able, `[]`, "", "GET"}, "site.forbidden", "create_users"},
		"may not list, by capabilities":             {steps{passes, strings.Replace(able, "list_users", "x", 1), `[]`, "", "GET, POST"}, "site.forbidden", "list_users"},
		"may not create, by capabilities":           {steps{passes, strings.Replace(able, "create_users", "x", 1), `[]`, "", "GET, POST"}, "site.forbidden", "create_users"},
		"may not edit, by capabilities":             {steps{passes, strings.Replace(able, "edit_users", "x", 1), `[]`, "", "GET, POST"}, "site.forbidden", "edit_users"},
		"may not promote, by capabilities":          {steps{passes, strings.Replace(able, "promote_users", "x", 1), `[]`, "", "GET, POST"}, "site.forbidden", "promote_users"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			account, err := site(t, test.steps.ServeHTTP).Verify(t.Context())
			if test.code == "" {
				if err != nil || account.Login != "ann" {
					t.Errorf("got %s, %v", account.Login, err)
				}
				return
			}
			if p := core.AsProblem(err); p.Code != test.code || p.Detail != test.detail {
				t.Errorf("got %v, want %s: %s", err, test.code, test.detail)
			}
		})
	}
}
