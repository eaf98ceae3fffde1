// Package autostart has the desktop start a program when its person logs in, the way each
// system wants it: a desktop file, a value of the registry, or a launch agent.
package autostart

// Entry is a program to start at log-in.
type Entry struct {
	ID      string // such as "io.github.usher.Usher"; the same for good
	Name    string // for people
	Program string // its path
	Args    []string
}
