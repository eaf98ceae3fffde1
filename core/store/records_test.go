package store

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"usher/core"
)

// fill accepts n deliveries, each about somebody else, that ended.
func (b *bench) fill(n int) {
	b.t.Helper()
	var accepting sync.WaitGroup
	for range 64 {
		accepting.Go(func() {
			for range n / 64 {
				b.accept("{}")
			}
		})
	}
	accepting.Wait()
	ended := core.NewNote("message.test", "")
	for first := 1; first <= n; first += 1000 {
		var list []Sorted
		for seq := first; seq < first+1000 && seq <= n; seq++ {
			list = append(list, Sorted{Seq: uint64(seq), CRM: "kartra", Contact: fmt.Sprintf("person%d@example.test", seq), Ignored: &ended})
		}
		if err := b.Sort(b.t.Context(), list, t0); err != nil {
			b.t.Fatal(err)
		}
	}
}

func TestRecordsArePagedWithoutAMissOrADouble(t *testing.T) {
	b := newBench(t)
	b.fill(640)
	for name, q := range map[string]Query{
		"all": {Limit: 100}, "one at a time": {Limit: 1}, "few looked at": {Limit: 100, Most: 7},
		"every tenth": {Limit: 9, Wanted: func(r core.Record) bool { return r.Seq%10 == 0 }},
	} {
		seen := map[uint64]int{}
		last := uint64(641)
		for pages := 0; ; pages++ {
			list, next, err := b.Records(t.Context(), q)
			if err != nil || pages > 700 {
				t.Fatalf("%s: page %d, %v", name, pages, err)
			}
			for _, r := range list {
				if seen[r.Seq]++; r.Seq >= last {
					t.Errorf("%s: %d after %d", name, r.Seq, last)
				}
				last = r.Seq
			}
			if q.Before = next; next == 0 {
				break
			}
		}
		want := 640
		if q.Wanted != nil {
			want = 64
		}
		if len(seen) != want {
			t.Errorf("%s: %d of %d", name, len(seen), want)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	b.fill(640)
	if _, _, err := b.Records(ctx, Query{Limit: 1, Wanted: func(core.Record) bool { return false }}); !errors.Is(err, context.Canceled) {
		t.Errorf("nobody waits any more: %v", err)
	}
}

// What a search passes by at a glance must be what a full look does not find either.
func TestSearchFindsAllThatHasTheText(t *testing.T) {
	b := newBench(t)
	if err := b.SaveSetup(t.Context(), core.Site{ID: "s1"}, core.Account{ID: "a1"}, core.Connection{ID: "c1", Name: "Kartra → Müller"}); err != nil {
		t.Fatal(err)
	}
	missing := core.NewProblem("contact.no_email", nil)
	for n, item := range []Sorted{
		{Contact: "ann@example.test", Ignored: &core.Note{Code: "message.test"}},
		{Contact: "Jürgen <\"x&y\">@example.test", Ignored: &core.Note{Code: "message.test"}},
		{Contact: "4711", Problem: missing},
		{Contact: "4712", Problem: core.NewProblem("crm.settings", nil).About("App ID")},
		{Contact: "held@example.test", Join: WorkKey{Connection: "c1", Contact: "held"}, Site: "s1"},
	} {
		item.Seq, item.CRM = b.accept("{}"), "kartra"
		if err := b.Sort(t.Context(), []Sorted{item}, t0); err != nil {
			t.Fatal(n, err)
		}
	}
	b.accept("{}") // not sorted yet
	b.settle(Settlement{Work: WorkKey{Connection: "c1", Contact: "held"}, Taken: []uint64{5}, State: core.Held, Problem: core.NewProblem("contact.bad_email", nil)})
	all, _, err := b.Records(t.Context(), Query{Limit: 100})
	if err != nil || len(all) != 6 {
		t.Fatal(len(all), err)
	}
	for text, want := range map[string]int{
		"ANN@": 1, "jürgen": 1, `<"X&Y">`: 1, "471": 2, "no e-mail": 1, "does not accept": 1, "app id": 1,
		"müller": 6, "5": 1, "example": 3, "nobody": 0, " ": 6, "": 6,
	} {
		found, _, err := b.Records(t.Context(), Query{Limit: 100, Text: text})
		if err != nil || len(found) != want {
			t.Errorf("%q is found %d times, want %d; %v", text, len(found), want, err)
		}
	}
}
