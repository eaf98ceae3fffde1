package wordpress

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"usher/core"
)

func TestTheAuthorisePageIsOnTheSiteItself(t *testing.T) {
	const usual = "HOME/wp-admin/authorize-application.php"
	for name, c := range map[string]struct {
		status      int
		index, want string
	}{
		"as WordPress says": {200, `{"authentication":{"application-passwords":{"endpoints":{"authorization":"HOME/wp-admin/authorize-application.php"}}}}`, usual},
		"moved by a plugin": {200, `{"authentication":{"application-passwords":{"endpoints":{"authorization":"HOME/hidden/authorize.php?a=b"}}}}`, "HOME/hidden/authorize.php?a=b"},
		"on another host":   {200, `{"authentication":{"application-passwords":{"endpoints":{"authorization":"https://evil.test/wp-admin/authorize-application.php"}}}}`, usual},
		"a script":          {200, `{"authentication":{"application-passwords":{"endpoints":{"authorization":"javascript://HOST/%0aalert(1)"}}}}`, usual},
		"no address":        {200, `{"authentication":{"application-passwords":{"endpoints":{}}}}`, usual},
		"not told":          {200, `{}`, usual},
		"guests refused":    {401, `{"code":"rest_not_logged_in"}`, usual},
		"switched off":      {200, `{"authentication":[]}`, ""},
		"only others":       {200, `{"authentication":{"oauth":{}}}`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			home := standIn(t, func(w http.ResponseWriter, home string) {
				answer(w, c.status, fill(c.index, home))
			}, nil)
			found, err := FindAuthorisation(t.Context(), core.Site{Home: home, API: home + "/wp-json", Local: true})
			switch {
			case c.want == "":
				if !core.HasCode(err, "site.no_app_passwords") {
					t.Errorf("got %+v, %v", found, err)
				}
			case err != nil || found.Page != fill(c.want, home) || found.Version != "":
				t.Errorf("got %+v, %v, want %s", found, err, fill(c.want, home))
			}
		})
	}
}

func TestTheVersionIsReadOffThePages(t *testing.T) {
	for name, c := range map[string]struct{ front, feed, want string }{
		"front page":   {`<meta name="generator" content="WordPress 7.1.4" />`, "", "7.1.4"},
		"feed":         {`<title>Shop</title>`, `<generator>https://wordpress.org/?v=6.9</generator>`, "6.9"},
		"a beta":       {`<meta name="generator" content="WordPress 7.2-beta1-60000">`, "", "7.2"},
		"another's":    {`<meta name="generator" content="WooCommerce 9.9">`, `<generator>https://evil.test/?v=7.1</generator>`, ""},
		"hidden":       {"", "", ""},
		"not a number": {`<meta name="generator" content="WordPress ">`, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			home := standIn(t, func(w http.ResponseWriter, _ string) { answer(w, 200, `{}`) }, map[string]string{"": c.front, "rss2": c.feed})
			found, err := FindAuthorisation(t.Context(), core.Site{Home: home, API: home + "/wp-json", Local: true})
			if err != nil || found.Version != c.want {
				t.Errorf("got %+v, %v, want %q", found, err, c.want)
			}
		})
	}
}

// standIn serves a site's index, and its front page and feed by the value of ?feed=.
func standIn(t *testing.T, index func(w http.ResponseWriter, home string), pages map[string]string) (home string) {
	t.Helper()
	mux := http.NewServeMux()
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	home = server.URL + "/blog"
	mux.HandleFunc("/blog/wp-json/", func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "" {
			t.Error("credentials were sent")
		}
		index(w, home)
	})
	mux.HandleFunc("/blog/", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = io.WriteString(w, pages[r.FormValue("feed")])
	})
	return home
}

// fill puts a stand-in's address into a text.
func fill(text, home string) string {
	host := strings.TrimPrefix(strings.TrimSuffix(home, "/blog"), "http://")
	return strings.NewReplacer("HOME", home, "HOST", host).Replace(text)
}

func TestASiteThatDoesNotAnswerHasNoPage(t *testing.T) {
	server := httptest.NewServer(nil)
	server.Close()
	_, err := FindAuthorisation(t.Context(), core.Site{Home: server.URL, API: server.URL + "/wp-json", Local: true})
	if !core.HasCode(err, "site.unreachable") {
		t.Errorf("got %v", err)
	}
}
