package opening

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"usher/core"
	"usher/ui/look"
	"usher/ui/words"
)

// Busy says that something takes a moment: words.T("opening.busy.line") or another sentence.
func Busy(what string) fyne.CanvasObject {
	progress := look.NewProgress(nil)
	progress.Set(what, -1)
	return look.Page(progress)
}

// Answers are what a person can do about a trouble; nil ones are not offered.
type Answers struct {
	Again func()
	// File keeps passwords in a sealed file, where there is no place for them on this computer.
	File func()
	// Restore puts a back-up in the place of a damaged data file.
	Restore func()
	// Anew sets a damaged data file aside and begins with an empty one.
	Anew func()
	Quit func()
}

// Trouble says why Usher cannot open.
func Trouble(p core.Trouble, a Answers) fyne.CanvasObject {
	card := look.Card{Tone: look.NeedsYou, Title: p.Title, Text: p.Fix}
	if a.File != nil {
		card.Text = words.T("opening.file.text")
		card.Actions = append(card.Actions, look.NewMainButton(words.T("opening.file"), a.File))
	}
	if a.Restore != nil {
		card.Actions = append(card.Actions, look.NewMainButton(words.T("opening.restore"), a.Restore))
	}
	if a.Again != nil {
		card.Actions = append(card.Actions, look.NewButton(words.T("opening.again"), a.Again))
	}
	if a.Anew != nil {
		card.Text += "\n\n" + words.T("opening.anew.text")
		card.Actions = append(card.Actions, look.NewButton(words.T("opening.anew"), a.Anew))
	}
	if a.Quit != nil {
		card.Actions = append(card.Actions, look.NewQuietButton(words.T("opening.quit"), a.Quit))
	}
	return look.Page(look.PageHeader(words.T("opening.trouble.title"), ""), card.Object())
}

// Ask asks for the passphrase of the sealed file. Wrong says that the last one did not open it.
func Ask(c fyne.Canvas, wrong bool, done func(passphrase core.Secret), quit func()) fyne.CanvasObject {
	entry := look.NewSecretEntry("")
	row := look.NewFormRow(words.T("opening.passphrase"), words.T("opening.passphrase.help"), entry)
	if wrong {
		row.SetProblem(words.T("opening.wrong.line"))
	}
	submit := func() {
		if entry.Text == "" {
			row.SetProblem(words.T("opening.empty.line"))
			return
		}
		done(core.NewSecret(entry.Text))
	}
	entry.OnSubmitted = func(string) { submit() }
	look.FocusLater(c, entry)
	return look.Page(
		look.PageHeader(words.T("opening.ask.title"), words.T("opening.ask.text")), row,
		look.Actions(look.NewMainButton(words.T("opening.open"), submit), look.NewQuietButton(words.T("opening.quit"), quit)),
	)
}

// shortest is how many characters a passphrase has at least. It is tried at once per second
// and core of whoever stole the file.
const shortest = 10

// Choose asks for a passphrase for a new sealed file, twice: nobody can tell it again.
func Choose(c fyne.Canvas, done func(passphrase core.Secret), quit func()) fyne.CanvasObject {
	first, second := look.NewSecretEntry(""), look.NewSecretEntry("")
	firstRow := look.NewFormRow(words.T("opening.passphrase"), words.N("opening.choose.help", shortest), first)
	secondRow := look.NewFormRow(words.T("opening.repeat"), words.T("opening.repeat.help"), second)
	submit := func() {
		firstRow.SetProblem("")
		secondRow.SetProblem("")
		switch {
		case len([]rune(first.Text)) < shortest:
			firstRow.SetProblem(words.N("opening.short.line", shortest))
		case first.Text != second.Text:
			secondRow.SetProblem(words.T("opening.differ.line"))
		default:
			done(core.NewSecret(first.Text))
		}
	}
	first.OnSubmitted = func(string) { c.Focus(second) }
	second.OnSubmitted = func(string) { submit() }
	look.FocusLater(c, first)
	return look.Page(
		look.PageHeader(words.T("opening.choose.title"), words.T("opening.choose.text")), firstRow, secondRow,
		look.Actions(look.NewMainButton(words.T("opening.begin"), submit), look.NewQuietButton(words.T("opening.quit"), quit)),
	)
}

// Stopping says what is being stopped, in place of the screens.
func Stopping() fyne.CanvasObject {
	progress := look.NewProgress(nil)
	progress.Set(words.T("quit.busy.line"), -1)
	return container.NewStack(look.Page(look.PageHeader(words.T("quit.title"), words.T("quit.text")), progress))
}
