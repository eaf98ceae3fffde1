package look

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"
)

// Question is a button that first asks, in its place on the page: for what cannot be taken back.
type Question struct {
	widget.BaseWidget
	begin, yes, no *Button
	row            fyne.CanvasObject // of begin
	page           func() fyne.CanvasObject
	asking         *fyne.Container
	body           *fyne.Container
}

// Ask is what a [Question] says.
type Ask struct {
	Button  string // that asks
	Title   string // the question
	Points  []string
	Yes, No string
	Do      func() // after a yes
	// Page is what it is on, which scrolls to it; nil for none.
	Page func() fyne.CanvasObject
}

// NewQuestion makes a question that is not asked yet.
func NewQuestion(ask Ask) *Question {
	q := &Question{page: ask.Page}
	q.begin = NewButton(ask.Button, q.Ask)
	q.yes = NewDangerButton(ask.Yes, func() { q.Close(); ask.Do() })
	q.no = NewButton(ask.No, q.giveUp)
	points := tight()
	for _, point := range ask.Points {
		points.Add(sentence(point))
	}
	q.asking = container.NewStack(Card{
		Tone: NeedsYou, Title: ask.Title, Body: points, Actions: []fyne.CanvasObject{q.yes, q.no},
	}.Object())
	q.asking.Hide()
	q.row = Actions(q.begin)
	q.body = container.NewVBox(q.row, q.asking)
	q.ExtendBaseWidget(q)
	return q
}

// Ask asks, with the keyboard on the answer that changes nothing.
func (q *Question) Ask() {
	q.begin.Hide()
	q.row.Hide()
	q.asking.Show()
	q.Refresh()
	if q.page != nil {
		Reveal(q.page(), q)
	}
	focus(q, q.no)
}

// Asking reports whether the question is open.
func (q *Question) Asking() bool { return q.asking.Visible() }

// Close takes the question back.
func (q *Question) Close() {
	q.asking.Hide()
	q.begin.Show()
	q.row.Show()
	q.Refresh()
}

func (q *Question) giveUp() {
	q.Close()
	focus(q, q.begin)
}

func focus(within fyne.Widget, to fyne.Focusable) {
	if c := fyne.CurrentApp().Driver().CanvasForObject(within); c != nil {
		FocusLater(c, to)
	}
}

// CreateRenderer implements [fyne.Widget].
func (q *Question) CreateRenderer() fyne.WidgetRenderer { return widget.NewSimpleRenderer(q.body) }
