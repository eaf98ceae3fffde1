package wordpress

import (
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"io"
	"maps"
	"net"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"usher/core"
	"usher/core/rest"
)

// problemOf turns an error of the HTTP client into a Problem. A caller who gave up gets
// the error back as it is.
func problemOf(err error) error {
	var (
		problem  *core.Problem
		redirect *rest.RedirectError
		broken   *rest.Error
	)
	switch {
	case errors.As(err, &problem):
		return problem
	case errors.As(err, &redirect):
		p := core.NewProblem("site.redirects", err)
		if redirect.Location != nil {
			p.Detail = redirect.Location.Host
		}
		return p
	case errors.Is(err, rest.ErrTooLarge):
		return core.NewProblem("site.server_error", err).About(rest.ErrTooLarge.Error())
	case errors.Is(err, io.ErrUnexpectedEOF):
		return core.NewProblem("site.server_error", err).About("the answer was cut off")
	case errors.As(err, &broken):
		p := unreachable(broken)
		if broken.Connected {
			p.Scope = core.ItemOrSite // it may be this request that the site dies of
		}
		return p
	default:
		return err
	}
}

// unreachable tells apart why no answer came, for each has its own remedy.
func unreachable(err *rest.Error) *core.Problem {
	var (
		name        *net.DNSError
		certificate *tls.CertificateVerificationError
		record      tls.RecordHeaderError
		timeout     net.Error
	)
	switch {
	case errors.As(err, &name) && name.IsNotFound:
		return core.NewProblem("site.no_such_name", err).About(machineHost(err.Host))
	case errors.As(err, &certificate):
		return core.NewProblem("site.certificate", err).About(machineHost(err.Host))
	case errors.As(err, &record), errors.Is(err, http.ErrSchemeMismatch):
		return core.NewProblem("site.no_https", err)
	case errors.As(err, &name):
		return core.NewProblem("site.unreachable", err).About(err.Reason())
	case errors.As(err, &timeout) && timeout.Timeout():
		return core.NewProblem("site.timeout", err).About(err.Reason())
	default:
		return core.NewProblem("site.unreachable", err).About(err.Reason())
	}
}

// machineHost keeps the name of a host, and nothing else an address may hold.
func machineHost(host string) string { return cleanText(host, maxName) }

// fault is an error as WordPress writes it in JSON.
type fault struct {
	code       string
	message    string   // for people, in the site's language
	params     []string // names of the parameters complained about, sorted
	additional []string // multisite lists here what is wrong, as codes
}

// readFault never fails: what cannot be read is left empty.
func readFault(body []byte) fault {
	var read struct {
		Code    string `json:"code"`
		Message string `json:"message"`
		Data    struct {
			Params json.RawMessage `json:"params"` // an object by name, or a list of names
		} `json:"data"`
		Additional []struct {
			Code string `json:"code"`
		} `json:"additional_errors"`
	}
	_ = json.Unmarshal(body, &read) // reads on past a member of another type
	f := fault{code: read.Code, message: read.Message}
	var byName map[string]json.RawMessage
	if json.Unmarshal(read.Data.Params, &byName) == nil {
		f.params = slices.Sorted(maps.Keys(byName))
	}
	for _, extra := range read.Additional {
		f.additional = append(f.additional, extra.Code)
	}
	return f
}

// classify says what an answer of the API means: nil for one that went well, else the
// Problem it is. It goes by the JSON code first, for WordPress answers 500 to a user
// name that is taken (measured on 6.1.9 and 7.1.4). A personal request's answer may
// quote a person's data, so no text of it is taken over.
func classify(answer *rest.Response, personal bool) *core.Problem {
	if answer.Status >= 200 && answer.Status < 300 && answer.IsJSON() {
		return nil
	}
	if p := waitOrBlocked(answer); p != nil {
		return p
	}
	if !answer.IsJSON() {
		code := "site.not_json"
		if answer.Status >= 500 && answer.Status != http.StatusServiceUnavailable {
			code = "site.server_error" // the web server's own page; a challenge comes with 503
		}
		return core.NewProblem(code, nil).About(pageDetail(answer, personal))
	}
	f := readFault(answer.Body)
	if answer.Status == http.StatusUnauthorized {
		return notSignedIn(f)
	}
	if p := byCode(f); p != nil {
		return p
	}
	detail := strings.TrimSpace(fmt.Sprintf("%d %s", answer.Status, machineWord(f.code)))
	return core.NewProblem(byStatus(answer.Status), refusal(f.code)).About(detail)
}

// waitOrBlocked recognises answers to come back after, and those of something in front of
// WordPress: both may come with a Retry-After.
func waitOrBlocked(answer *rest.Response) *core.Problem {
	if answer.Status == http.StatusTooManyRequests {
		return core.NewProblem("site.busy", nil).After(answer.RetryAfter())
	}
	if answer.IsJSON() {
		if updating(answer, readFault(answer.Body)) {
			return core.NewProblem("site.maintenance", nil).After(answer.RetryAfter())
		}
	} else if p := obstacleIn(answer); p != nil {
		return p
	}
	if answer.Status == http.StatusServiceUnavailable && answer.Header.Get("Retry-After") != "" {
		return core.NewProblem("site.busy", nil).After(answer.RetryAfter())
	}
	return nil
}

// refusal is the code of an error that WordPress's core does not use for it.
type refusal string

func (r refusal) Error() string { return machineWord(string(r)) }

// notSignedIn is for 401. A code core does not use is kept as the cause, for explain.
func notSignedIn(f fault) *core.Problem {
	if f.code == "rest_not_logged_in" || strings.HasPrefix(f.code, "rest_cannot_create") || strings.HasPrefix(f.code, "rest_forbidden") {
		return core.NewProblem("site.unauthorized", nil)
	}
	return core.NewProblem("site.unauthorized", refusal(f.code))
}

// codes are the answers whose code says all.
var codes = map[string]string{ //nolint:gosec // "passwords" is part of a name
	"rest_no_route":                  "site.no_rest",
	"application_passwords_disabled": "site.no_app_passwords",

	"application_passwords_disabled_for_user": "site.app_passwords_not_for_user",

	"rest_forbidden_context":  "site.forbidden",
	"rest_cannot_create_user": "site.forbidden",
	"rest_user_cannot_view":   "site.forbidden",
	"rest_forbidden":          "site.forbidden",
	"rest_forbidden_orderby":  "site.forbidden",

	"rest_cannot_edit":       "user.not_editable",
	"rest_cannot_edit_roles": "user.not_editable",

	"rest_user_invalid_id":    "user.gone",
	"rest_user_invalid_role":  "user.role_unknown",
	"rest_user_invalid_email": "user.email_taken", // on update; a malformed one is rest_invalid_param
	"existing_user_email":     "user.email_taken", // on create, status 500
	"existing_user_login":     "user.login_taken", // status 500
	"invalid_username":        "user.login_taken", // reserved by a plugin
}

// tooLong are fields WordPress refuses with a code of its own.
var tooLong = map[string]string{
	"user_login_too_long":    "username",
	"user_nicename_too_long": "username",
	"empty_user_nicename":    "username",
	"user_url_too_long":      "url",
}

func byCode(f fault) *core.Problem {
	if code, ok := codes[f.code]; ok {
		return core.NewProblem(code, errors.New(f.message))
	}
	if field, ok := tooLong[f.code]; ok {
		return core.NewProblem("user.refused", nil).About(field)
	}
	if f.code != "rest_invalid_param" {
		return nil
	}
	switch has := func(name string) bool { return slices.Contains(f.params, name) }; {
	case slices.Contains(f.additional, "user_email"):
		// On a network the address may be taken by a user this site does not show.
		return core.NewProblem("user.on_network", nil)
	case slices.Contains(f.additional, "user_name"):
		return core.NewProblem("user.login_taken", nil)
	case has("email"):
		return core.NewProblem("contact.bad_email", nil)
	case has("username"):
		return core.NewProblem("user.login_taken", nil) // reserved on this site: the next may not be
	default:
		return core.NewProblem("user.refused", nil).About(strings.Join(machineWords(f.params), ", "))
	}
}

// byStatus is for JSON answers whose code is not WordPress's own.
func byStatus(status int) string {
	switch status {
	case http.StatusBadRequest, http.StatusConflict, http.StatusRequestEntityTooLarge, http.StatusUnprocessableEntity:
		return "user.refused"
	case http.StatusForbidden, http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusGone, http.StatusNotImplemented:
		return "site.no_rest" // a security plugin's word: core has none of these
	default:
		return "site.server_error"
	}
}

var titleTag = regexp.MustCompile(`(?is)<title[^>]*>(.*?)</title>`)

// pageDetail describes a page by its status and, unless it may quote a person, its title.
func pageDetail(answer *rest.Response, personal bool) string {
	detail := fmt.Sprint(answer.Status)
	match := titleTag.FindSubmatch(answer.Body)
	if personal || match == nil {
		return detail
	}
	return strings.TrimSpace(detail + " " + cleanText(html.UnescapeString(string(match[1])), 80))
}

// machineWord keeps a name of the other side's programs, and nothing that could be a
// person's.
func machineWord(word string) string {
	if len(word) > 60 || strings.Trim(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") != "" {
		return ""
	}
	return word
}

func machineWords(words []string) []string {
	return slices.DeleteFunc(words, func(word string) bool { return machineWord(word) == "" })
}
