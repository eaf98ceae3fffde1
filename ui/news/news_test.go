package news

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"usher/core"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// fake is Usher as far as news knows it, and the desktop.
type fake struct {
	mu    sync.Mutex
	lines []core.Line // newest first
	sent  []Note
	state core.Overview
	name  string // of whom messages are about; empty for Ann Baker

	looking, off, hide atomic.Bool
}

func (f *fake) Activity(_ context.Context, q core.ActivityQuery) (core.Activity, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	var done []core.Line
	for _, line := range f.lines {
		if slices.Contains(q.States, line.State) && len(done) < q.Limit {
			done = append(done, line)
		}
	}
	return core.Activity{Lines: done}, nil
}

func (f *fake) People(_ context.Context, text string) ([]core.PersonView, error) {
	return []core.PersonView{{Contact: text + "0", Name: "Somebody Else"}, {Contact: text, Name: cmp.Or(f.name, "Ann Baker"), UserID: 5}}, nil
}

func (f *fake) send(n Note) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.sent = append(f.sent, n)
}

// came has messages come and be done.
func (f *fake) came(outcome core.Outcome, contacts ...string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, contact := range contacts {
		line := core.Line{ID: strconv.Itoa(len(f.lines) + 1), Contact: contact, State: core.Applied, Outcome: outcome}
		f.lines = append([]core.Line{line}, f.lines...)
	}
}

// told is what was sent since it was last asked.
func (f *fake) told() []Note {
	f.mu.Lock()
	defer f.mu.Unlock()
	told := f.sent
	f.sent = nil
	return told
}

// run runs a story against news that has seen one state.
func run(t *testing.T, before func(*fake), story func(t *testing.T, f *fake, n *News)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		f := &fake{}
		before(f)
		n := Start(t.Context(), f, Host{Send: f.send, Looking: f.looking.Load, Off: f.off.Load, HideNames: f.hide.Load})
		defer n.Close()
		n.See(f.state)
		synctest.Wait()
		story(t, f, n)
	})
}

func after(n *News, o core.Overview, wait time.Duration) {
	n.See(o)
	time.Sleep(wait)
	synctest.Wait()
}

func expect(t *testing.T, f *fake, want ...Note) {
	t.Helper()
	if got := f.told(); !slices.Equal(got, want) {
		t.Errorf("told %+v, want %+v", got, want)
	}
}

func contacts(n int) (all []string) {
	for i := range n {
		all = append(all, fmt.Sprint("c", i))
	}
	return all
}

func nothing(*fake) {}

func TestWhatWasThereBeforeIsNoNews(t *testing.T) {
	run(t, func(f *fake) {
		f.came(core.Created, contacts(3)...)
		f.state.Needs = []core.Need{{Count: 4}}
	}, func(t *testing.T, f *fake, n *News) {
		after(n, f.state, time.Hour)
		expect(t, f)
	})
}

func TestOnePersonIsNamedUnlessNamesAreHidden(t *testing.T) {
	run(t, nothing, func(t *testing.T, f *fake, n *News) {
		f.came(core.Created, "7")
		after(n, core.Overview{}, time.Minute)
		expect(t, f, Note{Title: "Ann Baker is now a user", Screen: "activity", Subject: "1"})
		f.came(core.Updated, "7")
		after(n, core.Overview{}, 2*time.Minute)
		expect(t, f, Note{Title: "Ann Baker was updated", Screen: "activity", Subject: "2"})
		f.hide.Store(true)
		f.came(core.Created, "8")
		after(n, core.Overview{}, 2*time.Minute)
		expect(t, f, Note{Title: "1 new user", Screen: "activity", Subject: "3"})
	})
}

func TestANameIsNoMarkup(t *testing.T) {
	run(t, func(f *fake) { f.name = "<a href=\"https://evil.example\">Ann</a>\n<img src=x>\u202e" }, func(t *testing.T, f *fake, n *News) {
		f.came(core.Created, "7")
		after(n, core.Overview{Needs: []core.Need{{Count: 1}}}, time.Minute)
		expect(t, f, Note{Title: "1 message needs you", Text: "‹a href=\"https://evil.example\">Ann‹/a> ‹img src=x> is now a user", Screen: "needs"})
	})
}

func TestABurstIsOneSentence(t *testing.T) {
	run(t, nothing, func(t *testing.T, f *fake, n *News) {
		f.came(core.Updated, contacts(37)...)
		f.came(core.Updated, contacts(20)...) // again about the same
		f.came(core.Unchanged, "calm")
		f.came(core.Created, "x", "y")
		f.came(core.Updated, "x") // a new one is not told as updated too
		after(n, core.Overview{Needs: []core.Need{{Count: 2}, {Count: 1}}}, time.Minute)
		expect(t, f, Note{Title: "3 messages need you", Text: "2 new users · 37 users updated", Screen: "needs"})
		f.came(core.Updated, "y", "z")
		after(n, core.Overview{Needs: []core.Need{{Count: 3}}}, time.Hour)
		expect(t, f, Note{Title: "2 users updated", Screen: "activity"})
	})
}

func TestThereIsOneNotificationAMinuteAtMost(t *testing.T) {
	run(t, nothing, func(t *testing.T, f *fake, n *News) {
		for i := range 300 { // one a second
			f.came(core.Updated, fmt.Sprint("p", i))
			after(n, core.Overview{}, time.Second)
		}
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		if told := f.told(); len(told) < 5 || len(told) > 6 {
			t.Errorf("in five minutes %d: %+v", len(told), told)
		}
	})
}

func TestNothingIsToldToWhoLooksOrWantsNone(t *testing.T) {
	run(t, nothing, func(t *testing.T, f *fake, n *News) {
		for _, quiet := range []*atomic.Bool{&f.looking, &f.off} {
			quiet.Store(true)
			f.came(core.Created, contacts(2)...)
			after(n, core.Overview{Needs: []core.Need{{Count: 2}}}, 10*time.Minute)
			quiet.Store(false)
			after(n, core.Overview{Needs: []core.Need{{Count: 2}}}, 10*time.Minute)
			expect(t, f) // they have seen it
		}
		after(n, core.Overview{Needs: []core.Need{{Count: 3}}}, time.Minute)
		expect(t, f, Note{Title: "3 messages need you", Screen: "needs"})
	})
}

func TestWhatNeedsThePersonIsToldAgainOnlyWhenThereIsMore(t *testing.T) {
	run(t, nothing, func(t *testing.T, f *fake, n *News) {
		need := func(count int) core.Overview { return core.Overview{Needs: []core.Need{{Count: count}}} }
		after(n, need(2), 5*time.Minute)
		expect(t, f, Note{Title: "2 messages need you", Screen: "needs"})
		after(n, need(2), 5*time.Minute)
		after(n, need(1), 5*time.Minute)
		expect(t, f)
		after(n, need(2), 5*time.Minute)
		expect(t, f, Note{Title: "2 messages need you", Screen: "needs"})
	})
}

func TestTroubleWithTheAddressIsToldOnceItLasts(t *testing.T) {
	trouble := core.Overview{Status: core.Status{Problems: []core.Trouble{
		{Code: "address.token_refused", Title: "ngrok does not accept the token.", Fix: "x"},
		{Code: "site.unreachable", Title: "The site does not answer."},
	}}}
	run(t, nothing, func(t *testing.T, f *fake, n *News) {
		after(n, trouble, time.Minute)
		after(n, core.Overview{}, time.Hour) // it was short
		expect(t, f)
		f.came(core.Created, "7")
		after(n, trouble, lasts-10*time.Second)
		expect(t, f, Note{Title: "Ann Baker is now a user", Screen: "activity", Subject: "1"})
		time.Sleep(20 * time.Second) // and within the same minute as other news
		synctest.Wait()
		if told := f.told(); len(told) != 1 || told[0].Title != "ngrok does not accept the token." || told[0].Text == "" {
			t.Errorf("told %+v", told)
		}
		after(n, trouble, time.Hour)
		expect(t, f)
	})
}

func TestOldMessagesThatComeIntoSightAreNoNews(t *testing.T) {
	run(t, func(f *fake) { f.came(core.Updated, contacts(mostLooked+50)...) }, func(t *testing.T, f *fake, n *News) {
		f.mu.Lock()
		for i := range 20 { // tried again: no longer done
			f.lines[i].State = core.Queued
		}
		f.mu.Unlock()
		after(n, core.Overview{}, 5*time.Minute)
		expect(t, f)
	})
}
