package store

import (
	"encoding/json"

	bolt "go.etcd.io/bbolt"

	"usher/core"
)

// Works visits everything that waits. It opens nothing that is sealed; visit must not call
// the store.
func (s *Store) Works(visit func(Work)) error {
	return s.view(func(tx *bolt.Tx) error {
		return tx.Bucket(bucketWork).ForEach(func(key, data []byte) error {
			var w Work
			if err := json.Unmarshal(data, &w); err != nil {
				return core.NewProblem("store.damaged", err)
			}
			w.Key = parseWorkKey(key)
			visit(w)
			return nil
		})
	})
}

// HeldAlone lists the newest deliveries that are held because nobody could tell whom they
// are about, newest first, at most most of the n there are.
func (s *Store) HeldAlone(n uint64, most int) (list []core.Record, err error) {
	config := s.Config()
	err = s.view(func(tx *bolt.Tx) error {
		c := tx.Bucket(bucketFates).Cursor()
		for k, data := c.Last(); k != nil && uint64(len(list)) < min(n, uint64(most)); k, data = c.Prev() { //nolint:gosec // small numbers
			var f fate
			if err := json.Unmarshal(data, &f); err != nil {
				return core.NewProblem("store.damaged", err)
			}
			if f.Work != "" || f.State != core.Held {
				continue
			}
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
