package engine

import (
	"context"
	"crypto/rand"
	"slices"
	"time"

	"usher/core"
	"usher/core/store"
	"usher/core/usersync"
)

const (
	passwordLength = 24
	loginTries     = 20
)

// write carries a decision out and returns the user as the site then shows them, and
// what is worth noting about the writing itself.
func (l *lane) write(ctx context.Context, j *job, decision *usersync.Decision, facts usersync.Facts) (core.User, []core.Note, error) {
	var user core.User
	var notes []core.Note
	var err error
	change := decision.Change
	switch {
	case change.Create != nil:
		user, notes, err = l.create(ctx, j, *change.Create)
	case facts.User != nil && !change.Patch.Empty():
		user, err = j.site.Update(ctx, facts.User.ID, change.Patch)
	case facts.User != nil:
		user = *facts.User
	default:
		return core.User{}, nil, nil
	}
	if err != nil {
		return user, nil, err
	}
	for range turns {
		patch := decision.Check(user)
		if patch == nil {
			break
		}
		l.remember(user, *patch)
		if user, err = j.site.Update(ctx, user.ID, *patch); err != nil {
			return user, nil, err
		}
	}
	return user, notes, nil
}

// remember what a role that is taken away again turned out to allow, so that the next
// user is not given it in the first place.
func (l *lane) remember(user core.User, patch core.UserPatch) {
	for _, role := range user.Roles {
		if !slices.Contains(patch.Roles, role) {
			l.roles[role] = learnt{facts: usersync.RoleFacts{Caps: user.Caps}, at: time.Now()}
		}
	}
}

// create makes a user. Before each try an intent is on disk, so that a crash between the
// site's work and ours can be told from somebody else's user.
func (l *lane) create(ctx context.Context, j *job, user core.NewUser) (core.User, []core.Note, error) {
	wanted := user.Login
	if user.Password.Empty() {
		user.Password = newPassword()
	}
	for n := 1; n <= loginTries; n++ {
		user.Login = j.site.Login(wanted, n)
		if old := j.known.intent; old != nil && old.Login == user.Login && old.Email == user.Email {
			user.Password = old.Password // the same try again; its intent stands
		} else if err := l.intend(ctx, j, user); err != nil {
			return core.User{}, nil, err
		}
		created, err := j.site.Create(ctx, user)
		if core.HasCode(err, "user.login_taken") {
			continue
		}
		if core.HasCode(err, "user.email_taken") && j.refused {
			err = core.NewProblem("user.on_network", err)
		}
		if err != nil {
			return core.User{}, nil, err
		}
		if n > 1 {
			return created, []core.Note{core.NewNote("login.numbered", user.Login)}, nil
		}
		return created, nil, nil
	}
	return core.User{}, nil, core.NewProblem("user.login_taken", nil)
}

func (l *lane) intend(ctx context.Context, j *job, user core.NewUser) error {
	return l.engine.store.SaveIntent(ctx, j.work.Key, core.Intent{
		Login: user.Login, Email: user.Email, Password: user.Password, SiteTime: j.site.Clock(), Op: store.NewID(),
	})
}

// newPassword makes a password of 24 random letters and digits: 120 bits.
func newPassword() core.Secret { return core.NewSecret(rand.Text()[:passwordLength]) }
