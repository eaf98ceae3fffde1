package wizard

import (
	"os"
	"testing"
	"time"

	"fyne.io/fyne/v2"

	"usher/core"
	"usher/ui/look/looktest"
)

// picture takes pictures of what is on screen, in a usual window and in a small one. To look at
// them: USHER_PICTURES=/tmp/usher go test -run TestGallery ./ui/wizard
func (p *person) picture(name string) {
	p.t.Helper()
	if os.Getenv(looktest.Folder) == "" && name != "7-url" {
		return // one is enough where nobody looks
	}
	small, usual := fyne.NewSize(640, 480), fyne.NewSize(1000, 700)
	looktest.Window(p.t, "wizard-"+name+"-small", p.window, small)
	looktest.Window(p.t, "wizard-"+name, p.window, usual)
}

func TestGallery(t *testing.T) {
	sit(t, nil, func(p *person) {
		p.picture("0-start")
		p.click("Kartra")
		p.steps = troubledSteps()
		p.paste("Address of the site", "yoga.test")
		p.wait(typingPause)
		p.picture("1-site-problem")
		p.steps = fineSteps()
		p.click("Try again")
		p.picture("1-site-fine")
		p.click("Let Usher in")
		p.picture("1-site-waiting")
		p.click("Paste a password instead")
		p.picture("1-site-paste")
		p.paste("User name", "ann")
		p.paste("Application password", "abcd efgh ijkl mnop qrst uvwx")
		p.click("Connect")
		p.picture("2-helper")
		p.helper = true
		p.wait(helperPause)
		p.click("Next")
		p.picture("3-crm")
		p.click("Go on without the key")
		p.picture("4-rules")
		p.click("Show the fields")
		p.picture("4-rules-fields")
		p.click("Next")
		p.picture("5-off")
		p.click("Next")
		p.picture("6-address")
		p.paste("Authtoken", "2abcDEF")
		p.click("Connect")
		p.fake.overview.Status.Problems = []core.Trouble{core.NewProblem("address.token_refused", nil).Trouble("Usher")}
		p.news()
		p.picture("6-address-problem")
		p.fake.overview.Status.Problems = nil
		p.fake.online("https://calm-otter.ngrok-free.dev")
		p.news()
		p.picture("7-url")
		p.click("Next")
		p.picture("8-wait")
		p.fake.misses = []core.Miss{{At: time.Now(), Reason: "wrong_key", Times: 1}}
		p.news()
		p.wait(patience)
		p.picture("8-wait-doubts")
		p.fake.test = way()
		p.fake.lines = []core.Line{{ID: "1", State: core.Applied, Outcome: core.Created, Contact: "ann@example.com", Received: time.Now(), Notes: []string{"The welcome mail was sent."}}}
		p.fake.detail = core.Detail{Steps: []core.JournalStep{{Fields: []core.FieldChange{{Field: "first_name", New: "Ann"}, {Field: "last_name", New: "Smith"}}}}}
		p.news()
		p.click("Send a test")
		p.picture("8-wait-works")
	})
}

func troubledSteps() []core.Step {
	steps := fineSteps()
	trouble := core.NewProblem("site.app_passwords_need_https", nil).Trouble("")
	steps[2] = core.Step{Name: "app_passwords", Title: "Application passwords are on", State: core.StepProblem, Problem: &trouble}
	return steps
}

func way() core.TestAnswer {
	return core.TestAnswer{
		Steps: []core.Step{
			{Title: "Somebody to test with", State: core.StepOK, Detail: "ann@example.com, a made-up person"},
			{Title: "Out to the webhook URL and back", State: core.StepOK, Detail: "https://calm-otter.ngrok-free.dev", Took: core.Milliseconds(184 * time.Millisecond)},
		},
		Result: "Usher would make Ann (ann@example.com) a user, as Customer.",
		Notes:  []string{"Kartra itself has not called yet."},
	}
}
