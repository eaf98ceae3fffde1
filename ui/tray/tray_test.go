package tray

import (
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"

	"usher/core"
)

// desk counts what it is told.
type desk struct {
	desktop.App
	icons, menus int
	icon         fyne.Resource
	menu         *fyne.Menu
}

func (d *desk) SetSystemTrayIcon(icon fyne.Resource) { d.icons++; d.icon = icon }
func (d *desk) SetSystemTrayMenu(menu *fyne.Menu)    { d.menus++; d.menu = menu }

func TestTheTrayIsToldOnlyWhatChanged(t *testing.T) {
	d := &desk{}
	var tips, chosen []string
	tray := New(d, func(tip string) { tips = append(tips, tip) }, func(act Act, connection string) {
		if act == SendTest {
			chosen = append(chosen, connection)
		}
	})
	tray.Show(Of(online(connections("Kartra", "Ortto"))), true)
	first := d.menu
	tray.Show(Of(online(connections("Kartra", "Ortto"))), true)
	if d.icons != 1 || d.menus != 1 || len(tips) != 1 {
		t.Fatalf("%d icons, %d menus, tooltips %q", d.icons, d.menus, tips)
	}
	if d.icon.Name() != "tray/online-light.png" {
		t.Errorf("on a dark panel there is %s", d.icon.Name())
	}
	tray.Show(Of(online(connections("Kartra", "Ortto"))), false)
	if d.icons != 2 || d.menus != 1 || d.icon.Name() != "tray/online-dark.png" {
		t.Errorf("the panel turned light: %d icons, %d menus, %s", d.icons, d.menus, d.icon.Name())
	}
	tray.Show(Of(online(func(o *core.Overview) { connections("Kartra", "Ortto")(o); o.Paused = true })), false)
	if d.menus != 2 || d.menu != first {
		t.Errorf("%d menus; the toolkit knows another one", d.menus)
	}

	items := d.menu.Items
	if !items[0].Disabled || !items[1].IsSeparator || !items[len(items)-1].IsQuit {
		t.Errorf("the menu is %+v", items)
	}
	items[4].ChildMenu.Items[1].Action()
	if len(chosen) != 1 || chosen[0] != "Ortto" {
		t.Errorf("chosen %q", chosen)
	}
}
