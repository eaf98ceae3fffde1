package engine

import (
	"context"
	"crypto/rand"
	"errors"
	"net/url"
	"strings"
	"sync"
	"time"

	"usher/core"
	"usher/core/store"
	"usher/core/usersync"
)

// Caller sends test messages.
type Caller interface {
	// Call posts body to a webhook URL the way a CRM does. Nil means that the answer was a
	// plain yes; errors are Problems, or the context's.
	Call(ctx context.Context, url core.Secret, body []byte) error
}

// trials are the tests under way, by the word that tells them apart.
type trials struct {
	mu   sync.Mutex
	open map[string]chan arrival
}

// arrival is a test message seen at the door.
type arrival struct {
	connection string // whose key it had
	at         time.Time
}

func (t *trials) begin() (word string, seen <-chan arrival) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.open == nil {
		t.open = map[string]chan arrival{}
	}
	word = rand.Text()
	arrivals := make(chan arrival, 1)
	t.open[word] = arrivals
	return word, arrivals
}

func (t *trials) end(word string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.open, word)
}

// SeeTest takes in that a test message with this word came to the door, with the key of
// the connection. Words nobody waits for are of no interest.
func (e *Engine) SeeTest(connection, word string) {
	e.trials.mu.Lock()
	defer e.trials.mu.Unlock()
	if arrivals, ok := e.trials.open[word]; ok {
		select {
		case arrivals <- arrival{connection: connection, at: time.Now()}:
		default: // somebody sent it twice
		}
	}
}

// SendTest implements control.Backend.
func (e *Engine) SendTest(ctx context.Context, connection, contact string) (core.TestAnswer, error) {
	conn, ok := e.store.Config().ConnectionNamed(connection)
	if !ok {
		return core.TestAnswer{}, core.NewProblem("setup.no_connection", nil).About(connection)
	}
	via, problem := e.route(conn.ID)
	if problem != nil {
		return core.TestAnswer{}, problem
	}
	if err := e.unlock(ctx); err != nil {
		return core.TestAnswer{}, err
	}
	_, heard, err := e.newest(ctx, func(r core.Record) bool { return r.Connection == conn.Name })
	if err != nil {
		return core.TestAnswer{}, err
	}
	t := &trial{engine: e, via: via, answer: core.TestAnswer{Connection: conn.Name}}
	if !heard {
		t.answer.Notes = append(t.answer.Notes, via.adapter.Describe().Name+" itself has not called yet.")
	}
	if err := t.run(ctx, strings.TrimSpace(contact)); err != nil {
		return core.TestAnswer{}, err
	}
	return t.answer, nil
}

// searched is how many of the last messages are looked through for one.
const searched = 10_000

// newest finds the newest message that is wanted.
func (e *Engine) newest(ctx context.Context, wanted func(core.Record) bool) (core.Record, bool, error) {
	found, _, err := e.store.Records(ctx, store.Query{Limit: 1, Most: searched, Wanted: wanted})
	if err != nil || len(found) == 0 {
		return core.Record{}, false, err
	}
	return found[0], true, nil
}

// trial is one Send test, hop by hop.
type trial struct {
	engine *Engine
	via    route
	answer core.TestAnswer
	failed bool
}

// hop does one hop unless an earlier one failed, and notes how it went. An error that is
// no Problem, which is the caller giving up, ends the test.
func (t *trial) hop(name, title string, do func() (detail string, err error)) error {
	step := core.Step{Name: name, Title: title, State: core.StepSkipped}
	if !t.failed {
		start := time.Now()
		detail, err := do()
		step.State, step.Detail, step.Took = core.StepOK, detail, core.Milliseconds(time.Since(start))
		if err != nil {
			var problem *core.Problem
			if !errors.As(err, &problem) {
				return err
			}
			trouble := problem.Trouble("")
			step.State, step.Problem, t.failed = core.StepProblem, &trouble, true
		}
	}
	t.answer.Steps = append(t.answer.Steps, step)
	return nil
}

func (t *trial) run(ctx context.Context, contact string) error {
	crm := t.via.adapter.Describe().Name
	var who subject
	err := t.hop("person", "Somebody to test with", func() (detail string, err error) {
		who, err = t.pick(ctx, contact)
		return who.from, err
	})
	if err != nil {
		return err
	}
	if err := t.callOut(ctx, who); err != nil {
		return err
	}
	l := newLane(t.engine, t.via.site.ID)
	defer l.close()
	j := &job{via: t.via, lookFirst: true}
	j.work.Key.Connection, j.work.Key.Contact = t.via.conn.ID, who.notice.Contact.Key()
	j.waiting = []usersync.Waiting{{Request: core.Request{Action: core.Add}, Notice: who.notice, Fresh: true}}
	err = t.hop("crm", "Looked up in "+crm, func() (string, error) {
		switch {
		case !t.via.account.API:
			return "Usher has no key for its API, so what the message says counts.", nil
		case who.made:
			return "Not asked: the person is made up.", nil
		}
		if err := l.readContact(ctx, j); err != nil {
			return "", err
		}
		return j.contact.Email, nil
	})
	if err != nil {
		return err
	}
	err = t.hop("site", "Looked up on "+t.via.site.Home, func() (string, error) {
		if err := l.open(ctx); err != nil {
			return "", err
		}
		if err := l.lookUp(ctx, []*job{j}); err != nil {
			return "", err
		}
		if j.facts.User == nil {
			return "There is no user with this e-mail address.", nil
		}
		return "This is the user " + j.facts.User.Login + ".", nil
	})
	if err != nil {
		return err
	}
	return t.hop("plan", "What would change", func() (string, error) {
		l.decide(j)
		if j.problem != nil {
			return "", j.problem
		}
		t.answer.Result = outlook(j, l.offer)
		return t.answer.Result, nil
	})
}

// callOut sends a test message out by the public URL and waits for it at the door.
func (t *trial) callOut(ctx context.Context, who subject) error {
	var arrived <-chan arrival
	var answered error
	var seen arrival
	err := t.hop("address", "Out to the webhook URL and back", func() (string, error) {
		base := t.engine.openURL()
		if base == "" {
			return "", core.NewProblem("test.no_url", nil)
		}
		key, err := t.engine.vault.Get(ctx, keyName(t.via.conn.ID))
		if err != nil {
			return "", err
		}
		var word string
		word, arrived = t.engine.trials.begin()
		defer t.engine.trials.end(word)
		query := url.Values{"wpf_action": {"test"}, "access_key": {key.Reveal()}, testParam: {word}}
		answered = t.engine.caller.Call(ctx, core.NewSecret(base+"/?"+query.Encode()), who.body)
		select {
		case seen = <-arrived:
			return base, nil
		default:
		}
		if answered == nil {
			answered = core.NewProblem("test.elsewhere", nil)
		}
		return "", answered
	})
	if err != nil {
		return err
	}
	return t.hop("door", "Let in by the secret part of the URL", func() (string, error) {
		if seen.connection != t.via.conn.ID {
			return "", core.NewProblem("test.wrong_key", nil)
		}
		return t.via.conn.Name, answered
	})
}

// testParam names the word of a test message in its URL.
const testParam = "usher_test"

// openURL is the public URL while the address is up, else nothing.
func (e *Engine) openURL() string {
	e.mu.Lock()
	defer e.mu.Unlock()
	switch e.reach.status.State {
	case "online", "reconnecting":
		return strings.TrimRight(e.reach.status.URL, "/")
	}
	return ""
}
