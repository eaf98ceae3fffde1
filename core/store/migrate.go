package store

import (
	"encoding/binary"
	"fmt"

	bolt "go.etcd.io/bbolt"

	"usher/core"
)

// schemaVersion is the version of the file this program writes.
const schemaVersion = 2

// migrations[n] takes a file from version n to n+1, in one transaction. Every entry
// lands with a frozen testdata/vN.db that must open, migrate and sum right.
var migrations = map[uint64]func(*bolt.Tx) error{
	1: func(*bolt.Tx) error { return nil }, // 2 may lack what a delivery said, and knows when it ended
}

// migrate brings an older file up to schemaVersion, after putting a copy aside.
func migrate(db *bolt.DB, path string) error {
	version, err := fileVersion(db)
	switch {
	case err != nil:
		return err
	case version == schemaVersion:
		return nil
	case version > schemaVersion:
		return core.NewProblem("store.newer", fmt.Errorf("file version %d", version))
	}
	aside := fmt.Sprintf("%s.v%d", path, version)
	if err := db.View(func(tx *bolt.Tx) error { return tx.CopyFile(aside, 0o600) }); err != nil {
		return core.NewProblem("store.disk", fmt.Errorf("copy before migrating: %w", err))
	}
	err = db.Update(func(tx *bolt.Tx) error {
		for v := version; v < schemaVersion; v++ {
			step, ok := migrations[v]
			if !ok {
				return core.NewProblem("store.damaged", fmt.Errorf("file version %d", v))
			}
			if err := step(tx); err != nil {
				return fmt.Errorf("migrate from version %d: %w", v, err)
			}
		}
		return tx.Bucket(bucketMeta).Put(metaVersion, binary.BigEndian.AppendUint64(nil, schemaVersion))
	})
	return err
}

func fileVersion(db *bolt.DB) (version uint64, err error) {
	err = db.View(func(tx *bolt.Tx) error {
		meta := tx.Bucket(bucketMeta)
		if meta == nil || len(meta.Get(metaVersion)) != 8 {
			return core.NewProblem("store.damaged", nil)
		}
		version = binary.BigEndian.Uint64(meta.Get(metaVersion))
		return nil
	})
	return version, err
}
