package look

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"usher/ui/words"
)

// FormRow is an input with its label above it, and below it help, or what is wrong with it.
type FormRow struct {
	widget.BaseWidget
	input fyne.CanvasObject
	label *widget.Label
	help  *widget.Label // nil for none
	wrong *widget.Label
	sign  *fyne.Container // an icon and wrong
}

// NewFormRow makes a row; label, where the input has words of its own, and help may be empty.
func NewFormRow(label, help string, input fyne.CanvasObject) *FormRow {
	r := &FormRow{input: input, label: sentence(label), help: muted(help), wrong: muted("")}
	r.label.TextStyle.Bold = true
	r.label.Hidden = label == ""
	r.help.Hidden = help == ""
	r.wrong.Importance, r.wrong.SizeName = widget.DangerImportance, theme.SizeNameText
	r.sign = container.NewBorder(nil, nil, besideLabel(DidNotWork), nil, r.wrong)
	r.sign.Hide()
	r.ExtendBaseWidget(r)
	return r
}

// SetProblem shows what is wrong with the input in place of its help; nothing is wrong with "".
func (r *FormRow) SetProblem(text string) {
	r.wrong.SetText(text)
	r.sign.Hidden = text == ""
	r.help.Hidden = text != "" || r.help.Text == ""
	r.Refresh()
}

// Problem is what SetProblem was told.
func (r *FormRow) Problem() string { return r.wrong.Text }

// CreateRenderer implements [fyne.Widget].
func (r *FormRow) CreateRenderer() fyne.WidgetRenderer {
	return widget.NewSimpleRenderer(tight(r.label, inset(r.input), r.help, r.sign))
}

// CopyRow shows a value that is read, not typed: it can be selected, and a button copies it. A
// disabled entry could not be read.
type CopyRow struct {
	widget.BaseWidget
	label, value *widget.Label
	button       *Button
}

// NewCopyRow makes a row; copied, which may be nil, hears the news to show.
func NewCopyRow(label, value string, copied func(news string)) *CopyRow {
	r := &CopyRow{label: sentence(label), value: widget.NewLabel(value)}
	r.label.TextStyle.Bold = true
	r.value.Selectable, r.value.Wrapping = true, fyne.TextWrapBreak
	r.value.TextStyle.Monospace = true
	r.button = NewButton(words.T("copy.button"), func() {
		fyne.CurrentApp().Clipboard().SetContent(r.value.Text)
		if copied != nil {
			copied(words.T("copy.done.line"))
		}
	})
	r.button.Icon = theme.ContentCopyIcon()
	r.ExtendBaseWidget(r)
	return r
}

// SetValue shows another value, which is what the button copies from then on.
func (r *CopyRow) SetValue(value string) { r.value.SetText(value) }

// CreateRenderer implements [fyne.Widget].
func (r *CopyRow) CreateRenderer() fyne.WidgetRenderer {
	value := newPanel(r.value)
	value.fill, value.edge, value.radius = theme.ColorNameInputBackground, ColorNameCardEdge, theme.SizeNameInputRadius
	row := container.NewBorder(nil, nil, nil, topRight(layout.NewSpacer(), r.button), value)
	return widget.NewSimpleRenderer(tight(r.label, inset(row)))
}
