package engine

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"usher/core"
	"usher/core/store"
)

const passwordJSON = `{"site":{"url":"shop.test"},"crm":{"kind":"kartra"},"connection":{"name":"shop","change_passwords":true,
	"field_map":{"first_name":"first_name","company":"user_pass"}}}`

func withPassword(password string) lead {
	l := ann()
	l["company"] = password
	return l
}

func (w *world) wantPassword(want string, changes int) {
	w.Helper()
	n := w.site.count("password")
	w.site.change(func() {
		if w.site.password != want || n != changes {
			w.Errorf("password %q after %d changes, want %q after %d", w.site.password, n, want, changes)
		}
	})
}

func TestTheCRMChangesAPassword(t *testing.T) {
	bubble(t, func(w *world) {
		w.setup(passwordJSON)
		w.want(w.send(core.Add, "", "list_subscription", withPassword("first hush")), core.Applied, core.Created)
		w.wantPassword("first hush", 0)
		w.want(w.send(core.Update, "", "list_subscription", withPassword("first hush")), core.Applied, core.Unchanged)
		w.want(w.send(core.Update, "", "list_subscription", withPassword("")), core.Applied, core.Unchanged)
		w.wantPassword("first hush", 0)
		w.want(w.send(core.Update, "", "list_subscription", withPassword("second hush")), core.Applied, core.Updated)
		w.wantPassword("second hush", 1)
		w.restart()
		w.want(w.send(core.Update, "", "list_subscription", withPassword("second hush")), core.Applied, core.Unchanged)
		w.wantPassword("second hush", 1)

		entries, err := w.store.Journal(10)
		if err != nil {
			w.Fatal(err)
		}
		told, err := json.Marshal(entries)
		if err != nil || !strings.Contains(string(told), `"fields":[{"field":"user_pass","new":"set"}]`) {
			w.Errorf("journal %s, %v", told, err)
		}
		w.kill()
		file, err := os.ReadFile(filepath.Join(w.dir, store.FileName))
		if err != nil {
			w.Fatal(err)
		}
		if bytes.Contains(file, []byte("hush")) || strings.Contains(w.log.String(), "hush") {
			w.Error("a password is in the data file or in the log")
		}
	})
}

func TestThePasswordOfAUserWhoWasThereIsNotOverwritten(t *testing.T) {
	bubble(t, func(w *world) {
		w.setup(passwordJSON)
		w.site.add(core.User{Login: "ann", Email: "ann@example.test", Fields: core.Fields{"first_name": "Ann"}, Roles: []string{"subscriber"}})
		w.send(core.Add, "", "list_subscription", withPassword("first hush"))
		w.wantPassword("", 0)
		w.send(core.Update, "", "list_subscription", withPassword("second hush"))
		w.wantPassword("second hush", 1)
		w.setup(strings.Replace(passwordJSON, "true", "false", 1))
		w.send(core.Update, "", "list_subscription", withPassword("third hush"))
		w.wantPassword("second hush", 1)
		if link, _, _ := w.store.Link(w.conn.SiteID, w.conn.AccountID, "7"); link.Password != nil {
			w.Errorf("still remembers %+v", link.Password)
		}
	})
}

// A create that is tried again has the password of the first try.
func TestAPasswordChangedWhileTheUserIsMade(t *testing.T) {
	for name, test := range map[string]struct {
		made    bool // the site falls over after it made the user
		now     string
		changes int
	}{
		"before, another told": {false, "second hush", 1},
		"after, another told":  {true, "second hush", 1},
		"after, the same told": {true, "first hush", 0},
	} {
		t.Run("the site falls over "+name, func(t *testing.T) {
			bubble(t, func(w *world) {
				w.setup(passwordJSON)
				fall := func(call string) error {
					if call == "create" {
						return core.NewProblem("site.server_error", nil)
					}
					return nil
				}
				if test.made {
					w.site.setAfter(fall)
				} else {
					w.site.setFail(fall)
				}
				w.send(core.Add, "send_notification=true", "list_subscription", withPassword("first hush"))
				seq := w.send(core.Update, "", "list_subscription", withPassword(test.now))
				w.site.setFail(nil)
				w.site.setAfter(nil)
				w.pass(time.Hour)
				w.want(seq, core.Applied, core.Created)
				w.wantPassword(test.now, test.changes)
				w.site.only(w.T)
				w.want(w.send(core.Update, "", "list_subscription", withPassword(test.now)), core.Applied, core.Unchanged)
				if n := len(w.site.mailed()); n > 1 {
					w.Errorf("%d mails", n)
				}
			})
		})
	}
}

func TestAMarkTellsOnlyItsOwnPassword(t *testing.T) {
	text := core.NewSecret("s3cret")
	first, err := markPassword(text, nil)
	if err != nil || first.Rounds < 600_000 || len(first.Salt) < 16 || len(first.Digest) < 32 {
		t.Fatalf("mark %+v, %v", first, err)
	}
	if again, err := markPassword(text, first); err != nil || again != first {
		t.Errorf("the same password: %+v, %v", again, err)
	}
	for name, before := range map[string]*core.PasswordMark{"another": first, "none": {Written: true}} {
		mark, err := markPassword(core.NewSecret("other"), before)
		if err != nil || mark == before || bytes.Equal(mark.Salt, first.Salt) || bytes.Equal(mark.Digest, first.Digest) || mark.Written {
			t.Errorf("after %s: %+v, %v", name, mark, err)
		}
	}
}

func TestTheCRMWinsOverTheSite(t *testing.T) {
	bubble(t, func(w *world) {
		w.send(core.Add, "", "list_subscription", ann())
		edit := func() {
			w.site.change(func() { w.site.users[0].Fields["first_name"] = "Edited" })
		}
		edit()
		w.want(w.send(core.Update, "", "list_subscription", ann()), core.Applied, core.Unchanged)
		w.setup(strings.Replace(setupJSON, `"name":"shop"`, `"name":"shop","crm_wins":true`, 1))
		w.want(w.send(core.Update, "", "list_subscription", ann()), core.Applied, core.Updated)
		if u := w.site.only(w.T); u.Fields["first_name"] != "Ann" {
			w.Errorf("she is %s", u.Fields["first_name"])
		}
		edit()
		nameless := ann()
		delete(nameless, "first_name")
		w.want(w.send(core.Update, "", "list_subscription", nameless), core.Applied, core.Unchanged)
	})
}
