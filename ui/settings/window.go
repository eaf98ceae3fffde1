package settings

import (
	"slices"

	"fyne.io/fyne/v2"

	"usher/ui/look"
	"usher/ui/words"
)

// window is what is the window's alone. Each change is carried out at once.
type window struct {
	screen     *Screen
	appearance *look.Select
	notify     *look.Check
	hide       *look.Check
	content    fyne.CanvasObject
}

// The appearances, in the order they are shown.
var appearances = []look.Brightness{look.LikeDesktop, look.Light, look.Dark}

func newWindow(s *Screen) *window {
	w := &window{screen: s}
	w.appearance = look.NewSelect([]string{
		words.T("settings.appearance.desktop"), words.T("settings.appearance.light"), words.T("settings.appearance.dark"),
	}, nil)
	w.appearance.SetSelectedIndex(max(0, slices.Index(appearances, look.Brightness(s.prefs.Get(PrefAppearance)))))
	w.appearance.OnChanged = func(string) {
		s.prefs.Set(PrefAppearance, string(appearances[w.appearance.SelectedIndex()]))
	}
	w.notify = s.newSwitch(words.T("settings.notify"), PrefNotifications, On)
	w.hide = s.newSwitch(words.T("settings.hide_names"), PrefHideNames, Off)
	w.content = look.Page(
		look.Section(words.T("settings.appearance.title")),
		look.NewFormRow(words.T("settings.appearance"), "", w.appearance),
		look.Section(words.T("settings.notify.title")),
		look.NewFormRow("", words.T("settings.notify.help"), w.notify),
		look.NewFormRow("", words.T("settings.hide_names.help"), w.hide),
	)
	return w
}

// newSwitch makes a check of a preference that shows what the preference is after a change: it may
// not be possible on this computer.
func (s *Screen) newSwitch(label, key, otherwise string) *look.Check {
	check := look.NewCheck(label, nil)
	check.SetChecked(s.isOn(key, otherwise))
	check.OnChanged = func(on bool) {
		if on == s.isOn(key, otherwise) {
			return
		}
		value := Off
		if on {
			value = On
		}
		s.prefs.Set(key, value)
		if s.isOn(key, otherwise) != on {
			check.SetChecked(!on)
			s.stage.Toast(words.T("settings.not_here.line"))
		}
	}
	return check
}

func (s *Screen) isOn(key, otherwise string) bool {
	value := s.prefs.Get(key)
	if value == "" {
		value = otherwise
	}
	return value == On
}
