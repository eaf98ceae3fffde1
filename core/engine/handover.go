package engine

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"usher/core"
	"usher/core/store"
)

// handOver gives the CRM the generated password of a user this work made, and what else
// of the user the owner mapped, then sets the done tag. It reports whether the job may be
// settled: until the CRM has the password its intent stays, and all of this is done again
// after a crash. The same values and the same tag twice are harmless; a tag that is never
// set would mean that the person never hears of their account.
func (l *lane) handOver(ctx context.Context, j *job) (settle bool, err error) {
	conn := j.via.conn
	if conn.ReturnPasswordField == "" && conn.DoneTag == "" {
		return true, nil
	}
	intent, ok, err := l.engine.store.Intent(j.work.Key)
	ours := j.decision.Made() || j.owes()
	if err != nil || !ok || !ours || intent.Login != j.after.Login {
		return err == nil, err
	}
	err = l.writeBack(ctx, j, intent.Password)
	p := core.AsProblem(err)
	switch {
	case err == nil:
		return true, nil
	case ctx.Err() != nil:
		return false, ctx.Err()
	case p.Scope == core.CRMWide:
		return false, l.putOff(ctx, j, l.pauseAccount(j.via.account, p))
	case p.Then == core.Hold && p.Scope == core.OneItem:
		j.problem, j.owing = p, true
		return true, nil
	case p.Scope == core.OneItem || p.Scope == core.ItemOrCRM:
		return false, l.setAside(ctx, j.work, p)
	default:
		return false, p
	}
}

// owes reports whether an earlier attempt made the job's user and was held before the CRM
// had the password.
func (j *job) owes() bool {
	link, intent := j.known.link, j.known.intent
	return link != nil && intent != nil && link.CreatedByUs && link.Login == intent.Login && link.PasswordHandedOver.IsZero()
}

func (l *lane) writeBack(ctx context.Context, j *job, password core.Secret) error {
	conn := j.via.conn
	scribe, id, err := l.scribe(ctx, j)
	if err != nil {
		return err
	}
	if scribe == nil {
		j.notes = append(j.notes, core.NewNote("password.kept", ""))
		return nil
	}
	values := j.wayBack()
	if conn.ReturnPasswordField != "" && j.plan.Password().Empty() {
		values[conn.ReturnPasswordField] = password
	}
	if len(values) > 0 {
		if err := scribe.SetFields(ctx, id, values); err != nil {
			return err
		}
	}
	if conn.DoneTag != "" {
		if err := scribe.AddTag(ctx, id, conn.DoneTag); err != nil {
			return err
		}
	}
	j.decision.HandedOver(l.engine.now())
	if !values[conn.ReturnPasswordField].Empty() {
		j.notes = append(j.notes, core.NewNote("password.returned", ""))
	}
	return nil
}

// scribe is what can write to the job's contact, and the contact's id; nil where nothing can.
func (l *lane) scribe(ctx context.Context, j *job) (core.Scribe, string, error) {
	id := j.work.Key.Contact
	if !j.via.account.API {
		return nil, "", nil
	}
	client, err := l.engine.crm(j.via.account, j.via.adapter)
	if err != nil {
		return nil, "", err
	}
	scribe, ok := client.(core.Scribe)
	if !ok {
		return nil, "", nil
	}
	if email, found := strings.CutPrefix(id, core.EmailKey); found {
		contact, err := client.ContactByEmail(ctx, email)
		if err != nil {
			return nil, "", err
		}
		id = contact.ID
	}
	return scribe, id, nil
}

// wayBack is what the field map says the CRM is to know of a user.
func (j *job) wayBack() map[string]core.Secret {
	values := map[string]core.Secret{}
	fieldMap := j.fieldMap()
	for _, field := range slices.Sorted(maps.Keys(fieldMap)) {
		switch fieldMap[field] {
		case "user_login":
			values[field] = core.NewSecret(j.after.Login)
		case "user_id":
			values[field] = core.NewSecret(strconv.FormatInt(j.after.ID, 10))
		}
	}
	return values
}

// handBackWait is how long a webhook's answer may wait for its user to be made.
const handBackWait = 5 * time.Second

// idleBelow is how many messages may be waiting for a site that counts as idle.
const idleBelow = 5

// Await waits, for 5 seconds at most, until a webhook just accepted has been worked on,
// where the CRM's next step may mail the password that Usher hands back. It does not wait
// while there is other work.
func (e *Engine) Await(ctx context.Context, d core.Delivery, seq uint64) {
	if d.Action != core.Add || e.store.Config().Connections[d.Connection].ReturnPasswordField == "" {
		return
	}
	ended := e.watch(seq)
	defer e.unwatch(seq)
	if counts, err := e.store.Counts(); err != nil || counts.Queued > idleBelow {
		return
	}
	if r, err := e.store.Record(seq); err != nil || r.State != core.Queued {
		return
	}
	timer := time.NewTimer(handBackWait)
	defer timer.Stop()
	select {
	case <-ended:
	case <-timer.C:
	case <-ctx.Done():
	}
}

func (e *Engine) watch(seq uint64) <-chan struct{} {
	e.mu.Lock()
	defer e.mu.Unlock()
	ended := make(chan struct{})
	e.watched[seq] = ended
	return ended
}

func (e *Engine) unwatch(seq uint64) {
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.watched, seq)
}

// tellWatchers ends the waiting for deliveries that were settled.
func (e *Engine) tellWatchers(results []store.Settlement) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, result := range results {
		for _, seq := range result.Taken {
			if ended, ok := e.watched[seq]; ok {
				close(ended)
				delete(e.watched, seq)
			}
		}
	}
}
