package wizard

import (
	"fyne.io/fyne/v2"

	"usher/ui/look"
	"usher/ui/words"
)

// offPage says what happens while this computer is off, and offers to start with it.
type offPage struct {
	usual
	start  *look.Check
	status *status
}

func newOffPage(s *Screen) page {
	p := &offPage{usual: usual{s}, status: newStatus()}
	p.start = look.NewCheck(words.T("wizard.off.start"), p.set)
	return p
}

func (*offPage) head() (title, text string) {
	return words.T("wizard.off.title"), words.T("wizard.off.text")
}

func (p *offPage) parts() []fyne.CanvasObject {
	p.start.Hidden = p.hooks.Autostart == nil
	crm := p.crm().Name
	return []fyne.CanvasObject{
		look.Card{Tone: look.Done, Title: words.T("wizard.off.kept.title"), Text: words.T("wizard.off.kept.text")}.Object(),
		look.Card{Tone: look.Info, Title: words.T("wizard.off.lost.title", "CRM", crm), Text: words.T("wizard.off.lost.text", "CRM", crm)}.Object(),
		p.start, p.status.box,
	}
}

func (p *offPage) opened() {
	if p.hooks.Autostart == nil {
		return
	}
	on, err := p.hooks.Autostart.On()
	if err != nil {
		p.status.wrong(err, nil)
		return
	}
	p.start.Checked = on // not SetChecked: nobody changed it
	p.start.Refresh()
}

func (p *offPage) set(on bool) {
	p.status.clear()
	if err := p.hooks.Autostart.Set(on); err != nil {
		p.start.Checked = !on
		p.start.Refresh()
		p.status.wrong(err, nil)
	}
}

func (p *offPage) left() { p.status.clear() }
