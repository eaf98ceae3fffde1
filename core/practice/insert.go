package practice

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"usher/core"
)

// Room in the database, in characters. More is not cut off: the row is not written.
const (
	maxLogin   = 60
	maxSlug    = 50
	maxEmail   = 100
	maxURL     = 100
	maxDisplay = 250
)

// draft is what a write sets. A text that is there but empty empties the field.
type draft struct {
	text  map[string]string // by WordPress's parameter names
	roles []string          // the whole set; nil when roles were not sent
}

func textOf(fields core.Fields) map[string]string {
	text := map[string]string{}
	for name, value := range fields {
		text[name] = value
	}
	return text
}

// create inserts a user. Its refusals come from below the REST layer: 500 with a code.
func (s *Site) create(d draft) (*user, *refusal) {
	u := &user{login: d.text["username"], registered: s.now(), roles: distinct(d.roles)}
	switch {
	case utf8.RuneCountInString(u.login) > maxLogin:
		return nil, fail("user_login_too_long", "Username may not be longer than 60 characters.")
	case s.byLogin(u.login) != nil:
		return nil, fail("existing_user_login", "Sorry, that username already exists!")
	}
	u.password, u.nickname = core.NewSecret(d.text["password"]), u.login
	if no := s.apply(u, d); no != nil {
		return nil, no
	}
	if d.text["name"] == "" {
		u.display = defaultName(u)
	}
	if tooLong(u) {
		return nil, crashed()
	}
	if d.roles == nil {
		u.roles = []string{s.cfg.DefaultRole}
	}
	s.lastID++
	u.id = s.lastID
	s.users = append(s.users, u)
	return u, nil
}

// defaultName is made once, at the create, and not again when the names change.
func defaultName(u *user) string {
	if name := strings.TrimSpace(u.first + " " + u.last); name != "" {
		return name
	}
	return u.login
}

// update changes a user and sends the mails WordPress sends. When a value finds no room in the row, the
// row stays as it was, names and mails go through, and the answer is 200 (measured).
func (s *Site) update(u *user, d draft) *refusal {
	next := *u
	if no := s.apply(&next, d); no != nil {
		return no
	}
	password, changed := d.text["password"]
	if changed && password != "" {
		next.password = core.NewSecret(password)
		s.mail(u.email, "Password Changed")
	}
	if email, sent := d.text["email"]; sent && email != u.email {
		s.mail(u.email, "Email Changed")
	}
	if tooLong(&next) {
		next.email, next.url, next.display, next.slug = u.email, u.url, u.display, u.slug
		next.password = u.password
	}
	if d.roles != nil {
		next.roles = distinct(d.roles)
	}
	*u = next
	return nil
}

// apply sets what the draft has. Empty names fall back to the user name.
func (s *Site) apply(u *user, d draft) *refusal {
	set := func(name string, field *string, store func(string) string, empty string) {
		if text, sent := d.text[name]; sent {
			if *field = store(text); *field == "" || *field == "0" {
				*field = empty
			}
		}
	}
	if text, sent := d.text["slug"]; u.slug == "" || sent {
		if u.slug = slug(text); u.slug == "" {
			u.slug = slug(u.login[:min(len(u.login), maxSlug)])
		}
		if u.slug = s.freeSlug(u); u.slug == "" {
			return fail("empty_user_nicename", "Cannot create a user with an empty nicename.")
		}
	}
	if len(u.slug) > maxSlug {
		return fail("user_nicename_too_long", "Nicename may not be longer than 50 characters.")
	}
	set("email", &u.email, entities, "")
	if owner := s.byEmail(u.email); owner != nil && owner.id != u.id {
		return fail("existing_user_email", "Sorry, that email address is already used!")
	}
	set("url", &u.url, func(text string) string { return entities(webAddress(text)) }, "")
	if utf8.RuneCountInString(u.url) > maxURL {
		return fail("user_url_too_long", "User URL may not be longer than 100 characters.")
	}
	set("name", &u.display, nameText, u.login)
	set("first_name", &u.first, nameText, "")
	set("last_name", &u.last, nameText, "")
	set("nickname", &u.nickname, nameText, u.login)
	set("description", &u.description, keepTags, "")
	set("locale", &u.locale, strings.TrimSpace, "")
	return nil
}

func tooLong(u *user) bool {
	return utf8.RuneCountInString(u.email) > maxEmail || utf8.RuneCountInString(u.display) > maxDisplay
}

// freeSlug numbers a slug that another user has.
func (s *Site) freeSlug(u *user) string {
	free := u.slug
	for n := 2; ; n++ {
		owner := s.bySlug(free)
		if owner == nil || owner.id == u.id {
			return free
		}
		suffix := fmt.Sprintf("-%d", n)
		free = u.slug[:min(len(u.slug), maxSlug-len(suffix))] + suffix
	}
}

func (s *Site) bySlug(slug string) *user {
	return s.find(func(u *user) bool { return strings.EqualFold(u.slug, slug) })
}

func distinct(words []string) []string {
	var kept []string
	for _, word := range words {
		if !slices.Contains(kept, word) {
			kept = append(kept, word)
		}
	}
	return kept
}
