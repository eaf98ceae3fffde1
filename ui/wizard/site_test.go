package wizard

import (
	"testing"
	"testing/synctest"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"usher/core"
)

func TestTheSiteChecksItselfWhileItIsTyped(t *testing.T) {
	sit(t, nil, func(p *person) {
		p.click("Kartra")
		if p.canNext() {
			t.Error("Next without an address")
		}
		p.paste("Address of the site", "yoga")
		if p.fake.called("Diagnose") != 0 {
			t.Error("checked while it was typed")
		}
		p.steps = troubledSteps()
		p.wait(typingPause)
		trouble := core.NewProblem("site.app_passwords_need_https", nil)
		p.sees("The site answers", "WordPress 7.0", trouble.Title, trouble.Fix)
		p.seesNot("User name and application password are right", "Let Usher in")
		p.steps = fineSteps()
		p.enter("Address of the site")
		p.seesNot(trouble.Title)
		p.sees("[Let Usher in]")
		p.paste("Address of the site", "yoga.test")
		p.seesNot("The site answers", "Let Usher in")
		if n := p.fake.called("Diagnose"); n != 2 {
			t.Errorf("checked %d times", n)
		}
		p.enter("Address of the site")
		p.enter("Address of the site")
		p.sees("Your site is open in the browser")
	})
}

func TestASiteWithoutAConnectionIsConnectedAgain(t *testing.T) {
	sit(t, func(p *person) {
		p.fake.overview.Sites = []core.SiteView{{Home: "https://alone.test", Name: "Alone", User: "ann"}}
	}, func(p *person) {
		p.screen.Show("https://alone.test/site")
		p.settle()
		p.seesNot("Step 1 of 8", "Use this site")
		p.click("Let Usher in")
		p.asked.approved <- nil
		p.settle()
		if len(p.went) != 1 || p.went[0] != "settings sites" {
			t.Errorf("went to %q", p.went)
		}
	})
}

func TestTheSiteLetsUsherIn(t *testing.T) {
	sit(t, nil, func(p *person) {
		p.click("Kartra")
		p.paste("Address of the site", "yoga.test")
		p.wait(typingPause)
		p.fake.errs["AskPermission"] = core.NewProblem("site.unreachable", nil)
		p.click("Let Usher in")
		p.sees(core.NewProblem("site.unreachable", nil).Title)
		delete(p.fake.errs, "AskPermission")
		p.click("Try again")
		if len(p.opened) != 1 || p.opened[0] != p.asked.Page() {
			t.Errorf("opened %q", p.opened)
		}
		p.click("Copy the page's address")
		if got := fyne.CurrentApp().Clipboard().Content(); got != p.asked.Page() {
			t.Errorf("the clipboard holds %q", got)
		}
		p.click("Open the page again")
		if len(p.opened) != 2 {
			t.Errorf("opened %q", p.opened)
		}
		p.asked.approved <- core.NewProblem("site.not_authorised", nil)
		p.settle()
		p.sees(core.NewProblem("site.not_authorised", nil).Title)
		if !p.asked.closed {
			t.Error("the question stays open")
		}
		p.click("Try again")
		p.asked.approved <- nil
		p.settle()
		p.sees("Add the Usher helper")
		if p.memory.kept[saidSite] != "https://yoga.test" {
			t.Errorf("kept %v", p.memory.kept)
		}
	})
}

func TestLeavingTheSiteEndsTheQuestion(t *testing.T) {
	sit(t, nil, func(p *person) {
		p.click("Kartra")
		p.paste("Address of the site", "yoga.test")
		p.wait(typingPause)
		p.click("Let Usher in")
		p.click("Back")
		if !p.asked.closed {
			t.Error("the question stays open")
		}
		p.click("Kartra")
		p.sees("[Let Usher in]")
	})
}

func TestTypingAnewGivesUpWhatWasBegun(t *testing.T) {
	sit(t, nil, func(p *person) {
		p.click("Kartra")
		p.steps = troubledSteps()
		test.Type(p.entry("Address of the site"), "yoga.tes")
		time.Sleep(typingPause)
		synctest.Wait()
		p.fake.turn <- struct{}{} // the pause is over
		synctest.Wait()           // the check has begun
		p.paste("Address of the site", "yoga.test")
		p.seesNot("The site answers")
		p.steps = fineSteps()
		p.wait(typingPause)
		p.click("Let Usher in")
		test.Type(p.entry("Address of the site"), "ing")
		p.settle()
		if !p.asked.closed {
			t.Error("the question stays open")
		}
		p.seesNot("Your site is open in the browser")
	})
}

func TestAPasswordCanBePasted(t *testing.T) {
	sit(t, nil, func(p *person) {
		p.click("Kartra")
		p.paste("Address of the site", "yoga.test")
		p.wait(typingPause)
		p.click("Let Usher in")
		first := p.asked
		p.click("Paste a password instead")
		if !first.closed {
			t.Error("the first question stays open")
		}
		p.sees("The page then shows a password")
		p.paste("User name", " ann ")
		if p.canNext() {
			t.Error("Connect without a password")
		}
		p.paste("Application password", "abcd efgh")
		p.fake.errs["ConnectSite"] = core.NewProblem("site.wrong_password", nil)
		p.click("Connect")
		p.sees(core.NewProblem("site.wrong_password", nil).Title, "| ann |")
		delete(p.fake.errs, "ConnectSite")
		p.enter("Application password")
		p.sees("Add the Usher helper")
		if p.fake.user != "ann" || p.fake.secrets[0].Reveal() != "abcd efgh" {
			t.Errorf("connected as %q", p.fake.user)
		}
		for _, kept := range p.memory.kept {
			if kept == "abcd efgh" {
				t.Error("the password is kept")
			}
		}
	})
}

func TestAKnownSiteNeedsNoPermission(t *testing.T) {
	sit(t, func(p *person) {
		p.fake.overview.Sites = []core.SiteView{{Home: "https://yoga.test", Name: "Yoga with Ann", User: "ann"}}
	}, func(p *person) {
		p.click("Kartra")
		p.sees("Yoga with Ann", "https://yoga.test is connected already, with the account ann.")
		p.click("Use this site")
		p.sees("Add the Usher helper")
		p.click("Go on without it")
		p.click("Go on without the key")
		if got := p.fake.files[0].Site.URL; got != "https://yoga.test" {
			t.Errorf("set up with %q", got)
		}
	})
}

func TestAHostThatCannotAskLetsPaste(t *testing.T) {
	sit(t, func(p *person) { p.hooks.Diagnose, p.hooks.AskPermission = nil, nil }, func(p *person) {
		p.click("Kartra")
		p.paste("Address of the site", "yoga.test")
		p.wait(typingPause)
		p.click("Let Usher in")
		p.paste("User name", "ann")
		p.paste("Application password", "abcd efgh")
		p.click("Connect")
		p.sees("Add the Usher helper")
	})
}

func TestTheSiteOfAConnectionKeepsItsAddress(t *testing.T) {
	at(t, stepWait, nil, func(p *person) {
		p.screen.Show("Yoga/site")
		p.settle()
		if !p.entry("Address of the site").Disabled() {
			t.Error("the address can be typed")
		}
		p.click("Let Usher in")
		p.asked.approved <- nil
		p.settle()
		if len(p.went) != 1 || p.went[0] != "connections Yoga" {
			t.Errorf("went to %q", p.went)
		}
	})
}
