package engine

import (
	"context"
	"maps"
	"slices"

	"usher/core"
	"usher/core/store"
)

// Status implements control.Backend.
func (e *Engine) Status(context.Context) (core.Status, error) {
	counts, err := e.store.Counts()
	if err != nil {
		return core.Status{}, err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	status := core.Status{
		Accepted: counts.Accepted, Applied: counts.Applied, Merged: counts.Merged,
		Held: counts.Held, Failed: counts.Failed, Queued: counts.Queued,
		Address: e.addressStatus(),
	}
	if trouble := e.store.Trouble(); trouble != nil && e.troubles[aboutUsher] == nil {
		status.Problems = append(status.Problems, trouble.Trouble(aboutUsher))
	}
	for _, about := range slices.Sorted(maps.Keys(e.troubles)) {
		status.Problems = append(status.Problems, e.troubles[about].Trouble(about))
	}
	return status, nil
}

// Deliveries implements control.Backend.
func (e *Engine) Deliveries(ctx context.Context, limit int) ([]core.Line, error) {
	records, _, err := e.store.Records(ctx, store.Query{Limit: limit})
	if err != nil {
		return nil, err
	}
	lines := make([]core.Line, len(records))
	for i, r := range records {
		lines[i] = r.Line()
	}
	return lines, nil
}

// Retry implements control.Backend.
func (e *Engine) Retry(ctx context.Context, id string) (int, error) {
	e.letThrough()
	if id == "" {
		return e.retryAll(ctx)
	}
	seq, ok := core.ParseID(id)
	if !ok {
		return 0, core.NewProblem("command.no_delivery", nil).About(id)
	}
	if err := e.retryOne(ctx, seq, anything); err != nil {
		return 0, err
	}
	if err := e.repaired(ctx); err != nil {
		return 0, err
	}
	return 1, nil
}

func (e *Engine) retryAll(ctx context.Context) (int, error) {
	seqs, err := e.store.Stopped()
	if err != nil {
		return 0, err
	}
	for _, seq := range seqs {
		// One that waits with others was started together with the first of them.
		if err := e.retryOne(ctx, seq, onlyCrowds); err != nil && !core.HasCode(err, "command.not_retryable") {
			return 0, err
		}
	}
	if err := e.repaired(ctx); err != nil {
		return 0, err
	}
	return len(seqs), nil
}

// A message retried by itself is a yes to the question it was held for. Among many, a
// person cannot have looked at each, so only a crowd is let through.
func anything(*core.Problem) bool     { return true }
func onlyCrowds(p *core.Problem) bool { return p.Code == crowd }

func (e *Engine) retryOne(ctx context.Context, seq uint64, agreed func(*core.Problem) bool) error {
	resort, err := e.store.Requeue(ctx, seq, e.now(), agreed)
	if err != nil || !resort {
		return err
	}
	if err := e.unlock(ctx); err != nil {
		return err
	}
	d, err := e.store.Delivery(seq)
	if err != nil {
		return err
	}
	return e.sortDeliveries(ctx, []core.Delivery{d})
}

// Decline implements control.Backend.
func (e *Engine) Decline(ctx context.Context, id string) error {
	seq, ok := core.ParseID(id)
	if !ok {
		return core.NewProblem("command.no_delivery", nil).About(id)
	}
	if err := e.store.Decline(ctx, seq, e.now(), func(p *core.Problem) bool { return isDeclinable(p.Code) }); err != nil {
		return err
	}
	e.letThrough()
	return e.repaired(ctx)
}

// isDeclinable reports whether a person may say no to what a message is held for.
func isDeclinable(code string) bool { return isQuestion(code) || code == rolePowerful }

// isQuestion reports whether trying a message again is a yes to what it is held for.
func isQuestion(code string) bool { return code == crowd || code == emailChange || code == roleAsk }
