package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"usher/ui/look"
	"usher/ui/words"
)

// navigation is the list of screens at the left.
type navigation struct {
	names   []string
	buttons map[string]*look.Button
	content fyne.CanvasObject
}

func newNavigation(choose func(screen string)) *navigation {
	n := &navigation{buttons: map[string]*look.Button{}}
	column := container.NewVBox()
	for _, entry := range []struct {
		name, text string
		icon       fyne.Resource
	}{
		{needsScreen, words.T("nav.needs"), look.Glyph("needs-you", theme.ColorNameForeground)},
		{activityScreen, words.T("nav.activity"), theme.HistoryIcon()},
		{peopleScreen, words.T("nav.people"), theme.AccountIcon()},
		{connectionsScreen, words.T("nav.connections"), theme.MailForwardIcon()},
		{settingsScreen, words.T("nav.settings"), theme.SettingsIcon()},
	} {
		button := look.NewQuietButton(entry.text, func() { choose(entry.name) })
		button.Icon, button.Alignment = entry.icon, widget.ButtonAlignLeading
		n.names, n.buttons[entry.name] = append(n.names, entry.name), button
		column.Add(button)
	}
	n.count(0)
	n.content = container.NewBorder(nil, nil, nil, widget.NewSeparator(), roomy(column))
	return n
}

// count shows how much needs the person.
func (n *navigation) count(needs int) {
	text := words.T("nav.needs")
	if needs > 0 {
		text = words.T("nav.needs_count", "N", needs)
	}
	if b := n.buttons[needsScreen]; b.Text != text {
		b.SetText(text)
	}
}

// mark shows which screen is on; none for the wizard.
func (n *navigation) mark(screen string) {
	for name, button := range n.buttons {
		weight := widget.LowImportance
		if name == screen {
			weight = widget.MediumImportance
		}
		if button.Importance != weight {
			button.Importance = weight
			button.Refresh()
		}
	}
}
