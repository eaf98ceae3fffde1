package news

import (
	"cmp"
	"context"
	"strings"
	"sync"
	"time"

	"usher/core"
	"usher/ui/words"
)

// gather is how long after the first change a burst is collected.
const gather = 3 * time.Second

// Backend is what news asks of Usher.
type Backend interface {
	Activity(ctx context.Context, q core.ActivityQuery) (core.Activity, error)
	People(ctx context.Context, text string) ([]core.PersonView, error)
}

// Host is the program around. Its functions are called on any goroutine.
type Host struct {
	Send      func(Note) // may take long
	Looking   func() bool
	Off       func() bool // no notifications are wanted
	HideNames func() bool
}

// News tells the person what Usher did, by notifications.
type News struct {
	backend Backend
	host    Host
	running sync.WaitGroup
	stop    context.CancelFunc
	changed chan struct{} // holds one token while there is a state not looked at

	mu     sync.Mutex
	latest core.Overview
}

// Start begins; the caller closes what it returns.
func Start(ctx context.Context, backend Backend, host Host) *News {
	n := &News{backend: backend, host: host, changed: make(chan struct{}, 1)}
	ctx, n.stop = context.WithCancel(ctx)
	n.running.Go(func() { n.run(ctx) })
	return n
}

// Close ends it and waits.
func (n *News) Close() {
	n.stop()
	n.running.Wait()
}

// See takes a newer state. It does not block.
func (n *News) See(o core.Overview) {
	n.mu.Lock()
	n.latest = o
	n.mu.Unlock()
	select {
	case n.changed <- struct{}{}:
	default: // it is looked at soon
	}
}

func (n *News) run(ctx context.Context) {
	s := newSummary()
	var due *time.Timer
	alarm := func() <-chan time.Time {
		if due == nil {
			return nil
		}
		return due.C
	}
	for {
		select {
		case <-ctx.Done():
			return
		case <-alarm():
		case <-n.changed:
			if s.begun && !pause(ctx, gather) {
				return
			}
			n.look(ctx, s)
		}
		n.say(ctx, s)
		if due != nil {
			due.Stop()
		}
		due = nil
		if at := s.next(); !at.IsZero() {
			due = time.NewTimer(max(time.Until(at), time.Second))
		}
	}
}

func pause(ctx context.Context, wait time.Duration) bool {
	over := time.NewTimer(wait)
	defer over.Stop()
	select {
	case <-over.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// look finds out what is new.
func (n *News) look(ctx context.Context, s *summary) {
	n.mu.Lock()
	o := n.latest
	n.mu.Unlock()
	first := !s.begun
	s.see(time.Now(), o)
	page, err := n.backend.Activity(ctx, core.ActivityQuery{Limit: mostLooked, States: []core.State{core.Applied}})
	if err == nil { // else the window says what is wrong, and the next look catches up
		s.done(page.Lines)
	}
	if first {
		s.needed = s.needs // was there before
	}
}

// say tells what is due, or forgets it where the person has seen it.
func (n *News) say(ctx context.Context, s *summary) {
	if n.host.Off() || n.host.Looking() {
		s.forget()
		return
	}
	now := time.Now()
	for _, note := range s.problems(now) {
		n.host.Send(note)
	}
	note, due := s.tell(now, func(line core.Line) string { return n.name(ctx, line) })
	if due {
		n.host.Send(note)
	}
}

// name is what a message's person is called; "" where names are hidden or nobody knows.
func (n *News) name(ctx context.Context, line core.Line) string {
	if n.host.HideNames() {
		return ""
	}
	people, err := n.backend.People(ctx, line.Contact)
	if err != nil {
		return ""
	}
	for _, p := range people {
		if p.UserID == line.UserID && line.UserID != 0 || p.Contact == line.Contact {
			return unmarked(words.Plain(cmp.Or(p.Name, p.Email)))
		}
	}
	return ""
}

// unmarked keeps a name from being a link or a picture: desktops may read the text of a
// notification as markup, and say so too late to write it another way.
// https://specifications.freedesktop.org/notification-spec/1.2/markup.html
func unmarked(name string) string { return strings.ReplaceAll(name, "<", "‹") }
