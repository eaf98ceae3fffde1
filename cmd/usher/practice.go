package main

import (
	"context"

	"fyne.io/fyne/v2"

	usher "usher/cmd/internal/app"
	"usher/ui"
	"usher/ui/opening"
	"usher/ui/words"
)

// practising is a window on a site and a CRM inside the program.
type practising struct {
	window *window
	ui     *ui.UI
	inside *usher.Practice
}

// close ends it. It is not called on the toolkit's goroutine while that still runs.
func (r *practising) close() {
	r.ui.Close()
	_ = r.inside.Close() // a throw-away folder, which the system clears away too
}

// practise opens the window to practise in, or brings it to the front. It implements
// wizard.Hooks.Practise: what follows is shown there.
func (p *program) practise(context.Context) (connection string, err error) {
	inside, err := usher.OpenPractice(p.life, p.flags.log) // beyond the page that asks for it
	if err != nil {
		return "", err
	}
	p.keep(inside)
	fyne.Do(func() { p.showPractice(inside, p.newWindow(words.T("practice.window"), p.endPractice)) })
	return "", nil
}

// setPractice implements settings.Facts.SetPractice.
func (p *program) setPractice(ctx context.Context, on bool) error {
	if on {
		_, err := p.practise(ctx)
		return err
	}
	fyne.Do(p.endPractice)
	return nil
}

// beginPractice has the program do nothing but practise.
func (p *program) beginPractice() {
	p.window = p.newWindow(words.T("practice.window"), p.quit)
	p.window.SetContent(opening.Busy(words.T("practice.busy.line")))
	p.window.Show()
	p.doing.Go(func() {
		inside, err := usher.OpenPractice(p.life, p.flags.log)
		if err == nil {
			p.keep(inside)
		}
		fyne.Do(func() {
			switch {
			case err == nil:
				p.showPractice(inside, p.window)
			case !p.quitting:
				p.broken(err)
			}
		})
	})
}

func (p *program) showPractice(inside *usher.Practice, w *window) {
	if p.quitting || p.practice != nil {
		p.doing.Go(func() { _ = inside.Close() })
		if p.practice != nil {
			p.practice.window.RequestFocus()
		}
		return
	}
	host := p.host(inside.Usher.Engine, usher.Options{DataDir: inside.Folder()})
	host.Hooks.Practise, host.Facts.Practice = nil, true
	host.Bar = ui.Bar{Text: words.T("practice.bar.line"), Button: words.T("practice.buy"), Do: asAnn(inside)}
	p.practice = &practising{window: w, inside: inside}
	p.practice.ui = ui.New(p.life, w.Window, inside.Usher.Engine, host)
	w.Show()
}

func asAnn(inside *usher.Practice) func(context.Context) (string, error) {
	return func(ctx context.Context) (string, error) {
		return words.T("practice.bought.line"), inside.Buy(ctx)
	}
}

// endPractice closes the window and all that is inside.
func (p *program) endPractice() {
	r := p.practice
	switch {
	case p.flags.practice:
		p.quit()
		return
	case r == nil:
		return
	}
	p.practice = nil
	r.window.keepSize()
	r.window.Close()
	p.doing.Go(r.close)
}
