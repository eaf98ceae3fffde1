package look

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// readingWidth keeps lines short enough to read in a wide window.
const readingWidth = 760

// Page puts parts below each other with room around them; it scrolls and stays readable in a
// wide window. Tab goes through it from top to bottom.
func Page(parts ...fyne.CanvasObject) fyne.CanvasObject {
	inset := theme.Size(SizeNameGap) * 1.25
	column := container.New(column{}, Stacked(parts...))
	return container.NewVScroll(container.New(layout.NewCustomPaddedLayout(inset, inset, inset, inset), column))
}

// Stacked puts parts below each other, apart.
func Stacked(parts ...fyne.CanvasObject) *fyne.Container {
	return container.New(layout.NewCustomPaddedVBoxLayout(theme.Size(SizeNameGap)), parts...)
}

// PageHeader opens a page: what it is, a sentence about it, and its actions at the right.
// The sentence may be empty.
func PageHeader(title, text string, actions ...fyne.CanvasObject) fyne.CanvasObject {
	words := tight(heading(title, theme.SizeNameHeadingText))
	if text != "" {
		words.Add(sentence(text))
	}
	return container.NewBorder(nil, nil, nil, topRight(actions...), words)
}

// Section opens a part of a page.
func Section(title string) fyne.CanvasObject { return heading(title, theme.SizeNameSubHeadingText) }

// Actions sets buttons in a row, where the text of labels begins. The keyboard reaches them in
// their order.
func Actions(buttons ...fyne.CanvasObject) fyne.CanvasObject { return inset(row(buttons...)) }

func row(parts ...fyne.CanvasObject) *fyne.Container {
	return container.New(layout.NewCustomPaddedHBoxLayout(theme.Size(theme.SizeNameInnerPadding)), parts...)
}

// tight puts labels below each other without the toolkit's gap: they have padding of their own.
func tight(parts ...fyne.CanvasObject) *fyne.Container {
	return container.New(layout.NewCustomPaddedVBoxLayout(-2*theme.Size(theme.SizeNamePadding)), parts...)
}

// Inset moves what has no padding of its own, such as a grid of buttons, to where the text of
// labels begins.
func Inset(content fyne.CanvasObject) fyne.CanvasObject { return inset(content) }

func inset(content fyne.CanvasObject) fyne.CanvasObject {
	side, between := theme.Size(theme.SizeNameInnerPadding), theme.Size(theme.SizeNamePadding)
	return container.New(layout.NewCustomPaddedLayout(between, between, side, side), content)
}

// besideLabel is a tone's icon at the height of a label's first line.
func besideLabel(tone Tone) *fyne.Container { return atFirstLine(widget.NewIcon(tone.Icon())) }

func atFirstLine(icon *widget.Icon) *fyne.Container {
	above := theme.Size(theme.SizeNameInnerPadding)
	return container.NewVBox(container.New(layout.NewCustomPaddedLayout(above, 0, above, 0), icon))
}

func topRight(parts ...fyne.CanvasObject) fyne.CanvasObject {
	return container.NewVBox(row(parts...))
}

// column lays its one object out no wider than people read, in the middle.
type column struct{}

// MinSize implements [fyne.Layout].
func (column) MinSize(objects []fyne.CanvasObject) fyne.Size { return objects[0].MinSize() }

// Layout implements [fyne.Layout].
func (column) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	width := max(min(size.Width, readingWidth), objects[0].MinSize().Width)
	objects[0].Resize(fyne.NewSize(width, size.Height))
	objects[0].Move(fyne.NewPos(max(0, (size.Width-width)/2), 0))
}
