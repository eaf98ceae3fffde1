package tray

import (
	"reflect"

	"usher/core"
	"usher/ui/look"
	"usher/ui/words"
)

// Act is what a line of the menu does.
type Act int

// The acts.
const (
	Nothing Act = iota
	OpenWindow
	CopyURL  // of the connection
	SendTest // of the connection
	Pause
	GoOn
	Quit
)

// Line is a line of the menu.
type Line struct {
	Text       string // empty for a line that sets apart
	Act        Act
	Connection string
	Lines      []Line // of a submenu
}

// Model is the icon and its menu at one moment. It is never changed.
type Model struct {
	State   look.TrayState
	Tooltip string
	Lines   []Line
}

// Before is what is there before anything is known of Usher: it opens, or it cannot.
func Before(truth string) Model {
	return Model{State: look.TrayPaused, Tooltip: truth, Lines: []Line{
		{Text: truth}, {}, {Text: words.T("tray.open"), Act: OpenWindow}, {}, quit(),
	}}
}

// Gone is what is there while Usher does not answer.
func Gone() Model {
	m := Before(words.T("tray.gone.line"))
	m.State = look.TrayAttention
	return m
}

// Of is what is there for a state of Usher.
func Of(o core.Overview) Model {
	line := truth(o).Line()
	lines := []Line{{Text: line}, {}, {Text: words.T("tray.open"), Act: OpenWindow}}
	if len(o.Connections) > 0 {
		lines = append(lines,
			perConnection(words.T("tray.copy"), CopyURL, o.Connections),
			perConnection(words.T("tray.test"), SendTest, o.Connections))
	}
	return Model{State: state(o), Tooltip: words.T("tray.tooltip", "Line", line), Lines: append(lines, pause(o), Line{}, quit())}
}

// truth is what the one line of truth is made of.
func truth(o core.Overview) words.Truth {
	return words.Truth{
		Paused: o.Paused, Address: o.Status.Address.State, NeedsYou: len(o.Needs),
		Waiting: int(o.Status.Queued), //nolint:gosec // a count of messages
	}
}

func state(o core.Overview) look.TrayState {
	switch {
	case len(o.Needs) > 0, o.Status.Address.State == "failed":
		return look.TrayAttention
	case o.Paused, o.Status.Address.State == "off":
		return look.TrayPaused
	case o.Status.Queued > 0:
		return look.TrayWorking
	}
	return look.TrayOnline
}

// perConnection is one line where there is one connection, else a submenu.
func perConnection(text string, act Act, connections []core.ConnectionView) Line {
	if len(connections) == 1 {
		return Line{Text: text, Act: act, Connection: connections[0].Name}
	}
	whole := Line{Text: text}
	for _, c := range connections {
		whole.Lines = append(whole.Lines, Line{Text: words.Plain(c.Name), Act: act, Connection: c.Name})
	}
	return whole
}

func pause(o core.Overview) Line {
	if o.Paused {
		return Line{Text: words.T("tray.go_on"), Act: GoOn}
	}
	return Line{Text: words.T("tray.pause"), Act: Pause}
}

func quit() Line { return Line{Text: words.T("tray.quit"), Act: Quit} }

// Change says what differs between two models.
type Change struct{ Icon, Tooltip, Menu bool }

// Since compares a model with the one before it.
func (m Model) Since(before Model) Change {
	return Change{
		Icon:    m.State != before.State,
		Tooltip: m.Tooltip != before.Tooltip,
		Menu:    !reflect.DeepEqual(m.Lines, before.Lines),
	}
}
