package store

import (
	"encoding/binary"
	"fmt"
	"sync"

	bolt "go.etcd.io/bbolt"

	"usher/core"
	"usher/core/seal"
)

// seals seals what is personal or secret in the file.
//
// Each run of the store makes one data key and stores it wrapped to the recipient,
// whose identity is with the secrets. Sealing needs only the data key in memory, so the
// door accepts while the keyring is locked; opening what an earlier run sealed needs
// Unlock. One wrapped key for many values, because a public-key operation for each
// would cost more than storing the webhook.
type seals struct {
	recipient seal.Recipient
	id        uint64 // of this run's data key
	box       *seal.Box
	wrapped   []byte

	mu       sync.Mutex
	identity *seal.Identity
	boxes    map[uint64]*seal.Box
}

func (s *seals) start(tx *bolt.Tx, recipient seal.Recipient) error {
	last, _ := tx.Bucket(bucketDataKeys).Cursor().Last()
	if last != nil {
		s.id = keySeq(last)
	}
	s.id++
	box, key := seal.NewBox()
	wrapped, err := seal.Wrap(recipient, key)
	if err != nil {
		return fmt.Errorf("wrap data key: %w", err)
	}
	s.recipient, s.box, s.wrapped = recipient, box, wrapped
	s.boxes = map[uint64]*seal.Box{s.id: box}
	return nil
}

// keep makes sure that this run's data key is stored with what it sealed. It is called
// in the same transaction.
func (s *seals) keep(tx *bolt.Tx) error {
	b := tx.Bucket(bucketDataKeys)
	if b.Get(seqKey(s.id)) != nil {
		return nil
	}
	return b.Put(seqKey(s.id), s.wrapped)
}

// seal seals plain for one place; place is bound to it.
func (s *seals) seal(place string, plain []byte) []byte {
	head := binary.BigEndian.AppendUint64(nil, s.id)
	return append(head, s.box.Seal(plain, []byte(place))...)
}

// open opens what seal sealed for the same place.
func (s *seals) open(tx *bolt.Tx, place string, sealed []byte) ([]byte, error) {
	if len(sealed) < 8 {
		return nil, core.NewProblem("store.damaged", nil)
	}
	box, err := s.boxFor(tx, keySeq(sealed[:8]))
	if err != nil {
		return nil, err
	}
	plain, err := box.Open(sealed[8:], []byte(place))
	if err != nil {
		return nil, core.NewProblem("store.damaged", err)
	}
	return plain, nil
}

func (s *seals) boxFor(tx *bolt.Tx, id uint64) (*seal.Box, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if box, ok := s.boxes[id]; ok {
		return box, nil
	}
	if s.identity == nil {
		return nil, core.NewProblem("store.locked", nil)
	}
	wrapped := tx.Bucket(bucketDataKeys).Get(seqKey(id))
	if wrapped == nil {
		return nil, core.NewProblem("store.damaged", fmt.Errorf("data key %d is missing", id))
	}
	key, err := s.identity.Unwrap(wrapped)
	if err != nil {
		return nil, core.NewProblem("store.damaged", err)
	}
	box, err := seal.OpenBox(key)
	if err != nil {
		return nil, core.NewProblem("store.damaged", err)
	}
	s.boxes[id] = box
	return box, nil
}

// Unlock lets the store open what earlier runs sealed. An identity that is not this
// store's is refused with keyring.missing.
func (s *Store) Unlock(identity seal.Identity) error {
	if identity.Recipient().String() != s.seals.recipient.String() {
		return core.NewProblem("keyring.missing", nil)
	}
	s.seals.mu.Lock()
	defer s.seals.mu.Unlock()
	s.seals.identity = &identity
	return nil
}
