package tray

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"

	"usher/ui/look"
)

// Tray puts models into the desktop's tray. It is used on the toolkit's goroutine alone.
type Tray struct {
	desk    desktop.App
	tooltip func(string)
	act     func(act Act, connection string)
	menu    *fyne.Menu // the same one for good: the toolkit knows it by its address
	shown   Model
	begun   bool
	dark    bool // the panel
}

// New makes a tray that is empty until the first Show. The toolkit has no tooltip, so the
// caller sets it; act hears what a person chose.
func New(desk desktop.App, tooltip func(string), act func(act Act, connection string)) *Tray {
	return &Tray{desk: desk, tooltip: tooltip, act: act, menu: fyne.NewMenu("")}
}

// Show shows a model. What is the same as before is left alone: a menu that is built anew
// closes under the mouse.
func (t *Tray) Show(m Model, darkPanel bool) {
	change := m.Since(t.shown)
	if !t.begun {
		change = Change{Icon: true, Tooltip: true, Menu: true}
	}
	change.Icon = change.Icon || darkPanel != t.dark
	t.shown, t.begun, t.dark = m, true, darkPanel
	if change.Icon {
		t.desk.SetSystemTrayIcon(look.TrayIcon(m.State, darkPanel))
	}
	if change.Tooltip {
		t.tooltip(m.Tooltip)
	}
	if change.Menu {
		t.menu.Items = t.items(m.Lines)
		t.desk.SetSystemTrayMenu(t.menu)
	}
}

func (t *Tray) items(lines []Line) []*fyne.MenuItem {
	items := make([]*fyne.MenuItem, len(lines))
	for i, line := range lines {
		items[i] = t.item(line)
	}
	return items
}

func (t *Tray) item(line Line) *fyne.MenuItem {
	if line.Text == "" {
		return fyne.NewMenuItemSeparator()
	}
	item := fyne.NewMenuItem(line.Text, nil)
	item.IsQuit = line.Act == Quit
	switch {
	case len(line.Lines) > 0:
		item.ChildMenu = fyne.NewMenu("", t.items(line.Lines)...)
	case line.Act == Nothing:
		item.Disabled = true
	default:
		item.Action = func() { t.act(line.Act, line.Connection) }
	}
	return item
}
