package look

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
)

// Card is one thing a page shows: a problem, a connection, a question. All but Title may be left out.
type Card struct {
	Tone    Tone
	Title   string
	Count   string // how many wait, in a word or two
	Text    string
	Body    fyne.CanvasObject
	Actions []fyne.CanvasObject // the one to take first
}

// Object draws the card.
func (c Card) Object() fyne.CanvasObject {
	parts := tight(c.head())
	if c.Text != "" {
		parts.Add(sentence(c.Text))
	}
	whole := container.NewVBox(parts)
	if c.Body != nil {
		whole.Add(c.Body)
	}
	if len(c.Actions) > 0 {
		whole.Add(Actions(c.Actions...))
	}
	if c.Tone == NoTone {
		return onCard(whole)
	}
	return onCard(container.NewBorder(nil, nil, besideLabel(c.Tone), nil, whole))
}

func (c Card) head() fyne.CanvasObject {
	title := heading(c.Title, theme.SizeNameSubHeadingText)
	if c.Count == "" {
		return title
	}
	tone := c.Tone
	if tone == NoTone {
		tone = Info
	}
	return container.NewBorder(nil, nil, nil, container.NewCenter(pill(tone, c.Count)), title)
}

// onCard lays content on a card's ground.
func onCard(content fyne.CanvasObject) fyne.CanvasObject {
	inset := theme.Size(SizeNameCardInset)
	ground := newPanel(container.New(layout.NewCustomPaddedLayout(inset*0.6, inset, inset, inset), content))
	ground.edge = ColorNameCardEdge
	return ground
}

// EmptyState stands where a list has nothing yet: why, what to do next, and the button that does it.
// The button may be nil.
func EmptyState(icon fyne.Resource, title, text string, button *Button) fyne.CanvasObject {
	picture := canvas.NewImageFromResource(icon)
	picture.FillMode = canvas.ImageFillContain
	picture.SetMinSize(fyne.NewSquareSize(theme.Size(SizeNameBigIcon)))
	head, body := heading(title, theme.SizeNameSubHeadingText), sentence(text)
	head.Alignment, body.Alignment = fyne.TextAlignCenter, fyne.TextAlignCenter
	parts := container.NewVBox(picture, tight(head, body))
	if button != nil {
		parts.Add(container.NewCenter(button))
	}
	return container.NewVBox(layout.NewSpacer(), container.New(narrow{}, parts), layout.NewSpacer())
}

// narrow lays its one object out in the middle, at most 420 wide.
type narrow struct{}

// MinSize implements [fyne.Layout].
func (narrow) MinSize(objects []fyne.CanvasObject) fyne.Size { return objects[0].MinSize() }

// Layout implements [fyne.Layout].
func (narrow) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	width := min(size.Width, 420)
	objects[0].Resize(fyne.NewSize(width, size.Height))
	objects[0].Move(fyne.NewPos((size.Width-width)/2, 0))
}
