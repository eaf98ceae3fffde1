package store

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"

	bolt "go.etcd.io/bbolt"

	"usher/core"
)

// Identify remembers the identity a site has told for the first time.
func (s *Store) Identify(ctx context.Context, site, identity string) error {
	return s.changeSite(ctx, site, func(known *core.Site) { known.Identity = identity })
}

// Distrust marks a site that turned out to be a copy or a restored one.
func (s *Store) Distrust(ctx context.Context, site string) error {
	return s.changeSite(ctx, site, func(known *core.Site) { known.Swapped = true })
}

// TrustAnew takes a site for what it is now: its identity is learnt again, and no link
// is believed by its user id until the user was found anew.
func (s *Store) TrustAnew(ctx context.Context, site string) error {
	err := s.update(ctx, func(tx *bolt.Tx) error {
		prefix := append([]byte(site), 0)
		links := map[string]core.Link{}
		c := tx.Bucket(bucketLinks).Cursor()
		for key, data := c.Seek(prefix); bytes.HasPrefix(key, prefix); key, data = c.Next() {
			var link core.Link
			if err := json.Unmarshal(data, &link); err != nil {
				return core.NewProblem("store.damaged", err)
			}
			link.Login = ""
			links[string(key)] = link
		}
		for key, link := range links {
			if err := put(tx.Bucket(bucketLinks), []byte(key), link); err != nil {
				return err
			}
		}
		return putSite(tx, site, func(known *core.Site) { known.Swapped, known.Identity = false, "" })
	})
	if err != nil {
		return fmt.Errorf("trust site anew: %w", err)
	}
	return s.view(s.loadConfig)
}

func (s *Store) changeSite(ctx context.Context, id string, change func(*core.Site)) error {
	err := s.update(ctx, func(tx *bolt.Tx) error { return putSite(tx, id, change) })
	if err != nil {
		return fmt.Errorf("change site: %w", err)
	}
	return s.view(s.loadConfig)
}

// putSite changes a site; one that is no longer there is no error.
func putSite(tx *bolt.Tx, id string, change func(*core.Site)) error {
	site, ok, err := get[core.Site](tx.Bucket(bucketSites), []byte(id))
	if err != nil || !ok {
		return err
	}
	change(&site)
	return put(tx.Bucket(bucketSites), []byte(id), site)
}
