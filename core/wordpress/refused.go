package wordpress

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"usher/core"
	"usher/core/rest"
)

// explain says why a site takes the account for a guest. WordPress's core answers alike
// to a wrong password, an unknown user, application passwords that are off and a header
// the web server kept to itself (measured on 6.1.9 and 7.1.4), so it is asked in other
// ways and, last, what was typed is looked at.
func (c *Client) explain(ctx context.Context, err error) error {
	if !core.HasCode(err, "site.unauthorized") && !core.HasCode(err, "site.no_rest") {
		return err
	}
	var pluginsWord refusal
	if said := errors.As(err, &pluginsWord); !said && core.HasCode(err, "site.no_rest") {
		return err // WordPress itself has no such route
	}
	if p := c.appPasswordsDisabled(ctx); p != nil {
		return p
	}
	if p := c.mistyped(); p != nil {
		return p
	}
	if code, ok := signInCodes[pluginsWord]; ok {
		return core.NewProblem(code, err)
	}
	verdict := c.askByXMLRPC(ctx)
	switch {
	case verdict == passwordRight && pluginsWord != "":
		return core.NewProblem("site.rest_restricted", err).About(pluginsWord.Error())
	case verdict == passwordRight:
		return core.NewProblem("site.header_stripped", err)
	case c.userLooksLikeApp():
		return core.NewProblem("site.app_name", err)
	case verdict == passwordWrong:
		return core.NewProblem("site.unauthorized", err)
	default:
		return core.NewProblem("site.sign_in_unclear", err)
	}
}

// signInCodes are said only on sites where a plugin looks at the user before WordPress
// does; core alone says rest_not_logged_in to everything (measured on 6.1.9 and 7.1.4).
var signInCodes = map[refusal]string{ //nolint:gosec // "password" is part of a name
	"invalid_username":   "site.unknown_user",
	"invalid_email":      "site.unknown_user",
	"incorrect_password": "site.wrong_password",

	"application_passwords_disabled_for_user": "site.app_passwords_not_for_user",
}

// appPasswordsDisabled asks the one route that tells guests that they are off. Where a
// plugin looks early, all routes do.
func (c *Client) appPasswordsDisabled(ctx context.Context) error {
	_, err := c.introspect(ctx)
	var said refusal
	if core.HasCode(err, "site.no_app_passwords") || errors.As(err, &said) && said == "application_passwords_disabled" {
		return whyOff(ctx, c.http, c.api)
	}
	return nil
}

// mistyped looks at the shape of what was typed.
func (c *Client) mistyped() error {
	switch {
	case !likeAppPassword(c.password) && likeAppPassword(withoutSpaces(c.user)):
		return core.NewProblem("site.mixed_up", nil)
	case !likeAppPassword(c.password):
		return core.NewProblem("site.own_password", nil)
	default:
		return nil
	}
}

// likeAppPassword: WordPress makes all of 24 letters and digits (seen in 6.1.9 and 7.1.4).
func likeAppPassword(text string) bool {
	return len(text) == 24 && !strings.ContainsFunc(text, func(r rune) bool { return !isAlphanumeric(r) })
}

// userLooksLikeApp: people make the password under a name like "Usher" or "My laptop".
func (c *Client) userLooksLikeApp() bool {
	return !strings.Contains(c.user, "@") &&
		(strings.Contains(c.user, " ") || strings.HasPrefix(strings.ToLower(c.user), "usher"))
}

// verdict is what XML-RPC, WordPress's older API, says about a password.
type verdict int

const (
	noVerdict verdict = iota // switched off, blocked, or no answer that can be read
	passwordRight
	passwordWrong
)

// askByXMLRPC signs in where the password travels in the body, which no web server takes
// out. It takes application passwords like the REST API. It asks the same host only, once.
func (c *Client) askByXMLRPC(ctx context.Context) verdict {
	address := besideAPI(c.api, "xmlrpc.php")
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(c.xmlrpcSignIn()))
	if err != nil {
		return noVerdict
	}
	req.Header.Set("Content-Type", "text/xml")
	answer, err := c.http.Do(req)
	if err != nil || answer.Status != http.StatusOK {
		return noVerdict
	}
	return readVerdict(answer.Body)
}

// xmlrpcSignIn asks for the user's sites, which every user may know.
func (c *Client) xmlrpcSignIn() []byte {
	var body bytes.Buffer
	body.WriteString(`<?xml version="1.0"?><methodCall><methodName>wp.getUsersBlogs</methodName><params>`)
	for _, param := range []string{c.user, c.password} {
		body.WriteString(`<param><value><string>`)
		_ = xml.EscapeText(&body, []byte(param)) // a Buffer takes all
		body.WriteString(`</string></value></param>`)
	}
	body.WriteString(`</params></methodCall>`)
	return body.Bytes()
}

// readVerdict reads the answer. Of faults only 403 is about the password: others say that
// XML-RPC or the method is off.
func readVerdict(body []byte) verdict {
	var answer struct {
		XMLName xml.Name  `xml:"methodResponse"`
		Params  *struct{} `xml:"params"`
		Faults  []struct {
			Name string `xml:"name"`
			Code string `xml:"value>int"`
		} `xml:"fault>value>struct>member"`
	}
	if xml.Unmarshal(bytes.TrimSpace(body), &answer) != nil {
		return noVerdict
	}
	for _, member := range answer.Faults {
		if member.Name == "faultCode" && strings.TrimSpace(member.Code) == "403" {
			return passwordWrong
		}
	}
	if len(answer.Faults) == 0 && answer.Params != nil {
		return passwordRight
	}
	return noVerdict
}

// besideAPI is the address of one of WordPress's own files, on the API's own host.
func besideAPI(api, file string) string {
	root, err := url.Parse(api)
	if err != nil {
		return ""
	}
	beside := url.URL{Scheme: root.Scheme, Host: root.Host, Path: sitePath(root.Path) + file}
	return beside.String()
}

// redirectedTo is where an answer that was a redirect led, or nil.
func redirectedTo(err error) *url.URL {
	var redirect *rest.RedirectError
	if errors.As(err, &redirect) {
		return redirect.Location
	}
	return nil
}
