package core

import (
	"encoding/json"
	"errors"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"time"
)

// Then says what Usher does about a Problem by itself.
type Then int

// What follows a Problem.
const (
	Retry Then = iota + 1 // try again later
	Hold                  // wait for a person
	Fail                  // give up; only a person can start it again
)

// Scope says how far a Problem reaches, and so who waits.
type Scope int

// How far a Problem reaches.
const (
	OneItem    Scope = iota + 1 // this delivery or contact only
	SiteWide                    // all writing to the site waits; costs no attempts
	CRMWide                     // all reading from the CRM account waits; costs no attempts
	ItemOrCRM                   // as ItemOrSite, about the CRM account
	ItemOrSite                  // cannot be told from one answer: ask the site whether it is well
	App                         // Usher itself: store, keyring, address, a command's input
)

// Problem is a failure a person can meet: one sentence that says what is wrong, one
// that says what to do about it, and what Usher does meanwhile.
type Problem struct {
	Code   string // stable, such as "site.unauthorized"
	Title  string // what is wrong, one line
	Fix    string // what to do, imperative
	Then   Then
	Scope  Scope
	Detail string // what it is about: a role, a host, a field; never a secret
	// RetryAfter is how long the other side asked to wait; 0 when it did not say.
	RetryAfter time.Duration
	cause      error // for logs and errors.Is, never shown to people
}

// NewProblem makes the catalogue's problem for code. The cause is kept for errors.Is
// and errors.As and never shown. It panics on a code that is not in the catalogue,
// which is a mistake in the program.
func NewProblem(code string, cause error) *Problem {
	entry, ok := problems[code]
	if !ok {
		panic("core: no problem " + code)
	}
	return &Problem{
		Code: code, Title: entry.title, Fix: entry.fix,
		Then: entry.then, Scope: entry.scope, cause: cause,
	}
}

// About adds what the problem is about and returns p.
func (p *Problem) About(detail string) *Problem {
	p.Detail = detail
	return p
}

// After adds how long the other side asked to wait and returns p.
func (p *Problem) After(wait time.Duration) *Problem {
	p.RetryAfter = wait
	return p
}

// Sentence is the title, with the detail where there is one.
func (p *Problem) Sentence() string {
	if p.Detail == "" {
		return p.Title
	}
	return strings.TrimSuffix(p.Title, ".") + ": " + p.Detail
}

// Error is for logs: code, title and detail, without the cause, which may quote what
// the other side said.
func (p *Problem) Error() string { return p.Code + ": " + p.Sentence() }

// GoString keeps the cause out of %#v too.
func (p *Problem) GoString() string { return p.Error() }

// Unwrap returns the cause.
func (p *Problem) Unwrap() error { return p.cause }

// LogValue implements slog.LogValuer.
func (p *Problem) LogValue() slog.Value { return slog.StringValue(p.Code) }

// MarshalJSON keeps the code and the detail; the words come from the catalogue of the
// version that reads them.
func (p *Problem) MarshalJSON() ([]byte, error) {
	return json.Marshal(storedProblem{Code: p.Code, Detail: p.Detail})
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (p *Problem) UnmarshalJSON(data []byte) error {
	var stored storedProblem
	if err := json.Unmarshal(data, &stored); err != nil {
		return err
	}
	if _, ok := problems[stored.Code]; !ok {
		*p = *NewProblem("app.unknown_problem", nil).About(stored.Code)
		return nil
	}
	*p = *NewProblem(stored.Code, nil).About(stored.Detail)
	return nil
}

type storedProblem struct {
	Code   string `json:"code"`
	Detail string `json:"detail,omitempty"`
}

// HasCode reports whether err is, or wraps, the Problem with this code.
func HasCode(err error, code string) bool {
	var p *Problem
	return errors.As(err, &p) && p.Code == code
}

// AsProblem returns the Problem in err, or app.internal for any other error.
func AsProblem(err error) *Problem {
	var p *Problem
	if errors.As(err, &p) {
		return p
	}
	return NewProblem("app.internal", err)
}

// ProblemCodes lists the catalogue's codes.
func ProblemCodes() []string { return sortedKeys(problems) }

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
