package store

import (
	"context"
	"time"

	bolt "go.etcd.io/bbolt"

	"usher/core"
)

// Records returns the newest deliveries with what became of them, newest first, at most
// limit. It opens nothing that is sealed.
func (s *Store) Records(limit int) (list []core.Record, err error) {
	config := s.Config()
	err = s.view(func(tx *bolt.Tx) error {
		c := tx.Bucket(bucketDeliveries).Cursor()
		for k, _ := c.Last(); k != nil && len(list) < limit; k, _ = c.Prev() {
			r, err := record(tx, config, keySeq(k))
			if err != nil {
				return err
			}
			list = append(list, r)
		}
		return nil
	})
	return list, err
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
			if w.Problem != nil && agreed(w.Problem) {
				w.Agreed = w.Problem.Code
			}
			w.Attempts, w.Problem = 0, nil
		case w.Problem == nil:
			return core.NewProblem("command.not_retryable", nil).About(core.FormatID(seq))
		}
		return reschedule(tx, w, core.Queued, now)
	})
	return resort, err
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
