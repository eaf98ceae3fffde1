package wordpress

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"html"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"unicode"

	"usher/core"
	"usher/core/rest"
)

const (
	maxRedirects = 10
	maxName      = 100 // characters of a site's name that are kept
	apiRelation  = "https://api.w.org/"
)

// Discover finds the WordPress site a person means by what they typed, such as
// "mysite.com", "https://mysite.com/blog/" or the address of its log-in page, and
// fills Home, API, Name and Local. It sends no credentials.
//
// Redirects are followed here, once, so that API calls never have to. A loopback or
// private address counts as local only when it was typed: that is the owner's consent.
//
// Errors are Problems: site.not_wordpress, site.not_secure, site.private_address,
// site.no_rest, site.not_json, site.unreachable and what else a site may answer.
func Discover(ctx context.Context, typed string) (core.Site, error) {
	address, err := parseAddress(typed)
	if err != nil {
		return core.Site{}, err
	}
	local := isLocal(ctx, address.url.Hostname())
	client := rest.New(rest.Options{AllowPrivate: local, AllowPlain: true})
	defer client.Close()
	f := finder{http: client, local: func(ctx context.Context, host string) bool {
		return local && isLocal(ctx, host)
	}}
	return f.find(ctx, address.attempts(local))
}

// isLocal reports whether the host is on this computer or this network. A name counts
// only if every address it has does.
func isLocal(ctx context.Context, host string) bool {
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	addrs, err := net.DefaultResolver.LookupNetIP(ctx, "ip", host) // reads literal addresses too
	public := func(addr netip.Addr) bool { return !rest.Private(addr) }
	return err == nil && len(addrs) > 0 && !slices.ContainsFunc(addrs, public)
}

type getter interface {
	Do(*http.Request) (*rest.Response, error)
}

type finder struct {
	http  getter
	local func(ctx context.Context, host string) bool
}

// find returns the first site the attempts lead to, or else the error of the attempt
// that got furthest.
func (f finder) find(ctx context.Context, attempts []*url.URL) (core.Site, error) {
	var failure error
	for _, attempt := range attempts {
		site, err := f.visit(ctx, attempt)
		if err == nil {
			return site, nil
		}
		if failure == nil || core.HasCode(failure, "site.unreachable") {
			failure = err
		}
	}
	return core.Site{}, failure
}

func (f finder) visit(ctx context.Context, start *url.URL) (core.Site, error) {
	front, page, err := f.walk(ctx, start)
	if err != nil {
		return core.Site{}, err
	}
	if err := f.secure(ctx, page); err != nil {
		return core.Site{}, err
	}
	home := &url.URL{Scheme: page.Scheme, Host: page.Host, Path: sitePath(page.Path)}
	// This root works on every WordPress, even where the server's rewrite rules are broken.
	roots := []*url.URL{{Scheme: home.Scheme, Host: home.Host, Path: home.Path, RawQuery: "rest_route=/"}}
	link := linkTarget(front.Header.Values("Link"), apiRelation)
	if root, err := page.Parse(link); err == nil && link != "" {
		roots = slices.Insert(roots, 0, asSecure(root, page))
	}
	var failure error
	for _, root := range roots {
		site, err := f.index(ctx, root, home)
		if err == nil {
			return site, nil
		}
		failure = cmp.Or(failure, err)
	}
	if link == "" && !blocked(front) && (core.HasCode(failure, "site.not_json") || core.HasCode(failure, "site.unauthorized")) {
		failure = core.NewProblem("site.not_wordpress", failure)
	}
	return core.Site{}, failure
}

// walk follows redirects and returns the answer with the address it came from.
func (f finder) walk(ctx context.Context, at *url.URL) (*rest.Response, *url.URL, error) {
	for range maxRedirects {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, at.String(), nil)
		if err != nil {
			return nil, nil, core.NewProblem("site.not_wordpress", nil)
		}
		req.Header.Set("Accept", "text/html, application/json;q=0.9, */*;q=0.8")
		answer, err := f.http.Do(req)
		var redirect *rest.RedirectError
		switch {
		case errors.As(err, &redirect) && redirect.Location != nil && strings.HasPrefix(redirect.Location.Scheme, "http"):
			at = redirect.Location
		case err == nil, errors.Is(err, rest.ErrTooLarge): // the headers are enough
			return answer, at, nil
		default:
			return nil, nil, problemOf(err)
		}
	}
	return nil, nil, core.NewProblem("site.redirects", nil).About(at.Host)
}

func (f finder) secure(ctx context.Context, u *url.URL) error {
	if u.Scheme == "https" || f.local(ctx, u.Hostname()) {
		return nil
	}
	return core.NewProblem("site.not_secure", nil).About(u.Host)
}

// index reads the API's index at start; home is used where the index names none.
func (f finder) index(ctx context.Context, start, home *url.URL) (core.Site, error) {
	query := start.Query()
	query.Set("_fields", "name,home,namespaces")
	asked := *start
	asked.RawQuery = query.Encode()
	answer, at, err := f.walk(ctx, &asked)
	if err != nil {
		return core.Site{}, err
	}
	if err := f.secure(ctx, at); err != nil {
		return core.Site{}, err
	}
	site := core.Site{
		Home: strings.TrimRight(home.String(), "/"), API: apiRoot(at), Name: home.Host,
		Local: f.local(ctx, at.Hostname()),
	}
	if problem := classify(answer, false); problem != nil {
		if guestsRefused(answer) {
			return site, nil // the application password may still be let in
		}
		return core.Site{}, problem
	}
	return f.describe(site, answer, at)
}

// describe adds what the index says about the site.
func (f finder) describe(site core.Site, answer *rest.Response, at *url.URL) (core.Site, error) {
	var index struct {
		Name       string   `json:"name"`
		Home       string   `json:"home"`
		Namespaces []string `json:"namespaces"`
	}
	if err := json.Unmarshal(answer.Body, &index); err != nil || len(index.Namespaces) == 0 {
		return core.Site{}, core.NewProblem("site.not_wordpress", err)
	}
	if !slices.Contains(index.Namespaces, "wp/v2") {
		return core.Site{}, core.NewProblem("site.no_rest", nil)
	}
	if name := cleanText(html.UnescapeString(index.Name), maxName); name != "" {
		site.Name = name
	}
	home, err := url.Parse(index.Home)
	if err != nil || home.Host == "" {
		return site, nil
	}
	home = asSecure(home, at)
	site.Home = strings.TrimRight(home.String(), "/")
	if strings.HasSuffix(site.API, "/?rest_route=") && home.Host == at.Host {
		site.API = site.Home + "/?rest_route=" // the same root, whichever page was typed
	}
	return site, nil
}

// guestsRefused recognises sites that answer only to those who are logged in, as
// security plugins make them (measured: 401 rest_not_logged_in on the index).
func guestsRefused(answer *rest.Response) bool {
	return answer.IsJSON() && strings.HasPrefix(readFault(answer.Body).code, "rest_") &&
		(answer.Status == http.StatusUnauthorized || answer.Status == http.StatusForbidden)
}

// blocked recognises a front page that something in front of the site keeps from view.
func blocked(front *rest.Response) bool {
	switch front.Status {
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusServiceUnavailable:
		return true
	}
	return false
}

// asSecure turns http into https where the same host was just reached by https: behind
// a proxy WordPress may not know that it is.
func asSecure(u, reached *url.URL) *url.URL {
	if u.Scheme == "http" && reached.Scheme == "https" && u.Host == reached.Host {
		secure := *u
		secure.Scheme = "https"
		return &secure
	}
	return u
}

// cleanText makes the other side's words fit to show: one line, no control characters,
// not longer than limit.
func cleanText(text string, limit int) string {
	text = strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return ' '
		}
		if !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(text, ""))
	text = strings.Join(strings.Fields(text), " ")
	if runes := []rune(text); len(runes) > limit {
		text = strings.TrimSpace(string(runes[:limit]))
	}
	return text
}
