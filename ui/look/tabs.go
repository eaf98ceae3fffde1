package look

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// Tab is one page of [Tabs].
type Tab struct {
	Name string
	Page fyne.CanvasObject
}

// Tabs shows one of some pages, chosen by its name in a row above them. The toolkit's tabs cannot
// be reached by the keyboard.
type Tabs struct {
	widget.BaseWidget
	tabs   []Tab
	marks  []*panel // a line below the name of the page that is shown
	names  *fyne.Container
	pages  *fyne.Container
	chosen int
}

// markHeight is that of the line below a name.
const markHeight = 3

// NewTabs makes tabs that show the first page.
func NewTabs(tabs ...Tab) *Tabs {
	t := &Tabs{tabs: tabs, names: row(), pages: container.NewStack()}
	for i, tab := range tabs {
		line := canvas.NewRectangle(color.Transparent)
		line.SetMinSize(fyne.NewSize(0, markHeight))
		mark := newPanel(line)
		mark.fill, mark.radius = "", theme.SizeNameSelectionRadius
		t.marks = append(t.marks, mark)
		button := NewQuietButton(tab.Name, func() { t.Choose(i) })
		t.names.Add(container.NewBorder(nil, mark, nil, nil, button))
		t.pages.Add(tab.Page)
	}
	t.ExtendBaseWidget(t)
	t.Choose(0)
	return t
}

// Choose shows another page.
func (t *Tabs) Choose(i int) {
	t.chosen = i
	for at, tab := range t.tabs {
		t.marks[at].fill = ""
		if at == i {
			t.marks[at].fill = theme.ColorNamePrimary
			tab.Page.Show()
		} else {
			tab.Page.Hide()
		}
		t.marks[at].Refresh()
	}
	t.pages.Refresh()
}

// Chosen is the page that is shown.
func (t *Tabs) Chosen() int { return t.chosen }

// CreateRenderer implements [fyne.Widget].
func (t *Tabs) CreateRenderer() fyne.WidgetRenderer {
	side := theme.Size(SizeNameGap) * 1.25
	names := container.New(layout.NewCustomPaddedLayout(0, 0, side, side), container.New(column{}, container.NewHScroll(t.names)))
	head := container.New(layout.NewCustomPaddedVBoxLayout(0), names, widget.NewSeparator())
	return widget.NewSimpleRenderer(container.NewBorder(head, nil, nil, nil, t.pages))
}
