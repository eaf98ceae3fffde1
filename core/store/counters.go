package store

import (
	"encoding/binary"
	"fmt"

	bolt "go.etcd.io/bbolt"

	"usher/core"
)

// counterAccepted counts every delivery ever accepted. It is no state: it outlives the
// deliveries it counted.
const counterAccepted core.State = "accepted"

// add changes a counter within the transaction of what it counts.
func add(tx *bolt.Tx, counter core.State, n int64) error {
	if n == 0 {
		return nil
	}
	b := tx.Bucket(bucketCounters)
	now := int64(readCounter(b, counter)) + n //nolint:gosec // a count of deliveries
	if now < 0 {
		return fmt.Errorf("counter %s would become %d", counter, now)
	}
	return b.Put([]byte(counter), binary.BigEndian.AppendUint64(nil, uint64(now)))
}

// move counts n deliveries from one state to another.
func move(tx *bolt.Tx, from, to core.State, n int) error {
	if from == to {
		return nil
	}
	if err := add(tx, from, -int64(n)); err != nil {
		return err
	}
	return add(tx, to, int64(n))
}

func readCounter(b *bolt.Bucket, counter core.State) uint64 {
	if v := b.Get([]byte(counter)); len(v) == 8 {
		return binary.BigEndian.Uint64(v)
	}
	return 0
}

// Counts returns the deliveries by state, all of one moment.
func (s *Store) Counts() (counts core.Counts, err error) {
	err = s.view(func(tx *bolt.Tx) error {
		b := tx.Bucket(bucketCounters)
		counts = core.Counts{
			Accepted: readCounter(b, counterAccepted),
			Applied:  readCounter(b, core.Applied),
			Merged:   readCounter(b, core.Merged),
			Held:     readCounter(b, core.Held),
			Failed:   readCounter(b, core.Failed),
			Queued:   readCounter(b, core.Queued),
		}
		return nil
	})
	return counts, err
}
