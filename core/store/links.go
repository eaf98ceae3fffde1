package store

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"time"

	bolt "go.etcd.io/bbolt"

	"usher/core"
)

// Link returns the link of a contact, if there is one.
func (s *Store) Link(site, account, contact string) (link core.Link, ok bool, err error) {
	key := linkKey(core.Link{SiteID: site, AccountID: account, ContactID: contact})
	err = s.view(func(tx *bolt.Tx) (err error) {
		link, ok, err = get[core.Link](tx.Bucket(bucketLinks), key)
		return err
	})
	return link, ok, err
}

// LinksOf returns the links of all contacts that are this user, of any account.
func (s *Store) LinksOf(site string, user int64) (links []core.Link, err error) {
	prefix := userPrefix(site, user)
	err = s.view(func(tx *bolt.Tx) error {
		c := tx.Bucket(bucketUsers).Cursor()
		for k, _ := c.Seek(prefix); bytes.HasPrefix(k, prefix); k, _ = c.Next() {
			link, ok, err := get[core.Link](tx.Bucket(bucketLinks), k[len(prefix):])
			if err != nil {
				return err
			}
			if ok {
				links = append(links, link)
			}
		}
		return nil
	})
	return links, err
}

// Links visits every link, by site and account, until visit is done. It must not call the
// store.
func (s *Store) Links(ctx context.Context, visit func(core.Link) (done bool)) error {
	return s.view(func(tx *bolt.Tx) error {
		c := tx.Bucket(bucketLinks).Cursor()
		looked := 0
		for k, data := c.First(); k != nil; k, data = c.Next() {
			if looked++; looked%1000 == 0 && ctx.Err() != nil {
				return ctx.Err()
			}
			var link core.Link
			if err := json.Unmarshal(data, &link); err != nil {
				return core.NewProblem("store.damaged", err)
			}
			if visit(link) {
				return nil
			}
		}
		return nil
	})
}

// SaveLink stores a link on its own, outside a settlement.
func (s *Store) SaveLink(ctx context.Context, link core.Link) error {
	return s.update(ctx, func(tx *bolt.Tx) error { return putLink(tx, link) })
}

func putLink(tx *bolt.Tx, link core.Link) error {
	key := linkKey(link)
	old, ok, err := get[core.Link](tx.Bucket(bucketLinks), key)
	if err != nil {
		return err
	}
	users := tx.Bucket(bucketUsers)
	if ok && old.UserID != link.UserID {
		if err := users.Delete(append(userPrefix(old.SiteID, old.UserID), key...)); err != nil {
			return err
		}
	}
	if link.UserID != 0 {
		if err := users.Put(append(userPrefix(link.SiteID, link.UserID), key...), nil); err != nil {
			return err
		}
	}
	return put(tx.Bucket(bucketLinks), key, link)
}

func linkKey(l core.Link) []byte {
	return []byte(l.SiteID + "\x00" + l.AccountID + "\x00" + l.ContactID)
}

func userPrefix(site string, user int64) []byte {
	return binary.BigEndian.AppendUint64(append([]byte(site), 0), uint64(user)) //nolint:gosec // WordPress ids are positive
}

// Tombstone reports whether the user of a contact was seen to be deleted on the site.
func (s *Store) Tombstone(site, account, contact string) (stone core.Tombstone, ok bool, err error) {
	key := linkKey(core.Link{SiteID: site, AccountID: account, ContactID: contact})
	err = s.view(func(tx *bolt.Tx) (err error) {
		stone, ok, err = get[core.Tombstone](tx.Bucket(bucketTombstones), key)
		return err
	})
	return stone, ok, err
}

// sealedIntent is an Intent with its password in the open, to be sealed whole.
type sealedIntent struct {
	Login, Email, Password, Op string
	SiteTime                   time.Time
	Mail                       core.MailState `json:",omitempty"`
}

// SaveIntents stores, sealed, that users are about to be created for these works.
func (s *Store) SaveIntents(ctx context.Context, intents map[WorkKey]core.Intent) error {
	if len(intents) == 0 {
		return nil
	}
	sealed := map[WorkKey][]byte{}
	for key, in := range intents {
		plain, err := json.Marshal(sealedIntent{
			Login: in.Login, Email: in.Email, Password: in.Password.Reveal(), Op: in.Op, SiteTime: in.SiteTime, Mail: in.Mail,
		})
		if err != nil {
			return fmt.Errorf("encode intent: %w", err)
		}
		sealed[key] = s.seals.seal(intentPlace(key), plain)
	}
	return s.update(ctx, func(tx *bolt.Tx) error {
		if err := s.seals.keep(tx); err != nil {
			return err
		}
		for key, data := range sealed {
			if err := tx.Bucket(bucketIntents).Put(key.bytes(), data); err != nil {
				return err
			}
		}
		return nil
	})
}

// Intent returns the intent of a work that was interrupted. The store must be unlocked.
func (s *Store) Intent(key WorkKey) (in core.Intent, ok bool, err error) {
	err = s.view(func(tx *bolt.Tx) error {
		sealed := tx.Bucket(bucketIntents).Get(key.bytes())
		if sealed == nil {
			return nil
		}
		plain, err := s.seals.open(tx, intentPlace(key), sealed)
		if err != nil {
			return err
		}
		var opened sealedIntent
		if err := json.Unmarshal(plain, &opened); err != nil {
			return core.NewProblem("store.damaged", err)
		}
		in = core.Intent{
			Login: opened.Login, Email: opened.Email, Op: opened.Op, SiteTime: opened.SiteTime,
			Password: core.NewSecret(opened.Password), Mail: opened.Mail,
		}
		ok = true
		return nil
	})
	return in, ok, err
}

func intentPlace(key WorkKey) string { return string(bucketIntents) + "/" + string(key.bytes()) }
