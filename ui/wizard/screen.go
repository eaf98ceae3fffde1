package wizard

import (
	"context"
	"slices"
	"strings"
	"time"

	"fyne.io/fyne/v2"

	"usher/core"
	"usher/ui/look"
	"usher/ui/stage"
	"usher/ui/words"
)

// Screen is the wizard. It implements stage.Screen.
type Screen struct {
	stage   *stage.Stage
	backend Backend
	hooks   Hooks
	pause   func(context.Context, time.Duration) error

	frame    *frame
	overview core.Overview
	crms     []core.Descriptor
	loading  task
	draft    *draft
	pages    map[string]page
	now      string // the step on screen
	editing  bool   // one step alone, of a connection that is there
}

// New makes the wizard. It is empty, and does nothing, until Show.
func New(on *stage.Stage, backend Backend, hooks Hooks) *Screen {
	s := &Screen{stage: on, backend: backend, hooks: hooks, pause: pause, draft: recall(hooks.Memory)}
	s.frame = newFrame(s)
	return s
}

// Content implements stage.Screen.
func (s *Screen) Content() fyne.CanvasObject { return s.frame.whole }

// Update implements stage.Screen.
func (s *Screen) Update(o core.Overview) {
	s.overview = o
	if p, there := s.pages[s.now]; there {
		p.update(o)
		s.refresh()
	}
}

// Show opens the wizard: "" goes on where the person left, "new" begins anew, a connection's name
// goes to the first step that connection lacks, and "name/step" changes that one step of it
// and then returns to the connections; a site's address takes the place of the name where no
// connection leads there. The steps are site, helper, crm, rules, off, address, url
// and wait.
func (s *Screen) Show(subject string) { s.load(func() { s.open(subject) }) }

// load asks for what every page needs and then opens one.
func (s *Screen) load(open func()) {
	s.Leave()
	var crms []core.Descriptor
	var overview core.Overview
	s.frame.set()
	s.loading.begin(s.stage, func(ctx context.Context) (err error) {
		if crms, err = s.backend.CRMs(ctx); err != nil {
			return err
		}
		overview, err = s.backend.Overview(ctx)
		return err
	}, func(err error) {
		if err != nil {
			s.broken(err, open)
			return
		}
		s.crms, s.overview = crms, overview
		open()
	})
}

// broken says why there is no wizard yet.
func (s *Screen) broken(err error, open func()) {
	why := newStatus()
	why.wrong(err, func() { s.load(open) })
	s.frame.set(why.box)
}

// Leave stops what the step on screen does by itself. The host calls it when it shows another
// screen; Show("") goes on.
func (s *Screen) Leave() {
	s.loading.end()
	if p, there := s.pages[s.now]; there {
		p.left()
	}
	s.now = ""
	s.onEscape(nil)
}

func (s *Screen) onEscape(do func()) {
	if s.stage.Window != nil {
		look.OnEscape(s.stage.Window.Canvas(), do)
	}
}

func (s *Screen) open(subject string) {
	s.pages, s.editing = map[string]page{}, false
	s.draft = recall(s.hooks.Memory)
	if subject == "" {
		s.turnTo(s.resumed())
		return
	}
	if subject != "new" {
		if view, step, known := s.connection(subject); known {
			s.openAt(view, step)
			return
		}
		if home, step, known := s.site(subject); known {
			s.draft, s.editing = aboutSite(home), true
			s.turnTo(step)
			return
		}
	}
	s.draft.forget()
	s.turnTo(stepStart)
}

// openAt opens a step of a connection alone or, where none is named, the wizard at the first step
// the connection lacks.
func (s *Screen) openAt(view core.ConnectionView, step string) {
	s.draft, s.editing = about(view), step != ""
	if step == "" {
		step = missing(view, s.overview.Status.Address)
	}
	s.turnTo(step)
}

// openPractice waits for the messages of a connection made for practising.
func (s *Screen) openPractice(connection string) {
	s.pages, s.editing = map[string]page{}, false
	if view, _, known := s.connection(connection); known {
		s.draft = about(view)
		s.turnTo(stepWait)
		return
	}
	s.open("")
}

// resumed is the step to go on with. One whose foundations went away begins anew.
func (s *Screen) resumed() string {
	step := s.draft.get(saidStep)
	made := s.view() != nil
	switch i := slices.Index(order, step); {
	case i < 0, s.crm().Kind == "", s.draft.get(saidTaken) != "" && !made:
		return stepStart
	case i > 0 && s.draft.get(saidSite) == "":
		return stepSite
	case i > slices.Index(order, stepCRM) && !made:
		return stepCRM
	}
	return step
}

// connection finds the connection and the step a subject names. A connection's name may hold a slash.
func (s *Screen) connection(subject string) (view core.ConnectionView, step string, known bool) {
	for _, view := range s.overview.Connections {
		if view.Name == subject {
			return view, "", true
		}
		if step, begins := strings.CutPrefix(subject, view.Name+"/"); begins && slices.Contains(order, step) {
			return view, step, true
		}
	}
	return core.ConnectionView{}, "", false
}

// site finds the site and the step a subject names where there is no connection to go by.
func (s *Screen) site(subject string) (home, step string, known bool) {
	for _, site := range s.overview.Sites {
		for _, step := range []string{stepSite, stepHelper} {
			if subject == site.Home+"/"+step {
				return site.Home, step, true
			}
		}
	}
	return "", "", false
}

// missing is the first step a connection lacks.
func missing(view core.ConnectionView, at core.AddressStatus) string {
	switch {
	case view.SignIn && !view.API:
		return stepCRM
	case at.State == "failed", at.State == "off", at.Plan.Kind == "":
		return stepAddress
	case view.LastMessage.IsZero():
		return stepURL
	}
	return stepWait
}

// view is the connection of the draft, once it is made.
func (s *Screen) view() *core.ConnectionView {
	name := s.draft.get(saidConnection)
	for i := range s.overview.Connections {
		if s.overview.Connections[i].Name == name {
			return &s.overview.Connections[i]
		}
	}
	return nil
}

// crm is the CRM of the draft; empty before it is picked.
func (s *Screen) crm() core.Descriptor {
	kind := s.draft.get(saidKind)
	for _, about := range s.crms {
		if about.Kind == kind {
			return about
		}
	}
	return core.Descriptor{}
}

func (s *Screen) turnTo(step string) {
	if p, there := s.pages[s.now]; there {
		p.left()
	}
	s.now = step
	s.onEscape(nil)
	if step != stepStart {
		s.draft.set(saidStep, step)
		s.onEscape(s.escape)
	}
	p := s.page(step)
	p.opened()
	p.update(s.overview)
	s.frame.show(p, slices.Index(order, step)+1, s.editing)
	s.refresh()
	s.focus(p.first())
}

// focus gives the keyboard to an input, or to the main button where there is none.
func (s *Screen) focus(w fyne.Focusable) {
	if w == nil && !s.frame.main.Disabled() && s.now != stepStart {
		w = s.frame.main
	}
	if w != nil && s.stage.Window != nil {
		look.FocusLater(s.stage.Window.Canvas(), w)
	}
}

// page is the page of a step, made when it is first needed.
func (s *Screen) page(step string) page {
	if p, there := s.pages[step]; there {
		return p
	}
	var p page
	switch step {
	case stepSite:
		p = newSitePage(s)
	case stepHelper:
		p = newHelperPage(s)
	case stepCRM:
		p = newCRMPage(s)
	case stepRules:
		p = newRulesPage(s)
	case stepOff:
		p = newOffPage(s)
	case stepAddress:
		p = newAddressPage(s)
	case stepURL:
		p = newURLPage(s)
	case stepWait:
		p = newWaitPage(s)
	default:
		p = newStartPage(s)
	}
	s.pages[step] = p
	return p
}

// refresh shows anew what the buttons do.
func (s *Screen) refresh() {
	if p, there := s.pages[s.now]; there {
		s.frame.offer(p.action(), s.editing, s.now == stepStart)
	}
}

// next does what the main button says. Enter in an entry calls it too, ready or not.
func (s *Screen) next() {
	p, there := s.pages[s.now]
	if !there {
		return
	}
	switch a := p.action(); {
	case !a.ready:
	case a.do != nil:
		a.do()
		s.refresh()
	default:
		s.goOn()
	}
}

func (s *Screen) skip() {
	switch a := s.pages[s.now].action(); {
	case a.skips != nil:
		a.skips()
		s.refresh()
	default:
		s.goOn()
	}
}

// goOn leads to the next step, or out of the wizard after the last.
func (s *Screen) goOn() {
	connection := s.draft.get(saidConnection)
	i := slices.Index(order, s.now)
	switch {
	case s.editing:
		s.Leave()
		if connection == "" {
			s.stage.Go("settings", "sites")
			return
		}
		s.stage.Go("connections", connection)
	case i == len(order)-1:
		s.Leave()
		s.draft.forget()
		s.stage.Go("activity", "")
	default:
		s.turnTo(order[i+1])
	}
}

func (s *Screen) back() {
	i := slices.Index(order, s.now)
	switch {
	case s.editing:
		s.goOn()
	case i <= 0:
		s.turnTo(stepStart)
	default:
		s.turnTo(order[i-1])
	}
}

// escape does what the button for that says.
func (s *Screen) escape() {
	if s.editing {
		s.back()
		return
	}
	s.later()
}

// later leaves the wizard; what was typed is kept.
func (s *Screen) later() {
	s.Leave()
	s.stage.Toast(words.T("wizard.later.line"))
	s.stage.Go("needs", "")
}
