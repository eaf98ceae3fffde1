package engine

import (
	"strings"
	"testing"
	"time"

	"usher/core"
)

func TestACrowdIsOneQuestion(t *testing.T) {
	bubble(t, func(w *world) {
		seqs := w.sendMany(60, "")
		w.pass(20 * time.Minute)
		w.wantAll(seqs[:50], core.Created)
		for _, seq := range seqs[50:] {
			if r := w.want(seq, core.Held, ""); r.Problem.Code != "connection.crowd" {
				w.Errorf("problem %v", r.Problem)
			}
		}
		w.wantOneEach(50)
		status, err := w.engine.Status(w.Context())
		if err != nil || len(status.Problems) != 1 || status.Problems[0].Code != "connection.crowd" || status.Problems[0].About != "shop" {
			w.Errorf("status %+v, %v", status, err)
		}
		// Who is known already is no newcomer, and a restart forgets nothing.
		w.want(w.send(core.Update, "", "list_subscription", lead{"id": "1", "email": "p0@example.test", "first_name": "New"}), core.Applied, core.Updated)
		w.restart()
		w.want(w.send(core.Add, "", "list_subscription", person(70)), core.Held, "")

		if n, err := w.engine.Retry(w.Context(), ""); n != 11 || err != nil {
			w.Errorf("retried %d, %v", n, err)
		}
		w.pass(time.Minute)
		w.wantAll(seqs[50:], core.Created)
		w.wantOneEach(61)
		w.wantNoTrouble()
		w.pass(time.Hour)
		w.want(w.send(core.Add, "", "list_subscription", person(80)), core.Applied, core.Created)
	})
}

func TestHowManyAreACrowdIsASetting(t *testing.T) {
	bubbleOn(t, func(*memorySite) {}, func(w *world) {
		w.setup(strings.Replace(setupJSON, `"name":"shop"`, `"name":"shop","most_new_users":2`, 1))
		w.made(2)
		w.want(w.send(core.Add, "", "list_subscription", person(5)), core.Held, "")
		negative := strings.Replace(setupJSON, `"name":"shop"`, `"name":"shop","most_new_users":-1`, 1)
		if _, err := w.engine.Setup(w.Context(), []byte(negative)); !core.HasCode(err, "setup.invalid") {
			w.Errorf("a negative number: %v", err)
		}
	})
}

func TestAnEMailChangeIsAgreedToOneByOne(t *testing.T) {
	bubble(t, func(w *world) {
		w.send(core.Add, "", "list_subscription", ann())
		changed := ann()
		changed["email"] = "new@example.test"
		seq := w.send(core.Update, "", "list_subscription", changed)
		w.want(seq, core.Held, "")
		if _, err := w.engine.Retry(w.Context(), ""); err != nil { // among many
			w.Fatal(err)
		}
		w.pass(time.Second)
		w.want(seq, core.Held, "")
		if u := w.site.only(w.T); u.Email != "ann@example.test" {
			w.Errorf("changed without consent: %s", u.Email)
		}
		if _, err := w.engine.Retry(w.Context(), core.FormatID(seq)); err != nil {
			w.Fatal(err)
		}
		w.pass(time.Second)
		w.want(seq, core.Applied, core.Updated)
		if u := w.site.only(w.T); u.Email != "new@example.test" {
			w.Errorf("not changed: %s", u.Email)
		}
	})
}

// With the helper a create is sent without looking first; who was there is no newcomer.
func TestPeopleWhoWereThereAreNoCrowd(t *testing.T) {
	bubble(t, func(w *world) {
		for i := range 60 {
			w.site.add(core.User{Login: person(i)["email"].(string), Email: person(i)["email"].(string), Fields: core.Fields{}, Roles: []string{"subscriber"}})
		}
		w.setup(strings.Replace(setupJSON, `"name":"shop"`, `"name":"shop","most_new_users":5`, 1))
		seqs := w.sendMany(63, "")
		w.pass(20 * time.Minute)
		w.wantAll(seqs[:60], core.Updated)
		w.wantAll(seqs[60:], core.Created)
		w.wantOneEach(63)
		w.wantNoTrouble()
	})
}

// A yes is to the question that was asked, and to nothing that came after it.
func TestAYesIsToOneQuestionOnly(t *testing.T) {
	bubble(t, func(w *world) {
		w.send(core.Add, "", "list_subscription", ann())
		changed := ann()
		changed["email"] = "new@example.test"
		seq := w.send(core.Update, "", "list_subscription", changed)
		w.want(seq, core.Held, "")
		w.site.setFail(down)
		if _, err := w.engine.Retry(w.Context(), core.FormatID(seq)); err != nil {
			w.Fatal(err)
		}
		changed["email"] = "stranger@example.test"
		later := w.send(core.Update, "", "list_subscription", changed)
		w.site.setFail(nil)
		w.pass(20 * time.Minute)
		w.want(later, core.Held, "")
		if u := w.site.only(w.T); u.Email != "ann@example.test" {
			w.Errorf("the address is %s", u.Email)
		}
	})
}
