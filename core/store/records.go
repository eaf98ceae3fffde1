package store

import (
	"context"
	"time"

	bolt "go.etcd.io/bbolt"

	"usher/core"
)

// Query asks for deliveries, newest first.
type Query struct {
	Before uint64                 // only older ones; 0 for all
	Limit  int                    // how many are returned at most
	Most   int                    // how many are looked at at most; 0 for all
	Text   string                 // in the person, the connection's name, the number or the problem; case aside
	Wanted func(core.Record) bool // nil for all
}

// Records returns deliveries with what became of them, newest first. It opens nothing
// that is sealed. Next is the Before to go on with, 0 at the end.
func (s *Store) Records(ctx context.Context, q Query) (list []core.Record, next uint64, err error) {
	config := s.Config()
	text := newSearch(q.Text, config)
	err = s.view(func(tx *bolt.Tx) error {
		c, fates := tx.Bucket(bucketDeliveries).Cursor(), tx.Bucket(bucketFates)
		looked := 0
		for k, data := older(c, q.Before); k != nil; k, data = c.Prev() {
			if len(list) == q.Limit || (q.Most > 0 && looked == q.Most) {
				next = keySeq(k) + 1
				return nil
			}
			if looked++; looked%1000 == 0 && ctx.Err() != nil {
				return ctx.Err()
			}
			if head, _, _ := unprefixed(data); text != nil && text.passes(keySeq(k), head, fates.Get(k)) {
				continue
			}
			r, err := record(tx, config, keySeq(k))
			if err != nil {
				return err
			}
			if (text == nil || text.finds(r)) && (q.Wanted == nil || q.Wanted(r)) {
				list = append(list, r)
			}
		}
		return nil
	})
	return list, next, err
}

// older moves to the newest key before a sequence number, of all for 0.
func older(c *bolt.Cursor, before uint64) (key, value []byte) {
	if before != 0 {
		if k, _ := c.Seek(seqKey(before)); k != nil {
			return c.Prev()
		}
	}
	return c.Last()
}

// Record returns one delivery with what became of it; command.no_delivery if there is none.
func (s *Store) Record(seq uint64) (r core.Record, err error) {
	err = s.view(func(tx *bolt.Tx) error {
		if tx.Bucket(bucketDeliveries).Get(seqKey(seq)) == nil {
			return core.NewProblem("command.no_delivery", nil).About(core.FormatID(seq))
		}
		r, err = record(tx, s.Config(), seq)
		return err
	})
	return r, err
}

func record(tx *bolt.Tx, config *Config, seq uint64) (core.Record, error) {
	head, _, err := readHeader(tx, seq)
	if err != nil {
		return core.Record{}, err
	}
	f, sorted, err := get[fate](tx.Bucket(bucketFates), seqKey(seq))
	if err != nil {
		return core.Record{}, err
	}
	r := core.Record{
		Seq: seq, Received: time.UnixMilli(head.Received), Action: head.Action,
		Connection: config.Connections[head.Connection].Name,
		CRM:        f.CRM, Contact: f.Contact, State: f.State, Into: f.Into, Outcome: f.Outcome,
		UserID: f.UserID, Attempts: f.Tries, Notes: f.Notes, Problem: f.Problem,
	}
	switch {
	case !sorted:
		r.State = core.Queued
	case f.Work != "":
		w, ok, err := getWork(tx, parseWorkKey([]byte(f.Work)))
		if err != nil {
			return r, err
		}
		if !ok {
			return r, core.NewProblem("store.damaged", nil)
		}
		r.State, r.Attempts, r.Problem = w.State, w.Attempts, w.Problem
		if w.Done != nil && w.Done.UpTo == seq {
			r.Outcome, r.UserID, r.Notes = w.Done.Outcome, w.Done.UserID, w.Done.Notes
		}
	}
	return r, nil
}

// Requeue makes a held or failed delivery, and what waits with it, due now. It reports
// resort when the delivery never joined a work and has to be read and sorted again.
// One that was put off is tried now. Any other gets command.not_retryable.
// Agreed tells whether a person thereby said yes to what held it.
func (s *Store) Requeue(ctx context.Context, seq uint64, now time.Time, agreed func(*core.Problem) bool) (resort bool, err error) {
	err = s.update(ctx, func(tx *bolt.Tx) error {
		resort = false
		if tx.Bucket(bucketDeliveries).Get(seqKey(seq)) == nil {
			return core.NewProblem("command.no_delivery", nil).About(core.FormatID(seq))
		}
		f, ok, err := get[fate](tx.Bucket(bucketFates), seqKey(seq))
		if err != nil {
			return err
		}
		if ok && f.Work == "" && f.State == core.Held {
			resort = true
			return nil
		}
		if !ok || f.Work == "" {
			return core.NewProblem("command.not_retryable", nil).About(core.FormatID(seq))
		}
		w, ok, err := getWork(tx, parseWorkKey([]byte(f.Work)))
		if err != nil || !ok {
			return err
		}
		switch {
		case w.State != core.Queued:
			w.unanswered()
			if w.Problem != nil && agreed(w.Problem) {
				w.Agreed, w.AgreedTo = w.Problem.Code, w.Problem.Detail
			}
			w.Attempts, w.Problem = 0, nil
		case w.Problem == nil:
			return core.NewProblem("command.not_retryable", nil).About(core.FormatID(seq))
		}
		return reschedule(tx, w, core.Queued, now)
	})
	return resort, err
}

// Decline says no to the question a held delivery waits for, and has all the rest of what
// waits with it done now. What is no question gets command.no_question.
func (s *Store) Decline(ctx context.Context, seq uint64, now time.Time, question func(*core.Problem) bool) error {
	return s.update(ctx, func(tx *bolt.Tx) error {
		if tx.Bucket(bucketDeliveries).Get(seqKey(seq)) == nil {
			return core.NewProblem("command.no_delivery", nil).About(core.FormatID(seq))
		}
		f, _, err := get[fate](tx.Bucket(bucketFates), seqKey(seq))
		if err != nil {
			return err
		}
		w, there, err := getWork(tx, parseWorkKey([]byte(f.Work)))
		if err != nil {
			return err
		}
		if !there || w.State != core.Held || w.Problem == nil || !question(w.Problem) {
			return core.NewProblem("command.no_question", nil).About(core.FormatID(seq))
		}
		w.unanswered()
		w.Declined, w.DeclinedTo = w.Problem.Code, w.Problem.Detail
		w.Attempts, w.Problem = 0, nil
		return reschedule(tx, w, core.Queued, now)
	})
}

// Stopped lists the deliveries that are held, failed or put off, oldest first.
func (s *Store) Stopped() (seqs []uint64, err error) {
	err = s.view(func(tx *bolt.Tx) error {
		return tx.Bucket(bucketFates).ForEach(func(key, _ []byte) error {
			f, _, err := get[fate](tx.Bucket(bucketFates), key)
			if err != nil {
				return err
			}
			state, putOff := f.State, false
			if state == core.Failed {
				return nil // what it said is erased
			}
			if f.Work != "" {
				w, _, err := getWork(tx, parseWorkKey([]byte(f.Work)))
				if err != nil {
					return err
				}
				state, putOff = w.State, w.Problem != nil
			}
			if state == core.Held || state == core.Failed || putOff {
				seqs = append(seqs, keySeq(key))
			}
			return nil
		})
	})
	return seqs, err
}
