package connections

import (
	"slices"
	"time"

	"usher/core"
	"usher/ui/look"
	"usher/ui/words"
)

// state is how a connection does.
type state int

const (
	working state = iota
	paused
	needsYou
	neverCalled
)

// stateOf tells the most pressing first.
func stateOf(view core.ConnectionView, now core.Overview) state {
	switch {
	case slices.ContainsFunc(now.Needs, func(n core.Need) bool { return concerns(n, view) }):
		return needsYou
	case view.Paused || now.Paused:
		return paused
	case view.LastMessage.IsZero():
		return neverCalled
	}
	return working
}

// concerns reports whether what needs a person keeps messages of this connection waiting. What
// is about Usher as a whole is told at the foot of the window.
func concerns(need core.Need, view core.ConnectionView) bool {
	if need.Connection != "" {
		return need.Connection == view.Name
	}
	about := need.Problem.About
	return about != "" && (about == view.Name || about == view.Site || about == view.Account)
}

func (s state) word() string {
	switch s {
	case paused:
		return words.T("connections.state.paused")
	case needsYou:
		return words.T("connections.state.needs_you")
	case neverCalled:
		return words.T("connections.state.never")
	case working:
	}
	return words.T("connections.state.working")
}

func (s state) tone() look.Tone {
	switch s {
	case paused:
		return look.Paused
	case needsYou:
		return look.NeedsYou
	case neverCalled:
		return look.Pending
	case working:
	}
	return look.Done
}

// lastMessage says when the CRM called last.
func lastMessage(view core.ConnectionView, now time.Time) string {
	if view.LastMessage.IsZero() {
		return words.T("connections.last.never", "CRM", view.CRM)
	}
	return words.T("connections.last", "When", words.When(view.LastMessage, now))
}

// joins says what a connection joins: "Kartra → yogawithann.com".
func joins(view core.ConnectionView) string { return words.Connection(view.CRM, host(view.Site)) }
