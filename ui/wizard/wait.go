package wizard

import (
	"context"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"usher/core"
	"usher/ui/look"
	"usher/ui/words"
)

const (
	// patience is how long nothing comes before the usual reasons are shown.
	patience = 2 * time.Minute
	// lately is how far back near misses are still of interest: the webhook may have been
	// tried before this page was opened.
	lately = 30 * time.Minute
	// mostArrived bounds how many messages are looked at.
	mostArrived = 20
)

// waitPage waits for the first message and says what comes near.
type waitPage struct {
	usual
	how     fyne.CanvasObject
	waiting *look.Progress
	arrived *fyne.Container // what the messages came to
	misses  *fyne.Container
	doubts  fyne.CanvasObject
	test    *testPart
	status  *status
	looks   task
	late    task
	version uint64 // of what was looked at last
	looking bool
	works   bool // a message went through
}

func newWaitPage(s *Screen) page {
	p := &waitPage{
		usual: usual{s}, waiting: look.NewProgress(nil), arrived: container.NewVBox(), misses: container.NewVBox(),
		test: newTestPart(s), status: newStatus(),
	}
	crm := s.crm().Name
	p.waiting.Set(words.T("wizard.wait.line", "CRM", crm), -1)
	p.how = look.Card{Tone: look.Info, Title: words.T("wizard.wait.how.title"), Text: words.T("wizard.wait.how.text", "CRM", crm)}.Object()
	p.doubts = look.Card{Tone: look.Info, Title: words.T("wizard.wait.doubts.title", "CRM", crm), Text: bullets(s.crm().Doubts)}.Object()
	p.doubts.Hide()
	return p
}

func (p *waitPage) head() (title, text string) {
	if p.works {
		return words.T("wizard.works.title"), words.T("wizard.works.text", "CRM", p.crm().Name)
	}
	return words.T("wizard.wait.title"), words.T("wizard.wait.text", "CRM", p.crm().Name)
}

func (p *waitPage) parts() []fyne.CanvasObject {
	return []fyne.CanvasObject{p.waiting, p.arrived, p.misses, p.how, p.doubts, p.test.box, p.status.box}
}

func (p *waitPage) opened() {
	p.look()
	if !p.works && len(p.crm().Doubts) > 0 {
		p.late.after(p.Screen, patience, func() {
			setVisible(p.doubts, !p.works)
		})
	}
}

func (p *waitPage) left() {
	p.looks.end()
	p.late.end()
	p.test.end()
	p.looking = false
}

// update looks again when something happened. A look that is under way is followed by another.
func (p *waitPage) update(o core.Overview) {
	if !p.looking && o.Version != p.version {
		p.look()
	}
}

// seen is what one look found.
type seen struct {
	lines  []core.Line
	misses []core.Miss
	fields []core.FieldChange // of the first message that went through
}

func (p *waitPage) look() {
	p.looking, p.version = true, p.overview.Version
	connection := p.draft.get(saidConnection)
	var found seen
	p.looks.begin(p.stage, func(ctx context.Context) (err error) {
		found, err = lookAround(ctx, p.backend, connection)
		return err
	}, func(err error) {
		p.looking = false
		p.status.clear()
		if err != nil {
			p.status.wrong(err, p.look)
		} else {
			p.show(found)
		}
		p.refresh()
		p.update(p.overview)
	})
}

func lookAround(ctx context.Context, b trials, connection string) (found seen, err error) {
	page, err := b.Activity(ctx, core.ActivityQuery{Connection: connection, Limit: mostArrived})
	if err != nil {
		return found, err
	}
	found.lines = page.Lines
	if found.misses, err = b.Misses(ctx); err != nil {
		return found, err
	}
	if line, there := found.success(); there {
		detail, err := b.Detail(ctx, line.ID)
		if err != nil {
			return found, err
		}
		for _, step := range detail.Steps {
			found.fields = append(found.fields, step.Fields...)
		}
	}
	return found, nil
}

// success is the newest message that did what it was for.
func (s seen) success() (core.Line, bool) {
	for _, line := range s.lines {
		switch line.Outcome {
		case core.Created, core.Updated, core.Unchanged:
			if line.State == core.Applied || line.State == core.Merged {
				return line, true
			}
		}
	}
	return core.Line{}, false
}

func (p *waitPage) show(found seen) {
	line, works := found.success()
	first := works && !p.works
	p.works = works
	p.arrived.RemoveAll()
	switch {
	case works:
		p.arrived.Add(successCard(line, found.fields))
	case len(found.lines) > 0:
		p.arrived.Add(nearCard(found.lines[0], p.crm().Name))
	}
	p.showMisses(found.misses)
	p.waiting.Hidden = works
	setVisible(p.how, !works)
	if works {
		p.late.end()
		p.doubts.Hide()
	}
	p.arrived.Hidden = len(p.arrived.Objects) == 0
	p.arrived.Refresh()
	if first {
		p.frame.fill(p)
	}
}

func (p *waitPage) action() action {
	a := action{label: words.T("wizard.done.button"), ready: p.works}
	if !p.works {
		a.skip = words.T("wizard.wait.skip.button")
	}
	return a
}
