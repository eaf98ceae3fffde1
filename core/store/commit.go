package store

import (
	"context"
	"errors"
	"fmt"

	bolt "go.etcd.io/bbolt"

	"usher/core"
)

// maxGroup bounds the operations of one commit.
const maxGroup = 512

// operation is a change to the file. Its do may run more than once and must set, not
// add to, what it captures.
type operation struct {
	do   func(*bolt.Tx) error
	done chan error
}

// update runs do in a write transaction and returns when it is durable. Operations that
// arrive while a commit is under way share the next one; an idle store commits at once.
func (s *Store) update(ctx context.Context, do func(*bolt.Tx) error) error {
	op := operation{do: do, done: make(chan error, 1)}
	select {
	case <-s.closing:
		return core.NewProblem("store.closed", nil)
	default:
	}
	select {
	case s.ops <- op:
	case <-s.closing:
		return core.NewProblem("store.closed", nil)
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case err := <-op.done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	case <-s.stopped:
	}
	select {
	case err := <-op.done:
		return err
	default: // it was handed over after the writer's last look
		return core.NewProblem("store.closed", nil)
	}
}

// write is the store's one writer. It does not wait for a group to grow: while one half of
// the callers waits for a commit, the other half prepares the next. It ends when the
// store closes, after finishing what was handed over.
func (s *Store) write() {
	defer close(s.stopped)
	for {
		select {
		case op := <-s.ops:
			s.commit(s.gather(op))
		case done := <-s.compacts:
			done <- s.compact()
		case <-s.closing:
			s.finishHandedOver()
			return
		}
	}
}

func (s *Store) finishHandedOver() {
	for {
		select {
		case op := <-s.ops:
			s.commit(s.gather(op))
		default:
			return
		}
	}
}

// gather returns first and whatever else is waiting already.
func (s *Store) gather(first operation) []operation {
	group := []operation{first}
	for len(group) < maxGroup {
		select {
		case op := <-s.ops:
			group = append(group, op)
		default:
			return group
		}
	}
	return group
}

// commit runs a group in one transaction. An operation that fails is taken out and the
// others start over without it, so it leaves no trace and harms nobody.
func (s *Store) commit(group []operation) {
	for len(group) > 0 {
		failed := -1
		err := s.transact(func(tx *bolt.Tx) error {
			failed = -1
			for i, op := range group {
				if err := op.do(tx); err != nil {
					failed = i
					return err
				}
			}
			return nil
		})
		if err != nil && failed >= 0 {
			group[failed].done <- err
			group = append(group[:failed:failed], group[failed+1:]...)
			continue
		}
		select {
		case s.commits <- struct{}{}:
		default: // nobody has looked since the last one
		}
		for _, op := range group {
			op.done <- err
		}
		return
	}
}

// transact is bbolt's Update. When the commit itself fails, nobody knows what reached
// the disk: the file is closed and opened again, and the caller told it is not stored.
// It may be all the same; a webhook then comes twice, which does no harm.
func (s *Store) transact(do func(*bolt.Tx) error) error {
	file, problem := s.usable()
	if problem != nil {
		return problem
	}
	inside := false
	err := unbroken(func() error {
		return file.Update(func(tx *bolt.Tx) error {
			err := do(tx)
			inside = err != nil
			return err
		})
	})
	switch {
	case errors.As(err, new(breakage)):
		s.giveUp(core.AsProblem(err))
		return err
	case inside:
		return err
	case err != nil:
		_, _ = s.reopen() // a failure shows at the next operation
		return s.outcome(core.NewProblem("store.disk", err))
	case !file.inPlace(s.path):
		return s.outcome(core.NewProblem("store.gone", nil))
	}
	return s.outcome(nil)
}

// usable returns the file, opened again if need be.
func (s *Store) usable() (*dataFile, *core.Problem) {
	s.mu.RLock()
	file, broken, trouble := s.file, s.broken, s.trouble
	s.mu.RUnlock()
	switch {
	case broken:
		return nil, trouble
	case file != nil:
		return file, nil
	}
	return s.reopen()
}

// reopen opens the file again. Where it cannot be, that is the store's trouble until it can.
func (s *Store) reopen() (*dataFile, *core.Problem) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.file != nil {
		_ = s.file.Close() // its state is unknown; what matters is what the file says
		s.file = nil
	}
	file, err := openFile(s.path, false)
	if err != nil {
		s.trouble = core.AsProblem(err)
		return nil, s.trouble
	}
	s.file = file
	return file, nil
}

// outcome remembers what kept a commit from the disk; nil when nothing did.
func (s *Store) outcome(problem *core.Problem) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.trouble = problem
	if problem == nil {
		return nil
	}
	return problem
}

// giveUp leaves a broken file as it is, unclosed: bbolt may hold its own locks still.
func (s *Store) giveUp(problem *core.Problem) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.broken || s.file == nil {
		return
	}
	s.broken, s.trouble = true, problem
	s.file.letGo()
}

// probeSize is about what a webhook takes.
const probeSize = 32 << 10

// Probe tries whether the disk takes what is written, so that Trouble ends when its cause
// has gone, even if nothing arrives.
func (s *Store) Probe(ctx context.Context) error {
	for _, data := range [][]byte{make([]byte, probeSize), {}} {
		err := s.update(ctx, func(tx *bolt.Tx) error { return tx.Bucket(bucketMeta).Put(metaProbe, data) })
		if err != nil {
			return fmt.Errorf("probe disk: %w", err)
		}
	}
	return nil
}
