package main

import (
	"encoding/json"
	"os"

	"fyne.io/fyne/v2"

	"usher/cmd/internal/autostart"
	"usher/ui/look"
	"usher/ui/settings"
)

// prefs keeps what is the window's alone. It implements settings.Prefs.
type prefs struct {
	app fyne.App
	log interface{ Error(msg string, args ...any) }
}

const prefPrefix = "pref."

func brightness(p fyne.Preferences) look.Brightness {
	return look.Brightness(p.String(prefPrefix + settings.PrefAppearance))
}

// Get implements settings.Prefs.
func (p prefs) Get(key string) string {
	if key != settings.PrefStartAtLogin {
		return p.app.Preferences().String(prefPrefix + key)
	}
	if on, err := atLogin().On(); err != nil || !on {
		return settings.Off
	}
	return settings.On
}

// Set implements settings.Prefs.
func (p prefs) Set(key, value string) {
	if key == settings.PrefStartAtLogin {
		if err := atLogin().Set(value == settings.On); err != nil {
			p.log.Error("start at log-in", "error", err)
		}
		return
	}
	p.app.Preferences().SetString(prefPrefix+key, value)
	if key == settings.PrefAppearance {
		p.app.Settings().SetTheme(look.NewTheme(look.Brightness(value)))
	}
}

// atLogin is how the desktop starts Usher when its person logs in.
func atLogin() autostart.Entry {
	program, err := os.Executable()
	if err != nil {
		program = "usher" // where the shell finds it
	}
	return autostart.Entry{ID: appID, Name: appName, Program: program, Args: []string{"--hidden"}}
}

// memory keeps what was typed into the wizard. It implements wizard.Memory.
type memory struct{ preferences fyne.Preferences }

const memoryKey = "wizard"

// Load implements wizard.Memory.
func (m memory) Load() map[string]string {
	typed := map[string]string{}
	_ = json.Unmarshal([]byte(m.preferences.String(memoryKey)), &typed) // empty or damaged: begin anew
	return typed
}

// Save implements wizard.Memory.
func (m memory) Save(typed map[string]string) {
	if text, err := json.Marshal(typed); err == nil {
		m.preferences.SetString(memoryKey, string(text))
	}
}
