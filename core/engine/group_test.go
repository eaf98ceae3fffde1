package engine

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"usher/core"
	"usher/core/store"
)

func person(n int) lead {
	return lead{"id": fmt.Sprint(n + 1), "email": fmt.Sprintf("p%d@example.test", n), "first_name": fmt.Sprintf("P%d", n)}
}

// sendMany accepts webhooks while the site is down, so that all wait together.
func (w *world) sendMany(n int, query string) (seqs []uint64) {
	w.Helper()
	w.site.setFail(down)
	for i := range n {
		seqs = append(seqs, w.send(core.Add, query, "list_subscription", person(i)))
	}
	w.site.setFail(nil)
	return seqs
}

func (w *world) wantAll(seqs []uint64, outcome core.Outcome) {
	w.Helper()
	for _, seq := range seqs {
		w.want(seq, core.Applied, outcome)
	}
}

// wantOneEach fails on twins and on people who are missing.
func (w *world) wantOneEach(n int) {
	w.Helper()
	var emails []string
	for _, u := range w.site.all() {
		emails = append(emails, u.Email)
	}
	slices.Sort(emails)
	if unique := slices.Compact(slices.Clone(emails)); len(emails) != n || len(unique) != n {
		w.Errorf("%d users with %d addresses, want %d", len(emails), len(unique), n)
	}
}

func TestManyContactsAreDoneInFewRequests(t *testing.T) {
	bubbleOn(t, func(m *memorySite) { m.install() }, func(w *world) {
		w.setup(strings.Replace(setupJSON, `"name":"shop"`, `"name":"shop","most_new_users":100`, 1))
		seqs := w.sendMany(100, "send_notification=true")
		before := w.site.asked()
		w.pass(10 * time.Minute)
		w.wantAll(seqs, core.Created)
		w.wantOneEach(100)
		if n := w.site.asked() - before; n > 5 { // 10, 20, 40, 30
			w.Errorf("%d requests", n)
		}
		if n := len(w.site.mailed()); n != 100 {
			w.Errorf("%d mails", n)
		}
	})
}

func TestOneThatKillsEveryRequestHoldsUpNobody(t *testing.T) {
	bubble(t, func(w *world) {
		w.site.change(func() { w.site.poison = "p17@example.test" })
		seqs := w.sendMany(40, "send_notification=true")
		w.pass(time.Hour)
		for i, seq := range seqs {
			if i != 17 {
				w.want(seq, core.Applied, core.Created)
			}
		}
		if r := w.want(seqs[17], core.Queued, ""); r.Attempts == 0 {
			w.Error("the one to blame was not blamed")
		}
		w.wantOneEach(39)
		if mails := slices.Sorted(slices.Values(w.site.mailed())); len(mails) != len(slices.Compact(slices.Clone(mails))) {
			w.Errorf("somebody was mailed twice: %v", mails)
		}
		w.wantNoTrouble()
		w.site.change(func() { w.site.poison = "" })
		w.pass(3 * time.Hour)
		w.want(seqs[17], core.Applied, core.Created)
		w.wantOneEach(40)
	})
}

func TestConnectionsThatShareAPersonMakeOneUser(t *testing.T) {
	bubble(t, func(w *world) {
		first := w.conn
		w.setup(strings.NewReplacer(`"shop"`, `"other"`, "0123456789abcdef", "fedcba9876543210", `"kind":"kartra"`, `"kind":"kartra","name":"second"`).Replace(setupJSON))
		second := w.conn
		w.site.setFail(down)
		var seqs []uint64
		for _, conn := range []core.Connection{first, second, first, second} {
			w.conn = conn
			seqs = append(seqs, w.send(core.Add, "", "list_subscription", ann()))
		}
		w.site.setFail(nil)
		w.pass(10 * time.Minute)
		w.site.only(w.T)
		w.site.change(func() {
			if w.site.clash {
				w.Error("two writes about one person were under way")
			}
		})
		for _, seq := range seqs {
			if r := w.record(seq); r.State != core.Applied && r.State != core.Merged {
				w.Errorf("delivery %d is %s: %v", seq, r.State, r.Problem)
			}
		}
	})
}

func TestAUserWhoWasThereIsTakenOver(t *testing.T) {
	bubble(t, func(w *world) {
		there := w.site.add(core.User{Login: "annie", Email: "Ann@example.test", Fields: core.Fields{"first_name": "A"}, Roles: []string{"subscriber"}})
		seq := w.send(core.Add, "role=customer&send_notification=true", "list_subscription", ann())
		r := w.want(seq, core.Applied, core.Updated)
		w.wantNote(r, "user.adopted")
		w.wantNote(r, "mail.not_new")
		if u := w.site.only(w.T); u.ID != there.ID || u.Fields["first_name"] != "Ann" || len(w.site.mailed()) != 0 {
			w.Errorf("user %+v, mails %v", u, w.site.mailed())
		}
		if _, ok, _ := w.store.Intent(store.WorkKey{Connection: w.conn.ID, Contact: "7"}); ok {
			w.Error("an intent is left")
		}
	})
}

// What is on the site counts when the helper says that it is no longer as planned against.
func TestAnEditBetweenLookAndWriteIsNotOverwritten(t *testing.T) {
	bubbleOn(t, func(m *memorySite) { m.install() }, func(w *world) {
		w.send(core.Add, "", "list_subscription", ann())
		edited := false
		w.site.setFail(func(call string) error {
			if strings.HasPrefix(call, "update") && !edited {
				edited = true
				w.site.users[0].Fields = core.Fields{"first_name": "Ann", "last_name": "Edited"}
			}
			return nil
		})
		changed := ann()
		changed["first_name"] = "Anna"
		w.want(w.send(core.Update, "", "list_subscription", changed), core.Applied, core.Updated)
		if u := w.site.only(w.T); !edited || u.Fields["last_name"] != "Edited" || u.Fields["first_name"] != "Anna" {
			w.Errorf("user %+v", u)
		}
	})
}

func TestTheWelcomeMailIsSentOnceHoweverOftenItIsInterrupted(t *testing.T) {
	bubbleOn(t, func(m *memorySite) { m.install() }, func(w *world) {
		once := true
		w.site.setAfter(func(call string) error {
			if once && call == "create" {
				once = false
				return context.Canceled
			}
			return nil
		})
		seq := w.send(core.Add, "role=customer&send_notification=true", "list_subscription", ann())
		w.site.setFail(down)
		changed := ann()
		changed["first_name"] = "Anna"
		newer := w.send(core.Update, "", "list_subscription", changed)
		w.site.setFail(nil)
		w.restart()
		w.pass(time.Hour)
		w.want(seq, core.Merged, "")
		r := w.want(newer, core.Applied, core.Created)
		w.wantNote(r, "mail.sent")
		link, _, _ := w.store.Link(w.conn.SiteID, w.conn.AccountID, "7")
		if u := w.site.only(w.T); u.Fields["first_name"] != "Anna" || len(w.site.mailed()) != 1 || link.Mail != core.MailSent {
			w.Errorf("user %+v, mails %v, link %+v", u, w.site.mailed(), link)
		}
	})
}

const resetJSON = `{"site":{"url":"shop.test","user":"ann","application_password":"right","welcome_mail":"reset_mail"},
	"crm":{"kind":"kartra"},"connection":{"name":"shop","access_key":"0123456789abcdef"}}`

func TestTheWelcomeMailByTheResetForm(t *testing.T) {
	t.Run("is sent to new users", func(t *testing.T) {
		plainBubble(t, func(w *world) {
			w.setup(resetJSON)
			w.wantNote(w.want(w.send(core.Add, "send_notification=true", "list_subscription", ann()), core.Applied, core.Created), "mail.sent")
			w.send(core.Add, "send_notification=true", "list_subscription", ann())
			if !slices.Equal(w.site.mailed(), []string{"ann@example.test"}) {
				w.Errorf("mails %v", w.site.mailed())
			}
		})
	})
	t.Run("is not sent unless the owner chose it", func(t *testing.T) {
		plainBubble(t, func(w *world) {
			w.wantNote(w.want(w.send(core.Add, "send_notification=true", "list_subscription", ann()), core.Applied, core.Created), "mail.no_sender")
			if len(w.site.mailed()) != 0 {
				w.Errorf("mails %v", w.site.mailed())
			}
		})
	})
	t.Run("is never sent again after an interruption", func(t *testing.T) {
		plainBubble(t, func(w *world) {
			w.setup(resetJSON)
			w.site.setAfter(func(call string) error {
				if strings.HasPrefix(call, "reset") {
					_ = w.engine.store.Close() // Usher is killed with the mail under way
				}
				return nil
			})
			seq := w.send(core.Add, "send_notification=true", "list_subscription", ann())
			w.site.setAfter(nil)
			w.restart()
			w.pass(time.Hour)
			r := w.want(seq, core.Applied, core.Created)
			w.wantNote(r, "mail.unknown")
			if w.site.only(w.T); len(w.site.mailed()) != 1 {
				w.Errorf("mails %v", w.site.mailed())
			}
		})
	})
	t.Run("is said to have failed", func(t *testing.T) {
		plainBubble(t, func(w *world) {
			w.setup(resetJSON)
			w.site.setFail(func(call string) error {
				if strings.HasPrefix(call, "reset") {
					return core.NewProblem("site.not_json", nil)
				}
				return nil
			})
			w.wantNote(w.want(w.send(core.Add, "send_notification=true", "list_subscription", ann()), core.Applied, core.Created), "mail.failed")
		})
	})
}

func TestRolesTheSiteTellsNeedNoTrying(t *testing.T) {
	bubbleOn(t, func(m *memorySite) { m.install() }, func(w *world) {
		w.setup(strings.Replace(setupJSON, `"name":"shop"`, `"name":"shop","default_role":"nosuch"`, 1))
		w.wantNote(w.want(w.send(core.Add, "", "list_subscription", ann()), core.Applied, core.Created), "role.unknown")
		if n := w.site.count("create"); n != 1 || !slices.Equal(w.site.only(w.T).Roles, []string{"subscriber"}) {
			w.Errorf("%d creates, user %+v", n, w.site.only(w.T))
		}
	})
}

func TestPace(t *testing.T) {
	p := &pace{}
	steps := []struct {
		do   func()
		want int
	}{
		{func() {}, 10},
		{func() { p.went(10, time.Second) }, 20},
		{func() { p.went(3, time.Second) }, 20}, // too few to tell
		{func() { p.went(20, time.Second) }, 40},
		{func() { p.went(40, 7*time.Second) }, 40},
		{func() { p.went(40, time.Second) }, 50},
		{func() { p.went(50, 20*time.Second) }, 25},
		{func() { p.failed(25) }, 12},
		{func() { p.failed(1) }, 1},
		{func() { p.went(1, time.Second) }, 2},
	}
	for i, step := range steps {
		step.do()
		if got := p.size(50); got != step.want {
			t.Errorf("step %d: %d, want %d", i, got, step.want)
		}
	}
	if got := (&pace{n: 40}).size(25); got != 25 {
		t.Errorf("%d at a time for a site that takes 25", got)
	}
}
