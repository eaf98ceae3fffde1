package people

import (
	"context"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"usher/core"
	"usher/ui/look"
	"usher/ui/stage"
	"usher/ui/words"
)

// Backend is what this screen asks of Usher. Its errors are Problems.
type Backend interface {
	// People lists those with the text in their name, e-mail or number, at most 500.
	People(ctx context.Context, text string) ([]core.PersonView, error)
	// Forget erases what Usher knows of a person.
	Forget(ctx context.Context, who core.PersonRef) (core.ForgetAnswer, error)
}

const (
	mostPeople  = 500                    // in one answer
	typingPause = 200 * time.Millisecond // after the last letter, before a search
	// What is only kept up to date rests this many times as long as it took, and no longer
	// than mostPause.
	restPart  = 4
	mostPause = 5 * time.Second
)

// Screen is the screen “People”. It implements stage.Screen.
type Screen struct {
	stage    *stage.Stage
	backend  Backend
	overview core.Overview
	seen     bool // an Overview came
	content  *fyne.Container
	list     fyne.CanvasObject
	text     *look.Entry
	status   *widget.Label
	middle   *fyne.Container // the rows, or what stands in their place
	rows     *look.List
	people   []core.PersonView
	person   *person // nil while the list is shown

	asking *stage.Latest
	stale  bool // something changed while asking
}

// New makes the screen. It asks for people at the first Update.
func New(on *stage.Stage, backend Backend) *Screen {
	s := &Screen{stage: on, backend: backend, text: look.NewEntry(words.T("people.search")), status: look.Muted(""), asking: on.NewLatest()}
	s.text.OnChanged = func(string) { s.search(typingPause) }
	s.text.OnSubmitted = func(string) { s.search(0) }
	s.rows = look.NewList(func() int { return len(s.people) }, func() fyne.CanvasObject { return look.NewTwoLines() }, s.show, s.open)
	s.middle = container.NewStack(s.rows)
	head := container.NewVBox(look.PageHeader(words.T("people.title"), words.T("people.about.text")), s.text, s.status)
	s.list = container.NewBorder(look.Column(head), nil, nil, nil, look.Column(s.middle))
	s.content = container.NewStack(s.list)
	return s
}

// Content implements stage.Screen.
func (s *Screen) Content() fyne.CanvasObject { return s.content }

// Update implements stage.Screen.
func (s *Screen) Update(o core.Overview) {
	changed := !s.seen || o.Version != s.overview.Version
	s.overview, s.seen = o, true
	switch {
	case !changed:
	case s.asking.Busy():
		s.stale = true
	default:
		s.ask(0)
	}
}

// Show shows the people a text is found in: a name, an e-mail address or a number.
func (s *Screen) Show(text string) {
	s.back()
	s.text.SetText(text)
	s.search(0)
}

func (s *Screen) search(pause time.Duration) {
	if s.seen {
		s.say(words.T("people.searching.line"))
		s.ask(pause)
	}
}

// ask asks for the people, and gives up what was asked before.
func (s *Screen) ask(pause time.Duration) {
	var people []core.PersonView
	var took time.Duration
	text := s.text.Text
	s.stale = false
	s.asking.Do(pause, func(ctx context.Context) (err error) {
		begun := time.Now()
		people, err = s.backend.People(ctx, text)
		took = time.Since(begun)
		return err
	}, func(err error) {
		if err != nil {
			s.wrong(err)
			return
		}
		s.take(people)
		if s.stale {
			s.ask(min(restPart*took, mostPause))
		}
	})
}

func (s *Screen) take(people []core.PersonView) {
	s.people = people
	if s.person != nil {
		s.person.update(people)
	}
	switch {
	case len(people) >= mostPeople:
		s.say(words.N("people.most.line", mostPeople))
	default:
		s.say("")
	}
	s.standIn()
	s.rows.Refresh()
}

func (s *Screen) say(what string) {
	s.status.Hidden = what == ""
	s.status.SetText(what)
}

// show fills a row.
func (s *Screen) show(id int, o fyne.CanvasObject) {
	p := s.people[id]
	tone, state := standing(p)
	o.(*look.TwoLines).Set(name(p), who(p), tone, state, "")
}

// wrong shows why the people cannot be shown.
func (s *Screen) wrong(err error) {
	t := core.AsProblem(err).Trouble("")
	s.say("")
	s.place(container.NewVBox(look.Card{
		Tone: look.DidNotWork, Title: words.Plain(t.Title), Text: stage.Advice(t),
		Actions: []fyne.CanvasObject{look.NewMainButton(words.T("people.again"), func() { s.search(0) })},
	}.Object()))
}

// standIn shows the rows, or says why there are none and what to do next.
func (s *Screen) standIn() {
	switch {
	case len(s.people) > 0:
		s.place(s.rows)
	case s.text.Text != "":
		s.place(look.EmptyState(look.Pending.Icon(), words.T("people.nobody.title"), words.T("people.nobody.text"),
			look.NewButton(words.T("people.nobody.button"), func() { s.Show("") })))
	case len(s.overview.Connections) == 0:
		s.place(look.EmptyState(look.AppIcon(), words.T("people.first.title"), words.T("people.first.text"),
			look.NewMainButton(words.T("people.first.button"), func() { s.stage.Go("wizard", "") })))
	default:
		s.place(look.EmptyState(look.Pending.Icon(), words.T("people.first.title"), words.T("people.none.text"),
			look.NewMainButton(words.T("people.none.button"), func() { s.stage.Go("connections", s.overview.Connections[0].Name) })))
	}
}

func (s *Screen) place(what fyne.CanvasObject) {
	if s.middle.Objects[0] == what {
		return
	}
	s.middle.Objects = []fyne.CanvasObject{what}
	s.middle.Refresh()
}

// open shows all about a person.
func (s *Screen) open(row int) {
	s.person = newPerson(s, s.people[row])
	s.put(s.person.whole)
	look.OnEscape(s.stage.Window.Canvas(), s.back)
	look.FocusLater(s.stage.Window.Canvas(), s.person.back)
}

// back returns to the list as it was left.
func (s *Screen) back() {
	if s.person == nil {
		return
	}
	s.person = nil
	s.put(s.list)
	look.OnEscape(s.stage.Window.Canvas(), nil)
	look.FocusLater(s.stage.Window.Canvas(), s.rows)
}

func (s *Screen) put(what fyne.CanvasObject) {
	s.content.Objects = []fyne.CanvasObject{what}
	s.content.Refresh()
}
