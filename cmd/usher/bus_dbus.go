//go:build !windows && !darwin

package main

import (
	"context"
	"time"

	"github.com/godbus/dbus/v5"
)

// hasBus reports whether there is a session bus, without which there is neither tray nor
// notifications, and a tray that was set up all the same crashes at the end.
func hasBus() bool {
	_, err := dbus.SessionBus()
	return err == nil
}

const trayPatience = 500 * time.Millisecond

// hasTray reports whether somebody shows icons in a tray, which some desktops do not.
func hasTray(ctx context.Context) bool {
	bus, err := dbus.SessionBus()
	if err != nil {
		return false
	}
	ctx, cancel := context.WithTimeout(ctx, trayPatience)
	defer cancel()
	var there bool
	err = bus.BusObject().CallWithContext(ctx, "org.freedesktop.DBus.NameHasOwner", 0, "org.kde.StatusNotifierWatcher").Store(&there)
	return err == nil && there
}
