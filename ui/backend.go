package ui

import (
	"context"

	"usher/core"
	"usher/ui/activity"
	"usher/ui/connections"
	"usher/ui/needs"
	"usher/ui/people"
	"usher/ui/settings"
	"usher/ui/wizard"
)

// Backend is what the window asks of Usher: all that its screens ask. Errors are Problems,
// save where Usher itself cannot be reached.
type Backend interface {
	Watched
	needs.Backend
	activity.Backend
	people.Backend
	connections.Backend
	settings.Backend
	wizard.Backend
}

// Watched is how the window keeps up.
type Watched interface {
	Overview(ctx context.Context) (core.Overview, error)
	// Watch returns the version of what can be seen as soon as it is not since any more.
	Watch(ctx context.Context, since uint64) (uint64, error)
}

// Host is the program around the window.
type Host struct {
	Open  func(url string) // in the browser
	Prefs settings.Prefs
	Facts settings.Facts
	Hooks wizard.Hooks
	Bar   Bar
	// Seen hears every state that is shown, on the toolkit's goroutine; err says that Usher
	// does not answer, and the state is then the last one known.
	Seen func(o core.Overview, err error)
}

// Bar says above the screens what is special about this window; none without a text.
type Bar struct {
	Text   string
	Button string // may be empty
	// Do is what the button does. It may take long; the news it returns is shown.
	Do func(ctx context.Context) (news string, err error)
}
