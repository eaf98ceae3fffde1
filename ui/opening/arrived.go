package opening

import (
	"fyne.io/fyne/v2"

	"usher/ui/look"
	"usher/ui/words"
)

// Arrived says that Usher moved here from another computer, with some connections and waiting
// messages. Where the old one was not told to stop, this one begins only when the person says
// that it may.
func Arrived(connections, waiting int, settled bool, open func(begin bool)) fyne.CanvasObject {
	card := look.Card{
		Tone: look.Done, Title: words.N("arrived.connections", connections), Text: words.N("arrived.waiting.text", waiting),
		Actions: []fyne.CanvasObject{look.NewMainButton(words.T("arrived.open"), func() { open(true) })},
	}
	if settled {
		return look.Page(look.PageHeader(words.T("arrived.title"), words.T("arrived.text")), card.Object())
	}
	card.Tone, card.Text = look.NeedsYou, words.T("arrived.old.text")
	card.Actions = []fyne.CanvasObject{
		look.NewMainButton(words.T("arrived.begin"), func() { open(true) }),
		look.NewButton(words.T("arrived.wait"), func() { open(false) }),
	}
	return look.Page(look.PageHeader(words.T("arrived.title"), words.T("arrived.text")), card.Object())
}
