//go:build windows || darwin

package main

import "context"

// hasBus reports whether there can be a tray and notifications.
func hasBus() bool { return true }

// hasTray reports whether somebody shows icons in a tray.
func hasTray(context.Context) bool { return true }
