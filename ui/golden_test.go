package ui

import (
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"usher/core"
)

// What goes round every screen: at its usual size, and small with all that can be special.
func TestTheShellLooksAsDrawn(t *testing.T) {
	t.Run("usual", func(t *testing.T) {
		open(t, newUsher(connected()), Host{}, func(s *shell) {
			test.AssertRendersToMarkup(t, "shell.xml", s.window.Canvas())
		})
	})
	t.Run("small", func(t *testing.T) {
		o := connected()
		o.Paused, o.Status.Queued = true, 12
		o.Needs = []core.Need{{Problem: core.NewProblem("site.unauthorized", nil).Trouble("https://yoga.test"), Count: 12, Waits: true}}
		open(t, newUsher(o), Host{Bar: Bar{Text: "This is practice: nothing leaves this computer.", Button: "Buy as Ann"}}, func(s *shell) {
			s.window.Resize(fyne.NewSize(640, 480))
			s.usher.change(func() { s.usher.err = errGone })
			s.settle()
			test.AssertRendersToMarkup(t, "shell-gone-small.xml", s.window.Canvas())
		})
	})
}
