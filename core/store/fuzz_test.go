package store

import (
	"bytes"
	"errors"
	"testing"

	bolt "go.etcd.io/bbolt"

	"usher/core"
	"usher/core/seal"
)

func FuzzUnprefixed(f *testing.F) {
	f.Add([]byte("head"), []byte("body"))
	f.Add([]byte{}, []byte{0xff, 0xff, 0xff, 0xff})
	f.Fuzz(func(t *testing.T, first, second []byte) {
		a, b, ok := unprefixed(prefixed(first, second))
		if !ok || !bytes.Equal(a, first) || !bytes.Equal(b, second) {
			t.Errorf("%q and %q became %q and %q", first, second, a, b)
		}
		if a, b, ok := unprefixed(second); ok && len(a)+len(b)+4 != len(second) {
			t.Errorf("%q was parted into %q and %q", second, a, b)
		}
	})
}

// FuzzRow has a row of the data file hold anything, as after damage.
func FuzzRow(f *testing.F) {
	for _, seed := range []string{`{"t":1,"c":"x","a":"add"}`, `{"t":1e400}`, `[]`, "null", "", "\x00\x00\x00\x02{}", "\xff\xff\xff\xff"} {
		f.Add([]byte(seed))
	}
	identity, err := seal.NewIdentity()
	if err != nil {
		f.Fatal(err)
	}
	dir := f.TempDir()
	if err := Create(dir, Birth{ID: NewID(), Secrets: "file", Recipient: identity.Recipient()}); err != nil {
		f.Fatal(err)
	}
	s, err := Open(dir)
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { _ = s.Close() })
	s.file.NoSync = true
	f.Fuzz(func(t *testing.T, row []byte) {
		key := seqKey(1)
		if err := s.file.Update(func(tx *bolt.Tx) error {
			return errors.Join(tx.Bucket(bucketDeliveries).Put(key, row), tx.Bucket(bucketFates).Put(key, row))
		}); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Record(1); err != nil && !core.HasCode(err, "store.damaged") {
			t.Errorf("got %v", err)
		}
		_, _, _ = s.Records(t.Context(), Query{Limit: 5, Text: "x"})
		_, _ = s.Stopped()
	})
}
