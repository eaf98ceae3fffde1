package engine

import (
	"context"
	"slices"
	"time"

	"usher/core"
	"usher/core/usersync"
)

// rolesKnownFor is how long what was learnt about a role is believed.
const rolesKnownFor = 10 * time.Minute

// facts finds out all that planning needs to know.
func (l *lane) facts(ctx context.Context, j *job, plan usersync.Job) (usersync.Facts, error) {
	var facts usersync.Facts
	if err := l.findUser(ctx, j, plan, &facts); err != nil {
		return facts, err
	}
	facts.UserDeleted = j.known.deleted
	if facts.User != nil {
		links, err := l.engine.store.LinksOf(j.via.site.ID, facts.User.ID)
		if err != nil {
			return facts, err
		}
		facts.Links = links
	}
	var err error
	facts.Roles, err = l.roleFacts(ctx, j, plan.Roles)
	return facts, err
}

// findUser follows the link if it can be trusted, then an intent that a crash left
// behind, then the e-mail addresses.
func (l *lane) findUser(ctx context.Context, j *job, plan usersync.Job, facts *usersync.Facts) error {
	if j.known.link != nil && j.known.link.UserID != 0 {
		user, found, err := j.site.User(ctx, j.known.link.UserID)
		switch {
		case err != nil:
			return err
		case found && usersync.Trusted(*j.known.link, user):
			facts.User = &user
			return nil
		case !found:
			j.known.deleted = true
		}
	}
	if j.known.intent != nil {
		user, found, err := j.site.UserByEmail(ctx, j.known.intent.Email)
		if err != nil {
			return err
		}
		if found && made(user, *j.known.intent) {
			facts.User, facts.Finished = &user, true
			return nil
		}
	}
	for _, email := range plan.Emails {
		user, found, err := j.site.UserByEmail(ctx, email)
		if err != nil {
			return err
		}
		if found {
			facts.User = &user
			return nil
		}
	}
	return nil
}

// made reports whether a user is the one an interrupted create made. Any other user with
// that e-mail was there before, and gets neither password nor mail from us.
func made(user core.User, intent core.Intent) bool {
	return user.Login == intent.Login && !user.Registered.Before(intent.SiteTime.Truncate(time.Second))
}

// learnt is what a lane knows of a role, and since when.
type learnt struct {
	facts usersync.RoleFacts
	at    time.Time
}

func (l *lane) roleFacts(ctx context.Context, j *job, slugs []string) (map[string]usersync.RoleFacts, error) {
	roles := map[string]usersync.RoleFacts{}
	for _, slug := range slugs {
		if slices.Contains(j.missing, slug) {
			roles[slug] = usersync.RoleFacts{Missing: true}
			continue
		}
		known, ok := l.roles[slug]
		if !ok || time.Since(known.at) > rolesKnownFor {
			caps, shown, err := j.site.RoleCaps(ctx, slug)
			if err != nil {
				return nil, err
			}
			if known.at = time.Now(); shown {
				known.facts.Caps = caps
			}
			l.roles[slug] = known
		}
		roles[slug] = known.facts
	}
	return roles, nil
}
