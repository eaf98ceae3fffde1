package authorise

import (
	"context"
	"crypto/rand"
	"errors"
	"net/url"

	"usher/core"
)

// longestWay bounds each value a site's page sends along, in bytes.
const longestWay = 500

// Grant is what the owner of a site gave.
type Grant struct {
	User     string // the login of the account the browser was logged in with
	Password core.Secret
}

// Request is one question to the owner of a site. It holds a port on 127.0.0.1 until
// Wait or Close.
type Request struct {
	callback[Grant]
	page *url.URL
	name string
}

// Begin prepares to ask the owner of the site with this authorise page. The name is what
// the password will be called.
func Begin(ctx context.Context, page, name string) (*Request, error) {
	u, err := parsePage(page)
	if err != nil {
		return nil, err
	}
	r := &Request{page: u, name: name}
	if err := r.listen(ctx, "127.0.0.1:0"); err != nil {
		return nil, err
	}
	r.host, r.path, r.state = r.listener.Addr().String(), "/"+rand.Text(), rand.Text()
	r.partner, r.late, r.understand = u.Hostname(), "site.not_answered", r.read
	return r, nil
}

// URL is the page the person is to open, in a browser on this computer.
func (r *Request) URL() string {
	back := url.URL{Scheme: "http", Host: r.host, Path: r.path}
	callback := func(query url.Values) []string {
		back.RawQuery = query.Encode()
		return []string{back.String()}
	}
	return withQuery(r.page, url.Values{
		"app_name":    {r.name},
		"success_url": callback(url.Values{"state": {r.state}}),
		"reject_url":  callback(url.Values{"state": {r.state}, "success": {"false"}}),
	})
}

// Wait waits ten minutes for the owner's answer, hands what they granted to use and
// returns use's error: the browser's last page tells the person the same. Use is called
// once at most.
//
// Besides that: site.not_authorised when the owner refused, site.not_answered when nobody
// came, site.other_answered when another site answered, and the context's own error.
func (r *Request) Wait(ctx context.Context, use func(context.Context, Grant) error) error {
	return r.wait(ctx, use)
}

// read understands a call-back whose state is right.
func (r *Request) read(query url.Values) answer[Grant] {
	if query.Get("success") == "false" {
		return answer[Grant]{err: core.NewProblem("site.not_authorised", nil)}
	}
	site, user, password := query.Get("site_url"), query.Get("user_login"), query.Get("password")
	switch {
	case !plausible(site, longestWay) || !plausible(user, longestWay) || !plausible(password, longestWay):
		return answer[Grant]{err: core.NewProblem("site.not_authorised", errors.New("the answer is not complete"))}
	case !sameSite(site, r.page):
		return answer[Grant]{err: core.NewProblem("site.other_answered", nil).About(hostOf(site))}
	}
	return answer[Grant]{grant: Grant{User: user, Password: core.NewSecret(password)}}
}

func hostOf(site string) string {
	u, err := url.Parse(site)
	if err != nil {
		return ""
	}
	return u.Host
}
