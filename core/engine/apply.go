package engine

import (
	"context"
	"slices"
	"strings"
	"time"

	"usher/core"
	"usher/core/store"
	"usher/core/usersync"
)

// turns is how often one work is looked at anew when the site turned out to be another
// than it looked: a user vanished or appeared, a role does not exist.
const turns = 6

// job is one work while it is applied.
type job struct {
	work    store.Work
	via     route
	taken   []uint64
	waiting []usersync.Waiting

	// What is known so far; each turn starts from it.
	known    known
	resumed  bool // known.intent was left behind by an attempt that was interrupted
	plan     usersync.Job
	seen     *core.User     // who the site said is there when it refused a write
	ours     *core.User     // the user an interrupted create of this work made
	mail     core.MailState // what is known of that user's welcome mail
	contact  *core.Contact  // as the CRM's API says now; nil where it was not asked
	tagNames map[string]string
	missing  []string           // roles the site said it does not have
	refused  bool               // the site said the e-mail is taken, though nobody with it could be seen
	mark     *core.PasswordMark // of the newest password the CRM told; slow to make
	logins   int                // choices of a user name that were taken
	turns    int
	// lookFirst has the user looked for before a create is sent to the helper.
	lookFirst bool
	checks    int // writes that followed from what the site showed

	// This turn.
	facts    usersync.Facts
	decision usersync.Decision
	problem  *core.Problem
	write    *core.UserWrite // what is to be sent; nil when there is nothing
	follows  bool            // write comes after one that went through, and planning is done
	stopped  bool            // set aside, or left for another go
	after    core.User
	notes    []core.Note
	owing    bool // the CRM has to get the password of the user who was made
}

// apply does everything that waits for these contacts. An error means that all writing
// to the site has to wait; what was written by then is found again at the next attempt.
func (l *lane) apply(ctx context.Context, works []store.Work) error {
	if err := l.engine.unlock(ctx); err != nil {
		return err
	}
	jobs, err := l.jobs(ctx, works)
	if err != nil || len(jobs) == 0 {
		return err
	}
	if err := l.open(ctx); err != nil {
		return err
	}
	jobs = jobs[:min(len(jobs), l.size())]
	for err == nil && len(jobs) > 0 {
		jobs, err = l.turn(ctx, jobs)
	}
	return err
}

// jobs reads the works' deliveries. A work that cannot be read is set aside.
func (l *lane) jobs(ctx context.Context, works []store.Work) (jobs []*job, err error) {
	for _, w := range works {
		j := &job{work: w}
		switch err := l.read(j); {
		case err == nil && len(j.taken) == 0: // forgotten since it was found to be due
		case err == nil:
			jobs = append(jobs, j)
		case core.AsProblem(err).Scope != core.OneItem:
			return nil, err
		default:
			if err := l.setAside(ctx, w, core.AsProblem(err)); err != nil {
				return nil, err
			}
		}
	}
	return jobs, nil
}

func (l *lane) read(j *job) error {
	via, problem := l.engine.route(j.work.Key.Connection)
	if problem != nil {
		return problem
	}
	j.via = via
	return l.engine.store.EachWaiting(j.work.Key, func(d core.Delivery) error {
		message, err := d.Read()
		if err != nil {
			return err
		}
		notice, err := j.via.adapter.Parse(message)
		if err != nil {
			return err
		}
		j.taken = append(j.taken, d.Seq)
		j.waiting = append(j.waiting, usersync.Waiting{Seq: d.Seq, Request: message.Request(d.Action), Notice: notice, Done: j.work.Had(d.Seq)})
		return nil
	})
}

// turn looks, plans and writes once for all jobs and settles those that came through. It
// returns the jobs for which the site turned out to be another than it looked, and those
// with something left to write.
func (l *lane) turn(ctx context.Context, jobs []*job) (again []*job, err error) {
	fresh := slices.DeleteFunc(slices.Clone(jobs), func(j *job) bool { return j.follows })
	if _, err := l.readContacts(ctx, fresh); err != nil {
		return nil, err
	}
	jobs, fresh = unstopped(jobs), unstopped(fresh)
	if err := l.lookUp(ctx, fresh); err != nil {
		return nil, l.blame(ctx, fresh, err)
	}
	if l.doubts.tooMany() {
		return nil, l.distrust(ctx)
	}
	jobs = apart(jobs)
	for _, j := range jobs {
		if !j.follows {
			l.decide(j)
		}
	}
	if jobs, err = l.awaitEmail(ctx, jobs); err != nil {
		return nil, err
	}
	jobs, unseen, err := l.holdCrowd(ctx, jobs)
	if err != nil {
		return nil, err
	}
	done, again, err := l.write(ctx, jobs)
	if err != nil {
		return nil, err
	}
	return append(again, unseen...), l.settle(ctx, done)
}

func unstopped(jobs []*job) []*job {
	return slices.DeleteFunc(slices.Clone(jobs), func(j *job) bool { return j.stopped })
}

// apart keeps of jobs that may be about the same user only the first, for one write per
// user may be under way. The others stay due.
func apart(jobs []*job) (kept []*job) {
	taken := map[any]bool{}
	for _, j := range jobs {
		whom := j.whom()
		if !slices.ContainsFunc(whom, func(k any) bool { return taken[k] }) {
			kept = append(kept, j)
		}
		for _, k := range whom {
			taken[k] = true
		}
	}
	return kept
}

// whom lists all by which a job's user may be known.
func (j *job) whom() []any {
	type contact struct{ account, id string }
	whom := []any{contact{j.via.account.ID, j.work.Key.Contact}}
	emails := j.plan.Emails
	if j.known.intent != nil {
		emails = append(slices.Clone(emails), j.known.intent.Email)
	}
	if user := j.facts.User; user != nil {
		whom, emails = append(whom, user.ID), append(slices.Clone(emails), user.Email)
	}
	for _, email := range emails {
		whom = append(whom, strings.ToLower(email))
	}
	return whom
}

func (j *job) fieldMap() map[string]string {
	if j.via.conn.FieldMap != nil {
		return j.via.conn.FieldMap
	}
	return j.via.adapter.Describe().FieldMap
}

// settle records how the jobs ended. A problem of the plan holds the work, with what
// could be written already written.
func (l *lane) settle(ctx context.Context, jobs []*job) error {
	results := make([]store.Settlement, len(jobs))
	for i, j := range jobs {
		results[i] = j.settlement(l.engine.now())
	}
	if err := l.engine.store.Settle(ctx, l.engine.now(), results...); err != nil {
		return err
	}
	l.engine.tellWatchers(results)
	for i, j := range jobs {
		l.engine.log.Info("work settled", "delivery", core.FormatID(j.taken[len(j.taken)-1]), "deliveries", len(j.taken),
			"state", string(results[i].State), "outcome", string(results[i].Outcome))
	}
	return nil
}

func (j *job) settlement(now time.Time) store.Settlement {
	change := j.decision.Change
	result := store.Settlement{
		Work: j.work.Key, Taken: j.taken, State: core.Applied, Outcome: change.Outcome, UserID: j.after.ID,
		Notes: slices.Concat(change.Notes, j.notes, j.decision.MailNotes()), Fields: change.Fields,
		EraseIntent: j.problem == nil || (j.decision.Made() && !j.owing),
	}
	if j.problem != nil {
		result.State, result.Problem = core.Held, j.problem
	}
	result.Link = j.decision.Settle(j.after)
	if before := j.known.link; j.known.deleted && before != nil && before.UserID != 0 && result.Link != nil && result.Link.UserID == 0 {
		result.Tombstone = &core.Tombstone{UserID: before.UserID, Seen: now}
	}
	return result
}
