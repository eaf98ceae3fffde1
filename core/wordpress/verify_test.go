package wordpress

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"usher/core"
)

const (
	able     = `{"id":7,"username":"ann","roles":["shop_boss"],"capabilities":{"list_users":true,"create_users":true,"edit_users":true,"promote_users":true}}`
	fails    = `{"code":"rest_not_logged_in"}`
	passes   = `{"home":"","authentication":{"application-passwords":{"endpoints":{}}}}`
	disabled = `{"code":"application_passwords_disabled"}`
	single   = `{"schema":{"properties":{"title":{},"url":{}}}}`
	network  = `{"schema":{"properties":{"title":{}}}}`
)

// answers has a body for each thing a site is asked while signing in; its code, if it has
// one, says the status.
type answers struct{ index, me, list, introspect, allow, settings, xmlrpc string }

func (a answers) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	path := strings.TrimPrefix(r.URL.Path, "/blog")
	if path == "/xmlrpc.php" {
		w.Header().Set("Content-Type", "text/xml")
		_, _ = w.Write([]byte(a.xmlrpc))
		return
	}
	route := strings.TrimPrefix(path, "/wp-json")
	if route == "/wp/v2/users" && a.allow != "" {
		w.Header().Set("Allow", a.allow)
	}
	body := map[string]string{
		"/": a.index, "/wp/v2/users/me": a.me, "/wp/v2/users": a.list, "/wp/v2/settings": a.settings,
		"/wp/v2/users/me/application-passwords/introspect": a.introspect,
	}[route]
	answer(w, statusOf(body), body)
}

func statusOf(body string) int {
	if strings.Contains(body, `"data":401`) {
		return http.StatusUnauthorized
	}
	for code, status := range map[string]int{
		`"application_passwords_disabled"`: http.StatusNotImplemented, `"rest_no_route"`: http.StatusNotFound,
		`"rest_forbidden_context"`: http.StatusForbidden, `"rest_closed"`: http.StatusForbidden,
		`"internal_server_error"`: http.StatusInternalServerError,
	} {
		if strings.Contains(body, code) {
			return status
		}
	}
	if strings.Contains(body, `"code"`) {
		return http.StatusUnauthorized
	}
	return http.StatusOK
}

// signedIn is a client of a site that answers so, with credentials that look right.
func signedIn(t *testing.T, a answers, user, password string) *Client {
	t.Helper()
	server := httptest.NewServer(a)
	t.Cleanup(server.Close)
	client := New(core.Site{API: server.URL + "/blog/wp-json", User: user, Local: true}, core.NewSecret(password))
	t.Cleanup(client.Close)
	return client
}

const rightShape = "abcd EFGH 1234 ijkl MNOP 5678"

func TestVerify(t *testing.T) {
	lacks := func(capability string) string { return strings.Replace(able, capability, "x", 1) }
	tests := map[string]struct {
		change       func(*answers)
		code, detail string
	}{
		"all well":                     {func(*answers) {}, "", ""},
		"an index that hides its ways": {func(a *answers) { a.index = `{}` }, "", ""},
		"an index kept from everyone":  {func(a *answers) { a.index = fails }, "", ""},
		"an Allow header lost":         {func(a *answers) { a.allow = "" }, "", ""},
		"a network's administrator":    {func(a *answers) { a.settings = network }, "", ""},
		"settings hidden":              {func(a *answers) { a.settings = `{"code":"rest_no_route"}` }, "", ""},

		"switched off":          {func(a *answers) { a.index = `{"authentication":[]}` }, "site.app_passwords_need_https", ""},
		"another way only":      {func(a *answers) { a.index = `{"authentication":{"oauth":{}}}` }, "site.app_passwords_need_https", ""},
		"no ways, as an object": {func(a *answers) { a.index = `{"authentication":{}}` }, "site.app_passwords_need_https", ""},
		"switched off, and hidden": {
			func(a *answers) { a.index, a.me, a.introspect = `{}`, fails, disabled }, "site.app_passwords_need_https", "",
		},
		"users hidden":                  {func(a *answers) { a.me = `{"code":"rest_no_route"}` }, "site.no_rest", ""},
		"may not list":                  {func(a *answers) { a.list = `{"code":"rest_forbidden_context"}` }, "site.forbidden", ""},
		"may not create, by the header": {func(a *answers) { a.allow = "GET" }, "site.forbidden", "create_users is refused"},
		"a site's administrator, not the network's": {
			func(a *answers) { a.allow, a.settings = "GET", network }, "site.network", "",
		},
		"a site's administrator, settings hidden": {
			func(a *answers) { a.allow, a.settings = "GET", `{"code":"rest_no_route"}` }, "site.forbidden", "create_users is refused",
		},
		"a site's administrator, settings without a word": {
			func(a *answers) { a.allow, a.settings = "GET", `{}` }, "site.forbidden", "create_users is refused",
		},
		"lacks list_users":    {func(a *answers) { a.me = lacks("list_users") }, "site.forbidden", "list_users is missing, its role is shop_boss"},
		"lacks create_users":  {func(a *answers) { a.me = lacks("create_users") }, "site.forbidden", "create_users is missing, its role is shop_boss"},
		"lacks edit_users":    {func(a *answers) { a.me = lacks("edit_users") }, "site.forbidden", "edit_users is missing, its role is shop_boss"},
		"lacks promote_users": {func(a *answers) { a.me = lacks("promote_users") }, "site.forbidden", "promote_users is missing, its role is shop_boss"},
		"has a role of a strange name": {
			func(a *answers) { a.me = strings.Replace(lacks("list_users"), "shop_boss", "<b>ann@x", 1) }, "site.forbidden", "list_users is missing",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			a := answers{index: passes, me: able, list: `[]`, allow: "GET, POST", settings: single}
			test.change(&a)
			account, err := signedIn(t, a, "ann", rightShape).Verify(t.Context())
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
