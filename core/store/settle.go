package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	bolt "go.etcd.io/bbolt"

	"usher/core"
)

// Settlement ends one attempt at a work: what became of the deliveries that were taken,
// and everything that must be true together with it.
type Settlement struct {
	Work  WorkKey
	Taken []uint64 // the deliveries that were planned together, oldest first
	// State is Applied (the newest ends so, the older ones as Merged into it), Held
	// or Failed (all of them wait for a person, together).
	State   core.State
	Outcome core.Outcome
	UserID  int64
	Notes   []core.Note
	Problem *core.Problem
	Fields  []core.FieldChange // for the journal

	Link        *core.Link // to store
	Tombstone   *core.Tombstone
	EraseIntent bool
}

// Settle stores settlements of different works in one transaction. Deliveries that
// joined a work after it was taken stay queued and are due at once. What was forgotten
// after it was taken leaves no trace.
func (s *Store) Settle(ctx context.Context, now time.Time, results ...Settlement) error {
	if len(results) == 0 {
		return nil
	}
	err := s.update(ctx, func(tx *bolt.Tx) error {
		for _, result := range results {
			if err := settle(tx, result, now); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("settle work: %w", err)
	}
	return nil
}

func settle(tx *bolt.Tx, result Settlement, now time.Time) error {
	w, ok, err := getWork(tx, result.Work)
	if err != nil {
		return err
	}
	switch gone, err := isForgotten(tx, result.Taken); {
	case err != nil || (gone && ok):
		return err
	case gone:
		return tx.Bucket(bucketIntents).Delete(result.Work.bytes())
	case !ok:
		return core.NewProblem("store.damaged", errors.New("settled work is missing"))
	}
	if err := keepWithIt(tx, result); err != nil {
		return err
	}
	if err := journal(tx, result, now); err != nil {
		return err
	}
	if result.Link != nil {
		w.Giving = nil
	}
	if result.State == core.Applied {
		return end(tx, w, result, now)
	}
	return stop(tx, w, result, now)
}

// keepWithIt stores what is true from now on.
func keepWithIt(tx *bolt.Tx, result Settlement) error {
	if result.Link != nil {
		if err := putLink(tx, *result.Link); err != nil {
			return err
		}
		if result.Tombstone != nil {
			if err := put(tx.Bucket(bucketTombstones), linkKey(*result.Link), result.Tombstone); err != nil {
				return err
			}
		} else if result.Link.UserID != 0 {
			if err := tx.Bucket(bucketTombstones).Delete(linkKey(*result.Link)); err != nil {
				return err
			}
		}
	}
	if result.EraseIntent {
		return tx.Bucket(bucketIntents).Delete(result.Work.bytes())
	}
	return nil
}

// end finishes the taken deliveries.
func end(tx *bolt.Tx, w Work, result Settlement, now time.Time) error {
	fates := tx.Bucket(bucketFates)
	newest := result.Taken[len(result.Taken)-1]
	for _, seq := range result.Taken {
		f, _, err := get[fate](fates, seqKey(seq))
		if err != nil {
			return err
		}
		f.Work, f.State, f.Into, f.Ended = "", core.Merged, newest, now.UnixMilli()
		if seq == newest {
			f = fate{
				CRM: f.CRM, Contact: f.Contact, State: core.Applied,
				UserID: result.UserID, Tries: w.Attempts + 1, Ended: now.UnixMilli(),
			}
			f.Outcome, f.Notes = w.Done.sum(result)
		}
		if err := put(fates, seqKey(seq), f); err != nil {
			return err
		}
		if err := tx.Bucket(bucketWaiting).Delete(waitingKey(w.Key, seq)); err != nil {
			return err
		}
	}
	if err := move(tx, w.State, core.Applied, 1); err != nil {
		return err
	}
	if err := move(tx, w.State, core.Merged, len(result.Taken)-1); err != nil {
		return err
	}
	return shrink(tx, w, len(result.Taken), now)
}

// shrink takes ended deliveries off a work; what is left is due now.
func shrink(tx *bolt.Tx, w Work, ended int, now time.Time) error {
	if w.State == core.Queued {
		if err := tx.Bucket(bucketDue).Delete(w.dueKey()); err != nil {
			return err
		}
	}
	left := waitingSeqs(tx, w.Key)
	if len(left) != w.Count-ended {
		return core.NewProblem("store.damaged", fmt.Errorf("work has %d waiting, counted %d", len(left), w.Count-ended))
	}
	if len(left) == 0 {
		return tx.Bucket(bucketWork).Delete(w.Key.bytes())
	}
	w.First, w.Count, w.Attempts, w.Problem, w.Done = left[0], len(left), 0, nil, nil
	w.unanswered()
	return reschedule(tx, w, w.State, now)
}

// stop makes the work wait for a person, unless something new arrived meanwhile that
// deserves a try of its own.
func stop(tx *bolt.Tx, w Work, result Settlement, now time.Time) error {
	w.unanswered()
	w.Problem = result.Problem
	w.Done = w.Done.with(result)
	w.Attempts++
	if newer := waitingSeqs(tx, w.Key); newer[len(newer)-1] != result.Taken[len(result.Taken)-1] {
		w.Attempts = 0
		return reschedule(tx, w, core.Queued, now)
	}
	return reschedule(tx, w, result.State, now)
}

func journal(tx *bolt.Tx, result Settlement, now time.Time) error {
	b := tx.Bucket(bucketJournal)
	b.FillPercent = 1 // keys only ever grow
	seq, err := b.NextSequence()
	if err != nil {
		return err
	}
	return put(b, seqKey(seq), core.JournalEntry{
		At: now, Connection: result.Work.Connection, Contact: result.Work.Contact, Deliveries: slices.Clone(result.Taken),
		UserID: result.UserID, State: result.State, Outcome: result.Outcome,
		Fields: result.Fields, Notes: result.Notes, Problem: result.Problem,
	})
}

// CreatedSince returns when users of a connection were made, oldest first, back to since.
func (s *Store) CreatedSince(connection string, since time.Time) (made []time.Time, err error) {
	err = s.view(func(tx *bolt.Tx) error {
		b := tx.Bucket(bucketJournal)
		c := b.Cursor()
		for k, _ := c.Last(); k != nil; k, _ = c.Prev() {
			entry, _, err := get[core.JournalEntry](b, k)
			if err != nil {
				return err
			}
			if entry.At.Before(since) {
				break
			}
			if entry.Connection == connection && entry.Outcome == core.Created {
				made = append(made, entry.At)
			}
		}
		slices.Reverse(made)
		return nil
	})
	return made, err
}

// JournalOf returns the entries about a delivery, oldest first, as far as they are among
// the newest 100,000.
func (s *Store) JournalOf(ctx context.Context, seq uint64) (list []core.JournalEntry, err error) {
	const most = 100_000
	err = s.view(func(tx *bolt.Tx) error {
		b := tx.Bucket(bucketJournal)
		c := b.Cursor()
		looked := 0
		for k, _ := c.Last(); k != nil && looked < most; k, _ = c.Prev() {
			if looked++; looked%1000 == 0 && ctx.Err() != nil {
				return ctx.Err()
			}
			entry, _, err := get[core.JournalEntry](b, k)
			if err != nil {
				return err
			}
			if slices.Contains(entry.Deliveries, seq) {
				entry.Seq = keySeq(k)
				list = append(list, entry)
			}
		}
		slices.Reverse(list)
		return nil
	})
	return list, err
}

// Journal returns the newest entries, newest first, at most limit.
func (s *Store) Journal(limit int) (list []core.JournalEntry, err error) {
	err = s.view(func(tx *bolt.Tx) error {
		b := tx.Bucket(bucketJournal)
		c := b.Cursor()
		for k, _ := c.Last(); k != nil && len(list) < limit; k, _ = c.Prev() {
			entry, _, err := get[core.JournalEntry](b, k)
			if err != nil {
				return err
			}
			entry.Seq = keySeq(k)
			list = append(list, entry)
		}
		return nil
	})
	return list, err
}
