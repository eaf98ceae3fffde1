package main

import (
	"fyne.io/fyne/v2"
)

// notice is a notification of the desktop.
type notice struct {
	title, text string
	click       func() // on the toolkit's goroutine
}

// notify shows a notification that leads to the window. Sending may take long, and is waited
// for at the end of the program.
func (p *program) notify(title, text string) {
	p.doing.Go(func() { p.send(notice{title, text, p.show}) })
}

// send shows a notification, by way of the toolkit where the desktop tells of no clicks.
func (p *program) send(n notice) {
	if p.bus && !p.notices.show(n) {
		p.app.SendNotification(fyne.NewNotification(n.title, n.text))
	}
}
