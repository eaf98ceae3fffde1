package engine

import (
	"testing"
	"time"

	"usher/core"
)

// The keyring is locked while Usher works, and the site's password is needed anew.
func TestAKeyringThatIsLockedInTheMiddle(t *testing.T) {
	bubble(t, func(w *world) {
		w.want(w.send(core.Add, "", "list_subscription", ann()), core.Applied, core.Created)
		w.vault.lock(true)
		if err := w.engine.repaired(w.Context()); err != nil { // the lane opens the site again
			w.Fatal(err)
		}
		asked := w.vault.count()
		waits := w.send(core.Add, "", "list_subscription", lead{"id": "8", "email": "bob@example.test"})
		w.pass(10 * time.Minute)
		if r := w.want(waits, core.Queued, ""); r.Attempts != 0 {
			w.Errorf("the lock cost %d attempts", r.Attempts)
		}
		if n := w.vault.count() - asked; n > 250 {
			w.Errorf("the keyring was asked %d times in ten minutes", n)
		}
		w.vault.lock(false)
		w.pass(5 * time.Second)
		w.want(waits, core.Applied, core.Created)
		w.wantNoTrouble()
	})
}
