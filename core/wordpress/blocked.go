package wordpress

import (
	"bytes"
	"net/http"
	"slices"
	"strings"

	"usher/core"
	"usher/core/rest"
)

// obstacle is something in front of WordPress that answers instead of it, and how its
// answer gives it away.
type obstacle struct {
	code     string
	detail   string
	statuses []int    // empty: any
	header   string   // "Name" of a header, or "Name: first word of it", lower case
	words    []string // lower case; one of them on the page is enough
}

// obstacles stand in order: Cloudflare hands on what others behind it answer, so they
// come before it. No word alone decides, for a plugin's name is on many a good page.
var obstacles = []obstacle{
	{code: "site.log_in_to_network", statuses: []int{http.StatusNetworkAuthenticationRequired}},
	{code: "site.server_password", statuses: []int{http.StatusUnauthorized}, header: "Www-Authenticate: basic"},
	{
		code: "site.maintenance", statuses: []int{http.StatusServiceUnavailable}, header: "Retry-After: 600",
		words: []string{"wp-die-message", "scheduled maintenance"},
	},
	{code: "site.wordfence", statuses: []int{http.StatusForbidden, http.StatusServiceUnavailable}, words: []string{"wordfence"}},
	{
		code: "site.modsecurity", statuses: []int{http.StatusForbidden, http.StatusNotAcceptable, http.StatusNotImplemented},
		words: []string{"mod_security", "modsecurity", "not acceptable!"},
	},
	{code: "site.siteground", header: "Sg-Captcha"},
	{code: "site.siteground", words: []string{`url=/.well-known/sgcaptcha/`, `;/.well-known/sgcaptcha/`}},
	{
		code: "site.firewall", detail: "Sucuri", statuses: []int{http.StatusForbidden, http.StatusServiceUnavailable},
		words: []string{"sucuri website firewall"},
	},
	{
		code: "site.firewall", detail: "Imunify360", statuses: []int{http.StatusForbidden, http.StatusNotAcceptable, http.StatusUnsupportedMediaType},
		words: []string{"imunify360"},
	},
	{code: "site.cloudflare", header: "Cf-Mitigated: challenge"},
	{
		code: "site.cloudflare", statuses: []int{http.StatusForbidden, http.StatusServiceUnavailable}, header: "Server: cloudflare",
		words: []string{"just a moment", "/cdn-cgi/challenge", "attention required! | cloudflare", "cf-error-details"},
	},
}

// placeholders are what sellers of domains write on pages for a domain without a site.
var placeholders = obstacle{code: "site.parked", words: []string{
	"domain is for sale", "domain may be for sale", "buy this domain", "domain is parked", "parked domain", "parkingcrew",
	"sedoparking", "parked free", "domain name is registered", "future home of something",
}}

// obstacleIn names what answered instead of WordPress, where the answer shows it. It
// repeats nothing of the answer.
func obstacleIn(answer *rest.Response) *core.Problem {
	for _, o := range obstacles {
		if o.shows(answer) {
			return core.NewProblem(o.code, nil).About(o.detail).After(answer.RetryAfter())
		}
	}
	return nil
}

// beginning is how much of a page is looked at.
const beginning = 64 << 10

func (o obstacle) shows(answer *rest.Response) bool {
	if len(o.statuses) > 0 && !slices.Contains(o.statuses, answer.Status) {
		return false
	}
	if name, word, _ := strings.Cut(o.header, ": "); name != "" {
		first, _, _ := strings.Cut(strings.ToLower(answer.Header.Get(name)), " ")
		if first == "" || word != "" && first != word {
			return false
		}
	}
	if len(o.words) == 0 {
		return true
	}
	page := bytes.ToLower(answer.Body[:min(len(answer.Body), beginning)])
	return slices.ContainsFunc(o.words, func(word string) bool { return bytes.Contains(page, []byte(word)) })
}

// updating recognises WordPress's own maintenance page, as JSON: it comes in the site's
// language, with a Retry-After and a code that together nothing else has (measured on
// 6.1.9 and 7.1.4).
func updating(answer *rest.Response, f fault) bool {
	return answer.Status == http.StatusServiceUnavailable && f.code == "wp_die" && answer.Header.Get("Retry-After") == "600"
}

// showsWordPress reports whether a page was made by WordPress.
func showsWordPress(front *rest.Response) bool {
	page := bytes.ToLower(front.Body[:min(len(front.Body), beginning)])
	return linkTarget(front.Header.Values("Link"), apiRelation) != "" ||
		bytes.Contains(page, []byte("/wp-content/")) || bytes.Contains(page, []byte("/wp-includes/")) ||
		bytes.Contains(page, []byte(`content="wordpress `))
}
