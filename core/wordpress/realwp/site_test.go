//go:build linux

package realwp

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	if os.Getenv(abandonEnv) != "" {
		startAndHang()
	}
	goleak.VerifyTestMain(m)
}

// eachVersion runs a test on both ends of the supported range.
func eachVersion(t *testing.T, o Options, test func(t *testing.T, s *Site)) {
	for _, o.Version = range []string{Oldest, Newest} {
		options := o
		t.Run("WordPress "+o.Version, func(t *testing.T) {
			t.Parallel()
			test(t, RunWith(t, options))
		})
	}
}

func TestSite(t *testing.T) {
	eachVersion(t, Options{}, func(t *testing.T, s *Site) {
		behaviours := []struct {
			name string
			test func(*testing.T, *Site)
		}{
			{"says its version", saysItsVersion},
			{"opens the API to the application password", opensTheAPI},
			{"opens the log-in form to the password", opensTheLoginForm},
			{"turns mails into files", turnsMailsIntoFiles},
			{"gives PHP errors back", givesPHPErrorsBack},
			{"serves requests side by side", servesSideBySide},
			{"takes a changed plugin at once", takesAChangedPluginAtOnce},
			{"has its port for itself", hasItsPortForItself},
			{"stops and starts again with port and data", stopsAndStartsAgain},
			{"leaves nothing after Close", leavesNothing},
		}
		for _, b := range behaviours {
			t.Run(b.name, func(t *testing.T) { b.test(t, s) })
		}
	})
}

func TestPermalinksAndFolder(t *testing.T) {
	tests := []struct {
		name    string
		options Options
		link    string // where the front page says the API is, behind the server's address
	}{
		{"pretty", Options{}, "/wp-json/"},
		{"plain", Options{Plain: true}, "/index.php?rest_route=/"},
		{"pretty in a folder", Options{Folder: "blog"}, "/blog/wp-json/"},
		{"plain in a folder", Options{Folder: "blog", Plain: true}, "/blog/index.php?rest_route=/"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			eachVersion(t, test.options, func(t *testing.T, s *Site) {
				server := strings.TrimSuffix(s.URL, "/"+test.options.Folder)
				res, _ := get(t, s, "/")
				want := fmt.Sprintf(`<%s>; rel="https://api.w.org/"`, server+test.link)
				if got := res.Header.Get("Link"); res.StatusCode != http.StatusOK || got != want {
					t.Errorf("front page: %s, Link %q, want %q", res.Status, got, want)
				}
				if got := contentType(t, s, "/?rest_route=/wp/v2/users"); got != "application/json" {
					t.Errorf("?rest_route= answers %q", got)
				}
				json := contentType(t, s, "/wp-json/") == "application/json"
				if json == test.options.Plain {
					t.Errorf("/wp-json/ answers JSON: %v", json)
				}
				if got := contentType(t, s, "/wp-includes/css/buttons.css"); got != "text/css" {
					t.Errorf("a style sheet comes as %q", got)
				}
				res, _ = get(t, s, "/wp-admin")
				want = strings.TrimPrefix(s.URL, server) + "/wp-admin/"
				if got := res.Header.Get("Location"); res.StatusCode != http.StatusMovedPermanently || got != want {
					t.Errorf("/wp-admin: %s to %q", res.Status, got)
				}
				if server == s.URL {
					return
				}
				res, _ = request(t, s, http.MethodGet, server+"/wp-json/", "", nil)
				if res.StatusCode != http.StatusNotFound {
					t.Errorf("outside its folder the site answers %s", res.Status)
				}
			})
		})
	}
}

const whoAmI = "/wp-json/wp/v2/users/me?context=edit&_fields=username,roles"

func saysItsVersion(t *testing.T, s *Site) {
	if got := run(t, s, `echo get_bloginfo( 'version' );`); got != s.Version {
		t.Errorf("WordPress says %q, the site %q", got, s.Version)
	}
}

func opensTheAPI(t *testing.T, s *Site) {
	res, body := get(t, s, whoAmI)
	if want := `{"username":"admin","roles":["administrator"]}`; res.StatusCode != http.StatusOK || body != want {
		t.Errorf("with the application password: %s %s", res.Status, body)
	}
	res, body = request(t, s, http.MethodGet, s.URL+whoAmI, "wrong", nil)
	if res.StatusCode != http.StatusUnauthorized {
		t.Errorf("with a wrong one: %s %s", res.Status, body)
	}
}

func opensTheLoginForm(t *testing.T, s *Site) {
	form := url.Values{"log": {s.User}, "pwd": {s.Password}}
	res, _ := request(t, s, http.MethodPost, s.URL+"/wp-login.php", "", form)
	if got := res.Header.Get("Location"); got != s.URL+"/wp-admin/" {
		t.Errorf("log-in: %s to %q", res.Status, got)
	}
}

func turnsMailsIntoFiles(t *testing.T, s *Site) {
	if mails, err := s.Mails(); err != nil || len(mails) != 0 {
		t.Fatalf("a new site has sent %q, %v", mails, err)
	}
	run(t, s, `wp_mail( 'ann@example.test', 'First', 'Hello Ann' );`)
	form := url.Values{"user_login": {s.User}}
	res, _ := request(t, s, http.MethodPost, s.URL+"/wp-login.php?action=lostpassword", "", form)
	if got := res.Header.Get("Location"); !strings.Contains(got, "checkemail=confirm") {
		t.Errorf("lost password: %s to %q", res.Status, got)
	}
	mails, err := s.Mails()
	if err != nil || len(mails) != 2 {
		t.Fatalf("want two mails, have %q, %v", mails, err)
	}
	if !strings.Contains(mails[0], "To: ann@example.test") || !strings.Contains(mails[0], "Hello Ann") {
		t.Errorf("first mail: %s", mails[0])
	}
	if !strings.Contains(mails[1], "Subject: [Test site] Password Reset") {
		t.Errorf("second mail: %s", mails[1])
	}
}

func givesPHPErrorsBack(t *testing.T, s *Site) {
	out, err := s.PHP(t.Context(), `throw new Exception( 'no such luck' );`)
	if err == nil || !strings.Contains(err.Error(), "no such luck") {
		t.Errorf("got %q, %v", out, err)
	}
}

// A mu-plugin that holds a request until a file appears.
const hangingPlugin = `<?php
if ( isset( $_GET['hang'] ) ) {
	touch( __DIR__ . '/hangs' );
	while ( ! file_exists( __DIR__ . '/go' ) ) { usleep( 1000 ); clearstatcache(); }
}`

func servesSideBySide(t *testing.T, s *Site) {
	plugins := filepath.Join(s.ContentDir, "mu-plugins")
	write(t, filepath.Join(plugins, "hang.php"), hangingPlugin)
	hung := make(chan error, 1)
	go func() {
		_, _, err := ask(t.Context(), s, http.MethodGet, s.URL+"/?hang=1", "", nil)
		hung <- err
	}()
	waitFor(t, "the request to hang", func() bool { return exists(filepath.Join(plugins, "hangs")) })
	if res, _ := get(t, s, whoAmI); res.StatusCode != http.StatusOK {
		t.Errorf("beside a hanging request: %s", res.Status)
	}
	select {
	case err := <-hung:
		t.Errorf("the request did not hang: %v", err)
	default:
	}
	write(t, filepath.Join(plugins, "go"), "")
	if err := <-hung; err != nil {
		t.Errorf("the hanging request: %v", err)
	}
}

func takesAChangedPluginAtOnce(t *testing.T, s *Site) {
	plugin := filepath.Join(s.ContentDir, "mu-plugins", "header.php")
	for _, want := range []string{"old", "new"} {
		write(t, plugin, `<?php header( 'X-Plugin: `+want+`' );`)
		if want == "old" { // old enough for PHP to keep it compiled
			hourAgo := time.Now().Add(-time.Hour)
			if err := os.Chtimes(plugin, hourAgo, hourAgo); err != nil {
				t.Fatal(err)
			}
		}
		if res, _ := get(t, s, "/"); res.Header.Get("X-Plugin") != want {
			t.Errorf("the %s plugin says %q", want, res.Header.Get("X-Plugin"))
		}
	}
}

// ask asks the site and returns its answer, redirects as they are, and the body.
func ask(ctx context.Context, s *Site, method, address, password string, form url.Values) (*http.Response, string, error) {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, address, strings.NewReader(form.Encode()))
	if err != nil {
		return nil, "", err
	}
	if form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if password != "" {
		req.SetBasicAuth(s.User, password)
	}
	transport := &http.Transport{DisableKeepAlives: true}
	res, err := transport.RoundTrip(req)
	if err != nil {
		return nil, "", err
	}
	body, err := io.ReadAll(res.Body)
	return res, string(body), errors.Join(err, res.Body.Close())
}

func request(t *testing.T, s *Site, method, address, password string, form url.Values) (*http.Response, string) {
	t.Helper()
	res, body, err := ask(t.Context(), s, method, address, password, form)
	if err != nil {
		t.Fatal(err)
	}
	return res, body
}

func get(t *testing.T, s *Site, path string) (*http.Response, string) {
	t.Helper()
	return request(t, s, http.MethodGet, s.URL+path, s.AppPassword, nil)
}

func contentType(t *testing.T, s *Site, path string) string {
	t.Helper()
	res, _ := get(t, s, path)
	kind, _, _ := strings.Cut(res.Header.Get("Content-Type"), ";")
	return kind
}

func run(t *testing.T, s *Site, code string) string {
	t.Helper()
	out, err := s.PHP(t.Context(), code)
	if err != nil {
		t.Fatal(err)
	}
	return out
}
