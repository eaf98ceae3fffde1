package engine

import (
	"context"
	"slices"
	"strings"
	"time"

	"usher/core"
	"usher/core/usersync"
)

// known is what the store knows about the contact of a work.
type known struct {
	link    *core.Link
	intent  *core.Intent
	deleted bool // their user was seen to be deleted on the site
}

func (l *lane) recall(j *job) (known known, err error) {
	s, key := l.engine.store, j.work.Key
	link, ok, err := s.Link(j.via.site.ID, j.via.account.ID, key.Contact)
	if err != nil {
		return known, err
	}
	if ok {
		known.link = &link
	}
	intent, ok, err := s.Intent(key)
	if err != nil {
		return known, err
	}
	if ok {
		known.intent = &intent
	}
	_, known.deleted, err = s.Tombstone(j.via.site.ID, j.via.account.ID, key.Contact)
	return known, err
}

// lookUp finds out all that planning needs to know: it follows the links that can be
// trusted, then the intents that a crash left behind, then the e-mail addresses.
func (l *lane) lookUp(ctx context.Context, jobs []*job) error {
	for _, j := range jobs {
		first := j.turns+j.logins == 0
		var err error
		if j.known, err = l.recall(j); err != nil {
			return err
		}
		j.resumed = j.resumed || (first && j.known.intent != nil)
		j.facts = usersync.Facts{}
		j.plan = usersync.Fold(j.via.conn, j.via.adapter.Describe().Slug, j.fieldMap(), j.known.link, j.told())
	}
	for _, look := range []func(context.Context, []*job) error{l.lookByLink, l.lookForOurs, l.lookByEmail} {
		if err := look(ctx, jobs); err != nil {
			return err
		}
	}
	for _, j := range jobs {
		if err := l.addFacts(ctx, j); err != nil {
			return err
		}
	}
	return nil
}

// find asks the site for the users of those jobs that have a question and no user yet.
func (l *lane) find(ctx context.Context, jobs []*job, ask func(*job) (core.UserQuery, bool), take func(*job, core.Found)) error {
	var asking []*job
	var queries []core.UserQuery
	for _, j := range jobs {
		if query, ok := ask(j); ok && j.facts.User == nil {
			asking, queries = append(asking, j), append(queries, query)
		}
	}
	if len(queries) == 0 {
		return nil
	}
	found, err := l.client.Find(ctx, queries)
	if err != nil {
		return err
	}
	for i, j := range asking {
		take(j, found[i])
	}
	return nil
}

func (l *lane) lookByLink(ctx context.Context, jobs []*job) error {
	return l.find(ctx, jobs, func(j *job) (core.UserQuery, bool) {
		link := j.known.link
		if link == nil || link.UserID == 0 || link.Login == "" {
			return core.UserQuery{}, false
		}
		query := j.plan.Query("")
		query.ID = link.UserID
		return query, true
	}, func(j *job, found core.Found) {
		contact := j.via.account.ID + "/" + j.known.link.ContactID
		switch {
		case found.OK && usersync.Trusted(*j.known.link, found.User):
			j.facts.User = &found.User
			l.doubts.holds()
		case found.OK:
			l.doubts.add(&l.doubts.strangers, contact)
		default:
			j.known.deleted = true
			l.doubts.add(&l.doubts.gone, contact)
		}
	})
}

// lookForOurs looks for the user that an interrupted create made. Where the helper will
// be asked for the same create again, it tells.
func (l *lane) lookForOurs(ctx context.Context, jobs []*job) error {
	for _, j := range jobs {
		if j.ours != nil {
			j.facts.User, j.facts.Finished, j.facts.Mail = j.ours, true, j.mail
		}
	}
	return l.find(ctx, jobs, func(j *job) (core.UserQuery, bool) {
		if !l.tellsOfOurs(j) {
			return core.UserQuery{}, false
		}
		query := j.plan.Query(j.known.intent.Email)
		query.Full = true
		return query, true
	}, func(j *job, found core.Found) {
		if found.OK && made(found.User, *j.known.intent) {
			l.goOnWith(j, found.User)
		}
	})
}

// goOnWith takes a user for the one an interrupted create of the job made.
func (l *lane) goOnWith(j *job, user core.User) {
	j.facts.User, j.facts.Finished = &user, true
	switch begun := j.known.intent.Mail; {
	case begun == core.MailSending, l.offer.Helper && j.seen == nil:
		j.facts.Mail = core.MailUnknown // it may have been sent, and is never sent twice
	default:
		j.facts.Mail = begun
	}
}

// tellsOfOurs reports whether there may be a user an interrupted create made that has to
// be looked for. The helper says by itself if it made one.
func (l *lane) tellsOfOurs(j *job) bool {
	switch {
	case j.known.intent == nil, l.offer.Helper && !j.resumed:
		return false
	case j.seen != nil:
		return j.seen.Login == j.known.intent.Login
	default:
		return !l.resumes(j)
	}
}

// resumes reports whether the create that an intent tells of is to be sent to the helper
// once more, which remembers what it did.
func (l *lane) resumes(j *job) bool {
	intent := j.known.intent
	return l.offer.Helper && intent.Mail == core.MailNone && j.plan.Create &&
		len(j.plan.Emails) > 0 && strings.EqualFold(j.plan.Emails[0], intent.Email)
}

// made reports whether a user is the one an interrupted create made. Any other user with
// that e-mail was there before, and gets neither password nor mail from us.
func made(user core.User, intent core.Intent) bool {
	return user.Login == intent.Login && !user.Registered.Before(intent.SiteTime.Truncate(time.Second))
}

// lookByEmail tries the addresses one after the other. Where the helper is asked to
// create, it looks by itself, and says so if there is somebody.
func (l *lane) lookByEmail(ctx context.Context, jobs []*job) error {
	most := 0
	for _, j := range jobs {
		most = max(most, len(j.plan.Emails))
	}
	for _, j := range jobs {
		if j.facts.User == nil {
			j.facts.User = j.seen
		}
	}
	for n := range most {
		err := l.find(ctx, jobs, func(j *job) (core.UserQuery, bool) {
			if n >= len(j.plan.Emails) || (l.offer.Helper && j.plan.Create && len(j.plan.Emails) == 1 && !j.lookFirst && j.work.Declined != crowd) {
				return core.UserQuery{}, false
			}
			return j.plan.Query(j.plan.Emails[n]), true
		}, func(j *job, found core.Found) {
			switch {
			case !found.OK:
			case l.tellsOfOurs(j) && made(found.User, *j.known.intent): // their address was changed before all was over
				l.goOnWith(j, found.User)
			default:
				j.facts.User = &found.User
			}
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// addFacts adds what is known of a job's user in the store, and of the roles in question.
func (l *lane) addFacts(ctx context.Context, j *job) error {
	j.facts.UserDeleted, j.facts.TagNames = j.known.deleted, j.tagNames
	j.facts.Begun = j.work.Giving
	j.facts.AgreedEmail = j.work.Agreed == emailChange
	if j.work.Agreed == roleAsk {
		j.facts.AgreedRole = j.work.AgreedTo
	}
	switch j.work.Declined {
	case emailChange:
		j.facts.DeclinedEmail = true
	case roleAsk, rolePowerful:
		j.facts.DeclinedRole = j.work.DeclinedTo
	case crowd:
		j.facts.DeclinedUser = j.known.intent == nil // one that was begun is never stopped
	}
	j.facts.Helper, j.facts.DefaultRole = l.offer.Helper, l.offer.DefaultRole
	resets := l.opened.WelcomeMail == core.ResetMail
	j.facts.CanMail = resets || (l.offer.Helper && !j.facts.Finished)
	if j.facts.User != nil {
		links, err := l.engine.store.LinksOf(j.via.site.ID, j.facts.User.ID)
		if err != nil {
			return err
		}
		if err := l.noteGone(ctx, j, links); err != nil {
			return err
		}
		j.facts.Links = links
	}
	var err error
	if j.facts.Roles, err = l.roleFacts(ctx, j); err != nil {
		return err
	}
	return j.addPassword()
}

// The problems that are questions about one message, and what a yes to it is to.
const (
	emailChange  = "user.email_change"
	roleAsk      = "role.ask"
	rolePowerful = "role.powerful" // only a rule of the connection says yes
)

// learnt is what a lane knows of a role, and since when.
type learnt struct {
	facts usersync.RoleFacts
	at    time.Time
}

// rolesKnownFor is how long what was learnt about a role is believed.
const rolesKnownFor = 10 * time.Minute

// roleFacts is what the site tells about its roles, or reveals about those in question.
func (l *lane) roleFacts(ctx context.Context, j *job) (map[string]usersync.RoleFacts, error) {
	roles := map[string]usersync.RoleFacts{}
	for slug, role := range l.offer.Roles {
		roles[slug] = usersync.RoleFacts{Name: role.Name, Caps: role.Caps}
	}
	for _, slug := range j.plan.Roles {
		switch _, told := roles[slug]; {
		case slices.Contains(j.missing, slug), !told && l.offer.Roles != nil:
			roles[slug] = usersync.RoleFacts{Missing: true}
		case !told:
			facts, err := l.roleCaps(ctx, slug)
			if err != nil {
				return nil, err
			}
			roles[slug] = facts
		}
	}
	return roles, nil
}

func (l *lane) roleCaps(ctx context.Context, slug string) (usersync.RoleFacts, error) {
	known, ok := l.roles[slug]
	if ok && time.Since(known.at) <= rolesKnownFor {
		return known.facts, nil
	}
	caps, shown, err := l.client.RoleCaps(ctx, slug)
	if err != nil {
		return known.facts, err
	}
	if known.at = time.Now(); shown {
		known.facts.Caps = caps
	}
	l.roles[slug] = known
	return known.facts, nil
}
