package needs

import (
	"time"

	"usher/core"
	"usher/ui/look"
	"usher/ui/words"
)

// empty is what is said where nothing needs a person: it differs by what there is so far.
type empty struct {
	title, text, button string
	screen, subject     string // where the button leads
}

// showEmpty shows the empty state, drawn anew only where it says something new.
func (s *Screen) showEmpty() {
	e := s.emptyNow()
	if e == s.empty {
		return
	}
	s.empty = e
	icon := look.Done.Icon()
	if e.screen == "wizard" {
		icon = look.AppIcon()
	}
	button := look.NewMainButton(e.button, func() { s.stage.Go(e.screen, e.subject) })
	if e.screen == "activity" {
		button = look.NewButton(e.button, button.OnTapped)
	}
	s.put(look.EmptyState(icon, e.title, e.text, button))
}

func (s *Screen) emptyNow() empty {
	if len(s.overview.Connections) == 0 {
		return empty{
			words.T("needs.first.title"), words.T("needs.first.text"), words.T("needs.first.button"), "wizard", "",
		}
	}
	last := lastMessage(s.overview)
	if last.IsZero() {
		return empty{
			words.T("needs.none.title"), words.T("needs.none.text"), words.T("needs.none.button"),
			"connections", s.overview.Connections[0].Name,
		}
	}
	text := words.T("needs.well.text", "When", words.When(last, s.now()))
	if s.overview.Paused {
		text = words.T("needs.paused.text", "When", words.When(last, s.now()))
	}
	return empty{words.T("needs.well.title"), text, words.T("needs.well.button"), "activity", ""}
}

func lastMessage(o core.Overview) (last time.Time) {
	for _, c := range o.Connections {
		if c.LastMessage.After(last) {
			last = c.LastMessage
		}
	}
	return last
}
