package store

import (
	"bytes"
	"testing"
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
