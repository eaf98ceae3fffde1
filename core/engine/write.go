package engine

import (
	"context"
	"crypto/rand"
	"errors"
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

// decide plans a job and makes of it what is to be sent to the site.
func (l *lane) decide(j *job) {
	j.decision, j.problem = usersync.Plan(j.via.conn, j.plan, j.facts)
	j.write, j.after, j.notes, j.owing = nil, core.User{}, nil, false
	change := &j.decision.Change
	switch user := j.facts.User; {
	case change.Create != nil:
		j.write = &core.UserWrite{Create: change.Create, Meta: change.Meta, Mark: change.Mark, Mail: change.SendMail}
	case user == nil:
	case change.Patch.Empty() && change.Meta == nil && change.Mark == nil:
		l.check(j, *user)
	default:
		j.write = &core.UserWrite{Op: store.NewID(), Before: user, Patch: change.Patch, Meta: change.Meta, Mark: change.Mark}
	}
}

// check takes in the user as the site shows them now, and leaves in j.write what is to
// follow because of that.
func (l *lane) check(j *job, user core.User) {
	j.write, j.follows, j.after = nil, true, user
	if patch := j.decision.Check(user); patch != nil && j.checks < turns {
		j.checks++ // apart from turns: whatever a job went through, no power stays
		l.remember(user, *patch)
		j.write = &core.UserWrite{Op: store.NewID(), Before: &j.after, Patch: *patch}
	}
}

// write sends what the jobs have to write in one go. Done are those that came through;
// again those with something left to do.
func (l *lane) write(ctx context.Context, jobs []*job) (done, again []*job, err error) {
	writing := slices.DeleteFunc(slices.Clone(jobs), func(j *job) bool { return j.write == nil })
	if err := l.intend(ctx, writing); err != nil {
		return nil, nil, err
	}
	if err := l.intendRoles(ctx, writing); err != nil {
		return nil, nil, err
	}
	results := l.send(ctx, writing)
	if ctx.Err() != nil {
		return nil, nil, ctx.Err()
	}
	sick, fault, err := l.sift(ctx, writing, results)
	if err != nil {
		return nil, nil, err
	}
	for _, j := range jobs {
		switch {
		case j.stopped:
		case j.write != nil:
			again = append(again, j)
		default:
			settle, err := l.finish(ctx, j)
			if err != nil {
				return nil, nil, errors.Join(err, l.settle(ctx, done))
			}
			if settle {
				done = append(done, j)
			}
		}
	}
	if fault == nil {
		return done, again, nil
	}
	// What came through is settled first, so that nothing of it is done once more.
	return nil, nil, errors.Join(l.settle(ctx, done), l.blame(ctx, sick, fault))
}

// finish does what comes after the writing, and reports whether the job may be settled.
func (l *lane) finish(ctx context.Context, j *job) (settle bool, err error) {
	if err := l.welcome(ctx, j); err != nil {
		return false, err
	}
	return l.handOver(ctx, j)
}

// sift takes in the results. It sets aside the jobs whose own fault an error is, and
// returns those for which it may be the site's, with the error that reaches furthest.
func (l *lane) sift(ctx context.Context, writing []*job, results []core.Written) (sick []*job, fault, err error) {
	for i, j := range writing {
		problem := results[i].Err
		if problem == nil {
			l.wrote(j, results[i])
			continue
		}
		if l.learn(j, results[i]) {
			continue
		}
		j.stopped = true
		if core.HasCode(problem, "user.email_taken") && j.refused {
			problem = core.NewProblem("user.on_network", problem)
		}
		if core.AsProblem(problem).Scope != core.OneItem {
			sick, fault = append(sick, j), worse(fault, problem)
			continue
		}
		if err := l.setAside(ctx, j.work, core.AsProblem(problem)); err != nil {
			return nil, nil, err
		}
	}
	return sick, fault, nil
}

// worse picks of two errors the one that reaches further.
func worse(a, b error) error {
	if a == nil || core.AsProblem(a).Scope == core.ItemOrSite {
		return b
	}
	return a
}

func (l *lane) send(ctx context.Context, jobs []*job) []core.Written {
	if len(jobs) == 0 {
		return nil
	}
	writes := make([]core.UserWrite, len(jobs))
	for i, j := range jobs {
		writes[i] = *j.write
	}
	start := time.Now()
	results := l.client.Write(ctx, writes)
	l.pace.went(len(writes), time.Since(start))
	return results
}

// intend fills in login and password of users to be made, and puts an intent on disk for
// each, so that a crash between the site's work and ours can be told from somebody
// else's user.
func (l *lane) intend(ctx context.Context, jobs []*job) error {
	intents := map[store.WorkKey]core.Intent{}
	for _, j := range jobs {
		user := j.write.Create
		if user == nil {
			continue
		}
		user.Login = l.client.Login(user.Login, j.logins+1)
		old := j.known.intent
		user.Generated = user.Password.Empty()
		if old != nil && old.Login == user.Login && old.Email == user.Email {
			j.write.Op, user.Password = old.Op, old.Password // the same try again; its intent stands
			continue
		}
		if user.Generated {
			user.Password = newPassword()
		}
		j.write.Op = store.NewID()
		intents[j.work.Key] = core.Intent{
			Login: user.Login, Email: user.Email, Password: user.Password, SiteTime: l.client.Clock(), Op: j.write.Op,
		}
	}
	return l.engine.store.SaveIntents(ctx, intents)
}

// intendRoles puts on disk which roles are to be given to users who are there, so that
// after a crash in between Usher still knows that it was the giver.
func (l *lane) intendRoles(ctx context.Context, jobs []*job) error {
	giving := map[store.WorkKey][]string{}
	for _, j := range jobs {
		if j.write.Before == nil {
			continue
		}
		roles := slices.DeleteFunc(slices.Clone(j.write.Patch.Roles), func(role string) bool {
			return slices.Contains(j.write.Before.Roles, role)
		})
		if slices.ContainsFunc(roles, func(role string) bool { return !slices.Contains(j.work.Giving, role) }) {
			giving[j.work.Key] = slices.Concat(j.work.Giving, roles)
		}
	}
	return l.engine.store.SaveGiving(ctx, giving)
}

// newPassword makes a password of 24 random letters and digits: 120 bits.
func newPassword() core.Secret { return core.NewSecret(rand.Text()[:passwordLength]) }

// wrote takes in a write that went through.
func (l *lane) wrote(j *job, result core.Written) {
	sent := j.write
	switch {
	case sent.Create == nil:
	case result.Made:
		l.countNew(j.via.conn.ID)
	default:
		// Somebody of another site of the network, whom the helper added to this one.
		j.seen, j.turns = &result.User, j.turns+1
		return
	}
	if result.Left {
		j.decision.Left()
		j.notes = append(j.notes, core.NewNote("helper.left", ""))
	}
	if sent.Mail {
		j.decision.Mailed(mailState(result.Mail))
	}
	if sent.Create != nil && j.logins > 0 {
		j.notes = append(j.notes, core.NewNote("login.numbered", result.User.Login))
	}
	resent := sent.Create != nil && l.offer.Helper && j.resumed && result.Made && sent.Op == j.known.intent.Op
	if resent || (sent.Create != nil && j.outdated(sent.Create.Password)) {
		// What was done, or begun, at the first try may not be all that is wanted by now.
		j.ours, j.mail, j.turns = &result.User, mailState(result.Mail), j.turns+1
		return
	}
	l.check(j, result.User)
}

// mailState is what a site's word about a mail means for a user this work made: one who
// is not new to the helper was made before the helper was there, and got no mail.
func mailState(told core.MailState) core.MailState {
	if told == core.MailNotNew {
		return core.MailUnsent
	}
	return told
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

// learn takes in what a refusal tells about the site, and reports whether planning again
// makes sense.
func (l *lane) learn(j *job, result core.Written) bool {
	if core.HasCode(result.Err, "user.login_taken") && j.write.Create != nil && j.logins+1 < loginTries {
		j.logins++
		j.follows = false
		return true
	}
	if j.turns++; j.turns >= turns {
		return false
	}
	j.follows = false
	switch err := result.Err; {
	case core.HasCode(err, "user.changed"):
		j.seen = nil
		if result.User.ID != 0 {
			j.seen = &result.User
		}
		if j.ours != nil && j.ours.ID == result.User.ID {
			j.ours = &result.User // the helper told of them as they were when they were made
		}
		return true
	case core.HasCode(err, "user.gone"):
		j.seen, j.ours = nil, nil
		return true
	case core.HasCode(err, "user.email_taken") && j.write.Create != nil && !j.refused:
		j.refused = true // somebody made the user meanwhile: look again
		return true
	case core.HasCode(err, "user.role_unknown"):
		return j.leaveOut(core.AsProblem(err).Detail)
	}
	return false
}

// leaveOut notes that the site does not have a role. Where it did not say which, it is
// taken to be the first that no user of the site has.
func (j *job) leaveOut(named string) bool {
	for _, role := range j.decision.Gives() {
		meant := role == named || (named == "" && j.facts.Roles[role].Caps == nil)
		if meant && !slices.Contains(j.missing, role) {
			j.missing = append(j.missing, role)
			return true
		}
	}
	return false
}

// welcome sends the welcome mail by the site's "lost your password?" form, where the
// owner chose it and nothing better sent one. That it was begun is on disk before.
func (l *lane) welcome(ctx context.Context, j *job) error {
	mailer, can := l.client.(ResetMailer)
	if !can || !j.decision.Change.SendMail || l.opened.WelcomeMail != core.ResetMail || !j.decision.Unmailed() {
		return nil
	}
	intent, _, err := l.engine.store.Intent(j.work.Key)
	if err != nil {
		return err
	}
	keep := func(state core.MailState) error {
		intent.Mail = state
		return l.engine.store.SaveIntents(ctx, map[store.WorkKey]core.Intent{j.work.Key: intent})
	}
	if err := keep(core.MailSending); err != nil {
		return err
	}
	state := core.MailSent
	if err := mailer.SendReset(ctx, j.after.Login); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		l.engine.log.Warn("welcome mail not sent", "code", core.AsProblem(err).Code)
		state = core.MailFailed
	}
	j.decision.Mailed(state)
	return keep(state) // others may be mailed before this job is settled
}
