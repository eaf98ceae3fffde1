package ui

import (
	"fyne.io/fyne/v2"

	"usher/ui/activity"
	"usher/ui/connections"
	"usher/ui/needs"
	"usher/ui/people"
	"usher/ui/settings"
	"usher/ui/stage"
	"usher/ui/wizard"
)

// The screens, by the names stage.Stage has for them.
const (
	needsScreen       = "needs"
	activityScreen    = "activity"
	peopleScreen      = "people"
	connectionsScreen = "connections"
	settingsScreen    = "settings"
	wizardScreen      = "wizard"
)

// place is where a screen stands. The screen is made when it is first shown.
type place struct {
	make   func() stage.Screen
	screen stage.Screen
	escape func(*fyne.KeyEvent) // what Escape did when another screen was shown
}

func (u *UI) places() map[string]*place {
	return map[string]*place{
		needsScreen:       {make: func() stage.Screen { return needs.New(u.stage, u.backend) }},
		activityScreen:    {make: func() stage.Screen { return activity.New(u.stage, u.backend) }},
		peopleScreen:      {make: func() stage.Screen { return people.New(u.stage, u.backend) }},
		connectionsScreen: {make: func() stage.Screen { return connections.New(u.stage, u.backend) }},
		settingsScreen: {make: func() stage.Screen {
			return settings.New(u.stage, u.backend, u.host.Prefs, u.host.Facts)
		}},
		wizardScreen: {make: func() stage.Screen { return wizard.New(u.stage, u.backend, u.host.Hooks) }},
	}
}

// What screens may have besides.
type (
	shower   interface{ Show(subject string) }
	leaver   interface{ Leave() }
	searcher interface{ Search() }
)

// Show shows a screen and what it is to show there; see stage.Stage.Go.
func (u *UI) Show(name, subject string) {
	u.put(name)
	if s, can := u.screens[u.shown].screen.(shower); can {
		s.Show(subject)
	}
}

// turnTo shows a screen as it was left; one that is on begins anew.
func (u *UI) turnTo(name string) {
	if name == u.shown {
		u.Show(name, "")
		return
	}
	u.put(name)
}

func (u *UI) put(name string) {
	next, known := u.screens[name]
	if !known || name == u.shown {
		return
	}
	canvas := u.stage.Window.Canvas()
	if before := u.screens[u.shown]; before != nil {
		before.escape = canvas.OnTypedKey()
		if s, can := before.screen.(leaver); can {
			s.Leave()
		}
	}
	canvas.SetOnTypedKey(next.escape)
	if u.shown != "" {
		u.chosen = true
	}
	u.shown = name
	if next.screen == nil {
		next.screen = next.make()
	}
	u.nav.mark(name)
	u.update()
	u.middle.Objects = []fyne.CanvasObject{next.screen.Content()}
	u.middle.Refresh()
}

// update shows the last state on the screen that is on; the others catch up when they are.
func (u *UI) update() {
	if u.seen.known {
		u.screens[u.shown].screen.Update(u.seen.overview)
	}
}
