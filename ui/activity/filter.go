package activity

import (
	"slices"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"usher/core"
	"usher/ui/look"
	"usher/ui/words"
)

// filter is what a person wants to see of the messages.
type filter struct {
	text       *look.Entry
	state      *look.Select
	connection *look.Select
	names      []string // of the connections, as they are
	row        *fyne.Container
	changed    func(pause time.Duration)
	silent     bool // while several parts are set at once
}

// states are the choices, in their order in the select.
var states = [][]core.State{
	nil, {core.Queued}, {core.Applied, core.Merged}, {core.Held}, {core.Failed},
}

func newFilter(changed func(time.Duration)) *filter {
	f := &filter{text: look.NewEntry(words.T("activity.search"))}
	f.changed = func(pause time.Duration) {
		if !f.silent {
			changed(pause)
		}
	}
	f.text.OnChanged = func(string) { f.changed(typingPause) }
	f.text.OnSubmitted = func(string) { f.changed(0) }
	f.state = look.NewSelect([]string{
		words.T("activity.all_states"), words.State(core.Queued), words.State(core.Applied), words.State(core.Held), words.State(core.Failed),
	}, func(string) { f.changed(0) })
	f.connection = look.NewSelect([]string{words.T("activity.all_connections")}, func(string) { f.changed(0) })
	f.silent = true
	f.state.SetSelectedIndex(0)
	f.connection.SetSelectedIndex(0)
	f.silent = false
	f.connection.Hide()
	f.row = container.NewVBox(f.text, container.NewGridWithColumns(2, f.state, f.connection))
	return f
}

// update offers the connections there are; one alone is no choice.
func (f *filter) update(connections []core.ConnectionView) {
	names := make([]string, len(connections))
	options := []string{words.T("activity.all_connections")}
	for i, c := range connections {
		names[i] = c.Name
		options = append(options, words.Plain(c.Name))
	}
	if slices.Equal(names, f.names) {
		return
	}
	chosen := max(0, slices.Index(names, f.chosen())+1)
	gone := f.chosen() != "" && chosen == 0
	f.names, f.connection.Options = names, options
	f.connection.Hidden = len(names) < 2
	f.silent = !gone
	f.connection.SetSelectedIndex(chosen)
	f.silent = false
	f.row.Refresh()
}

// chosen is the name of the connection whose messages are wanted, empty for all.
func (f *filter) chosen() string {
	if i := f.connection.SelectedIndex() - 1; i >= 0 && i < len(f.names) {
		return f.names[i]
	}
	return ""
}

func (f *filter) query() core.ActivityQuery {
	return core.ActivityQuery{
		Text: strings.TrimSpace(f.text.Text), States: states[max(0, f.state.SelectedIndex())], Connection: f.chosen(),
	}
}

// any reports whether anything is filtered.
func (f *filter) any() bool {
	q := f.query()
	return q.Text != "" || q.States != nil || q.Connection != ""
}

// clear wants everything.
func (f *filter) clear() {
	f.set("", nil)
	f.changed(0)
}

// set wants the messages of a connection, or those a text is found in, and does not tell.
func (f *filter) set(subject string, connections []core.ConnectionView) {
	f.silent = true
	defer func() { f.silent = false }()
	if connections != nil {
		f.update(connections)
		f.silent = true
	}
	f.state.SetSelectedIndex(0)
	named := slices.Index(f.names, subject) + 1
	f.connection.SetSelectedIndex(named)
	if named > 0 {
		subject = ""
	}
	f.text.SetText(subject)
}
