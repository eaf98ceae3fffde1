package realdesktop

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/godbus/dbus/v5"
)

const menuInterface = "com.canonical.dbusmenu"

// Line is a line of a menu; separators are left out.
type Line struct {
	Text     string
	Disabled bool
	Checked  bool
	Lines    []Line // of its submenu

	id int32 // another after each change of the menu
}

// Lines are the icon's menu.
func (i *Item) Lines() []Line {
	i.tray.tb.Helper()
	var version uint32
	var root layout
	i.call(i.menu(), menuInterface+".GetLayout", []any{int32(0), int32(-1), []string{}}, &version, &root)
	return i.lines(root)
}

// Press opens the menu and presses a line, or one of a submenu by all texts on the way, as
// soon as it is there and not grey.
func (i *Item) Press(texts ...string) {
	i.tray.tb.Helper()
	i.tray.d.Effort.Clicks += 1 + len(texts)
	var lines, last []Line
	var line Line
	i.tray.d.Wait(fmt.Sprintf("%q in the menu", strings.Join(texts, " > ")), func() bool {
		lines, last = i.Lines(), lines
		var there bool
		line, there = find(lines, texts)
		return there && !line.Disabled && reflect.DeepEqual(lines, last)
	})
	i.call(i.menu(), menuInterface+".Event", []any{line.id, "clicked", dbus.MakeVariant(int32(0)), uint32(0)})
}

// WaitLine waits for a line that is as wanted, and returns it.
func (i *Item) WaitLine(text string, wanted func(Line) bool) (line Line) {
	i.tray.tb.Helper()
	i.tray.d.Wait(fmt.Sprintf("%q in the menu as wanted", text), func() bool {
		var there bool
		line, there = find(i.Lines(), []string{text})
		return there && wanted(line)
	})
	return line
}

func find(lines []Line, texts []string) (Line, bool) {
	n := slices.IndexFunc(lines, func(l Line) bool { return l.Text == texts[0] })
	switch {
	case n < 0:
		return Line{}, false
	case len(texts) == 1:
		return lines[n], true
	}
	return find(lines[n].Lines, texts[1:])
}

func (i *Item) menu() dbus.BusObject {
	i.tray.tb.Helper()
	var path dbus.ObjectPath
	i.property("Menu", &path)
	return i.tray.bus.Object(i.item.Destination(), path)
}

// layout is a menu as the protocol has it.
type layout struct {
	ID         int32
	Properties map[string]dbus.Variant
	Children   []dbus.Variant
}

func (i *Item) lines(menu layout) (lines []Line) {
	i.tray.tb.Helper()
	for _, child := range menu.Children {
		var l layout
		if err := dbus.Store([]any{child.Value()}, &l); err != nil {
			i.tray.tb.Fatalf("the icon's menu: %v", err)
		}
		if l.Properties["type"].Value() == "separator" || l.Properties["visible"].Value() == false {
			continue
		}
		text, _ := l.Properties["label"].Value().(string)
		lines = append(lines, Line{
			Text:     text,
			Disabled: l.Properties["enabled"].Value() == false,
			Checked:  l.Properties["toggle-state"].Value() == int32(1),
			Lines:    i.lines(l),
			id:       l.ID,
		})
	}
	return lines
}
