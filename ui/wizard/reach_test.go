package wizard

import (
	"maps"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"usher/core"
	"usher/ui/look"
)

func TestAnAddressThroughNgrok(t *testing.T) {
	at(t, stepAddress, nil, func(p *person) {
		p.click("Show me my authtoken")
		p.click("Make an account")
		if len(p.opened) != 2 || p.opened[0] != ngrokTokens || p.opened[1] != ngrokAccount {
			t.Errorf("opened %q", p.opened)
		}
		if p.canNext() {
			t.Error("Connect without an authtoken")
		}
		p.paste("Authtoken", "2abcDEF")
		p.fake.errs["ChangeAddress"] = core.NewProblem("address.no_token", nil)
		p.enter("Authtoken")
		p.sees(core.NewProblem("address.no_token", nil).Title)
		delete(p.fake.errs, "ChangeAddress")
		p.enter("Authtoken")
		if *p.fake.change.Kind != core.NgrokAddress || p.fake.secrets[0].Reveal() != "2abcDEF" {
			t.Errorf("changed %+v", p.fake.change)
		}
		p.seesNot("2abcDEF")
		p.fake.overview.Status.Address.State = "failed"
		p.fake.overview.Status.Problems = []core.Trouble{core.NewProblem("address.token_refused", nil).Trouble("Usher")}
		p.news()
		p.sees(core.NewProblem("address.token_refused", nil).Title, "Make Usher reachable")
		p.fake.overview.Status.Problems = nil
		p.fake.online("https://calm-otter.ngrok-free.dev")
		p.news()
		p.sees("Copy the webhook URL")
		p.click("Back")
		p.sees("https://calm-otter.ngrok-free.dev answers.")
		if got := p.entry("Authtoken").PlaceHolder; got == "" {
			t.Error("nothing says that the authtoken is kept")
		}
		p.click("Next")
		if n := p.fake.called("ChangeAddress"); n != 2 {
			t.Errorf("changed %d times", n)
		}
		for _, kept := range p.memory.kept {
			if strings.Contains(kept, "2abcDEF") {
				t.Error("the authtoken is kept")
			}
		}
	})
}

func TestAnAddressOfOnesOwn(t *testing.T) {
	at(t, stepAddress, nil, func(p *person) {
		p.choose("How", "By a public URL of my own")
		p.paste("Public URL", "hooks.yoga.test")
		p.fake.errs["ChangeAddress"] = core.NewProblem("address.bad_url", nil)
		p.click("Connect")
		p.sees(core.NewProblem("address.bad_url", nil).Title)
		delete(p.fake.errs, "ChangeAddress")
		p.paste("Public URL", "https://hooks.yoga.test")
		p.click("Connect")
		if *p.fake.change.Kind != core.FixedAddress || *p.fake.change.URL != "https://hooks.yoga.test" {
			t.Errorf("changed %+v", p.fake.change)
		}
		// An address before this one is no reason to go on.
		p.fake.overview.Status.Address = core.AddressStatus{State: "online", URL: "https://old.test", Plan: core.AddressPlan{Kind: core.NgrokAddress, Chosen: true}}
		p.news()
		p.sees("Make Usher reachable")
		p.fake.overview.Status.Address = core.AddressStatus{State: "online", URL: "https://hooks.yoga.test", Plan: core.AddressPlan{Kind: core.FixedAddress, Chosen: true, URL: "https://hooks.yoga.test"}}
		p.news()
		p.sees("Copy the webhook URL")
	})
}

func TestTheAddressCanWait(t *testing.T) {
	at(t, stepAddress, nil, func(p *person) {
		p.paste("Authtoken", "2abcDEF")
		p.click("Connect")
		p.click("Do this later")
		p.sees("Copy the webhook URL", "This URL does not begin with https")
		p.fake.online("https://calm-otter.ngrok-free.dev")
		p.news()
		p.sees("https://calm-otter.ngrok-free.dev/?wpf_action=add&access_key=kkkk")
		p.seesNot("This URL does not begin with https")
	})
}

func TestTheURLSaysWhatWasChosen(t *testing.T) {
	const base = "http://127.0.0.1:8737/?wpf_action="
	at(t, stepURL, nil, func(p *person) {
		for _, c := range []struct {
			do   func()
			want string
		}{
			{func() {}, base + "add&access_key=kkkk"},
			{func() { p.check("Send new users a welcome mail") }, base + "add&access_key=kkkk&send_notification=true"},
			{func() { p.choose("Role", "Customer") }, base + "add&access_key=kkkk&send_notification=true&role=customer"},
			{func() { p.choose("What the webhook does", "Update users who are there") }, base + "update&access_key=kkkk&role=customer"},
			{func() { p.choose("What the webhook does", "Update the tags of users who are there") }, base + "update_tags&access_key=kkkk"},
		} {
			c.do()
			p.click("Copy")
			if got := fyne.CurrentApp().Clipboard().Content(); got != c.want || !strings.Contains(p.screenText(), c.want+"\n") {
				t.Errorf("the clipboard holds %q, want %q, on screen:\n%s", got, c.want, p.screenText())
			}
		}
		p.click("Next")
		if len(p.fake.files) != 0 {
			t.Errorf("set up %+v", p.fake.files)
		}
	})
}

func TestARoleThatMayWriteIsAllowedByPickingIt(t *testing.T) {
	at(t, stepURL, func(p *person) { p.fake.overview.Connections[0].Rules.AllowedRoles = []string{"vip"} }, func(p *person) {
		p.choose("Role", "Author (may write posts)")
		p.fake.errs["Setup"] = core.NewProblem("site.unreachable", nil)
		p.click("Next")
		p.sees(core.NewProblem("site.unreachable", nil).Title)
		delete(p.fake.errs, "Setup")
		p.click("Next")
		if got := *p.fake.files[0].Connection.AllowedRoles; len(got) != 2 || got[0] != "vip" || got[1] != "author" {
			t.Errorf("allowed %q", got)
		}
	})
}

func TestAHarmlessRoleNeedsNoLeave(t *testing.T) {
	at(t, stepURL, nil, func(p *person) {
		p.choose("Role", "Customer")
		p.click("Next")
		if p.sees("Waiting for your first webhook…"); len(p.fake.files) != 0 {
			t.Errorf("set up %+v", p.fake.files)
		}
	})
}

func TestTheCRMsOwnStepsHoldTheURL(t *testing.T) {
	at(t, stepURL, nil, func(p *person) {
		const add = "http://127.0.0.1:8737/?wpf_action=add&access_key=kkkk"
		p.sees("1. Open the outbound API.", "2. Enter this URL:", add, "3. Or, with a role:", add+"&role=customer", "A tag they have sends nothing.", "Nobody is made twice.")
		p.seesNot("{add}")
		p.check("Send new users a welcome mail")
		p.sees(add + "&role=customer")
		if n := strings.Count(p.screenText(), add+"&send_notification=true\n"); n != 2 {
			t.Errorf("the whole URL is on screen %d times, want it above and in the step", n)
		}
		tick := p.below("Way to do it", func(o fyne.CanvasObject) bool { _, is := o.(*look.Check); return is }).(*look.Check)
		test.Tap(tick)
		p.choose("Way to do it", "Keep up to date")
		p.sees("1. Enter", "http://127.0.0.1:8737/?wpf_action=update&access_key=kkkk", "there.")
		p.open()
		p.sees("1. Open the outbound API.")
		if tick := p.below("Way to do it", func(o fyne.CanvasObject) bool { _, is := o.(*look.Check); return is }).(*look.Check); !tick.Checked {
			t.Error("the tick is gone")
		}
	})
}

func TestAURLThatCannotBeMade(t *testing.T) {
	at(t, stepURL, func(p *person) { p.fake.errs["WebhookURLs"] = core.NewProblem("keyring.locked", nil) }, func(p *person) {
		p.sees(core.NewProblem("keyring.locked", nil).Title)
		p.seesNot("Copy\n")
		if p.canNext() {
			t.Error("Next without a URL")
		}
		delete(p.fake.errs, "WebhookURLs")
		p.click("Try again")
		p.sees("wpf_action=add", "[Copy]")
	})
}

func TestWaitingNamesWhatComesNear(t *testing.T) {
	held := core.NewProblem("delivery.merge_field", nil)
	trouble := held.Trouble("")
	for name, c := range map[string]struct {
		line core.Line
		want []string
	}{
		"held":     {core.Line{State: core.Held, Problem: &trouble}, []string{held.Title, held.Fix}},
		"waiting":  {core.Line{State: core.Queued}, []string{"A message is here"}},
		"oneself":  {core.Line{State: core.Applied, Outcome: core.Protected}, []string{"This user has admin rights"}},
		"no user":  {core.Line{State: core.Applied, Outcome: core.NoUser}, []string{"This person is not a user on your site"}},
		"the test": {core.Line{State: core.Applied, Outcome: core.Ignored, Notes: []string{"This was a test message."}}, []string{"there was nothing to do", "This was a test message."}},
	} {
		t.Run(name, func(t *testing.T) {
			at(t, stepWait, nil, func(p *person) {
				p.seesNot(c.want...)
				c.line.ID, c.line.Received = "7", time.Now()
				p.fake.lines = []core.Line{c.line}
				p.news()
				p.sees(c.want...)
				if p.canNext() {
					t.Error("Done can be pressed")
				}
			})
		})
	}
}

func TestWaitingNamesWhatWasTurnedAway(t *testing.T) {
	at(t, stepWait, nil, func(p *person) {
		now := time.Now()
		p.fake.misses = []core.Miss{
			{At: now, Reason: "wrong_key"},
			{At: now, Reason: "missing_key"},
			{At: now, Reason: "no_action"},
			{At: now, Reason: "method"},
			{At: now, Reason: "encoded"},
			{At: now, Reason: "cut_off"},
			{At: now, Reason: "not_stored"},
			{At: now, Reason: "nothing_asked"},
			{At: now, Reason: "wrong_key"},
			{At: now.Add(-time.Hour), Reason: "too_big"},
		}
		p.news()
		p.sees("another secret part", "without the secret part", "without saying what to do", "unusual method", "compressed", "broke off", "no room")
		p.seesNot("too big", "nothing_asked")
		if n := strings.Count(p.screenText(), "another secret part"); n != 1 {
			t.Errorf("said %d times", n)
		}
	})
}

func TestWaitingSaysTheUsualReasonsAfterTwoMinutes(t *testing.T) {
	at(t, stepWait, nil, func(p *person) {
		p.wait(patience - time.Second)
		p.seesNot("The settings were not saved.")
		p.wait(time.Second)
		p.sees("Nothing yet? The usual reasons in Kartra", "The settings were not saved.")
		p.fake.lines = []core.Line{{ID: "1", State: core.Merged, Outcome: core.Updated, Received: time.Now()}}
		p.news()
		p.seesNot("The settings were not saved.", "How to set it off")
		p.sees("It works: Updated", "[Done]")
	})
}

func TestWaitingLooksAgainOnlyForNews(t *testing.T) {
	at(t, stepWait, nil, func(p *person) {
		looks := p.fake.called("Activity")
		p.screen.Update(p.fake.overview)
		p.settle()
		if n := p.fake.called("Activity"); n != looks {
			t.Error("looked without news")
		}
		p.fake.errs["Activity"] = core.NewProblem("keyring.locked", nil)
		p.news()
		p.sees(core.NewProblem("keyring.locked", nil).Title)
		delete(p.fake.errs, "Activity")
		p.click("Try again")
		p.seesNot(core.NewProblem("keyring.locked", nil).Title)
		p.screen.Leave()
		looks = p.fake.called("Activity")
		p.news()
		if n := p.fake.called("Activity"); n != looks {
			t.Error("looked though nobody looks")
		}
	})
}

func TestATestGoesHopByHop(t *testing.T) {
	at(t, stepWait, nil, func(p *person) {
		p.fake.errs["SendTest"] = core.NewProblem("test.no_person", nil)
		p.click("Send a test")
		p.sees(core.NewProblem("test.no_person", nil).Title)
		delete(p.fake.errs, "SendTest")
		p.fake.test = way()
		p.paste("Whom to test with", " ann@example.com")
		p.enter("Whom to test with")
		if p.fake.tested != "ann@example.com" {
			t.Errorf("tested with %q", p.fake.tested)
		}
		p.sees("Out to the webhook URL and back", "https://calm-otter.ngrok-free.dev (184ms)", "Usher would make Ann (ann@example.com) a user, as Customer.", "Nothing was changed.", "Kartra itself has not called yet.")
		trouble := core.NewProblem("test.elsewhere", nil).Trouble("")
		p.fake.test = core.TestAnswer{Steps: []core.Step{{Title: "Out to the webhook URL and back", State: core.StepProblem, Problem: &trouble}, {Title: "What would change", State: core.StepSkipped}}}
		p.click("Send a test")
		p.sees(trouble.Title, trouble.Fix, "What would change")
		p.seesNot("Nothing was changed.")
	})
}

func TestAllThatIsRememberedIsNamed(t *testing.T) {
	at(t, stepURL, nil, func(p *person) {
		p.choose("Role", "Customer")
		want := map[string]string{
			saidStep: stepURL, saidKind: "kartra", saidSite: "https://yoga.test", saidConnection: "Yoga",
			saidAction: "add", saidRole: "customer",
		}
		if !maps.Equal(p.memory.kept, want) {
			t.Errorf("kept %v, want %v", p.memory.kept, want)
		}
	})
}

func TestAdviceIsForAWindowNotForACommandLine(t *testing.T) {
	at(t, stepAddress, nil, func(p *person) {
		p.paste("Authtoken", "2abcDEF")
		p.fake.errs["ChangeAddress"] = core.NewProblem("address.no_token", nil)
		p.click("Connect")
		delete(p.fake.errs, "ChangeAddress")
		p.seesNot("usherd ")
		p.click("Connect")
		p.fake.overview.Status.Address.State = "failed"
		p.fake.overview.Status.Problems = []core.Trouble{core.NewProblem("address.domain_not_yours", nil).Trouble("Usher")}
		p.news()
		p.sees(core.NewProblem("address.domain_not_yours", nil).Title)
		p.seesNot("usherd ")
	})
}
