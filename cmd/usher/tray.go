package main

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/systray"

	"usher/ui/tray"
	"usher/ui/words"
)

// beginTray puts Usher's icon into the tray. The toolkit wants that before it runs. Where
// the tray comes later, so does the icon.
func (p *program) beginTray() {
	desk, can := p.app.(desktop.App)
	if !can {
		return
	}
	systray.SetTitle(appName) // before it starts, else the tray knows it by an empty name
	systray.SetOnTapped(func() { fyne.Do(p.show) })
	p.tray = tray.New(desk, systray.SetTooltip, p.act)
	p.tray.Show(tray.Before(words.T("opening.busy.line")), p.darkPanel())
}

// act does what was chosen in the tray's menu.
func (p *program) act(act tray.Act, connection string) {
	switch {
	case act == tray.Quit:
		p.quit()
	case act == tray.OpenWindow, p.ui == nil:
		p.show()
	case act == tray.CopyURL:
		p.ui.CopyURL(connection)
	case act == tray.SendTest:
		p.ui.SendTest(connection)
		p.show()
	case act == tray.Pause, act == tray.GoOn:
		p.ui.Pause(act == tray.Pause)
	}
}

// darkPanel guesses that the tray's panel is as dark as the desktop.
func (p *program) darkPanel() bool { return p.app.Settings().ThemeVariant() == theme.VariantDark }
