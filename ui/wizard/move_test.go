package wizard

import (
	"slices"
	"testing"

	"fyne.io/fyne/v2/test"

	"usher/core"
	"usher/ui/look/looktest"
)

func TestMovingFromAnotherComputer(t *testing.T) {
	sit(t, func(p *person) {
		p.stage.PickFile = func(done func(string)) { done("/media/stick/usher-move-2026-11-21.usher") }
	}, func(p *person) {
		p.seesNot("Bring Usher here")
		p.click("Move from another computer")
		p.sees("Bring Usher here from your old computer")
		p.seesNot("Practise first")
		p.click("Back")
		p.sees("Practise first")
		p.click("Move from another computer")
		p.click("Move here")
		p.sees("Choose the file first.")
		p.click("Choose the file")
		p.sees("[usher-move-2026-11-21.usher]")
		p.seesNot("Choose the file first.")
		p.click("Move here")
		p.sees("Type the passphrase first.")

		p.fake.errs["Move"] = core.NewProblem("move.passphrase", nil)
		p.paste("Its passphrase", " another one ")
		p.click("Move here")
		p.sees(core.NewProblem("move.passphrase", nil).Title)
		p.seesNot("Reading the file…")
		p.fake.errs["Move"] = core.NewProblem("move.damaged", nil)
		p.paste("Its passphrase", "correct horse battery")
		p.picture("0-moving")
		p.click("Move here")
		p.sees(core.NewProblem("move.damaged", nil).Title, core.NewProblem("move.damaged", nil).Fix)
		p.seesNot(core.NewProblem("move.passphrase", nil).Title)
		p.picture("0-moving-problem")
		p.click("usher-move-2026-11-21.usher")
		p.seesNot(core.NewProblem("move.damaged", nil).Title)

		delete(p.fake.errs, "Move")
		p.enter("Its passphrase")
		p.sees("Usher is moving in…")
		if p.entry("Its passphrase").Text != "" {
			t.Error("the passphrase stays on screen")
		}
		const file = "/media/stick/usher-move-2026-11-21.usher with "
		if want := []string{file + "another one", file + "correct horse battery", file + "correct horse battery"}; !slices.Equal(p.moved, want) {
			t.Errorf("read %q", p.moved)
		}
		if len(p.memory.kept) != 0 {
			t.Errorf("kept %v", p.memory.kept)
		}
	})
}

func TestMovingIsGivenUp(t *testing.T) {
	sit(t, func(p *person) {
		p.stage.PickFile = func(done func(string)) { done("/media/stick/usher.usher") }
	}, func(p *person) {
		p.click("Move from another computer")
		p.click("Choose the file")
		p.paste("Its passphrase", "correct horse battery")
		test.Tap(looktest.Button(t, p.window.Content(), "Move here"))
		p.sees("Reading the file…", "(Move here)")
		test.Tap(looktest.Button(t, p.window.Content(), "Back"))
		p.settle()
		if called := p.fake.called("Move"); called != 0 {
			t.Errorf("it was read to its end %d times", called)
		}
		p.click("Move from another computer")
		p.sees("[Move here]")
		p.seesNot("Reading the file…")
	})
}

func TestMovingIsOfferedOnlyWhereNothingIsSetUp(t *testing.T) {
	for name, prepare := range map[string]func(*person){
		"another program's Usher": func(p *person) { p.hooks.Move = nil },
		"a connection":            func(p *person) { p.fake.overview.Connections = []core.ConnectionView{yoga()} },
		"a site":                  func(p *person) { p.fake.overview.Sites = []core.SiteView{{Home: "https://yoga.test"}} },
	} {
		t.Run(name, func(t *testing.T) {
			sit(t, prepare, func(p *person) {
				p.screen.Show("new")
				p.settle()
				p.sees("Welcome to Usher")
				p.seesNot("Move from another computer")
			})
		})
	}
}
