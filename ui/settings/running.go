package settings

import (
	"context"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"usher/ui/look"
	"usher/ui/words"
)

// running is how Usher works: pause, start at login, what it keeps, practice.
type running struct {
	screen    *Screen
	state     *look.LiveChip
	about     *widget.Label
	pause     *look.Button
	paused    *look.Report
	login     *look.Check
	practice  *look.Button
	practised *look.Report
	keeping   *keeping
	content   fyne.CanvasObject
}

func newRunning(s *Screen) *running {
	r := &running{screen: s, state: look.NewLiveChip(), about: text(""), paused: look.NewReport(), practised: look.NewReport()}
	r.pause = look.NewButton(words.T("settings.pause"), r.togglePause)
	r.login = s.newSwitch(words.T("settings.login"), PrefStartAtLogin, Off)
	r.keeping = newKeeping(s)
	r.content = look.Page(
		look.Card{
			Title: words.T("settings.pause.title"), Body: container.NewVBox(look.Actions(r.state), r.about, r.paused),
			Actions: []fyne.CanvasObject{r.pause},
		}.Object(),
		look.Section(words.T("settings.login.title")),
		look.NewFormRow("", words.T("settings.login.help"), r.login),
		r.keeping.content,
		r.practiceCard(),
	)
	return r
}

func (r *running) practiceCard() fyne.CanvasObject {
	label, about := words.T("settings.practice.begin"), words.T("settings.practice.text")
	if r.screen.facts.Practice {
		label, about = words.T("settings.practice.end"), words.T("settings.practising.text")
	}
	r.practice = look.NewButton(label, r.togglePractice)
	card := container.NewStack(look.Card{
		Title: words.T("settings.practice.title"), Text: about, Body: r.practised,
		Actions: []fyne.CanvasObject{r.practice},
	}.Object())
	card.Hidden = r.screen.facts.SetPractice == nil
	return card
}

func (r *running) update() {
	r.keeping.update()
	if r.screen.overview.Paused {
		r.state.Set(look.Paused, words.T("settings.paused"))
		r.about.SetText(words.T("settings.paused.text"))
		r.pause.SetText(words.T("settings.go_on"))
		return
	}
	r.state.Set(look.Done, words.T("settings.working"))
	r.about.SetText(words.T("settings.working.text"))
	r.pause.SetText(words.T("settings.pause"))
}

// togglePause stops all writing, or lets it go on.
func (r *running) togglePause() {
	pause := !r.screen.overview.Paused
	busy := words.T("settings.going_on.line")
	if pause {
		busy = words.T("settings.pausing.line")
	}
	r.pause.Disable()
	r.screen.carryOut(r.paused, busy, func(ctx context.Context) error {
		return r.screen.backend.Pause(ctx, "", pause)
	}, func(bool) { r.pause.Enable() })
}

func (r *running) togglePractice() {
	busy := words.T("settings.practice.beginning.line")
	if r.screen.facts.Practice {
		busy = words.T("settings.practice.ending.line")
	}
	r.practice.Disable()
	r.screen.carryOut(r.practised, busy, func(ctx context.Context) error {
		return r.screen.facts.SetPractice(ctx, !r.screen.facts.Practice)
	}, func(bool) { r.practice.Enable() })
}
