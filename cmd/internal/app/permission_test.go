package app

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"usher/core"
)

// grantingSite is as much of a WordPress as asking for permission needs.
type grantingSite struct {
	*httptest.Server
	revoked atomic.Int32
}

func newGrantingSite(t *testing.T) *grantingSite {
	t.Helper()
	s := &grantingSite{}
	say := func(text string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			_, _ = io.WriteString(w, strings.ReplaceAll(text, "HOME", s.URL))
		}
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Link", "<"+s.URL+`/wp-json/>; rel="https://api.w.org/"`)
		_, _ = io.WriteString(w, "<title>Shop</title>")
	})
	mux.HandleFunc("/wp-json/", say(`{"name":"Shop","home":"HOME","namespaces":["wp/v2"],
		"authentication":{"application-passwords":{"endpoints":{"authorization":"HOME/wp-admin/authorize-application.php"}}}}`))
	mux.HandleFunc("/wp-json/wp/v2/users/me/application-passwords/introspect", say(`{"uuid":"u-1","app_id":""}`))
	mux.HandleFunc("DELETE /wp-json/wp/v2/users/me/application-passwords/u-1", func(w http.ResponseWriter, r *http.Request) {
		if user, password, _ := r.BasicAuth(); user != "ann" || password != "abcdEFGH" {
			t.Errorf("revoked as %s with %s", user, password)
		}
		s.revoked.Add(1)
		say(`{"deleted":true}`)(w, r)
	})
	s.Server = httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s
}

// approve does what a browser does when the owner approves.
func approve(t *testing.T, site *grantingSite, page string) {
	t.Helper()
	at, err := url.Parse(page)
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, at.Query().Get("success_url")+
		"&site_url="+url.QueryEscape(site.URL)+"&user_login=ann&password=abcdEFGH", nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: time.Minute}).Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
}

func TestAPasswordTheSiteDoesNotLetInIsGivenBack(t *testing.T) {
	for name, c := range map[string]struct {
		err     error
		revoked int32
	}{
		"connected":                       {nil, 0},
		"refused by the site":             {core.NewProblem("site.forbidden", nil), 1},
		"perhaps stored, keyring locked":  {core.NewProblem("keyring.locked", nil), 0},
		"perhaps stored, answer got lost": {io.ErrUnexpectedEOF, 0},
	} {
		t.Run(name, func(t *testing.T) {
			site := newGrantingSite(t)
			asked, err := AskPermission(t.Context(), site.URL, false)
			if err != nil {
				t.Fatal(err)
			}
			defer asked.Close()
			if !asked.ComesBack() || !strings.HasPrefix(asked.URL, site.URL+"/wp-admin/authorize-application.php?") {
				t.Fatalf("page %s", asked.URL)
			}
			ended := make(chan error, 1)
			go func() {
				ended <- asked.Wait(t.Context(), func(_ context.Context, user string, password core.Secret) error {
					if user != "ann" || password.Reveal() != "abcdEFGH" {
						t.Errorf("given %s %s", user, password.Reveal())
					}
					return c.err
				})
			}()
			approve(t, site, asked.URL)
			if err := <-ended; !errors.Is(err, c.err) {
				t.Errorf("ended with %v", err)
			}
			if n := site.revoked.Load(); n != c.revoked {
				t.Errorf("revoked %d times, want %d", n, c.revoked)
			}
		})
	}
}

func TestAPageToCopyFromIsTheWayOnRequest(t *testing.T) {
	site := newGrantingSite(t)
	asked, err := AskPermission(t.Context(), site.URL, true)
	if err != nil {
		t.Fatal(err)
	}
	defer asked.Close()
	if asked.ComesBack() || strings.Contains(asked.URL, "success_url") || !strings.Contains(asked.URL, core.ApplicationID) {
		t.Errorf("page %s", asked.URL)
	}
	if _, err := AskPermission(t.Context(), "http://127.0.0.1:1", true); !core.HasCode(err, "site.unreachable") {
		t.Errorf("nobody there: %v", err)
	}
}
