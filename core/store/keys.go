package store

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/binary"
	"sync"
	"sync/atomic"
	"time"

	bolt "go.etcd.io/bbolt"

	"usher/core"
)

// keyUseStep is how precisely the last use of an access key is kept on disk.
const keyUseStep = time.Minute

// keyring knows the digests of all access keys and when each was last used.
type keyring struct {
	entries atomic.Pointer[[]keyEntry]

	mu   sync.Mutex
	used map[core.KeyDigest]time.Time // newer than what is on disk
}

type keyEntry struct {
	digest           core.KeyDigest
	connection, name string
}

// Digest is how this store keeps an access key. It is salted with the store's id.
func (s *Store) Digest(key string) core.KeyDigest {
	return sha256.Sum256([]byte(s.id + "\x00" + key))
}

// Connection tells which connection an access key names. It does the same work whether
// or not it finds one.
func (s *Store) Connection(key string) (id, name string, ok bool) {
	digest := s.Digest(key)
	for _, entry := range *s.keys.entries.Load() {
		if subtle.ConstantTimeCompare(digest[:], entry.digest[:]) == 1 {
			id, name, ok = entry.connection, entry.name, true
		}
	}
	if ok {
		s.keys.use(digest)
	}
	return id, name, ok
}

func (k *keyring) use(digest core.KeyDigest) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.used == nil {
		k.used = map[core.KeyDigest]time.Time{}
	}
	k.used[digest] = time.Now()
}

// flush writes down uses that are newer than what is on disk by keyUseStep.
func (k *keyring) flush(tx *bolt.Tx) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	b := tx.Bucket(bucketKeyUse)
	for digest, used := range k.used {
		if v := b.Get(digest[:]); len(v) == 8 && used.Sub(time.UnixMilli(int64(keySeq(v)))) < keyUseStep { //nolint:gosec // a time we wrote
			continue
		}
		if err := b.Put(digest[:], binary.BigEndian.AppendUint64(nil, uint64(used.UnixMilli()))); err != nil {
			return err
		}
	}
	return nil
}

func (k *keyring) load(connections map[string]core.Connection) {
	var entries []keyEntry
	for _, conn := range connections {
		for _, digest := range conn.Keys {
			entries = append(entries, keyEntry{digest, conn.ID, conn.Name})
		}
	}
	k.entries.Store(&entries)
}

// KeyUsed returns when an access key was last used, to the minute; zero if never.
func (s *Store) KeyUsed(digest core.KeyDigest) (used time.Time, err error) {
	s.keys.mu.Lock()
	used = s.keys.used[digest]
	s.keys.mu.Unlock()
	if !used.IsZero() {
		return used, nil
	}
	err = s.view(func(tx *bolt.Tx) error {
		if v := tx.Bucket(bucketKeyUse).Get(digest[:]); len(v) == 8 {
			used = time.UnixMilli(int64(keySeq(v))) //nolint:gosec // a time we wrote
		}
		return nil
	})
	return used, err
}
