package people

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

// usher plays the part of the backend that this screen asks.
type usher struct {
	people []core.PersonView
	fails  error
	asked  []string
	gaveUp int
	forgot []core.PersonRef
	refuse error
	notes  []string
}

func (u *usher) Forget(_ context.Context, who core.PersonRef) (core.ForgetAnswer, error) {
	time.Sleep(time.Second)
	order.Lock()
	defer order.Unlock()
	if u.refuse != nil {
		return core.ForgetAnswer{}, u.refuse
	}
	u.forgot = append(u.forgot, who)
	u.people = slices.DeleteFunc(slices.Clone(u.people), func(p core.PersonView) bool { return p.Contact == who.Contact })
	return core.ForgetAnswer{People: 1, Notes: u.notes}, nil
}

func (u *usher) People(ctx context.Context, text string) (found []core.PersonView, err error) {
	select {
	case <-time.After(time.Second):
	case <-ctx.Done():
		order.Lock()
		defer order.Unlock()
		u.gaveUp++
		return nil, ctx.Err()
	}
	order.Lock()
	defer order.Unlock()
	u.asked = append(u.asked, text)
	for _, p := range u.people {
		if strings.Contains(p.Name+p.Email+p.Contact, text) {
			found = append(found, p)
		}
	}
	return found, u.fails
}

var (
	ann = core.PersonView{
		CRM: "Kartra", Contact: "4711", Site: "https://yoga.test/", UserID: 7, Login: "ann", Email: "ann@yoga.test", Name: "Ann Lee",
		Tags: []string{"Gold", "Yoga"}, Roles: []string{"customer"}, MadeByUsher: true, Mail: core.MailSent,
	}
	bob = core.PersonView{CRM: "Kartra", Contact: "4712", Site: "https://yoga.test/", Email: "bob@yoga.test", Deleted: true}
	eve = core.PersonView{CRM: "Ortto", Contact: "9", Site: "https://yoga.test/", UserID: 9, Login: "eve"}
)

type scene struct {
	*Screen
	window fyne.Window
	went   []string
}

// play has the test use the screen in a window, in a time of its own.
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
		s.Screen = New(on, u)
		s.window.SetContent(s.Content())
		s.window.Resize(fyne.NewSize(900, 700))
		use(t, s)
	})
}

func overview(version uint64) core.Overview {
	return core.Overview{Version: version, Connections: []core.ConnectionView{{Name: "Kartra"}}}
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

func (s *scene) update(version uint64) {
	s.Update(overview(version))
	settle()
}

func (s *scene) texts() []string { return looktest.Drawn(s.Content()) }

func (s *scene) shows(text string) bool { return slices.Contains(s.texts(), text) }

func (s *scene) tap(t *testing.T, text string) {
	t.Helper()
	for _, b := range looktest.Buttons(s.Content()) {
		if b.Text == text {
			test.Tap(b)
			settle()
			return
		}
	}
	t.Fatalf("no button %q on %q", text, s.texts())
}

func (s *scene) press(key fyne.KeyName) {
	s.window.Canvas().Focused().TypedKey(&fyne.KeyEvent{Name: key})
	settle()
}

func TestPeopleAreListed(t *testing.T) {
	play(t, &usher{people: []core.PersonView{ann, bob, eve}}, func(t *testing.T, s *scene) {
		s.update(1)
		for _, want := range []string{
			"Ann Lee", "ann@yoga.test · in Kartra · ann on yoga.test", "User made by Usher",
			"bob@yoga.test", "in Kartra", "Not a user",
			"9", "in Ortto · eve on yoga.test", "User",
		} {
			if !s.shows(want) {
				t.Errorf("%q is missing in %q", want, s.texts())
			}
		}
	})
}

func TestSearching(t *testing.T) {
	u := &usher{people: []core.PersonView{ann, bob, eve}}
	play(t, u, func(t *testing.T, s *scene) {
		s.update(1)
		u.asked = nil
		test.Type(s.text, "b")
		if !s.shows("Searching…") {
			t.Error("it does not say that it searches")
		}
		pass(typingPause + time.Second/2)
		test.Type(s.text, "ob")
		settle()
		if u.gaveUp != 1 || !slices.Equal(u.asked, []string{"bob"}) || len(s.people) != 1 || s.shows("Searching…") {
			t.Errorf("gave up %d, asked %q, shows %q", u.gaveUp, u.asked, s.texts())
		}
		test.Type(s.text, "x")
		settle()
		s.tap(t, "Show everybody")
		if len(s.people) != 3 || s.text.Text != "" {
			t.Errorf("it shows %q", s.texts())
		}
		s.Show("eve")
		settle()
		if !slices.Equal(u.asked[len(u.asked)-1:], []string{"eve"}) || s.text.Text != "eve" {
			t.Errorf("asked %q", u.asked)
		}
	})
}

func TestUpdatesDoNotInterruptASearch(t *testing.T) {
	u := &usher{people: []core.PersonView{ann}}
	play(t, u, func(t *testing.T, s *scene) {
		for i := range 100 { // ten seconds of changes
			s.Update(overview(uint64(i + 1)))
			pass(100 * time.Millisecond)
		}
		synctest.Wait()
		if u.gaveUp != 0 || len(u.asked) != 2 {
			t.Errorf("gave up %d, asked %d times for what takes a second", u.gaveUp, len(u.asked))
		}
		settle()
		asked := len(u.asked)
		s.update(100) // nothing changed
		if len(u.asked) != asked {
			t.Error("it asked though nothing changed")
		}
	})
}

func TestAPersonIsTold(t *testing.T) {
	for name, c := range map[string]struct {
		person core.PersonView
		want   []string
	}{
		"made": {ann, []string{
			"Ann Lee", "Person in Kartra", "Number or e-mail address there: 4711", "Tags: Gold, Yoga", "User on yoga.test", "User name: ann (number 7).",
			"E-mail address: ann@yoga.test", "Usher made this user.", "Roles given by Usher: customer", "The welcome e-mail was sent.",
		}},
		"not a user": {bob, []string{
			"bob@yoga.test", "Not a user on yoga.test", "No tags that Usher knows of.", "This person was deleted in the CRM. The user on your site stays.",
		}},
		"found": {eve, []string{"9", "This user was there before Usher.", "Usher gave no roles."}},
	} {
		t.Run(name, func(t *testing.T) {
			u := &usher{people: []core.PersonView{c.person}}
			play(t, u, func(t *testing.T, s *scene) {
				s.update(1)
				s.window.Canvas().Focus(s.rows)
				s.press(fyne.KeyReturn)
				for _, want := range c.want {
					if !s.shows(want) {
						t.Errorf("%q is missing in %q", want, s.texts())
					}
				}
				s.tap(t, "See their messages")
				if !slices.Equal(s.went, []string{"activity " + c.person.Contact}) {
					t.Errorf("went %q", s.went)
				}
				s.window.Canvas().Focus(s.person.back)
				u.people[0].Tags = []string{"New tag"}
				if s.update(2); !s.shows("Tags: New tag") || s.window.Canvas().Focused() != fyne.Focusable(s.person.back) {
					t.Errorf("it is not kept up to date: %q", s.texts())
				}
				s.press(fyne.KeyEscape)
				if s.person != nil || s.window.Canvas().Focused() != fyne.Focusable(s.rows) {
					t.Error("Escape does not return to the list")
				}
			})
		})
	}
}

func TestMailStatesAreSaidInWords(t *testing.T) {
	seen := map[string]core.MailState{}
	for _, state := range []core.MailState{core.MailSending, core.MailSent, core.MailUnsent, core.MailFailed, core.MailUnknown, core.MailNotNew} {
		said := mail(state)
		if other, taken := seen[said]; taken || said == "" {
			t.Errorf("%q and %q are both %q", state, other, said)
		}
		seen[said] = state
	}
	if mail(core.MailNone) != "" || mail("of tomorrow") != "" {
		t.Error("a mail nobody asked for is told of")
	}
}

func TestAMailThatWaitsLeadsToTheHelperOfItsConnection(t *testing.T) {
	waits := ann
	waits.Mail, waits.Connections = core.MailUnsent, []string{"Yoga shop", "Other"}
	play(t, &usher{people: []core.PersonView{waits}}, func(t *testing.T, s *scene) {
		s.update(1)
		s.window.Canvas().Focus(s.rows)
		s.press(fyne.KeyReturn)
		s.tap(t, "Install the Usher helper")
		if !slices.Equal(s.went, []string{"wizard Yoga shop/helper"}) {
			t.Errorf("it goes to %q", s.went)
		}
	})
}

func TestEmptyListsSayWhatToDoNext(t *testing.T) {
	play(t, &usher{}, func(t *testing.T, s *scene) {
		s.Update(core.Overview{})
		settle()
		s.tap(t, "Set up your first connection")
		s.update(1)
		s.tap(t, "Show the webhook URL")
		if !slices.Equal(s.went, []string{"wizard ", "connections Kartra"}) {
			t.Errorf("went %q", s.went)
		}
	})
}

func TestManyPeople(t *testing.T) {
	u := &usher{}
	for i := range mostPeople {
		u.people = append(u.people, core.PersonView{CRM: "Kartra", Contact: fmt.Sprint(i)})
	}
	play(t, u, func(t *testing.T, s *scene) {
		if s.update(1); !s.shows("Only the first 500 are shown. Type more to find somebody.") {
			t.Errorf("it shows %q", s.texts())
		}
	})
}

func TestWhatGoesWrongIsSaid(t *testing.T) {
	u := &usher{people: []core.PersonView{ann}, fails: core.NewProblem("store.disk", nil)}
	play(t, u, func(t *testing.T, s *scene) {
		if s.update(1); !s.shows("The disk did not take what Usher had to write.") {
			t.Errorf("it shows %q", s.texts())
		}
		u.fails = nil
		if s.tap(t, "Try again"); !s.shows("Ann Lee") {
			t.Errorf("then it shows %q", s.texts())
		}
	})
}

func TestHostileTextStaysInItsPlace(t *testing.T) {
	evil := "\u202eann\n\x00Done" + strings.Repeat("\u0301", 99) + strings.Repeat("W", 9000)
	many := slices.Repeat([]string{evil}, 300)
	p := core.PersonView{CRM: evil, Contact: evil, Site: evil, UserID: 1, Login: evil, Email: evil, Name: evil, Tags: many[:2], Roles: many[:2]}
	play(t, &usher{people: []core.PersonView{p}}, func(t *testing.T, s *scene) {
		s.update(1)
		for _, show := range []func(){func() {}, func() { s.open(0); settle() }} {
			show()
			for _, text := range s.texts() {
				if strings.ContainsAny(text, "\u202e\x00\n") || strings.Contains(text, strings.Repeat("\u0301", 4)) {
					t.Errorf("%+.60q", text)
				}
			}
			if wide := s.Content().MinSize().Width; wide > 640 {
				t.Errorf("it is %v wide", wide)
			}
		}
	})
	if said := listed(many); strings.Count(said, "W,") != 0 || !strings.HasSuffix(said, "and 200 more") {
		t.Errorf("it ends with %q", said[len(said)-20:])
	}
}

// To look at it: USHER_PICTURES=/tmp/usher go test -run TestGallery ./ui/people
func TestGallery(t *testing.T) {
	u := &usher{people: []core.PersonView{ann, bob, eve}}
	for range 10 {
		u.people = append(u.people, ann)
	}
	for name, then := range map[string]func(*Screen){"list": func(*Screen) {}, "person": func(s *Screen) { s.open(0) }, "not-user": func(s *Screen) { s.open(1) }, "forget": func(s *Screen) { s.open(0); s.person.forget.Ask() }} {
		for size, dimensions := range map[string]fyne.Size{"wide": fyne.NewSize(1000, 700), "small": fyne.NewSize(640, 480)} {
			looktest.Pictures(t, "people-"+name+"-"+size, dimensions, func(fyne.Canvas) (content fyne.CanvasObject) {
				synctest.Test(t, func(t *testing.T) {
					w := test.NewWindow(nil)
					defer w.Close()
					on := stage.New(t.Context(), w)
					defer on.Close()
					screen := New(on, u)
					screen.Update(overview(1))
					settle()
					then(screen)
					content = screen.Content()
				})
				return content
			})
		}
	}
}

func TestAPersonLooksAsDrawn(t *testing.T) {
	play(t, &usher{people: []core.PersonView{ann}}, func(t *testing.T, s *scene) {
		s.update(1)
		s.open(0)
		settle()
		test.AssertRendersToMarkup(t, "person.xml", s.window.Canvas())
	})
}

func TestAPersonIsForgotten(t *testing.T) {
	u := &usher{people: []core.PersonView{ann, bob}, notes: []string{"A note."}}
	play(t, u, func(t *testing.T, s *scene) {
		var news []string
		s.stage.Toast = func(text string) { news = append(news, text) }
		s.update(1)
		s.open(0)
		settle()
		s.tap(t, "Forget this person")
		for _, want := range []string{"Forget Ann Lee?", "A new message about this person makes Usher know them again."} {
			if !s.shows(want) {
				t.Errorf("%q is missing in %q", want, s.texts())
			}
		}
		if s.tap(t, "Keep them"); len(u.forgot) != 0 || s.shows("Forget Ann Lee?") {
			t.Error("a no is not taken")
		}
		u.refuse = core.NewProblem("keyring.locked", nil)
		s.tap(t, "Forget this person")
		s.tap(t, "Forget them")
		if !s.shows(core.NewProblem("keyring.locked", nil).Title) || s.person == nil || !s.person.forget.Visible() || len(news) != 0 {
			t.Errorf("where it did not work: %q, %q", s.texts(), news)
		}
		u.refuse = nil
		s.tap(t, "Forget this person")
		s.tap(t, "Forget them")
		if !slices.Equal(u.forgot, []core.PersonRef{{CRM: "Kartra", Contact: "4711"}}) || s.person != nil || s.shows("Ann Lee") || !s.shows("bob@yoga.test") {
			t.Errorf("forgot %+v, shows %q", u.forgot, s.texts())
		}
		if !slices.Equal(news, []string{"Usher has forgotten this person. A note."}) {
			t.Errorf("news %q", news)
		}
	})
}

func TestTheQuestionIsWhollyInView(t *testing.T) {
	for _, size := range []fyne.Size{fyne.NewSize(1000, 700), fyne.NewSize(640, 480)} {
		play(t, &usher{people: []core.PersonView{ann}}, func(t *testing.T, s *scene) {
			s.window.Resize(size)
			s.update(1)
			s.open(0)
			settle()
			s.tap(t, "Forget this person")
			for _, label := range []string{"Forget them", "Keep them"} {
				button := looktest.Button(t, s.Content(), label)
				if bottom := fyne.CurrentApp().Driver().AbsolutePositionForObject(button).Y + button.Size().Height; bottom > size.Height {
					t.Errorf("%v: %q ends at %v", size, label, bottom)
				}
			}
		})
	}
}

func TestForgettingDoesNotTakeAwayAnotherPage(t *testing.T) {
	u := &usher{people: []core.PersonView{ann, bob}}
	play(t, u, func(t *testing.T, s *scene) {
		s.stage.Toast = func(string) {}
		s.update(1)
		s.open(0)
		settle()
		s.forget(s.person)
		s.back()
		s.open(1)
		settle()
		if s.person == nil || s.person.view.Contact != bob.Contact || len(u.forgot) != 1 {
			t.Errorf("forgot %+v, and bob's page is gone", u.forgot)
		}
	})
}
