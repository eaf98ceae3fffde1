package settings

import (
	"context"
	"maps"
	"slices"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"usher/core"
	"usher/ui/look/looktest"
)

func TestSectionsAreOpenedByName(t *testing.T) {
	act(t, facts(), func(t *testing.T, s *Screen, _ *fake, _ *prefs, _ *theHost) {
		for _, c := range []struct{ section, want string }{
			{"secrets", "Your passwords and keys"},
			{"address", "How CRMs reach this computer"},
			{"notifications", "Show notifications"},
			{"practice", "Practice mode"},
			{"sites", "Yoga with Ann"},
			{"no such", "Yoga with Ann"},
		} {
			if s.Show(c.section); !shows(s, c.want) {
				t.Errorf("%s: no %q among %q", c.section, c.want, looktest.Drawn(s.Content()))
			}
		}
	})
}

// shows reports whether a text can be read: labels, checks and buttons.
func shows(s *Screen, text string) bool {
	return looktest.Shows(s.Content(), text)
}

func TestSites(t *testing.T) {
	act(t, facts(), func(t *testing.T, s *Screen, _ *fake, _ *prefs, h *theHost) {
		for _, want := range []string{
			"yogawithann.com. Usher signs in there as ann.", "Used by: Shop, Ontraport → yogawithann.com.",
			"To disconnect the site, remove its connections first.",
			"Usher helper: installed, version 1.0.0.", "Usher helper: not installed.",
			"The old shop", "This looks like a copy or a restored site",
		} {
			if !shows(s, want) {
				t.Errorf("no %q among %q", want, looktest.Drawn(s.Content()))
			}
		}
		test.Tap(looktest.Button(t, s.Content(), "Connect again"))
		test.Tap(looktest.Button(t, s.Content(), "Usher helper"))
		test.Tap(looktest.Button(t, s.sites.cards["https://old.example"].content, "Connect again"))
		test.Tap(looktest.Button(t, s.Content(), "Get the Usher helper"))
		if want := []string{"wizard Shop/site", "wizard Shop/helper", "wizard https://old.example/site", "wizard https://old.example/helper"}; !slices.Equal(h.went, want) {
			t.Errorf("went %q, want %q", h.went, want)
		}
	})
}

func TestNoSites(t *testing.T) {
	act(t, facts(), func(t *testing.T, s *Screen, _ *fake, _ *prefs, h *theHost) {
		s.Update(core.Overview{})
		test.Tap(looktest.Button(t, s.Content(), "Connect a site"))
		if !slices.Equal(h.went, []string{"wizard "}) || shows(s, "Yoga with Ann") {
			t.Errorf("went %q from %q", h.went, looktest.Drawn(s.Content()))
		}
	})
}

func TestWelcomeMail(t *testing.T) {
	act(t, facts(), func(t *testing.T, s *Screen, backend *fake, _ *prefs, h *theHost) {
		card := s.sites.cards[home]
		if card.mail.Selected != "By the site's “lost your password?” form" || len(backend.files) != 0 {
			t.Fatalf("shows %q, told %q", card.mail.Selected, backend.files)
		}
		card.mail.SetSelectedIndex(0)
		if !shows(s, "Saving.") {
			t.Error("nothing says that it is being saved")
		}
		settle(s)
		want := `{"connection":{"name":"Shop"},"crm":{"kind":"kartra","name":"kartra"},"site":{"url":"https://yogawithann.com","welcome_mail":""}}`
		if !slices.Equal(backend.files, []string{want}) || !slices.Equal(h.news, []string{"Saved."}) {
			t.Errorf("told %s, news %q", backend.files, h.news)
		}
		backend.err = core.NewProblem("site.unauthorized", nil)
		card.mail.SetSelectedIndex(1)
		settle(s)
		s.Update(full())
		if !shows(s, core.NewProblem("site.unauthorized", nil).Title) || card.mail.SelectedIndex() != 1 {
			t.Errorf("shown: %q", looktest.Drawn(s.Content()))
		}
		if !s.sites.cards["https://old.example"].mail.Disabled() {
			t.Error("a site without connections has nothing to be set up with")
		}
	})
}

func TestASiteIsDisconnectedAfterAYes(t *testing.T) {
	act(t, facts(), func(t *testing.T, s *Screen, backend *fake, _ *prefs, _ *theHost) {
		disconnect := func() {
			test.Tap(looktest.Button(t, s.Content(), "Disconnect this site"))
			s.Update(full()) // the question stays
			test.Tap(looktest.Button(t, s.Content(), "Disconnect it"))
			settle(s)
		}
		test.Tap(looktest.Button(t, s.Content(), "Disconnect this site"))
		test.Tap(looktest.Button(t, s.Content(), "Keep it"))
		backend.err = core.NewProblem("keyring.locked", nil)
		disconnect()
		if !shows(s, core.NewProblem("keyring.locked", nil).Title) || len(backend.gone) != 1 {
			t.Errorf("told %q, shown %q", backend.gone, looktest.Drawn(s.Content()))
		}
		backend.err, backend.notes = nil, []string{"Revoke it on the site."}
		disconnect()
		s.Update(core.Overview{})
		if !shows(s, "old.example is disconnected.") || !shows(s, "Revoke it on the site.") || shows(s, "The old shop") {
			t.Errorf("shown: %q", looktest.Drawn(s.Content()))
		}
		if !slices.Equal(backend.gone, []string{"https://old.example", "https://old.example"}) {
			t.Errorf("told %q", backend.gone)
		}
	})
}

func TestTheAddressSaysHowItStands(t *testing.T) {
	act(t, facts(), func(t *testing.T, s *Screen, _ *fake, _ *prefs, h *theHost) {
		s.Show("address")
		for _, want := range []string{
			"Not reachable from the internet", core.NewProblem("address.token_refused", nil).Title,
			"16,400 of 20,000 requests this month.", "1,204 of them are Usher's own, to see whether the way is open.",
		} {
			if !shows(s, want) {
				t.Errorf("no %q among %q", want, looktest.Drawn(s.Content()))
			}
		}
		if shows(s, core.NewProblem("site.busy", nil).Title) {
			t.Error("a site's problem is not the address's")
		}
		test.Tap(looktest.Button(t, s.Content(), "Copy"))
		if got := fyne.CurrentApp().Clipboard().Content(); got != "https://calm-otter-42.ngrok-free.dev" {
			t.Errorf("copied %q", got)
		}
		test.Tap(looktest.Button(t, s.Content(), "Fix this"))
		if h.Window.Canvas().Focused() != fyne.Focusable(s.address.token) {
			t.Error("the keyboard is not on the authtoken")
		}
		moved := full()
		moved.Status.Problems = []core.Trouble{core.NewProblem("address.moved", nil).Trouble("")}
		moved.Status.Address.Month = &core.Meter{Requests: 1}
		s.Update(moved)
		test.Tap(looktest.Button(t, s.Content(), "Show the new URLs"))
		if !slices.Equal(h.went, []string{"connections "}) || !shows(s, "1 request this month.") {
			t.Errorf("went %q, shown %q", h.went, looktest.Drawn(s.Content()))
		}
		fine := core.Overview{Status: core.Status{Address: core.AddressStatus{State: "online", Plan: core.AddressPlan{Kind: core.LocalAddress}}}}
		s.Update(fine)
		if s.address.month.Visible() || s.address.problems.Visible() || s.address.ofNgrok.Visible() {
			t.Error("a local address has no meter, no problem and no authtoken")
		}
	})
}

func TestProblemsOfTheAddressAreSolvedWhereTheyAre(t *testing.T) {
	act(t, facts(), func(t *testing.T, s *Screen, _ *fake, _ *prefs, h *theHost) {
		s.Show("address")
		a := s.address
		for code, want := range map[string]fyne.Focusable{
			"address.no_token": a.token, "address.token_refused": a.token, "address.domain_not_yours": a.domain, "address.in_use": a.domain,
			"address.month_used_up": a.limit, "address.fast": a.limit,
			"address.port_taken": a.listen, "address.port_refused": a.listen, "address.bad_listen": a.listen,
			"address.no_network": nil, "address.unreachable": nil,
		} {
			h.Window.Canvas().Unfocus()
			fix, _ := a.fix(code).(fyne.Tappable)
			if fix != nil {
				test.Tap(fix)
			}
			if got := h.Window.Canvas().Focused(); got != want {
				t.Errorf("%s: the keyboard is on %T", code, got)
			}
		}
		a.kind.SetSelectedIndex(1)
		if test.Tap(a.fix("address.bad_url").(fyne.Tappable)); h.Window.Canvas().Focused() != fyne.Focusable(a.fixed) {
			t.Error("the keyboard is not on the URL")
		}
	})
}

func TestCheckAgainChangesNothing(t *testing.T) {
	act(t, facts(), func(t *testing.T, s *Screen, backend *fake, _ *prefs, h *theHost) {
		s.Show("address")
		test.Tap(looktest.Button(t, s.Content(), "Check again"))
		settle(s)
		if backend.asked != 1 || backend.change != (core.AddressChange{}) || !backend.token.Empty() || len(h.news) != 1 {
			t.Errorf("asked %d times for %+v, news %q", backend.asked, backend.change, h.news)
		}
		backend.err = core.NewProblem("address.no_token", nil)
		test.Tap(looktest.Button(t, s.Content(), "Check again"))
		settle(s)
		if !shows(s, core.NewProblem("address.no_token", nil).Title) || len(h.news) != 1 {
			t.Errorf("shown: %q", looktest.Drawn(s.Content()))
		}
	})
}

func TestOnlyWhatChangedOfTheAddressIsSaved(t *testing.T) {
	fixed, local, url, listen, limit, none := core.FixedAddress, core.LocalAddress, "https://hooks.example", "127.0.0.1:9000", uint64(100_000), uint64(0)
	act(t, facts(), func(t *testing.T, s *Screen, backend *fake, _ *prefs, _ *theHost) {
		s.Show("address")
		a := s.address
		for name, c := range map[string]struct {
			do    func()
			want  core.AddressChange
			token string
		}{
			"token":    {func() { test.Type(a.token, " tok ") }, core.AddressChange{}, "tok"},
			"domain":   {func() { a.domain.SetText(url + " ") }, core.AddressChange{URL: &url}, ""},
			"port":     {func() { a.listen.SetText(listen) }, core.AddressChange{Listen: &listen}, ""},
			"limit":    {func() { a.limit.SetText("100,000") }, core.AddressChange{MonthlyLimit: &limit}, ""},
			"no limit": {func() { a.limit.SetText("") }, core.AddressChange{MonthlyLimit: &none}, ""},
			"fixed":    {func() { a.kind.SetSelectedIndex(1); a.fixed.SetText(url) }, core.AddressChange{Kind: &fixed, URL: &url}, ""},
			"local":    {func() { a.kind.SetSelectedIndex(2) }, core.AddressChange{Kind: &local}, ""},
		} {
			backend.plan = full().Status.Address.Plan
			a.fill(backend.plan)
			if a.edited() || !a.save.Disabled() {
				t.Fatalf("%s: edited from the start", name)
			}
			c.do()
			test.Tap(a.save)
			settle(s)
			if got := backend.change; !same(got, c.want) || backend.token.Reveal() != c.token {
				t.Errorf("%s: told %+v and %q", name, got, backend.token.Reveal())
			}
			if a.token.Text != "" || a.edited() {
				t.Errorf("%s: not taken as saved", name)
			}
		}
	})
}

func same(a, b core.AddressChange) bool {
	return alike(a.Kind, b.Kind) && alike(a.URL, b.URL) && alike(a.Listen, b.Listen) && alike(a.MonthlyLimit, b.MonthlyLimit)
}

func alike[T comparable](a, b *T) bool {
	return (a == nil) == (b == nil) && (a == nil || *a == *b)
}

func TestWhatCannotBeSavedOfTheAddressStays(t *testing.T) {
	act(t, facts(), func(t *testing.T, s *Screen, backend *fake, _ *prefs, _ *theHost) {
		s.Show("address")
		a := s.address
		a.limit.SetText("lots")
		test.Tap(a.save)
		if !shows(s, "Type a whole number, or leave it empty for no limit.") || backend.asked != 0 {
			t.Error("a limit that is no number is sent")
		}
		a.limit.SetText("5")
		a.token.SetText("half a tok")
		backend.err = core.NewProblem("address.token_refused", nil)
		now := full()
		now.Status.Problems, now.Status.Address.Plan.Listen = nil, "127.0.0.1:1"
		s.Update(now) // what is half typed stays
		test.Tap(a.save)
		settle(s)
		if !shows(s, core.NewProblem("address.token_refused", nil).Title) || a.token.Text != "half a tok" || a.limit.Text != "5" || a.save.Disabled() {
			t.Errorf("typed %q and %q, shown %q", a.token.Text, a.limit.Text, looktest.Drawn(s.Content()))
		}
		if backend.change.Listen != nil {
			t.Error("what somebody else changed is written over")
		}
		test.Tap(a.undo)
		if a.token.Text != "" || a.edited() {
			t.Error("not undone")
		}
	})
}

func TestPreferencesAreCarriedOutAtOnce(t *testing.T) {
	act(t, facts(), func(t *testing.T, s *Screen, _ *fake, p *prefs, h *theHost) {
		if !s.window.notify.Checked || s.window.hide.Checked || s.running.login.Checked || s.window.appearance.SelectedIndex() != 0 {
			t.Error("not what it is without a choice")
		}
		s.window.appearance.SetSelectedIndex(2)
		test.Tap(s.window.notify)
		test.Tap(s.window.hide)
		test.Tap(s.running.login)
		want := map[string]string{PrefAppearance: "dark", PrefNotifications: Off, PrefHideNames: On, PrefStartAtLogin: On}
		if !maps.Equal(p.values, want) {
			t.Errorf("set %v, want %v", p.values, want)
		}
		p.deaf = true
		test.Tap(s.running.login)
		if !s.running.login.Checked || !slices.Equal(h.news, []string{"This computer does not let Usher do that."}) {
			t.Errorf("checked %v, news %q", s.running.login.Checked, h.news)
		}
	})
}

func TestPauseEverything(t *testing.T) {
	act(t, facts(), func(t *testing.T, s *Screen, backend *fake, _ *prefs, _ *theHost) {
		s.Show("pause")
		test.Tap(looktest.Button(t, s.Content(), "Pause everything"))
		settle(s)
		now := full()
		now.Paused = true
		s.Update(now)
		backend.err = core.NewProblem("store.disk", nil)
		test.Tap(looktest.Button(t, s.Content(), "Go on"))
		settle(s)
		if !slices.Equal(backend.paused, []bool{true, false}) || !shows(s, core.NewProblem("store.disk", nil).Title) || s.running.pause.Disabled() {
			t.Errorf("told %v, shown %q", backend.paused, looktest.Drawn(s.Content()))
		}
	})
}

func TestPractice(t *testing.T) {
	var told []bool
	f := facts()
	f.Practice = true
	f.SetPractice = func(_ context.Context, on bool) error {
		told = append(told, on)
		return core.NewProblem("store.disk", nil)
	}
	act(t, f, func(t *testing.T, s *Screen, _ *fake, _ *prefs, _ *theHost) {
		s.Show("practice")
		test.Tap(looktest.Button(t, s.Content(), "Stop practising"))
		settle(s)
		if !slices.Equal(told, []bool{false}) || !shows(s, core.NewProblem("store.disk", nil).Title) {
			t.Errorf("told %v, shown %q", told, looktest.Drawn(s.Content()))
		}
	})
	f.SetPractice = nil
	act(t, f, func(t *testing.T, s *Screen, _ *fake, _ *prefs, _ *theHost) {
		if s.Show("practice"); shows(s, "Practice mode") {
			t.Error("offered where it cannot be done")
		}
	})
}

func TestAboutSaysWhereEverythingIs(t *testing.T) {
	act(t, facts(), func(t *testing.T, s *Screen, _ *fake, _ *prefs, h *theHost) {
		s.Show("about")
		for _, want := range []string{
			"Usher 1.0.0", "/home/ann/.local/state/usher",
			"They are in GNOME Keyring, which your computer locks and unlocks with you. Usher writes none of them anywhere else.",
		} {
			if !shows(s, want) {
				t.Errorf("no %q among %q", want, looktest.Drawn(s.Content()))
			}
		}
		test.Tap(looktest.Button(t, s.Content(), "Open the folder"))
		test.Tap(looktest.Button(t, s.Content(), "Show log"))
		test.Tap(looktest.Button(t, s.Content(), "Show the licences"))
		if !slices.Equal(h.opened, []string{"file:///home/ann/.local/state/usher", "file:///home/ann/.local/state/usher/usher.log"}) || !shows(s, "MIT") {
			t.Errorf("opened %q", h.opened)
		}
	})
	sealed := facts()
	sealed.Keyring = ""
	act(t, sealed, func(t *testing.T, s *Screen, _ *fake, _ *prefs, _ *theHost) {
		s.Show("about")
		if !shows(s, "They are in a file of Usher's, sealed with your passphrase. Without the passphrase nobody can read it, Usher neither.") {
			t.Errorf("shown: %q", looktest.Drawn(s.Content()))
		}
	})
	if got := fileURL("C:/Users/Ann B"); got != "file:///C:/Users/Ann%20B" {
		t.Errorf("opens %q", got)
	}
}

func TestWhatIsKeptIsChosen(t *testing.T) {
	seven, none, few := 7, 0, 5
	act(t, facts(), func(t *testing.T, s *Screen, backend *fake, _ *prefs, h *theHost) {
		s.Show("keeping")
		k := s.running.keeping
		if k.days.Text != "14" || k.messages.Text != "200000" || k.edited() || !k.save.Disabled() {
			t.Errorf("shows %q and %q", k.days.Text, k.messages.Text)
		}
		for _, c := range []struct {
			days, messages string
			want           core.KeepingChange
		}{
			{"7", "200,000", core.KeepingChange{SentDays: &seven}},
			{"", "200000", core.KeepingChange{SentDays: &none}},
			{"14", "", core.KeepingChange{Messages: &none}},
		} {
			k.fill(core.DefaultKeeping())
			backend.kept = nil
			k.days.SetText(c.days)
			k.messages.SetText(c.messages)
			test.Tap(k.save)
			settle(s)
			if len(backend.kept) != 1 || !alike(backend.kept[0].SentDays, c.want.SentDays) || !alike(backend.kept[0].Messages, c.want.Messages) || k.edited() {
				t.Errorf("%q and %q: told %+v", c.days, c.messages, backend.kept)
			}
		}
		if len(h.news) != 3 {
			t.Errorf("news %q", h.news)
		}
		k.fill(core.DefaultKeeping())
		backend.kept = nil
		k.days.SetText("a while")
		test.Tap(k.save)
		settle(s)
		if len(backend.kept) != 0 || !shows(s, "Type a whole number, or leave it empty for no limit.") {
			t.Errorf("told %+v, shown %q", backend.kept, looktest.Drawn(s.Content()))
		}
		test.Tap(k.undo)
		k.messages.SetText("5")
		now := full()
		now.Keeping.SentDays = 30
		s.Update(now) // what is half typed stays
		test.Tap(k.save)
		settle(s)
		if len(backend.kept) != 1 || !alike(backend.kept[0].Messages, &few) || backend.kept[0].SentDays != nil {
			t.Errorf("told %+v", backend.kept)
		}
		if !shows(s, core.NewProblem("keep.out_of_range", nil).Title) || k.messages.Text != "5" || k.save.Disabled() {
			t.Errorf("typed %q, shown %q", k.messages.Text, looktest.Drawn(s.Content()))
		}
		test.Tap(k.undo)
		s.Update(now)
		if k.days.Text != "30" {
			t.Errorf("what somebody else chose shows as %q", k.days.Text)
		}
	})
}
