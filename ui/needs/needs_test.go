package needs

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/test"
	"go.uber.org/goleak"

	"usher/core"
	"usher/ui/look"
	"usher/ui/look/looktest"
	"usher/ui/stage"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var noon = time.Date(2026, 11, 12, 12, 0, 0, 0, time.UTC)

// usher plays the part of the backend that this screen asks.
type usher struct {
	details map[string]core.Detail
	retried []string
	refused []string // answered with no
	asked   int
	retry   func(id string) error // nil for yes
}

func (u *usher) Retry(ctx context.Context, id string) (int, error) {
	time.Sleep(50 * time.Millisecond)
	order.Lock()
	defer order.Unlock()
	if ctx.Err() != nil {
		return 0, ctx.Err()
	}
	u.retried = append(u.retried, id)
	if u.retry != nil {
		return 1, u.retry(id)
	}
	return 1, nil
}

func (u *usher) Decline(_ context.Context, id string) error {
	time.Sleep(time.Millisecond)
	order.Lock()
	defer order.Unlock()
	u.refused = append(u.refused, id)
	return nil
}

func (u *usher) Detail(_ context.Context, id string) (core.Detail, error) {
	time.Sleep(time.Millisecond)
	order.Lock()
	defer order.Unlock()
	u.asked++
	detail, there := u.details[id]
	if !there {
		return detail, core.NewProblem("command.no_delivery", nil)
	}
	return detail, nil
}

func (u *usher) Activity(_ context.Context, q core.ActivityQuery) (core.Activity, error) {
	time.Sleep(time.Millisecond)
	order.Lock()
	defer order.Unlock()
	var page core.Activity
	for id := len(u.details); id > 0; id-- {
		line := u.details[fmt.Sprint(id)].Line
		before, _ := core.ParseID(q.Before)
		if (q.Before != "" && uint64(id) >= before) || !slices.Contains(q.States, line.State) || line.Connection != q.Connection {
			continue
		}
		if len(page.Lines) == 30 {
			page.Before = fmt.Sprint(id + 1)
			break
		}
		page.Lines = append(page.Lines, line)
	}
	return page, nil
}

// hold makes messages from 1 to n that are held for a code.
func (u *usher) hold(n int, state core.State, code, about string, fields ...core.FieldChange) core.Need {
	u.details = map[string]core.Detail{}
	problem := core.NewProblem(code, nil).About(about).Trouble("")
	need := core.Need{
		Problem: problem, Connection: "Kartra", Count: n,
		Question:   slices.Contains([]string{"user.email_change", "role.ask", "connection.crowd"}, code),
		Declinable: slices.Contains([]string{"user.email_change", "role.ask", "role.powerful", "connection.crowd"}, code),
	}
	need.Problem.About = "Kartra"
	for i := n; i > 0; i-- {
		id := fmt.Sprint(i)
		u.details[id] = core.Detail{
			Line: core.Line{
				ID: id, Connection: "Kartra", Contact: fmt.Sprintf("person%d@yoga.test", i), State: state,
				Received: noon.Add(-time.Duration(i) * time.Minute), Problem: &problem,
			},
			Steps: []core.JournalStep{{State: state, Problem: &problem, Fields: fields}},
		}
		if len(need.Messages) < 50 {
			need.Messages = append(need.Messages, id)
		}
	}
	return need
}

// show has the test use the screen in a window, in a time of its own. settle waits until all
// work is done.
func show(t *testing.T, u *usher, use func(t *testing.T, s *Screen, w fyne.Window, went *[]string)) {
	t.Helper()
	app := test.NewTempApp(t)
	app.Settings().SetTheme(look.NewTheme(look.Light))
	synctest.Test(t, func(t *testing.T) {
		w := test.NewWindow(nil)
		defer w.Close()
		var went []string
		on := stage.New(t.Context(), w)
		defer on.Close()
		on.Go = func(screen, subject string) { went = append(went, screen+" "+subject) }
		on.Open = func(url string) { went = append(went, "open "+url) }
		on.Toast = func(news string) { went = append(went, "toast "+news) }
		s := New(on, u)
		s.now = func() time.Time { return noon }
		w.SetContent(s.Content())
		w.Resize(fyne.NewSize(900, 700))
		use(t, s, w, &went)
	})
}

// order puts what the test does before what the backend then answers: time that passes in a test
// does not tell the race detector so.
var order sync.Mutex

// pass lets time pass and waits until nothing more is done in it.
func pass(d time.Duration) {
	order.Lock()
	order.Unlock() //nolint:staticcheck // it is the order that counts
	time.Sleep(d)
	synctest.Wait()
}

func settle() { pass(time.Minute) }

func overview(needs ...core.Need) core.Overview {
	return core.Overview{
		Connections: []core.ConnectionView{{Name: "Kartra", CRM: "Kartra", Account: "kartra", Site: "https://yoga.test", LastMessage: noon.Add(-2 * time.Minute)}},
		Needs:       needs,
	}
}

func site(code string, count int) core.Need {
	problem := core.NewProblem(code, nil).Trouble("https://yoga.test")
	return core.Need{Problem: problem, Count: count, Waits: true}
}

func TestNothingNeedsYou(t *testing.T) {
	never := overview()
	never.Connections[0].LastMessage = time.Time{}
	paused := overview()
	paused.Paused = true
	for name, c := range map[string]struct {
		o          core.Overview
		says, goes string
	}{
		"first run":      {core.Overview{}, "Welcome to Usher", "wizard "},
		"before a word":  {never, "Ready for the first message", "connections Kartra"},
		"all is well":    {overview(), "Nothing needs you. The last message came 2 min ago.", "activity "},
		"while it rests": {paused, "Nothing needs you. Usher is paused: messages are kept, and your site is left as it is. The last message came 2 min ago.", "activity "},
	} {
		t.Run(name, func(t *testing.T) {
			show(t, &usher{}, func(t *testing.T, s *Screen, w fyne.Window, went *[]string) {
				s.Update(c.o)
				if !slices.Contains(texts(s.Content()), c.says) {
					t.Errorf("it says %q", texts(s.Content()))
				}
				test.FocusNext(w.Canvas())
				enter(w)
				if !slices.Equal(*went, []string{c.goes}) {
					t.Errorf("it goes to %q", *went)
				}
			})
		})
	}
}

func TestARevokedPasswordIsOneCardAndOneFix(t *testing.T) {
	show(t, &usher{}, func(t *testing.T, s *Screen, _ fyne.Window, went *[]string) {
		s.Update(overview(site("site.unauthorized", 200)))
		seen := texts(s.Content())
		for _, want := range []string{
			"Needs you (1)", "WordPress does not accept the user name and application password.", "200 wait",
			"https://yoga.test · Usher goes on by itself once this is mended.",
		} {
			if !slices.Contains(seen, want) {
				t.Errorf("%q is missing in %q", want, seen)
			}
		}
		if got := buttonTexts(s.Content()); !slices.Equal(got, []string{"Connect the site again"}) {
			t.Fatalf("the buttons are %q", got)
		}
		tap(t, s, "Connect the site again")
		if !slices.Equal(*went, []string{"wizard Kartra/site"}) {
			t.Errorf("it goes to %q", *went)
		}
		s.Update(overview())
		if !slices.Contains(texts(s.Content()), "All is well") {
			t.Error("the card stays")
		}
	})
}

func TestALockedKeyringSaysSo(t *testing.T) {
	show(t, &usher{}, func(t *testing.T, s *Screen, _ fyne.Window, _ *[]string) {
		locked := core.Need{Problem: core.NewProblem("store.locked", nil).Trouble("Usher"), Count: 2, Waits: true}
		s.Update(overview(locked))
		if got := strings.Join(texts(s.Content()), "\n"); !strings.Contains(got, "Unlock it, for example by logging in") || strings.Contains(got, "Usher ·") {
			t.Errorf("it says %q", got)
		}
		if got := buttonTexts(s.Content()); len(got) != 0 {
			t.Errorf("there are the buttons %q", got)
		}
	})
}

func TestTryAgain(t *testing.T) {
	u := &usher{}
	need := u.hold(1, core.Failed, "user.refused", "nickname")
	show(t, u, func(t *testing.T, s *Screen, _ fyne.Window, went *[]string) {
		s.Update(overview(need))
		settle()
		if got := buttonTexts(s.Content()); !slices.Equal(got, []string{"Try again", "See it"}) {
			t.Fatalf("the buttons are %q", got)
		}
		tap(t, s, "See it")
		tap(t, s, "Try again")
		settle()
		if !slices.Equal(u.retried, []string{"1"}) || !slices.Equal(*went, []string{"activity 1", "toast Usher is on it."}) {
			t.Errorf("tried %q, went %q", u.retried, *went)
		}
	})
}

func TestAQuestionIsAnsweredForOneMessage(t *testing.T) {
	u := &usher{}
	need := u.hold(2, core.Held, "user.email_change", "user 7", core.FieldChange{Field: "email", Old: "old@yoga.test", New: "new@yoga.test"})
	show(t, u, func(t *testing.T, s *Screen, _ fyne.Window, went *[]string) {
		s.Update(overview(need))
		settle()
		if got := buttonTexts(s.Content()); !slices.Equal(got, []string{"Say yes", "Say no", "See it", "Say yes", "Say no", "See it", "Change the connection"}) {
			t.Fatalf("the buttons are %q: there must be no yes to all", got)
		}
		if got := texts(s.Content()); !slices.Contains(got, "2 min ago · old@yoga.test → new@yoga.test") {
			t.Errorf("what would change is missing in %q", got)
		}
		tap(t, s, "Say yes")
		settle()
		if !slices.Equal(u.retried, []string{"2"}) || (*went)[0] != "toast Usher is on it." {
			t.Errorf("tried %q, went %q", u.retried, *went)
		}
		*went = nil
		tap(t, s, "Say no")
		settle()
		if !slices.Equal(u.refused, []string{"2"}) || len(u.retried) != 1 || !slices.Equal(*went, []string{"toast Answered with no."}) {
			t.Errorf("answered %q with no, tried %q, went %q", u.refused, u.retried, *went)
		}
	})
}

// Only a rule gives a role with power, but anybody can say no to it.
func TestWhatHasOnlyANo(t *testing.T) {
	u := &usher{}
	need := u.hold(1, core.Held, "role.powerful", "editor")
	show(t, u, func(t *testing.T, s *Screen, _ fyne.Window, _ *[]string) {
		s.Update(overview(need))
		settle()
		if got := buttonTexts(s.Content()); !slices.Equal(got, []string{"Try again", "Say no", "See it", "Change the connection"}) {
			t.Errorf("the buttons are %q", got)
		}
	})
}

// What a person agreed to is what they saw: a message that asks something else by then is shown
// anew instead.
func TestAYesIsToWhatWasSeen(t *testing.T) {
	for name, change := range map[string]func(*core.Detail){
		"another question": func(d *core.Detail) {
			other := core.NewProblem("role.ask", nil).About("editor").Trouble("")
			d.Line.Problem = &other
		},
		"another role": func(d *core.Detail) {
			other := *d.Line.Problem
			other.Title += "x"
			d.Line.Problem = &other
		},
		"another address": func(d *core.Detail) {
			d.Steps = []core.JournalStep{{Problem: d.Line.Problem, Fields: []core.FieldChange{{Field: "email", New: "evil@yoga.test"}}}}
		},
		"on its way":       func(d *core.Detail) { d.Line.State = core.Queued },
		"no question left": func(d *core.Detail) { d.Line.Problem = nil },
	} {
		answer := map[bool]string{true: "Say no", false: "Say yes"}[name == "another address"]
		t.Run(name, func(t *testing.T) {
			u := &usher{}
			need := u.hold(1, core.Held, "user.email_change", "user 7", core.FieldChange{Field: "email", New: "new@yoga.test"})
			show(t, u, func(t *testing.T, s *Screen, _ fyne.Window, went *[]string) {
				s.Update(overview(need))
				settle()
				changed := u.details["1"]
				change(&changed)
				u.details["1"] = changed
				tap(t, s, answer)
				settle()
				if len(u.retried)+len(u.refused) != 0 || !slices.Equal(*went, []string{"toast This message has changed meanwhile. Look at it again."}) {
					t.Errorf("tried %q, went %q", u.retried, *went)
				}
			})
		})
	}
}

func TestTryAllAgainTellsHowFarItIs(t *testing.T) {
	u := &usher{}
	need := u.hold(70, core.Failed, "user.refused", "nickname")
	need.Problem.Title = core.NewProblem("user.refused", nil).Title
	odd := u.details["7"]
	odd.Line.Problem = &core.Trouble{Code: "role.ask"} // not what the card is about
	u.details["7"] = odd
	show(t, u, func(t *testing.T, s *Screen, _ fyne.Window, went *[]string) {
		s.Update(overview(need))
		settle()
		if got := buttonTexts(s.Content()); !slices.Equal(got, []string{"Try one again", "Try all 70 again", "Show the newest 50"}) {
			t.Fatalf("the buttons are %q", got)
		}
		tap(t, s, "Try all 70 again")
		pass(time.Second)
		if got := strings.Join(texts(s.Content()), "\n"); !strings.Contains(got, "of 69 again.") {
			t.Errorf("half-way it says %q", got)
		}
		s.Update(overview()) // what is left to do is not to be seen any more; the work is
		if !slices.Contains(buttonTexts(s.Content()), "Stop") {
			t.Error("the card went while it works")
		}
		settle()
		if len(u.retried) != 69 || slices.Contains(u.retried, "7") {
			t.Errorf("tried %d, %v", len(u.retried), u.retried)
		}
		if !slices.Equal(*went, []string{"toast 69 messages are on their way again."}) || !slices.Contains(texts(s.Content()), "All is well") {
			t.Errorf("went %q, says %q", *went, texts(s.Content()))
		}
	})
}

func TestTryAllAgainCanBeStopped(t *testing.T) {
	u := &usher{}
	need := u.hold(50, core.Failed, "user.refused", "")
	show(t, u, func(t *testing.T, s *Screen, _ fyne.Window, went *[]string) {
		s.Update(overview(need))
		tap(t, s, "Try all 50 again")
		pass(time.Second)
		tap(t, s, "Stop")
		tried := len(u.retried)
		settle()
		if len(u.retried) != tried || tried == 0 || tried > 25 {
			t.Errorf("tried %d, then %d", tried, len(u.retried))
		}
		if slices.Contains(buttonTexts(s.Content()), "Stop") || !slices.Equal(*went, []string{"toast Stopped. The rest is left as it is."}) {
			t.Errorf("went %q, buttons %q", *went, buttonTexts(s.Content()))
		}
	})
}

func TestACrowdIsOneQuestion(t *testing.T) {
	u := &usher{}
	need := u.hold(4, core.Held, "connection.crowd", "")
	show(t, u, func(t *testing.T, s *Screen, _ fyne.Window, _ *[]string) {
		s.Update(overview(need))
		tap(t, s, "Say yes to all 4")
		settle()
		if len(u.retried) != 4 {
			t.Errorf("tried %v", u.retried)
		}
		tap(t, s, "Say no to all 4")
		settle()
		if len(u.refused) != 4 || len(u.retried) != 4 {
			t.Errorf("answered %v with no", u.refused)
		}
	})
}

func TestWhatGoesWrongIsSaidOnTheCard(t *testing.T) {
	u := &usher{retry: func(string) error { return core.NewProblem("store.disk", nil) }}
	need := u.hold(1, core.Failed, "user.refused", "")
	show(t, u, func(t *testing.T, s *Screen, _ fyne.Window, _ *[]string) {
		s.Update(overview(need))
		settle()
		tap(t, s, "Try again")
		settle()
		if !slices.Contains(texts(s.Content()), "The disk did not take what Usher had to write.") {
			t.Errorf("it says %q", texts(s.Content()))
		}
	})
}

func TestManyMessagesAreShownWhenAsked(t *testing.T) {
	u := &usher{}
	need := u.hold(12, core.Held, "contact.no_email", "")
	show(t, u, func(t *testing.T, s *Screen, _ fyne.Window, _ *[]string) {
		s.Update(overview(need))
		settle()
		if u.asked != 0 {
			t.Error("messages nobody wants to see were asked for")
		}
		tap(t, s, "Show the 12 messages")
		settle()
		if got := texts(s.Content()); !slices.Contains(got, "person12@yoga.test") || !slices.Contains(got, "person1@yoga.test") {
			t.Errorf("it says %q", got)
		}
		tap(t, s, "Hide the messages")
		settle()
		if slices.Contains(texts(s.Content()), "person12@yoga.test") {
			t.Error("they stay")
		}
	})
}

func TestAnUpdateLeavesTheKeyboardAndTheScrollWhereTheyAre(t *testing.T) {
	u := &usher{}
	need := u.hold(3, core.Held, "contact.no_email", "")
	show(t, u, func(t *testing.T, s *Screen, w fyne.Window, _ *[]string) {
		w.Resize(fyne.NewSize(500, 300))
		o := overview(site("site.unreachable", 5), need)
		s.Update(o)
		settle()
		focused := find(s.Content(), "Try again")[1]
		w.Canvas().Focus(focused)
		scroll := s.page.(*container.Scroll)
		scroll.ScrollToOffset(fyne.NewPos(0, 80))
		o.Needs = slices.Clone(o.Needs)
		o.Needs[0].Count, o.Needs[1].Count = 6, 4
		s.Update(o)
		settle()
		if w.Canvas().Focused() != fyne.Focusable(focused) || !slices.Contains(find(s.Content(), "Try again"), focused) {
			t.Errorf("the keyboard is at %T", w.Canvas().Focused())
		}
		if scroll.Offset.Y != 80 {
			t.Errorf("scrolled to %v", scroll.Offset.Y)
		}
		if !slices.Contains(texts(s.Content()), "6 wait") {
			t.Error("the newer count is missing")
		}
	})
}

func TestHostileTextStaysInItsPlace(t *testing.T) {
	u := &usher{}
	need := u.hold(1, core.Held, "role.ask", "\u202eadmin\n\n\nDone\x00"+strings.Repeat("x", 5000))
	evil := u.details["1"]
	evil.Line.Contact = "\u202eann\nDone" + strings.Repeat("\u0301", 99)
	u.details["1"] = evil
	show(t, u, func(t *testing.T, s *Screen, _ fyne.Window, _ *[]string) {
		s.Update(overview(need))
		settle()
		for _, text := range texts(s.Content()) {
			if strings.ContainsAny(text, "\u202e\n\x00") || len(text) > 1000 {
				t.Errorf("%+.80q", text)
			}
		}
	})
}

// enter presses Enter on what has the keyboard.
func enter(w fyne.Window) {
	w.Canvas().Focused().TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
}

func tap(t *testing.T, s *Screen, text string) {
	t.Helper()
	buttons := find(s.Content(), text)
	if len(buttons) == 0 {
		t.Fatalf("no button %q among %q", text, buttonTexts(s.Content()))
	}
	test.Tap(buttons[0])
}

func find(o fyne.CanvasObject, text string) (found []*look.Button) {
	for _, b := range looktest.Buttons(o) {
		if b.Text == text {
			found = append(found, b)
		}
	}
	return found
}

func buttonTexts(o fyne.CanvasObject) (found []string) {
	for _, b := range looktest.Buttons(o) {
		found = append(found, b.Text)
	}
	return found
}

func texts(o fyne.CanvasObject) []string { return looktest.Drawn(o) }

// Trying one message again may make another about the same person ask something: that is not
// agreed to along with the rest.
func TestTryAllAgainSaysYesToNothing(t *testing.T) {
	u := &usher{}
	need := u.hold(3, core.Failed, "user.refused", "")
	u.retry = func(string) error {
		asks := u.details["1"]
		asks.Line.State, asks.Line.Problem = core.Held, &core.Trouble{Code: "role.ask"}
		u.details["1"] = asks
		return nil
	}
	show(t, u, func(t *testing.T, s *Screen, _ fyne.Window, _ *[]string) {
		s.Update(overview(need))
		settle()
		tap(t, s, "Try all 3 again")
		settle()
		if !slices.Equal(u.retried, []string{"3", "2"}) {
			t.Errorf("tried %q", u.retried)
		}
	})
}
