package main

import (
	"context"
	"time"

	"fyne.io/fyne/v2"

	usher "usher/cmd/internal/app"
	"usher/core"
	"usher/core/control"
	"usher/ui/opening"
	"usher/ui/settings"
	"usher/ui/words"
)

// offerCopies lets the settings make copies of a Usher.
func offerCopies(facts *settings.Facts, b control.Backend) {
	facts.Export = func(ctx context.Context, folder string, passphrase core.Secret, stop bool) (string, error) {
		path := usher.NewName(folder, "move", ".usher", time.Now())
		return path, usher.Export(ctx, b, path, passphrase, stop)
	}
	facts.Backup = func(ctx context.Context, folder string) (string, error) {
		path := usher.NewName(folder, "backup", ".db", time.Now())
		return path, usher.Backup(ctx, b, path)
	}
}

// moveHere implements wizard.Hooks.Move for the Usher that is open: the file is read, and then
// what it holds takes that one's place.
func (p *program) moveHere(opened *working) func(context.Context, string, core.Secret) error {
	return func(ctx context.Context, path string, passphrase core.Secret) error {
		arrival, err := usher.ReadMove(ctx, opened.options, path, passphrase)
		if err != nil {
			return err
		}
		fyne.Do(func() { p.settle(opened, arrival) })
		return nil
	}
}

// settle ends the Usher that is open, has the other move in, and opens that.
func (p *program) settle(opened *working, arrival *usher.Arrival) {
	if p.quitting {
		p.doing.Go(func() { _ = arrival.Close() }) // it was not settled, and the file is still there
		return
	}
	shown, news := p.ui, p.news
	p.ui, p.news = nil, nil
	p.window.SetContent(opening.Busy(words.T("wizard.move.settling.line")))
	p.doing.Go(func() {
		shown.Close()
		if news != nil {
			news.Close()
		}
		err := opened.end()
		if err == nil {
			err = arrival.Settle(p.life)
		}
		if closed := arrival.Close(); err == nil {
			err = closed
		}
		fyne.Do(func() { p.settled(opened.options, arrival, err) })
	})
}

func (p *program) settled(o usher.Options, arrival *usher.Arrival, err error) {
	switch {
	case p.quitting:
	case err != nil:
		p.say(core.AsProblem(err), opening.Answers{Again: func() { p.open(o) }, Quit: p.quit})
	default:
		memory{p.app.Preferences()}.Save(nil) // what was typed before is of no use
		waiting := int(arrival.Waiting)       //nolint:gosec // a count of messages
		p.window.SetContent(opening.Arrived(len(arrival.Connections), waiting, arrival.Settled, func(begin bool) {
			o.Begin = begin && !arrival.Settled
			p.open(o)
		}))
	}
	p.show()
}
