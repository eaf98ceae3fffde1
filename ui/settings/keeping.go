package settings

import (
	"context"
	"strconv"

	"fyne.io/fyne/v2"

	"usher/core"
	"usher/ui/look"
	"usher/ui/words"
)

// keeping is how long is kept what nobody needs any more.
type keeping struct {
	screen *Screen
	seen   core.Keeping // what the form was filled with

	days, messages       *look.Entry
	daysRow, messagesRow *look.FormRow
	save, undo           *look.Button
	report               *look.Report
	filling, filled      bool
	content              fyne.CanvasObject
}

func newKeeping(s *Screen) *keeping {
	k := &keeping{screen: s, report: look.NewReport()}
	k.days = look.NewEntry(words.T("settings.keeping.days.none"))
	k.messages = look.NewEntry(words.T("settings.keeping.messages.none"))
	for _, entry := range []*look.Entry{k.days, k.messages} {
		entry.OnChanged = func(string) { k.changed() }
		entry.OnSubmitted = func(string) { k.store() }
	}
	k.daysRow = look.NewFormRow(words.T("settings.keeping.days"), words.T("settings.keeping.days.help"), k.days)
	k.messagesRow = look.NewFormRow(words.T("settings.keeping.messages"), words.T("settings.keeping.messages.help"), k.messages)
	k.save = look.NewMainButton(words.T("settings.save"), k.store)
	k.undo = look.NewButton(words.T("settings.undo"), func() { k.fill(k.seen) })
	k.content = look.Stacked(look.Section(words.T("settings.keeping.title")), k.daysRow, k.messagesRow, k.report, look.Actions(k.save, k.undo))
	return k
}

func (k *keeping) update() {
	now := k.screen.overview.Keeping
	if !k.filled || (now != k.seen && !k.edited()) {
		k.fill(now)
	}
}

func (k *keeping) fill(now core.Keeping) {
	k.filling = true
	k.seen, k.filled = now, true
	k.days.SetText(limit(now.SentDays))
	k.messages.SetText(limit(now.Messages))
	k.filling = false
	k.report.Clear()
	k.changed()
}

// limit writes a number that may be none.
func limit(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

// edits are what is typed and not saved, and which of it is a number.
func (k *keeping) edits() (change core.KeepingChange, days, messages bool) {
	sent, days := number(k.days.Text)
	listed, messages := number(k.messages.Text)
	tell(&change.SentDays, k.seen.SentDays, int(min(sent, tooMuch)))
	tell(&change.Messages, k.seen.Messages, int(min(listed, tooMuch)))
	return change, days, messages
}

// tooMuch is more than can be kept: Usher says so.
const tooMuch = 1 << 30

func (k *keeping) edited() bool {
	change, days, messages := k.edits()
	return !days || !messages || change != core.KeepingChange{}
}

// changed follows what is typed.
func (k *keeping) changed() {
	if k.filling {
		return
	}
	k.daysRow.SetProblem("")
	k.messagesRow.SetProblem("")
	if k.edited() {
		k.save.Enable()
		k.undo.Enable()
	} else {
		k.save.Disable()
		k.undo.Disable()
	}
}

// store saves what was changed. Where that fails all that was typed stays.
func (k *keeping) store() {
	change, days, messages := k.edits()
	if !days {
		k.daysRow.SetProblem(words.T("settings.keeping.wrong.line"))
	}
	if !messages {
		k.messagesRow.SetProblem(words.T("settings.keeping.wrong.line"))
	}
	if !days || !messages || k.save.Disabled() {
		return
	}
	k.save.Disable()
	var now core.Keeping
	k.screen.carryOut(k.report, words.T("settings.saving.line"), func(ctx context.Context) (err error) {
		now, err = k.screen.backend.ChangeKeeping(ctx, change)
		return err
	}, func(done bool) {
		if !done {
			k.changed()
			return
		}
		k.fill(now)
		k.screen.stage.Toast(words.T("settings.saved.line"))
	})
}
