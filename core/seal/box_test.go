package seal

import (
	"bytes"
	"testing"
)

func TestBox(t *testing.T) {
	place := []byte("deliveries/7")

	t.Run("opens what it sealed, also when made again from its key", func(t *testing.T) {
		box, key := NewBox()
		again, err := OpenBox(key)
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{"", "a body"} {
			sealed := box.Seal([]byte(want), place)
			for _, b := range []*Box{box, again} {
				if got, err := b.Open(sealed, place); err != nil || string(got) != want {
					t.Errorf("got %q, %v, want %q", got, err, want)
				}
			}
		}
	})
	t.Run("hides the value and seals it differently each time", func(t *testing.T) {
		box, _ := NewBox()
		one, two := box.Seal([]byte("ann@example.com"), place), box.Seal([]byte("ann@example.com"), place)
		if bytes.Equal(one, two) || bytes.Contains(one, []byte("ann@")) || bytes.Contains(one, place) {
			t.Error("the sealed value shows what is in it")
		}
	})
	t.Run("opens nothing of another box", func(t *testing.T) {
		box, _ := NewBox()
		other, _ := NewBox()
		if _, err := other.Open(box.Seal([]byte("secret"), place), place); err == nil {
			t.Error("opened another box's value")
		}
	})
	t.Run("opens nothing that was moved to another place", func(t *testing.T) {
		box, _ := NewBox()
		sealed := box.Seal([]byte("secret"), place)
		for _, elsewhere := range []string{"", "deliveries/8", "deliveries/7 "} {
			if _, err := box.Open(sealed, []byte(elsewhere)); err == nil {
				t.Errorf("opened at %q", elsewhere)
			}
		}
	})
	t.Run("refuses every changed or missing byte", func(t *testing.T) {
		box, _ := NewBox()
		sealed := box.Seal([]byte("secret"), place)
		for i := range sealed {
			if _, err := box.Open(sealed[:i], place); err == nil {
				t.Errorf("opened when cut to %d bytes", i)
			}
			changed := bytes.Clone(sealed)
			changed[i] ^= 1
			if _, err := box.Open(changed, place); err == nil {
				t.Errorf("opened with byte %d changed", i)
			}
		}
	})
	t.Run("refuses keys of another length", func(t *testing.T) {
		for _, n := range []int{0, 16, 24, 31, 33} {
			if _, err := OpenBox(make([]byte, n)); err == nil {
				t.Errorf("took a key of %d bytes", n)
			}
		}
	})
}

func FuzzBoxOpen(f *testing.F) {
	// A fixed key, because each fuzzing process must open the seeds of the others.
	box, err := OpenBox(make([]byte, keySize))
	if err != nil {
		f.Fatal(err)
	}
	sealed := box.Seal([]byte("secret"), []byte("place"))
	f.Add(sealed, []byte("place"))
	f.Add(sealed[1:], []byte("place"))
	f.Add([]byte{}, []byte{})
	f.Fuzz(func(t *testing.T, hostile, place []byte) {
		plain, err := box.Open(hostile, place)
		if err == nil && (string(plain) != "secret" || string(place) != "place") {
			t.Errorf("opened %q, which was never sealed", plain)
		}
	})
}

// The two costs the package comment speaks of.
func BenchmarkSeal(b *testing.B) {
	body := make([]byte, 2048)
	b.Run("Box", func(b *testing.B) {
		box, _ := NewBox()
		for b.Loop() {
			box.Seal(body, []byte("deliveries/7"))
		}
	})
	b.Run("Wrap", func(b *testing.B) {
		to := testIdentity(b).Recipient()
		for b.Loop() {
			testWrap(b, to, string(body))
		}
	})
}
