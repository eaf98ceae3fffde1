package store

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	bolt "go.etcd.io/bbolt"

	"usher/core"
)

const (
	// sweepAtOnce is how many deliveries one transaction looks at: the door and the lanes
	// get their turn between any two.
	sweepAtOnce = 500
	// sweptWorks is the same for works.
	sweptWorks = 20
	// tooEarly is how far ahead of the clock a delivery may have ended.
	tooEarly = 24 * time.Hour
)

// Expire erases what was said in deliveries that ended before a time, and returns in how
// many. The deliveries stay, with what became of them. One that was given up cannot be
// started again from then on. What ended in the future, by a clock that was wrong, counts
// as ended now. It may be stopped and started again at any point.
func (s *Store) Expire(ctx context.Context, before, now time.Time) (n int, err error) {
	if err := s.dropFailed(ctx, before, now); err != nil {
		return 0, fmt.Errorf("expire deliveries: %w", err)
	}
	n, err = s.sweep(ctx, ^uint64(0), func(tx *bolt.Tx, seq uint64, data []byte) (bool, error) {
		if _, sealed, _ := unprefixed(data); len(sealed) == 0 {
			return false, nil
		}
		at, ended, err := ending(tx, seq)
		return ended && (at.Before(before) || at.After(now.Add(tooEarly))), err
	}, func(tx *bolt.Tx, seq uint64) (bool, error) { return expire(tx, seq, before, now) })
	if err == nil {
		err = s.dropDataKeys(ctx)
	}
	if err != nil {
		return n, fmt.Errorf("expire deliveries: %w", err)
	}
	return n, removeCopies(s.path, before)
}

// expire erases what an ended delivery said, or makes it count as ended now.
func expire(tx *bolt.Tx, seq uint64, before, now time.Time) (erased bool, err error) {
	at, ended, err := ending(tx, seq)
	switch {
	case err != nil || !ended:
		return false, err
	case at.Before(before):
		return true, eraseEvidence(tx, seq)
	}
	f, _, err := get[fate](tx.Bucket(bucketFates), seqKey(seq))
	if err != nil {
		return false, err
	}
	f.Ended = now.UnixMilli()
	return false, put(tx.Bucket(bucketFates), seqKey(seq), f)
}

// ending is when a delivery ended; ok is false while it may be needed.
func ending(tx *bolt.Tx, seq uint64) (at time.Time, ok bool, err error) {
	f, sorted, err := get[fate](tx.Bucket(bucketFates), seqKey(seq))
	if err != nil || !sorted || f.Work != "" || f.State == core.Held {
		return time.Time{}, false, err
	}
	if f.Ended != 0 {
		return time.UnixMilli(f.Ended), true, nil
	}
	head, _, err := readHeader(tx, seq)
	return time.UnixMilli(head.Received), err == nil, err
}

// eraseEvidence leaves of a delivery what listing needs.
func eraseEvidence(tx *bolt.Tx, seq uint64) error {
	b := tx.Bucket(bucketDeliveries)
	head, _, ok := unprefixed(b.Get(seqKey(seq)))
	if !ok {
		return core.NewProblem("store.damaged", fmt.Errorf("delivery %d", seq))
	}
	return b.Put(seqKey(seq), prefixed(head, nil))
}

// dropFailed ends the works that were given up before a time: their deliveries stay failed,
// and nothing waits in them any more.
func (s *Store) dropFailed(ctx context.Context, before, now time.Time) error {
	over := func(w Work) bool {
		return w.State == core.Failed && (w.Due.Before(before) || w.Due.After(now.Add(tooEarly)))
	}
	var found []WorkKey
	err := s.Works(func(w Work) {
		if over(w) {
			found = append(found, w.Key)
		}
	})
	if err != nil {
		return err
	}
	for keys := range slices.Chunk(found, sweptWorks) {
		err := s.update(ctx, func(tx *bolt.Tx) error {
			for _, key := range keys {
				w, ok, err := getWork(tx, key)
				if err == nil && ok && over(w) {
					err = dropFailed(tx, w, before, now)
				}
				if err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func dropFailed(tx *bolt.Tx, w Work, before, now time.Time) error {
	if !w.Due.Before(before) {
		w.Due = now
		return put(tx.Bucket(bucketWork), w.Key.bytes(), w)
	}
	return dissolve(tx, w, core.Failed, func(seq uint64, f fate) fate {
		f.Work, f.State, f.Tries, f.Problem, f.Ended = "", core.Failed, w.Attempts, w.Problem, w.Due.UnixMilli()
		if w.Done != nil && w.Done.UpTo == seq {
			f.Outcome, f.UserID, f.Notes = w.Done.Outcome, w.Done.UserID, w.Done.Notes
		}
		return f
	})
}

// dissolve ends a work and all that waits in it. The deliveries are in the given state from
// then on, with the fates that ended makes of theirs.
func dissolve(tx *bolt.Tx, w Work, state core.State, ended func(uint64, fate) fate) error {
	fates, waiting := tx.Bucket(bucketFates), tx.Bucket(bucketWaiting)
	for _, seq := range waitingSeqs(tx, w.Key) {
		f, _, err := get[fate](fates, seqKey(seq))
		if err != nil {
			return err
		}
		if err := put(fates, seqKey(seq), ended(seq, f)); err != nil {
			return err
		}
		if err := waiting.Delete(waitingKey(w.Key, seq)); err != nil {
			return err
		}
	}
	if err := move(tx, w.State, state, w.Count); err != nil {
		return err
	}
	for bucket, key := range map[string][]byte{
		string(bucketDue): w.dueKey(), string(bucketIntents): w.Key.bytes(), string(bucketWork): w.Key.bytes(),
	} {
		if err := tx.Bucket([]byte(bucket)).Delete(key); err != nil {
			return err
		}
	}
	return nil
}

// sweep visits the deliveries up to a sequence number, oldest first, and changes those that
// are picked, a few in each transaction; change looks again. It returns how many changed.
func (s *Store) sweep(ctx context.Context, upTo uint64, pick func(tx *bolt.Tx, seq uint64, data []byte) (bool, error), change func(*bolt.Tx, uint64) (bool, error)) (n int, err error) {
	for from := uint64(1); from != 0; {
		if ctx.Err() != nil {
			return n, ctx.Err()
		}
		var picked []uint64
		var next uint64
		err := s.view(func(tx *bolt.Tx) error {
			c := tx.Bucket(bucketDeliveries).Cursor()
			looked := 0
			for k, data := c.Seek(seqKey(from)); k != nil && keySeq(k) <= upTo; k, data = c.Next() {
				if looked++; looked > sweepAtOnce {
					next = keySeq(k)
					return nil
				}
				yes, err := pick(tx, keySeq(k), data)
				if err != nil {
					return err
				}
				if yes {
					picked = append(picked, keySeq(k))
				}
			}
			return nil
		})
		if err != nil {
			return n, err
		}
		changed, err := s.changeEach(ctx, picked, change)
		if err != nil {
			return n, err
		}
		n, from = n+changed, next
	}
	return n, nil
}

// changeEach changes deliveries in one transaction and returns how many changed.
func (s *Store) changeEach(ctx context.Context, seqs []uint64, change func(*bolt.Tx, uint64) (bool, error)) (changed int, err error) {
	if len(seqs) == 0 {
		return 0, nil
	}
	err = s.update(ctx, func(tx *bolt.Tx) error {
		changed = 0
		for _, seq := range seqs {
			did, err := change(tx, seq)
			if err != nil {
				return err
			}
			if did {
				changed++
			}
		}
		return nil
	})
	return changed, err
}

// dropDataKeys erases the data keys that nothing is sealed with any more. Only this run's
// own key can come into use meanwhile, and that stays.
func (s *Store) dropDataKeys(ctx context.Context) error {
	used := map[uint64]bool{s.seals.id: true}
	note := func(sealed []byte) {
		if len(sealed) >= 8 {
			used[keySeq(sealed[:8])] = true
		}
	}
	_, err := s.sweep(ctx, ^uint64(0), func(_ *bolt.Tx, _ uint64, data []byte) (bool, error) {
		_, sealed, _ := unprefixed(data)
		note(sealed)
		return false, nil
	}, nil)
	if err != nil {
		return err
	}
	var unused [][]byte
	err = s.view(func(tx *bolt.Tx) error {
		err := tx.Bucket(bucketIntents).ForEach(func(_, sealed []byte) error {
			note(sealed)
			return nil
		})
		if err != nil {
			return err
		}
		return tx.Bucket(bucketDataKeys).ForEach(func(id, _ []byte) error {
			if !used[keySeq(id)] {
				unused = append(unused, slices.Clone(id))
			}
			return nil
		})
	})
	if err != nil || len(unused) == 0 {
		return err
	}
	return s.update(ctx, func(tx *bolt.Tx) error {
		for _, id := range unused {
			if err := tx.Bucket(bucketDataKeys).Delete(id); err != nil {
				return err
			}
		}
		return nil
	})
}

// removeCopies removes the copies that were put aside before a migration, if they are from
// before a time: what is erased here is not erased in them.
func removeCopies(path string, before time.Time) error {
	copies, err := filepath.Glob(path + ".v*")
	if err != nil {
		return fmt.Errorf("find old copies: %w", err)
	}
	for _, old := range copies {
		info, err := os.Stat(old)
		if err == nil && info.ModTime().Before(before) {
			err = os.Remove(old)
		}
		if err != nil {
			return core.NewProblem("store.disk", err)
		}
	}
	return nil
}
