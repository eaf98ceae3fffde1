package autostart

import (
	"errors"
	"fmt"

	"golang.org/x/sys/windows"
	"golang.org/x/sys/windows/registry"
)

// run is what Windows starts for one person: learn.microsoft.com, "Run and RunOnce Registry Keys".
const run = `Software\Microsoft\Windows\CurrentVersion\Run`

// On reports whether the system starts this program, and not an older one elsewhere.
func (e Entry) On() (bool, error) {
	key, err := registry.OpenKey(registry.CURRENT_USER, run, registry.QUERY_VALUE)
	if errors.Is(err, registry.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("look at what starts at log-in: %w", err)
	}
	defer func() { _ = key.Close() }()
	command, _, err := key.GetStringValue(e.ID)
	if errors.Is(err, registry.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("look at what starts at log-in: %w", err)
	}
	return command == e.command(), nil
}

// Set has the system start the program from the next log-in on, or no longer.
func (e Entry) Set(on bool) (err error) {
	key, _, err := registry.CreateKey(registry.CURRENT_USER, run, registry.SET_VALUE)
	if err != nil {
		return fmt.Errorf("change what starts at log-in: %w", err)
	}
	defer func() { err = errors.Join(err, key.Close()) }()
	if on {
		err = key.SetStringValue(e.ID, e.command())
	} else if err = key.DeleteValue(e.ID); errors.Is(err, registry.ErrNotExist) {
		err = nil
	}
	if err != nil {
		return fmt.Errorf("change what starts at log-in: %w", err)
	}
	return nil
}

func (e Entry) command() string {
	return windows.ComposeCommandLine(append([]string{e.Program}, e.Args...))
}
