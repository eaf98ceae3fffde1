// Package wptest is the contract between Usher and a WordPress site, as a suite of
// tests any site must pass: the oldest and the newest WordPress there is, and the
// practice site, which by this cannot drift from them.
//
// It looks from both sides. What wordpress.Client promises is tested through the
// client; the behaviour the client is built on, odd corners included, is tested with
// raw requests. Where versions may differ, a test accepts both and says so.
package wptest

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"usher/core"
	"usher/core/wordpress"
)

// Site is the site under test. The suite adds users and roles with names of its own and
// needs no empty site, but nobody else may make the site send mail meanwhile.
type Site struct {
	URL      string // of the front page
	User     string // login of an administrator
	Password string // the administrator's application password
	Plain    bool   // permalinks are plain: the API is at ?rest_route= only
	Network  bool   // one of a network of sites, whose administrator User is

	// AddUser makes a user by other means than the API and returns an application
	// password of that user.
	AddUser func(t *testing.T, login, email, role string) (password string)
	// AddRole makes a role with exactly these capabilities.
	AddRole func(t *testing.T, slug, name string, caps []string)
	// Mails counts the mails the site has sent so far.
	Mails func(t *testing.T) int
	// DeleteUser removes a user for good; nil where the API can.
	DeleteUser func(t *testing.T, id int64)
	// AddElsewhere makes a user LOGIN with LOGIN@example.test on another site of the
	// network only, and returns the id; nil where there is no network.
	AddElsewhere func(t *testing.T, login string) int64
	// InstallHelper installs the helper plugin, for good; nil where there is none.
	InstallHelper func(t *testing.T)
}

// Run holds site to the contract.
func Run(t *testing.T, site Site) {
	found, err := wordpress.Discover(t.Context(), site.URL)
	if err != nil {
		t.Fatalf("discover %s: %v", site.URL, err)
	}
	s := &suite{Site: site, found: found, http: &http.Transport{}}
	t.Cleanup(s.http.CloseIdleConnections)
	t.Run("discover", s.discover)
	t.Run("verify", s.verify)
	t.Run("find", s.find)
	t.Run("create", s.create)
	t.Run("update", s.update)
	t.Run("roles", s.roles)
	t.Run("raw discovery", s.rawDiscovery)
	t.Run("raw access", s.rawAccess)
	if site.Network {
		t.Run("raw network", s.rawNetwork)
	} else {
		t.Run("raw lists", s.rawLists)
		t.Run("raw create", s.rawCreate)
		t.Run("raw update", s.rawUpdate)
	}
	t.Run("writers", s.writers)
}

type suite struct {
	Site
	found core.Site
	http  *http.Transport
}

// fresh is a word no other run has used, so that a site can be tested again and again.
func fresh() string { return "u" + strings.ToLower(rand.Text()[:12]) }

// caller is Usher's client with calls about one user, who is looked up and written by
// itself: over WordPress's own API, for where the suite uses it there is no helper yet.
type caller struct{ *wordpress.Client }

func (c caller) find(t *testing.T, query core.UserQuery) (core.Found, error) {
	t.Helper()
	found, err := c.Find(t.Context(), []core.UserQuery{query})
	if err != nil {
		return core.Found{}, err
	}
	if len(found) != 1 {
		t.Fatalf("%d answers to a query", len(found))
	}
	return found[0], nil
}

func (c caller) create(t *testing.T, user core.NewUser) (core.User, error) {
	t.Helper()
	return c.write(t, making(user))
}

func (c caller) update(t *testing.T, before core.User, patch core.UserPatch) (core.User, error) {
	t.Helper()
	return c.write(t, changing(&before, patch))
}

func (c caller) write(t *testing.T, write core.UserWrite) (core.User, error) {
	t.Helper()
	written := c.Write(t.Context(), []core.UserWrite{write})
	if len(written) != 1 {
		t.Fatalf("%d answers to a write", len(written))
	}
	got := written[0]
	if made := write.Create != nil && got.Err == nil; got.Made != made {
		t.Errorf("made: %v, want %v", got.Made, made)
	}
	return got.User, got.Err
}

// client has the administrator's credentials.
func (s *suite) client(t *testing.T) caller {
	t.Helper()
	return s.clientAs(t, s.User, s.Password)
}

func (s *suite) clientAs(t *testing.T, user, password string) caller {
	t.Helper()
	site := s.found
	site.User = user
	client := wordpress.New(site, core.NewSecret(password))
	t.Cleanup(client.Close)
	return caller{client}
}

// newUser is one the site takes; word makes login and e-mail its own.
func newUser(word string) core.NewUser {
	return core.NewUser{Login: word, Email: word + "@example.test", Password: core.NewSecret(rand.Text())}
}

func mustCreate(t *testing.T, client caller, user core.NewUser) core.User {
	t.Helper()
	made, err := client.create(t, user)
	if err != nil {
		t.Fatalf("create %s: %v", user.Login, err)
	}
	return made
}

// delete removes a user for good.
func (s *suite) delete(t *testing.T, id int64) {
	t.Helper()
	if s.DeleteUser != nil {
		s.DeleteUser(t, id)
		return
	}
	got := s.send(t, request{method: "DELETE", route: fmt.Sprintf("/wp/v2/users/%d", id), query: "force=true&reassign=false"})
	got.want(t, http.StatusOK, "")
}

// request is a raw request; its zero values mean GET, no body, as administrator.
type request struct {
	method, route, query, body string
	user, password             string
	guest                      bool
}

type reply struct {
	status int
	header http.Header
	body   []byte
	code   string // of a JSON object
}

// send does nothing for the request that the tests do not say: not even the client's way
// of joining URLs is trusted.
func (s *suite) send(t *testing.T, r request) reply {
	t.Helper()
	url := s.URL + "/wp-json" + r.route
	if r.query != "" {
		url += "?" + r.query
	}
	if s.Plain {
		url = s.URL + "/?rest_route=" + r.route
		if r.query != "" {
			url += "&" + r.query
		}
	}
	return s.sendTo(t, url, r)
}

func (s *suite) sendTo(t *testing.T, url string, r request) reply {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), r.method, url, strings.NewReader(r.body))
	if err != nil {
		t.Fatal(err)
	}
	switch {
	case r.guest:
	case r.user != "":
		req.SetBasicAuth(r.user, r.password)
	default:
		req.SetBasicAuth(s.User, s.Password)
	}
	if r.body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := s.http.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	var object struct {
		Code string `json:"code"`
	}
	_ = json.Unmarshal(body, &object)
	return reply{status: resp.StatusCode, header: resp.Header, body: bytes.TrimSpace(body), code: object.Code}
}

func (r reply) isJSON() bool {
	return strings.HasPrefix(r.header.Get("Content-Type"), "application/json")
}

// want checks a JSON answer's status and error code.
func (r reply) want(t *testing.T, status int, code string) {
	t.Helper()
	if r.status != status || r.code != code || !r.isJSON() {
		t.Errorf("got %d %q (%s), want %d %q as JSON; body: %.300s",
			r.status, r.code, r.header.Get("Content-Type"), status, code, r.body)
	}
}

func (r reply) decode(t *testing.T, into any) {
	t.Helper()
	if err := json.Unmarshal(r.body, into); err != nil {
		t.Fatalf("read %.300s: %v", r.body, err)
	}
}

// wantProblem checks that err is the Problem with this code.
func wantProblem(t *testing.T, err error, code string) {
	t.Helper()
	if !core.HasCode(err, code) {
		t.Errorf("got %v, want %s", err, code)
	}
}
