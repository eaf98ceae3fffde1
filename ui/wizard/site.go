package wizard

import (
	"context"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"usher/core"
	"usher/ui/look"
	"usher/ui/words"
)

// typingPause is how long nothing is typed before what was typed is checked.
const typingPause = 800 * time.Millisecond

// sitePage connects WordPress: an address that checks itself, then the owner's permission.
type sitePage struct {
	usual
	address *look.Entry
	known   *fyne.Container // sites Usher is connected to
	steps   *fyne.Container
	status  *status
	asking  *permission
	before  *leftover
	typed   task
	checks  task
	checked string // the address all is well with
	busy    bool
}

func newSitePage(s *Screen) page {
	p := &sitePage{usual: usual{s}, address: look.NewEntry("yogawithann.com"), known: container.NewVBox(), steps: container.NewVBox(), status: newStatus()}
	p.asking, p.before = newPermission(p), newLeftover(s)
	p.address.OnChanged = p.changed
	p.address.OnSubmitted = func(string) { p.next() }
	return p
}

func (*sitePage) head() (title, text string) {
	return words.T("wizard.site.title"), words.T("wizard.site.text")
}

func (p *sitePage) parts() []fyne.CanvasObject {
	return []fyne.CanvasObject{
		p.before.box, p.known,
		look.NewFormRow(words.T("wizard.site.address"), words.T("wizard.site.address.help"), p.address),
		p.steps, p.status.box, p.asking.box,
	}
}

func (p *sitePage) first() fyne.Focusable { return p.address }

func (p *sitePage) opened() {
	p.showKnown()
	p.before.show()
	if p.editing { // another site would be another connection
		p.address.Disable()
	}
	if said := p.draft.get(saidAddress); p.address.Text != said {
		p.address.SetText(said)
	}
	if p.address.Text != "" && p.checked == "" {
		p.check()
	}
}

func (p *sitePage) left() {
	p.typed.end()
	p.checks.end()
	p.before.work.end()
	p.busy = false
	p.asking.end()
}

// showKnown offers the sites that need no permission any more.
func (p *sitePage) showKnown() {
	p.known.RemoveAll()
	for _, site := range p.overview.Sites {
		p.known.Add(look.Card{
			Tone: look.Done, Title: site.Name, Text: words.T("wizard.site.known.text", "Site", site.Home, "User", site.User),
			Actions: []fyne.CanvasObject{look.NewButton(words.T("wizard.site.known.button"), func() { p.connected(core.SiteAnswer{Site: site.Home, Name: site.Name, User: site.User}) })},
		}.Object())
	}
	p.known.Hidden = len(p.overview.Sites) == 0 || p.editing
}

func (p *sitePage) changed(text string) {
	p.draft.set(saidAddress, text)
	p.checks.end()
	p.asking.end()
	p.busy, p.checked = false, ""
	p.status.clear()
	p.steps.RemoveAll()
	if strings.TrimSpace(text) == "" {
		p.typed.end()
	} else {
		p.typed.after(p.Screen, typingPause, p.check)
	}
	p.refresh()
}

// check goes the steps to the site, signing nobody in.
func (p *sitePage) check() {
	p.typed.end()
	address := strings.TrimSpace(p.address.Text)
	if p.hooks.Diagnose == nil {
		p.checked = address
		p.refresh()
		return
	}
	p.busy, p.checked = true, ""
	p.status.busy(words.T("wizard.site.checking.line"))
	p.refresh()
	var steps []core.Step
	p.checks.begin(p.stage, func(ctx context.Context) error {
		steps = p.hooks.Diagnose(ctx, address)
		return ctx.Err()
	}, func(error) {
		p.busy = false
		p.status.clear()
		if p.showSteps(steps) {
			p.checked = address
		}
		p.refresh()
	})
}

// showSteps shows how far the check came, and whether nothing is in the way. What waits for the
// permission is left out.
func (p *sitePage) showSteps(steps []core.Step) (fine bool) {
	p.steps.RemoveAll()
	fine = true
	for _, step := range steps {
		if step.State == core.StepSkipped {
			continue
		}
		line := look.NewStep(step.Title)
		line.SetStep(advised(step), nil)
		p.steps.Add(line)
		if step.Problem != nil {
			fine = false
			p.steps.Add(look.Actions(look.NewButton(words.T("wizard.again.button"), p.check)))
			defer func() { p.frame.reveal(p.steps) }()
		}
	}
	p.steps.Refresh()
	return fine
}

func (p *sitePage) action() action {
	switch address := strings.TrimSpace(p.address.Text); {
	case p.busy || address == "":
		return action{}
	case p.asking.pasting():
		return p.asking.action()
	case p.asking.open():
		return action{}
	case p.checked == address:
		return action{label: words.T("wizard.site.allow.button"), ready: true, do: func() { p.asking.ask(false) }}
	}
	return action{label: words.T("wizard.site.check.button"), ready: true, do: p.check}
}

// connected goes on with a site that lets Usher in.
func (p *sitePage) connected(site core.SiteAnswer) {
	p.draft.set(saidSite, site.Site)
	p.draft.set(saidAddress, site.Site)
	p.stage.Toast(words.T("wizard.site.connected.line", "Site", site.Name))
	p.goOn()
}
