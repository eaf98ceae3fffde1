package connections

import (
	"context"
	"net/url"
	"slices"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"usher/core"
	"usher/ui/look"
	"usher/ui/stage"
)

// Screen is the screen of connections.
type Screen struct {
	stage   *stage.Stage
	backend Backend
	now     func() time.Time

	overview core.Overview
	seen     bool // an Overview came
	wanted   string
	crms     []core.Descriptor // known once a page was opened
	list     *list
	page     *page // nil while the list is shown
	body     *fyne.Container
}

// New makes the screen, which shows the list.
func New(s *stage.Stage, backend Backend) *Screen {
	screen := &Screen{stage: s, backend: backend, now: time.Now}
	screen.list = newList(screen)
	screen.body = container.NewStack(screen.list.content)
	return screen
}

// Content implements [stage.Screen].
func (s *Screen) Content() fyne.CanvasObject { return s.body }

// Update implements [stage.Screen]. What is half typed stays.
func (s *Screen) Update(now core.Overview) {
	s.overview, s.seen = now, true
	s.list.update()
	switch {
	case s.wanted != "":
		s.Show(s.wanted)
	case s.page != nil:
		s.page.update()
	}
}

// toTest follows the name of a connection whose test is meant.
const toTest = "/test"

// Show opens a connection by its name, "name/test" where it is tested, or the list for an
// empty subject.
func (s *Screen) Show(subject string) {
	s.wanted = ""
	switch {
	case subject == "":
		s.back()
		return
	case !s.seen:
		s.wanted = subject
		return
	}
	name, test := strings.CutSuffix(subject, toTest)
	if _, named := s.connection(subject); named { // it may be called so
		name, test = subject, false
	}
	if s.page == nil || s.page.name != name {
		s.open(name)
	}
	if test && s.page != nil {
		s.page.toTest()
	}
}

func (s *Screen) open(name string) {
	view, known := s.connection(name)
	if !known {
		s.back()
		return
	}
	s.close()
	s.page = newPage(s, view)
	s.page.update()
	s.show(s.page.content)
	look.OnEscape(s.stage.Window.Canvas(), s.page.escape)
}

// back shows the list.
func (s *Screen) back() {
	s.close()
	s.show(s.list.content)
}

func (s *Screen) close() {
	if s.page == nil {
		return
	}
	s.page.close()
	s.page = nil
	look.OnEscape(s.stage.Window.Canvas(), nil)
}

func (s *Screen) show(content fyne.CanvasObject) {
	s.body.Objects = []fyne.CanvasObject{content}
	s.body.Refresh()
}

func (s *Screen) connection(name string) (core.ConnectionView, bool) {
	i := slices.IndexFunc(s.overview.Connections, func(v core.ConnectionView) bool { return v.Name == name })
	if i < 0 {
		return core.ConnectionView{}, false
	}
	return s.overview.Connections[i], true
}

// describe finds out what there is to know about a CRM; then is not called where that fails.
func (s *Screen) describe(kind string, then func(core.Descriptor)) (giveUp func()) {
	found := func() {
		if i := slices.IndexFunc(s.crms, func(d core.Descriptor) bool { return d.Kind == kind }); i >= 0 {
			then(s.crms[i])
		}
	}
	if s.crms != nil {
		found()
		return func() {}
	}
	var crms []core.Descriptor
	return s.stage.Do(func(ctx context.Context) (err error) {
		crms, err = s.backend.CRMs(ctx)
		return err
	}, func(err error) {
		if err == nil {
			s.crms = crms
			found()
		}
	})
}

// host is an address as people say it: "yogawithann.com".
func host(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return address
	}
	return u.Host + u.Path
}
