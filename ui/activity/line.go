package activity

import (
	"strings"
	"time"

	"usher/core"
	"usher/ui/look"
	"usher/ui/words"
)

// fill writes a message into a row: who, and what came of it; where it stands, and when.
func fill(row *look.TwoLines, line core.Line, now time.Time) {
	about := []string{action(line.Action), words.Plain(line.Connection)}
	if said := news(line); said != "" {
		about = append([]string{said}, about...)
	}
	row.Set(who(line), strings.Join(about, " · "), look.ToneOf(line.State), words.State(line.State), words.When(line.Received, now))
}

// who names the person a message is about.
func who(line core.Line) string {
	name, contact := words.Plain(line.Person), words.Plain(line.Contact)
	switch {
	case name != "" && contact != "":
		return name + " · " + contact
	case contact != "":
		return contact
	}
	return words.T("activity.nobody")
}

// news is what came of a message: what is wrong with it, or what was done.
func news(line core.Line) string {
	switch {
	case isTroubled(line):
		return words.Plain(line.Problem.Title)
	case line.Outcome != "":
		return words.Outcome(line.Outcome)
	}
	return ""
}

// isTroubled reports whether something is wrong with a message still.
func isTroubled(line core.Line) bool {
	return line.Problem != nil && line.State != core.Applied && line.State != core.Merged
}

// action is what a message asked for, in plain words.
func action(a core.Action) string {
	switch a {
	case core.Add:
		return words.T("activity.action.add")
	case core.Update:
		return words.T("activity.action.update")
	case core.UpdateTags:
		return words.T("activity.action.update_tags")
	}
	return words.T("activity.action.unknown", "Action", words.Plain(string(a)))
}
