package store

import (
	"context"
	"fmt"

	bolt "go.etcd.io/bbolt"

	"usher/core"
)

// UseAPI remembers that an account's contacts are read by the CRM's API from now on.
func (s *Store) UseAPI(ctx context.Context, account string) error {
	return change(ctx, s, bucketAccounts, account, func(known *core.Account) { known.API = true })
}

// Register remembers the webhooks that Usher made in the CRM for an action of a
// connection; a registration without any is forgotten.
func (s *Store) Register(ctx context.Context, connection string, action core.Action, now core.Registration) error {
	return change(ctx, s, bucketConnections, connection, func(known *core.Connection) {
		if known.Registrations == nil {
			known.Registrations = map[core.Action]core.Registration{}
		}
		known.Registrations[action] = now
		if len(now.Webhooks)+len(now.Old) == 0 {
			delete(known.Registrations, action)
		}
	})
}

// Pause remembers whether what arrives for a connection is to wait.
func (s *Store) Pause(ctx context.Context, connection string, paused bool) error {
	return change(ctx, s, bucketConnections, connection, func(known *core.Connection) { known.Paused = paused })
}

// SetKeys remembers the access keys that open a connection.
func (s *Store) SetKeys(ctx context.Context, connection string, keys ...core.KeyDigest) error {
	return change(ctx, s, bucketConnections, connection, func(known *core.Connection) { known.Keys = keys })
}

// change changes one part of what is set up, whatever else changes meanwhile. What is no
// longer there is no error.
func change[T any](ctx context.Context, s *Store, bucket []byte, id string, change func(*T)) error {
	err := s.update(ctx, func(tx *bolt.Tx) error {
		known, ok, err := get[T](tx.Bucket(bucket), []byte(id))
		if err != nil || !ok {
			return err
		}
		change(&known)
		return put(tx.Bucket(bucket), []byte(id), known)
	})
	if err != nil {
		return fmt.Errorf("change set-up: %w", err)
	}
	return s.view(s.loadConfig)
}
