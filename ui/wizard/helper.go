package wizard

import (
	"context"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"usher/assets"
	"usher/core"
	"usher/ui/look"
	"usher/ui/words"
)

// helperPause is how long after one look for the helper the next begins.
const helperPause = 3 * time.Second

// helperPage offers the Usher helper and notices by itself when it is active.
type helperPage struct {
	usual
	state  *look.Step
	status *status
	looks  task
	active bool
}

func newHelperPage(s *Screen) page {
	return &helperPage{usual: usual{s}, state: look.NewStep(words.T("wizard.helper.state")), status: newStatus()}
}

func (*helperPage) head() (title, text string) {
	return words.T("wizard.helper.title"), words.T("wizard.helper.text")
}

func (p *helperPage) parts() []fyne.CanvasObject {
	return []fyne.CanvasObject{
		helperTable(),
		look.Card{Title: words.T("wizard.helper.save.title"), Text: words.T("wizard.helper.save.text"), Body: container.NewVBox(look.Actions(
			look.NewMainButton(words.T("wizard.helper.save.button"), p.save),
			look.NewButton(words.T("wizard.helper.upload.button"), p.upload),
		), p.state, p.status.box)}.Object(),
	}
}

// helperTable is what the helper adds.
func helperTable() fyne.CanvasObject {
	grid := container.NewGridWithColumns(3)
	for _, row := range [][3]string{
		{"", words.T("wizard.helper.without"), words.T("wizard.helper.with")},
		{words.T("wizard.helper.tags"), words.T("wizard.helper.tags.without"), words.T("wizard.helper.tags.with")},
		{words.T("wizard.helper.mail"), words.T("wizard.helper.mail.without"), words.T("wizard.helper.mail.with")},
		{words.T("wizard.helper.fields"), words.T("wizard.helper.fields.without"), words.T("wizard.helper.fields.with")},
		{words.T("wizard.helper.speed"), words.T("wizard.helper.speed.without"), words.T("wizard.helper.speed.with")},
	} {
		for i, text := range row {
			cell := widget.NewLabel(text)
			cell.Wrapping = fyne.TextWrapWord
			cell.TextStyle.Bold = i == 0 || row[0] == ""
			grid.Add(cell)
		}
	}
	return look.Card{Title: words.T("wizard.helper.table.title"), Body: grid}.Object()
}

func (p *helperPage) opened() {
	for _, site := range p.overview.Sites {
		if site.Home == p.draft.get(saidSite) && site.Helper.State == core.HelperActive {
			p.found()
		}
	}
	if p.hooks.HelperActive != nil {
		if !p.active {
			p.state.Checking()
		}
		p.look(0)
	}
}

func (p *helperPage) left() { p.looks.end() }

// look looks for the helper after a while, and again until it is there. The site was reached a
// moment ago, so that a look that goes wrong is not worth a word.
func (p *helperPage) look(wait time.Duration) {
	site, connection := p.draft.get(saidSite), p.draft.get(saidConnection)
	active := false
	p.looks.begin(p.stage, func(ctx context.Context) (err error) {
		if err = p.pause(ctx, wait); err == nil {
			active, err = p.hooks.HelperActive(ctx, site)
		}
		if active && connection != "" {
			_, _ = p.backend.Choices(ctx, connection) // has Usher itself notice; if not now, then at its next work
		}
		return err
	}, func(err error) {
		switch {
		case active:
			p.found()
		case err == nil && p.active: // no longer
			p.active = false
			p.state.Checking()
			fallthrough
		default:
			p.look(helperPause)
		}
		p.refresh()
	})
}

func (p *helperPage) found() {
	p.active = true
	p.state.OK(words.T("wizard.helper.active.line"))
}

func (p *helperPage) action() action {
	if p.active {
		return action{ready: true}
	}
	return action{skip: words.T("wizard.helper.skip.button")}
}

func (p *helperPage) save() {
	zip, err := assets.HelperZip()
	if err != nil {
		p.status.wrong(err, p.save)
		return
	}
	p.stage.SaveAs("usher-helper.zip", zip, func(path string, err error) {
		switch {
		case err != nil:
			p.status.wrong(err, p.save)
		case path != "":
			p.status.fine(words.T("wizard.helper.saved", "Path", path))
		}
	})
}

// upload opens WordPress's page for plugins that are uploaded.
func (p *helperPage) upload() {
	p.stage.Open(strings.TrimRight(p.draft.get(saidSite), "/") + "/wp-admin/plugin-install.php?tab=upload")
}
