package connections

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"usher/core"
	"usher/ui/look"
	"usher/ui/words"
)

// list is the list of connections.
type list struct {
	screen  *Screen
	views   []core.ConnectionView
	rows    *look.List
	full    fyne.CanvasObject
	empty   fyne.CanvasObject
	content *fyne.Container
}

func newList(s *Screen) *list {
	l := &list{screen: s}
	add := func() { s.stage.Go("wizard", "") }
	l.rows = look.NewList(func() int { return len(l.views) }, newRow, l.fill, func(i int) { s.open(l.views[i].Name) })
	head := look.PageHeader(words.T("connections.title"), words.T("connections.about.text"),
		look.NewMainButton(words.T("connections.add"), add))
	l.full = container.NewBorder(padded(head), nil, nil, nil, padded(l.rows))
	l.empty = look.EmptyState(look.AppIcon(), words.T("connections.empty.title"), words.T("connections.empty.text"),
		look.NewMainButton(words.T("connections.add"), add))
	l.content = container.NewStack(l.full, l.empty)
	l.full.Hide()
	l.empty.Hide() // until it is known
	return l
}

func (l *list) update() {
	l.views = l.screen.overview.Connections
	l.full.Hide()
	l.empty.Hide()
	if len(l.views) == 0 {
		l.empty.Show()
	} else {
		l.full.Show()
	}
	l.rows.Refresh()
	l.content.Refresh()
}

// row is one line of the list: what it is called and how it does.
type row struct {
	widget.BaseWidget
	name, about, last *widget.Label
	state             *look.LiveChip
	box               *fyne.Container
}

func newRow() fyne.CanvasObject {
	r := &row{name: oneLine(), about: oneLine(), last: oneLine(), state: look.NewLiveChip()}
	r.name.TextStyle.Bold = true
	for _, label := range []*widget.Label{r.about, r.last} {
		label.Importance, label.SizeName = widget.LowImportance, theme.SizeNameCaptionText
	}
	r.ExtendBaseWidget(r)
	return r
}

func oneLine() *widget.Label {
	l := widget.NewLabel("")
	l.Truncation = fyne.TextTruncateEllipsis
	return l
}

// CreateRenderer implements [fyne.Widget].
func (r *row) CreateRenderer() fyne.WidgetRenderer {
	tight := func(lines ...fyne.CanvasObject) fyne.CanvasObject {
		return container.New(layout.NewCustomPaddedVBoxLayout(-2*theme.Size(theme.SizeNamePadding)), lines...)
	}
	side := container.New(layout.NewCustomPaddedLayout(0, 0, 0, theme.Size(theme.SizeNameInnerPadding)), container.NewCenter(r.state))
	r.box = container.NewBorder(nil, nil, nil, side, tight(r.name, r.about, r.last))
	return widget.NewSimpleRenderer(r.box)
}

func (l *list) fill(i int, object fyne.CanvasObject) {
	r, view := object.(*row), l.views[i]
	how := stateOf(view, l.screen.overview)
	r.name.SetText(view.Name)
	r.about.SetText(joins(view))
	if view.Name == joins(view) { // it has no name of its own
		r.about.SetText(view.Site)
	}
	r.state.Set(how.tone(), how.word())
	r.last.SetText(lastMessage(view, l.screen.now()))
	if r.box != nil {
		r.box.Refresh() // the chip may be wider than the one before
	}
}

// padded keeps what fills the window from its edges.
func padded(content fyne.CanvasObject) fyne.CanvasObject {
	gap := theme.Size(look.SizeNameGap)
	return container.New(layout.NewCustomPaddedLayout(gap/2, gap/2, gap, gap), content)
}
