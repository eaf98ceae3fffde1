package look

import (
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"
)

// What appears has never been drawn, and its text does not know yet how wide it is.
func TestWhatAppearsIsBroughtIntoView(t *testing.T) {
	filler := func() fyne.CanvasObject { return sentence(strings.Repeat("What stands above it all. ", 40)) }
	long := strings.Repeat("What is there to say about it. ", 12)
	button := NewButton("Do it", nil)
	hidden := Card{Title: "A card", Text: long, Body: container.NewVBox(sentence(long)), Actions: []fyne.CanvasObject{button}}.Object()
	hidden.Hide()
	question := NewQuestion(Ask{Button: "Forget", Title: "Forget?", Points: []string{long, long}, Yes: "Yes", No: "No"})
	page := Page(filler(), Card{Title: "Another", Body: container.NewVBox(question)}.Object(), filler(), hidden).(*container.Scroll)
	question.page = func() fyne.CanvasObject { return page }
	window(t, page)
	for _, size := range []fyne.Size{fyne.NewSize(1000, 700), fyne.NewSize(640, 480)} {
		page.Resize(size)
		page.ScrollToTop()
		inView := func(what string, o fyne.CanvasObject) {
			t.Helper()
			at, there := place(o, page.Content)
			bottom := at.Y + o.Size().Height - page.Offset.Y
			if !there || o.Size().Height < 100 || at.Y < page.Offset.Y || bottom > size.Height {
				t.Errorf("%v: %s is at %v to %v of %v (%t)", size, what, at.Y-page.Offset.Y, bottom, size.Height, there)
			}
		}
		hidden.Show()
		Reveal(page, hidden)
		inView("the card", hidden)
		question.Ask()
		inView("the question", question)
		question.Close()
		hidden.Hide()
	}
	Reveal(widget.NewLabel("no page"), hidden) // is nothing
}
