package main

import (
	"usher/core/control"
	"usher/ui/news"
	"usher/ui/settings"
)

// startNews tells the person by notifications what a Usher does; nil where there are none.
func (p *program) startNews(b control.Backend) *news.News {
	if !p.bus {
		return nil
	}
	p.app.Lifecycle().SetOnEnteredForeground(func() { p.looking.Store(true) })
	p.app.Lifecycle().SetOnExitedForeground(func() { p.looking.Store(false) })
	kept := prefs{p.app, p.flags.log}
	return news.Start(p.life, b, news.Host{
		Send: func(n news.Note) {
			p.send(notice{n.Title, n.Text, func() { p.turnTo(n.Screen, n.Subject) }})
		},
		Looking:   func() bool { return p.shown.Load() && p.looking.Load() },
		Off:       func() bool { return kept.Get(settings.PrefNotifications) == settings.Off },
		HideNames: func() bool { return kept.Get(settings.PrefHideNames) == settings.On },
	})
}

// turnTo brings the window to the front and shows a screen of it; see stage.Stage.Go.
func (p *program) turnTo(screen, subject string) {
	p.show()
	if p.ui != nil && !p.quitting {
		p.ui.Show(screen, subject)
	}
}
