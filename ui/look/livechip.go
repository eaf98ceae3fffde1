package look

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// LiveChip is a [Chip] that can change, for rows that are used again and again.
type LiveChip struct {
	widget.BaseWidget
	icon   *canvas.Image
	text   *line
	ground *panel
}

// NewLiveChip makes a chip that says nothing yet.
func NewLiveChip() *LiveChip {
	c := &LiveChip{icon: canvas.NewImageFromResource(nil), text: newText("", "", theme.SizeNameCaptionText, fyne.TextStyle{Bold: true})}
	c.icon.FillMode = canvas.ImageFillContain
	c.icon.SetMinSize(fyne.NewSquareSize(theme.Size(theme.SizeNameText) + 1))
	c.ground = newPanel(container.New(layout.NewCustomPaddedLayout(3, 3, 9, 10), container.NewHBox(c.icon, c.text)))
	c.Set(Pending, "")
	c.ExtendBaseWidget(c)
	return c
}

// Set shows a tone's icon and a word or two.
func (c *LiveChip) Set(tone Tone, text string) {
	c.icon.Resource = tone.Icon()
	c.text.text, c.text.color = text, tone.Color()
	c.ground.fill = tone.softColor()
	c.Refresh()
}

// Text is what the chip says.
func (c *LiveChip) Text() string { return c.text.text }

// CreateRenderer implements [fyne.Widget].
func (c *LiveChip) CreateRenderer() fyne.WidgetRenderer {
	return widget.NewSimpleRenderer(c.ground)
}
