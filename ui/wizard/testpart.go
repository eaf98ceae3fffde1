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

// testPart sends a test message out by the webhook URL and shows its way, hop by hop.
type testPart struct {
	screen *Screen
	box    fyne.CanvasObject
	who    *look.Entry
	send   *look.Button
	hops   *fyne.Container
	status *status
	work   task
}

func newTestPart(s *Screen) *testPart {
	t := &testPart{screen: s, who: look.NewEntry("ann@example.com"), hops: container.NewVBox(), status: newStatus()}
	t.send = look.NewButton(words.T("wizard.test.button"), t.begin)
	t.who.OnSubmitted = func(string) { t.begin() }
	t.box = look.Card{
		Title: words.T("wizard.test.title"), Text: words.T("wizard.test.text"),
		Body: container.NewVBox(
			look.NewFormRow(words.T("wizard.test.who"), words.T("wizard.test.who.help", "CRM", s.crm().Name), t.who),
			look.Actions(t.send), t.status.box, t.hops,
		),
	}.Object()
	return t
}

func (t *testPart) end() {
	t.work.end()
	t.status.clear()
	t.send.Enable()
}

func (t *testPart) begin() {
	if t.status.work {
		return
	}
	s := t.screen
	connection, who := s.draft.get(saidConnection), strings.TrimSpace(t.who.Text)
	t.hops.RemoveAll()
	t.send.Disable()
	t.status.busy(words.T("wizard.test.line"))
	var way core.TestAnswer
	t.work.begin(s.stage, func(ctx context.Context) (err error) {
		way, err = s.backend.SendTest(ctx, connection, who)
		return err
	}, func(err error) {
		t.end()
		if err != nil {
			t.status.wrong(err, nil)
			return
		}
		t.show(way)
	})
}

func (t *testPart) show(way core.TestAnswer) {
	for _, hop := range way.Steps {
		line := look.NewStep(hop.Title)
		hop.Detail = timed(hop)
		line.SetStep(advised(hop), nil)
		t.hops.Add(line)
	}
	if way.Result != "" {
		result := look.NewStep(way.Result)
		result.OK(words.T("wizard.test.changed.line"))
		t.hops.Add(result)
	}
	for _, note := range way.Notes {
		t.hops.Add(wrapped(note))
	}
	t.hops.Refresh()
	t.screen.frame.reveal(t.hops)
}

// timed is what a hop found, and how long it took.
func timed(hop core.Step) string {
	took := time.Duration(hop.Took)
	if took < time.Millisecond {
		return hop.Detail
	}
	return strings.TrimSpace(words.T("wizard.test.hop", "Detail", hop.Detail, "Took", took.Round(time.Millisecond).String()))
}
