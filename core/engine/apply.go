package engine

import (
	"context"
	"slices"
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
	site    Site
	taken   []uint64
	waiting []usersync.Waiting
	known   known
	missing []string // roles the site said it does not have
	refused bool     // the site said the e-mail is taken, though nobody with it could be seen
}

// apply does everything that waits for one contact. An error means that nothing was
// settled; what was written to the site by then is found again at the next attempt.
func (l *lane) apply(ctx context.Context, w store.Work) error {
	via, problem := l.engine.route(w.Key.Connection)
	if problem != nil {
		return problem
	}
	if err := l.engine.unlock(ctx); err != nil {
		return err
	}
	site, err := l.site(ctx, via.site)
	if err != nil {
		return err
	}
	j := &job{work: w, via: via, site: site}
	if err := l.readWaiting(j); err != nil {
		return err
	}
	for range turns {
		var again bool
		if again, err = l.attempt(ctx, j); !again {
			return err
		}
	}
	return err
}

// readWaiting parses the deliveries of the work.
func (l *lane) readWaiting(j *job) error {
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
		j.waiting = append(j.waiting, usersync.Waiting{Seq: d.Seq, Request: message.Request(d.Action), Notice: notice})
		return nil
	})
}

// attempt looks, plans, writes and settles. It reports again when the site turned out to
// be another than it looked.
func (l *lane) attempt(ctx context.Context, j *job) (again bool, err error) {
	if j.known, err = l.recall(j); err != nil {
		return false, err
	}
	plan := usersync.Fold(j.via.conn, j.fieldMap(), j.known.link, j.waiting)
	facts, err := l.facts(ctx, j, plan)
	if err != nil {
		return false, err
	}
	decision, problem := usersync.Plan(j.via.conn, plan, facts)
	after, notes, err := l.write(ctx, j, &decision, facts)
	if err != nil {
		return j.learn(err, &decision, facts), err
	}
	return false, l.settle(ctx, j, &decision, problem, after, notes)
}

// learn takes in what an error tells about the site, and reports whether planning again
// makes sense.
func (j *job) learn(err error, decision *usersync.Decision, facts usersync.Facts) bool {
	switch {
	case core.HasCode(err, "user.gone"):
		return true
	case core.HasCode(err, "user.email_taken") && decision.Change.Create != nil && !j.refused:
		j.refused = true // somebody made the user meanwhile: look again
		return true
	case core.HasCode(err, "user.role_unknown"):
		return j.leaveOut(core.AsProblem(err).Detail, decision, facts)
	}
	return false
}

// leaveOut notes that the site does not have a role. Where it did not say which, it is
// taken to be the first that no user of the site has.
func (j *job) leaveOut(named string, decision *usersync.Decision, facts usersync.Facts) bool {
	for _, role := range decision.Gives() {
		meant := role == named || (named == "" && facts.Roles[role].Caps == nil)
		if meant && !slices.Contains(j.missing, role) {
			j.missing = append(j.missing, role)
			return true
		}
	}
	return false
}

func (j *job) fieldMap() map[string]string {
	if j.via.conn.FieldMap != nil {
		return j.via.conn.FieldMap
	}
	return j.via.adapter.Describe().FieldMap
}

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

// settle records how it ended. A problem of the plan holds the work, with what could be
// written already written.
func (l *lane) settle(ctx context.Context, j *job, decision *usersync.Decision, problem *core.Problem, after core.User, notes []core.Note) error {
	now := time.Now()
	result := store.Settlement{
		Work: j.work.Key, Taken: j.taken, State: core.Applied, Outcome: decision.Change.Outcome,
		UserID: after.ID, Notes: append(slices.Clone(decision.Change.Notes), notes...), Fields: decision.Change.Fields,
		EraseIntent: problem == nil,
	}
	if problem != nil {
		result.State, result.Problem = core.Held, problem
	}
	result.Link = decision.Settle(after)
	if before := j.known.link; j.known.deleted && before != nil && before.UserID != 0 && result.Link != nil && result.Link.UserID == 0 {
		result.Tombstone = &core.Tombstone{UserID: before.UserID, Seen: now}
	}
	if err := l.engine.store.Settle(ctx, result, now); err != nil {
		return err
	}
	l.engine.log.Info("work settled", "delivery", core.FormatID(j.taken[len(j.taken)-1]), "deliveries", len(j.taken),
		"state", string(result.State), "outcome", string(result.Outcome))
	return nil
}
