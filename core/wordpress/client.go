// Package wordpress is the client of one WordPress site: finding the site a person
// means, checking what an application password may do there, and reading, creating and
// updating users over the REST API, as many in one request as the site takes.
//
// It decides nothing about whom to change. It sends the API JSON only, no cookies and no
// passwords on update, follows no redirect with credentials, and turns everything a
// site may answer into a core.Problem in one place, classify. Start reading at Client;
// how users are written is in write.go, and what the helper plugin is told in helper.go.
//
// How WordPress behaves was measured on 6.1.9 and 7.1.4; wptest holds it as a suite.
package wordpress

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
	"unicode"

	"usher/core"
	"usher/core/rest"
)

// Client reads and writes the users of one site. It is safe for concurrent use; the
// site sees two connections at most. Close it after its last call has returned.
//
// All its methods return Problems, or the context's error when the caller gave up. A
// Problem of scope core.ItemOrSite leaves open whether the site is sick or dies of this
// one request; Ping tells.
type Client struct {
	api      string
	user     string
	password string
	http     *rest.Client
	clock    atomic.Int64 // Unix seconds
	offers   offers
}

// New returns a client for site, as Discover found it, with the application password of
// site.User. Spaces in the password, as WordPress shows it, do not matter.
func New(site core.Site, password core.Secret) *Client {
	return &Client{
		api:      site.API,
		user:     strings.TrimSpace(site.User),
		password: withoutSpaces(password.Reveal()),
		http:     rest.New(rest.Options{AllowPrivate: site.Local}),
	}
}

func withoutSpaces(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return -1
		}
		return r
	}, text)
}

// Close gives back the client's connections.
func (c *Client) Close() { c.http.Close() }

// Clock is the site's time when it last answered, to the second; zero before that.
func (c *Client) Clock() time.Time {
	seconds := c.clock.Load()
	if seconds == 0 {
		return time.Time{}
	}
	return time.Unix(seconds, 0).UTC()
}

// call is one request to the API.
type call struct {
	method string
	route  string
	query  url.Values
	body   map[string]any // sent as JSON; nil for none
	// personal marks a request that says something about a person, so that nothing
	// of the answer's text is repeated.
	personal bool
}

func (c *Client) do(ctx context.Context, what call) (*rest.Response, error) {
	answer, err := c.exchange(ctx, what)
	if err != nil {
		return nil, err
	}
	return answer, c.judge(answer, what)
}

// exchange returns the site's answer, whatever it is.
func (c *Client) exchange(ctx context.Context, what call) (*rest.Response, error) {
	req, err := c.request(ctx, what)
	if err != nil {
		return nil, err
	}
	answer, err := c.http.Do(req)
	if err != nil {
		return nil, c.hush(problemOf(err), what.body, "")
	}
	if date := answer.Date(); !date.IsZero() {
		c.clock.Store(date.Unix())
	}
	return answer, nil
}

// judge returns the Problem an answer is, if it is one.
func (c *Client) judge(answer *rest.Response, what call) error {
	if problem := classify(answer, what.personal); problem != nil {
		return c.hush(problem, what.body, strconv.Itoa(answer.Status))
	}
	return nil
}

// hush replaces a Problem's detail that repeats something that was sent. A site that is
// broken, or in wrong hands, must not get a password shown as the name of an error.
func (c *Client) hush(err error, sent any, instead string) error {
	var p *core.Problem
	if !errors.As(err, &p) || p.Detail == "" {
		return err
	}
	if slices.ContainsFunc(append(texts(sent), c.password), func(s string) bool { return s != "" && strings.Contains(p.Detail, s) }) {
		p.Detail = instead
	}
	return err
}

// texts are all texts within what is sent as JSON, however deep; names of members are
// not a person's.
func texts(sent any) []string {
	encoded, err := json.Marshal(sent)
	if err != nil {
		return nil // then it was not sent
	}
	var value any
	_ = json.Unmarshal(encoded, &value)
	return textsIn(value)
}

func textsIn(value any) (found []string) {
	switch v := value.(type) {
	case string:
		return []string{v}
	case []any:
		for _, inner := range v {
			found = append(found, textsIn(inner)...)
		}
	case map[string]any:
		for _, inner := range v {
			found = append(found, textsIn(inner)...)
		}
	}
	return found
}

func (c *Client) request(ctx context.Context, what call) (*http.Request, error) {
	var body io.Reader
	if what.body != nil {
		encoded, err := json.Marshal(what.body)
		if err != nil {
			return nil, errors.New("encode request") // the cause may quote a value
		}
		body = bytes.NewReader(encoded)
	}
	req, err := http.NewRequestWithContext(ctx, what.method, routeURL(c.api, what.route, what.query), body)
	if err != nil {
		return nil, core.NewProblem("site.not_wordpress", nil) // the cause quotes the URL
	}
	req.SetBasicAuth(c.user, c.password)
	req.Header.Set("Accept", "application/json")
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	return req, nil
}
