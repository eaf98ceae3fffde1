package activity

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
	"fyne.io/fyne/v2/test"
	"go.uber.org/goleak"

	"usher/core"
	"usher/ui/look"
	"usher/ui/look/looktest"
	"usher/ui/stage"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var noon = time.Date(2026, 11, 12, 12, 0, 0, 0, time.UTC)

// usher plays the part of the backend that this screen asks, with messages 1 to n.
type usher struct {
	n       int
	line    func(id int) core.Line // nil for plain
	detail  *core.Detail
	fails   error
	slow    time.Duration
	queries []core.ActivityQuery
	gaveUp  int
	refused []string // answered with no
	retried []string
}

func (u *usher) Activity(ctx context.Context, q core.ActivityQuery) (core.Activity, error) {
	select {
	case <-time.After(time.Millisecond + u.slow):
	case <-ctx.Done():
		order.Lock()
		defer order.Unlock()
		u.gaveUp++
		return core.Activity{}, ctx.Err()
	}
	order.Lock()
	defer order.Unlock()
	u.queries = append(u.queries, q)
	if u.fails != nil {
		return core.Activity{}, u.fails
	}
	var answer core.Activity
	top := u.n
	if before, ok := core.ParseID(q.Before); ok {
		top = min(top, int(before)-1)
	}
	for id := top; id > 0; id-- {
		line := u.made(id)
		if q.Text != "" && !strings.Contains(line.Contact, q.Text) || len(q.States) > 0 && !slices.Contains(q.States, line.State) ||
			q.Connection != "" && q.Connection != line.Connection {
			continue
		}
		if len(answer.Lines) == q.Limit {
			answer.Before = fmt.Sprint(id + 1)
			break
		}
		answer.Lines = append(answer.Lines, line)
	}
	return answer, nil
}

func (u *usher) made(id int) core.Line {
	if u.line != nil {
		return u.line(id)
	}
	return core.Line{
		ID: fmt.Sprint(id), Received: noon.Add(-2 * time.Minute), Connection: "Kartra", CRM: "kartra", Action: core.Add,
		Contact: fmt.Sprintf("person%d@yoga.test", id), State: core.Applied, Outcome: core.Created,
	}
}

func (u *usher) Detail(context.Context, string) (core.Detail, error) {
	time.Sleep(time.Millisecond)
	order.Lock()
	defer order.Unlock()
	if u.detail == nil {
		return core.Detail{}, core.NewProblem("command.no_delivery", nil)
	}
	return *u.detail, nil
}

func (u *usher) Retry(_ context.Context, id string) (int, error) {
	time.Sleep(time.Millisecond)
	order.Lock()
	defer order.Unlock()
	u.retried = append(u.retried, id)
	return 1, u.fails
}

func (u *usher) Decline(_ context.Context, id string) error {
	time.Sleep(time.Millisecond)
	order.Lock()
	defer order.Unlock()
	u.refused = append(u.refused, id)
	return u.fails
}

func (u *usher) last() core.ActivityQuery { return u.queries[len(u.queries)-1] }

// scene is a screen in a window, in a time of its own.
type scene struct {
	*Screen
	window  fyne.Window
	went    []string
	version uint64
}

func play(t *testing.T, u *usher, use func(t *testing.T, s *scene)) {
	t.Helper()
	app := test.NewTempApp(t)
	app.Settings().SetTheme(look.NewTheme(look.Light))
	synctest.Test(t, func(t *testing.T) {
		s := &scene{window: test.NewWindow(nil)}
		defer s.window.Close()
		on := stage.New(t.Context(), s.window)
		defer on.Close()
		on.Go = func(screen, subject string) { s.went = append(s.went, screen+" "+subject) }
		on.Toast = func(news string) { s.went = append(s.went, "toast "+news) }
		s.Screen = New(on, u)
		s.now = func() time.Time { return noon }
		s.window.SetContent(s.Content())
		s.window.Resize(fyne.NewSize(900, 700))
		use(t, s)
	})
}

// update tells the screen that something changed, and waits until it shows it.
func (s *scene) update() {
	s.version++
	s.Update(overview(s.version))
	settle()
}

func overview(version uint64) core.Overview {
	return core.Overview{Version: version, Connections: []core.ConnectionView{
		{Name: "Kartra", Kind: "kartra", CRM: "Kartra", Site: "https://yoga.test"}, {Name: "Ortto", Kind: "ortto", CRM: "Ortto", Site: "https://yoga.test"},
	}}
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

func (s *scene) shows(text string) bool { return slices.Contains(looktest.Drawn(s.Content()), text) }

func (s *scene) tap(t *testing.T, text string) {
	t.Helper()
	for _, b := range looktest.Buttons(s.Content()) {
		if b.Text == text {
			test.Tap(b)
			settle()
			return
		}
	}
	t.Fatalf("no button %q on %q", text, looktest.Drawn(s.Content()))
}

func (s *scene) press(key fyne.KeyName) {
	s.window.Canvas().Focused().TypedKey(&fyne.KeyEvent{Name: key})
	settle()
}

func TestMessagesAreListedNewestFirst(t *testing.T) {
	u := &usher{n: 3, line: func(id int) core.Line {
		problem := core.NewProblem("contact.no_email", nil).Trouble("")
		return []core.Line{
			{},
			{ID: "1", Received: noon, Connection: "Kartra", Action: core.Add, Contact: "ann", State: core.Applied, Outcome: core.Created},
			{ID: "2", Received: noon, Connection: "Kartra", Action: core.UpdateTags, Contact: "bob", State: core.Held, Problem: &problem},
			{ID: "3", Received: noon, Connection: "Ortto", Action: "purge", State: core.Queued},
		}[id]
	}}
	play(t, u, func(t *testing.T, s *scene) {
		s.update()
		want := []string{
			"Nobody is named", "Asks for “purge” · Ortto", "Waiting",
			"bob", "The person has no e-mail address, and WordPress needs one. · Update the tags · Kartra", "Needs you",
			"ann", "New user · Make or update the user · Kartra", "Done", "just now",
		}
		seen := looktest.Drawn(s.Content())
		at := 0
		for _, text := range want {
			next := slices.Index(seen[at:], text)
			if next < 0 {
				t.Fatalf("%q is missing, or not in its place, in %q", text, seen)
			}
			at += next
		}
	})
}

func TestOlderMessagesComeWhileScrolling(t *testing.T) {
	const n = 100_000
	u := &usher{n: n}
	play(t, u, func(t *testing.T, s *scene) {
		s.update()
		begun := len(u.queries)
		for s.list.feed.next != "" && len(s.list.feed.pages) < 60 {
			s.list.rows.ScrollToBottom()
			settle()
			if held := s.list.feed.held(); held > (kept+1)*pageSize {
				t.Fatalf("%d lines are held", held)
			}
		}
		if len(u.queries)-begun > 130 {
			t.Errorf("it asked %d times for 60 pages", len(u.queries)-begun)
		}
		s.list.rows.ScrollToOffset(0)
		s.list.rows.Refresh()
		settle()
		if !s.shows("person100000@yoga.test") {
			t.Errorf("at the top again it shows %q", looktest.Drawn(s.Content())[:20])
		}
	})
}

func TestSearching(t *testing.T) {
	u := &usher{n: 1000, slow: time.Second}
	play(t, u, func(t *testing.T, s *scene) {
		s.update()
		u.queries = nil
		test.Type(s.list.filter.text, "person77")
		if !s.shows("Searching…") {
			t.Error("it does not say that it searches")
		}
		pass(typingPause + time.Second/2) // the search is under way
		test.Type(s.list.filter.text, "7@")
		settle()
		if u.gaveUp != 1 || len(u.queries) != 1 || u.last().Text != "person777@" {
			t.Errorf("gave up %d, asked %+v", u.gaveUp, u.queries)
		}
		if !s.shows("person777@yoga.test") || s.shows("person778@yoga.test") || s.shows("Searching…") || s.list.length() != 1 {
			t.Errorf("it shows %q", looktest.Drawn(s.Content()))
		}
		test.Type(s.list.filter.text, "x")
		settle()
		if !s.shows("Nothing found") {
			t.Error("it does not say that nothing was found")
		}
		s.tap(t, "Show all messages")
		if s.list.length() != 101 || s.list.filter.text.Text != "" {
			t.Errorf("%d rows", s.list.length())
		}
	})
}

func TestFilters(t *testing.T) {
	u := &usher{n: 5}
	play(t, u, func(t *testing.T, s *scene) {
		s.update()
		s.list.filter.state.SetSelected("Done")
		settle()
		if got := u.last().States; !slices.Equal(got, []core.State{core.Applied, core.Merged}) {
			t.Errorf("states %v", got)
		}
		s.list.filter.connection.SetSelected("Ortto")
		settle()
		if u.last().Connection != "Ortto" || !s.shows("Nothing found") {
			t.Errorf("asked %+v", u.last())
		}
		s.Update(core.Overview{Version: 99, Connections: overview(1).Connections[:1]}) // Ortto was removed
		settle()
		if u.last().Connection != "" || s.list.filter.connection.Visible() {
			t.Errorf("asked %+v", u.last())
		}
	})
}

func TestNewMessagesComeOnTop(t *testing.T) {
	u := &usher{n: 200}
	play(t, u, func(t *testing.T, s *scene) {
		s.update()
		u.n++
		if s.update(); !s.shows("person201@yoga.test") {
			t.Error("the new message is missing")
		}
	})
}

func TestWhatIsBeingReadStaysInItsPlace(t *testing.T) {
	u := &usher{n: 200}
	states := map[int]core.State{}
	u.line = func(id int) core.Line {
		return core.Line{ID: fmt.Sprint(id), Contact: fmt.Sprintf("person%d", id), State: states[id]}
	}
	play(t, u, func(t *testing.T, s *scene) {
		s.update()
		s.list.rows.ScrollToOffset(500)
		settle()
		before := looktest.Drawn(s.list.rows)
		u.n += 3
		s.update()
		if now := looktest.Drawn(s.list.rows); !slices.Equal(now, before) || s.list.rows.GetScrollOffset() != 500 {
			t.Errorf("rows moved: %q", now)
		}
		first, _ := s.list.rows.InSight()
		states[200-first-2] = core.Failed
		if s.update(); !s.shows("Didn't work") {
			t.Error("a row in sight was not kept up to date")
		}
		s.tap(t, "Show 3 newer messages")
		if !s.shows("person203") || s.list.rows.GetScrollOffset() != 0 || slices.ContainsFunc(looktest.Buttons(s.Content()), func(b *look.Button) bool { return strings.HasPrefix(b.Text, "Show") }) {
			t.Errorf("it shows %q", looktest.Drawn(s.Content()))
		}
		s.window.Canvas().Focus(s.list.rows)
		u.n += 150
		s.update()
		if s.shows("person353") || !s.shows("Show more than 100 newer messages") {
			t.Error("rows moved below the keyboard")
		}
	})
}

func TestUpdatesDoNotInterruptASearch(t *testing.T) {
	u := &usher{n: 200, slow: 2 * time.Second}
	play(t, u, func(t *testing.T, s *scene) {
		s.update()
		u.queries = nil
		test.Type(s.list.filter.text, "person1")
		for range 30 {
			pass(100 * time.Millisecond)
			s.version++
			s.Update(overview(s.version))
		}
		synctest.Wait()
		if u.gaveUp != 0 || len(u.queries) != 1 {
			t.Errorf("gave up %d, asked %d", u.gaveUp, len(u.queries))
		}
		for range 100 {
			pass(100 * time.Millisecond)
			s.version++
			s.Update(overview(s.version))
		}
		if len(u.queries) > 3 {
			t.Errorf("asked %d times in 13 seconds, for what takes 2", len(u.queries))
		}
		settle()
	})
}

func TestTheKeyboardOpensAMessageAndEscapeReturns(t *testing.T) {
	u := &usher{n: 200, detail: held("contact.no_email")}
	play(t, u, func(t *testing.T, s *scene) {
		s.update()
		for s.window.Canvas().Focused() != fyne.Focusable(s.list.rows) {
			test.FocusNext(s.window.Canvas())
		}
		for range 30 {
			s.press(fyne.KeyDown)
		}
		offset := s.list.rows.GetScrollOffset()
		s.press(fyne.KeyReturn)
		if !s.shows("What Usher did") || s.window.Canvas().Focused() != fyne.Focusable(s.detail.back) || s.detail.id != "170" {
			t.Fatalf("it shows %q", looktest.Drawn(s.Content()))
		}
		u.n++
		s.update()
		s.press(fyne.KeyEscape)
		if !s.shows("Show 1 newer message") {
			t.Error("what came meanwhile is not offered")
		}
		if s.detail != nil || s.list.rows.GetScrollOffset() != offset || s.window.Canvas().Focused() != fyne.Focusable(s.list.rows) {
			t.Errorf("back at %v of %v", s.list.rows.GetScrollOffset(), offset)
		}
	})
}

func TestShowTakesAMessageAConnectionOrAText(t *testing.T) {
	u := &usher{n: 5, detail: held("contact.no_email")}
	play(t, u, func(t *testing.T, s *scene) {
		s.update()
		s.Show("4")
		settle()
		if s.detail == nil || s.detail.id != "4" {
			t.Error("the message is not shown")
		}
		s.Show("Ortto")
		settle()
		if s.detail != nil || u.last().Connection != "Ortto" {
			t.Errorf("asked %+v", u.last())
		}
		s.Show("ann@yoga.test")
		settle()
		if u.last().Connection != "" || u.last().Text != "ann@yoga.test" || s.list.filter.text.Text != "ann@yoga.test" {
			t.Errorf("asked %+v", u.last())
		}
	})
}

func TestEmptyListsSayWhatToDoNext(t *testing.T) {
	play(t, &usher{}, func(t *testing.T, s *scene) {
		s.Update(core.Overview{})
		settle()
		s.tap(t, "Set up your first connection")
		s.update()
		s.tap(t, "Show the webhook URL")
		if !slices.Equal(s.went, []string{"wizard ", "connections Kartra"}) {
			t.Errorf("went %q", s.went)
		}
	})
}

func TestWhatGoesWrongIsSaid(t *testing.T) {
	u := &usher{n: 3, fails: core.NewProblem("store.disk", nil)}
	play(t, u, func(t *testing.T, s *scene) {
		s.update()
		if !s.shows("The disk did not take what Usher had to write.") {
			t.Errorf("it shows %q", looktest.Drawn(s.Content()))
		}
		u.fails = nil
		s.tap(t, "Try again")
		if !s.shows("person3@yoga.test") {
			t.Errorf("then it shows %q", looktest.Drawn(s.Content()))
		}
	})
}

func held(code string) *core.Detail {
	problem := core.NewProblem(code, nil).Trouble("")
	return &core.Detail{
		Line:  core.Line{ID: "4", Received: noon, Connection: "Kartra", CRM: "kartra", Action: core.Add, Contact: "ann@yoga.test", State: core.Held, Problem: &problem},
		Steps: []core.JournalStep{{At: noon, State: core.Held, Problem: &problem}},
	}
}

func TestDetailTellsAll(t *testing.T) {
	u := &usher{detail: &core.Detail{
		Line: core.Line{ID: "4", Received: noon, Connection: "Kartra", CRM: "kartra", Action: core.Add, Contact: "ann@yoga.test", State: core.Merged, Into: "9"},
		Steps: []core.JournalStep{{
			At: noon, State: core.Applied, Outcome: core.Updated, Notes: []string{"A note."},
			Fields: []core.FieldChange{{Field: "first_name", Old: "An", New: "Ann"}, {Field: "nickname", New: "annie"}, {Field: "user_pass", Old: "secret", New: "sesame"}},
		}},
		Message: "{\n  \"lead\": 4\n}",
	}}
	play(t, u, func(t *testing.T, s *scene) {
		s.update()
		s.Show("4")
		settle()
		for _, want := range []string{
			"ann@yoga.test", "Done with a newer message", "Message from Kartra", "Updated", "A note.",
			"It came on 12 Nov 2026, 12:00 by the connection Kartra and asked: Make or update the user.",
			"first_name: An → Ann", "nickname: annie", "user_pass: set", "{\n  \"lead\": 4\n}",
		} {
			if !s.shows(want) {
				t.Errorf("%q is missing in %q", want, looktest.Drawn(s.Content()))
			}
		}
		if all := strings.Join(looktest.Drawn(s.Content()), "\n"); strings.Contains(all, "sesame") || strings.Contains(all, "secret") {
			t.Error("a password is shown")
		}
		test.Tap(find(s.detail.copyID, "Copy"))
		if got := fyne.CurrentApp().Clipboard().Content(); got != "4" {
			t.Errorf("the clipboard holds %q", got)
		}
		s.tap(t, "See the newer message")
		if s.detail.id != "9" {
			t.Errorf("it shows %s", s.detail.id)
		}
	})
}

func TestAnErasedMessageSaysSoAndCannotBeTriedAgain(t *testing.T) {
	erased := held("user.refused")
	erased.Line.State, erased.Erased, erased.Message = core.Failed, true, ""
	play(t, &usher{detail: erased}, func(t *testing.T, s *scene) {
		s.update()
		s.Show("4")
		settle()
		if !s.shows("It is erased: it was kept long enough, or the person is forgotten.") || s.shows("Try again") {
			t.Errorf("it shows %q", looktest.Drawn(s.Content()))
		}
	})
}

func TestWhatEndedWithoutAStepSaysWhy(t *testing.T) {
	u := &usher{detail: &core.Detail{Line: core.Line{ID: "4", Received: noon, State: core.Applied, Outcome: core.Ignored, Notes: []string{"A note."}}}}
	play(t, u, func(t *testing.T, s *scene) {
		s.update()
		s.Show("4")
		settle()
		if !s.shows("A note.") || s.shows("Nothing yet: its turn comes.") {
			t.Errorf("it shows %q", looktest.Drawn(s.Content()))
		}
	})
}

func TestDetailOffersTheFixAndAnotherTry(t *testing.T) {
	for code, want := range map[string]string{
		"site.unauthorized": "Connect the site again, Try again",
		"contact.no_email":  "Try again",
		"user.email_change": "Say yes, Say no",
	} {
		u := &usher{detail: held(code)}
		play(t, u, func(t *testing.T, s *scene) {
			o := overview(1)
			if code == "user.email_change" {
				o.Needs = []core.Need{{Problem: *u.detail.Line.Problem, Connection: "Kartra", Question: true, Declinable: true}}
			}
			s.Update(o)
			settle()
			s.Show("4")
			settle()
			names := []string{}
			for _, b := range looktest.Buttons(s.detail.body) {
				names = append(names, b.Text)
			}
			if got := strings.Join(names[:len(names)-1], ", "); got != want {
				t.Errorf("%s: the buttons are %q", code, got)
			}
			if strings.HasSuffix(want, "no") {
				s.tap(t, "Say no")
				if !slices.Equal(u.refused, []string{"4"}) || !slices.Equal(s.went, []string{"toast Answered with no."}) || len(u.retried) != 0 {
					t.Errorf("%s: answered %q with no, went %q", code, u.refused, s.went)
				}
				return
			}
			s.tap(t, names[len(names)-2])
			if !slices.Equal(u.retried, []string{"4"}) || !slices.Equal(s.went, []string{"toast Usher is on it."}) {
				t.Errorf("%s: tried %q, went %q", code, u.retried, s.went)
			}
		})
	}
}

func TestAYesIsToWhatWasSeen(t *testing.T) {
	u := &usher{detail: held("user.email_change")}
	play(t, u, func(t *testing.T, s *scene) {
		s.update()
		s.Show("4")
		settle()
		other := *u.detail
		other.Steps = append(slices.Clone(other.Steps), other.Steps[0])
		u.detail = &other
		s.tap(t, "Try again")
		if len(u.retried) != 0 || !slices.Equal(s.went, []string{"toast This message has changed meanwhile. Look at it again."}) {
			t.Errorf("tried %q, went %q", u.retried, s.went)
		}
	})
}

func TestDetailIsKeptUpToDateInItsPlace(t *testing.T) {
	u := &usher{detail: held("contact.no_email")}
	u.detail.Message = strings.Repeat("line\n", 100)
	play(t, u, func(t *testing.T, s *scene) {
		s.update()
		s.Show("4")
		settle()
		s.window.Canvas().Focus(s.detail.again)
		scroll := s.detail.whole
		scroll.ScrollToOffset(fyne.NewPos(0, 60))
		newer := *held("contact.no_email")
		newer.Message = u.detail.Message
		newer.Steps = append(newer.Steps, core.JournalStep{At: noon, State: core.Held, Notes: []string{"Looked again."}})
		u.detail = &newer
		s.update()
		if !s.shows("Looked again.") || scroll.Offset.Y != 60 || s.window.Canvas().Focused() != fyne.Focusable(s.detail.again) {
			t.Errorf("at %v, keyboard %T", scroll.Offset.Y, s.window.Canvas().Focused())
		}
		u.detail = nil
		if s.update(); !s.shows("There is no such message.") {
			t.Error("it does not say that it is gone")
		}
	})
}

func TestHostileTextStaysInItsPlace(t *testing.T) {
	evil := "\u202eann\n\n\x00Done" + strings.Repeat("\u0301", 99) + strings.Repeat("W", 9000)
	problem := core.Trouble{Code: "user.refused", Title: evil, Fix: "Mend it."}
	line := core.Line{ID: "1", Contact: evil, Connection: evil, CRM: evil, Action: core.Action(evil), State: core.Held, Problem: &problem}
	u := &usher{n: 1, line: func(int) core.Line { return line }, detail: &core.Detail{
		Line:    line,
		Steps:   []core.JournalStep{{State: core.Held, Problem: &problem, Notes: []string{evil}, Fields: []core.FieldChange{{Field: evil, Old: evil, New: evil}}}},
		Message: evil,
	}}
	play(t, u, func(t *testing.T, s *scene) {
		s.update()
		row := s.list.rows.MinSize().Height
		for _, show := range []func(){func() {}, func() { s.Show("1"); settle() }} {
			show()
			for _, text := range looktest.Drawn(s.Content()) {
				if strings.ContainsAny(text, "\u202e\x00") || strings.Contains(text, strings.Repeat("\u0301", 4)) {
					t.Errorf("%+.60q", text)
				}
			}
			if wide := s.Content().MinSize().Width; wide > 640 {
				t.Errorf("it is %v wide", wide)
			}
		}
		if row > 100 {
			t.Errorf("rows are %v high", row)
		}
	})
}

func find(o fyne.CanvasObject, text string) *look.Button {
	for _, b := range looktest.Buttons(o) {
		if b.Text == text {
			return b
		}
	}
	return nil
}
