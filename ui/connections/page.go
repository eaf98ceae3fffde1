package connections

import (
	"context"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"usher/core"
	"usher/ui/look"
	"usher/ui/words"
)

// page is the page of one connection. It is built once; what changes is shown in place, so that
// what is half typed stays.
type page struct {
	screen *Screen
	name   string              // never changes, so work may read it
	view   core.ConnectionView // as last told; for the toolkit's goroutine only
	work   map[string]func()   // gives up what is under way, by what it is

	state  *look.LiveChip
	last   *widget.Label
	needs  *look.Button // hidden unless something needs a person
	pause  *look.Button
	paused *look.Report
	tabs   *look.Tabs

	choices core.Choices
	address *address
	trial   *trial
	rules   *rules
	help    *help
	more    *more

	head    fyne.CanvasObject
	whole   fyne.CanvasObject
	gone    *fyne.Container // stands in for whole once the connection is removed
	content *fyne.Container
	removed bool // or is being removed
	closed  bool
}

// testTab is where among the tabs the test is.
const testTab = 1

func newPage(s *Screen, view core.ConnectionView) *page {
	p := &page{screen: s, name: view.Name, view: view, work: map[string]func(){}}
	p.address = newAddress(p)
	p.trial = newTrial(p)
	p.rules = newRules(p)
	p.help = newHelp(p)
	p.more = newMore(p)
	p.tabs = look.NewTabs(
		look.Tab{Name: words.T("connections.tab.address"), Page: p.address.content},
		look.Tab{Name: words.T("connections.tab.test"), Page: p.trial.content},
		look.Tab{Name: words.T("connections.tab.rules"), Page: p.rules.content},
		look.Tab{Name: words.T("connections.tab.set_up"), Page: p.help.content},
		look.Tab{Name: words.T("connections.tab.more"), Page: p.more.content},
	)
	p.head = p.heading()
	p.whole = container.NewBorder(p.head, nil, nil, nil, p.tabs)
	p.gone = container.NewStack()
	p.content = container.NewStack(p.whole, p.gone)
	p.begin("describe", s.describe(view.Kind, p.describe))
	p.address.load()
	p.loadChoices()
	return p
}

func (p *page) heading() fyne.CanvasObject {
	back := look.NewQuietButton(words.T("connections.back"), p.screen.back)
	back.Icon = theme.NavigateBackIcon()
	p.state, p.last = look.NewLiveChip(), oneLine()
	p.pause = look.NewButton("", p.togglePause)
	p.needs = look.NewQuietButton(words.T("connections.see_needs"), func() { p.screen.stage.Go("needs", "") })
	p.paused = look.NewReport()
	name := oneLine()
	name.SetText(p.name)
	name.TextStyle.Bold, name.SizeName = true, theme.SizeNameSubHeadingText
	return look.Column(container.NewVBox(
		container.NewBorder(nil, nil, back, p.pause, name),
		container.NewBorder(nil, nil, container.NewCenter(p.state), p.needs, p.last), p.paused,
	))
}

// toTest shows where a test is sent, with the keyboard on the button that does.
func (p *page) toTest() {
	p.tabs.Choose(testTab)
	look.FocusLater(p.screen.stage.Window.Canvas(), p.trial.send)
}

// update shows what is new about the connection.
func (p *page) update() {
	view, known := p.screen.connection(p.name)
	if !known {
		p.vanish()
		return
	}
	p.view = view
	how := stateOf(view, p.screen.overview)
	p.state.Set(how.tone(), how.word())
	p.needs.Hidden = how != needsYou
	p.last.SetText(words.T("connections.how", "Joins", joins(view), "Last", lastMessage(view, p.screen.now())))
	p.pause.SetText(words.T("connections.pause"))
	if view.Paused {
		p.pause.SetText(words.T("connections.go_on"))
	}
	p.head.Refresh() // what is in its lines may be wider now
	p.address.update()
	p.rules.update()
	p.more.update()
}

// describe takes in what there is to know about the CRM.
func (p *page) describe(about core.Descriptor) {
	p.help.describe(about)
	p.rules.describe(about)
	p.more.describe(about)
}

func (p *page) loadChoices() {
	p.address.report.Busy(words.T("connections.choices.busy.line"), nil)
	var choices core.Choices
	p.do("choices", func(ctx context.Context) (err error) {
		choices, err = p.screen.backend.Choices(ctx, p.name)
		return err
	}, func(err error) {
		p.address.report.Clear()
		if err != nil {
			p.trouble(p.address.report, err, p.loadChoices)
			return
		}
		p.choices = choices
		p.address.choose()
		p.rules.choose()
	})
}

// togglePause stops all writing for the connection, or lets it go on.
func (p *page) togglePause() {
	name, pause := p.name, !p.view.Paused
	busy := words.T("connections.going_on.line")
	if pause {
		busy = words.T("connections.pausing.line")
	}
	p.paused.Busy(busy, nil)
	p.pause.Disable()
	p.carryOut(func(ctx context.Context) error {
		return p.screen.backend.Pause(ctx, name, pause)
	}, func(err error) {
		p.paused.Clear()
		p.pause.Enable()
		if err != nil {
			p.trouble(p.paused, err, p.togglePause)
		}
	})
}

// carryOut changes something. It goes on when the page is left; what went wrong then is news.
func (p *page) carryOut(work func(context.Context) error, then func(error)) {
	p.screen.stage.Do(work, func(err error) {
		switch {
		case !p.closed:
			then(err)
		case err != nil:
			p.screen.stage.Toast(core.AsProblem(err).Sentence())
		}
	})
}

// do asks something for this page; a newer question of the same kind gives the older up, and so
// does leaving the page.
func (p *page) do(what string, work func(context.Context) error, then func(error)) {
	p.begin(what, p.screen.stage.Do(work, then))
}

func (p *page) begin(what string, giveUp func()) {
	p.stop(what)
	p.work[what] = giveUp
}

func (p *page) stop(what string) {
	if giveUp := p.work[what]; giveUp != nil {
		giveUp()
	}
	delete(p.work, what)
}

// close gives up all that is under way.
func (p *page) close() {
	p.closed = true
	for what := range p.work {
		p.stop(what)
	}
}

// escape takes an open question back, or else shows the list.
func (p *page) escape() {
	if p.more.remove.Asking() {
		p.more.remove.Close()
		return
	}
	p.screen.back()
}

// vanish says that the connection is not there any more, unless that was said already.
func (p *page) vanish() {
	if p.removed {
		return
	}
	p.part(look.EmptyState(look.AppIcon(), words.T("connections.gone.title"), words.T("connections.gone.text"),
		look.NewMainButton(words.T("connections.back_to_list"), p.screen.back)))
}

// part shows something in place of the connection.
func (p *page) part(with fyne.CanvasObject) {
	p.removed = true
	p.whole.Hide()
	p.gone.Add(with)
	p.content.Refresh()
}
