package wizard

import (
	"testing"
	"time"

	"fyne.io/fyne/v2"

	"usher/core"
)

// The goals of a first start: from nothing to the first user.
const (
	mostClicks = 10
	mostPastes = 4
)

func TestFromNothingToTheFirstUser(t *testing.T) {
	sit(t, nil, func(p *person) {
		p.sees("Welcome to Usher", "[Practise first]", "[Kartra]", "[Pulse]")
		p.click("Kartra")
		p.sees("Step 1 of 8", "Connect your WordPress site")
		p.siteLetsUsherIn()
		p.sees("Step 2 of 8", "Add the Usher helper")
		p.click("Go on without it")
		p.sees("Step 3 of 8", "Connect Kartra")
		p.click("Go on without the key")
		p.sees("Step 4 of 8", "What people get on your site")
		p.click("Next")
		p.sees("Step 5 of 8", "When this computer is off")
		p.click("Next")
		p.sees("Step 6 of 8", "Make Usher reachable")
		p.paste("Authtoken", "2abcDEF")
		p.click("Connect")
		p.sees("Reachable from the internet")
		p.fake.online("https://calm-otter.ngrok-free.dev")
		p.news()
		p.sees("Step 7 of 8", "Copy the webhook URL")
		p.click("Copy")
		const url = "https://calm-otter.ngrok-free.dev/?wpf_action=add&access_key=kkkk"
		if got := fyne.CurrentApp().Clipboard().Content(); got != url {
			t.Errorf("the clipboard holds %q, want %q", got, url)
		}
		p.click("Next")
		p.sees("Step 8 of 8", "Waiting for your first webhook…")
		if p.canNext() {
			t.Error("Done can be pressed before anything came")
		}
		p.fake.lines = []core.Line{{ID: "1", State: core.Applied, Outcome: core.Created, Contact: "ann@example.com", Received: time.Now()}}
		p.fake.detail = core.Detail{Steps: []core.JournalStep{{Fields: []core.FieldChange{{Field: "first_name", New: "Ann"}}}}}
		p.news()
		p.sees("It works: New user", "ann@example.com", "first_name: Ann")
		firstUser := p.clicks
		p.click("Done")
		t.Logf("from nothing to the first user: %d clicks and %d pasted values", firstUser, p.pastes)
		if firstUser > mostClicks || p.pastes > mostPastes {
			t.Errorf("%d clicks and %d pasted values, want at most %d and %d", firstUser, p.pastes, mostClicks, mostPastes)
		}
		if len(p.memory.kept) != 0 {
			t.Errorf("kept after the end: %v", p.memory.kept)
		}
		if len(p.went) != 1 || p.went[0] != "activity" {
			t.Errorf("went to %q", p.went)
		}
	})
}

// siteLetsUsherIn connects yoga.test with one click, and one on the site's own page.
func (p *person) siteLetsUsherIn() {
	p.t.Helper()
	p.paste("Address of the site", "yoga.test")
	p.wait(typingPause)
	p.click("Let Usher in")
	p.asked.approved <- nil
	p.clicks++ // Approve, in the browser
	p.settle()
}
