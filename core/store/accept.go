package store

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"net/url"
	"time"

	bolt "go.etcd.io/bbolt"

	"usher/core"
)

// header is the part of a delivery that is stored in clear: what listing needs.
type header struct {
	Received   int64       `json:"t"` // Unix milliseconds
	Connection string      `json:"c"`
	Action     core.Action `json:"a"`
	Method     string      `json:"m"`
}

// envelope is the part that is sealed; the raw body follows it.
type envelope struct {
	Query  string              `json:"q,omitempty"` // encoded: JSON would mend what is not UTF-8
	Header map[string][]string `json:"h,omitempty"`
}

// Accept stores a delivery and returns its sequence number. When it returns without an
// error the delivery is on disk; with one, the caller must not acknowledge it.
func (s *Store) Accept(ctx context.Context, d core.Delivery) (uint64, error) {
	head, err := json.Marshal(header{
		Received: d.Received.UnixMilli(), Connection: d.Connection, Action: d.Action, Method: d.Method,
	})
	if err != nil {
		return 0, fmt.Errorf("encode delivery: %w", err)
	}
	env, err := json.Marshal(envelope{Query: d.Query.Encode(), Header: d.Header})
	if err != nil {
		return 0, fmt.Errorf("encode delivery: %w", err)
	}
	value := prefixed(head, s.seals.seal(string(bucketDeliveries), prefixed(env, d.Body)))
	var seq uint64
	err = s.update(ctx, func(tx *bolt.Tx) error {
		if err := s.seals.keep(tx); err != nil {
			return err
		}
		b := tx.Bucket(bucketDeliveries)
		b.FillPercent = 1 // keys only ever grow
		var err error
		if seq, err = b.NextSequence(); err != nil {
			return err
		}
		if err := b.Put(seqKey(seq), value); err != nil {
			return err
		}
		if err := s.keys.flush(tx); err != nil {
			return err
		}
		if err := add(tx, counterAccepted, 1); err != nil {
			return err
		}
		return add(tx, core.Queued, 1)
	})
	if err != nil {
		return 0, fmt.Errorf("accept delivery: %w", err)
	}
	s.announce()
	return seq, nil
}

func (s *Store) announce() {
	select {
	case s.arrivals <- struct{}{}:
	default:
	}
}

// delivery reads a whole delivery back.
func (s *Store) delivery(tx *bolt.Tx, seq uint64) (core.Delivery, error) {
	head, sealed, err := readHeader(tx, seq)
	if err != nil {
		return core.Delivery{}, err
	}
	if len(sealed) == 0 {
		return core.Delivery{}, core.NewProblem("delivery.expired", nil)
	}
	plain, err := s.seals.open(tx, string(bucketDeliveries), sealed)
	if err != nil {
		return core.Delivery{}, err
	}
	data, body, ok := unprefixed(plain)
	var env envelope
	if !ok || json.Unmarshal(data, &env) != nil {
		return core.Delivery{}, core.NewProblem("store.damaged", fmt.Errorf("delivery %d", seq))
	}
	query, err := url.ParseQuery(env.Query)
	if err != nil {
		return core.Delivery{}, core.NewProblem("store.damaged", fmt.Errorf("delivery %d: %w", seq, err))
	}
	return core.Delivery{
		Seq: seq, Received: time.UnixMilli(head.Received), Connection: head.Connection,
		Action: head.Action, Method: head.Method, Query: query, Header: env.Header, Body: body,
	}, nil
}

func readHeader(tx *bolt.Tx, seq uint64) (header, []byte, error) {
	var head header
	data, sealed, ok := unprefixed(tx.Bucket(bucketDeliveries).Get(seqKey(seq)))
	if !ok || json.Unmarshal(data, &head) != nil {
		return head, nil, core.NewProblem("store.damaged", fmt.Errorf("delivery %d", seq))
	}
	return head, sealed, nil
}

// prefixed joins two byte strings so that unprefixed can part them.
func prefixed(first, second []byte) []byte {
	out := make([]byte, 0, 4+len(first)+len(second))
	out = binary.BigEndian.AppendUint32(out, uint32(len(first))) //nolint:gosec // bounded by the door's limits
	return append(append(out, first...), second...)
}

func unprefixed(joined []byte) (first, second []byte, ok bool) {
	if len(joined) < 4 {
		return nil, nil, false
	}
	n := int(binary.BigEndian.Uint32(joined))
	if len(joined)-4 < n {
		return nil, nil, false
	}
	return joined[4 : 4+n], joined[4+n:], true
}
