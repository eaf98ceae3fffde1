package needs

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
	// Retry starts a message again. For one that is held for a question it is the yes.
	Retry(ctx context.Context, id string) (int, error)
	// Decline is the no.
	Decline(ctx context.Context, id string) error
	Detail(ctx context.Context, id string) (core.Detail, error)
	Activity(ctx context.Context, q core.ActivityQuery) (core.Activity, error)
}

// Screen is the screen “Needs you”. It implements stage.Screen.
type Screen struct {
	stage    *stage.Stage
	backend  Backend
	now      func() time.Time
	overview core.Overview
	content  *fyne.Container
	page     fyne.CanvasObject
	header   *fyne.Container
	list     *fyne.Container
	cards    map[cause]*card
	shown    []*card
	empty    empty // what the empty state says, or the zero value while there are cards
}

// cause is what makes two Needs the same one.
type cause struct{ connection, about, code string }

func causeOf(n core.Need) cause { return cause{n.Connection, n.Problem.About, n.Problem.Code} }

// New makes the screen. It is blank until the first Update.
func New(on *stage.Stage, backend Backend) *Screen {
	s := &Screen{
		stage: on, backend: backend, now: time.Now, cards: map[cause]*card{},
		content: container.NewStack(), header: container.NewStack(), list: look.Stacked(),
	}
	s.page = look.Page(s.header, s.list)
	return s
}

// Content implements stage.Screen.
func (s *Screen) Content() fyne.CanvasObject { return s.content }

// Update implements stage.Screen. A card stays the same object while its cause lasts, so that
// the keyboard, what was opened and work under way stay where they are.
func (s *Screen) Update(o core.Overview) {
	s.overview = o
	cards, known := make([]*card, 0, len(o.Needs)), map[*card]bool{}
	for _, need := range o.Needs {
		c, there := s.cards[causeOf(need)]
		if !there {
			c = newCard(s)
			s.cards[causeOf(need)] = c
		}
		if known[c] {
			continue
		}
		c.update(need)
		cards, known[c] = append(cards, c), true
	}
	for _, c := range s.shown {
		if !known[c] && c.running() { // its end is still to be told
			cards, known[c] = append(cards, c), true
		}
	}
	for key, c := range s.cards {
		if !known[c] {
			c.close()
			delete(s.cards, key)
		}
	}
	s.show(cards)
}

func (s *Screen) show(cards []*card) {
	if len(cards) == 0 {
		s.shown = nil
		s.showEmpty()
		return
	}
	s.empty = empty{}
	if !same(cards, s.shown) {
		s.header.Objects = []fyne.CanvasObject{look.PageHeader(words.N("needs.title", len(cards)), words.T("needs.about.text"))}
		s.list.Objects = nil
		for _, c := range cards {
			s.list.Add(c.slot)
		}
		s.header.Refresh()
	}
	s.shown = cards
	s.put(s.page)
}

// refresh lays the cards out anew after one of them changed its height.
func (s *Screen) refresh() { s.list.Refresh() }

func (s *Screen) put(what fyne.CanvasObject) {
	if len(s.content.Objects) == 1 && s.content.Objects[0] == what {
		return
	}
	s.content.Objects = []fyne.CanvasObject{what}
	s.content.Refresh()
}

func same(a, b []*card) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}
