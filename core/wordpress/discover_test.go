package wordpress

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"usher/core"
	"usher/core/rest"
)

// web is an internet of a few pages: address to answer. "→ x" redirects to x, "! x"
// fails with the Problem x or, for "!", to connect; anything else is a page whose first
// line is its Link header, or JSON.
type web map[string]string

func (w web) Do(req *http.Request) (*rest.Response, error) {
	if req.Header.Get("Authorization") != "" {
		return nil, errors.New("credentials were sent")
	}
	page, ok := w[req.URL.String()]
	if !ok {
		page = "404"
	}
	if to, ok := strings.CutPrefix(page, "→ "); ok {
		location, err := req.URL.Parse(to)
		return nil, errors.Join(err, &rest.RedirectError{Status: http.StatusMovedPermanently, Location: location})
	}
	if problem, ok := strings.CutPrefix(page, "! "); ok {
		return nil, core.NewProblem(problem, nil)
	}
	if page == "!" {
		return nil, &rest.Error{Method: req.Method, Host: req.URL.Host, Err: errors.New("no route")}
	}
	answer := &rest.Response{Status: http.StatusOK, Header: http.Header{}, Body: []byte(page)}
	switch {
	case page == "404", page == "403":
		answer.Status, _ = strconv.Atoi(page)
		answer.Header.Set("Content-Type", "text/html")
	case page[0] == '{':
		answer.Header.Set("Content-Type", "application/json; charset=UTF-8")
		if strings.Contains(page, `"code"`) {
			answer.Status = http.StatusUnauthorized
		}
	default:
		answer.Header.Set("Content-Type", "text/html; charset=UTF-8")
		answer.Header.Set("Link", page)
	}
	return answer, nil
}

const (
	fields    = "?_fields=name%2Chome%2Cnamespaces%2Cauthentication"
	fieldsAnd = "?_fields=name%2Chome%2Cnamespaces%2Cauthentication&rest_route=%2F"
	found     = `{"name":"Ann&#039;s Yoga","home":"https://mysite.com","namespaces":["oembed/1.0","wp/v2"]}`
)

func link(target string) string { return "<" + target + `>; rel="https://api.w.org/"` }

func TestDiscover(t *testing.T) {
	tests := map[string]struct {
		typed string
		web   web
		want  core.Site
		code  string
	}{
		"by its link": {
			typed: "mysite.com",
			web:   web{"https://mysite.com/": link("https://mysite.com/wp-json/"), "https://mysite.com/wp-json/" + fields: found},
			want:  core.Site{Home: "https://mysite.com", API: "https://mysite.com/wp-json", Name: "Ann's Yoga"},
		},
		"through redirects to where it lives": {
			typed: "mysite.com/blog/wp-admin",
			web: web{
				"https://mysite.com/blog/":                          "→ https://www.mysite.com/blog",
				"https://www.mysite.com/blog":                       "→ /blog/",
				"https://www.mysite.com/blog/":                      link("/blog/index.php?rest_route=/"),
				"https://www.mysite.com/blog/index.php" + fieldsAnd: `{"name":"","home":"https://www.mysite.com/blog","namespaces":["wp/v2"]}`,
			},
			want: core.Site{Home: "https://www.mysite.com/blog", API: "https://www.mysite.com/blog/index.php?rest_route=", Name: "www.mysite.com"},
		},
		"without a link, from any page": {
			typed: "https://mysite.com/contact",
			web:   web{"https://mysite.com/contact/": "page", "https://mysite.com/contact/" + fieldsAnd: found},
			want:  core.Site{Home: "https://mysite.com", API: "https://mysite.com/?rest_route=", Name: "Ann's Yoga"},
		},
		"with a link that leads nowhere": {
			typed: "mysite.com",
			web: web{
				"https://mysite.com/": link("https://mysite.com/wp-json/"), "https://mysite.com/" + fieldsAnd: found,
			},
			want: core.Site{Home: "https://mysite.com", API: "https://mysite.com/?rest_route=", Name: "Ann's Yoga"},
		},
		"behind a proxy WordPress knows nothing of": {
			typed: "mysite.com",
			web: web{
				"https://mysite.com/":                  link("http://mysite.com/wp-json/"),
				"https://mysite.com/wp-json/" + fields: `{"name":"x","home":"http://mysite.com","namespaces":["wp/v2"]}`,
			},
			want: core.Site{Home: "https://mysite.com", API: "https://mysite.com/wp-json", Name: "x"},
		},
		"an API that redirects": {
			typed: "mysite.com",
			web: web{
				"https://mysite.com/":                      link("https://mysite.com/wp-json/"),
				"https://mysite.com/wp-json/" + fields:     "→ https://www.mysite.com/wp-json/" + fields,
				"https://www.mysite.com/wp-json/" + fields: found,
			},
			want: core.Site{Home: "https://mysite.com", API: "https://www.mysite.com/wp-json", Name: "Ann's Yoga"},
		},
		"guests refused": {
			typed: "mysite.com",
			web: web{
				"https://mysite.com/":                  link("https://mysite.com/wp-json/"),
				"https://mysite.com/wp-json/" + fields: `{"code":"rest_not_logged_in","data":{"status":401}}`,
			},
			want: core.Site{Home: "https://mysite.com", API: "https://mysite.com/wp-json", Name: "mysite.com"},
		},
		"typed http, found by https": {
			typed: "http://mysite.com",
			web:   web{"https://mysite.com/": link("https://mysite.com/wp-json/"), "https://mysite.com/wp-json/" + fields: found},
			want:  core.Site{Home: "https://mysite.com", API: "https://mysite.com/wp-json", Name: "Ann's Yoga"},
		},
		"typed http, which leads to https": {
			typed: "http://mysite.com",
			web: web{
				"https://mysite.com/": "!", "http://mysite.com/": "→ https://www.mysite.com/",
				"https://www.mysite.com/": link("/wp-json/"), "https://www.mysite.com/wp-json/" + fields: found,
			},
			want: core.Site{Home: "https://mysite.com", API: "https://www.mysite.com/wp-json", Name: "Ann's Yoga"},
		},
		"a local site by http": {
			typed: "nas.test:8080",
			web: web{
				"https://nas.test:8080/": "!", "http://nas.test:8080/": link("http://nas.test:8080/wp-json/"),
				"http://nas.test:8080/wp-json/" + fields: `{"name":"x","home":"http://nas.test:8080","namespaces":["wp/v2"]}`,
			},
			want: core.Site{Home: "http://nas.test:8080", API: "http://nas.test:8080/wp-json", Name: "x", Local: true},
		},
		"a local name that leads to the internet": {
			typed: "nas.test",
			web: web{
				"https://nas.test/": "→ https://mysite.com/", "https://mysite.com/": link("/wp-json/"), "https://mysite.com/wp-json/" + fields: found,
			},
			want: core.Site{Home: "https://mysite.com", API: "https://mysite.com/wp-json", Name: "Ann's Yoga"},
		},
		"http alone": {
			typed: "http://mysite.com",
			web:   web{"https://mysite.com/": "!", "http://mysite.com/": link("http://mysite.com/wp-json/")},
			code:  "site.not_secure",
		},
		"from https back to http": {
			typed: "mysite.com",
			web:   web{"https://mysite.com/": "→ http://mysite.com/", "http://mysite.com/": link("/wp-json/")},
			code:  "site.not_secure",
		},
		"an API elsewhere by http": {
			typed: "mysite.com",
			web:   web{"https://mysite.com/": link("http://api.mysite.com/wp-json/"), "http://api.mysite.com/wp-json/" + fields: found},
			code:  "site.not_secure",
		},
		"a redirect into the network":   {typed: "mysite.com", web: web{"https://mysite.com/": "→ https://10.0.0.1/", "https://10.0.0.1/": "! site.private_address"}, code: "site.private_address"},
		"a redirect without end":        {typed: "mysite.com", web: web{"https://mysite.com/": "→ /"}, code: "site.redirect_loop"},
		"a redirect to another program": {typed: "mysite.com", web: web{"https://mysite.com/": "→ mailto:ann@mysite.com"}, code: "site.redirects"},
		"some other site":               {typed: "mysite.com", web: web{"https://mysite.com/": "page"}, code: "site.not_wordpress"},
		"some other API":                {typed: "mysite.com", web: web{"https://mysite.com/": "page", "https://mysite.com/" + fieldsAnd: `{"hello":"world"}`}, code: "site.not_wordpress"},
		"some other API that refuses":   {typed: "mysite.com", web: web{"https://mysite.com/": "page", "https://mysite.com/" + fieldsAnd: `{"code":"denied"}`}, code: "site.not_wordpress"},
		"something in front of it all":  {typed: "mysite.com", web: web{"https://mysite.com/": "403", "https://mysite.com/" + fieldsAnd: "403"}, code: "site.not_json"},
		"an API on another site by its link": {
			typed: "mysite.com",
			web:   web{"https://mysite.com/": link("https://evil.test/wp-json/"), "https://evil.test/wp-json/" + fields: found},
			code:  "site.api_elsewhere",
		},
		"an API on another site that is not there": {
			typed: "mysite.com", code: "site.api_elsewhere",
			web: web{"https://mysite.com/": link("https://evil.test/wp-json/"), "https://evil.test/wp-json/" + fields: "!"},
		},
		"an API on another site by a redirect": {
			typed: "mysite.com",
			web: web{
				"https://mysite.com/":                      link("https://mysite.com/wp-json/"),
				"https://mysite.com/wp-json/" + fields:     "→ https://evilmysite.com/wp-json/" + fields,
				"https://evilmysite.com/wp-json/" + fields: found,
			},
			code: "site.api_elsewhere",
		},
		"an API on another site, and one at home": {
			typed: "mysite.com",
			web: web{
				"https://mysite.com/": link("https://evil.test/wp-json/"), "https://evil.test/wp-json/" + fields: found,
				"https://mysite.com/" + fieldsAnd: found,
			},
			want: core.Site{Home: "https://mysite.com", API: "https://mysite.com/?rest_route=", Name: "Ann's Yoga"},
		},
		"a list":       {typed: "mysite.com", web: web{"https://mysite.com/": link("/api/"), "https://mysite.com/api/" + fields: `{"namespaces":["a/v1"]}`}, code: "site.no_rest"},
		"nobody there": {typed: "mysite.com", web: web{"https://mysite.com/": "!"}, code: "site.unreachable"},
		"nobody there by https, nothing by http": {
			typed: "http://mysite.com", web: web{"https://mysite.com/": "!", "http://mysite.com/": "!"}, code: "site.unreachable",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			address, err := parseAddress(test.typed)
			if err != nil {
				t.Fatal(err)
			}
			local := func(_ context.Context, host string) bool { return host == "nas.test" }
			f := finder{http: test.web, local: local}
			got, err := f.find(t.Context(), address.attempts(local(t.Context(), address.url.Hostname()))).result()
			if test.code != "" {
				if !core.HasCode(err, test.code) {
					t.Errorf("got %+v, %v; want %s", got, err, test.code)
				}
				return
			}
			if err != nil || got != test.want {
				t.Errorf("got %+v, %v; want %+v", got, err, test.want)
			}
		})
	}
}

func TestIsLocal(t *testing.T) {
	for host, want := range map[string]bool{
		"localhost": true, "wp.localhost": true, "127.0.0.1": true, "::1": true, "192.168.1.5": true, "fd00::1": true,
		"1.1.1.1": false, "2606:4700::1111": false, "": false,
	} {
		if got := isLocal(t.Context(), host); got != want {
			t.Errorf("%q: got %v", host, got)
		}
	}
}

func TestCleanText(t *testing.T) {
	tests := []struct {
		text  string
		limit int
		want  string
	}{
		{"  Just a\n moment… ", 80, "Just a moment…"},
		{"a\x1b[31mb\u202ec\x00", 80, "a[31mbc"},
		{"\xff", 80, ""},
		{"äöüß", 3, "äöü"},
		{"ab cd", 3, "ab"},
	}
	for _, test := range tests {
		if got := cleanText(test.text, test.limit); got != test.want {
			t.Errorf("%q: got %q, want %q", test.text, got, test.want)
		}
	}
}
