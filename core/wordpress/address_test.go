package wordpress

import (
	"net/url"
	"strings"
	"testing"

	"usher/core"
)

func TestAnAddressIsReadAsPeopleTypeIt(t *testing.T) {
	tests := []struct{ typed, scheme, host, path string }{
		{"mysite.com", "", "mysite.com", "/"},
		{" MySite.com/ ", "", "mysite.com", "/"},
		{"https://mysite.com", "https", "mysite.com", "/"},
		{"HTTP://mysite.com", "http", "mysite.com", "/"},
		{"//mysite.com", "", "mysite.com", "/"},
		{"<https://mysite.com>", "https", "mysite.com", "/"},
		{"mysite.com/blog", "", "mysite.com", "/blog/"},
		{"mysite.com//blog//", "", "mysite.com", "/blog/"},
		{"mysite.com/blog/wp-admin/users.php?role=x#y", "", "mysite.com", "/blog/"},
		{"mysite.com/wp-login.php?redirect_to=x", "", "mysite.com", "/"},
		{"mysite.com/wp-json/wp/v2/users", "", "mysite.com", "/"},
		{"mysite.com/index.php?rest_route=/", "", "mysite.com", "/"},
		{"mysite.com:8080", "", "mysite.com:8080", "/"},
		{"localhost:8080/wp", "", "localhost:8080", "/wp/"},
		{"192.168.1.5", "", "192.168.1.5", "/"},
		{"http://[::1]:8080/", "http", "[::1]:8080", "/"},
		{"https://ann:hush@mysite.com/", "https", "mysite.com", "/"},
		{"Müller.de", "", "xn--mller-kva.de", "/"},
		{"https://müller.de:8443/blog", "https", "xn--mller-kva.de:8443", "/blog/"},
		{"“www.mysite.com”", "", "www.mysite.com", "/"},
		{"\u00a0www.mysite.com\t", "", "www.mysite.com", "/"},
		{"'mysite.com/blog/wp-login.php'", "", "mysite.com", "/blog/"},
		{"ann@mysite.com", "", "mysite.com", "/"},
	}
	for _, test := range tests {
		got, err := parseAddress(test.typed)
		if err != nil || got.scheme != test.scheme || got.url.Host != test.host || got.url.Path != test.path || got.url.User != nil {
			t.Errorf("%q: got %q, %+v, %v", test.typed, got.scheme, got.url, err)
		}
	}
	for _, typed := range []string{"", "  ", "https://", "ftp://mysite.com", "my site.com", "http:///blog", "https://[::1", "mysite.com:port"} {
		if got, err := parseAddress(typed); !core.HasCode(err, "site.bad_address") {
			t.Errorf("%q: got %+v, %v", typed, got, err)
		}
	}
}

func FuzzParseAddress(f *testing.F) {
	for _, seed := range []string{"mysite.com", "https://ann:hush@mysite.com:8080/blog/wp-admin/?a=b#c", "[::1]:80", "%zz", "a b", "//", "https://x/%2e%2e/%2F"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, typed string) {
		got, err := parseAddress(typed)
		if err != nil {
			return
		}
		for _, attempt := range got.attempts(false) {
			again, err := url.Parse(attempt.String())
			if err != nil || again.Host == "" || again.User != nil || again.RawQuery != "" || !strings.HasSuffix(again.Path, "/") {
				t.Errorf("%q became %q", typed, attempt)
			}
		}
	})
}

func TestAttempts(t *testing.T) {
	tests := []struct {
		typed string
		local bool
		want  string
	}{
		{"mysite.com", false, "https://mysite.com/"},
		{"https://mysite.com", false, "https://mysite.com/"},
		{"http://mysite.com", false, "https://mysite.com/ http://mysite.com/"},
		{"localhost", true, "https://localhost/ http://localhost/"},
		{"http://localhost", true, "http://localhost/ https://localhost/"},
		{"https://localhost", true, "https://localhost/"},
	}
	for _, test := range tests {
		address, err := parseAddress(test.typed)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, attempt := range address.attempts(test.local) {
			got = append(got, attempt.String())
		}
		if strings.Join(got, " ") != test.want {
			t.Errorf("%q: got %v, want %s", test.typed, got, test.want)
		}
	}
}

func TestRouteURL(t *testing.T) {
	query := url.Values{"search": {"ann+x@example.test"}, "context": {"edit"}}
	tests := []struct {
		api   string
		query url.Values
		want  string
	}{
		{"https://x.test/wp-json", nil, "https://x.test/wp-json/wp/v2/users"},
		{"https://x.test/wp-json", query, "https://x.test/wp-json/wp/v2/users?context=edit&search=ann%2Bx%40example.test"},
		{"https://x.test/blog/index.php?rest_route=", nil, "https://x.test/blog/index.php?rest_route=/wp/v2/users"},
		{"https://x.test/?rest_route=", query, "https://x.test/?rest_route=/wp/v2/users&context=edit&search=ann%2Bx%40example.test"},
	}
	for _, test := range tests {
		if got := routeURL(test.api, "/wp/v2/users", test.query); got != test.want {
			t.Errorf("got %s, want %s", got, test.want)
		}
	}
}

func TestLinkTarget(t *testing.T) {
	const relation = "https://api.w.org/"
	tests := []struct {
		headers []string
		want    string
	}{
		{[]string{`<https://x.test/wp-json/>; rel="https://api.w.org/"`}, "https://x.test/wp-json/"},
		{[]string{`<https://x.test/a,b>; rel=shortlink, <https://x.test/api>; title="a, b; rel=x"; rel="x https://api.w.org/"`}, "https://x.test/api"},
		{[]string{`<https://x.test/>; rel=shortlink`, `</wp-json/>;rel=https://api.w.org/`}, "/wp-json/"},
		{[]string{`<https://x.test/>; title="rel=https://api.w.org/"`}, ""},
		{[]string{`<https://x.test/>; rel="https://api.w.org"`}, ""},
		{[]string{`<https://x.test/`, `no link`, ``, `<>;`, `>; rel="https://api.w.org/"`}, ""},
		{nil, ""},
	}
	for _, test := range tests {
		if got := linkTarget(test.headers, relation); got != test.want {
			t.Errorf("%q: got %q, want %q", test.headers, got, test.want)
		}
	}
}

func TestBelongs(t *testing.T) {
	tests := []struct {
		host, home string
		want       bool
	}{
		{"mysite.com", "mysite.com", true},
		{"mysite.com", "www.MySite.com", true},
		{"cms.mysite.com", "www.mysite.com", true},
		{"mysite.com", "blog.mysite.com", false}, // may be a host for many
		{"mysite.com", "evilmysite.com", false},
		{"mysite.com", "mysite.com.evil.test", false},
		{"mysite.com", "mysite.com:8443", false},
		{"a.mysite.com", "b.mysite.com", false},
	}
	for _, test := range tests {
		if got := belongs(test.host, test.home); got != test.want {
			t.Errorf("%s to %s: got %v", test.host, test.home, got)
		}
	}
}

func FuzzLinkTarget(f *testing.F) {
	for _, seed := range []string{`<https://x.test/wp-json/>; rel="https://api.w.org/"`, `<a>;rel=b,<c>;rel="d e"`, `<`, `<>"`, `,,;;==`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, header string) {
		if got := linkTarget([]string{header}, "b"); got != "" && !strings.Contains(header, "<"+got) {
			t.Errorf("%q: got %q", header, got)
		}
		whole := `<https://x.test/>; rel="b", ` + header
		if got := linkTarget([]string{whole}, "b"); got != "https://x.test/" {
			t.Errorf("%q: got %q", whole, got)
		}
	})
}
