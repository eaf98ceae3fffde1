package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	bolt "go.etcd.io/bbolt"

	"usher/core"
)

// crowdMemory is how long journal entries are kept whatever their number: they tell how
// many users were made lately.
const crowdMemory = 24 * time.Hour

// Trim forgets the oldest deliveries beyond the newest most, as far as they have ended, and
// the journal entries about them. Counters and links stay.
func (s *Store) Trim(ctx context.Context, most uint64, now time.Time) error {
	deliveries, entries, err := s.sequences()
	if err == nil && deliveries > most {
		err = s.trimDeliveries(ctx, deliveries-most)
	}
	if err == nil && max(deliveries, entries) > most {
		err = s.trimJournal(ctx, max(entries, most)-most, now)
	}
	if err != nil {
		return fmt.Errorf("trim activity: %w", err)
	}
	return nil
}

// sequences are the newest sequence numbers given to a delivery and to a journal entry.
func (s *Store) sequences() (deliveries, entries uint64, err error) {
	err = s.view(func(tx *bolt.Tx) error {
		deliveries, entries = tx.Bucket(bucketDeliveries).Sequence(), tx.Bucket(bucketJournal).Sequence()
		return nil
	})
	return deliveries, entries, err
}

func (s *Store) trimDeliveries(ctx context.Context, upTo uint64) error {
	_, err := s.sweep(ctx, upTo, func(tx *bolt.Tx, seq uint64, _ []byte) (bool, error) {
		_, ended, err := ending(tx, seq)
		return ended, err
	}, func(tx *bolt.Tx, seq uint64) (bool, error) {
		_, ended, err := ending(tx, seq)
		if !ended || err != nil {
			return false, err
		}
		return true, errors.Join(tx.Bucket(bucketDeliveries).Delete(seqKey(seq)), tx.Bucket(bucketFates).Delete(seqKey(seq)))
	})
	return err
}

// trimJournal erases the entries up to a sequence number, and those whose deliveries are
// all gone.
func (s *Store) trimJournal(ctx context.Context, upTo uint64, now time.Time) error {
	for from := uint64(1); from != 0; {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		var over [][]byte
		var next uint64
		err := s.view(func(tx *bolt.Tx) (err error) {
			over, next, err = overEntries(tx, from, upTo, now)
			return err
		})
		if err == nil && len(over) > 0 {
			err = s.update(ctx, func(tx *bolt.Tx) error {
				for _, key := range over {
					if err := tx.Bucket(bucketJournal).Delete(key); err != nil {
						return err
					}
				}
				return nil
			})
		}
		if err != nil {
			return err
		}
		from = next
	}
	return nil
}

func overEntries(tx *bolt.Tx, from, upTo uint64, now time.Time) (over [][]byte, next uint64, err error) {
	b := tx.Bucket(bucketJournal)
	c := b.Cursor()
	looked := 0
	for k, _ := c.Seek(seqKey(from)); k != nil; k, _ = c.Next() {
		if looked++; looked > sweepAtOnce {
			return over, keySeq(k), nil
		}
		entry, _, err := get[core.JournalEntry](b, k)
		if err != nil {
			return nil, 0, err
		}
		if age := now.Sub(entry.At); age >= 0 && age < crowdMemory {
			continue
		}
		if keySeq(k) <= upTo || allGone(tx, entry.Deliveries) {
			over = append(over, seqKey(keySeq(k)))
		}
	}
	return over, 0, nil
}

func allGone(tx *bolt.Tx, seqs []uint64) bool {
	for _, seq := range seqs {
		if tx.Bucket(bucketDeliveries).Get(seqKey(seq)) != nil {
			return false
		}
	}
	return len(seqs) > 0
}
