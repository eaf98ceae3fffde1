package settings

import (
	"context"
	"strings"

	"fyne.io/fyne/v2"

	"usher/core"
	"usher/ui/look"
	"usher/ui/words"
)

// copies makes copies of this Usher: to move to another computer, and as a back-up.
type copies struct {
	screen *Screen

	first, second *look.Entry
	firstRow      *look.FormRow
	secondRow     *look.FormRow
	stop          *look.Check
	move          *look.Button
	moved         *look.Report

	save    *look.Button
	saved   *look.Report
	content fyne.CanvasObject
}

// shortest is how many characters the passphrase has at least; core/move says the same.
const shortest = 10

func newCopies(s *Screen) *copies {
	c := &copies{
		screen: s, first: look.NewSecretEntry(""), second: look.NewSecretEntry(""),
		moved: look.NewReport(), saved: look.NewReport(),
	}
	c.firstRow = look.NewFormRow(words.T("settings.move.passphrase"), words.N("opening.choose.help", shortest), c.first)
	c.secondRow = look.NewFormRow(words.T("opening.repeat"), words.T("opening.repeat.help"), c.second)
	c.stop = look.NewCheck(words.T("settings.move.stop"), nil)
	c.stop.SetChecked(true)
	c.move = look.NewMainButton(words.T("settings.move.button"), c.beginMove)
	c.save = look.NewButton(words.T("settings.backup.button"), func() { s.stage.PickFolder(c.backUp) })
	if s.facts.Practice {
		c.content = look.Page(text(words.T("settings.copies.practice.text")))
		return c
	}
	c.content = look.Page(
		look.Card{
			Title: words.T("settings.move.title"), Text: words.T("settings.move.text"),
			Body:    look.Stacked(c.firstRow, c.secondRow, look.NewFormRow("", words.T("settings.move.stop.help"), c.stop), c.moved),
			Actions: []fyne.CanvasObject{c.move},
		}.Object(),
		look.Card{
			Title: words.T("settings.backup.title"), Text: words.T("settings.backup.text"), Body: c.saved,
			Actions: []fyne.CanvasObject{c.save},
		}.Object(),
	)
	return c
}

// beginMove asks where the file is to go once there is a passphrase for it.
func (c *copies) beginMove() {
	given := strings.TrimSpace(c.first.Text)
	c.firstRow.SetProblem("")
	c.secondRow.SetProblem("")
	switch {
	case len([]rune(given)) < shortest:
		c.firstRow.SetProblem(words.N("opening.short.line", shortest))
	case given != strings.TrimSpace(c.second.Text):
		c.secondRow.SetProblem(words.T("opening.differ.line"))
	default:
		c.screen.stage.PickFolder(func(folder string) { c.moveTo(folder, core.NewSecret(given)) })
	}
}

func (c *copies) moveTo(folder string, passphrase core.Secret) {
	stop := c.stop.Checked
	var path string
	c.move.Disable()
	c.screen.carryOut(c.moved, words.T("settings.move.busy.line"), func(ctx context.Context) (err error) {
		path, err = c.screen.facts.Export(ctx, folder, passphrase, stop)
		return err
	}, func(done bool) {
		c.move.Enable()
		if !done {
			return
		}
		c.first.SetText("")
		c.second.SetText("")
		next := words.T("settings.move.kept.text")
		if stop {
			next = words.T("settings.move.stopped.text")
		}
		c.moved.Done(words.T("settings.copy.done.line", "Path", path), next)
	})
}

func (c *copies) backUp(folder string) {
	var path string
	c.save.Disable()
	c.screen.carryOut(c.saved, words.T("settings.backup.busy.line"), func(ctx context.Context) (err error) {
		path, err = c.screen.facts.Backup(ctx, folder)
		return err
	}, func(done bool) {
		c.save.Enable()
		if done {
			c.saved.Done(words.T("settings.copy.done.line", "Path", path), words.T("settings.backup.done.text"))
		}
	})
}
