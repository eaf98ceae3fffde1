package engine

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"usher/core"
)

// memorySite is a WordPress site in memory, with or without the helper, for tests about
// time and crashes. What a real site answers is the business of package wordpress.
type memorySite struct {
	mu       sync.Mutex
	users    []core.User
	nextID   int64
	roles    map[string]map[string]bool
	calls    []string // "create", "update 3", ...
	requests int
	clash    bool // two writes of one request were about one person
	fail     func(call string) error
	after    func(call string) error // runs when the call has taken effect
	password string
	mails    []string // logins

	helper   bool
	identity string
	most     int                     // writes in one request
	network  []core.User             // on other sites of the network: the helper adds them to this one
	poison   string                  // an e-mail that kills every request it is in
	ops      map[string]core.Written // what the helper remembers
}

func newMemorySite() *memorySite {
	return &memorySite{nextID: 1, most: 1, ops: map[string]core.Written{}, roles: map[string]map[string]bool{
		"subscriber": {"read": true}, "customer": {"read": true}, "administrator": {"manage_options": true},
	}}
}

// install puts the helper on the site.
func (m *memorySite) install() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.helper, m.identity, m.most = true, "id-1", 50
}

func (m *memorySite) call(name string) error {
	m.calls = append(m.calls, name)
	if m.fail != nil {
		return m.fail(name)
	}
	return nil
}

func (m *memorySite) done(name string) error {
	if m.after != nil {
		return m.after(name)
	}
	return nil
}

func (m *memorySite) Offer(context.Context) (core.Offer, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.helper {
		return core.Offer{Most: m.most}, nil
	}
	offer := core.Offer{Helper: true, Version: "1.0.0", Identity: m.identity, Most: m.most, DefaultRole: "subscriber", Roles: map[string]core.Role{}}
	for slug, caps := range m.roles {
		offer.Roles[slug] = core.Role{Name: slug, Caps: caps}
	}
	return offer, nil
}

func (m *memorySite) Find(_ context.Context, queries []core.UserQuery) (found []core.Found, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.requests++
	for _, q := range queries {
		call := "search"
		if q.ID != 0 {
			call = "user"
		}
		if err := m.call(call); err != nil {
			return nil, err
		}
		found = append(found, m.find(func(u core.User) bool { return u.ID == q.ID || (q.ID == 0 && strings.EqualFold(u.Email, q.Email)) }))
	}
	return found, nil
}

func (m *memorySite) find(is func(core.User) bool) core.Found {
	if i := slices.IndexFunc(m.users, is); i >= 0 {
		return core.Found{User: m.shown(m.users[i]), OK: true}
	}
	return core.Found{}
}

// shown is the user as the API shows them.
func (m *memorySite) shown(u core.User) core.User {
	u.Fields, u.Roles, u.Caps = maps.Clone(u.Fields), slices.Clone(u.Roles), map[string]bool{}
	for _, role := range u.Roles {
		maps.Copy(u.Caps, m.roles[role])
	}
	if u.Meta, u.State = maps.Clone(u.Meta), ""; m.helper {
		u.State = fmt.Sprint(u.Email, map[string]string(u.Fields), u.Roles, u.Meta, u.Mark)
	}
	return u
}

func (m *memorySite) Write(_ context.Context, writes []core.UserWrite) []core.Written {
	m.mu.Lock()
	defer m.mu.Unlock()
	results := make([]core.Written, len(writes))
	m.requests++
	about := map[string]bool{}
	for _, w := range writes {
		email := ""
		if w.Create != nil {
			email = strings.ToLower(w.Create.Email)
		} else {
			email = strings.ToLower(w.Before.Email)
		}
		m.clash = m.clash || about[email]
		about[email] = true
	}
	for i, w := range writes {
		if m.poison != "" && ((w.Create != nil && w.Create.Email == m.poison) || (w.Before != nil && w.Before.Email == m.poison)) {
			for i := range results {
				results[i].Err = core.NewProblem("site.server_error", nil)
			}
			return results // and what went before it is done
		}
		results[i] = m.write(w)
	}
	return results
}

func (m *memorySite) write(w core.UserWrite) (result core.Written) {
	if done, ok := m.ops[w.Op]; ok && m.helper && m.find(func(u core.User) bool { return u.ID == done.User.ID }).OK {
		return done // as it was then; what a user's ops were goes with the user
	}
	if w.Create != nil {
		result = m.create(*w.Create)
	} else {
		result.User, result.Err = m.update(*w.Before, w.Patch)
	}
	if result.Err != nil || result.User.ID == 0 {
		return result
	}
	m.keep(result.User.ID, w)
	made := w.Create != nil && !slices.ContainsFunc(m.network, func(u core.User) bool { return u.ID == result.User.ID })
	result.User, result.Made = m.find(func(u core.User) bool { return u.ID == result.User.ID }).User, made
	if w.Mail && m.helper {
		m.mails, result.Mail = append(m.mails, result.User.Login), core.MailSent
	}
	m.ops[w.Op] = result
	call := "create"
	if w.Create == nil {
		call = fmt.Sprintf("update %d", w.Before.ID)
	}
	if err := m.done(call); err != nil {
		return core.Written{Err: err}
	}
	return result
}

func (m *memorySite) keep(id int64, w core.UserWrite) {
	u := &m.users[slices.IndexFunc(m.users, func(u core.User) bool { return u.ID == id })]
	if w.Meta != nil {
		u.Meta = maps.Clone(w.Meta)
	}
	if w.Mark == nil {
		return
	}
	mark := *w.Mark // what it does not say stays
	if u.Mark != nil && mark.ContactID == "" {
		mark.ContactID = u.Mark.ContactID
	}
	if u.Mark != nil && mark.Tags == nil {
		mark.Tags = u.Mark.Tags
	}
	u.Mark = &mark
}

func (m *memorySite) create(n core.NewUser) core.Written {
	if err := m.call("create"); err != nil {
		return core.Written{Err: err}
	}
	for _, u := range m.network {
		if u.Email == n.Email && !slices.ContainsFunc(m.users, func(here core.User) bool { return here.ID == u.ID }) {
			m.users = append(m.users, u)
			return core.Written{User: u}
		}
	}
	for _, u := range m.users {
		switch {
		case strings.EqualFold(u.Email, n.Email) && m.helper:
			return core.Written{User: m.shown(u), Err: core.NewProblem("user.changed", nil)}
		case u.Login == n.Login:
			return core.Written{Err: core.NewProblem("user.login_taken", nil)}
		case strings.EqualFold(u.Email, n.Email):
			return core.Written{Err: core.NewProblem("user.email_taken", nil)}
		}
	}
	roles := n.Roles
	if roles == nil {
		roles = []string{"subscriber"}
	}
	for _, role := range roles {
		if m.roles[role] == nil {
			return core.Written{Err: core.NewProblem("user.role_unknown", nil).About(role)}
		}
	}
	u := core.User{ID: m.nextID, Login: n.Login, Email: n.Email, Fields: core.Fields{}, Roles: roles, Registered: time.Now().Truncate(time.Second)}
	maps.Copy(u.Fields, n.Fields)
	m.nextID++
	m.users = append(m.users, u)
	m.password = n.Password.Reveal()
	return core.Written{User: u}
}

func (m *memorySite) update(before core.User, patch core.UserPatch) (core.User, error) {
	if err := m.call(fmt.Sprintf("update %d", before.ID)); err != nil {
		return core.User{}, err
	}
	i := slices.IndexFunc(m.users, func(u core.User) bool { return u.ID == before.ID })
	if i < 0 {
		return core.User{}, core.NewProblem("user.gone", nil)
	}
	if now := m.shown(m.users[i]); before.State != "" && now.State != before.State {
		return now, core.NewProblem("user.changed", nil)
	}
	if m.users[i].Fields == nil {
		m.users[i].Fields = core.Fields{}
	}
	maps.Copy(m.users[i].Fields, patch.Fields)
	if email := m.users[i].Fields["email"]; email != "" {
		m.users[i].Email = email
		delete(m.users[i].Fields, "email")
	}
	if patch.Roles != nil {
		m.users[i].Roles = patch.Roles
	}
	if !patch.Password.Empty() {
		m.password = patch.Password.Reveal()
		m.calls = append(m.calls, "password")
	}
	return m.users[i], nil
}

// SendReset implements ResetMailer.
func (m *memorySite) SendReset(_ context.Context, login string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.call("reset " + login); err != nil {
		return err
	}
	m.mails = append(m.mails, login)
	return m.done("reset " + login)
}

func (m *memorySite) Login(wanted string, n int) string {
	if n > 1 {
		return wanted + strconv.Itoa(n)
	}
	return wanted
}

func (m *memorySite) Ping(context.Context) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.requests++
	return m.call("ping")
}

func (m *memorySite) RoleCaps(_ context.Context, role string) (map[string]bool, bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, u := range m.users {
		if slices.Equal(u.Roles, []string{role}) {
			return m.roles[role], true, nil
		}
	}
	return nil, false, nil
}

func (m *memorySite) Clock() time.Time { return time.Now() }
func (m *memorySite) Close()           {}

// setFail makes calls fail from now on; nil heals the site.
func (m *memorySite) setFail(fail func(call string) error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.fail = fail
}

func (m *memorySite) add(u core.User) core.User {
	m.mu.Lock()
	defer m.mu.Unlock()
	u.ID = m.nextID
	m.nextID++
	m.users = append(m.users, u)
	return u
}

func (m *memorySite) all() []core.User {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.users)
}

func (m *memorySite) count(prefix string) (n int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, call := range m.calls {
		if strings.HasPrefix(call, prefix) {
			n++
		}
	}
	return n
}

func (m *memorySite) setAfter(after func(call string) error) {
	m.change(func() { m.after = after })
}

// change lets a test do something to the site while the engine runs.
func (m *memorySite) change(do func()) {
	m.mu.Lock()
	defer m.mu.Unlock()
	do()
}

func (m *memorySite) mailed() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.mails)
}

func (m *memorySite) asked() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.requests
}

func (m *memorySite) only(t *testing.T) core.User {
	t.Helper()
	users := m.all()
	if len(users) != 1 {
		t.Fatalf("%d users, want 1: %v", len(users), users)
	}
	return users[0]
}
