//go:build !windows && !darwin

package main

import "os"

// hasDisplay reports whether there is an X server to draw on; without one the toolkit panics.
func hasDisplay() bool { return os.Getenv("DISPLAY") != "" }
