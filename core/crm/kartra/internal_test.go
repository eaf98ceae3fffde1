package kartra

import "testing"

func TestKartraItselfIsCalledPolitely(t *testing.T) {
	if o := options(false); o.Rate != 20 || o.AllowPrivate || o.AllowPlain {
		t.Errorf("Kartra itself: %+v", o)
	}
	if o := options(true); !o.AllowPrivate || o.AllowPlain {
		t.Errorf("a local one: %+v", o)
	}
}
