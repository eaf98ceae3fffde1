package store

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	bolt "go.etcd.io/bbolt"

	"usher/core"
)

// Config is what the owner set up. It is a snapshot: never change it in place.
type Config struct {
	Sites       map[string]core.Site       // by id
	Accounts    map[string]core.Account    // by id
	Connections map[string]core.Connection // by id
}

// Config returns the set-up as it is now.
func (s *Store) Config() *Config { return s.config.Load() }

// ConnectionNamed finds a connection by its name.
func (c *Config) ConnectionNamed(name string) (core.Connection, bool) {
	for _, conn := range c.Connections {
		if conn.Name == name {
			return conn, true
		}
	}
	return core.Connection{}, false
}

// SiteAt finds a site by its canonical API root.
func (c *Config) SiteAt(api string) (core.Site, bool) {
	for _, site := range c.Sites {
		if site.API == api {
			return site, true
		}
	}
	return core.Site{}, false
}

// AccountNamed finds a CRM account by its name.
func (c *Config) AccountNamed(name string) (core.Account, bool) {
	for _, account := range c.Accounts {
		if account.Name == name {
			return account, true
		}
	}
	return core.Account{}, false
}

// SaveSetup stores a site, an account and the connection between them, new or changed,
// all or nothing.
func (s *Store) SaveSetup(ctx context.Context, site core.Site, account core.Account, conn core.Connection) error {
	err := s.update(ctx, func(tx *bolt.Tx) error {
		if err := put(tx.Bucket(bucketSites), []byte(site.ID), site); err != nil {
			return err
		}
		if err := put(tx.Bucket(bucketAccounts), []byte(account.ID), account); err != nil {
			return err
		}
		return put(tx.Bucket(bucketConnections), []byte(conn.ID), conn)
	})
	if err != nil {
		return fmt.Errorf("save set-up: %w", err)
	}
	return s.view(s.loadConfig)
}

// SaveSite stores a site, new or changed.
func (s *Store) SaveSite(ctx context.Context, site core.Site) error {
	err := s.update(ctx, func(tx *bolt.Tx) error { return put(tx.Bucket(bucketSites), []byte(site.ID), site) })
	if err != nil {
		return fmt.Errorf("save site: %w", err)
	}
	return s.view(s.loadConfig)
}

// RemoveSite forgets a site, if it is there. What is known of its users stays. A site that
// connections use stays too: site.in_use, with their names.
func (s *Store) RemoveSite(ctx context.Context, id string) error {
	err := s.update(ctx, func(tx *bolt.Tx) error {
		connections, err := all[core.Connection](tx, bucketConnections)
		if err != nil {
			return err
		}
		config := Config{Connections: connections}
		if using := config.ConnectionsOf(id); len(using) > 0 {
			return core.NewProblem("site.in_use", nil).About(strings.Join(using, ", "))
		}
		return tx.Bucket(bucketSites).Delete([]byte(id))
	})
	if err != nil {
		return fmt.Errorf("remove site: %w", err)
	}
	return s.view(s.loadConfig)
}

// RemoveConnection forgets a connection, if it is there, and its CRM account if no other
// connection uses it. What is known of its contacts stays; so do its deliveries.
func (s *Store) RemoveConnection(ctx context.Context, id string) error {
	err := s.update(ctx, func(tx *bolt.Tx) error {
		connections, err := all[core.Connection](tx, bucketConnections)
		if err != nil {
			return err
		}
		account := connections[id].AccountID
		delete(connections, id)
		if err := tx.Bucket(bucketConnections).Delete([]byte(id)); err != nil {
			return err
		}
		for _, other := range connections {
			if other.AccountID == account {
				return nil
			}
		}
		return tx.Bucket(bucketAccounts).Delete([]byte(account))
	})
	if err != nil {
		return fmt.Errorf("remove connection: %w", err)
	}
	return s.view(s.loadConfig)
}

// ConnectionsOf names the connections that use a site, sorted.
func (c *Config) ConnectionsOf(site string) (names []string) {
	for _, conn := range c.SortedConnections() {
		if conn.SiteID == site {
			names = append(names, conn.Name)
		}
	}
	return names
}

func (s *Store) loadConfig(tx *bolt.Tx) error {
	var c Config
	var err error
	if c.Sites, err = all[core.Site](tx, bucketSites); err != nil {
		return err
	}
	if c.Accounts, err = all[core.Account](tx, bucketAccounts); err != nil {
		return err
	}
	if c.Connections, err = all[core.Connection](tx, bucketConnections); err != nil {
		return err
	}
	s.config.Store(&c)
	s.keys.load(c.Connections)
	return nil
}

func all[T any](tx *bolt.Tx, bucket []byte) (map[string]T, error) {
	found := map[string]T{}
	err := tx.Bucket(bucket).ForEach(func(key, data []byte) error {
		var v T
		if err := json.Unmarshal(data, &v); err != nil {
			return core.NewProblem("store.damaged", fmt.Errorf("decode %T: %w", v, err))
		}
		found[string(key)] = v
		return nil
	})
	return found, err
}

// SaveSetting stores a value under a name.
func (s *Store) SaveSetting(ctx context.Context, name string, value any) error {
	return s.update(ctx, func(tx *bolt.Tx) error {
		return put(tx.Bucket(bucketSettings), []byte(name), value)
	})
}

// Setting reads a value into the variable into points to, and reports whether there was one.
func (s *Store) Setting(name string, into any) (ok bool, err error) {
	err = s.view(func(tx *bolt.Tx) error {
		data := tx.Bucket(bucketSettings).Get([]byte(name))
		if data == nil {
			return nil
		}
		ok = true
		return json.Unmarshal(data, into)
	})
	return ok, err
}

// SaveCursor stores how far catch-up has read an account.
func (s *Store) SaveCursor(ctx context.Context, account string, cursor core.Cursor) error {
	return s.update(ctx, func(tx *bolt.Tx) error {
		return put(tx.Bucket(bucketCursors), []byte(account), cursor)
	})
}

// Cursor returns how far catch-up has read an account; ok is false before its first run.
func (s *Store) Cursor(account string) (cursor core.Cursor, ok bool, err error) {
	err = s.view(func(tx *bolt.Tx) (err error) {
		cursor, ok, err = get[core.Cursor](tx.Bucket(bucketCursors), []byte(account))
		return err
	})
	return cursor, ok, err
}

// SortedConnections lists the connections by name.
func (c *Config) SortedConnections() []core.Connection {
	list := make([]core.Connection, 0, len(c.Connections))
	for _, conn := range c.Connections {
		list = append(list, conn)
	}
	slices.SortFunc(list, func(a, b core.Connection) int { return cmp.Compare(a.Name, b.Name) })
	return list
}
