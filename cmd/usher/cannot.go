package main

import (
	"fyne.io/fyne/v2"

	usher "usher/cmd/internal/app"
	"usher/core"
	"usher/ui"
	"usher/ui/opening"
	"usher/ui/stage"
	"usher/ui/words"
)

// cannotOpen shows why Usher cannot open, and asks for what would help.
func (p *program) cannotOpen(o usher.Options, problem *core.Problem) {
	again := func() { p.open(o) }
	switch {
	case problem.Code == "store.in_use":
		p.inUse(o, problem)
		return
	case problem.Code == "keyring.no_passphrase" && o.IsNew() && !o.Sealed():
		p.choosePassphrase(o)
	case problem.Code == "keyring.no_passphrase", problem.Code == "keyring.passphrase":
		p.askPassphrase(o, problem.Code == "keyring.passphrase")
	case problem.Code == "keyring.unavailable" && o.IsNew():
		p.say(problem, opening.Answers{Again: again, Quit: p.quit, File: func() { p.choosePassphrase(o) }})
	case problem.Code == "store.damaged":
		p.say(problem, opening.Answers{
			Restore: func() { ui.PickFile(p.window, func(path string) { p.restore(o, path) }) },
			Again:   again, Anew: func() { p.beginAnew(o) }, Quit: p.quit,
		})
	default:
		p.say(problem, opening.Answers{Again: again, Quit: p.quit})
	}
	p.show() // nobody sees it in the tray
}

// beginAnew puts the data file aside and opens an empty one.
func (p *program) beginAnew(o usher.Options) {
	if _, err := o.SetAside(); err != nil {
		p.cannotOpen(o, core.AsProblem(err))
		return
	}
	p.open(o)
}

// restore puts a back-up in the place of the data file, which is kept beside it, and opens it.
func (p *program) restore(o usher.Options, backup string) {
	p.window.SetContent(opening.Busy(words.T("opening.restoring.line")))
	p.doing.Go(func() {
		_, err := usher.Restore(p.life, o, backup)
		fyne.Do(func() {
			wrong := core.HasCode(err, "keyring.passphrase")
			switch {
			case p.quitting:
			case err == nil:
				p.open(o)
			case wrong, core.HasCode(err, "keyring.no_passphrase"):
				p.window.SetContent(opening.Ask(p.window.Canvas(), wrong, func(passphrase core.Secret) {
					o.Passphrase = passphrase
					p.restore(o, backup)
				}, p.quit))
			default:
				p.say(core.AsProblem(err), opening.Answers{Again: func() { p.open(o) }, Quit: p.quit})
			}
		})
	})
}

// inUse shows the Usher that has the data folder, if it answers: it may just have begun.
func (p *program) inUse(o usher.Options, problem *core.Problem) {
	p.doing.Go(func() {
		running, err := usher.Running(p.life, o)
		fyne.Do(func() {
			switch {
			case p.quitting:
			case err == nil && running != nil:
				p.join(running)
			default:
				p.say(problem, opening.Answers{Again: func() { p.open(o) }, Quit: p.quit})
				p.show()
			}
		})
	})
}

// broken says that Usher stopped working by itself.
func (p *program) broken(err error) {
	if p.quitting {
		return
	}
	p.say(core.AsProblem(err), opening.Answers{Quit: p.quit})
	p.show()
}

func (p *program) say(problem *core.Problem, answers opening.Answers) {
	trouble := problem.Trouble("")
	trouble.Fix = stage.Advice(trouble)
	p.window.SetContent(opening.Trouble(trouble, answers))
}

func (p *program) askPassphrase(o usher.Options, wrong bool) {
	p.window.SetContent(opening.Ask(p.window.Canvas(), wrong, func(passphrase core.Secret) {
		o.Passphrase = passphrase
		p.open(o)
	}, p.quit))
}

func (p *program) choosePassphrase(o usher.Options) {
	p.window.SetContent(opening.Choose(p.window.Canvas(), func(passphrase core.Secret) {
		o.Secrets, o.Passphrase = usher.SecretsFile, passphrase
		p.open(o)
	}, p.quit))
}
