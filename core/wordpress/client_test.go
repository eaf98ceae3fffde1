package wordpress

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"usher/core"
	"usher/core/rest"
)

// site is a client of a server that answers as handler does. The API lies in a folder,
// so that a URL put together wrongly finds nothing.
func site(t *testing.T, handler http.HandlerFunc) *Client {
	t.Helper()
	mux := http.NewServeMux()
	mux.Handle("/blog/wp-json/", http.StripPrefix("/blog/wp-json", handler))
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	client := New(core.Site{API: server.URL + "/blog/wp-json", User: " ann ", Local: true}, core.NewSecret("abcd efgh\u00a0ijkl"))
	t.Cleanup(client.Close)
	return client
}

func answer(w http.ResponseWriter, status int, body string) {
	w.Header().Set("Content-Type", "application/json; charset=UTF-8")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, body)
}

func always(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { answer(w, status, body) }
}

func user(id int, email string) string {
	return fmt.Sprintf(`{"id":%d,"username":"u%[1]d","email":%q,"roles":["customer"],"capabilities":{"read":true}}`, id, email)
}

// unhelped is a site without the helper, which answers all else as handler does.
func unhelped(handler http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, helperRoute) {
			answer(w, http.StatusNotFound, noRoute)
			return
		}
		handler(w, r)
	}
}

// methods are all that asks WordPress's own API about users or writes one, 7 with the
// e-mail ann@example.test.
var methods = map[string]func(context.Context, *Client) error{
	"Find by id": func(ctx context.Context, c *Client) error {
		_, err := findOne(ctx, c, core.UserQuery{ID: 7})
		return err
	},
	"Find by e-mail": func(ctx context.Context, c *Client) error {
		_, err := findOne(ctx, c, core.UserQuery{Email: "ann@example.test"})
		return err
	},
	"Write a new user": func(ctx context.Context, c *Client) error {
		return create(ctx, c, core.NewUser{Login: "ann", Email: "ann@example.test", Password: core.NewSecret("hush")})
	},
	"Write a change": func(ctx context.Context, c *Client) error {
		return change(ctx, c, core.UserPatch{Fields: core.Fields{"first_name": "Ann"}})
	},
	"RoleCaps": func(ctx context.Context, c *Client) error { _, _, err := c.RoleCaps(ctx, "customer"); return err },
	"Ping":     func(ctx context.Context, c *Client) error { return c.Ping(ctx) },
	"Verify":   func(ctx context.Context, c *Client) error { _, err := c.Verify(ctx); return err },
}

func findOne(ctx context.Context, c *Client, query core.UserQuery) (core.Found, error) {
	found, err := c.Find(ctx, []core.UserQuery{query})
	if err != nil {
		return core.Found{}, err
	}
	return found[0], nil
}

func create(ctx context.Context, c *Client, user core.NewUser) error {
	return c.Write(ctx, []core.UserWrite{{Op: "op-create", Create: &user}})[0].Err
}

// change patches user 7.
func change(ctx context.Context, c *Client, patch core.UserPatch) error {
	return c.Write(ctx, []core.UserWrite{{Op: "op-change", Before: &core.User{ID: 7}, Patch: patch}})[0].Err
}

func TestRequestsAreWhatWordPressExpects(t *testing.T) {
	for name, call := range methods {
		t.Run(name, func(t *testing.T) {
			client := site(t, func(w http.ResponseWriter, r *http.Request) {
				if login, password, _ := r.BasicAuth(); login != "ann" || password != "abcdefghijkl" {
					t.Errorf("credentials are %q, %q", login, password)
				}
				helper := strings.HasPrefix(r.URL.Path, helperRoute)
				if r.Header.Get("Accept") != "application/json" || r.URL.Query().Has("_fields") == helper || len(r.Cookies()) > 0 {
					t.Errorf("got %s with %v", r.URL, r.Header)
				}
				body, _ := io.ReadAll(r.Body)
				if isJSON := json.Valid(body); r.Method == http.MethodPost && (!isJSON || r.Header.Get("Content-Type") != "application/json") {
					t.Errorf("the body is %s", r.Header.Get("Content-Type"))
				}
				http.SetCookie(w, &http.Cookie{Name: "wordpress_logged_in", Value: "1", Path: "/"})
				unhelped(always(http.StatusInternalServerError, `{}`))(w, r)
			})
			for range 2 {
				_ = call(t.Context(), client)
			}
		})
	}
}

func TestAwkwardAnswersToEveryCall(t *testing.T) {
	elsewhere := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		t.Errorf("the other host got %s with credentials %q", r.URL, r.Header.Get("Authorization"))
	}))
	t.Cleanup(elsewhere.Close)
	html := func(status int, title string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html; charset=UTF-8")
			w.WriteHeader(status)
			_, _ = io.WriteString(w, "<html><title>"+title+"</title></html>")
		}
	}
	tests := map[string]struct {
		handler http.HandlerFunc
		code    string
	}{
		"a log-in page":             {html(200, "Log In"), "site.not_json"},
		"a firewall's page":         {html(403, "Access denied, ann@example.test"), "site.not_json"},
		"a challenge":               {html(503, "Just a moment..."), "site.not_json"},
		"a gateway's page":          {html(502, "Bad Gateway"), "site.server_error"},
		"a plugin's refusal":        {always(403, `{"code":"rest_cannot_access"}`), "site.no_rest"},
		"credentials refused":       {always(401, `{"code":"rest_not_logged_in"}`), "site.unauthorized"},
		"users hidden":              {always(404, `{"code":"rest_no_route"}`), "site.no_rest"},
		"cut JSON":                  {always(200, `{"id":7,"username":"ann","ema`), "site.server_error"},
		"no JSON":                   {always(200, `Warning: x {"id":7}`), "site.server_error"},
		"an empty answer":           {always(200, ``), "site.server_error"},
		"null":                      {always(200, `null`), "site.server_error"},
		"a number":                  {always(200, `7`), "site.server_error"},
		"wrong types":               {always(200, `[{"id":"seven","username":5}]`), "site.server_error"},
		"a huge answer":             {always(200, `"`+strings.Repeat("x", 5<<20)+`"`), "site.server_error"},
		"a redirect":                {http.RedirectHandler(elsewhere.URL+"/?token=hush", http.StatusMovedPermanently).ServeHTTP, "site.redirects"},
		"a redirect that keeps all": {http.RedirectHandler(elsewhere.URL+"/?token=hush", http.StatusTemporaryRedirect).ServeHTTP, "site.redirects"},
		"a closed connection":       {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, "site.unreachable"},
		"a cut body": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100")
			answer(w, 200, `{"id":7`)
		}, "site.server_error"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			client := site(t, unhelped(test.handler))
			for method, call := range methods {
				err := call(t.Context(), client)
				want := test.code
				if method == "Verify" && strings.Contains(name, "refus") {
					want = "site.own_password" // it looks into the reason
				}
				if !core.HasCode(err, want) {
					t.Errorf("%s: got %v, want %s", method, err, want)
				}
				if text := fmt.Sprintf("%v %+v %q", err, errors.Unwrap(err), core.AsProblem(err).Sentence()); strings.Contains(text, "hush") || strings.Contains(text, "example.test") && personal(method) {
					t.Errorf("%s: the error tells too much: %s", method, text)
				}
			}
		})
	}
}

func personal(method string) bool {
	return slices.Contains([]string{"Find by e-mail", "Write a new user", "Write a change"}, method)
}

func TestASlowSiteMayBeSlowWithThisRequestOnly(t *testing.T) {
	client := site(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	client.http.Close()
	client.http = rest.New(rest.Options{AllowPrivate: true, Timeout: 50 * time.Millisecond})
	err := client.Ping(t.Context())
	if p := core.AsProblem(err); p.Code != "site.timeout" || p.Scope != core.ItemOrSite {
		t.Errorf("got %v, scope %v", err, p.Scope)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	if err := client.Ping(ctx); !core.HasCode(err, "site.timeout") {
		t.Errorf("a deadline of the caller's: got %v", err)
	}
	ctx, cancel = context.WithCancel(t.Context())
	cancel()
	if err := client.Ping(ctx); !errors.Is(err, context.Canceled) || core.HasCode(err, "site.timeout") {
		t.Errorf("a caller who gave up: got %v", err)
	}
}

func TestWhereNothingListensTheWholeSiteIsUnreachable(t *testing.T) {
	server := httptest.NewServer(nil)
	server.Close()
	client := New(core.Site{API: server.URL, Local: true}, core.NewSecret("x"))
	defer client.Close()
	if p := core.AsProblem(client.Ping(t.Context())); p.Code != "site.unreachable" || p.Scope != core.SiteWide {
		t.Errorf("got %v, scope %v", p, p.Scope)
	}
}

func TestASiteThatIsNotLocalIsNotLookedForInTheNetwork(t *testing.T) {
	client := site(t, func(http.ResponseWriter, *http.Request) { t.Error("the site was called") })
	public := New(core.Site{API: client.api}, core.NewSecret("x"))
	defer public.Close()
	if err := public.Ping(t.Context()); !core.HasCode(err, "site.private_address") {
		t.Errorf("got %v", err)
	}
	plain := New(core.Site{API: "http://192.0.2.1/wp-json", Local: true}, core.NewSecret("x"))
	defer plain.Close()
	if err := plain.Ping(t.Context()); !core.HasCode(err, "site.not_secure") {
		t.Errorf("a local site that moved to the internet: got %v", err)
	}
}

func TestSuccessThatIsNoneIsAnError(t *testing.T) {
	tests := map[string]struct {
		status int
		body   string
		method string
	}{
		"a list, after a POST turned into a GET": {200, `[` + user(7, "ann@example.test") + `]`, "Write a new user"},
		"the same, on update":                    {200, `[` + user(7, "ann@example.test") + `]`, "Write a change"},
		"200 where 201 was due":                  {200, user(7, "ann@example.test"), "Write a new user"},
		"no id, as for an address too long":      {201, `{"id":null,"username":null}`, "Write a new user"},
		"no login":                               {201, `{"id":7,"email":"ann@example.test"}`, "Write a new user"},
		"another person":                         {201, user(7, "joan@example.test"), "Write a new user"},
		"another user":                           {200, user(8, "ann@example.test"), "Write a change"},
		"another user than asked for":            {200, `[` + user(8, "ann@example.test") + `]`, "Find by id"},
		"an object where the user was due":       {200, user(7, "ann@example.test"), "Find by id"},
		"an object where a list was due":         {200, user(7, "ann@example.test"), "Find by e-mail"},
		"a list whose users have no id":          {200, `[{"email":"ann@example.test"}]`, "Find by e-mail"},
		"a list where the account was due":       {200, `[]`, "Ping"},
		"an account without id":                  {200, `{"capabilities":{"list_users":true}}`, "Ping"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			err := methods[test.method](t.Context(), site(t, unhelped(always(test.status, test.body))))
			if !core.HasCode(err, "site.server_error") {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestWhatWordPressAnswersNonsenseToIsNotSent(t *testing.T) {
	client := site(t, unhelped(func(http.ResponseWriter, *http.Request) { t.Error("it was sent") }))
	good := core.NewUser{Login: "ann", Email: "ann@example.test", Password: core.NewSecret("x")}
	tests := map[string]struct {
		spoil        func(*core.NewUser)
		code, detail string
	}{
		"login of 61":    {func(u *core.NewUser) { u.Login = strings.Repeat("x", 61) }, "user.refused", "username"},
		"name of 251":    {func(u *core.NewUser) { u.Fields = core.Fields{"name": strings.Repeat("é", 251)} }, "user.refused", "name"},
		"names of 251":   {func(u *core.NewUser) { u.Fields = core.Fields{"last_name": strings.Repeat("é", 250)} }, "user.refused", "name"},
		"e-mail of 101":  {func(u *core.NewUser) { u.Email = strings.Repeat("x", 101-len("@x.test")) + "@x.test" }, "contact.bad_email", ""},
		"no e-mail":      {func(u *core.NewUser) { u.Email = "" }, "contact.bad_email", ""},
		"two @":          {func(u *core.NewUser) { u.Email = "a@b@x.test" }, "contact.bad_email", ""},
		"no local part":  {func(u *core.NewUser) { u.Email = "@x.test" }, "contact.bad_email", ""},
		"no dot":         {func(u *core.NewUser) { u.Email = "ann@localhost" }, "contact.bad_email", ""},
		"a space":        {func(u *core.NewUser) { u.Email = "an n@x.test" }, "contact.bad_email", ""},
		"a line break":   {func(u *core.NewUser) { u.Email = "ann@x.test\n" }, "contact.bad_email", ""},
		"an umlaut":      {func(u *core.NewUser) { u.Email = "änn@x.test" }, "contact.bad_email", ""},
		"unknown field":  {func(u *core.NewUser) { u.Fields = core.Fields{"phone": "1"} }, "app.internal", ""},
		"another login":  {func(u *core.NewUser) { u.Fields = core.Fields{"username": "x"} }, "app.internal", ""},
		"a password too": {func(u *core.NewUser) { u.Fields = core.Fields{"password": "x"} }, "app.internal", ""},
	}
	for name, test := range tests {
		user := good
		test.spoil(&user)
		err := create(t.Context(), client, user)
		if p := core.AsProblem(err); p.Code != test.code || p.Detail != test.detail {
			t.Errorf("%s: got %v", name, err)
		}
		if user.Fields["phone"] == "" && user.Fields["username"] == "" && user.Fields["password"] == "" {
			continue
		}
		if err := change(t.Context(), client, core.UserPatch{Fields: user.Fields}); !core.HasCode(err, "app.internal") {
			t.Errorf("%s, on update: got %v", name, err)
		}
	}
	for _, query := range []core.UserQuery{{}, {ID: -1}} {
		if found, err := findOne(t.Context(), client, query); found.OK || err != nil {
			t.Errorf("%+v: got %+v, %v", query, found, err)
		}
	}
}

func TestASearchGoesThroughAllPages(t *testing.T) {
	var asked []string
	pages := func(last int, lie bool) http.HandlerFunc {
		asked = nil
		return func(w http.ResponseWriter, r *http.Request) {
			query := r.URL.Query()
			page := query.Get("page")
			asked = append(asked, page)
			if query.Get("per_page") != "100" || query.Get("orderby") != "id" || query.Get("search") != "a+n@example.test" {
				t.Errorf("got %s", r.URL)
			}
			count := 100
			if !lie {
				w.Header().Set("X-WP-TotalPages", fmt.Sprint(last))
			}
			if page == fmt.Sprint(last) && !lie {
				count = 3
			}
			var list []string
			for i := range count {
				list = append(list, user(i+1, fmt.Sprintf("%d-a+n@example.test", i)))
			}
			if page == fmt.Sprint(last) {
				list[2] = user(777, "A+N@EXAMPLE.TEST")
			}
			answer(w, http.StatusOK, "["+strings.Join(list, ",")+"]")
		}
	}
	search := func(handler http.HandlerFunc) (core.Found, error) {
		return findOne(t.Context(), site(t, unhelped(handler)), core.UserQuery{Email: "a+n@example.test"})
	}
	if found, err := search(pages(3, false)); err != nil || !found.OK || found.User.ID != 777 || !slices.Equal(asked, []string{"1", "2", "3"}) {
		t.Errorf("got %+v, %v after pages %v", found, err, asked)
	}
	if found, err := search(pages(0, true)); found.OK || !core.HasCode(err, "site.server_error") {
		t.Errorf("a list without end: got %+v, %v", found, err)
	}
	short := func(w http.ResponseWriter, r *http.Request) {
		answer(w, http.StatusOK, "["+user(1, "x@example.test")+"]")
		if r.URL.Query().Get("page") != "1" {
			t.Error("asked for a page after a short one")
		}
	}
	if found, err := search(short); found.OK || err != nil {
		t.Errorf("got %+v, %v", found, err)
	}
	full := func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-WP-TotalPages", "1")
		answer(w, http.StatusOK, "["+strings.Repeat(user(1, "x@example.test")+",", 99)+user(2, "y@example.test")+"]")
		if r.URL.Query().Get("page") != "1" {
			t.Error("asked for a page after the last")
		}
	}
	if found, err := search(full); found.OK || err != nil {
		t.Errorf("got %+v, %v", found, err)
	}
}

func TestCapabilitiesAsPHPWritesThem(t *testing.T) {
	tests := map[string]map[string]bool{
		`[]`: {},
		`{}`: {},
		`{"a":true,"b":1,"c":"1","d":false,"e":0,"f":"","g":null,"h":"0"}`: {"a": true, "b": true, "c": true, "d": false, "e": false, "f": false, "g": false, "h": false},
	}
	for caps, want := range tests {
		client := site(t, unhelped(always(200, `[{"id":7,"username":"ann","registered_date":"-0001-11-30T00:00:00+00:00","capabilities":`+caps+`}]`)))
		got, err := findOne(t.Context(), client, core.UserQuery{ID: 7})
		if err != nil || !got.OK || !maps.Equal(got.User.Caps, want) || !got.User.Registered.IsZero() {
			t.Errorf("%s: got %+v, %v", caps, got, err)
		}
	}
}

func TestARolesCapabilitiesAreWhatAllItsUsersHave(t *testing.T) {
	const list = `[
		{"id":1,"username":"a","roles":["customer","administrator"],"capabilities":{"manage_options":true}},
		{"id":2,"username":"b","roles":["customer"],"capabilities":{"read":true,"extra":true}},
		{"id":3,"username":"c","roles":["other"],"capabilities":{"read":false}},
		{"id":4,"username":"d","roles":["customer"],"capabilities":{"read":true,"level_0":true}}]`
	caps, known, err := site(t, always(200, list)).RoleCaps(t.Context(), "customer")
	if err != nil || !known || !caps["read"] || caps["extra"] || caps["level_0"] || caps["manage_options"] {
		t.Errorf("got %v, %v, %v", caps, known, err)
	}
	if _, known, err := site(t, always(200, `[]`)).RoleCaps(t.Context(), "nobody"); known || err != nil {
		t.Errorf("got %v, %v", known, err)
	}
}

func TestTheClockIsTheSites(t *testing.T) {
	client := site(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Date", "Sun, 01 Mar 2026 12:00:00 GMT")
		answer(w, http.StatusNotFound, noRoute)
	})
	if !client.Clock().IsZero() {
		t.Errorf("before any answer it is %v", client.Clock())
	}
	if err := client.Ping(t.Context()); !core.HasCode(err, "site.no_rest") {
		t.Fatalf("got %v", err)
	}
	if want := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC); !client.Clock().Equal(want) {
		t.Errorf("it is %v", client.Clock())
	}
}

func FuzzReadUsers(f *testing.F) {
	f.Add([]byte(`[` + user(7, "ann@example.test") + `]`))
	f.Add([]byte(`[{"id":0,"username":"ann"}]`))
	f.Add([]byte(`[{"id":7}]`))
	for _, caps := range []string{"[]", `{"a":true,"b":"1","c":0}`, `{"a":[]}`, "null", `"x"`} {
		f.Add([]byte(`[{"id":7,"username":"ann","email":"a@b.test","roles":null,"capabilities":` + caps + `}]`))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		users, err := readUsers(&rest.Response{Status: 200, Body: body})
		if err != nil {
			if !core.HasCode(err, "site.server_error") {
				t.Errorf("got %v", err)
			}
			return
		}
		for _, u := range users {
			if u.ID <= 0 || u.Login == "" {
				t.Errorf("nobody: %+v", u)
			}
		}
	})
}
