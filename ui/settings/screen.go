package settings

import (
	"context"
	"net/url"
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"usher/core"
	"usher/ui/look"
	"usher/ui/stage"
	"usher/ui/words"
)

// Screen is the screen of settings.
type Screen struct {
	stage   *stage.Stage
	backend Backend
	prefs   Prefs
	facts   Facts

	overview core.Overview
	tabs     *look.Tabs
	sites    *sites
	address  *address
	window   *window
	running  *running
	copies   *copies
	content  fyne.CanvasObject
}

// New makes the screen, which shows the sites.
func New(s *stage.Stage, backend Backend, prefs Prefs, facts Facts) *Screen {
	screen := &Screen{stage: s, backend: backend, prefs: prefs, facts: facts}
	screen.sites = newSites(screen)
	screen.address = newAddress(screen)
	screen.window = newWindow(screen)
	screen.running = newRunning(screen)
	screen.copies = newCopies(screen)
	screen.tabs = look.NewTabs(
		look.Tab{Name: words.T("settings.tab.sites"), Page: screen.sites.content},
		look.Tab{Name: words.T("settings.tab.address"), Page: screen.address.content},
		look.Tab{Name: words.T("settings.tab.window"), Page: screen.window.content},
		look.Tab{Name: words.T("settings.tab.running"), Page: screen.running.content},
		look.Tab{Name: words.T("settings.tab.copies"), Page: screen.copies.content},
		look.Tab{Name: words.T("settings.tab.about"), Page: screen.about()},
	)
	title := look.Column(look.PageHeader(words.T("settings.title"), ""))
	screen.content = container.NewBorder(title, nil, nil, nil, screen.tabs)
	return screen
}

// sections are what Show takes, by the tab they are in.
var sections = [][]string{
	{"sites"},
	{"address"},
	{"window", "appearance", "notifications"},
	{"running", "pause", "login", "keeping", "practice"},
	{"copies", "move", "backup"},
	{"about", "secrets"},
}

// Content implements [stage.Screen].
func (s *Screen) Content() fyne.CanvasObject { return s.content }

// Update implements [stage.Screen]. What is half typed stays.
func (s *Screen) Update(now core.Overview) {
	s.overview = now
	s.sites.update()
	s.address.update()
	s.running.update()
}

// Show opens a section: "sites", "address", "window", "appearance", "notifications", "running",
// "pause", "login", "keeping", "practice", "copies", "move", "backup", "about" or "secrets". Any other leaves the one that is shown.
func (s *Screen) Show(section string) {
	if i := slices.IndexFunc(sections, func(names []string) bool { return slices.Contains(names, section) }); i >= 0 {
		s.tabs.Choose(i)
	}
}

// carryOut changes something, says so meanwhile, and shows what went wrong; then hears whether
// nothing did.
func (s *Screen) carryOut(report *look.Report, busy string, work func(context.Context) error, then func(done bool)) {
	report.Busy(busy, nil)
	s.stage.Do(work, func(err error) {
		report.Clear()
		if err != nil {
			trouble := core.AsProblem(err).Trouble("")
			trouble.Fix = stage.Advice(trouble)
			report.Problem(trouble)
		}
		then(err == nil)
	})
}

// text is a sentence that wraps.
func text(sentence string) *widget.Label {
	l := widget.NewLabel(sentence)
	l.Wrapping = fyne.TextWrapWord
	return l
}

// host is an address as people say it: "yogawithann.com".
func host(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return address
	}
	return u.Host + u.Path
}
