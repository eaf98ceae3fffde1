package store

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	bolt "go.etcd.io/bbolt"

	"usher/core"
	"usher/core/seal"
)

// OpenCopy checks a copy of a data file from end to end and opens it at its path, migrated.
// What is no whole data file is refused with store.damaged, one of a newer Usher with
// store.newer.
func OpenCopy(path string) (*Store, error) {
	if err := CheckCopy(path); err != nil {
		return nil, err
	}
	return open(path)
}

// Replace makes the copy at path the data file of dir: after a crash there is either the one
// before or this one, whole. The copy must be closed, and lie in dir.
func Replace(dir, path string) error {
	if err := os.Rename(path, filepath.Join(dir, FileName)); err != nil {
		return core.NewProblem("store.disk", err)
	}
	return syncDir(dir)
}

// Remove removes the data file of dir, which must be closed.
func Remove(dir string) error {
	if err := os.Remove(filepath.Join(dir, FileName)); err != nil {
		return core.NewProblem("store.disk", err)
	}
	return syncDir(dir)
}

// Empty reports whether nobody would miss the store: nothing is set up and nothing ever came.
func (s *Store) Empty() (bool, error) {
	counts, err := s.Counts()
	config := s.Config()
	return counts.Accepted == 0 && len(config.Sites)+len(config.Accounts)+len(config.Connections) == 0, err
}

// Recipient is the public half of the identity that Unlock takes.
func (s *Store) Recipient() seal.Recipient { return s.seals.recipient }

// SetSecrets changes where the store's secrets are said to be.
func (s *Store) SetSecrets(ctx context.Context, kind string) error {
	err := s.update(ctx, func(tx *bolt.Tx) error { return tx.Bucket(bucketMeta).Put(metaSecrets, []byte(kind)) })
	if err != nil {
		return fmt.Errorf("change secrets back end: %w", err)
	}
	s.secrets = kind
	return nil
}

// DoubtMails has the welcome mail of every user that was about to be made taken for sent,
// perhaps: what followed after the store was copied is not known. Users who were not made
// are mailed all the same once they are. The store must be unlocked.
func (s *Store) DoubtMails(ctx context.Context) error {
	var keys []WorkKey
	err := s.view(func(tx *bolt.Tx) error {
		return tx.Bucket(bucketIntents).ForEach(func(key, _ []byte) error {
			keys = append(keys, parseWorkKey(key))
			return nil
		})
	})
	if err != nil {
		return fmt.Errorf("doubt mails: %w", err)
	}
	begun := map[WorkKey]core.Intent{}
	for _, key := range keys {
		intent, _, err := s.Intent(key)
		if err != nil {
			return fmt.Errorf("doubt mails: %w", err)
		}
		if intent.Mail == core.MailNone {
			intent.Mail = core.MailSending
			begun[key] = intent
		}
	}
	return s.SaveIntents(ctx, begun)
}
