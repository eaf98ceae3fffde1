package store

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"slices"
	"time"

	bolt "go.etcd.io/bbolt"

	"usher/core"
)

// WorkKey names the waiting work of one contact on one connection.
type WorkKey struct {
	Connection string // id
	Contact    string // Contact.Key
}

func (k WorkKey) bytes() []byte { return []byte(k.Connection + "\x00" + k.Contact) }

func parseWorkKey(b []byte) WorkKey {
	connection, contact, _ := bytes.Cut(b, []byte{0})
	return WorkKey{Connection: string(connection), Contact: string(contact)}
}

// Work is what waits to be done for one contact: all its deliveries that have not
// ended. What they ask for is read from them when the work is planned.
type Work struct {
	Key      WorkKey       `json:"-"`
	Site     string        `json:"site"`
	State    core.State    `json:"state"` // Queued, Held or Failed
	Due      time.Time     `json:"due"`
	First    uint64        `json:"first"` // its oldest delivery: the order among works that are due
	Count    int           `json:"count"` // deliveries waiting in it
	Attempts int           `json:"attempts,omitempty"`
	Problem  *core.Problem `json:"problem,omitempty"`
	// Agreed is the code of the Problem a person said yes to, and AgreedTo its Detail.
	Agreed   string `json:"agreed,omitempty"`
	AgreedTo string `json:"agreed_to,omitempty"`
	// Declined and DeclinedTo are the same where a person said no.
	Declined   string `json:"declined,omitempty"`
	DeclinedTo string `json:"declined_to,omitempty"`
	// Done is what attempts that ended held have done all the same; nil for nothing.
	Done *Done `json:"done,omitempty"`
	// Giving are the roles an attempt was about to give the user when it was last heard of.
	Giving []string `json:"giving,omitempty"`
}

// unanswered forgets what a person said: it was to what was known then.
func (w *Work) unanswered() { w.Agreed, w.AgreedTo, w.Declined, w.DeclinedTo = "", "", "", "" }

// Next returns the works of a site that are due, at most limit, the one due first in
// front. When none is due yet, at says when the next one will be; it is zero when
// nothing waits. What belongs to a paused connection is left out.
func (s *Store) Next(site string, now time.Time, limit int) (works []Work, at time.Time, err error) {
	prefix, config := append([]byte(site), 0), s.Config()
	err = s.view(func(tx *bolt.Tx) error {
		c := tx.Bucket(bucketDue).Cursor()
		for key, value := c.Seek(prefix); bytes.HasPrefix(key, prefix) && len(works) < limit; key, value = c.Next() {
			due := time.UnixMilli(int64(binary.BigEndian.Uint64(key[len(prefix):]))) //nolint:gosec // a time we wrote
			work := parseWorkKey(value)
			if config.Connections[work.Connection].Paused {
				continue
			}
			if at.IsZero() {
				at = due
			}
			if due.After(now) {
				return nil
			}
			w, ok, err := getWork(tx, work)
			if err != nil {
				return err
			}
			if !ok {
				return core.NewProblem("store.damaged", errors.New("due work is missing"))
			}
			works = append(works, w)
		}
		return nil
	})
	return works, at, err
}

// EachWaiting calls visit with the deliveries of a work, oldest first. The store must be
// unlocked; visit must not call the store.
func (s *Store) EachWaiting(key WorkKey, visit func(core.Delivery) error) error {
	return s.view(func(tx *bolt.Tx) error {
		for _, seq := range waitingSeqs(tx, key) {
			d, err := s.delivery(tx, seq)
			if err != nil {
				return err
			}
			if err := visit(d); err != nil {
				return err
			}
		}
		return nil
	})
}

// Postpone puts a work off until due, with what stands in its way. Deliveries that
// arrive meanwhile do not make it due earlier.
func (s *Store) Postpone(ctx context.Context, key WorkKey, due time.Time, attempts int, problem *core.Problem) error {
	return s.update(ctx, func(tx *bolt.Tx) error {
		w, ok, err := getWork(tx, key)
		if err != nil || !ok {
			return err
		}
		w.Attempts, w.Problem = attempts, problem
		return reschedule(tx, w, core.Queued, due)
	})
}

// SaveGiving stores that roles are about to be given to the users of these works, so that
// after an interruption they are not taken for somebody else's gift. They are forgotten
// with the settlement that stores the grants.
func (s *Store) SaveGiving(ctx context.Context, giving map[WorkKey][]string) error {
	if len(giving) == 0 {
		return nil
	}
	return s.update(ctx, func(tx *bolt.Tx) error {
		for key, roles := range giving {
			w, ok, err := getWork(tx, key)
			if err != nil {
				return err
			}
			if !ok {
				continue
			}
			w.Giving = roles
			if err := put(tx.Bucket(bucketWork), key.bytes(), w); err != nil {
				return err
			}
		}
		return nil
	})
}

// Hasten makes due now what waits because a CRM account could not be read.
func (s *Store) Hasten(ctx context.Context, now time.Time) error {
	return s.update(ctx, func(tx *bolt.Tx) error {
		var waiting []Work
		err := tx.Bucket(bucketWork).ForEach(func(key, data []byte) error {
			var w Work
			if err := json.Unmarshal(data, &w); err != nil {
				return core.NewProblem("store.damaged", err)
			}
			w.Key = parseWorkKey(key)
			if w.State == core.Queued && w.Problem != nil && w.Problem.Scope == core.CRMWide && w.Due.After(now) {
				waiting = append(waiting, w)
			}
			return nil
		})
		if err != nil {
			return err
		}
		for _, w := range waiting {
			if err := reschedule(tx, w, core.Queued, now); err != nil {
				return err
			}
		}
		return nil
	})
}

// Reopen makes due now what a connection's works are held for, where that is one of the
// problems with these codes. It is a yes to none of them.
func (s *Store) Reopen(ctx context.Context, connection string, now time.Time, codes ...string) error {
	if len(codes) == 0 {
		return nil
	}
	prefix := WorkKey{Connection: connection}.bytes()
	return s.update(ctx, func(tx *bolt.Tx) error {
		var works []Work
		c := tx.Bucket(bucketWork).Cursor()
		for key, _ := c.Seek(prefix); bytes.HasPrefix(key, prefix); key, _ = c.Next() {
			w, _, err := getWork(tx, parseWorkKey(key))
			if err != nil {
				return err
			}
			if w.Problem != nil && slices.Contains(codes, w.Problem.Code) {
				works = append(works, w)
			}
		}
		for _, w := range works {
			w.Attempts, w.Problem = 0, nil
			if err := reschedule(tx, w, core.Queued, now); err != nil {
				return err
			}
		}
		return nil
	})
}

// ClampDue brings forward every work that is due later than latest, as it can be after
// the clock jumped.
func (s *Store) ClampDue(ctx context.Context, latest time.Time) error {
	return s.update(ctx, func(tx *bolt.Tx) error {
		var late []WorkKey
		err := tx.Bucket(bucketDue).ForEach(func(key, value []byte) error {
			_, rest, _ := bytes.Cut(key, []byte{0})
			if at := binary.BigEndian.Uint64(rest); at > uint64(latest.UnixMilli()) {
				late = append(late, parseWorkKey(value))
			}
			return nil
		})
		if err != nil {
			return err
		}
		for _, key := range late {
			w, ok, err := getWork(tx, key)
			if err != nil || !ok {
				return err
			}
			if err := reschedule(tx, w, core.Queued, latest); err != nil {
				return err
			}
		}
		return nil
	})
}

// reschedule stores w with a new state and due time. Only queued work is due.
func reschedule(tx *bolt.Tx, w Work, state core.State, due time.Time) error {
	if w.State == core.Queued {
		if err := tx.Bucket(bucketDue).Delete(w.dueKey()); err != nil {
			return err
		}
	}
	if err := move(tx, w.State, state, w.Count); err != nil {
		return err
	}
	w.State, w.Due = state, due
	if state == core.Queued {
		if err := tx.Bucket(bucketDue).Put(w.dueKey(), w.Key.bytes()); err != nil {
			return err
		}
	}
	return put(tx.Bucket(bucketWork), w.Key.bytes(), w)
}

func (w Work) dueKey() []byte {
	key := append([]byte(w.Site), 0)
	key = binary.BigEndian.AppendUint64(key, uint64(max(0, w.Due.UnixMilli())))
	return binary.BigEndian.AppendUint64(key, w.First)
}

func getWork(tx *bolt.Tx, key WorkKey) (Work, bool, error) {
	w, ok, err := get[Work](tx.Bucket(bucketWork), key.bytes())
	w.Key = key
	return w, ok, err
}

func waitingKey(key WorkKey, seq uint64) []byte {
	return binary.BigEndian.AppendUint64(append(key.bytes(), 0), seq)
}

func waitingSeqs(tx *bolt.Tx, key WorkKey) []uint64 {
	prefix := append(key.bytes(), 0)
	var seqs []uint64
	c := tx.Bucket(bucketWaiting).Cursor()
	for k, _ := c.Seek(prefix); bytes.HasPrefix(k, prefix); k, _ = c.Next() {
		if len(k) == len(prefix)+8 {
			seqs = append(seqs, binary.BigEndian.Uint64(k[len(prefix):]))
		}
	}
	return seqs
}
