package usersync_test

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"usher/core"
	"usher/core/usersync"
)

// site is a WordPress site in memory, as far as planning can tell.
type site struct {
	users       []core.User
	caps        map[string]map[string]bool // by role
	defaultRole string
	helper      bool // the site has the helper
	writes      int
	passwords   map[int64]string
}

// generated is what Usher makes where the CRM tells no password.
const generated = "generated"

func newSite() *site {
	return &site{
		defaultRole: "subscriber",
		caps: map[string]map[string]bool{
			"administrator": {"read": true, "edit_posts": true, "manage_options": true},
			"editor":        {"read": true, "edit_posts": true, "unfiltered_html": true},
			"author":        {"read": true, "edit_posts": true},
			"subscriber":    {"read": true},
			"customer":      {"read": true},
			"member":        {"read": true},
			"vip":           {"read": true},
			"boss":          {"read": true, "promote_users": true},
		},
	}
}

// shown is a user as the site answers: with capabilities.
func (s *site) shown(u core.User) core.User {
	u.Fields, u.Roles, u.Caps = maps.Clone(u.Fields), slices.Clone(u.Roles), map[string]bool{}
	if !s.helper {
		u.Meta, u.Mark = nil, nil
	}
	for _, role := range u.Roles {
		maps.Copy(u.Caps, s.caps[role])
		u.Caps[role] = true
	}
	return u
}

func (s *site) find(match func(core.User) bool) *core.User {
	for _, u := range s.users {
		if match(u) {
			u = s.shown(u)
			return &u
		}
	}
	return nil
}

func (s *site) byEmail(email string) *core.User {
	return s.find(func(u core.User) bool { return strings.EqualFold(u.Email, email) })
}

// mustBeHarmless fails where a role with admin rights by name is about to be given.
func (w *world) mustBeHarmless(roles []string) {
	w.t.Helper()
	for _, role := range roles {
		if slices.Contains([]string{"administrator", "editor", "shop_manager"}, role) && !slices.Contains(w.conn.AllowedRoles, role) {
			w.t.Errorf("%s is about to be given", role)
		}
	}
}

// unknown is the first of the roles the site does not have.
func (s *site) unknown(roles []string) (string, bool) {
	for _, role := range roles {
		if s.caps[role] == nil {
			return role, true
		}
	}
	return "", false
}

func (s *site) create(n core.NewUser) (core.User, error) {
	if s.byEmail(n.Email) != nil {
		return core.User{}, fmt.Errorf("create %s: e-mail is taken", n.Email)
	}
	u := core.User{ID: int64(len(s.users) + 1), Login: n.Login, Email: n.Email, Fields: maps.Clone(n.Fields), Roles: slices.Clone(n.Roles)}
	if n.Roles == nil {
		u.Roles = []string{s.defaultRole}
	}
	s.users = append(s.users, u)
	s.setPassword(u.ID, cmp.Or(n.Password.Reveal(), generated))
	s.writes++
	return s.shown(u), nil
}

func (s *site) setPassword(id int64, password string) {
	all := map[int64]string{id: password} // worlds share what they were cloned from
	for other, theirs := range s.passwords {
		if other != id {
			all[other] = theirs
		}
	}
	s.passwords = all
}

func (s *site) update(id int64, p core.UserPatch) core.User {
	i := slices.IndexFunc(s.users, func(u core.User) bool { return u.ID == id })
	u := &s.users[i]
	fields := maps.Clone(u.Fields)
	if fields == nil {
		fields = core.Fields{}
	}
	maps.Copy(fields, p.Fields)
	if email := fields["email"]; email != "" {
		u.Email = email
		delete(fields, "email")
	}
	u.Fields = fields
	if p.Roles != nil {
		u.Roles = slices.Clone(p.Roles)
	}
	if !p.Password.Empty() {
		s.setPassword(id, p.Password.Reveal())
	}
	s.writes++
	return s.shown(*u)
}

// keep stores what only the helper can.
func (s *site) keep(id int64, meta core.Fields, mark *core.Mark) core.User {
	u := &s.users[slices.IndexFunc(s.users, func(u core.User) bool { return u.ID == id })]
	if len(meta) > 0 || mark != nil {
		s.writes++
	}
	if len(meta) > 0 {
		all := map[string]string{}
		maps.Copy(all, u.Meta)
		maps.Copy(all, meta)
		u.Meta = all
	}
	if mark != nil {
		now := core.Mark{CRM: mark.CRM}
		if u.Mark != nil {
			now = *u.Mark
		}
		if mark.ContactID != "" {
			now.ContactID = mark.ContactID
		}
		if mark.Tags != nil {
			now.Tags = slices.Clone(mark.Tags)
		}
		u.Mark = &now
	}
	return s.shown(*u)
}

// world is a site, one contact's link, and the deliveries that are held: the smallest
// engine there can be.
type world struct {
	t       testing.TB
	conn    core.Connection
	fields  map[string]string
	site    *site
	link    *core.Link
	others  []core.Link
	tells   bool // the site reveals what its roles may do
	held    []usersync.Waiting
	mails   int
	missing []string // roles the site turned out not to have
	// yes is the code of the problem a person said yes to, and yesTo its detail.
	yes, yesTo string
}

// agrees says yes to a problem and tries again.
func (w *world) agrees(p *core.Problem) result {
	w.t.Helper()
	w.yes, w.yesTo = p.Code, p.Detail
	defer func() { w.yes, w.yesTo = "", "" }()
	return w.run()
}

// result is what one run came to.
type result struct {
	change  core.Change
	problem *core.Problem
}

func (r result) notes() string {
	var notes []string
	for _, n := range r.change.Notes {
		notes = append(notes, strings.TrimSpace(n.Code+" "+n.Detail))
	}
	return strings.Join(notes, ", ")
}

// asks is the question that is left.
func (r result) asks() string {
	if r.problem == nil {
		return ""
	}
	return strings.TrimSpace(r.problem.Code + " " + r.problem.Detail)
}

// run applies deliveries together with those that are held, and holds them all when a
// person has to decide.
func (w *world) run(waiting ...usersync.Waiting) result {
	w.t.Helper()
	all := slices.Concat(w.held, waiting)
	job := usersync.Fold(w.conn, "kartra", w.fields, w.link, all)
	roles := w.roleFacts(job)
	users := len(w.site.users)
	for {
		facts := w.facts(job, roles)
		if facts.Finished = len(w.site.users) > users; facts.Finished {
			facts.MadeWith = core.NewSecret(w.site.passwords[w.user().ID])
		}
		decision, problem := usersync.Plan(w.conn, job, facts)
		after, missing := w.write(&decision, facts.User)
		if missing != "" {
			w.missing = append(slices.Clone(w.missing), missing)
			roles[missing] = usersync.RoleFacts{Missing: true}
			continue
		}
		if link := decision.Settle(after); link != nil {
			w.link = link
		}
		decision.Change.Notes = append(decision.Change.Notes, decision.MailNotes()...)
		w.held = nil
		if problem != nil {
			w.held = slices.Clone(all)
		}
		for i := range w.held {
			w.held[i].Done = w.held[i].Done || (w.link != nil && w.link.UserID != 0)
		}
		return result{decision.Change, problem}
	}
}

func (w *world) roleFacts(job usersync.Job) map[string]usersync.RoleFacts {
	roles := map[string]usersync.RoleFacts{}
	for _, slug := range job.Roles {
		switch caps := w.site.caps[slug]; {
		case slices.Contains(w.missing, slug):
			roles[slug] = usersync.RoleFacts{Missing: true}
		case caps != nil && w.tells:
			roles[slug] = usersync.RoleFacts{Caps: caps}
		}
	}
	return roles
}

func (w *world) facts(job usersync.Job, roles map[string]usersync.RoleFacts) usersync.Facts {
	facts := usersync.Facts{Roles: roles, Helper: w.site.helper, CanMail: w.site.helper, AgreedEmail: w.yes == "user.email_change"}
	if w.site.helper {
		facts.DefaultRole = w.site.defaultRole
	}
	if strings.HasPrefix(w.yes, "role.") {
		facts.AgreedRole = w.yesTo
	}
	if told := job.Password(); !told.Empty() {
		facts.Password = markOf(told.Reveal())
	}
	if w.link != nil {
		facts.User = w.site.find(func(u core.User) bool { return usersync.Trusted(*w.link, u) })
		facts.UserDeleted = w.link.UserID != 0 && facts.User == nil
	}
	for _, email := range job.Emails {
		if facts.User == nil {
			facts.User = w.site.byEmail(email)
		}
	}
	if w.link != nil {
		facts.Links = append(facts.Links, *w.link)
	}
	facts.Links = append(facts.Links, w.others...)
	return facts
}

// markOf is a mark that costs nothing to make.
func markOf(password string) *core.PasswordMark {
	return &core.PasswordMark{Salt: []byte("salt"), Rounds: 1, Digest: []byte("digest of " + password)}
}

// write carries a decision out and returns the user as last seen, or the role that the
// site does not have.
func (w *world) write(d *usersync.Decision, user *core.User) (after core.User, missing string) {
	w.t.Helper()
	if user != nil {
		after = *user
	}
	switch {
	case d.Change.Create != nil:
		w.mustBeHarmless(d.Change.Create.Roles)
		if role, bad := w.site.unknown(d.Change.Create.Roles); bad {
			return after, role
		}
		var err error
		if after, err = w.site.create(*d.Change.Create); err != nil {
			w.t.Fatal(err)
		}
	case !d.Change.Patch.Empty():
		w.mustBeHarmless(d.Change.Patch.Roles)
		if role, bad := w.site.unknown(d.Change.Patch.Roles); bad {
			return after, role
		}
		after = w.site.update(d.Change.UserID, d.Change.Patch)
	}
	switch {
	case w.site.helper && after.ID != 0 && d.Change.Outcome != core.NoUser:
		after = w.site.keep(after.ID, d.Change.Meta, d.Change.Mark)
	case d.Change.Meta != nil || d.Change.Mark != nil:
		w.t.Errorf("meta %v and mark %v for nobody who can keep them", d.Change.Meta, d.Change.Mark)
	}
	if d.Change.SendMail {
		w.mails++
		d.Mailed(core.MailSent)
	}
	for range 5 {
		patch := d.Check(after)
		if patch == nil {
			return after, ""
		}
		if role, bad := w.site.unknown(patch.Roles); bad {
			return after, role
		}
		after = w.site.update(after.ID, *patch)
	}
	w.t.Fatal("Check never ends")
	return after, ""
}
