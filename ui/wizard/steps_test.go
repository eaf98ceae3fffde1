package wizard

import (
	"errors"
	"maps"
	"slices"
	"testing"

	"usher/core"
)

// at opens the wizard at a step of a connection that is made.
func at(t *testing.T, step string, prepare, act func(*person)) {
	t.Helper()
	sit(t, func(p *person) {
		p.fake.overview.Connections = []core.ConnectionView{yoga()}
		p.memory.kept = map[string]string{saidStep: step, saidKind: "kartra", saidSite: "https://yoga.test", saidConnection: "Yoga"}
		if prepare != nil {
			prepare(p)
		}
	}, act)
}

func TestTheHelperIsNoticed(t *testing.T) {
	at(t, stepHelper, nil, func(p *person) {
		p.click("Save the file")
		p.click("Open the upload page")
		p.sees("Saved as /home/ann/usher-helper.zip")
		if p.saved != "usher-helper.zip" || !slices.Equal(p.opened, []string{"https://yoga.test/wp-admin/plugin-install.php?tab=upload"}) {
			t.Errorf("saved %q, opened %q", p.saved, p.opened)
		}
		if p.canNext() {
			t.Error("Next without the helper")
		}
		p.fake.errs["HelperActive"] = core.NewProblem("site.unreachable", nil)
		p.wait(helperPause)
		delete(p.fake.errs, "HelperActive")
		p.helper = true
		p.wait(helperPause)
		p.sees("Usher uses it from now on.")
		looks := p.fake.called("HelperActive")
		p.wait(10 * helperPause)
		if n := p.fake.called("HelperActive"); n != looks {
			t.Errorf("looked %d times more", n-looks)
		}
		p.click("Next")
		p.sees("Connect Kartra")
	})
}

func TestAHelperThatIsThereAlreadyIsKnown(t *testing.T) {
	known := func(p *person) {
		p.fake.overview.Sites = []core.SiteView{{Home: "https://yoga.test", Helper: core.Helper{State: core.HelperActive}}}
		p.fake.errs["HelperActive"] = core.NewProblem("site.unreachable", nil)
	}
	at(t, stepHelper, known, func(p *person) {
		p.sees("Usher uses it from now on.", "[Next]")
		if !p.canNext() {
			t.Error("what is known waits for another look")
		}
		delete(p.fake.errs, "HelperActive")
		p.wait(helperPause)
		if p.canNext() {
			t.Error("Next though the helper is gone")
		}
		p.helper = true
		p.wait(helperPause)
		if !p.canNext() || p.fake.called("Choices") != 1 {
			t.Errorf("Usher was told %d times", p.fake.called("Choices"))
		}
	})
}

func TestLookingForTheHelperEndsWithThePage(t *testing.T) {
	at(t, stepHelper, nil, func(p *person) {
		p.click("Back")
		looks := p.fake.called("HelperActive")
		p.wait(10 * helperPause)
		if n := p.fake.called("HelperActive"); n != looks {
			t.Errorf("looked %d times more", n-looks)
		}
	})
}

func TestCredentialsOfTheCRM(t *testing.T) {
	at(t, stepCRM, nil, func(p *person) {
		p.sees("App ID", "Settings › My Apps", "API Key", "<World>", "[Go on without the key]")
		if p.canNext() {
			t.Error("Next with nothing typed")
		}
		p.seesNot("Extra")
		p.click("More settings")
		p.sees("Extra")
		p.paste("App ID", "a-1")
		if p.canNext() {
			t.Error("Next without the key")
		}
		p.paste("API Key", "very-secret")
		p.choose("Region", "Europe")
		p.fake.errs["Setup"] = core.NewProblem("setup.invalid", nil).About("crm.fields.app_id (App ID) is missing")
		p.click("Next")
		p.sees("App ID is missing.")
		p.fake.errs["Setup"] = core.NewProblem("setup.invalid", nil).About("crm.fields.region is none of: World, Europe")
		p.click("Next")
		p.sees("Choose one of the list.")
		p.seesNot("App ID is missing.")
		p.fake.errs["Setup"] = core.NewProblem("crm.settings", nil).About("API Key")
		p.click("Next")
		p.sees(core.NewProblem("crm.settings", nil).Fix)
		p.fake.errs["Setup"] = core.NewProblem("crm.unauthorized", nil)
		p.click("Next")
		p.sees(core.NewProblem("crm.unauthorized", nil).Title)
		delete(p.fake.errs, "Setup")
		p.enter("API Key")
		p.sees("What people get on your site")
		want := map[string]string{"app_id": "a-1", "api_key": "very-secret", "region": "Europe"}
		if file := p.fake.files[0]; !maps.Equal(file.CRM.Fields, want) || file.CRM.Kind != "kartra" || file.Connection.Name != "Yoga" {
			t.Errorf("set up %+v", file)
		}
		p.click("Back")
		p.seesNot("very-secret")
	})
}

func TestAKeyThatIsKeptCanStay(t *testing.T) {
	at(t, stepCRM, func(p *person) { p.fake.overview.Connections[0].API = true }, func(p *person) {
		if got := p.entry("API Key").PlaceHolder; got != "Kept in a safe place; leave empty to keep it" {
			t.Errorf("placeholder %q", got)
		}
		p.click("Next")
		if file := p.fake.files[0]; len(file.CRM.Fields) != 0 {
			t.Errorf("set up %+v", file)
		}
		p.sees("What people get on your site")
	})
}

func TestAnotherAccountGetsAName(t *testing.T) {
	at(t, stepCRM, func(p *person) { delete(p.memory.kept, saidConnection) }, func(p *person) {
		p.sees("<kartra>")
		p.choose("Account", "Another account")
		p.click("Go on without the key")
		p.sees("Give it a name that no other account has.")
		p.paste("Name of this account", "Shop")
		p.click("Go on without the key")
		if got := p.fake.files[0].CRM.Name; got != "Shop" {
			t.Errorf("the account is %q", got)
		}
	})
}

func TestACRMToSignInTo(t *testing.T) {
	sit(t, func(p *person) {
		p.memory.kept = map[string]string{saidStep: stepCRM, saidKind: "pulse", saidSite: "https://yoga.test"}
	}, func(p *person) {
		p.sees("Redirect URL, to be entered exactly so in the CRM", "http://127.0.0.1:8738/pulse")
		p.paste("Client ID", "c-1")
		p.click("Next")
		p.sees("Sign in to Pulse", "[Sign in later]")
		p.fake.errs["SignIn"] = core.NewProblem("crm.not_answered", nil)
		p.click("Sign in")
		p.sees(core.NewProblem("crm.not_answered", nil).Title)
		delete(p.fake.errs, "SignIn")
		p.click("Sign in")
		p.sees("What people get on your site")
		if !slices.Equal(p.signIns, []string{"pulse", "pulse"}) {
			t.Errorf("signed in to %q", p.signIns)
		}
	})
}

func TestRulesAreSetUpWhereTheyDiffer(t *testing.T) {
	at(t, stepRules, nil, func(p *person) {
		p.sees("<Customer>", "The usual fields are already there")
		p.choose("Field of Kartra that receives the new password", "Nickname")
		p.choose("Tag to put on when the password is there", "Password ready")
		p.click("Choose tags")
		p.click("Add a tag")
		page := p.screen.pages[stepRules].(*rulesPage)
		page.tags.rows[0].left.list.SetSelected("VIP")
		page.tags.rows[0].right.list.SetSelected("Customer")
		p.click("Show the fields")
		p.click("Add a field")
		page.fields.rows[1].left.list.SetSelected("Score")
		page.fields.rows[1].right.entry.SetText("billing_score")
		p.click("Add a field") // left empty
		p.fake.errs["Setup"] = core.NewProblem("site.unreachable", nil)
		p.click("Next")
		p.sees(core.NewProblem("site.unreachable", nil).Title)
		delete(p.fake.errs, "Setup")
		p.click("Next")
		p.sees("When this computer is off")
		got := p.fake.files[0].Connection
		if got.DefaultRole != nil || *got.ReturnPasswordField != "f1" || *got.DoneTag != "Password ready" || got.AllowedRoles != nil {
			t.Errorf("set up %+v", got)
		}
		if !slices.Equal(*got.TagRules, []core.TagRule{{Tag: "VIP", Role: "customer"}}) || !maps.Equal(*got.FieldMap, map[string]string{"first_name": "first_name", "f2": "billing_score"}) {
			t.Errorf("tags %v, fields %v", *got.TagRules, *got.FieldMap)
		}
	})
}

func TestRulesThatStayAreNotSetUp(t *testing.T) {
	at(t, stepRules, nil, func(p *person) {
		p.click("Next")
		if p.sees("When this computer is off"); len(p.fake.files) != 0 {
			t.Errorf("set up %+v", p.fake.files)
		}
	})
}

func TestRulesAreTypedWhereNobodyTells(t *testing.T) {
	at(t, stepRules, func(p *person) { p.fake.errs["Choices"] = core.NewProblem("crm.unreachable", nil) }, func(p *person) {
		p.sees(core.NewProblem("crm.unreachable", nil).Title, "[Try again]", "|customer|")
		p.paste("Role of new users", "member")
		p.paste("Tag to put on when the password is there", "Ready")
		p.click("Next")
		if got := p.fake.files[0].Connection; *got.DefaultRole != "member" || *got.DoneTag != "Ready" || got.FieldMap != nil || got.TagRules != nil {
			t.Errorf("set up %+v", got)
		}
	})
}

func TestARoleTheListLacksStays(t *testing.T) {
	at(t, stepRules, func(p *person) { p.fake.overview.Connections[0].Rules.DefaultRole = "vip" }, func(p *person) {
		p.sees("<vip>")
		p.click("Next")
		if len(p.fake.files) != 0 {
			t.Errorf("set up %+v", p.fake.files)
		}
	})
}

func TestUsherStartsWithTheComputer(t *testing.T) {
	at(t, stepOff, func(p *person) { p.hooks.Autostart = &computer{} }, func(p *person) {
		p.sees("What has arrived is never lost", "What Kartra sends meanwhile does not arrive")
		p.check("Start Usher when I log in to this computer")
		desk := p.hooks.Autostart.(*computer)
		if !desk.on {
			t.Error("not switched on")
		}
		desk.err = errors.New("planted")
		p.check("Start Usher when I log in to this computer")
		p.sees(core.NewProblem("app.internal", nil).Title)
		if page := p.screen.pages[stepOff].(*offPage); !page.start.Checked {
			t.Error("the switch says off, but it is on")
		}
		desk.err = nil
		p.click("Next")
		p.click("Back")
		if page := p.screen.pages[stepOff].(*offPage); !page.start.Checked || !desk.on {
			t.Error("switched off by looking at it")
		}
	})
	at(t, stepOff, func(p *person) { p.hooks.Autostart = nil }, func(p *person) {
		p.seesNot("Start Usher when I log in to this computer")
	})
}
