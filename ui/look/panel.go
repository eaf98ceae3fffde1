package look

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// panel is a rounded ground behind its content, in colours of the theme. Unlike a canvas
// rectangle it changes with the theme.
type panel struct {
	widget.BaseWidget
	content    fyne.CanvasObject
	fill, edge fyne.ThemeColorName // empty for none
	radius     fyne.ThemeSizeName
}

func newPanel(content fyne.CanvasObject) *panel {
	p := &panel{content: content, fill: ColorNameCard, radius: SizeNameCardRadius}
	p.ExtendBaseWidget(p)
	return p
}

// CreateRenderer implements [fyne.Widget].
func (p *panel) CreateRenderer() fyne.WidgetRenderer {
	ground := canvas.NewRectangle(nil)
	r := &panelRenderer{
		WidgetRenderer: widget.NewSimpleRenderer(container.NewStack(ground, p.content)),
		panel:          p, ground: ground,
	}
	r.paint()
	return r
}

type panelRenderer struct {
	fyne.WidgetRenderer
	panel  *panel
	ground *canvas.Rectangle
}

func (r *panelRenderer) Refresh() {
	r.paint()
	r.WidgetRenderer.Refresh()
}

func (r *panelRenderer) paint() {
	r.ground.CornerRadius = theme.SizeForWidget(r.panel.radius, r.panel)
	r.ground.FillColor, r.ground.StrokeColor, r.ground.StrokeWidth = nil, nil, 0
	if r.panel.fill != "" {
		r.ground.FillColor = theme.ColorForWidget(r.panel.fill, r.panel)
	}
	if r.panel.edge != "" {
		r.ground.StrokeColor, r.ground.StrokeWidth = theme.ColorForWidget(r.panel.edge, r.panel), 1
	}
	r.ground.Refresh()
}

// newText is text of one line, without the padding a label has, in a colour of the theme.
func newText(text string, color fyne.ThemeColorName, size fyne.ThemeSizeName, style fyne.TextStyle) *line {
	l := &line{text: text, color: color, size: size, style: style}
	l.ExtendBaseWidget(l)
	return l
}

type line struct {
	widget.BaseWidget
	text  string
	color fyne.ThemeColorName
	size  fyne.ThemeSizeName
	style fyne.TextStyle
}

// CreateRenderer implements [fyne.Widget].
func (l *line) CreateRenderer() fyne.WidgetRenderer {
	text := canvas.NewText("", nil)
	r := &lineRenderer{WidgetRenderer: widget.NewSimpleRenderer(text), line: l, text: text}
	r.paint()
	return r
}

type lineRenderer struct {
	fyne.WidgetRenderer
	line *line
	text *canvas.Text
}

func (r *lineRenderer) Refresh() {
	r.paint()
	r.WidgetRenderer.Refresh()
}

func (r *lineRenderer) paint() {
	r.text.Text, r.text.TextStyle = r.line.text, r.line.style
	r.text.Color, r.text.TextSize = theme.ColorForWidget(r.line.color, r.line), theme.SizeForWidget(r.line.size, r.line)
	r.text.Refresh()
}

// heading is a label whose text wraps, in a size of the theme.
func heading(text string, size fyne.ThemeSizeName) *widget.Label {
	l := widget.NewLabelWithStyle(text, fyne.TextAlignLeading, fyne.TextStyle{Bold: true})
	l.SizeName, l.Wrapping = size, fyne.TextWrapWord
	return l
}

// sentence is a label whose text wraps.
func sentence(text string) *widget.Label {
	l := widget.NewLabel(text)
	l.Wrapping = fyne.TextWrapWord
	return l
}

// muted is a sentence of second importance. Low importance takes the theme's disabled colour,
// which in Usher's theme can be read.
func muted(text string) *widget.Label {
	l := sentence(text)
	l.Importance, l.SizeName = widget.LowImportance, theme.SizeNameCaptionText
	return l
}
