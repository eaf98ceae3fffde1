package connections

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"usher/core"
	"usher/ui/look"
	"usher/ui/look/looktest"
)

// act tests what a person does on the page of the first connection.
func act(t *testing.T, do func(t *testing.T, s *Screen, backend *fake, h *theHost)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		backend := newFake()
		s, h := open(t, backend, full())
		s.Show("Shop")
		settle(s)
		do(t, s, backend, h)
	})
}

func TestTheListSaysHowEachConnectionDoes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := open(t, newFake(), full())
		for _, want := range []string{
			"Shop", "Ontraport → yogawithann.com", "Last message: 2 min ago", "Working",
			"Kartra → yogawithann.com", home, "No message from Kartra yet", "Never called yet",
			"Winter course", "Last message: yesterday 10:00", "Paused", "Old shop", "Needs you",
		} {
			if !looktest.Shows(s.Content(), want) {
				t.Errorf("no %q among %q", want, looktest.Drawn(s.Content()))
			}
		}
	})
}

func TestAnEmptyListSaysWhatToDo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, h := open(t, newFake(), core.Overview{})
		test.Tap(looktest.Button(t, s.Content(), "Add a connection"))
		if !looktest.Shows(s.Content(), "No connection yet") || !slices.Equal(h.went, []string{"wizard "}) {
			t.Errorf("went %q from %q", h.went, looktest.Drawn(s.Content()))
		}
		s.Update(full())
		if looktest.Shows(s.Content(), "No connection yet") {
			t.Error("still empty")
		}
	})
}

func TestStates(t *testing.T) {
	view := shop()
	about := func(name string) core.Need { return core.Need{Problem: core.Trouble{About: name}} }
	never, resting := view, view
	never.LastMessage, resting.Paused = time.Time{}, true
	for name, c := range map[string]struct {
		view core.ConnectionView
		now  core.Overview
		want state
	}{
		"working":             {view, core.Overview{}, working},
		"paused":              {resting, core.Overview{}, paused},
		"all paused":          {view, core.Overview{Paused: true}, paused},
		"never called":        {never, core.Overview{}, neverCalled},
		"its site":            {view, core.Overview{Needs: []core.Need{about(home)}}, needsYou},
		"its account":         {view, core.Overview{Needs: []core.Need{about("ontraport")}}, needsYou},
		"its messages":        {never, core.Overview{Needs: []core.Need{{Connection: "Shop"}}}, needsYou},
		"another's messages":  {view, core.Overview{Needs: []core.Need{{Connection: "Other", Problem: core.Trouble{About: home}}}}, working},
		"Usher itself":        {view, core.Overview{Needs: []core.Need{about("Usher")}}, working},
		"paused and needs":    {resting, core.Overview{Needs: []core.Need{about("Shop")}}, needsYou},
		"about nothing known": {view, core.Overview{Needs: []core.Need{about("")}}, working},
	} {
		if got := stateOf(c.view, c.now); got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

func TestManyConnectionsAreOpenedByTheKeyboard(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		now := full()
		for range 500 {
			now.Connections = append(now.Connections, shop())
		}
		now.Connections[1].Name = strings.Repeat("A very long name ", 30)
		s, h := open(t, newFake(), now)
		h.Window.Canvas().Focus(s.list.rows)
		for _, key := range []fyne.KeyName{fyne.KeyDown, fyne.KeyDown, fyne.KeyReturn} {
			s.list.rows.TypedKey(&fyne.KeyEvent{Name: key})
		}
		settle(s)
		if s.page == nil || s.page.view.Name != "Winter course" {
			t.Fatal("the third connection is not open")
		}
		h.Window.Canvas().OnTypedKey()(&fyne.KeyEvent{Name: fyne.KeyEscape})
		if s.page != nil {
			t.Error("Escape leads nowhere")
		}
	})
}

func TestAConnectionIsShownOnceItIsKnown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		test.NewTempApp(t).Settings().SetTheme(look.NewTheme(look.Light))
		s := newScreen(newHost(t), newFake())
		s.Show("Shop")
		s.Update(full())
		settle(s)
		if s.page == nil || s.page.view.Name != "Shop" {
			t.Fatal("not open")
		}
		page := s.page
		s.Show("Shop")
		if s.page != page {
			t.Error("built twice, so that what was typed is lost")
		}
		s.Show("nobody")
		if s.page != nil {
			t.Error("an unknown name leaves another connection open")
		}
	})
}

func TestATestIsOneStepAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		called := full()
		called.Connections[1].Name = "Shop/test"
		s, h := open(t, newFake(), called)
		for subject, want := range map[string]string{"Shop/test": "Shop/test", "Winter course/test": "Winter course"} {
			s.Show(subject)
			settle(s)
			if s.page == nil || s.page.name != want {
				t.Fatalf("%s opens %+v", subject, s.page)
			}
			if onTest := s.page.tabs.Chosen() == testTab && h.Window.Canvas().Focused() == s.page.trial.send; onTest == (subject == want) {
				t.Errorf("%s: on the test %v", subject, onTest)
			}
		}
	})
}

func TestTheClipboardHoldsTheURLOnScreen(t *testing.T) {
	act(t, func(t *testing.T, s *Screen, _ *fake, h *theHost) {
		a := s.page.address
		const base = "https://calm-otter-42.ngrok-free.dev/?wpf_action="
		for _, c := range []struct {
			do   func()
			want string
		}{
			{func() {}, base + "add&access_key=k1&contact_id=[Contact ID]"},
			{func() { test.Tap(a.mail) }, base + "add&access_key=k1&contact_id=[Contact ID]&send_notification=true"},
			{func() { a.role.SetText("Customer") }, base + "add&access_key=k1&contact_id=[Contact ID]&send_notification=true&role=customer"},
			{func() { a.role.SetText("shop helper") }, base + "add&access_key=k1&contact_id=[Contact ID]&send_notification=true&role=shop+helper"},
			{func() { a.action.SetSelectedIndex(1) }, base + "update&access_key=k1&contact_id=[Contact ID]&role=shop+helper"},
			{func() { a.role.SetText(""); a.action.SetSelectedIndex(2) }, base + "update_tags&access_key=k1&contact_id=[Contact ID]"},
		} {
			c.do()
			test.Tap(looktest.Button(t, s.Content(), "Copy"))
			copied := fyne.CurrentApp().Clipboard().Content()
			if copied != c.want || !looktest.Shows(s.Content(), c.want) {
				t.Errorf("copied %q, want %q", copied, c.want)
			}
		}
		if a.mail.Visible() {
			t.Error("an update URL offers a welcome e-mail")
		}
		if len(h.news) != 6 {
			t.Errorf("news %q", h.news)
		}
	})
}

func TestAnotherPublicAddressMakesOtherURLs(t *testing.T) {
	act(t, func(t *testing.T, s *Screen, backend *fake, h *theHost) {
		now := full()
		s.Update(now)
		settle(s)
		if got := len(backend.toldOf("urls")); got != 1 {
			t.Errorf("asked %d times though nothing changed", got)
		}
		now.Status.Address = core.AddressStatus{State: "failed", URL: "https://other.example"}
		s.page.address.role.SetText("Cust")
		s.Update(now)
		settle(s)
		if got := len(backend.toldOf("urls")); got != 2 || s.page.address.role.Text != "Cust" {
			t.Errorf("asked %d times, typed %q", got, s.page.address.role.Text)
		}
		test.Tap(looktest.Button(t, s.Content(), "Look at the webhook address"))
		if !slices.Equal(h.went, []string{"settings address"}) {
			t.Errorf("went %q", h.went)
		}
	})
}

func TestURLsThatCannotBeHadAreAProblem(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		backend := newFake()
		backend.fail("urls", core.NewProblem("keyring.locked", nil))
		s, _ := open(t, backend, full())
		s.Show("Shop")
		settle(s)
		if problem := core.NewProblem("keyring.locked", nil); !looktest.Shows(s.Content(), problem.Title) || s.page.address.value.Visible() {
			t.Fatalf("shown: %q", looktest.Drawn(s.Content()))
		}
		backend.fail("urls", nil)
		test.Tap(looktest.Button(t, s.Content(), "Try again"))
		settle(s)
		if !s.page.address.value.Visible() {
			t.Error("no URL after another try")
		}
	})
}

func TestARoleThatMayWriteIsAllowedFirst(t *testing.T) {
	act(t, func(t *testing.T, s *Screen, backend *fake, _ *theHost) {
		s.page.address.role.SetText("Customer")
		if s.page.address.allow.Visible() {
			t.Error("a harmless role is asked about")
		}
		s.page.address.role.SetText("author")
		test.Tap(looktest.Button(t, s.Content(), "Allow this role"))
		settle(s)
		var file struct{ Connection map[string]any }
		if err := json.Unmarshal([]byte(backend.toldOf("setup")[0]), &file); err != nil {
			t.Fatal(err)
		}
		if roles, _ := file.Connection["allowed_roles"].([]any); !slices.Equal(roles, []any{"author"}) || len(file.Connection) != 2 {
			t.Errorf("told %v", file.Connection)
		}
		if s.page.address.allow.Visible() {
			t.Error("still asked")
		}
	})
}

func TestATestIsFollowedHopByHop(t *testing.T) {
	act(t, func(t *testing.T, s *Screen, backend *fake, h *theHost) {
		backend.test = aTest()
		s.page.tabs.Choose(1)
		test.Type(s.page.trial.contact, "ann@example.com")
		s.page.trial.contact.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
		if !looktest.Shows(s.Content(), "Sending a test and following it. This takes a few seconds.") {
			t.Error("nothing says that a test is under way")
		}
		test.Tap(s.page.trial.send) // while it is under way
		settle(s)
		if !slices.Equal(backend.toldOf("test"), []string{"Shop ann@example.com"}) {
			t.Errorf("told %q", backend.toldOf("test"))
		}
		for _, want := range []string{
			"Somebody to test with", "The last one Ontraport told of.", "Out to the webhook URL and back (312 ms)",
			"The test did not get through", "Ontraport itself has not called yet.",
		} {
			if !looktest.Shows(s.Content(), want) {
				t.Errorf("no %q among %q", want, looktest.Drawn(s.Content()))
			}
		}
		test.Tap(looktest.Button(t, s.Content(), "Fix this"))
		if !slices.Equal(h.went, []string{"wizard Shop/site"}) {
			t.Errorf("went %q", h.went)
		}
		backend.test = core.TestAnswer{Steps: []core.Step{{Title: "All", State: core.StepOK}}, Result: "Would create Ann as Customer."}
		test.Tap(s.page.trial.send)
		settle(s)
		if !looktest.Shows(s.Content(), "Would create Ann as Customer.") || looktest.Shows(s.Content(), "The test did not get through") {
			t.Errorf("shown: %q", looktest.Drawn(s.Content()))
		}
	})
}

func TestATestCanBeStopped(t *testing.T) {
	act(t, func(t *testing.T, s *Screen, backend *fake, _ *theHost) {
		s.page.tabs.Choose(1)
		test.Tap(s.page.trial.send)
		test.Tap(looktest.Button(t, s.Content(), "Stop"))
		settle(s)
		if len(backend.toldOf("test")) != 0 || s.page.trial.send.Disabled() {
			t.Error("the test went on")
		}
		backend.fail("test", core.NewProblem("keyring.locked", nil))
		test.Tap(s.page.trial.send)
		settle(s)
		if !looktest.Shows(s.Content(), core.NewProblem("keyring.locked", nil).Title) {
			t.Error("the problem is not shown")
		}
	})
}

func TestPauseAndGoOn(t *testing.T) {
	act(t, func(t *testing.T, s *Screen, backend *fake, _ *theHost) {
		test.Tap(looktest.Button(t, s.Content(), "Pause"))
		settle(s)
		now := full()
		now.Connections[0].Paused = true
		s.Update(now)
		if !looktest.Shows(s.Content(), "Paused") {
			t.Error("not shown as paused")
		}
		backend.fail("pause", core.NewProblem("store.disk", nil))
		test.Tap(looktest.Button(t, s.Content(), "Go on"))
		settle(s)
		if !slices.Equal(backend.toldOf("pause"), []string{"Shop pause", "Shop on"}) {
			t.Errorf("told %q", backend.toldOf("pause"))
		}
		if !looktest.Shows(s.Content(), core.NewProblem("store.disk", nil).Title) || s.page.pause.Disabled() {
			t.Error("a failed change says nothing")
		}
	})
}

func TestHelpHasTheURLsInIt(t *testing.T) {
	act(t, func(t *testing.T, s *Screen, _ *fake, _ *theHost) {
		s.page.tabs.Choose(3)
		const url = "https://calm-otter-42.ngrok-free.dev/?wpf_action=add&access_key=k1&contact_id=[Contact ID]"
		for _, want := range []string{
			"Under “Actions” choose “Ping a URL”.", "Enter this URL:", url, url + "&role=customer",
			"Enter " + strings.Replace(url, "=add", "=update", 1) + " in another rule, if you like.",
			"If the user already exists they are updated. No second user is made.",
		} {
			if !looktest.Shows(s.Content(), want) {
				t.Errorf("no %q among %q", want, looktest.Drawn(s.Content()))
			}
		}
		s.page.help.topic.SetSelected("Nothing arrives")
		if !looktest.Shows(s.Content(), "The rule's conditions were not met.") {
			t.Error("the doubts are not told")
		}
	})
}

func TestCredentialsAndSignInAreTheWizards(t *testing.T) {
	act(t, func(t *testing.T, s *Screen, _ *fake, h *theHost) {
		s.page.tabs.Choose(4)
		test.Tap(looktest.Button(t, s.Content(), "Change the API key"))
		now := full()
		now.Connections[0].SignIn, now.Connections[0].API = true, false
		s.Update(now)
		test.Tap(looktest.Button(t, s.Content(), "Sign in again"))
		if !slices.Equal(h.went, []string{"wizard Shop/crm", "wizard Shop/crm"}) {
			t.Errorf("went %q", h.went)
		}
	})
}

func TestWebhooksMadeByUsher(t *testing.T) {
	act(t, func(t *testing.T, s *Screen, backend *fake, h *theHost) {
		s.page.tabs.Choose(4)
		backend.notes = []string{"A note."}
		s.page.more.action.SetSelectedIndex(1)
		test.Tap(looktest.Button(t, s.Content(), "Make the webhook"))
		settle(s)
		if !looktest.Shows(s.Content(), "Ontraport now calls Usher by itself.") || !looktest.Shows(s.Content(), "A note.") {
			t.Errorf("shown: %q", looktest.Drawn(s.Content()))
		}
		test.Tap(looktest.Button(t, s.Content(), "Take it out again"))
		settle(s)
		if !looktest.Shows(s.Content(), "Ontraport has no webhook made by Usher now.") {
			t.Errorf("shown: %q", looktest.Drawn(s.Content()))
		}
		if !slices.Equal(backend.toldOf("register"), []string{"Shop update"}) || !slices.Equal(backend.toldOf("unregister"), []string{"Shop"}) {
			t.Errorf("told %q", backend.told)
		}
		backend.fail("register", core.NewProblem("crm.register_nowhere", nil))
		test.Tap(looktest.Button(t, s.Content(), "Make the webhook"))
		settle(s)
		test.Tap(looktest.Button(t, s.Content(), "Change the address"))
		if !slices.Equal(h.went, []string{"settings address"}) {
			t.Errorf("went %q", h.went)
		}
	})
}

func TestNoAPINoWebhookByUsher(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := open(t, newFake(), full())
		s.Show("Kartra → yogawithann.com") // which the descriptors give no credentials
		settle(s)
		s.page.tabs.Choose(4)
		if looktest.Shows(s.Content(), "Let Usher make the webhook") {
			t.Error("offered without an API")
		}
	})
}

func TestANewSecretPartKeepsTheOldURLWorking(t *testing.T) {
	act(t, func(t *testing.T, s *Screen, backend *fake, _ *theHost) {
		s.page.tabs.Choose(4)
		test.Tap(looktest.Button(t, s.Content(), "Make a new secret part"))
		settle(s)
		if !strings.Contains(s.page.address.shown, "access_key=k2&") {
			t.Errorf("the URL on screen is %q", s.page.address.shown)
		}
		test.Tap(s.page.more.keepOld)
		test.Tap(looktest.Button(t, s.Content(), "Make a new secret part"))
		settle(s)
		if !slices.Equal(backend.toldOf("rotate"), []string{"Shop keep", "Shop end"}) {
			t.Errorf("told %q", backend.toldOf("rotate"))
		}
		backend.fail("rotate", core.NewProblem("keyring.locked", nil))
		test.Tap(looktest.Button(t, s.Content(), "Make a new secret part"))
		settle(s)
		if !looktest.Shows(s.Content(), core.NewProblem("keyring.locked", nil).Title) {
			t.Error("the problem is not shown")
		}
	})
}

func TestAConnectionIsRemovedAfterAYes(t *testing.T) {
	act(t, func(t *testing.T, s *Screen, backend *fake, h *theHost) {
		s.page.tabs.Choose(4)
		test.Tap(looktest.Button(t, s.Content(), "Remove this connection"))
		settle(s)
		if !looktest.Shows(s.Content(), "All users stay on yogawithann.com as they are. So does Usher's password for the site.") {
			t.Errorf("shown: %q", looktest.Drawn(s.Content()))
		}
		if h.Window.Canvas().Focused() != fyne.Focusable(looktest.Button(t, s.Content(), "Keep it")) {
			t.Error("the keyboard is not on what changes nothing")
		}
		h.Window.Canvas().OnTypedKey()(&fyne.KeyEvent{Name: fyne.KeyEscape})
		if s.page == nil || s.page.more.remove.Asking() {
			t.Fatal("Escape takes the question back, and no more")
		}
		backend.fail("remove", core.NewProblem("keyring.locked", nil))
		remove(t, s)
		if !looktest.Shows(s.Content(), core.NewProblem("keyring.locked", nil).Title) {
			t.Error("the problem is not shown")
		}
		backend.fail("remove", nil)
		backend.notes = []string{"Take its webhook URLs out of the CRM."}
		test.Tap(looktest.Button(t, s.Content(), "Remove this connection"))
		test.Tap(looktest.Button(t, s.Content(), "Remove it"))
		gone := full()
		gone.Connections = gone.Connections[1:]
		s.Update(gone) // before the answer
		settle(s)
		s.Update(gone)
		if !looktest.Shows(s.Content(), "“Shop” was removed") || !looktest.Shows(s.Content(), "Take its webhook URLs out of the CRM.") {
			t.Errorf("shown: %q", looktest.Drawn(s.Content()))
		}
		if looktest.Shows(s.Content(), "This connection is not here any more") {
			t.Error("the person who removed it is told that it is gone")
		}
		test.Tap(looktest.Button(t, s.Content(), "Back to the connections"))
		if s.page != nil {
			t.Error("no way back")
		}
	})
}

func remove(t *testing.T, s *Screen) {
	t.Helper()
	test.Tap(looktest.Button(t, s.Content(), "Remove this connection"))
	test.Tap(looktest.Button(t, s.Content(), "Remove it"))
	settle(s)
}

func TestAConnectionThatVanishesIsNotLeftOnScreen(t *testing.T) {
	act(t, func(t *testing.T, s *Screen, _ *fake, _ *theHost) {
		s.Update(core.Overview{})
		s.Update(core.Overview{})
		if !looktest.Shows(s.Content(), "This connection is not here any more") {
			t.Errorf("shown: %q", looktest.Drawn(s.Content()))
		}
	})
}

func TestAChangeGoesOnWhenThePageIsLeft(t *testing.T) {
	act(t, func(t *testing.T, s *Screen, backend *fake, h *theHost) {
		backend.fail("pause", core.NewProblem("store.disk", errors.New("planted")))
		test.Tap(looktest.Button(t, s.Content(), "Pause"))
		test.Tap(looktest.Button(t, s.Content(), "Back"))
		settle(s)
		if len(backend.toldOf("pause")) != 1 || len(h.news) != 1 {
			t.Errorf("told %q, news %q", backend.toldOf("pause"), h.news)
		}
	})
}
