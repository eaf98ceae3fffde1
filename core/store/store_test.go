package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	bolt "go.etcd.io/bbolt"
	"go.uber.org/goleak"

	"usher/core"
	"usher/core/seal"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var t0 = time.UnixMilli(1_700_000_000_000)

// bench is a data folder that can be closed and opened again between steps.
type bench struct {
	*Store
	t        *testing.T
	dir      string
	identity seal.Identity
}

func newBench(t *testing.T) *bench {
	t.Helper()
	identity, err := seal.NewIdentity()
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{t: t, dir: t.TempDir(), identity: identity}
	birth := Birth{ID: NewID(), Secrets: "file", Recipient: identity.Recipient()}
	if err := Create(b.dir, birth); err != nil {
		t.Fatal(err)
	}
	b.open()
	t.Cleanup(func() { _ = b.Close() })
	return b
}

func (b *bench) open() {
	b.t.Helper()
	s, err := Open(b.dir)
	if err != nil {
		b.t.Fatal(err)
	}
	if err := s.Unlock(b.identity); err != nil {
		b.t.Fatal(err)
	}
	b.Store = s
}

func (b *bench) reopen() {
	b.t.Helper()
	if err := b.Close(); err != nil {
		b.t.Fatal(err)
	}
	b.open()
}

func (b *bench) accept(body string) uint64 {
	b.t.Helper()
	seq, err := b.Accept(b.t.Context(), core.Delivery{
		Received: t0, Connection: "c1", Action: core.Add, Method: "POST",
		Query: url.Values{"role": {"customer"}, "odd": {"\xff"}}, Body: []byte(body),
	})
	if err != nil {
		b.t.Fatal(err)
	}
	return seq
}

func (b *bench) sortInto(contact string, seqs ...uint64) WorkKey {
	b.t.Helper()
	key := WorkKey{Connection: "c1", Contact: contact}
	var list []Sorted
	for _, seq := range seqs {
		list = append(list, Sorted{Seq: seq, CRM: "kartra", Contact: contact, Join: key, Site: "s1"})
	}
	if err := b.Sort(b.t.Context(), list, t0); err != nil {
		b.t.Fatal(err)
	}
	return key
}

// nextWork is the one work that is due first.
func (b *bench) nextWork(now time.Time) (w Work, at time.Time, ok bool, err error) {
	works, at, err := b.Next("s1", now, 1)
	if len(works) == 0 {
		return w, at, false, err
	}
	return works[0], at, true, err
}

func (b *bench) settle(s Settlement) {
	b.t.Helper()
	if err := b.Settle(b.t.Context(), t0, s); err != nil {
		b.t.Fatal(err)
	}
}

func (b *bench) wantCounts(want core.Counts) {
	b.t.Helper()
	got, err := b.Counts()
	if err != nil {
		b.t.Fatal(err)
	}
	if got != want {
		b.t.Errorf("counts %+v, want %+v", got, want)
	}
	b.checkCounts()
}

// checkCounts recounts every delivery and compares.
func (b *bench) checkCounts() {
	b.t.Helper()
	got, err := b.Counts()
	if err != nil {
		b.t.Fatal(err)
	}
	if sum := got.Applied + got.Merged + got.Held + got.Failed + got.Queued; sum != got.Accepted {
		b.t.Errorf("states sum to %d, accepted %d", sum, got.Accepted)
	}
	if counted := b.counted(); counted != got {
		b.t.Errorf("counters %+v, deliveries say %+v", got, counted)
	}
}

// counted are the deliveries by what each says of itself.
func (b *bench) counted() core.Counts {
	b.t.Helper()
	records, _, err := b.Records(b.t.Context(), Query{Limit: 1 << 30})
	if err != nil {
		b.t.Fatal(err)
	}
	counted := core.Counts{Accepted: uint64(len(records))}
	for _, r := range records {
		switch r.State {
		case core.Applied:
			counted.Applied++
		case core.Merged:
			counted.Merged++
		case core.Held:
			counted.Held++
		case core.Failed:
			counted.Failed++
		case core.Queued:
			counted.Queued++
		}
	}
	return counted
}

func (b *bench) waiting(key WorkKey) (seqs []uint64) {
	b.t.Helper()
	err := b.EachWaiting(key, func(d core.Delivery) error {
		seqs = append(seqs, d.Seq)
		return nil
	})
	if err != nil {
		b.t.Fatal(err)
	}
	return seqs
}

func TestADeliveryComesBackAsReceivedAfterARestart(t *testing.T) {
	b := newBench(t)
	seq := b.accept(`{"lead":{"id":"1"}}`)
	b.reopen()
	list, err := b.Unsorted(10, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	if len(list) != 1 {
		t.Fatalf("%d unsorted deliveries, want 1", len(list))
	}
	d := list[0]
	if d.Seq != seq || string(d.Body) != `{"lead":{"id":"1"}}` || d.Query.Get("role") != "customer" || d.Query.Get("odd") != "\xff" ||
		d.Action != core.Add || d.Method != "POST" || !d.Received.Equal(t0) || d.Connection != "c1" {
		t.Errorf("delivery changed: %+v", d)
	}
	b.wantCounts(core.Counts{Accepted: 1, Queued: 1})
}

func TestUnsortedStopsAtItsLimits(t *testing.T) {
	b := newBench(t)
	for range 5 {
		b.accept("0123456789")
	}
	for _, c := range []struct{ limit, bytes, want int }{{3, 1000, 3}, {10, 25, 2}, {10, 1, 1}, {10, 1000, 5}} {
		list, err := b.Unsorted(c.limit, c.bytes)
		if err != nil {
			t.Fatal(err)
		}
		if len(list) != c.want {
			t.Errorf("limit %d, %d bytes: %d deliveries, want %d", c.limit, c.bytes, len(list), c.want)
		}
	}
}

func TestALockedStoreAcceptsButDoesNotOpen(t *testing.T) {
	b := newBench(t)
	b.accept("earlier")
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	locked, err := Open(b.dir)
	if err != nil {
		t.Fatal(err)
	}
	b.Store = locked
	b.accept("while locked")
	if _, err := b.Unsorted(10, 1<<20); !core.HasCode(err, "store.locked") {
		t.Errorf("reading a locked store: %v", err)
	}
	other, err := seal.NewIdentity()
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Unlock(other); !core.HasCode(err, "keyring.missing") {
		t.Errorf("a stranger's identity: %v", err)
	}
	if err := b.Unlock(b.identity); err != nil {
		t.Fatal(err)
	}
	if list, err := b.Unsorted(10, 1<<20); err != nil || len(list) != 2 {
		t.Errorf("after unlocking: %d deliveries, %v", len(list), err)
	}
}

func TestNothingPersonalIsReadableInTheFile(t *testing.T) {
	b := newBench(t)
	b.accept(`{"lead":{"id":"1","middle_name":"planted-in-body"}}`)
	err := b.SaveIntents(t.Context(), map[WorkKey]core.Intent{{"c1", "1"}: {Login: "ann", Password: core.NewSecret("planted-password")}})
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(filepath.Join(b.dir, FileName))
	if err != nil {
		t.Fatal(err)
	}
	for _, planted := range []string{"planted-in-body", "planted-password", b.identity.Text().Reveal()} {
		if bytes.Contains(raw, []byte(planted)) {
			t.Errorf("the data file shows %q", planted[:8])
		}
	}
}

func TestTheFileIsItsOwnersAlone(t *testing.T) {
	b := newBench(t)
	made := t.TempDir()
	if err := Create(made, Birth{Recipient: b.identity.Recipient()}); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(filepath.Join(made, FileName)); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("made with mode %v, %v", info.Mode(), err)
	}
	info, err := os.Stat(filepath.Join(b.dir, FileName))
	if err != nil {
		t.Fatal(err)
	}
	if mode := info.Mode().Perm(); mode != 0o600 {
		t.Errorf("mode %o, want 600", mode)
	}
	if _, err := os.Stat(filepath.Join(b.dir, FileName+".new")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the file made aside is still there: %v", err)
	}
}

func TestASecondUsherIsToldSo(t *testing.T) {
	b := newBench(t)
	if _, err := Open(b.dir); !core.HasCode(err, "store.in_use") {
		t.Errorf("second open: %v", err)
	}
	if err := Create(b.dir, Birth{Recipient: b.identity.Recipient()}); !core.HasCode(err, "store.in_use") {
		t.Errorf("create over it: %v", err)
	}
}

func TestAHalfMadeFileIsReplaced(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, FileName+".new"), []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	identity, err := seal.NewIdentity()
	if err != nil {
		t.Fatal(err)
	}
	if err := Create(dir, Birth{ID: "x", Recipient: identity.Recipient()}); err != nil {
		t.Fatal(err)
	}
	s, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestFilesOfOtherVersions(t *testing.T) {
	setVersion := func(v uint64) func(*testing.T, string) {
		return func(t *testing.T, path string) {
			db, err := bolt.Open(path, 0o600, nil)
			if err != nil {
				t.Fatal(err)
			}
			err = db.Update(func(tx *bolt.Tx) error { return tx.Bucket(bucketMeta).Put(metaVersion, seqKey(v)) })
			if err := errors.Join(err, db.Close()); err != nil {
				t.Fatal(err)
			}
		}
	}
	garbage := func(t *testing.T, path string) {
		if err := os.WriteFile(path, bytes.Repeat([]byte("not a store "), 4096), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for name, c := range map[string]struct {
		damage func(*testing.T, string)
		code   string
	}{
		"a newer Usher's file is refused": {setVersion(schemaVersion + 1), "store.newer"},
		"a damaged file is refused":       {garbage, "store.damaged"},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			if err := b.Close(); err != nil {
				t.Fatal(err)
			}
			path := filepath.Join(b.dir, FileName)
			c.damage(t, path)
			before, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := Open(b.dir); !core.HasCode(err, c.code) {
				t.Errorf("open: %v, want %s", err, c.code)
			}
			after, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(before, after) {
				t.Error("the refused file was touched")
			}
		})
	}
}

func TestWorkOfOneContactIsDoneTogether(t *testing.T) {
	b := newBench(t)
	first, second := b.accept("1"), b.accept("2")
	key := b.sortInto("ann", first, second)
	b.reopen()
	w, _, ok, err := b.nextWork(t0)
	if err != nil || !ok {
		t.Fatalf("next work: %v, %v", ok, err)
	}
	if w.Key != key || w.Count != 2 || w.First != first {
		t.Errorf("work %+v", w)
	}
	late := b.accept("3")
	b.sortInto("ann", late)
	b.settle(Settlement{Work: key, Taken: []uint64{first, second}, State: core.Applied, Outcome: core.Created, UserID: 7})
	b.reopen()
	b.wantCounts(core.Counts{Accepted: 3, Applied: 1, Merged: 1, Queued: 1})
	if r, err := b.Record(first); err != nil || r.State != core.Merged || r.Into != second {
		t.Errorf("first delivery: %+v, %v", r, err)
	}
	if r, err := b.Record(second); err != nil || r.State != core.Applied || r.Outcome != core.Created || r.UserID != 7 || r.Attempts != 1 {
		t.Errorf("second delivery: %+v, %v", r, err)
	}
	if got := b.waiting(key); !slices.Equal(got, []uint64{late}) {
		t.Errorf("waiting %v, want the one that came meanwhile", got)
	}
	b.settle(Settlement{Work: key, Taken: []uint64{late}, State: core.Applied, Outcome: core.Unchanged})
	if _, at, ok, err := b.nextWork(t0); ok || !at.IsZero() || err != nil {
		t.Errorf("work left over: %v %v %v", ok, at, err)
	}
	b.wantCounts(core.Counts{Accepted: 3, Applied: 2, Merged: 1})
}

func TestContactsWhoseNamesContinueEachOtherStayApart(t *testing.T) {
	b := newBench(t)
	a, c := b.accept("1"), b.accept("2")
	keyA, keyC := b.sortInto("4", a), b.sortInto("42", c)
	if got := b.waiting(keyA); !slices.Equal(got, []uint64{a}) {
		t.Errorf("contact 4 waits with %v", got)
	}
	if got := b.waiting(keyC); !slices.Equal(got, []uint64{c}) {
		t.Errorf("contact 42 waits with %v", got)
	}
}

func TestHeldWorkStartsOverWithTheNextDelivery(t *testing.T) {
	b := newBench(t)
	first := b.accept("1")
	key := b.sortInto("ann", first)
	b.settle(Settlement{Work: key, Taken: []uint64{first}, State: core.Held, Problem: core.NewProblem("contact.no_email", nil)})
	b.wantCounts(core.Counts{Accepted: 1, Held: 1})
	if r, err := b.Record(first); err != nil || r.State != core.Held || r.Problem.Code != "contact.no_email" {
		t.Errorf("held delivery: %+v, %v", r, err)
	}
	if _, _, ok, _ := b.nextWork(t0.Add(time.Hour)); ok {
		t.Error("held work is due")
	}
	second := b.accept("2")
	b.sortInto("ann", second)
	b.wantCounts(core.Counts{Accepted: 2, Queued: 2})
	if w, _, ok, err := b.nextWork(t0); !ok || err != nil || w.Count != 2 || w.Problem != nil || w.Attempts != 0 {
		t.Errorf("work after the second delivery: %+v %v %v", w, ok, err)
	}
}

func TestADeliveryThatCameMeanwhileIsTriedEvenIfTheOthersAreHeld(t *testing.T) {
	b := newBench(t)
	first := b.accept("1")
	key := b.sortInto("ann", first)
	b.sortInto("ann", b.accept("2"))
	b.settle(Settlement{Work: key, Taken: []uint64{first}, State: core.Held, Problem: core.NewProblem("contact.no_email", nil)})
	b.wantCounts(core.Counts{Accepted: 2, Queued: 2})
}

func TestPostponedWorkWaitsAndOthersPassIt(t *testing.T) {
	b := newBench(t)
	slow := b.sortInto("slow", b.accept("1"))
	quick := b.sortInto("quick", b.accept("2"))
	due := t0.Add(time.Minute)
	if err := b.Postpone(t.Context(), slow, due, 1, core.NewProblem("site.server_error", nil)); err != nil {
		t.Fatal(err)
	}
	b.sortInto("slow", b.accept("3")) // does not make it due earlier
	if w, _, ok, _ := b.nextWork(t0); !ok || w.Key != quick {
		t.Errorf("next is %+v, want the other contact", w.Key)
	}
	b.settle(Settlement{Work: quick, Taken: b.waiting(quick), State: core.Applied, Outcome: core.Unchanged})
	if _, at, ok, _ := b.nextWork(t0); ok || !at.Equal(due) {
		t.Errorf("next due %v, want %v", at, due)
	}
	if err := b.ClampDue(t.Context(), t0.Add(time.Second)); err != nil {
		t.Fatal(err)
	}
	w, _, ok, _ := b.nextWork(t0.Add(time.Second))
	if !ok || w.Key != slow || w.Attempts != 1 || w.Count != 2 {
		t.Errorf("after clamping: %+v, %v", w, ok)
	}
	b.wantCounts(core.Counts{Accepted: 3, Applied: 1, Queued: 2})
}

// nobody agrees to anything.
func nobody(*core.Problem) bool { return false }

func TestRequeue(t *testing.T) {
	b := newBench(t)
	ctx := t.Context()
	failed := b.accept("1")
	key := b.sortInto("ann", failed)
	b.settle(Settlement{Work: key, Taken: []uint64{failed}, State: core.Failed, Problem: core.NewProblem("user.refused", nil)})
	unreadable := b.accept("2")
	problem := core.NewProblem("delivery.malformed", nil)
	if err := b.Sort(ctx, []Sorted{{Seq: unreadable, Problem: problem}}, t0); err != nil {
		t.Fatal(err)
	}
	done := b.accept("3")
	note := core.NewNote("message.empty", "")
	if err := b.Sort(ctx, []Sorted{{Seq: done, Ignored: &note}}, t0); err != nil {
		t.Fatal(err)
	}
	b.wantCounts(core.Counts{Accepted: 3, Failed: 1, Held: 1, Applied: 1})
	if seqs, err := b.Stopped(); err != nil || !slices.Equal(seqs, []uint64{failed, unreadable}) {
		t.Errorf("stopped %v, %v", seqs, err)
	}
	if resort, err := b.Requeue(ctx, failed, t0, nobody); err != nil || resort {
		t.Errorf("requeue failed work: %v, %v", resort, err)
	}
	if resort, err := b.Requeue(ctx, unreadable, t0, nobody); err != nil || !resort {
		t.Errorf("requeue unreadable: %v, %v", resort, err)
	}
	for seq, code := range map[uint64]string{done: "command.not_retryable", failed: "command.not_retryable", 99: "command.no_delivery"} {
		if _, err := b.Requeue(ctx, seq, t0, nobody); !core.HasCode(err, code) {
			t.Errorf("requeue %d: %v, want %s", seq, err, code)
		}
	}
	if err := b.Postpone(ctx, key, t0.Add(time.Hour), 3, core.NewProblem("site.server_error", nil)); err != nil {
		t.Fatal(err)
	}
	if seqs, err := b.Stopped(); err != nil || !slices.Equal(seqs, []uint64{failed, unreadable}) {
		t.Errorf("stopped or put off %v, %v", seqs, err)
	}
	if _, err := b.Requeue(ctx, failed, t0, nobody); err != nil {
		t.Errorf("requeue what was put off: %v", err)
	}
	if w, _, ok, _ := b.nextWork(t0); !ok || w.Key != key || w.Attempts != 3 {
		t.Errorf("due now: %+v, %v", w, ok)
	}
	b.sortInto("bob", unreadable) // it could be read after all
	b.sortInto("bob", done)       // ended: left alone
	b.wantCounts(core.Counts{Accepted: 3, Applied: 1, Queued: 2})
}

func TestLinksAreFoundByContactAndByUser(t *testing.T) {
	b := newBench(t)
	ctx := t.Context()
	ann := core.Link{SiteID: "s1", AccountID: "a1", ContactID: "1", UserID: 5, Login: "ann", Base: map[string]string{"first_name": "Ann"}}
	same := core.Link{SiteID: "s1", AccountID: "a2", ContactID: "9", UserID: 5}
	for _, l := range []core.Link{ann, same} {
		if err := b.SaveLink(ctx, l); err != nil {
			t.Fatal(err)
		}
	}
	b.reopen()
	if l, ok, err := b.Link("s1", "a1", "1"); err != nil || !ok || l.Login != "ann" || l.Base["first_name"] != "Ann" {
		t.Errorf("link %+v %v %v", l, ok, err)
	}
	if links, err := b.LinksOf("s1", 5); err != nil || len(links) != 2 {
		t.Errorf("%d links of the user, %v", len(links), err)
	}
	ann.UserID = 6
	if err := b.SaveLink(ctx, ann); err != nil {
		t.Fatal(err)
	}
	if links, err := b.LinksOf("s1", 5); err != nil || len(links) != 1 || links[0].ContactID != "9" {
		t.Errorf("links of the user after one moved on: %v, %v", links, err)
	}
}

func TestAnIntentSurvivesARestartAndGoesWithItsSettlement(t *testing.T) {
	b := newBench(t)
	key := b.sortInto("ann", b.accept("1"))
	want := core.Intent{Login: "ann", Email: "ann@example.test", Password: core.NewSecret("pw"), Op: "op1", SiteTime: t0}
	if err := b.SaveIntents(t.Context(), map[WorkKey]core.Intent{key: want}); err != nil {
		t.Fatal(err)
	}
	b.reopen()
	got, ok, err := b.Intent(key)
	if err != nil || !ok {
		t.Fatalf("intent: %v, %v", ok, err)
	}
	if got.Login != want.Login || got.Email != want.Email || !got.Password.Equal(want.Password) || got.Op != want.Op || !got.SiteTime.Equal(t0) {
		t.Errorf("intent changed: %+v", got)
	}
	b.settle(Settlement{Work: key, Taken: b.waiting(key), State: core.Applied, Outcome: core.Created, EraseIntent: true})
	if _, ok, err := b.Intent(key); ok || err != nil {
		t.Errorf("intent after settling: %v, %v", ok, err)
	}
}

func TestKeysNameTheirConnection(t *testing.T) {
	b := newBench(t)
	site, account := core.Site{ID: "s1", API: "https://a.test/wp-json"}, core.Account{ID: "a1", Name: "kartra"}
	conn := core.Connection{ID: "c1", Name: "shop", Keys: []core.KeyDigest{b.Digest("old-key"), b.Digest("new-key")}}
	if err := b.SaveSetup(t.Context(), site, account, conn); err != nil {
		t.Fatal(err)
	}
	b.reopen()
	for key, want := range map[string]bool{"old-key": true, "new-key": true, "": false, "other": false, "new-key ": false} {
		if id, name, ok := b.Connection(key); ok != want || (ok && (id != "c1" || name != "shop")) {
			t.Errorf("key %q: %q %q %v", key, id, name, ok)
		}
	}
	b.accept("1") // writes uses down
	b.reopen()
	if used, err := b.KeyUsed(b.Digest("old-key")); err != nil || time.Since(used) > time.Hour {
		t.Errorf("last use %v, %v", used, err)
	}
	if used, err := b.KeyUsed(b.Digest("other")); err != nil || !used.IsZero() {
		t.Errorf("last use of a stranger's key %v, %v", used, err)
	}
}

func TestAFailingOperationHarmsNobodyInItsGroup(t *testing.T) {
	b := newBench(t)
	var group sync.WaitGroup
	for i := range 64 {
		group.Go(func() {
			if i%8 == 0 {
				err := b.update(t.Context(), func(tx *bolt.Tx) error {
					_ = tx.Bucket(bucketSettings).Put([]byte("half"), []byte("1"))
					return fmt.Errorf("operation %d", i)
				})
				if err == nil || err.Error() != fmt.Sprintf("operation %d", i) {
					t.Errorf("failing operation got %v", err)
				}
				return
			}
			b.accept("x")
		})
	}
	group.Wait()
	b.wantCounts(core.Counts{Accepted: 56, Queued: 56})
	var half int
	if ok, err := b.Setting("half", &half); ok || err != nil {
		t.Errorf("a failed operation left a trace: %v %v", ok, err)
	}
}

func TestAfterCloseEverythingSaysSo(t *testing.T) {
	b := newBench(t)
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Accept(context.Background(), core.Delivery{}); !core.HasCode(err, "store.closed") {
		t.Errorf("accept: %v", err)
	}
	if _, err := b.Counts(); !core.HasCode(err, "store.closed") {
		t.Errorf("counts: %v", err)
	}
	if err := b.Close(); err != nil {
		t.Errorf("second close: %v", err)
	}
}

// Whatever the order of events, every delivery is in exactly one state and the counters
// say so, also over restarts.
func TestCountersAlwaysAddUp(t *testing.T) {
	seed := rand.Uint64()
	rnd := rand.New(rand.NewPCG(seed, 1))
	t.Logf("seed %d", seed)
	b := newBench(t)
	ctx := t.Context()
	var unsorted []uint64
	contacts := []string{"ann", "bob", "cy"}
	for step := range 400 {
		switch rnd.IntN(8) {
		case 0, 1, 2:
			unsorted = append(unsorted, b.accept("x"))
		case 3, 4:
			if len(unsorted) > 0 {
				b.sortInto(contacts[rnd.IntN(len(contacts))], unsorted...)
				unsorted = nil
			}
		case 5, 6:
			w, _, ok, err := b.nextWork(t0.Add(time.Hour))
			if err != nil {
				t.Fatal(err)
			}
			if ok {
				taken := b.waiting(w.Key)
				taken = taken[:1+rnd.IntN(len(taken))]
				state := []core.State{core.Applied, core.Held, core.Failed}[rnd.IntN(3)]
				result := Settlement{Work: w.Key, Taken: taken, State: state, Outcome: core.Updated}
				if state != core.Applied {
					result.Problem = core.NewProblem("user.refused", nil)
				}
				b.settle(result)
			}
		case 7:
			stopped, err := b.Stopped()
			if err != nil {
				t.Fatal(err)
			}
			if len(stopped) > 0 {
				if _, err := b.Requeue(ctx, stopped[rnd.IntN(len(stopped))], t0, nobody); err != nil {
					t.Fatal(err)
				}
			}
		}
		if step%40 == 0 {
			b.reopen()
		}
		b.checkCounts()
	}
}

func TestSeveralWorksAreTakenAndSettledTogether(t *testing.T) {
	b := newBench(t)
	var keys []WorkKey
	var seqs []uint64
	for _, name := range []string{"ann", "bob", "cy"} {
		seq := b.accept(name)
		seqs, keys = append(seqs, seq), append(keys, b.sortInto(name, seq))
	}
	works, _, err := b.Next("s1", t0, 2)
	if err != nil || len(works) != 2 || works[0].Key != keys[0] || works[1].Key != keys[1] {
		t.Fatalf("the first two are %+v, %v", works, err)
	}
	done := func(i int) Settlement {
		return Settlement{Work: keys[i], Taken: seqs[i : i+1], State: core.Applied, Outcome: core.Created}
	}
	missing := Settlement{Work: WorkKey{"c1", "nobody"}, Taken: []uint64{9}, State: core.Applied}
	if err := b.Settle(t.Context(), t0, done(0), missing); !core.HasCode(err, "store.damaged") {
		t.Errorf("settling what is not there: %v", err)
	}
	b.wantCounts(core.Counts{Accepted: 3, Queued: 3})
	if err := b.Settle(t.Context(), t0, done(0), done(1)); err != nil {
		t.Fatal(err)
	}
	b.wantCounts(core.Counts{Accepted: 3, Queued: 1, Applied: 2})
	if works, _, err = b.Next("s1", t0, 5); err != nil || len(works) != 1 || works[0].Key != keys[2] {
		t.Errorf("left: %+v, %v", works, err)
	}
}

func TestASiteThatIsTrustedAnew(t *testing.T) {
	b := newBench(t)
	site := core.Site{ID: "s1", Home: "https://shop.test"}
	if err := b.SaveSetup(t.Context(), site, core.Account{ID: "a1"}, core.Connection{ID: "c1", SiteID: "s1"}); err != nil {
		t.Fatal(err)
	}
	for _, link := range []core.Link{
		{SiteID: "s1", AccountID: "a1", ContactID: "1", UserID: 4, Login: "ann", Base: map[string]string{"first_name": "Ann"}},
		{SiteID: "s11", AccountID: "a1", ContactID: "1", UserID: 4, Login: "ann"},
	} {
		if err := b.SaveLink(t.Context(), link); err != nil {
			t.Fatal(err)
		}
	}
	for _, err := range []error{b.Identify(t.Context(), "s1", "id-1"), b.Distrust(t.Context(), "s1"), b.Distrust(t.Context(), "gone")} {
		if err != nil {
			t.Fatal(err)
		}
	}
	if got := b.Config().Sites["s1"]; !got.Swapped || got.Identity != "id-1" || got.Home != site.Home {
		t.Errorf("site %+v", got)
	}
	if err := b.TrustAnew(t.Context(), "s1"); err != nil {
		t.Fatal(err)
	}
	b.reopen()
	if got := b.Config().Sites["s1"]; got != site {
		t.Errorf("site %+v", got)
	}
	link, _, _ := b.Link("s1", "a1", "1")
	other, _, _ := b.Link("s11", "a1", "1")
	if link.Login != "" || link.UserID != 4 || link.Base["first_name"] != "Ann" || other.Login != "ann" {
		t.Errorf("links %+v and %+v", link, other)
	}
}

func TestCreatedSince(t *testing.T) {
	b := newBench(t)
	settle := func(contact string, conn string, outcome core.Outcome, at time.Time) {
		t.Helper()
		key := WorkKey{Connection: conn, Contact: contact}
		seq := b.accept(contact)
		if err := b.Sort(t.Context(), []Sorted{{Seq: seq, CRM: "kartra", Contact: contact, Join: key, Site: "s1"}}, at); err != nil {
			t.Fatal(err)
		}
		if err := b.Settle(t.Context(), at, Settlement{Work: key, Taken: []uint64{seq}, State: core.Applied, Outcome: outcome}); err != nil {
			t.Fatal(err)
		}
	}
	settle("old", "c1", core.Created, t0)
	settle("first", "c1", core.Created, t0.Add(time.Hour))
	settle("other", "c2", core.Created, t0.Add(time.Hour))
	settle("known", "c1", core.Updated, t0.Add(time.Hour))
	settle("second", "c1", core.Created, t0.Add(2*time.Hour))
	made, err := b.CreatedSince("c1", t0.Add(time.Minute))
	if err != nil || len(made) != 2 || !made[0].Equal(t0.Add(time.Hour)) || !made[1].Equal(t0.Add(2*time.Hour)) {
		t.Errorf("got %v, %v", made, err)
	}
}
