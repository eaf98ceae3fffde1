package activity

import (
	"context"
	"reflect"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"usher/core"
	"usher/ui/look"
	"usher/ui/stage"
	"usher/ui/words"
)

// detail is all there is to tell about one message. It is drawn anew where something changed; its
// buttons stay the same objects, so that the keyboard stays where it is.
type detail struct {
	screen *Screen
	id     string
	shown  *core.Detail // nil until it came

	whole  *container.Scroll
	head   *fyne.Container
	body   *fyne.Container
	back   *look.Button
	fix    *look.Button
	again  *look.Button // or the yes to what it is held for
	no     *look.Button
	newer  *look.Button
	copyID *look.CopyRow
	report *look.Report
	came   *look.Evidence
	fixed  *stage.Fix

	loading *stage.Latest
	trying  *stage.Latest
	stale   bool
}

func newDetail(s *Screen, id string) *detail {
	d := &detail{
		screen: s, id: id, head: container.NewStack(), body: look.Stacked(), report: look.NewReport(), came: look.NewEvidence(),
		loading: s.stage.NewLatest(), trying: s.stage.NewLatest(),
	}
	d.back = look.NewButton(words.T("activity.back"), s.back)
	d.fix = look.NewMainButton("", func() { d.fixed.Do() })
	d.again = look.NewButton("", func() {
		d.try(words.T("activity.again.line"), func(ctx context.Context) error {
			_, err := s.backend.Retry(ctx, id)
			return err
		})
	})
	d.no = look.NewButton(words.T("activity.no"), func() {
		d.try(words.T("activity.no.line"), func(ctx context.Context) error { return s.backend.Decline(ctx, id) })
	})
	d.newer = look.NewButton(words.T("activity.newer"), func() { s.open(d.shown.Line.Into) })
	d.copyID = look.NewCopyRow(words.T("activity.id"), id, s.stage.Toast)
	d.body.Add(look.Muted(words.T("activity.loading.line")))
	d.head.Add(look.PageHeader("", "", d.back))
	d.whole = look.Page(d.head, d.body).(*container.Scroll)
	d.load()
	return d
}

func (d *detail) update(changed bool) {
	switch {
	case changed && d.loading.Busy():
		d.stale = true
	case changed:
		d.load()
	case d.shown != nil:
		d.draw() // the times in it
	}
}

// close gives up the work of the page.
func (d *detail) close() {
	d.loading.GiveUp()
	d.trying.GiveUp()
}

func (d *detail) load() {
	var got core.Detail
	d.stale = false
	d.loading.Do(0, func(ctx context.Context) (err error) {
		got, err = d.screen.backend.Detail(ctx, d.id)
		return err
	}, func(err error) {
		switch {
		case err != nil:
			d.missing(err)
		case d.shown == nil || !reflect.DeepEqual(*d.shown, got):
			d.shown = &got
			d.draw()
		}
		if d.stale {
			d.load()
		}
	})
}

// missing says why the message cannot be shown.
func (d *detail) missing(err error) {
	t := trouble(err)
	d.body.Objects = []fyne.CanvasObject{look.Card{Tone: look.DidNotWork, Title: t.Title, Text: t.Fix}.Object()}
	d.body.Refresh()
}

func (d *detail) draw() {
	line := d.shown.Line
	parts, said := []fyne.CanvasObject{}, news(line)
	if isTroubled(line) {
		parts, said = append(parts, d.problem(line)), ""
	}
	parts = append(parts, d.report, d.origin(), look.Section(words.T("activity.done.title")))
	parts = append(parts, d.steps()...)
	parts = append(parts, look.Section(words.T("activity.message.title")), d.message(), d.copyID)
	d.body.Objects = parts
	d.head.Objects = []fyne.CanvasObject{look.PageHeader(who(line), said, look.StateChip(line.State), d.back)}
	d.layOut()
}

// layOut shows the newer parts and leaves the page scrolled to where it was.
func (d *detail) layOut() {
	offset := d.whole.Offset
	d.head.Refresh()
	d.body.Refresh()
	d.whole.Refresh() // texts that wrap know their height only now
	d.whole.ScrollToOffset(offset)
}

// problem says what is wrong and what to do, with the buttons that do it.
func (d *detail) problem(line core.Line) fyne.CanvasObject {
	card := look.Card{
		Tone: look.ToneOf(line.State), Title: words.Plain(line.Problem.Title), Text: stage.Advice(*line.Problem),
	}
	need := d.need(line)
	d.fixed = d.screen.stage.Fix(line.Problem.Code, stage.SubjectOf(d.screen.overview, "", line.Connection))
	if d.fixed != nil && !need.Question {
		d.fix.SetText(d.fixed.Label)
		card.Actions = append(card.Actions, d.fix)
	}
	d.again.SetText(words.T("activity.again"))
	if need.Question {
		d.again.SetText(words.T("activity.yes"))
	}
	if !d.shown.Erased {
		card.Actions = append(card.Actions, d.again)
	}
	if need.Declinable {
		card.Actions = append(card.Actions, d.no)
	}
	return card.Object()
}

// need is what the message is held for; empty where it is not.
func (d *detail) need(line core.Line) core.Need {
	for _, need := range d.screen.overview.Needs {
		if line.State == core.Held && need.Connection == line.Connection && need.Problem.Code == line.Problem.Code {
			return need
		}
	}
	return core.Need{}
}

// try takes a step with the message, if it still stands as it is shown: an answer is to what was
// seen. Done is told then.
func (d *detail) try(done string, step func(context.Context) error) {
	seen := *d.shown
	d.again.Disable()
	d.no.Disable()
	d.report.Clear()
	moved := false
	d.trying.Do(0, func(ctx context.Context) error {
		now, err := d.screen.backend.Detail(ctx, d.id)
		if err != nil {
			return err
		}
		if moved = !reflect.DeepEqual(now.Line.Problem, seen.Line.Problem) || !reflect.DeepEqual(now.Steps, seen.Steps); moved {
			return nil
		}
		return step(ctx)
	}, func(err error) {
		d.again.Enable()
		d.no.Enable()
		switch {
		case err != nil:
			d.report.Problem(trouble(err))
		case moved:
			d.screen.stage.Toast(words.T("activity.moved_on.line"))
		default:
			d.screen.stage.Toast(done)
		}
		d.load()
	})
}

// origin tells what came: when, from where, and what it asked for.
func (d *detail) origin() fyne.CanvasObject {
	line := d.shown.Line
	text := words.T("activity.came.text", "When", words.Exact(line.Received.In(d.screen.now().Location())), "Connection", words.Plain(line.Connection),
		"Action", action(line.Action))
	card := look.Card{Title: words.Message(d.crm(line)), Text: text}
	if line.Into != "" {
		card.Actions = append(card.Actions, d.newer)
	}
	return card.Object()
}

// crm is the CRM's name as its vendor writes it, where it is known.
func (d *detail) crm(line core.Line) string {
	for _, c := range d.screen.overview.Connections {
		if c.Kind == line.CRM {
			return words.Plain(c.CRM)
		}
	}
	return words.Plain(line.CRM)
}

// steps tells what was done, oldest first.
func (d *detail) steps() (parts []fyne.CanvasObject) {
	for _, note := range d.shown.Line.Notes {
		if len(d.shown.Steps) == 0 { // it ended without any
			parts = append(parts, look.Sentence(words.Plain(note)))
		}
	}
	if len(parts)+len(d.shown.Steps) == 0 {
		return []fyne.CanvasObject{look.Sentence(words.T("activity.nothing_done.text"))}
	}
	for _, step := range d.shown.Steps {
		title := words.State(step.State)
		if step.Outcome != "" {
			title = words.Outcome(step.Outcome)
		}
		lines := look.Lines()
		if step.Problem != nil {
			lines.Add(look.Sentence(words.Plain(step.Problem.Title)))
		}
		for _, field := range step.Fields {
			lines.Add(look.Sentence(change(field)))
		}
		for _, note := range step.Notes {
			lines.Add(look.Sentence(words.Plain(note)))
		}
		card := look.Card{Tone: look.ToneOf(step.State), Title: title, Count: words.When(step.At, d.screen.now())}
		if len(lines.Objects) > 0 {
			card.Body = lines
		}
		parts = append(parts, card.Object())
	}
	return parts
}

// change tells what became of a field. Of a password nothing is told but that it was set.
func change(field core.FieldChange) string {
	name := words.Plain(field.Field)
	switch {
	case strings.Contains(strings.ToLower(field.Field), "pass"):
		return words.T("activity.change.set", "Field", name)
	case field.Old == "":
		return words.T("activity.change.new", "Field", name, "New", words.Plain(field.New))
	}
	return words.T("activity.change", "Field", name, "Old", words.Plain(field.Old), "New", words.Plain(field.New))
}

// message shows what came, as far as it can be read.
func (d *detail) message() fyne.CanvasObject {
	text := words.PlainText(d.shown.Message)
	switch {
	case d.shown.Erased:
		return look.Sentence(words.T("activity.erased.text"))
	case text == "":
		return look.Sentence(words.T("activity.unread.text"))
	}
	d.came.Set(text)
	return d.came
}
