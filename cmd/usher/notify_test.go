package main

import (
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
)

func TestTheToolkitShowsWhatTheDesktopTellsNoClicksOf(t *testing.T) {
	what := notice{title: "News", text: "Ann is a user now"}
	p := &program{app: test.NewTempApp(t), bus: true} // and no notices
	test.AssertNotificationSent(t, fyne.NewNotification(what.title, what.text), func() { p.send(what) })
	p.bus = false
	test.AssertNotificationSent(t, nil, func() { p.send(what) })
}
