package store

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	bolt "go.etcd.io/bbolt"

	"usher/core"
)

const day = 24 * time.Hour

// settleAt ends work at a time of its own.
func (b *bench) settleAt(at time.Time, s Settlement) {
	b.t.Helper()
	if err := b.Settle(b.t.Context(), at, s); err != nil {
		b.t.Fatal(err)
	}
}

// expire erases, at a time, what ended more than two weeks before.
func (b *bench) expire(now time.Time) int {
	b.t.Helper()
	n, err := b.Expire(b.t.Context(), now.Add(-14*day), now)
	if err != nil {
		b.t.Fatal(err)
	}
	b.checkCounts()
	return n
}

func (b *bench) isErased(seq uint64) bool {
	b.t.Helper()
	_, err := b.Delivery(seq)
	if err != nil && !core.HasCode(err, "delivery.expired") {
		b.t.Fatal(err)
	}
	return err != nil
}

func (b *bench) recorded(seq uint64) core.Record {
	b.t.Helper()
	r, err := b.Record(seq)
	if err != nil {
		b.t.Fatal(err)
	}
	return r
}

func TestWhatEndedExpiresAndWhatWaitsDoesNot(t *testing.T) {
	for name, c := range map[string]struct {
		end    func(b *bench, seq uint64) // at t0
		erased bool
		state  core.State
	}{
		"applied": {func(b *bench, seq uint64) {
			b.settle(Settlement{Work: b.sortInto("ann", seq), Taken: []uint64{seq}, State: core.Applied, Outcome: core.Updated, UserID: 7})
		}, true, core.Applied},
		"merged": {func(b *bench, seq uint64) {
			newer := b.accept("newer")
			b.settle(Settlement{Work: b.sortInto("ann", seq, newer), Taken: []uint64{seq, newer}, State: core.Applied})
		}, true, core.Merged},
		"failed": {func(b *bench, seq uint64) {
			b.settle(Settlement{Work: b.sortInto("ann", seq), Taken: []uint64{seq}, State: core.Failed, Problem: core.NewProblem("user.refused", nil)})
		}, true, core.Failed},
		"ignored": {func(b *bench, seq uint64) {
			note := core.NewNote("message.empty", "")
			_ = b.Sort(t.Context(), []Sorted{{Seq: seq, Ignored: &note}}, t0)
		}, true, core.Applied},
		"held": {func(b *bench, seq uint64) {
			b.settle(Settlement{Work: b.sortInto("ann", seq), Taken: []uint64{seq}, State: core.Held, Problem: core.NewProblem("contact.no_email", nil)})
		}, false, core.Held},
		"held alone": {func(b *bench, seq uint64) {
			_ = b.Sort(t.Context(), []Sorted{{Seq: seq, Problem: core.NewProblem("delivery.malformed", nil)}}, t0)
		}, false, core.Held},
		"waiting":    {func(b *bench, seq uint64) { b.sortInto("ann", seq) }, false, core.Queued},
		"not sorted": {func(*bench, uint64) {}, false, core.Queued},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			seq := b.accept("what was said")
			c.end(b, seq)
			before := b.recorded(seq)
			b.expire(t0.Add(14 * day))
			if b.isErased(seq) {
				t.Error("erased on the day itself")
			}
			b.expire(t0.Add(15 * day))
			after := b.recorded(seq)
			if b.isErased(seq) != c.erased || after.State != c.state {
				t.Errorf("erased %t, state %s", b.isErased(seq), after.State)
			}
			if after.Outcome != before.Outcome || after.UserID != before.UserID || after.Contact != before.Contact || (after.Problem == nil) != (before.Problem == nil) {
				t.Errorf("the line was %+v and is %+v", before, after)
			}
		})
	}
}

func TestWhatWasGivenUpIsOverOnceItExpired(t *testing.T) {
	b := newBench(t)
	seq := b.accept("what was said")
	ann := b.sortInto("ann", seq)
	if err := b.SaveIntents(t.Context(), map[WorkKey]core.Intent{ann: {Login: "ann"}}); err != nil {
		t.Fatal(err)
	}
	b.settle(Settlement{Work: ann, Taken: []uint64{seq}, State: core.Failed, Problem: core.NewProblem("user.refused", nil)})
	b.expire(t0.Add(15 * day))
	if _, err := b.Requeue(t.Context(), seq, t0, func(*core.Problem) bool { return true }); !core.HasCode(err, "command.not_retryable") {
		t.Errorf("started again: %v", err)
	}
	if seqs, err := b.Stopped(); err != nil || len(seqs) != 0 {
		t.Errorf("to be started again: %v, %v", seqs, err)
	}
	if _, ok, err := b.Intent(ann); ok || err != nil {
		t.Errorf("the intent is there still: %v", err)
	}
	newer := b.accept("a new message") // begins anew
	b.settle(Settlement{Work: b.sortInto("ann", newer), Taken: []uint64{newer}, State: core.Applied})
	b.wantCounts(core.Counts{Accepted: 2, Applied: 1, Failed: 1})
}

func TestWhatEndedByAWrongClockCountsFromNow(t *testing.T) {
	b := newBench(t)
	ahead := t0.Add(365 * day)
	done, failed := b.accept("done"), b.accept("failed")
	b.settleAt(ahead, Settlement{Work: b.sortInto("ann", done), Taken: []uint64{done}, State: core.Applied})
	b.settleAt(ahead, Settlement{Work: b.sortInto("bob", failed), Taken: []uint64{failed}, State: core.Failed, Problem: core.NewProblem("user.refused", nil)})
	for _, c := range []struct {
		days   time.Duration
		erased bool
	}{{0, false}, {13, false}, {15, true}} {
		if b.expire(t0.Add(c.days * day)); b.isErased(done) != c.erased || b.isErased(failed) != c.erased {
			t.Errorf("after %d days: erased %t, %t", c.days, b.isErased(done), b.isErased(failed))
		}
	}
}

func TestManyExpireInManyTransactions(t *testing.T) {
	b := newBench(t)
	const n = sweepAtOnce + 7
	seqs := make([]uint64, n)
	for i := range seqs {
		seqs[i] = b.accept("x")
	}
	b.settle(Settlement{Work: b.sortInto("ann", seqs...), Taken: seqs, State: core.Applied})
	if erased := b.expire(t0.Add(15 * day)); erased != n {
		t.Errorf("%d erased of %d", erased, n)
	}
	if again := b.expire(t0.Add(16 * day)); again != 0 {
		t.Errorf("%d erased once more", again)
	}
}

func TestDataKeysGoWithTheLastThatNeedsThem(t *testing.T) {
	b := newBench(t)
	keys := func() (n int) {
		_ = b.view(func(tx *bolt.Tx) error {
			n = tx.Bucket(bucketDataKeys).Stats().KeyN
			return nil
		})
		return n
	}
	first := b.accept("first run")
	b.reopen()
	held := b.accept("second run")
	b.sortInto("held", held)
	b.reopen()
	cy := WorkKey{"c1", "cy"}
	if err := b.SaveIntents(t.Context(), map[WorkKey]core.Intent{cy: {Login: "cy"}}); err != nil {
		t.Fatal(err)
	}
	b.reopen()
	b.accept("this run")
	b.settle(Settlement{Work: b.sortInto("ann", first), Taken: []uint64{first}, State: core.Applied})
	b.expire(t0)
	if keys() != 4 {
		t.Errorf("%d data keys before anything expired", keys())
	}
	b.expire(t0.Add(15 * day))
	if keys() != 3 {
		t.Errorf("%d data keys, want those of what waits, the intent and this run", keys())
	}
	b.reopen()
	if in, ok, err := b.Intent(cy); !ok || err != nil || in.Login != "cy" {
		t.Errorf("intent %v, %v", ok, err)
	}
	if b.isErased(held) {
		t.Error("what waits is erased")
	}
	last := b.accept("the last run")
	b.settle(Settlement{Work: b.sortInto("bob", last), Taken: []uint64{last}, State: core.Applied})
	before := keys()
	if b.expire(t0.Add(15 * day)); !b.isErased(last) || keys() != before {
		t.Errorf("%d data keys, want %d: this run's own may come into use while nobody looks", keys(), before)
	}
}

func TestOldCopiesExpireToo(t *testing.T) {
	b := newBench(t)
	old, young := filepath.Join(b.dir, FileName+".v1"), filepath.Join(b.dir, FileName+".v2")
	for path, at := range map[string]time.Time{old: t0, young: t0.Add(10 * day)} {
		if err := os.WriteFile(path, []byte("a copy"), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, at, at); err != nil {
			t.Fatal(err)
		}
	}
	b.expire(t0.Add(15 * day))
	if _, err := os.Stat(old); !os.IsNotExist(err) {
		t.Errorf("the old copy: %v", err)
	}
	if _, err := os.Stat(young); err != nil {
		t.Errorf("the young copy: %v", err)
	}
}

func TestTheOldestThatEndedGo(t *testing.T) {
	b := newBench(t)
	var held WorkKey
	for i := range 10 {
		seq := b.accept("x")
		work := b.sortInto(string(rune('a'+i)), seq)
		s := Settlement{Work: work, Taken: []uint64{seq}, State: core.Applied, Link: &core.Link{SiteID: "s1", AccountID: "a1", ContactID: work.Contact, UserID: int64(i + 1)}}
		if i == 1 {
			s.State, s.Problem, held = core.Held, core.NewProblem("contact.no_email", nil), work
		}
		b.settle(s)
	}
	want := core.Counts{Accepted: 10, Applied: 9, Held: 1}
	trim := func(most uint64, now time.Time) (ids []uint64, entries int) {
		t.Helper()
		if err := b.Trim(t.Context(), most, now); err != nil {
			t.Fatal(err)
		}
		records, _, err := b.Records(t.Context(), Query{Limit: 100})
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range records {
			ids = append(ids, r.Seq)
		}
		journal, err := b.Journal(100)
		if err != nil {
			t.Fatal(err)
		}
		if counts, err := b.Counts(); err != nil || counts != want {
			t.Errorf("counts %+v, %v", counts, err)
		}
		return ids, len(journal)
	}
	if ids, entries := trim(10, t0.Add(2*day)); len(ids) != 10 || entries != 10 {
		t.Errorf("below the limit: %v, %d entries", ids, entries)
	}
	if ids, entries := trim(4, t0.Add(time.Hour)); len(ids) != 5 || ids[4] != 2 || ids[3] != 7 || entries != 10 {
		t.Errorf("kept %v, and %d entries of today", ids, entries)
	}
	if _, entries := trim(4, t0.Add(2*day)); entries != 4 {
		t.Errorf("%d entries", entries)
	}
	if link, ok, err := b.Link("s1", "a1", "a"); !ok || err != nil || link.UserID != 1 {
		t.Errorf("the oldest link: %v, %v", ok, err)
	}
	if waiting := b.waiting(held); len(waiting) != 1 || b.isErased(2) {
		t.Errorf("what is held lost its message: %v", waiting)
	}
	if seq := b.accept("next"); seq != 11 {
		t.Errorf("a number is given twice: %d", seq)
	}
}
