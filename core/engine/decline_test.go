package engine

import (
	"slices"
	"strings"
	"testing"
	"time"

	"usher/core"
)

// no answers the question a message is held for with no.
func (w *world) no(seq uint64) {
	w.Helper()
	if err := w.engine.Decline(w.Context(), core.FormatID(seq)); err != nil {
		w.Fatal(err)
	}
	w.pass(time.Second)
}

func TestANoToARoleEndsItsQuestionForGood(t *testing.T) {
	askBubble(t, func(w *world) {
		first := w.send(core.Add, "role=author", "list_subscription", ann())
		second := w.send(core.Add, "role=author", "list_subscription", ann())
		w.wantHeld(second, core.Created, "role.ask")
		w.no(first)
		w.want(first, core.Merged, "")
		w.wantNote(w.want(second, core.Applied, core.Created), "role.declined")
		w.wantRoles("subscriber")
		w.wantCounts(1, 1, 0)

		w.restart()
		w.wantNote(w.want(w.send(core.Add, "role=author", "list_subscription", ann()), core.Applied, core.Unchanged), "role.declined")
		w.wantHeld(w.send(core.Add, "role=editor", "list_subscription", ann()), "", "role.powerful")
		w.wantRoles("subscriber")
		w.setup(strings.Replace(askJSON, `,"editor"`, "", 1)) // a rule is another matter
		w.pass(time.Second)
		w.want(w.send(core.Add, "role=author", "list_subscription", ann()), core.Applied, core.Updated)
		w.wantRoles("author")
	})
}

func TestANoToARoleWithPower(t *testing.T) {
	askBubble(t, func(w *world) {
		seq := w.send(core.Add, "role=editor", "list_subscription", ann())
		w.wantHeld(seq, core.Created, "role.powerful")
		if needs := w.overview().Needs; len(needs) != 1 || needs[0].Question || !needs[0].Declinable {
			t.Errorf("needs %+v", needs)
		}
		w.no(seq)
		w.wantNote(w.want(seq, core.Applied, core.Created), "role.declined")
	})
}

func TestANoToANewAddressLeavesItUntilItChangesAgain(t *testing.T) {
	bubble(t, func(w *world) {
		w.send(core.Add, "", "list_subscription", ann())
		old := w.site.only(w.T).Email
		changed := ann()
		changed["email"], changed["first_name"] = "new@example.test", "Anna"
		seq := w.send(core.Update, "", "list_subscription", changed)
		w.wantHeld(seq, core.Updated, "user.email_change")
		w.no(seq)
		w.wantNote(w.want(seq, core.Applied, core.Updated), "email.declined")
		if r := w.want(w.send(core.Update, "", "list_subscription", changed), core.Applied, core.Unchanged); len(r.Notes) != 0 {
			t.Errorf("the same again says %v", r.Notes)
		}
		changed["email"] = "newer@example.test"
		w.wantHeld(w.send(core.Update, "", "list_subscription", changed), "", "user.email_change")
		if u := w.site.only(w.T); u.Email != old || u.Fields["first_name"] != "Anna" {
			t.Errorf("on the site: %+v", u)
		}
	})
}

func TestANoToACrowdMakesNobody(t *testing.T) {
	bubble(t, func(w *world) {
		w.setup(strings.Replace(setupJSON, `"connection":{`, `"connection":{"most_new_users":2,`, 1))
		var seqs []uint64
		for n := range 4 {
			seqs = append(seqs, w.send(core.Add, "", "list_subscription", visitor(n)))
		}
		w.wantHeld(seqs[3], "", crowd)
		before := w.site.count("create")
		w.no(seqs[2])
		w.no(seqs[3])
		for _, seq := range seqs[2:] {
			w.wantNote(w.want(seq, core.Applied, core.NoUser), "user.declined")
		}
		w.wantCounts(4, 0, 0)
		if n := w.site.count("create"); n != before {
			t.Errorf("%d users made after the no", n-before)
		}
		if needs := w.overview().Needs; len(needs) != 0 {
			t.Errorf("needs %+v", needs)
		}
	})
}

// A no was to what was known then, so whoever joins while it waits asks anew.
func TestANoIsNotForALaterQuestion(t *testing.T) {
	bubble(t, func(w *world) {
		w.send(core.Add, "", "list_subscription", ann())
		changed := ann()
		changed["email"] = "new@example.test"
		seq := w.send(core.Update, "", "list_subscription", changed)
		w.wantHeld(seq, "", "user.email_change")
		w.site.setFail(down)
		w.no(seq)
		changed["email"] = "newer@example.test"
		later := w.send(core.Update, "", "list_subscription", changed)
		w.site.setFail(nil)
		w.pass(20 * time.Minute)
		w.wantHeld(later, "", "user.email_change")
	})
}

// A no to making somebody is none to one who was made on the site meanwhile.
func TestANoToACrowdLeavesOutWhoIsThereByNow(t *testing.T) {
	bubble(t, func(w *world) {
		w.setup(strings.Replace(setupJSON, `"connection":{`, `"connection":{"most_new_users":1,`, 1))
		w.send(core.Add, "", "list_subscription", visitor(0))
		seq := w.send(core.Add, "", "list_subscription", visitor(1))
		w.wantHeld(seq, "", crowd)
		made := w.site.add(core.User{Login: "by-hand", Email: visitor(1)["email"].(string), Fields: core.Fields{}, Roles: []string{"subscriber"}})
		w.no(seq)
		if r := w.want(seq, core.Applied, core.Updated); r.UserID != made.ID {
			t.Errorf("record %+v", r)
		}
	})
}

func TestWhatCannotBeAnsweredWithNo(t *testing.T) {
	bubble(t, func(w *world) {
		done := w.send(core.Add, "", "list_subscription", ann())
		unread := w.send(core.Add, "", "no such event", lead{"id": "9"})
		for seq, code := range map[uint64]string{done: "command.no_question", unread: "command.no_question", 99: "command.no_delivery"} {
			before := w.states(done, unread)
			if err := w.engine.Decline(w.Context(), core.FormatID(seq)); !core.HasCode(err, code) {
				t.Errorf("%d: %v, want %s", seq, err, code)
			}
			w.pass(time.Second)
			if now := w.states(done, unread); !slices.Equal(now, before) {
				t.Errorf("%d: now %v, before %v", seq, now, before)
			}
		}
	})
}

func (w *world) states(seqs ...uint64) (states []core.State) {
	w.Helper()
	for _, seq := range seqs {
		r, err := w.store.Record(seq)
		if err != nil {
			w.Fatal(err)
		}
		states = append(states, r.State)
	}
	return states
}
