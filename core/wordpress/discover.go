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

// find returns the trail of the first attempt that leads to a site, or else of the one
// that got furthest.
func (f finder) find(ctx context.Context, attempts []*url.URL) *trail {
	var best *trail
	for _, attempt := range attempts {
		t := f.visit(ctx, attempt)
		if t.err == nil {
			return t
		}
		if best == nil || len(t.passed) > len(best.passed) {
			best = t
		}
	}
	return best
}

// visit takes the steps from an address that could be read to an open API.
func (f finder) visit(ctx context.Context, start *url.URL) *trail {
	t := &trail{}
	t.step(start.Host+strings.TrimRight(start.Path, "/"), nil)
	front, page, err := f.walk(ctx, start)
	if moved := page != start; moved {
		t.step("", nil) // something answered, whatever came of it
	} else if !t.step("", err) {
		return t
	}
	if err == nil {
		err = f.secure(ctx, page)
	}
	home := &url.URL{Scheme: page.Scheme, Host: page.Host, Path: sitePath(page.Path)}
	if !t.step(livesAt(start, home), err) {
		return t
	}
	f.examine(ctx, t, front, page, home)
	return t
}

// livesAt says where redirects led, if they did.
func livesAt(start, home *url.URL) string {
	if *start == *home {
		return ""
	}
	return "the site lives at " + strings.TrimRight(home.String(), "/")
}

// examine takes the last two steps of visit: the API's index is the best proof that this
// is WordPress, and where it is kept from view the front page may still be one.
func (f finder) examine(ctx context.Context, t *trail, front *rest.Response, page, home *url.URL) {
	found, err := f.api(ctx, front, page, home)
	if err != nil && !showsWordPress(front) {
		t.step("", notWordPress(front, err))
		return
	}
	t.site, t.authentication = found.site, found.authentication
	t.step(found.site.Name, nil)
	t.step(found.remark, err)
}

// notWordPress says what a front page is that shows no trace of WordPress; failure is
// what the API answered there.
func notWordPress(front *rest.Response, failure error) error {
	if p := waitOrBlocked(front); p != nil {
		return p
	}
	if placeholders.shows(front) {
		return core.NewProblem(placeholders.code, failure)
	}
	if !blocked(front) && (core.HasCode(failure, "site.not_json") || core.HasCode(failure, "site.unauthorized")) {
		return core.NewProblem("site.not_wordpress", failure).About(pageDetail(front, false))
	}
	return failure
}

// foundAPI is an API with what its index says.
type foundAPI struct {
	site           core.Site
	remark         string
	authentication json.RawMessage
}

// api finds the root of the API that belongs to a page.
func (f finder) api(ctx context.Context, front *rest.Response, page, home *url.URL) (foundAPI, error) {
	// This root works on every WordPress, even where the server's rewrite rules are broken.
	roots := []*url.URL{{Scheme: home.Scheme, Host: home.Host, Path: home.Path, RawQuery: "rest_route=/"}}
	link := linkTarget(front.Header.Values("Link"), apiRelation)
	if root, err := page.Parse(link); err == nil && link != "" {
		roots = slices.Insert(roots, 0, asSecure(root, page))
	}
	var failure error
	for i, root := range roots {
		found, err := f.index(ctx, root, home)
		switch {
		case err != nil:
			failure = cmp.Or(failure, err)
		case found.remark != "":
			return found, nil
		case i > 0:
			found.remark = "its usual address does not answer, the other one (?rest_route=) does"
			return found, nil
		case strings.Contains(found.site.API, "?"):
			found.remark = "by its other address (?rest_route=), as permalinks are plain"
			return found, nil
		default:
			return found, nil
		}
	}
	return foundAPI{}, failure
}

// walk follows redirects and returns the answer, or error, with the address it came
// from, which is at itself where there was no redirect.
func (f finder) walk(ctx context.Context, at *url.URL) (*rest.Response, *url.URL, error) {
	for range maxRedirects {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, at.String(), nil)
		if err != nil {
			return nil, at, core.NewProblem("site.bad_address", nil)
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
			return nil, at, problemOf(err)
		}
	}
	return nil, at, core.NewProblem("site.redirect_loop", nil).About(at.Host)
}

func (f finder) secure(ctx context.Context, u *url.URL) error {
	if u.Scheme == "https" || f.local(ctx, u.Hostname()) {
		return nil
	}
	return core.NewProblem("site.not_secure", nil).About(u.Host)
}

// index reads the API's index at start; home is used where the index names none.
func (f finder) index(ctx context.Context, start, home *url.URL) (foundAPI, error) {
	query := start.Query()
	query.Set("_fields", "name,home,namespaces,authentication")
	asked := *start
	asked.RawQuery = query.Encode()
	if !belongs(start.Host, home.Host) {
		return foundAPI{}, core.NewProblem("site.api_elsewhere", nil).About(start.Host)
	}
	answer, at, err := f.walk(ctx, &asked)
	if err != nil {
		return foundAPI{}, err
	}
	if !belongs(at.Host, home.Host) {
		return foundAPI{}, core.NewProblem("site.api_elsewhere", nil).About(at.Host)
	}
	if err := f.secure(ctx, at); err != nil {
		return foundAPI{}, err
	}
	found := foundAPI{site: core.Site{
		Home: strings.TrimRight(home.String(), "/"), API: apiRoot(at), Name: home.Host,
		Local: f.local(ctx, at.Hostname()),
	}}
	if problem := classify(answer, false); problem != nil {
		if guestsRefused(answer) {
			found.remark = "it answers only those who sign in, which Usher does"
			return found, nil
		}
		return foundAPI{}, problem
	}
	return describe(found, answer, at)
}

// describe adds what the index says about the site.
func describe(found foundAPI, answer *rest.Response, at *url.URL) (foundAPI, error) {
	var index struct {
		Name           string          `json:"name"`
		Home           string          `json:"home"`
		Namespaces     []string        `json:"namespaces"`
		Authentication json.RawMessage `json:"authentication"`
	}
	if err := json.Unmarshal(answer.Body, &index); err != nil || len(index.Namespaces) == 0 {
		return foundAPI{}, core.NewProblem("site.not_wordpress", err)
	}
	if !slices.Contains(index.Namespaces, "wp/v2") {
		return foundAPI{}, core.NewProblem("site.no_rest", nil)
	}
	found.authentication = index.Authentication
	if name := cleanText(html.UnescapeString(index.Name), maxName); name != "" {
		found.site.Name = name
	}
	home, err := url.Parse(index.Home)
	if err != nil || home.Host == "" {
		return found, nil
	}
	home = asSecure(home, at)
	found.site.Home = strings.TrimRight(home.String(), "/")
	if strings.HasSuffix(found.site.API, "/?rest_route=") && home.Host == at.Host {
		found.site.API = found.site.Home + "/?rest_route=" // the same root, whichever page was typed
	}
	return found, nil
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
