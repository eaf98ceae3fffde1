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
	long := strings.Repeat("What is there to say about it. ", 12)
	for _, size := range []fyne.Size{fyne.NewSize(1000, 700), fyne.NewSize(640, 480)} {
		window(t) // whose theme the page is made in
		appears := container.NewVBox()
		question := NewQuestion(Ask{Button: "Forget", Title: "Forget?", Points: []string{long, long}, Yes: "Yes", No: "No"})
		page := Page(sentence(strings.Repeat(long, 3)), Card{Title: "Another", Body: container.NewVBox(question)}.Object(), appears).(*container.Scroll)
		question.page = func() fyne.CanvasObject { return page }
		window(t, page)
		page.Resize(size)
		inView := func(what string, o fyne.CanvasObject) {
			t.Helper()
			at, there := place(o, page.Content)
			bottom := at.Y + o.Size().Height - page.Offset.Y
			if !there || o.Size().Height < 100 || at.Y < page.Offset.Y || bottom > size.Height {
				t.Errorf("%v: %s is at %v to %v of %v (%t)", size, what, at.Y-page.Offset.Y, bottom, size.Height, there)
			}
		}
		appears.Add(Card{
			Tone: NeedsYou, Title: long, Text: long,
			Body: container.NewVBox(NewStep(long)), Actions: []fyne.CanvasObject{NewButton("Do it", nil)},
		}.Object())
		Reveal(page, appears)
		inView("the card", appears)
		question.Ask()
		inView("the question", question)
		Reveal(widget.NewLabel("no page"), appears) // is nothing
	}
}
