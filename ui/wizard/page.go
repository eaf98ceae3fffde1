package wizard

import (
	"fyne.io/fyne/v2"

	"usher/core"
	"usher/ui/words"
)

// The steps by their ids, in order. The start comes before them and is not counted.
const (
	stepStart   = "start"
	stepSite    = "site"
	stepHelper  = "helper"
	stepCRM     = "crm"
	stepRules   = "rules"
	stepOff     = "off"
	stepAddress = "address"
	stepURL     = "url"
	stepWait    = "wait"
)

var order = []string{stepSite, stepHelper, stepCRM, stepRules, stepOff, stepAddress, stepURL, stepWait}

// page is one step. All its methods run on the toolkit's goroutine.
type page interface {
	head() (title, text string)
	parts() []fyne.CanvasObject // below the head, the same each time
	first() fyne.Focusable      // gets the keyboard when the page opens; nil for the main button
	// opened fills the page from the draft and begins what it does while it is on screen.
	opened()
	// left ends that.
	left()
	update(core.Overview)
	action() action
}

// action is what a page's main button does at the moment.
type action struct {
	label string // empty for "Next"
	ready bool
	do    func() // nil: go on
	skip  string // on the button that goes on without; empty for none
	skips func() // nil: go on
}

func (a action) text(editing bool) string {
	switch {
	case a.label != "":
		return a.label
	case editing:
		return words.T("wizard.save.button")
	}
	return words.T("wizard.next.button")
}

// setVisible shows or hides an object.
func setVisible(o fyne.CanvasObject, visible bool) {
	if visible {
		o.Show()
	} else {
		o.Hide()
	}
}

// usual is what most pages have in common.
type usual struct{ *Screen }

func (usual) first() fyne.Focusable { return nil }
func (usual) opened()               {}
func (usual) update(core.Overview)  {}
func (usual) action() action        { return action{ready: true} }
