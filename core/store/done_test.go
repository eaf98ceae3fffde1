package store

import (
	"slices"
	"testing"
	"time"

	"usher/core"
)

func heldWith(key WorkKey, outcome core.Outcome, taken []uint64, notes ...string) Settlement {
	s := Settlement{
		Work: key, Taken: taken, State: core.Held, Outcome: outcome, Problem: core.NewProblem("role.ask", nil).About("author"), UserID: 7,
		Link: &core.Link{SiteID: "s1", AccountID: "a1", ContactID: key.Contact, UserID: 7},
	}
	for _, code := range notes {
		s.Notes = append(s.Notes, core.NewNote(code, ""))
	}
	return s
}

func (b *bench) wantRecord(seq uint64, state core.State, outcome core.Outcome, user int64, notes ...string) {
	b.t.Helper()
	r, err := b.Record(seq)
	var codes []string
	for _, n := range r.Notes {
		codes = append(codes, n.Code)
	}
	if err != nil || r.State != state || r.Outcome != outcome || r.UserID != user || !slices.Equal(codes, notes) {
		b.t.Errorf("delivery %d: %+v, %v", seq, r, err)
	}
}

// What is held may have made its user all the same, and says so then and in the end.
func TestWhatIsDoneWhileWorkIsHeld(t *testing.T) {
	b := newBench(t)
	first := b.accept("1")
	key := b.sortInto("ann", first)
	b.settle(heldWith(key, core.Created, []uint64{first}, "mail.sent"))
	b.wantRecord(first, core.Held, core.Created, 7, "mail.sent")

	second := b.accept("2")
	b.sortInto("ann", second)
	b.reopen()
	w, _, ok, err := b.nextWork(t0)
	if !ok || err != nil || !w.Had(first) || w.Had(second) {
		t.Fatalf("work %+v, %v", w, err)
	}
	b.settle(heldWith(key, core.Updated, []uint64{first, second}, "mail.sent", "field.nowhere"))
	b.wantRecord(first, core.Held, "", 0)
	b.wantRecord(second, core.Held, core.Created, 7, "mail.sent", "field.nowhere")
	b.settle(Settlement{Work: key, Taken: []uint64{first, second}, State: core.Held, Problem: core.NewProblem("user.refused", nil)})
	b.wantRecord(second, core.Held, core.Created, 7, "mail.sent", "field.nowhere")

	end := heldWith(key, core.Unchanged, []uint64{first, second}, "state.outdated")
	end.State, end.Problem = core.Applied, nil
	b.settle(end)
	b.wantRecord(first, core.Merged, "", 0)
	b.wantRecord(second, core.Applied, core.Created, 7, "mail.sent", "field.nowhere", "state.outdated")
	b.wantCounts(core.Counts{Accepted: 2, Applied: 1, Merged: 1})
}

func TestWhatWorkComesToInTheEnd(t *testing.T) {
	for name, test := range map[string]struct{ first, then, held, end core.Outcome }{
		"made, then changed":     {core.Created, core.Updated, core.Created, core.Created},
		"changed, then nothing":  {core.Updated, core.Unchanged, core.Updated, core.Updated},
		"nothing, then changed":  {core.Unchanged, core.Updated, "", core.Updated},
		"nothing, then nothing":  {core.Unchanged, core.Unchanged, "", core.Unchanged},
		"made, then deleted":     {core.Created, core.NoUser, core.Created, core.NoUser},
		"changed, then an admin": {core.Updated, core.Protected, core.Updated, core.Protected},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			seq := b.accept("1")
			key := b.sortInto("ann", seq)
			b.settle(heldWith(key, test.first, []uint64{seq}))
			b.wantRecord(seq, core.Held, test.held, 7)
			end := heldWith(key, test.then, []uint64{seq})
			end.State, end.Problem = core.Applied, nil
			b.settle(end)
			b.wantRecord(seq, core.Applied, test.end, 7)
		})
	}
}

// Only what had its user counts as had: a contact without an address still asks for one.
func TestHeldWorkWithoutAUserIsNotDone(t *testing.T) {
	b := newBench(t)
	seq := b.accept("1")
	key := b.sortInto("ann", seq)
	held := heldWith(key, core.NoUser, []uint64{seq})
	held.Link.UserID = 0
	b.settle(held)
	b.wantRecord(seq, core.Held, "", 0)
	b.sortInto("ann", b.accept("2"))
	if w, _, _, _ := b.nextWork(t0); w.Had(seq) {
		t.Errorf("work %+v", w)
	}
}

func TestAYesIsToADetailToo(t *testing.T) {
	b := newBench(t)
	seq := b.accept("1")
	key := b.sortInto("ann", seq)
	b.settle(heldWith(key, core.Created, []uint64{seq}))
	yes := func(*core.Problem) bool { return true }
	if _, err := b.Requeue(t.Context(), seq, t0, yes); err != nil {
		t.Fatal(err)
	}
	if w, _, _, _ := b.nextWork(t0); w.Agreed != "role.ask" || w.AgreedTo != "author" {
		t.Errorf("agreed to %q, %q", w.Agreed, w.AgreedTo)
	}
	b.sortInto("ann", b.accept("2"))
	if w, _, _, _ := b.nextWork(t0); w.Agreed != "" || w.AgreedTo != "" {
		t.Errorf("after a newcomer: %q, %q", w.Agreed, w.AgreedTo)
	}
}

func TestReopen(t *testing.T) {
	b := newBench(t)
	hold := func(contact string, problem *core.Problem) uint64 {
		seq := b.accept(contact)
		held := heldWith(b.sortInto(contact, seq), core.Created, []uint64{seq})
		held.Problem = problem
		b.settle(held)
		return seq
	}
	asked := hold("ann", core.NewProblem("role.ask", nil).About("author"))
	other := hold("bob", core.NewProblem("user.email_change", nil))
	for _, nothing := range []struct {
		connection string
		codes      []string
	}{{"c2", []string{"role.ask"}}, {"c", []string{"role.ask"}}, {"c1", []string{"role.powerful"}}, {"c1", nil}} {
		if err := b.Reopen(t.Context(), nothing.connection, t0, nothing.codes...); err != nil {
			t.Fatal(err)
		}
	}
	b.wantCounts(core.Counts{Accepted: 2, Held: 2})
	if err := b.Reopen(t.Context(), "c1", t0, "role.powerful", "role.ask"); err != nil {
		t.Fatal(err)
	}
	b.wantRecord(asked, core.Queued, core.Created, 7)
	b.wantRecord(other, core.Held, core.Created, 7)
	if w, _, ok, _ := b.nextWork(t0.Add(time.Second)); !ok || w.Key.Contact != "ann" || w.Agreed != "" || w.Problem != nil {
		t.Errorf("due: %+v", w)
	}
	b.wantCounts(core.Counts{Accepted: 2, Held: 1, Queued: 1})
}
