package engine

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"usher/core"
)

// made is a world whose site has n users by Usher.
func (w *world) made(n int) {
	w.Helper()
	for i := range n {
		w.want(w.send(core.Add, "", "list_subscription", person(i)), core.Applied, core.Created)
	}
}

// restore makes the site another one, on which user ids are other people.
func (m *memorySite) restore() {
	m.change(func() {
		slices.Reverse(m.users)
		for i := range m.users {
			m.users[i].ID = int64(i + 1)
			m.users[i].Fields = core.Fields{"first_name": "untouched"}
		}
	})
}

// wantNobodyMixedUp fails when somebody's data was written to somebody else.
func (w *world) wantNobodyMixedUp() {
	w.Helper()
	for _, u := range w.site.all() {
		if name := u.Fields["first_name"]; name != "untouched" && name != "New "+u.Email[:2] {
			w.Errorf("user %d %s is now called %s", u.ID, u.Email, name)
		}
	}
}

func (w *world) wantSwapped() {
	w.Helper()
	status, err := w.engine.Status(w.Context())
	if err != nil || len(status.Problems) != 1 || status.Problems[0].Code != "site.swapped" {
		w.Errorf("status %+v, %v", status, err)
	}
}

func TestARestoredSitePausesAndIsTakenOverByAPerson(t *testing.T) {
	bubble(t, func(w *world) {
		w.made(6)
		w.site.restore()
		var seqs []uint64
		w.site.setFail(down)
		for i := range 6 {
			changed := person(i)
			changed["first_name"] = fmt.Sprintf("New p%d", i)
			seqs = append(seqs, w.send(core.Update, "", "list_subscription", changed))
		}
		w.site.setFail(nil)
		w.pass(time.Hour)
		w.wantSwapped()
		w.restart()
		w.pass(24 * time.Hour)
		w.wantSwapped()
		w.wantNobodyMixedUp()
		asked := w.site.asked()
		w.pass(24 * time.Hour)
		if n := w.site.asked() - asked; n > 60 {
			w.Errorf("%d requests to a site that is not trusted", n)
		}

		w.setup(setupJSON) // "this is the right site"
		w.pass(time.Minute)
		w.wantAll(seqs, core.Updated)
		w.wantNoTrouble()
		w.wantNobodyMixedUp()
		for n := range 6 {
			link, _, _ := w.store.Link(w.conn.SiteID, w.conn.AccountID, fmt.Sprint(n+1))
			var user core.User
			w.site.change(func() { user = w.site.find(func(u core.User) bool { return u.ID == link.UserID }).User })
			if user.Email != fmt.Sprintf("p%d@example.test", n) || user.Fields["first_name"] != fmt.Sprintf("New p%d", n) {
				w.Errorf("contact %d: user %+v, link %+v", n+1, user, link)
			}
		}
	})
}

func TestAnotherIdentityPausesTheSite(t *testing.T) {
	bubbleOn(t, func(m *memorySite) { m.install() }, func(w *world) {
		w.made(2)
		w.site.change(func() { w.site.identity = "id-2" })
		seq := w.send(core.Add, "", "list_subscription", person(5))
		w.want(seq, core.Queued, "")
		w.wantSwapped()
		w.wantOneEach(2)
		w.setup(setupJSON)
		w.pass(time.Minute)
		w.want(seq, core.Applied, core.Created)
		if got := w.store.Config().Sites[w.conn.SiteID].Identity; got != "id-2" {
			w.Errorf("identity %q", got)
		}
	})
}

func TestUsersWhoAreGone(t *testing.T) {
	// told sends an update about each of these people.
	told := func(w *world, people ...int) {
		for _, n := range people {
			w.send(core.Update, "", "list_subscription", person(n))
		}
	}
	// gone deletes the users of these people.
	gone := func(w *world, people ...int) {
		w.site.change(func() {
			w.site.users = slices.DeleteFunc(w.site.users, func(u core.User) bool {
				return slices.ContainsFunc(people, func(n int) bool { return u.Email == fmt.Sprintf("p%d@example.test", n) })
			})
		})
	}
	t.Run("are nothing unusual when they are few", func(t *testing.T) {
		bubble(t, func(w *world) {
			w.made(5)
			gone(w, 0, 1, 2, 3)
			told(w, 0, 1, 2, 3, 4)
			w.wantNoTrouble()
		})
	})
	t.Run("are a question when they are many in a row", func(t *testing.T) {
		bubble(t, func(w *world) {
			w.made(6)
			gone(w, 0, 1, 2, 3, 4)
			told(w, 0, 1, 2, 3, 4, 5)
			w.wantSwapped()
		})
	})
	t.Run("do not add up when others are there", func(t *testing.T) {
		bubble(t, func(w *world) {
			w.made(7)
			gone(w, 0, 1, 2, 4, 5, 6)
			told(w, 0, 1, 2, 3, 4, 5, 6)
			w.wantNoTrouble()
		})
	})
	t.Run("do not add up over time", func(t *testing.T) {
		bubble(t, func(w *world) {
			w.made(5)
			gone(w, 0, 1, 2, 3, 4)
			told(w, 0, 1, 2, 3)
			w.pass(2 * time.Hour)
			told(w, 4)
			w.wantNoTrouble()
		})
	})
}
