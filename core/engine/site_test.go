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

// memorySite is a WordPress site in memory, for tests about time and crashes. What a real
// site answers is the business of package wordpress.
type memorySite struct {
	mu       sync.Mutex
	users    []core.User
	nextID   int64
	roles    map[string]map[string]bool
	calls    []string // "create", "update 3", ...
	fail     func(call string) error
	after    func(call string) error // runs when the call has taken effect
	password string
}

func newMemorySite() *memorySite {
	return &memorySite{nextID: 1, roles: map[string]map[string]bool{
		"subscriber": {"read": true}, "customer": {"read": true}, "administrator": {"manage_options": true},
	}}
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

func (m *memorySite) User(_ context.Context, id int64) (core.User, bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.call("user"); err != nil {
		return core.User{}, false, err
	}
	return m.find(func(u core.User) bool { return u.ID == id })
}

func (m *memorySite) UserByEmail(_ context.Context, email string) (core.User, bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.call("search"); err != nil {
		return core.User{}, false, err
	}
	return m.find(func(u core.User) bool { return strings.EqualFold(u.Email, email) })
}

func (m *memorySite) find(is func(core.User) bool) (core.User, bool, error) {
	if i := slices.IndexFunc(m.users, is); i >= 0 {
		return m.shown(m.users[i]), true, nil
	}
	return core.User{}, false, nil
}

// shown is the user as the API shows them.
func (m *memorySite) shown(u core.User) core.User {
	u.Fields, u.Roles, u.Caps = maps.Clone(u.Fields), slices.Clone(u.Roles), map[string]bool{}
	for _, role := range u.Roles {
		maps.Copy(u.Caps, m.roles[role])
	}
	return u
}

func (m *memorySite) Create(_ context.Context, n core.NewUser) (core.User, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.call("create"); err != nil {
		return core.User{}, err
	}
	for _, u := range m.users {
		switch {
		case u.Login == n.Login:
			return core.User{}, core.NewProblem("user.login_taken", nil)
		case strings.EqualFold(u.Email, n.Email):
			return core.User{}, core.NewProblem("user.email_taken", nil)
		}
	}
	roles := n.Roles
	if roles == nil {
		roles = []string{"subscriber"}
	}
	for _, role := range roles {
		if m.roles[role] == nil {
			return core.User{}, core.NewProblem("user.role_unknown", nil).About(role)
		}
	}
	u := core.User{ID: m.nextID, Login: n.Login, Email: n.Email, Fields: core.Fields{}, Roles: roles, Registered: time.Now().Truncate(time.Second)}
	maps.Copy(u.Fields, n.Fields)
	m.nextID++
	m.users = append(m.users, u)
	m.password = n.Password.Reveal()
	return m.shown(u), m.done("create")
}

func (m *memorySite) Update(_ context.Context, id int64, patch core.UserPatch) (core.User, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	name := fmt.Sprintf("update %d", id)
	if err := m.call(name); err != nil {
		return core.User{}, err
	}
	i := slices.IndexFunc(m.users, func(u core.User) bool { return u.ID == id })
	if i < 0 {
		return core.User{}, core.NewProblem("user.gone", nil)
	}
	maps.Copy(m.users[i].Fields, patch.Fields)
	if patch.Roles != nil {
		m.users[i].Roles = patch.Roles
	}
	return m.shown(m.users[i]), m.done(name)
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

func (m *memorySite) only(t *testing.T) core.User {
	t.Helper()
	users := m.all()
	if len(users) != 1 {
		t.Fatalf("%d users, want 1: %v", len(users), users)
	}
	return users[0]
}
