package main

import "fyne.io/fyne/v2"

// notify shows a notification of the desktop. Sending may take long, and is waited for at the
// end of the program.
func (p *program) notify(title, text string) {
	if !p.bus {
		return
	}
	p.doing.Go(func() { p.app.SendNotification(fyne.NewNotification(title, text)) })
}
