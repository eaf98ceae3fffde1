package store

import (
	"context"
	"fmt"
	"time"

	bolt "go.etcd.io/bbolt"

	"usher/core"
)

// fate says where a delivery is, or how it ended.
type fate struct {
	CRM     string        `json:"crm,omitempty"`
	Contact string        `json:"contact,omitempty"`
	Work    string        `json:"work,omitempty"` // waiting in this work; the rest is empty then
	State   core.State    `json:"state,omitempty"`
	Into    uint64        `json:"into,omitempty"`
	Outcome core.Outcome  `json:"outcome,omitempty"`
	UserID  int64         `json:"user_id,omitempty"`
	Tries   int           `json:"tries,omitempty"`
	Notes   []core.Note   `json:"notes,omitempty"`
	Problem *core.Problem `json:"problem,omitempty"`
	Ended   int64         `json:"ended,omitempty"` // Unix milliseconds; 0 while it waits, or of a version 1 file
}

// Sorted is a delivery after it was read: it joins the work of a contact, or it ends
// because there is nothing to do, or it is held because it cannot be read.
type Sorted struct {
	Seq     uint64
	CRM     string
	Contact string // for people
	Join    WorkKey
	Site    string
	Ignored *core.Note
	Problem *core.Problem
}

// Unsorted returns the oldest deliveries that were not sorted yet: at most limit of
// them, and at most maxBytes of body unless the first alone is larger.
func (s *Store) Unsorted(limit, maxBytes int) (list []core.Delivery, err error) {
	err = s.view(func(tx *bolt.Tx) error {
		c := tx.Bucket(bucketDeliveries).Cursor()
		size := 0
		for k, _ := c.Seek(seqKey(sortedUpTo(tx) + 1)); k != nil && len(list) < limit; k, _ = c.Next() {
			d, err := s.delivery(tx, keySeq(k))
			if err != nil {
				return err
			}
			if size += len(d.Body); size > maxBytes && len(list) > 0 {
				return nil
			}
			list = append(list, d)
		}
		return nil
	})
	return list, err
}

// Delivery returns one delivery as received; delivery.expired where what it said is erased.
func (s *Store) Delivery(seq uint64) (d core.Delivery, err error) {
	err = s.view(func(tx *bolt.Tx) error {
		if tx.Bucket(bucketDeliveries).Get(seqKey(seq)) == nil {
			return core.NewProblem("command.no_delivery", nil).About(core.FormatID(seq))
		}
		d, err = s.delivery(tx, seq)
		return err
	})
	return d, err
}

// Sort records what each delivery turned out to be, in one transaction. Work that gets
// a delivery is queued, also if it was held or failed. A delivery that Sort held
// before may be sorted again; any other is left alone, so sorting twice does no harm.
func (s *Store) Sort(ctx context.Context, list []Sorted, now time.Time) error {
	err := s.update(ctx, func(tx *bolt.Tx) error {
		newest := sortedUpTo(tx)
		for _, item := range list {
			if err := s.sortOne(tx, item, now); err != nil {
				return fmt.Errorf("delivery %d: %w", item.Seq, err)
			}
			newest = max(newest, item.Seq)
		}
		return tx.Bucket(bucketMeta).Put(metaSorted, seqKey(newest))
	})
	if err != nil {
		return fmt.Errorf("sort deliveries: %w", err)
	}
	return nil
}

func (s *Store) sortOne(tx *bolt.Tx, item Sorted, now time.Time) error {
	fates := tx.Bucket(bucketFates)
	old, known, err := get[fate](fates, seqKey(item.Seq))
	if err != nil {
		return err
	}
	from := core.Queued
	if known {
		if old.Work != "" || old.State != core.Held {
			return nil
		}
		from = core.Held
	}
	f := fate{CRM: item.CRM, Contact: item.Contact}
	switch {
	case item.Problem != nil:
		f.State, f.Problem = core.Held, item.Problem
	case item.Ignored != nil:
		f.State, f.Outcome, f.Notes, f.Ended = core.Applied, core.Ignored, []core.Note{*item.Ignored}, now.UnixMilli()
	default:
		f.Work = string(item.Join.bytes())
		if err := move(tx, from, core.Queued, 1); err != nil {
			return err
		}
		if err := joinWork(tx, item, now); err != nil {
			return err
		}
		return put(fates, seqKey(item.Seq), f)
	}
	if err := move(tx, from, f.State, 1); err != nil {
		return err
	}
	return put(fates, seqKey(item.Seq), f)
}

// joinWork adds a queued delivery to its contact's work. Work that waits for its next
// try keeps its due time; idle, held or failed work is due now.
func joinWork(tx *bolt.Tx, item Sorted, now time.Time) error {
	w, ok, err := getWork(tx, item.Join)
	if err != nil {
		return err
	}
	if err := tx.Bucket(bucketWaiting).Put(waitingKey(item.Join, item.Seq), nil); err != nil {
		return err
	}
	if !ok {
		w = Work{Key: item.Join, Site: item.Site, State: core.Queued, First: item.Seq, Count: 1, Due: now}
		return reschedule(tx, w, core.Queued, now)
	}
	due := w.Due
	w.unanswered()
	if w.State != core.Queued {
		// Everything that waits in it starts over together with the newcomer.
		if err := reschedule(tx, w, core.Queued, now); err != nil {
			return err
		}
		w.State, w.Due, w.Attempts, w.Problem, due = core.Queued, now, 0, nil, now
	}
	if err := tx.Bucket(bucketDue).Delete(w.dueKey()); err != nil {
		return err
	}
	w.Count++
	w.First = min(w.First, item.Seq)
	return reschedule(tx, w, core.Queued, due)
}

func sortedUpTo(tx *bolt.Tx) uint64 {
	if v := tx.Bucket(bucketMeta).Get(metaSorted); len(v) == 8 {
		return keySeq(v)
	}
	return 0
}
