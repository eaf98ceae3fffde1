package main

import (
	"context"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"usher/cmd/internal/realdesktop"
	"usher/core"
	"usher/core/store"
)

const (
	manyRows = 100_000
	// promptly is how long the window may take to answer a hand. It is generous: the program
	// is built to find races, and the machine may be small and busy. A window that answers to
	// every message, or reads all rows, takes far longer.
	promptly = 15 * time.Second
)

// busy: a journal of 100,000 messages, and then a storm of more, a thousand a second if the
// machine can. The window answers, quitting is quick, and whatever was answered is there.
func busy(t *testing.T, program string) {
	s := newShop(t)
	s.fill(manyRows)
	p := s.start(program)
	w := p.Window(title)
	door := s.door(w, core.Update)

	w.ClickOn(realdesktop.Button("Activity"))
	w.Find(realdesktop.Saying(person(manyRows)))
	within(t, "the end of a long scroll", func() {
		w.Scroll(600, 500, 200)
		w.WaitGone(realdesktop.Saying(person(manyRows)))
	})
	within(t, "the search for the very first", func() {
		w.TypeInto(realdesktop.Entry("Search for a person, a connection or a problem"), person(1))
		w.Find(realdesktop.Saying(person(1)))
	})
	w.Press("ctrl+a", "BackSpace")

	storm := s.storm(door)
	for range 2 {
		for _, screen := range []string{"People", "Settings", "Activity"} {
			within(t, screen, func() { s.turnTo(w, screen) })
		}
	}
	stopping := time.Now()
	p.Signal(syscall.SIGTERM)
	if code := p.WaitExit(); code != 0 || time.Since(stopping) > promptly {
		t.Errorf("exit code %d after %v", code, time.Since(stopping))
	}
	ids := storm.end()
	if len(ids) == 0 {
		t.Error("no message of the storm was answered")
	}

	s.door(s.start(program).Window(title), core.Update)
	lines := s.deliveries(2*len(ids) + 1000)
	for _, id := range ids {
		if _, there := lines[id]; !there {
			t.Fatalf("%s was answered and is not there", id)
		}
	}
}

func (s *shop) turnTo(w *realdesktop.Window, screen string) {
	s.t.Helper()
	w.ClickOn(realdesktop.Button(screen))
	s.Wait(screen, func() bool { return w.Has(realdesktop.Text(screen)) })
}

// within fails the test where the window takes too long.
func within(t *testing.T, what string, do func()) {
	t.Helper()
	begun := time.Now()
	do()
	if took := time.Since(begun); took > promptly {
		t.Errorf("%s takes %v", what, took)
	} else {
		t.Logf("%s: %v", what, took.Round(time.Millisecond))
	}
}

func person(n int) string { return "person" + strconv.Itoa(n) + "@example.test" }

// fill stores messages that are done, each about somebody else.
func (s *shop) fill(n int) {
	s.t.Helper()
	file, err := store.Open(s.data)
	if err != nil {
		s.t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	connection := file.Config().SortedConnections()[0].ID
	var accepting sync.WaitGroup
	const writers = 500
	for range writers {
		accepting.Go(func() {
			for range n / writers {
				if _, err := file.Accept(s.t.Context(), core.Delivery{Connection: connection, Action: core.Update, Received: time.Now()}); err != nil {
					s.t.Error(err)
				}
			}
		})
	}
	accepting.Wait()
	ended := core.NewNote("message.test", "")
	var list []store.Sorted
	for seq := 1; seq <= n; seq++ {
		list = append(list, store.Sorted{Seq: uint64(seq), CRM: "kartra", Contact: person(seq), Ignored: &ended})
	}
	if err := file.Sort(s.t.Context(), list, time.Now()); err != nil {
		s.t.Fatal(err)
	}
}

// storm is a thousand webhooks a second, until nobody answers any more.
type storm struct {
	t       *testing.T
	stop    context.CancelFunc
	sending sync.WaitGroup
	begun   time.Time
	mu      sync.Mutex
	ids     []string
}

func (s *shop) storm(door string) *storm {
	ctx, stop := context.WithCancel(s.t.Context())
	storm := &storm{t: s.t, stop: stop, begun: time.Now()}
	s.t.Cleanup(stop)
	const senders, pause = 32, 32 * time.Millisecond
	for n := range senders {
		storm.sending.Go(func() {
			tick := time.NewTicker(pause)
			defer tick.Stop()
			for ctx.Err() == nil {
				id, err := send(s.t, door, lead(n))
				if err != nil {
					return // it was not answered, so nothing is promised
				}
				storm.mu.Lock()
				storm.ids = append(storm.ids, id)
				storm.mu.Unlock()
				<-tick.C
			}
		})
	}
	return storm
}

// end ends it and returns the ids that were answered.
func (s *storm) end() []string {
	s.stop()
	s.sending.Wait()
	s.t.Logf("%d messages in %v", len(s.ids), time.Since(s.begun).Round(time.Second))
	return s.ids
}
