package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
)

// addShortcuts: Ctrl and 1 to 5 show the screens in their order, Ctrl and F goes to what is
// searched for on this screen, or in Activity. On macOS it is the command key.
func (u *UI) addShortcuts(c fyne.Canvas) {
	keys := []fyne.KeyName{fyne.Key1, fyne.Key2, fyne.Key3, fyne.Key4, fyne.Key5}
	for i, name := range u.nav.names {
		c.AddShortcut(shortcut(keys[i]), func(fyne.Shortcut) { u.put(name) })
	}
	c.AddShortcut(shortcut(fyne.KeyF), func(fyne.Shortcut) { u.search() })
}

func shortcut(key fyne.KeyName) fyne.Shortcut {
	return &desktop.CustomShortcut{KeyName: key, Modifier: fyne.KeyModifierShortcutDefault}
}

func (u *UI) search() {
	if _, can := u.screens[u.shown].screen.(searcher); !can {
		u.put(activityScreen)
	}
	if s, can := u.screens[u.shown].screen.(searcher); can {
		s.Search()
	}
}
