package ui

import (
	"context"
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
	"usher/ui/stage"
	"usher/ui/words"
)

func TestTheFirstRunOpensTheWizard(t *testing.T) {
	for name, c := range map[string]struct {
		overview core.Overview
		want     string
	}{
		"no connection": {core.Overview{Version: 1}, wizardScreen},
		"one":           {connected(), needsScreen},
	} {
		t.Run(name, func(t *testing.T) {
			open(t, newUsher(c.overview), Host{}, func(s *shell) {
				if s.shown != c.want {
					t.Errorf("it opens on %s", s.shown)
				}
			})
		})
	}
}

func TestTheWizardDoesNotComeBackByItself(t *testing.T) {
	open(t, newUsher(core.Overview{Version: 1}), Host{}, func(s *shell) {
		s.Show(needsScreen, "")
		s.usher.change(func() { s.usher.now.Status.Queued = 1 })
		s.settle()
		if s.shown != needsScreen {
			t.Errorf("%s is on", s.shown)
		}
	})
}

func TestRemovingTheLastConnectionOpensNoWizard(t *testing.T) {
	open(t, newUsher(connected()), Host{}, func(s *shell) {
		s.usher.change(func() { s.usher.now.Connections = nil })
		s.settle()
		if s.shown != needsScreen {
			t.Errorf("%s is on", s.shown)
		}
	})
}

func TestScreensAreReachedByMouseAndKeys(t *testing.T) {
	open(t, newUsher(connected()), Host{}, func(s *shell) {
		for i, name := range []string{needsScreen, activityScreen, peopleScreen, connectionsScreen, settingsScreen} {
			s.Show(wizardScreen, "")
			test.Tap(s.nav.buttons[name])
			if s.shown != name {
				t.Errorf("a click leads to %s, not %s", s.shown, name)
			}
			s.Show(wizardScreen, "")
			s.press([]fyne.KeyName{fyne.Key1, fyne.Key2, fyne.Key3, fyne.Key4, fyne.Key5}[i])
			if s.shown != name {
				t.Errorf("its key leads to %s, not %s", s.shown, name)
			}
			if s.middle.Objects[0] != s.screens[name].screen.Content() {
				t.Errorf("%s is not shown", name)
			}
		}
	})
}

func TestAKeyReachesTheWindowThroughAnEntry(t *testing.T) {
	open(t, newUsher(connected()), Host{}, func(s *shell) {
		entry := look.NewEntry("")
		s.middle.Add(entry)
		s.window.Canvas().Focus(entry)
		entry.TypedShortcut(shortcut(fyne.Key3))
		if s.shown != peopleScreen {
			t.Errorf("%s is on", s.shown)
		}
	})
}

func TestWhatAScreenIsTold(t *testing.T) {
	open(t, newUsher(connected()), Host{}, func(s *shell) {
		probe := s.probes[activityScreen]
		expect := func(want string) {
			t.Helper()
			if got := strings.Join(probe.told, ", "); got != want {
				t.Errorf("told %q, want %q", got, want)
			}
			probe.told = nil
		}
		s.settle()
		expect("") // it is not on
		s.turnTo(activityScreen)
		expect("update")
		s.turnTo(activityScreen)
		expect("show ")
		s.Show(activityScreen, "7")
		expect("show 7")
		look.OnEscape(s.window.Canvas(), func() { probe.told = append(probe.told, "escape") })
		s.turnTo(needsScreen)
		expect("leave")
		if s.window.Canvas().OnTypedKey() != nil {
			t.Error("Escape still goes to the screen that was left")
		}
		s.screens[needsScreen].screen = struct{ stage.Screen }{s.probes[needsScreen]} // nothing to search in
		s.press(fyne.KeyF)
		expect("update, search")
		s.window.Canvas().OnTypedKey()(&fyne.KeyEvent{Name: fyne.KeyEscape})
		expect("escape")
		s.Show("of tomorrow", "")
		if s.shown != activityScreen {
			t.Errorf("%s is on", s.shown)
		}
	})
}

func TestTheFootTellsTheTruth(t *testing.T) {
	now := time.Date(2026, 11, 3, 14, 5, 0, 0, time.UTC)
	with := func(change func(*core.Overview)) core.Overview {
		o := connected()
		o.Connections = append(o.Connections, core.ConnectionView{Name: "old", LastMessage: now.Add(-time.Hour)})
		o.Connections[0].LastMessage = now.Add(-2 * time.Minute)
		change(&o)
		return o
	}
	for name, c := range map[string]struct {
		overview core.Overview
		tone     look.Tone
		want     string
	}{
		"well":       {with(func(*core.Overview) {}), look.Done, "Reachable from the internet · last message 2 min ago"},
		"working":    {with(func(o *core.Overview) { o.Status.Queued = 2 }), look.Done, "Reachable from the internet · 2 waiting · last message 2 min ago"},
		"paused":     {with(func(o *core.Overview) { o.Paused = true; o.Status.Queued = 1 }), look.Paused, "Paused · 1 waiting · last message 2 min ago"},
		"local":      {with(func(o *core.Overview) { o.Status.Address.Plan.Kind = core.LocalAddress }), look.Info, "Reachable on this computer only · last message 2 min ago"},
		"failed":     {with(func(o *core.Overview) { o.Status.Address.State = "failed" }), look.NeedsYou, "Not reachable from the internet · last message 2 min ago"},
		"off":        {with(func(o *core.Overview) { o.Status.Address.State = "off" }), look.Paused, "Switched off · last message 2 min ago"},
		"connecting": {with(func(o *core.Overview) { o.Status.Address.State = "reconnecting" }), look.Checking, "Connecting again · last message 2 min ago"},
		"new":        {connected(), look.Done, "Reachable from the internet · no message yet"},
		"empty":      {core.Overview{Status: connected().Status}, look.Done, "Reachable from the internet"},
	} {
		if tone, line := footLine(c.overview, now); tone != c.tone || line != c.want {
			t.Errorf("%s: %d %q", name, tone, line)
		}
	}
}

func TestPauseAndGoOn(t *testing.T) {
	open(t, newUsher(connected()), Host{}, func(s *shell) {
		for _, c := range []struct{ press, then, news string }{
			{"Pause", "Go on", words.T("pause.paused.line")},
			{"Go on", "Pause", words.T("pause.going_on.line")},
		} {
			if s.foot.pause.Text != c.press {
				t.Fatalf("the button says %q", s.foot.pause.Text)
			}
			test.Tap(s.foot.pause)
			synctest.Wait()
			if s.toasts.Shown() != c.news {
				t.Errorf("news %q", s.toasts.Shown())
			}
			s.settle()
			if s.foot.pause.Text != c.then {
				t.Errorf("then the button says %q", s.foot.pause.Text)
			}
		}
		if strings.Join(s.usher.did, ",") != "pause ,pause " {
			t.Errorf("it did %q", s.usher.did)
		}
	})
}

func TestAUsherThatDoesNotAnswerIsToldAndAskedAgain(t *testing.T) {
	var outside []error
	host := Host{Seen: func(_ core.Overview, err error) { outside = append(outside, err) }}
	open(t, newUsher(connected()), host, func(s *shell) {
		s.usher.change(func() { s.usher.err = errGone; s.usher.now.Needs = make([]core.Need, 2) })
		s.settle()
		if !looktest.Shows(s.window.Content(), "Usher does not answer") || !looktest.Shows(s.window.Content(), "Usher does not answer. Trying again…") {
			t.Errorf("it shows %q", looktest.Drawn(s.window.Content()))
		}
		if !s.foot.pause.Disabled() {
			t.Error("it can be paused")
		}
		if last := outside[len(outside)-1]; !errors.Is(last, errGone) {
			t.Errorf("outside it is told %v", last)
		}
		s.usher.change(func() { s.usher.err = nil })
		s.settle()
		if looktest.Shows(s.window.Content(), "Usher does not answer") || s.foot.pause.Disabled() || !looktest.Shows(s.window.Content(), "Needs you (2)") {
			t.Errorf("then it shows %q", looktest.Drawn(s.window.Content()))
		}
	})
}

func TestAProblemIsToldWithItsFix(t *testing.T) {
	u := newUsher(core.Overview{})
	u.err = core.NewProblem("store.disk", nil)
	open(t, u, Host{}, func(s *shell) {
		for _, text := range []string{"The disk did not take what Usher had to write.", "Make room on the disk and check that the data folder can be written to."} {
			if !looktest.Shows(s.window.Content(), text) {
				t.Errorf("it shows %q", looktest.Drawn(s.window.Content()))
			}
		}
	})
}

func TestAStormIsShownAtMostTenTimesASecond(t *testing.T) {
	painted := 0
	open(t, newUsher(connected()), Host{Seen: func(core.Overview, error) { painted++ }}, func(s *shell) {
		painted, s.usher.asked = 0, 0
		for range 3000 {
			s.usher.change(func() { s.usher.now.Status.Queued++ })
			time.Sleep(time.Millisecond)
		}
		synctest.Wait()
		if painted > 31 || s.usher.asked > 31 || painted < 20 {
			t.Errorf("in three seconds painted %d times, asked %d times", painted, s.usher.asked)
		}
		s.settle()
		if !strings.Contains(s.foot.line.Text, "3,000 waiting") {
			t.Errorf("the last state is not shown: %q", s.foot.line.Text)
		}
	})
}

func TestWhatGrowsOldIsShownAnew(t *testing.T) {
	o := connected()
	open(t, newUsher(o), Host{}, func(s *shell) {
		s.usher.change(func() { s.usher.now.Connections[0].LastMessage = time.Now() })
		s.settle()
		if !strings.HasSuffix(s.foot.line.Text, "last message just now") {
			t.Errorf("at first %q", s.foot.line.Text)
		}
		s.settle()
		time.Sleep(3 * time.Minute)
		synctest.Wait()
		if !strings.HasSuffix(s.foot.line.Text, "min ago") {
			t.Errorf("later %q", s.foot.line.Text)
		}
	})
}

func TestCopyURL(t *testing.T) {
	open(t, newUsher(connected()), Host{}, func(s *shell) {
		s.CopyURL("Kartra")
		synctest.Wait()
		if got := fyne.CurrentApp().Clipboard().Content(); got != "https://a.test/?wpf_action=add" || s.toasts.Shown() != "Copied." {
			t.Errorf("copied %q, news %q", got, s.toasts.Shown())
		}
		s.CopyURL("gone")
		synctest.Wait()
		if news := s.toasts.Shown(); news == "Copied." || news == "" {
			t.Errorf("nothing was copied, but the news is %q", news)
		}
	})
}

func TestSendTestLeadsToWhereOneIsSent(t *testing.T) {
	open(t, newUsher(connected()), Host{}, func(s *shell) {
		s.SendTest("Kartra")
		if told := s.probes[connectionsScreen].told; s.shown != connectionsScreen || !slices.Contains(told, "show Kartra/test") {
			t.Errorf("%s is on and told %q", s.shown, told)
		}
	})
}

func TestTheBar(t *testing.T) {
	bought := 0
	bar := Bar{Text: "Practice", Button: "Buy", Do: func(context.Context) (string, error) {
		bought++
		if bought > 1 {
			return "never shown", core.NewProblem("store.disk", nil)
		}
		return "Bought.", nil
	}}
	open(t, newUsher(connected()), Host{Bar: bar}, func(s *shell) {
		if !looktest.Shows(s.window.Content(), "Practice") {
			t.Error("the bar is missing")
		}
		for _, want := range []string{"Bought.", "The disk did not take what Usher had to write."} {
			button := looktest.Button(t, s.window.Content(), "Buy")
			test.Tap(button)
			synctest.Wait()
			if s.toasts.Shown() != want || button.Disabled() {
				t.Errorf("news %q", s.toasts.Shown())
			}
		}
	})
}

func TestTheWindowNeverGrowsByItself(t *testing.T) {
	open(t, newUsher(connected()), Host{}, func(s *shell) {
		s.usher.change(func() { s.usher.err = errGone })
		s.settle()
		if size := s.window.Content().MinSize(); size.Width > smallest.Width || size.Height > smallest.Height {
			t.Errorf("it wants %v", size)
		}
	})
}

func TestEveryScreenIsThere(t *testing.T) {
	test.NewTempApp(t).Settings().SetTheme(look.NewTheme(look.Light))
	synctest.Test(t, func(t *testing.T) {
		w := test.NewWindow(nil)
		defer w.Close()
		backend := newUsher(connected())
		backend.gate = make(chan struct{})
		u := newUI(t.Context(), w, backend, Host{Prefs: prefs{}})
		defer u.stage.Close()
		defer u.toasts.Stop()
		u.seen = seen{overview: connected(), known: true}
		for name, opens := range map[string]string{
			needsScreen: "Ready for the first message", activityScreen: "Activity", peopleScreen: "People",
			connectionsScreen: "Connections", settingsScreen: "Settings", wizardScreen: "",
		} {
			u.Show(name, "")
			backend.answer()
			if opens != "" && !looktest.Shows(u.middle, opens) {
				t.Errorf("%s shows %q", name, looktest.Drawn(u.middle))
			}
		}
	})
}
