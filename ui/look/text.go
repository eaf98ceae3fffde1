package look

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// Lines puts labels below each other as the lines of one text.
func Lines(labels ...fyne.CanvasObject) *fyne.Container { return tight(labels...) }

// Strong is a label of one line that matters most; what does not fit ends with an ellipsis.
func Strong(text string) *widget.Label {
	l := cut(widget.NewLabel(text))
	l.TextStyle.Bold = true
	return l
}

// Muted is a label of second importance, as long as it needs to be.
func Muted(text string) *widget.Label { return muted(text) }

// Sentence is a label as long as it needs to be.
func Sentence(text string) *widget.Label { return sentence(text) }

// cut ends a label's text with an ellipsis where it is too long for its line.
func cut(l *widget.Label) *widget.Label {
	l.Wrapping, l.Truncation = fyne.TextWrapOff, fyne.TextTruncateEllipsis
	return l
}

// Evidence shows a text as it came from elsewhere: letter by letter, to be read and selected.
type Evidence struct {
	widget.BaseWidget
	text *widget.Label
}

// NewEvidence makes an Evidence of nothing yet.
func NewEvidence() *Evidence {
	e := &Evidence{text: widget.NewLabel("")}
	e.text.Selectable, e.text.Wrapping, e.text.TextStyle.Monospace = true, fyne.TextWrapBreak, true
	e.ExtendBaseWidget(e)
	return e
}

// Set shows a text.
func (e *Evidence) Set(text string) {
	if e.text.Text != text {
		e.text.SetText(text)
	}
}

// CreateRenderer implements [fyne.Widget].
func (e *Evidence) CreateRenderer() fyne.WidgetRenderer {
	ground := newPanel(e.text)
	ground.fill, ground.edge, ground.radius = theme.ColorNameInputBackground, ColorNameCardEdge, theme.SizeNameInputRadius
	return widget.NewSimpleRenderer(ground)
}
