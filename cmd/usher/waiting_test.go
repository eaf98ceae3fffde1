package main

import (
	"fmt"
	"net/http"
	"net/url"
	"testing"

	"usher/cmd/internal/realdesktop"
	"usher/core"
	"usher/core/practice"
)

// lockedKeyring: the computer starts, and its owner has not unlocked the keyring yet. What
// comes is kept, the window says what it waits for, and all is done once it is open.
func lockedKeyring(t *testing.T, program string) {
	s := newShop(t)
	s.Keyring.Lock()
	w := s.start(program).Window(title)
	door := s.door(w, core.Add)
	ids := []string{s.accepted(door, lead(1)), s.accepted(door, lead(2))}
	w.Find(realdesktop.Saying("keyring is locked"))
	w.Find(realdesktop.Text("2 wait"))
	w.Find(realdesktop.Saying("Messages are kept safe meanwhile"))
	lines := s.deliveries(1000)
	for _, id := range ids {
		if lines[id].State != core.Queued {
			t.Errorf("with the keyring locked: %+v", lines[id])
		}
	}
	if n := len(s.site.Users()); n != 1 { // the administrator
		t.Errorf("%d users on the site before the keyring is open", n)
	}

	s.Keyring.Unlock()
	w.Find(realdesktop.Text("All is well"))
	s.wantDone(ids)
	if n := len(s.site.Users()); n != 1+len(ids) {
		t.Errorf("%d users on the site", n)
	}
}

func (s *shop) wantDone(ids []string) {
	s.t.Helper()
	s.Wait("all to be done", func() bool {
		lines := s.deliveries(1000)
		for _, id := range ids {
			if lines[id].State != core.Applied {
				return false
			}
		}
		return true
	})
}

// revokedPassword: WordPress does not let Usher in any more while a campaign runs. It is one
// card, one Fix, and nothing has to be started again.
func revokedPassword(t *testing.T, program string) {
	const many = 200
	s := newShop(t)
	s.site.Fail(practice.Fault{Trouble: asAStranger})
	w := s.start(program).Window(title)
	door := s.door(w, core.Update) // which makes no users: they would be a crowd, which is a question of its own
	var ids []string
	for n := range many {
		ids = append(ids, s.accepted(door, lead(n)))
	}
	w.Find(realdesktop.Text("Needs you (1)"))
	w.Find(realdesktop.Text(fmt.Sprintf("%d wait", many)))

	s.site.Heal()
	const given = "zyxw vuts rqpo nmlk jihg fedc"
	s.site.AddAppPassword(1, core.NewSecret(given))
	w.ClickOn(realdesktop.Button("Connect the site again"))
	w.ClickOn(realdesktop.Button("Let Usher in"))
	bringBack(t, s.Opened(1)[0], given)
	w.Find(realdesktop.Button("Webhook URL")) // the connection, once it is mended
	w.ClickOn(realdesktop.Button("Needs you"))
	w.Find(realdesktop.Text("All is well"))
	s.wantDone(ids)
}

// asAStranger has the site answer as if it did not know the password.
func asAStranger(w http.ResponseWriter, r *http.Request, site http.Handler) {
	if _, _, signedIn := r.BasicAuth(); signedIn {
		r.SetBasicAuth("admin", "no password at all")
	}
	site.ServeHTTP(w, r)
}

// bringBack does what the browser does once the owner of a site said yes on its page.
func bringBack(t *testing.T, page, password string) {
	t.Helper()
	asked, err := url.Parse(page)
	if err != nil {
		t.Fatal(err)
	}
	back, err := url.Parse(asked.Query().Get("success_url"))
	if err != nil {
		t.Fatal(err)
	}
	query := back.Query()
	query.Set("site_url", asked.Scheme+"://"+asked.Host)
	query.Set("user_login", "admin")
	query.Set("password", password)
	back.RawQuery = query.Encode()
	(&visitor{t: t}).get(back.String())
}
