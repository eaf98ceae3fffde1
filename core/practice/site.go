package practice

import (
	"cmp"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"usher/core"
)

// wordPressVersion is the release the site says it is, and behaves like.
const wordPressVersion = "7.1.4"

// SiteConfig says what kind of site to make. Only Admin is needed.
type SiteConfig struct {
	Admin Admin
	Title string // "Practice site" when empty
	// Folder is the path the site lives under, such as "/blog"; empty for the root. Outside of it the
	// server knows nothing.
	Folder string
	// PlainPermalinks takes /wp-json away: it answers with the front page, as on a real site.
	PlainPermalinks bool
	// NoAppPasswords switches application passwords off, as plain http or a security plugin does.
	NoAppPasswords bool
	DefaultRole    string           // of users created without one; "subscriber" when empty
	Now            func() time.Time // the site's own clock; time.Now when nil
}

// Admin is the site's first user, an administrator.
type Admin struct {
	Login       string // "admin" when empty
	Email       string // "admin@example.test" when empty
	AppPassword core.Secret
}

// Site is a WordPress site in memory. It is an http.Handler and safe for concurrent use.
type Site struct {
	Faults

	cfg    SiteConfig
	routes []route

	mu     sync.Mutex
	roles  []role
	users  []*user // by id
	lastID int64
	mails  []Mail
}

// NewSite makes a site with one user, its administrator.
func NewSite(cfg SiteConfig) *Site {
	cfg.Title = cmp.Or(cfg.Title, "Practice site")
	cfg.DefaultRole = cmp.Or(cfg.DefaultRole, "subscriber")
	cfg.Admin.Login = cmp.Or(cfg.Admin.Login, "admin")
	cfg.Admin.Email = cmp.Or(cfg.Admin.Email, "admin@example.test")
	if cfg.Folder = strings.Trim(cfg.Folder, "/"); cfg.Folder != "" {
		cfg.Folder = "/" + cfg.Folder
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	s := &Site{cfg: cfg, routes: routes(), roles: stockRoles()}
	s.users = []*user{{
		id: 1, login: cfg.Admin.Login, slug: slug(cfg.Admin.Login), email: cfg.Admin.Email,
		display: cfg.Admin.Login, nickname: cfg.Admin.Login, roles: []string{"administrator"},
		registered: s.now(), published: true, // the "Hello world!" every new site has
	}}
	s.lastID = 1
	if !cfg.Admin.AppPassword.Empty() {
		s.AddAppPassword(1, cfg.Admin.AppPassword)
	}
	return s
}

// now is the site's clock as the database keeps it: UTC, whole seconds.
func (s *Site) now() time.Time { return s.cfg.Now().UTC().Truncate(time.Second) }

// ServeHTTP answers as the site, or with the fault whose turn it is.
func (s *Site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.pass(w, r, s.serve)
}

func (s *Site) serve(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Date", s.cfg.Now().UTC().Format(http.TimeFormat))
	path, inside := strings.CutPrefix(r.URL.Path, s.cfg.Folder)
	if !inside || path != "" && path[0] != '/' {
		http.Error(w, "Not Found", http.StatusNotFound)
		return
	}
	if route, ok := s.restRoute(path, r.URL.Query()); ok {
		s.serveREST(w, r, route)
		return
	}
	if path == loginPath && r.Method == http.MethodPost && r.URL.Query().Get("action") == "lostpassword" {
		s.serveReset(w, r)
		return
	}
	s.serveFront(w, r, path)
}

// restRoute finds the REST route a URL names, in either of its two spellings.
func (s *Site) restRoute(path string, query url.Values) (string, bool) {
	if route := query.Get("rest_route"); route != "" {
		return trimRoute(route), true
	}
	route, found := strings.CutPrefix(path, "/wp-json")
	if !found || s.cfg.PlainPermalinks || route != "" && route[0] != '/' {
		return "", false
	}
	return trimRoute(route), true
}

func trimRoute(route string) string {
	return cmp.Or(strings.TrimRight(route, "/"), "/")
}

var frontPage = template.Must(template.New("front").Parse(`<!DOCTYPE html>
<html lang="en-US"><head><meta charset="UTF-8"><title>{{.Title}}</title>
<link rel="https://api.w.org/" href="{{.API}}">
<meta name="generator" content="WordPress {{.Version}}">
</head><body><h1>{{.Title}}</h1><p>{{.Text}}</p></body></html>
`))

// serveFront is all the site has for browsers. Pretty permalinks make other paths a 404; with plain ones
// every path is the front page, once it has its slash at the end (measured).
func (s *Site) serveFront(w http.ResponseWriter, r *http.Request, path string) {
	home := siteURL(r, s.cfg.Folder)
	if address := s.canonical(r, path); address != path {
		http.Redirect(w, r, string(home)+address, http.StatusMovedPermanently) //nolint:gosec // to itself
		return
	}
	api := home.rest(s.cfg.PlainPermalinks, "/")
	status, text := http.StatusOK, "This is a practice site. It lives in Usher's memory only."
	if path != "/" && !s.cfg.PlainPermalinks {
		status, text = http.StatusNotFound, "There is no such page."
	}
	w.Header().Set("Content-Type", "text/html; charset=UTF-8")
	w.Header().Set("Link", "<"+api+`>; rel="https://api.w.org/"`)
	w.WriteHeader(status)
	_ = frontPage.Execute(w, map[string]string{
		"Title": s.cfg.Title, "API": api, "Version": wordPressVersion, "Text": text,
	})
}

// canonical is the address a browser is sent to for this one; path itself when it is right.
func (s *Site) canonical(r *http.Request, path string) string {
	switch {
	case path == "" || path == "/index.php" && r.URL.RawQuery == "":
		return "/"
	case s.cfg.PlainPermalinks && !Writes(r) && !strings.HasSuffix(path, "/") && path != "/index.php":
		if r.URL.RawQuery == "" {
			return path + "/"
		}
		return path + "/?" + r.URL.RawQuery
	default:
		return path
	}
}

// home is the site's address as the caller wrote it, without a slash at the end.
type home string

func siteURL(r *http.Request, folder string) home {
	scheme := "http"
	if r.TLS != nil {
		scheme = "https"
	}
	return home(scheme + "://" + r.Host + folder)
}

// rest is the address of a REST route.
func (h home) rest(plain bool, route string) string {
	if plain {
		return string(h) + "/index.php?rest_route=" + route
	}
	return string(h) + "/wp-json" + route
}

// Users lists the site's users by id.
func (s *Site) Users() []core.User {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := make([]core.User, len(s.users))
	for i, u := range s.users {
		list[i] = s.export(u)
	}
	return list
}

// User finds the user with this e-mail address, whatever its case.
func (s *Site) User(email string) (core.User, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if u := s.byEmail(email); u != nil {
		return s.export(u), true
	}
	return core.User{}, false
}

// AddUser creates a user as somebody in the admin area would, under the rules of a REST create.
func (s *Site) AddUser(n core.NewUser) (core.User, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	d := draft{text: textOf(n.Fields), roles: n.Roles}
	d.text["username"], d.text["email"], d.text["password"] = n.Login, n.Email, n.Password.Reveal()
	u, no := s.create(d)
	if no != nil {
		return core.User{}, no
	}
	return s.export(u), nil
}

// EditUser changes a user as somebody in the admin area would, mails included; p.Fields may have an "email".
func (s *Site) EditUser(id int64, p core.UserPatch) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	u := s.byID(id)
	if u == nil {
		return noSuchUser()
	}
	if no := s.update(u, draft{text: textOf(p.Fields), roles: p.Roles}); no != nil {
		return no
	}
	return nil
}

// DeleteUser removes a user; it is no error if there is none.
func (s *Site) DeleteUser(id int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.remove(id)
}

// CanLogIn reports whether a person could log in with this user name or e-mail address and password.
func (s *Site) CanLogIn(name string, password core.Secret) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	u := s.byName(name)
	return u != nil && !password.Empty() && u.password.Equal(password)
}

func (s *Site) byID(id int64) *user {
	return s.find(func(u *user) bool { return u.id == id })
}

func (s *Site) byLogin(login string) *user {
	return s.find(func(u *user) bool { return strings.EqualFold(u.login, login) })
}

func (s *Site) byEmail(email string) *user {
	return s.find(func(u *user) bool { return email != "" && strings.EqualFold(u.email, email) })
}

func (s *Site) byName(name string) *user {
	if u := s.byLogin(name); u != nil {
		return u
	}
	return s.byEmail(name)
}

func (s *Site) find(is func(*user) bool) *user {
	if i := slices.IndexFunc(s.users, is); i >= 0 {
		return s.users[i]
	}
	return nil
}

func (s *Site) remove(id int64) {
	s.users = slices.DeleteFunc(s.users, func(u *user) bool { return u.id == id })
}
