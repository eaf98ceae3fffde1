package needs

import (
	"context"
	"errors"
	"reflect"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"usher/core"
	"usher/ui/look"
	"usher/ui/stage"
	"usher/ui/words"
)

const (
	fewMessages  = 3                      // are shown unasked
	tellingPause = 100 * time.Millisecond // between two looks at long work
)

// card is one Need. Its parts stay the same objects when it is drawn anew.
type card struct {
	screen *Screen
	need   core.Need
	slot   *fyne.Container

	fix      *look.Button
	one, all *look.Button
	none     *look.Button // says no to all
	list     *look.Button
	progress *look.Progress
	report   *look.Report
	messages *messages
	body     *fyne.Container
	where    *widget.Label

	fixed  *stage.Fix
	giveUp func() // of a run under way, else nil
}

func newCard(s *Screen) *card {
	c := &card{screen: s, slot: container.NewStack(), report: look.NewReport(), where: look.Muted("")}
	c.fix = look.NewMainButton("", func() { c.fixed.Do() })
	c.one = look.NewButton(words.T("needs.one"), c.tryOne)
	c.all = look.NewButton("", func() { c.tryAll(c.screen.retry()) })
	c.none = look.NewButton("", func() { c.tryAll(c.screen.decline()) })
	c.list = look.NewQuietButton("", c.toggle)
	c.progress = look.NewProgress(c.stop)
	c.progress.Hide()
	c.messages = newMessages(c)
	c.body = container.NewVBox(c.where, c.messages.box, c.progress, c.report)
	return c
}

// update shows a newer state of the Need.
func (c *card) update(need core.Need) {
	if reflect.DeepEqual(c.need, need) {
		c.messages.refresh() // the times in it
		return
	}
	c.need = need
	c.fixed = c.screen.stage.Fix(need.Problem.Code, stage.SubjectOf(c.screen.overview, need.Problem.About, need.Connection))
	c.messages.update()
	c.draw()
}

func (c *card) draw() {
	c.where.SetText(c.place())
	c.where.Hidden = c.where.Text == ""
	c.slot.Objects = []fyne.CanvasObject{look.Card{
		Tone: c.tone(), Title: c.title(), Text: stage.Advice(c.need.Problem),
		Count: c.count(), Body: c.body, Actions: c.actions(),
	}.Object()}
	c.slot.Refresh()
	c.screen.refresh()
}

func (c *card) tone() look.Tone {
	if c.need.Waits && c.fixed == nil {
		return look.Waiting // nothing is to be done here
	}
	return look.NeedsYou
}

// title is the one sentence. A changed address is told by its message, not by a user's number.
func (c *card) title() string {
	if c.need.Problem.Code == "user.email_change" {
		return words.N("needs.ask_email", max(1, len(c.need.Messages)))
	}
	return words.Plain(c.need.Problem.Title)
}

func (c *card) count() string {
	switch {
	case c.need.Count == 0:
		return ""
	case c.need.Waits:
		return words.N("needs.count.wait", c.need.Count)
	}
	return words.N("needs.count", c.need.Count)
}

// place says where the Need is, and that nobody has to start again what waits.
func (c *card) place() string {
	var parts []string
	if about := words.Plain(c.need.Problem.About); about != "" && about != "Usher" {
		parts = append(parts, about)
	}
	if c.need.Waits {
		parts = append(parts, words.T("needs.waits.text"))
	}
	return strings.Join(parts, " · ")
}

// actions are the buttons, the one to take first. Many messages are asked about together only
// where the question is how many they are; else each is a question of its own.
func (c *card) actions() (buttons []fyne.CanvasObject) {
	together := c.need.Problem.Code == "connection.crowd"
	many := len(c.need.Messages) > 1 || c.need.Count > 1
	c.fix.Importance = widget.HighImportance
	switch {
	case together:
		c.all.Importance = widget.HighImportance
		c.all.SetText(words.N("needs.yes_all", c.need.Count))
		c.none.SetText(words.N("needs.no_all", c.need.Count))
		buttons = append(buttons, c.all, c.none)
	case !c.need.Waits && !c.need.Question && many:
		c.all.Importance = widget.MediumImportance
		c.all.SetText(words.N("needs.all", c.need.Count))
	}
	if c.need.Question {
		c.fix.Importance = widget.MediumImportance
	}
	if c.fixed != nil {
		c.fix.SetText(c.fixed.Label)
		buttons = append(buttons, c.fix)
	}
	if !together && !c.need.Waits && !c.need.Question && many {
		buttons = append(buttons, c.one, c.all)
	}
	if len(c.need.Messages) > fewMessages {
		c.list.SetText(c.listText())
		buttons = append(buttons, c.list)
	}
	for _, b := range []*look.Button{c.one, c.all, c.none} {
		if c.running() {
			b.Disable()
		} else {
			b.Enable()
		}
	}
	return buttons
}

func (c *card) listText() string {
	switch {
	case c.messages.open:
		return words.T("needs.hide")
	case c.need.Count > len(c.need.Messages):
		return words.N("needs.show_first", len(c.need.Messages))
	}
	return words.N("needs.show", len(c.need.Messages))
}

func (c *card) toggle() {
	c.messages.open = !c.messages.open
	c.list.SetText(c.listText())
	c.messages.update()
	c.screen.refresh()
}

// tryOne starts the newest message again, to see whether it works now.
func (c *card) tryOne() {
	if len(c.need.Messages) > 0 {
		c.try(c.need.Messages[0], nil, c.screen.retry(), func() {})
	}
}

// try takes a step with a message, as [Screen.again] does; over is called in the end, whatever
// came of it.
func (c *card) try(id string, seen *question, by step, over func()) {
	c.report.Clear()
	code := c.need.Problem.Code
	c.screen.stage.Do(func(ctx context.Context) error {
		return c.screen.again(ctx, id, code, seen, by)
	}, func(err error) {
		over()
		switch {
		case errors.Is(err, errMovedOn):
			c.screen.stage.Toast(words.T("needs.moved_on.line"))
			c.messages.load()
		case err != nil:
			c.wrong(err)
		default:
			c.screen.stage.Toast(by.one)
		}
	})
}

func (c *card) wrong(err error) {
	trouble := core.AsProblem(err).Trouble("")
	trouble.Title, trouble.Fix = words.Plain(trouble.Title), stage.Advice(trouble)
	c.report.Problem(trouble)
	c.screen.refresh()
}

func (c *card) running() bool { return c.giveUp != nil }

// tryAll takes a step with all messages, one after the other.
func (c *card) tryAll(by step) {
	if c.running() {
		return
	}
	c.report.Clear()
	need, last, result := c.need, time.Time{}, run{}
	c.progress.Set(words.N("needs.begin.line", need.Count), -1)
	c.progress.Show()
	c.draw()
	c.screen.refresh()
	c.giveUp = func() {} // until there is something to give up
	c.giveUp = c.screen.stage.Do(func(ctx context.Context) (err error) {
		result, err = c.screen.allAgain(ctx, need, by, func(r run) {
			if now := time.Now(); now.Sub(last) >= tellingPause && ctx.Err() == nil {
				last = now
				fyne.Do(func() { c.tell(r) })
			}
		})
		return err
	}, func(err error) {
		c.endRun()
		if err != nil {
			c.wrong(err)
			return
		}
		c.screen.stage.Toast(by.many(result.done))
	})
}

func (c *card) tell(r run) {
	at := r.done + r.skipped
	c.progress.Set(words.N("needs.progress.line", at, "Of", r.of), float64(at)/float64(max(1, r.of)))
}

// stop leaves the rest as it is.
func (c *card) stop() {
	c.close()
	c.screen.stage.Toast(words.T("needs.stopped.line"))
}

// close gives up the work of the card.
func (c *card) close() {
	c.messages.loading.GiveUp()
	if c.running() {
		c.giveUp()
		c.endRun()
	}
}

func (c *card) endRun() {
	c.giveUp = nil
	c.progress.Hide()
	c.draw()
	c.screen.Update(c.screen.overview) // a card that only waited for the end goes
	c.screen.refresh()
}
