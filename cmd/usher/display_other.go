//go:build windows || darwin

package main

// hasDisplay reports whether there is something to draw on.
func hasDisplay() bool { return true }
