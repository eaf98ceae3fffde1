package engine

import (
	"context"
	"time"

	"usher/core"
	"usher/core/store"
)

const (
	sortAtOnce      = 256
	sortBytesAtOnce = 8 << 20
)

// runSorter reads deliveries as they arrive and adds each to its contact's work, until
// ctx ends. A locked keyring or a failing disk makes it wait; the door goes on.
func (e *Engine) runSorter(ctx context.Context) {
	failures := 0
	for {
		more, err := e.sortSome(ctx)
		if ctx.Err() != nil {
			return
		}
		next := e.store.Arrivals()
		var wait <-chan time.Time
		if err != nil {
			failures++
			e.setTrouble(aboutUsher, core.AsProblem(err))
			e.log.Warn("messages wait to be read", "code", core.AsProblem(err).Code)
			next = nil // what stands in the way does not go because more arrives
			wait = time.After(min(siteWait(failures), ownWait))
		} else if failures > 0 {
			failures = 0
			e.setTrouble(aboutUsher, nil)
		}
		if more {
			continue
		}
		select {
		case <-ctx.Done():
			return
		case <-wait:
		case <-next:
		}
	}
}

// sortSome sorts the oldest deliveries and reports whether there may be more.
func (e *Engine) sortSome(ctx context.Context) (more bool, err error) {
	if err := e.unlock(ctx); err != nil {
		return false, err
	}
	list, err := e.store.Unsorted(sortAtOnce, sortBytesAtOnce)
	if err != nil || len(list) == 0 {
		return false, err
	}
	if err := e.sortDeliveries(ctx, list); err != nil {
		return false, err
	}
	return true, nil
}

func (e *Engine) sortDeliveries(ctx context.Context, list []core.Delivery) error {
	sorted := make([]store.Sorted, len(list))
	for i, d := range list {
		sorted[i] = e.sortOut(d)
		if problem := sorted[i].Problem; problem != nil {
			e.log.Warn("message held", "delivery", d.ID(), "code", problem.Code)
		}
	}
	if err := e.store.Sort(ctx, sorted, e.now()); err != nil {
		return err
	}
	e.wakeLanes()
	return nil
}

// sortOut reads one delivery and decides where it belongs.
func (e *Engine) sortOut(d core.Delivery) store.Sorted {
	s := store.Sorted{Seq: d.Seq}
	via, problem := e.route(d.Connection)
	if problem != nil {
		s.Problem = problem
		return s
	}
	s.CRM, s.Site = via.account.Kind, via.site.ID
	if !d.Action.Known() {
		s.Problem = core.NewProblem("delivery.unknown_action", nil)
		return s
	}
	notice, err := read(via.adapter, d)
	if err != nil {
		s.Problem = core.AsProblem(err)
		return s
	}
	s.Contact = display(notice.Contact)
	switch {
	case notice.Ignored != nil:
		s.Ignored = notice.Ignored
	case notice.Contact.Key() == "":
		note := core.NewNote("message.no_person", "")
		s.Ignored = &note
	default:
		s.Join = store.WorkKey{Connection: d.Connection, Contact: notice.Contact.Key()}
	}
	return s
}

// read turns a delivery into what it says.
func read(adapter core.Adapter, d core.Delivery) (core.Notice, error) {
	message, err := d.Read()
	if err != nil {
		return core.Notice{}, err
	}
	return adapter.Parse(message)
}

// display names a contact for people: its id, or its e-mail where there is no id.
func display(c core.Contact) string {
	if c.ID != "" {
		return c.ID
	}
	return c.Email
}
