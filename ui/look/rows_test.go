package look

import (
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/widget"

	"usher/core"
)

func TestFormRowShowsHelpOrWhatIsWrong(t *testing.T) {
	r := NewFormRow("Site", "As in the browser.", NewEntry(""))
	window(t, r)
	for _, c := range []struct{ problem, seen, unseen string }{
		{"", "As in the browser.", ""},
		{"No such site.", "No such site.", "As in the browser."},
		{"", "As in the browser.", "No such site."},
	} {
		r.SetProblem(c.problem)
		seen := visibleTexts(r)
		if !seen[c.seen] || seen[c.unseen] || r.Problem() != c.problem {
			t.Errorf("problem %q: %v is seen", c.problem, seen)
		}
	}
}

func TestCopyRowCopiesExactlyWhatItShows(t *testing.T) {
	news := ""
	r := NewCopyRow("Webhook URL", "https://old", func(said string) { news = said })
	window(t, r)
	const url = "https://x.test/?wpf_action=add&access_key=k&contact_id=[Contact ID]"
	r.SetValue(url)
	test.Tap(r.button)
	if got := fyne.CurrentApp().Clipboard().Content(); got != url || !visibleTexts(r)[url] {
		t.Errorf("the clipboard holds %q, on screen is %v", got, visibleTexts(r))
	}
	if news != "Copied." {
		t.Errorf("news %q", news)
	}
	if !r.value.Selectable {
		t.Error("the value cannot be selected")
	}
}

func TestStepSaysHowItStands(t *testing.T) {
	s := NewStep("Sign in")
	window(t, s)
	expect := func(tone Tone, seen string, fixable bool) {
		t.Helper()
		if s.Tone() != tone || !visibleTexts(s)[seen] || (s.fix.Visible() && len(s.fix.Objects) == 1) != fixable {
			t.Errorf("tone %d, fixable %t, seen %v; want %d, %t, %q", s.Tone(), s.fix.Visible(), visibleTexts(s), tone, fixable, seen)
		}
	}
	expect(Pending, "Sign in", false)
	s.Checking()
	expect(Checking, "Sign in", false)
	s.Problem(core.Trouble{Title: "It is wrong.", Fix: "Mend it."}, func() {})
	expect(NeedsYou, "It is wrong.\nMend it.", true)
	s.OK("Signed in as ann.")
	expect(Done, "Signed in as ann.", false)
	s.Problem(core.Trouble{Title: "It is wrong.", Fix: "Mend it."}, nil)
	expect(NeedsYou, "It is wrong.\nMend it.", false)
	s.SetStep(core.Step{Title: "Mail", State: core.StepSkipped, Detail: "Later."}, nil)
	expect(Skipped, "Mail", false)
	s.SetStep(core.Step{Title: "Mail", State: core.StepProblem, Problem: &core.Trouble{Title: "No.", Fix: "Yes."}}, func() {})
	expect(NeedsYou, "No.\nYes.", true)
	s.SetStep(core.Step{Title: "Mail", State: core.StepOK}, nil)
	expect(Done, "Mail", false)
}

func TestFixButtonFixes(t *testing.T) {
	fixed := false
	s := NewStep("Sign in")
	c := window(t, s)
	s.Problem(core.Trouble{Title: "No.", Fix: "Yes."}, func() { fixed = true })
	test.FocusNext(c)
	if press(c, fyne.KeyReturn); !fixed {
		t.Error("nothing was fixed")
	}
}

func TestProgressShowsHowFarWorkIs(t *testing.T) {
	stopped := false
	p := NewProgress(func() { stopped = true })
	window(t, p)
	for _, c := range []struct {
		part  float64
		shown float32 // of the bar's width; below 0 for no bar
	}{{0, 0}, {0.4, 0.4}, {1, 1}, {1.5, 1}, {-1, -1}, {0.5, 0.5}} {
		p.Set("Updating users.", c.part)
		filled := test.WidgetRenderer(p.bar).(*barRenderer).filled.Size().Width
		switch {
		case p.bar.Visible() != (c.shown >= 0) || p.busy.Visible() == p.bar.Visible():
			t.Errorf("part %v: bar %t, busy %t", c.part, p.bar.Visible(), p.busy.Visible())
		case c.shown >= 0 && filled != p.bar.Size().Width*c.shown:
			t.Errorf("part %v: %v of %v is filled", c.part, filled, p.bar.Size().Width)
		}
	}
	if test.Tap(p.stop); !stopped {
		t.Error("nothing was stopped")
	}
	if NewProgress(nil).stop.Visible() {
		t.Error("work that cannot be stopped has a Stop")
	}
}

func TestStatesHaveTheirTone(t *testing.T) {
	for state, want := range map[core.State]Tone{
		core.Queued: Waiting, core.Applied: Done, core.Merged: DoneWithNewer, core.Held: NeedsYou, core.Failed: DidNotWork, "new": Waiting,
	} {
		if got := ToneOf(state); got != want {
			t.Errorf("%s has tone %d, want %d", state, got, want)
		}
	}
}

func TestToastGoesByItself(t *testing.T) {
	test.NewTempApp(t)
	synctest.Test(t, func(t *testing.T) {
		toasts, toolkit := NewToasts(), &queue{}
		toasts.do = toolkit.add
		defer toasts.Stop()
		after := func(d time.Duration, want string) {
			t.Helper()
			time.Sleep(d)
			synctest.Wait()
			toolkit.run()
			if got := toasts.Shown(); got != want {
				t.Errorf("on screen is %q, want %q", got, want)
			}
		}
		after(0, "")
		toasts.Show("Copied.")
		after(toastTime-time.Second, "Copied.")
		toasts.Show("Sent.")
		after(toastTime-time.Second, "Sent.") // the older news' end is not the newer's
		after(2*time.Second, "")
	})
}

func TestTheEndOfOlderNewsLeavesNewerAlone(t *testing.T) {
	test.NewTempApp(t)
	synctest.Test(t, func(t *testing.T) {
		toasts, toolkit := NewToasts(), &queue{}
		toasts.do = toolkit.add
		toasts.Show("Copied.")
		time.Sleep(toastTime)
		synctest.Wait() // its end is queued
		toasts.Show("Sent.")
		if toolkit.run(); toasts.Shown() != "Sent." {
			t.Errorf("on screen is %q", toasts.Shown())
		}
		time.Sleep(toastTime)
		synctest.Wait()
		toasts.Stop()
		if toolkit.run(); toasts.Shown() != "Sent." {
			t.Error("stopped toasts touched the window")
		}
	})
}

func TestStoppedToastsStartNothing(t *testing.T) {
	test.NewTempApp(t)
	synctest.Test(t, func(t *testing.T) {
		toasts := NewToasts()
		toasts.Show("Copied.")
		toasts.Stop()
		if toasts.Show("Sent."); toasts.due != nil {
			t.Error("a hiding is due after Stop")
		}
		toasts.Stop()
	})
}

// queue is the toolkit's, worked off when the test says so: what the test driver does at once, on
// any goroutine, the real one does later, on its own.
type queue struct {
	mu    sync.Mutex
	calls []func()
}

func (q *queue) add(f func()) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.calls = append(q.calls, f)
}

// run works the queue off and counts what was in it.
func (q *queue) run() int {
	q.mu.Lock()
	calls := q.calls
	q.calls = nil
	q.mu.Unlock()
	for _, call := range calls {
		call()
	}
	return len(calls)
}

// visibleTexts lists the labels of a widget that are seen.
func visibleTexts(w fyne.Widget) map[string]bool {
	texts := map[string]bool{}
	var visit func(fyne.CanvasObject)
	visit = func(o fyne.CanvasObject) {
		if !o.Visible() {
			return
		}
		switch o := o.(type) {
		case *widget.Label:
			texts[o.Text] = true
		case *fyne.Container:
			for _, inner := range o.Objects {
				visit(inner)
			}
		case fyne.Widget:
			for _, inner := range test.WidgetRenderer(o).Objects() {
				visit(inner)
			}
		}
	}
	visit(w)
	return texts
}
