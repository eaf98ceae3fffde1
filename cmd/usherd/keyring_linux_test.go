package main

import (
	"fmt"
	"testing"
	"time"

	"usher/core"
	"usher/core/secrets/realkeyring"
)

// A computer starts, and its owner has not unlocked the keyring yet: the door accepts all
// the same, and all is done once the keyring is open.
func TestAKeyringThatIsLockedAtStart(t *testing.T) {
	session := realkeyring.StartSession(t)
	keyring := session.StartKeyring()
	site, url := practiceSite(t)
	u := newUsher(t)
	u.secrets, u.env = "keyring", session.Env()
	urls := u.setup(practiceSetup(url, nil))

	keyring.Lock()
	u.serve()
	var ids []string
	for n := range 2 {
		body := fmt.Sprintf(`{"action":"list_subscription","lead":{"id":"%d","email":"person%d@example.test","first_name":"Ann"}}`, n+1, n)
		ids = append(ids, u.accepted(query(urls[core.Add]), body))
	}
	u.wantProblem("keyring.locked")
	for _, id := range ids {
		if line := u.deliveries()[id]; line.State != core.Queued {
			t.Errorf("with the keyring locked: %+v", line)
		}
	}

	keyring.Unlock()
	opened := time.Now()
	for _, id := range ids {
		u.want(id, core.Applied, core.Created)
	}
	t.Logf("done %v after unlocking", time.Since(opened).Round(time.Millisecond))
	if n := len(site.Users()); n != 3 { // the administrator is one
		t.Errorf("%d users on the site", n)
	}
}
