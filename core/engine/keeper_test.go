package engine

import (
	"strings"
	"sync"
	"testing"
	"time"

	"usher/core"
)

func (w *world) forget(who string) core.ForgetAnswer {
	w.Helper()
	done, err := w.engine.Forget(w.Context(), core.PersonRef{Contact: who})
	if err != nil {
		w.Fatal(err)
	}
	w.wantSums()
	return done
}

func (w *world) wantSums() {
	w.Helper()
	s, err := w.engine.Status(w.Context())
	if err != nil || s.Applied+s.Merged+s.Held+s.Failed+s.Queued != s.Accepted {
		w.Errorf("it does not add up: %+v, %v", s, err)
	}
}

func (w *world) people() []core.PersonView {
	w.Helper()
	people, err := w.engine.People(w.Context(), "")
	if err != nil {
		w.Fatal(err)
	}
	return people
}

func (w *world) detail(seq uint64) core.Detail {
	w.Helper()
	detail, err := w.engine.Detail(w.Context(), core.FormatID(seq))
	if err != nil {
		w.Fatal(err)
	}
	return detail
}

const welcomeJSON = `{"site":{"url":"shop.test","welcome_mail":"reset_mail"},"crm":{"kind":"kartra"},"connection":{"name":"shop"}}`

func TestAForgottenPersonWhoComesAgainIsTheSameUser(t *testing.T) {
	bubble(t, func(w *world) {
		w.setup(welcomeJSON)
		seq := w.send(core.Add, "role=customer&send_notification=true", "list_subscription", ann())
		w.want(seq, core.Applied, core.Created)
		before, mails := w.site.only(w.T), len(w.site.mailed())
		if mails != 1 {
			w.Fatalf("%d mails", mails)
		}
		if done := w.forget("ANN@example.test"); done.People != 1 || done.Messages != 1 || done.Notes != nil {
			w.Errorf("forgot %+v", done)
		}
		if people := w.people(); len(people) != 0 {
			w.Errorf("known are %+v", people)
		}
		detail := w.detail(seq)
		if !detail.Erased || detail.Message != "" || detail.Line.Contact != "" || detail.Line.Person != "" || len(detail.Steps) != 1 || detail.Steps[0].Fields != nil {
			w.Errorf("told is %+v", detail)
		}
		again := w.record(w.send(core.Add, "role=customer&send_notification=true", "list_subscription", ann()))
		if again.State != core.Applied || again.Outcome == core.Created || again.UserID != before.ID {
			w.Errorf("ended %+v", again)
		}
		w.wantNote(again, "mail.not_new")
		if user := w.site.only(w.T); user.Login != before.Login || strings.Join(user.Roles, " ") != "customer" {
			w.Errorf("the user was %+v and is %+v", before, user)
		}
		if now := len(w.site.mailed()); now != mails || w.site.count("password") != 0 {
			w.Errorf("%d mails, %d changes of the password", now, w.site.count("password"))
		}
		if people := w.people(); len(people) != 1 || people[0].MadeByUsher {
			w.Errorf("known are %+v", people)
		}
		w.wantNoTrouble()
	})
}

func TestAPersonIsForgottenWhileTheyAreMade(t *testing.T) {
	bubble(t, func(w *world) {
		w.setup(welcomeJSON)
		forgot := false
		w.site.setAfter(func(string) error {
			if !forgot && len(w.site.users) > 0 { // the lock is held
				forgot = true
				if _, err := w.engine.Forget(w.Context(), core.PersonRef{Contact: "7"}); err != nil {
					w.Error(err)
				}
			}
			return nil
		})
		seq := w.send(core.Add, "send_notification=true", "list_subscription", ann())
		w.pass(time.Minute)
		r := w.want(seq, core.Applied, core.Ignored)
		w.wantNote(r, "person.forgotten")
		if !forgot || len(w.people()) != 0 {
			w.Errorf("forgot %t, known are %+v", forgot, w.people())
		}
		w.wantSums()
		w.wantNoTrouble()
		mails := len(w.site.mailed())
		again := w.record(w.send(core.Add, "send_notification=true", "list_subscription", ann()))
		if again.State != core.Applied || again.Outcome == core.Created || len(w.site.mailed()) != mails {
			w.Errorf("ended %+v with %d mails before and %d after", again, mails, len(w.site.mailed()))
		}
		w.site.only(w.T)
	})
}

func TestForgettingEndsWhatWaits(t *testing.T) {
	plainBubble(t, func(w *world) {
		w.site.setFail(down)
		seq := w.send(core.Add, "", "list_subscription", ann())
		w.want(seq, core.Queued, "")
		w.forget("7")
		w.site.setFail(nil)
		w.pass(time.Hour)
		w.wantNote(w.want(seq, core.Applied, core.Ignored), "person.forgotten")
		if users := w.site.all(); len(users) != 0 {
			w.Errorf("made %+v", users)
		}
		if _, err := w.engine.Forget(w.Context(), core.PersonRef{Contact: "7", CRM: "no such"}); !core.HasCode(err, "setup.no_account") {
			w.Errorf("of an account there is not: %v", err)
		}
		w.vault.lock(true)
		w.restart()
		if _, err := w.engine.Forget(w.Context(), core.PersonRef{Contact: "7"}); !core.HasCode(err, "keyring.locked") {
			w.Errorf("while the keyring is locked: %v", err)
		}
	})
}

func TestWhatWasSentIsErasedInTime(t *testing.T) {
	plainBubble(t, func(w *world) {
		done := w.send(core.Add, "", "list_subscription", ann())
		w.want(done, core.Applied, core.Created)
		held := w.send("frobnicate", "", "list_subscription", ann())
		w.pass(13 * day)
		if w.detail(done).Erased {
			w.Error("erased too early")
		}
		w.pass(2 * day)
		if detail := w.detail(done); !detail.Erased || detail.Message != "" || detail.Line.Contact != "7" || len(detail.Steps) != 1 {
			w.Errorf("after 15 days: %+v", detail)
		}
		if w.detail(held).Erased {
			w.Error("what is held is erased")
		}
		w.wantSums()
		via, problem := w.engine.route(w.conn.ID)
		if problem != nil {
			w.Fatal(problem)
		}
		if who, err := (&trial{engine: w.engine, via: via}).pick(w.Context(), ""); err != nil || !who.made {
			w.Errorf("a test is done with %+v, %v", who, err)
		}
	})
}

func TestAClockThatLeaptIsNotBelievedAtOnce(t *testing.T) {
	plainBubble(t, func(w *world) {
		w.pass(2 * day)
		done := w.send(core.Add, "", "list_subscription", ann())
		w.kill()
		w.pass(365 * day) // nobody looks: as if the clock were wrong
		w.open()
		w.run()
		w.pass(23 * time.Hour)
		if w.detail(done).Erased {
			w.Error("erased on the first day")
		}
		w.restart()
		if w.detail(done).Erased {
			w.Error("erased as Usher was started again")
		}
		w.pass(keeperStep)
		if !w.detail(done).Erased {
			w.Error("not erased though the clock stayed")
		}
	})
}

func TestWhichClockIsBelieved(t *testing.T) {
	at := func(days float64) time.Time {
		return time.Unix(1_700_000_000, 0).Add(time.Duration(days * float64(day)))
	}
	for name, c := range map[string]struct {
		looks []float64 // days
		want  bool      // at the last
	}{
		"never seen":               {[]float64{0}, false},
		"for less than a day":      {[]float64{0, 0.9}, false},
		"for a day":                {[]float64{0, 0.5, 1}, true},
		"after a week away":        {[]float64{0, 1, 8}, true},
		"after a year":             {[]float64{0, 1, 365}, false},
		"a day after a year":       {[]float64{0, 1, 365, 366}, true},
		"a year back":              {[]float64{365, 366, 1}, false},
		"corrected an hour back":   {[]float64{0, 5, 4.96}, true},
		"ahead and back in a week": {[]float64{0, 1, 365, 1.1}, false},
	} {
		t.Run(name, func(t *testing.T) {
			var clock clock
			var believed bool
			for _, days := range c.looks {
				believed = clock.look(at(days))
			}
			if believed != c.want {
				t.Errorf("believed: %t", believed)
			}
		})
	}
}

func TestTheOwnerChoosesWhatIsKept(t *testing.T) {
	bubbleOn(t, func(*memorySite) {}, func(w *world) {
		w.pass(2 * day) // until the clock is believed
		change := func(days, messages int) (core.Keeping, error) {
			return w.engine.ChangeKeeping(w.Context(), core.KeepingChange{SentDays: &days, Messages: &messages})
		}
		if k, err := w.engine.ChangeKeeping(w.Context(), core.KeepingChange{}); err != nil || k != core.DefaultKeeping() || w.overview().Keeping != k {
			w.Errorf("at first %+v, %v", k, err)
		}
		for _, bad := range [][2]int{{-1, 0}, {3651, 0}, {1, 999}, {1, -1}, {1, 10_000_001}} {
			if _, err := change(bad[0], bad[1]); !core.HasCode(err, "keep.out_of_range") {
				w.Errorf("%v: %v", bad, err)
			}
		}
		if k, err := change(0, 0); err != nil || k != (core.Keeping{}) {
			w.Errorf("no limits: %+v, %v", k, err)
		}
		done := w.send(core.Add, "", "list_subscription", ann())
		w.pass(20 * day)
		if w.detail(done).Erased {
			w.Error("erased though kept for ever")
		}
		w.restart()
		if k := w.overview().Keeping; k != (core.Keeping{}) {
			w.Errorf("remembered %+v", k)
		}
		days := 19
		if _, err := w.engine.ChangeKeeping(w.Context(), core.KeepingChange{SentDays: &days}); err != nil {
			w.Fatal(err)
		}
		w.pass(time.Second)
		if !w.detail(done).Erased {
			w.Error("a change is not carried out at once")
		}
	})
}

func TestActivityKeepsTheNewest(t *testing.T) {
	bubbleOn(t, func(*memorySite) {}, func(w *world) {
		messages := 1000
		if _, err := w.engine.ChangeKeeping(w.Context(), core.KeepingChange{Messages: &messages}); err != nil {
			w.Fatal(err)
		}
		first := w.send(core.Add, "", "list_subscription", ann())
		var sending sync.WaitGroup
		for range messages {
			sending.Go(func() {
				d := core.Delivery{Received: time.Now(), Connection: w.conn.ID, Action: core.Update, Body: []byte(`{"lead":{"id":"7"}}`)}
				if _, err := w.store.Accept(w.Context(), d); err != nil {
					w.Error(err)
				}
			})
		}
		sending.Wait()
		w.pass(25 * time.Hour)
		if _, err := w.engine.Detail(w.Context(), core.FormatID(first)); !core.HasCode(err, "command.no_delivery") {
			w.Errorf("the first is there: %v", err)
		}
		if s, err := w.engine.Status(w.Context()); err != nil || s.Accepted != 1001 || len(w.people()) != 1 {
			w.Errorf("status %+v, %v; known are %+v", s, err, w.people())
		}
		w.wantSums()
	})
}
