// Package authorise lets a person connect their WordPress site with one click: it makes
// the address of the site's page wp-admin/authorize-application.php and waits for the
// browser to come back with an application password.
//
// Two ways lead there. With Begin the browser returns to a port on 127.0.0.1 by itself;
// sites of which TakesCallback is true accept that. For all others Page makes the address
// of a page that shows the password to be copied.
//
// How WordPress behaves was measured on 6.1.9, 6.8.12 and 7.1.4.
//
// SignIn waits in the same way for a CRM's page that hands out a code. What both share,
// and what keeps strangers out, is in callback.go.
package authorise

import (
	"crypto/rand"
	"fmt"
	"net"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"usher/core"
)

// TakesCallback reports whether a site sends the browser back to this computer. WordPress
// takes a plain http call-back to 127.0.0.1 from 7.0 on. Before, it does so only where it
// runs as a "local" environment, and only there it offers application passwords over
// plain http. Page is the site's authorise page, version is empty where it is not known.
func TakesCallback(page, version string) bool {
	if strings.HasPrefix(page, "http://") {
		return true
	}
	major, _, _ := strings.Cut(version, ".")
	n, err := strconv.Atoi(major)
	return err == nil && n >= 7
}

// Name is what the application password will be called on the site. It is unique, because
// WordPress before 6.8 refuses a name that is taken.
func Name(now time.Time) string {
	host, _ := os.Hostname() // without one it is as good a name
	return appName(host, now, rand.Text())
}

const (
	longestHost = 40 // characters
	uniqueChars = 4  // base 32, for two in one minute
)

func appName(host string, now time.Time, random string) string {
	host = strings.Map(func(r rune) rune {
		if r == utf8.RuneError || !unicode.IsPrint(r) || strings.ContainsRune("<>&%\"'`\\", r) {
			return -1 // WordPress would change the name
		}
		return r
	}, host)
	if runes := []rune(host); len(runes) > longestHost {
		host = string(runes[:longestHost])
	}
	if host = strings.TrimSpace(host); host == "" {
		host = "this computer"
	}
	return fmt.Sprintf("Usher on %s (%s, %s)", host, now.Format("2006-01-02 15:04"), strings.ToLower(random[:uniqueChars]))
}

// Page is the address of an authorise page that shows the password to be copied.
func Page(page, name string) (string, error) {
	u, err := parsePage(page)
	if err != nil {
		return "", err
	}
	return withQuery(u, url.Values{"app_name": {name}}), nil
}

func parsePage(page string) (*url.URL, error) {
	u, err := url.Parse(page)
	if err != nil || u.Hostname() == "" || u.Scheme != "https" && u.Scheme != "http" {
		return nil, core.NewProblem("site.not_wordpress", nil)
	}
	return u, nil
}

func withQuery(page *url.URL, more url.Values) string {
	query := page.Query()
	query.Set("app_id", core.ApplicationID)
	for name, values := range more {
		query[name] = values
	}
	full := *page
	full.RawQuery = strings.ReplaceAll(query.Encode(), "+", "%20") // the address is for people to copy; a + is a space in forms only
	return full.String()
}

// sameSite reports whether an answer's site_url is the site whose page was opened. The
// scheme may differ: behind a proxy WordPress may not know of its own https.
func sameSite(answered string, page *url.URL) bool {
	u, err := url.Parse(answered)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" {
		return false
	}
	path, _, _ := strings.Cut(page.Path, "/wp-admin/")
	return bareHost(u) == bareHost(page) && strings.Trim(u.Path, "/") == strings.Trim(path, "/")
}

func bareHost(u *url.URL) string {
	host, port := strings.ToLower(u.Hostname()), u.Port()
	if port == "" || port == "443" && u.Scheme == "https" || port == "80" && u.Scheme == "http" {
		return host
	}
	return net.JoinHostPort(host, port)
}
