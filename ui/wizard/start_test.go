package wizard

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"

	"usher/core"
)

const usedURL = "https://yoga.test/?wpf_action=add&access_key=oldkey99&role=customer&send_notification=true"

func TestAnotherCRMLeavesNoConnectionBehindUnsaid(t *testing.T) {
	for answer, kept := range map[string]bool{"Remove it": false, "Keep it": true} {
		at(t, stepURL, nil, func(p *person) {
			p.screen.Show("")
			p.settle()
			for p.screen.now != stepStart {
				p.click("Back")
			}
			p.click("Pulse")
			p.sees("“Yoga” is there already", "[Remove it]", "[Keep it]")
			p.click(answer)
			p.settle()
			p.seesNot("“Yoga” is there already")
			if there := len(p.fake.overview.Connections) > 0; there != kept {
				t.Errorf("%s: it is there: %v", answer, there)
			}
		})
	}
}

func TestStartOffersOnlyWhatTheHostCanDo(t *testing.T) {
	sit(t, nil, func(p *person) { p.sees("[Practise first]", "[Move from another computer]") })
	sit(t, func(p *person) { p.hooks = Hooks{} }, func(p *person) {
		p.seesNot("Practise first", "Move from another computer")
		p.sees("[Kartra]", "[I already use a webhook URL]")
	})
}

func TestPractisingWaitsForThePracticeCRM(t *testing.T) {
	sit(t, func(p *person) {
		p.hooks.Practise = func(ctx context.Context) (string, error) {
			err := p.fake.call(ctx, "Practise")
			p.fake.overview.Connections = []core.ConnectionView{{Name: "Practice", Kind: "kartra"}}
			return "Practice", err
		}
		p.fake.errs["Practise"] = core.NewProblem("store.disk", nil)
	}, func(p *person) {
		p.click("Practise first")
		p.sees(core.NewProblem("store.disk", nil).Title)
		delete(p.fake.errs, "Practise")
		p.click("Try again")
		p.sees("Waiting for your first webhook…", "Step 8 of 8")
		if len(p.memory.kept) != 0 {
			t.Errorf("practice is remembered: %v", p.memory.kept)
		}
	})
}

func TestAWebhookURLInUseIsTakenOver(t *testing.T) {
	sit(t, nil, func(p *person) {
		p.click("I already use a webhook URL")
		p.paste("The URL as it stands in the CRM", "https://yoga.test/")
		p.click("Take it over")
		p.sees(core.NewProblem("setup.no_webhook_url", nil).Title)
		p.paste("The URL as it stands in the CRM", usedURL)
		p.click("Take it over")
		p.sees("Choose the CRM.")
		p.choose("The CRM it stands in", "Kartra")
		p.click("Take it over")
		p.sees("Connect your WordPress site", "|https://yoga.test|")
		p.click("Let Usher in")
		p.asked.approved <- nil
		p.settle()
		p.click("Go on without it")
		p.click("Go on without the key")
		if got := p.fake.files[0].Connection.AccessKey; got != "oldkey99" {
			t.Errorf("the key that was taken over is %q", got)
		}
		p.choose("Role of new users", "Customer")
		p.toURL()
		p.sees("/?wpf_action=add&access_key=kkkk&send_notification=true&role=customer")
		for name, kept := range p.memory.kept {
			if strings.Contains(kept, "oldkey99") {
				t.Errorf("%s keeps the secret: %s", name, kept)
			}
		}
		if got := p.fake.files[1].Connection.AccessKey; got != "" {
			t.Error("the key is sent again")
		}
	})
}

// toURL goes from the rules to the URL, with a local address.
func (p *person) toURL() {
	p.t.Helper()
	p.click("Next")
	p.click("Next")
	p.choose("How", "This computer only, to try things out")
	p.click("Next")
	p.fake.online("http://127.0.0.1:8737")
	p.news()
	p.sees("Copy the webhook URL")
}

func TestLeavingKeepsWhatWasTyped(t *testing.T) {
	sit(t, nil, func(p *person) {
		p.click("Kartra")
		p.siteLetsUsherIn()
		p.click("Go on without it")
		p.paste("App ID", "a-1")
		p.paste("API Key", "very-secret")
		p.click("Finish later")
		if !slices.Equal(p.went, []string{"needs"}) {
			t.Errorf("went to %q", p.went)
		}
		for name, kept := range p.memory.kept {
			if strings.Contains(kept, "very-secret") {
				t.Errorf("%s keeps the secret", name)
			}
		}
		p.open() // as after a restart
		p.sees("Step 3 of 8", "|a-1|")
		p.seesNot("very-secret")
		p.click("Back")
		p.click("Back")
		p.sees("Step 1 of 8", "|https://yoga.test|")
	})
}

func TestResumingNeedsWhatItStandsOn(t *testing.T) {
	for name, c := range map[string]struct {
		kept map[string]string
		want string
	}{
		"nothing":                 {nil, "Welcome to Usher"},
		"a CRM that is gone":      {map[string]string{saidStep: stepCRM, saidKind: "other", saidSite: "https://yoga.test"}, "Welcome to Usher"},
		"an unknown step":         {map[string]string{saidStep: "later", saidKind: "kartra"}, "Welcome to Usher"},
		"no site":                 {map[string]string{saidStep: stepCRM, saidKind: "kartra"}, "Connect your WordPress site"},
		"no connection":           {map[string]string{saidStep: stepURL, saidKind: "kartra", saidSite: "https://yoga.test"}, "Connect Kartra"},
		"a key that was not kept": {map[string]string{saidStep: stepCRM, saidKind: "kartra", saidSite: "https://yoga.test", saidTaken: yes}, "Take over a webhook URL"},
		"all there":               {map[string]string{saidStep: stepURL, saidKind: "kartra", saidSite: "https://yoga.test", saidConnection: "Yoga"}, "Copy the webhook URL"},
	} {
		t.Run(name, func(t *testing.T) {
			sit(t, func(p *person) {
				p.memory.kept = c.kept
				p.fake.overview.Connections = []core.ConnectionView{yoga()}
			}, func(p *person) { p.sees(c.want) })
		})
	}
}

func yoga() core.ConnectionView {
	return core.ConnectionView{
		Name: "Yoga", Kind: "kartra", CRM: "Kartra", Account: "kartra", Site: "https://yoga.test",
		Rules: core.Connection{Name: "Yoga", DefaultRole: "customer", FieldMap: map[string]string{"first_name": "first_name"}},
	}
}

func TestAConnectionGoesOnWhereItLacksSomething(t *testing.T) {
	online := core.AddressStatus{State: "online", Plan: core.AddressPlan{Kind: core.NgrokAddress, Chosen: true}, URL: "https://x.test"}
	signIn := yoga()
	signIn.SignIn = true
	heard := yoga()
	heard.LastMessage = time.Unix(1, 0)
	for name, c := range map[string]struct {
		view core.ConnectionView
		at   core.AddressStatus
		want string
	}{
		"sign-in":    {signIn, online, stepCRM},
		"no address": {yoga(), core.AddressStatus{}, stepAddress},
		"failed":     {yoga(), core.AddressStatus{State: "failed", Plan: online.Plan}, stepAddress},
		"no message": {yoga(), online, stepURL},
		"all there":  {heard, online, stepWait},
	} {
		if got := missing(c.view, c.at); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

func TestOneStepOfAConnectionIsChangedAlone(t *testing.T) {
	slashed := yoga()
	slashed.Name = "Yoga/rules"
	sit(t, func(p *person) {
		p.memory.kept = map[string]string{saidStep: stepSite, saidKind: "pulse", saidAddress: "half.test"}
		p.fake.overview.Connections = []core.ConnectionView{slashed, yoga()}
	}, func(p *person) {
		p.screen.Show("Yoga/rules/rules")
		p.settle()
		p.sees("What people get on your site", "[Save]", "[Cancel]")
		p.seesNot("Step ", "Finish later")
		p.choose("Role of new users", "As usual on the site (Subscriber)")
		p.click("Save")
		file := p.fake.files[0]
		if file.Connection.Name != "Yoga/rules" || file.Connection.DefaultRole == nil || *file.Connection.DefaultRole != "" || file.Site.URL != "https://yoga.test" || file.CRM.Name != "kartra" {
			t.Errorf("set up %+v", file)
		}
		if !slices.Equal(p.went, []string{"connections Yoga/rules"}) {
			t.Errorf("went to %q", p.went)
		}
		p.screen.Show("Yoga/off")
		p.settle()
		p.sees("When this computer is off")
		p.window.Canvas().OnTypedKey()(&fyne.KeyEvent{Name: fyne.KeyEscape})
		if p.went[len(p.went)-1] != "connections Yoga" {
			t.Errorf("Escape went to %q", p.went)
		}
		if p.window.Canvas().OnTypedKey() != nil {
			t.Error("Escape still does something after the wizard was left")
		}
		if p.memory.kept[saidAddress] != "half.test" {
			t.Errorf("the half-made connection is forgotten: %v", p.memory.kept)
		}
		p.screen.Show("new")
		p.settle()
		if p.sees("Welcome to Usher"); len(p.memory.kept) != 0 {
			t.Errorf("kept %v", p.memory.kept)
		}
		if p.click("Kartra"); p.entry("Address of the site").Text != "" {
			t.Error("the address of before is still there")
		}
	})
}

func TestAWizardThatCannotBeginSaysWhy(t *testing.T) {
	sit(t, func(p *person) { p.fake.errs["CRMs"] = core.NewProblem("keyring.locked", nil) }, func(p *person) {
		p.sees(core.NewProblem("keyring.locked", nil).Title)
		delete(p.fake.errs, "CRMs")
		p.click("Try again")
		p.sees("Welcome to Usher")
	})
}

func TestPickingAnotherCRMForgetsTheOne(t *testing.T) {
	sit(t, func(p *person) {
		p.memory.kept = map[string]string{saidStep: stepCRM, saidKind: "kartra", saidSite: "https://yoga.test", saidField + "app_id": "a-1"}
	}, func(p *person) {
		p.click("Back")
		p.click("Back")
		p.click("Back")
		p.click("Pulse")
		if p.memory.kept[saidField+"app_id"] != "" || p.memory.kept[saidSite] != "https://yoga.test" {
			t.Errorf("kept %v", p.memory.kept)
		}
		p.sees("Connect your WordPress site")
	})
}
