package activity

import (
	"context"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"usher/core"
	"usher/ui/look"
	"usher/ui/stage"
	"usher/ui/words"
)

// Backend is what this screen asks of Usher. Its errors are Problems.
type Backend interface {
	Activity(ctx context.Context, q core.ActivityQuery) (core.Activity, error)
	Detail(ctx context.Context, id string) (core.Detail, error)
	// Retry starts a message again. For one that is held for a question it is the yes.
	Retry(ctx context.Context, id string) (int, error)
	// Decline is the no.
	Decline(ctx context.Context, id string) error
}

// Screen is the screen “Activity”. It implements stage.Screen.
type Screen struct {
	stage    *stage.Stage
	backend  Backend
	now      func() time.Time
	overview core.Overview
	seen     bool // an Overview came
	content  *fyne.Container
	list     *list
	detail   *detail // nil while the list is shown
	behind   bool    // something changed while the list was not
}

// New makes the screen, with the newest messages to come at the first Update.
func New(on *stage.Stage, backend Backend) *Screen {
	s := &Screen{stage: on, backend: backend, now: time.Now}
	s.list = newList(s)
	s.content = container.NewStack(s.list.whole)
	return s
}

// Content implements stage.Screen.
func (s *Screen) Content() fyne.CanvasObject { return s.content }

// Update implements stage.Screen.
func (s *Screen) Update(o core.Overview) {
	changed := !s.seen || o.Version != s.overview.Version
	s.overview, s.seen = o, true
	if s.detail == nil {
		s.list.update(changed)
		return
	}
	s.behind = s.behind || changed
	s.detail.update(changed)
}

// Show shows a message by its id, or the messages of a connection by its name, or those a text
// is found in; all of them for an empty subject.
func (s *Screen) Show(subject string) {
	if _, isID := core.ParseID(subject); isID {
		s.open(subject)
		return
	}
	s.back()
	s.list.find(subject)
}

// open shows all about a message.
func (s *Screen) open(id string) {
	s.closeDetail()
	s.detail = newDetail(s, id)
	s.put(s.detail.whole)
	look.OnEscape(s.stage.Window.Canvas(), s.back)
	look.FocusLater(s.stage.Window.Canvas(), s.detail.back)
}

// back returns to the list as it was left.
func (s *Screen) back() {
	if s.detail == nil {
		return
	}
	s.closeDetail()
	s.put(s.list.whole)
	look.OnEscape(s.stage.Window.Canvas(), nil)
	look.FocusLater(s.stage.Window.Canvas(), s.list.rows)
	s.list.update(s.behind)
	s.behind = false
}

func (s *Screen) closeDetail() {
	if s.detail != nil {
		s.detail.close()
		s.detail = nil
	}
}

func (s *Screen) put(what fyne.CanvasObject) {
	s.content.Objects = []fyne.CanvasObject{what}
	s.content.Refresh()
}

// trouble is a problem as the screen shows it.
func trouble(err error) core.Trouble {
	t := core.AsProblem(err).Trouble("")
	t.Title, t.Fix = words.Plain(t.Title), stage.Advice(t)
	return t
}
