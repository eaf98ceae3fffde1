package connections

import (
	"context"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"usher/core"
	"usher/ui/look"
	"usher/ui/stage"
	"usher/ui/words"
)

// trial sends a message the whole way and shows how it went, hop by hop.
type trial struct {
	page    *page
	contact *look.Entry
	send    *look.Button
	report  *look.Report
	hops    *fyne.Container
	result  *fyne.Container
	content fyne.CanvasObject
}

func newTrial(p *page) *trial {
	t := &trial{page: p, report: look.NewReport(), hops: container.NewVBox(), result: container.NewVBox()}
	t.contact = look.NewEntry(words.T("connections.test.latest", "CRM", p.view.CRM))
	t.contact.OnSubmitted = func(string) { t.begin() }
	t.send = look.NewMainButton(words.T("connections.test.send"), t.begin)
	t.content = look.Page(
		text(words.T("connections.test.about.text")),
		look.NewFormRow(words.T("connections.test.who"), words.T("connections.test.who.help", "CRM", p.view.CRM), t.contact),
		look.Actions(t.send), t.report, t.hops, t.result,
	)
	return t
}

func text(sentence string) *widget.Label {
	l := widget.NewLabel(sentence)
	l.Wrapping = fyne.TextWrapWord
	return l
}

// begin sends a test, unless one is under way.
func (t *trial) begin() {
	if t.send.Disabled() {
		return
	}
	name, contact := t.page.name, t.contact.Text
	t.hops.RemoveAll()
	t.result.RemoveAll()
	t.send.Disable()
	t.report.Busy(words.T("connections.test.busy.line"), t.stop)
	var answer core.TestAnswer
	t.page.do("test", func(ctx context.Context) (err error) {
		answer, err = t.page.screen.backend.SendTest(ctx, name, contact)
		return err
	}, func(err error) {
		t.rest()
		if err != nil {
			t.page.trouble(t.report, err, nil)
			return
		}
		t.show(answer)
	})
}

func (t *trial) stop() {
	t.page.stop("test")
	t.rest()
}

func (t *trial) rest() {
	t.report.Clear()
	t.send.Enable()
}

func (t *trial) show(answer core.TestAnswer) {
	for _, hop := range answer.Steps {
		step := look.NewStep("")
		var fix func()
		if hop.Problem != nil {
			problem := *hop.Problem
			problem.Fix = stage.Advice(problem)
			hop.Problem = &problem
			if out := t.page.fix(problem.Code); out != nil {
				fix = out.Do
			}
		}
		if took := time.Duration(hop.Took).Milliseconds(); took > 0 {
			hop.Title = words.T("connections.test.took", "What", hop.Title, "N", int(took))
		}
		step.SetStep(hop, fix)
		t.hops.Add(step)
	}
	card := look.Card{Tone: look.NeedsYou, Title: words.T("connections.test.stuck.title"), Text: words.T("connections.test.stuck.text")}
	if answer.OK() {
		card = look.Card{Tone: look.Done, Title: answer.Result, Text: words.T("connections.test.fine.text")}
	}
	body := container.NewVBox()
	for _, note := range answer.Notes {
		body.Add(text(note))
	}
	card.Body = body
	t.result.Add(card.Object())
	t.hops.Refresh()
	t.result.Refresh()
}
