package kartra

import (
	"fmt"
	"testing"

	"usher/core"
)

func TestKartraItselfIsCalledPolitely(t *testing.T) {
	if o := options(false); o.Rate != 20 || o.AllowPrivate || o.AllowPlain {
		t.Errorf("Kartra itself: %+v", o)
	}
	if o := options(true); !o.AllowPrivate || o.AllowPlain {
		t.Errorf("a local one: %+v", o)
	}
}

// A name can lead into a private network only when it is dialled.
func TestANameThatLeadsIntoAPrivateNetwork(t *testing.T) {
	err := problemOf(fmt.Errorf("dial: %w", core.NewProblem("site.private_address", nil)))
	if !core.HasCode(err, "crm.settings") || core.AsProblem(err).Detail != "address" {
		t.Errorf("got %v", err)
	}
}
