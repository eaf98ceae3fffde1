package practice

import (
	"crypto/rand"
	"fmt"
	"net"
	"net/http"
	"regexp"
	"slices"
	"time"

	"usher/core"
)

// appPassword is one application password of a user.
type appPassword struct {
	uuid     string
	secret   core.Secret // letters and digits only
	created  time.Time
	lastUsed time.Time
	lastIP   string
}

var notAlphanumeric = regexp.MustCompile(`[^a-zA-Z0-9]`)

// compact drops the spaces people copy along.
func compact(password string) string { return notAlphanumeric.ReplaceAllString(password, "") }

// AddAppPassword gives a user an application password; it may be written with or without its spaces. It
// does nothing if there is no such user.
func (s *Site) AddAppPassword(id int64, password core.Secret) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if u := s.byID(id); u != nil {
		u.appPasswords = append(u.appPasswords, &appPassword{
			uuid: newUUID(), secret: core.NewSecret(compact(password.Reveal())), created: s.now(),
		})
	}
}

// authenticate finds out who calls. Wrong credentials make a guest, not an error (measured).
func (c *call) authenticate(r *http.Request) {
	name, password, ok := r.BasicAuth()
	if !ok || c.site.cfg.NoAppPasswords {
		return
	}
	u := c.site.byName(name)
	if u == nil {
		return
	}
	given := core.NewSecret(compact(password))
	i := slices.IndexFunc(u.appPasswords, func(p *appPassword) bool {
		return !given.Empty() && p.secret.Equal(given)
	})
	if i < 0 {
		return
	}
	c.user, c.with, c.caps = u, u.appPasswords[i], c.site.capabilities(u)
	c.with.lastUsed = c.site.now()
	c.with.lastIP, _, _ = net.SplitHostPort(r.RemoteAddr)
}

// forbidden refuses what the caller may not do: 401 for a guest, 403 for an account without the right.
func (c *call) forbidden(code, message string) *refusal {
	if c.user == nil {
		return refuse(http.StatusUnauthorized, code, message)
	}
	return refuse(http.StatusForbidden, code, message)
}

func notLoggedIn() *refusal {
	return refuse(http.StatusUnauthorized, "rest_not_logged_in", "You are not currently logged in.")
}

// can reports whether the caller has a capability.
func (c *call) can(capability string) bool { return c.caps[capability] }

// canEdit reports whether the caller may edit u; everybody may edit themselves.
func (c *call) canEdit(u *user) bool { return c.user == u || c.can("edit_users") }

// me turns what is done to a user into what is done to the caller.
func me(do func(*call) (answer, *refusal)) func(*call) (answer, *refusal) {
	return func(c *call) (answer, *refusal) {
		if c.user == nil {
			return answer{}, notLoggedIn()
		}
		c.params["id"] = c.user.id
		return do(c)
	}
}

func mayMe(may func(*call) *refusal) func(*call) *refusal {
	return func(c *call) *refusal {
		c.params["id"] = int64(0)
		if c.user != nil {
			c.params["id"] = c.user.id
		}
		return may(c)
	}
}

// mayIntrospect is the one place that tells "switched off" from "wrong".
func (c *call) mayIntrospect() *refusal {
	switch {
	case c.site.cfg.NoAppPasswords:
		return refuse(http.StatusNotImplemented, "application_passwords_disabled",
			"Application passwords are not available.")
	case c.user == nil:
		return notLoggedIn()
	default:
		return nil
	}
}

func (c *call) introspect() (answer, *refusal) {
	const layout = "2006-01-02T15:04:05"
	return answer{status: http.StatusOK, body: map[string]any{
		"uuid": c.with.uuid, "app_id": "", "name": "practice",
		"created":   c.with.created.Format(layout),
		"last_used": c.with.lastUsed.Format(layout),
		"last_ip":   c.with.lastIP,
	}}, nil
}

func newUUID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[0:4], b[4:6], b[6:8], b[8:10], b[10:16])
}
