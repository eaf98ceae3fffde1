package activity

import (
	"context"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"usher/core"
	"usher/ui/look"
	"usher/ui/stage"
	"usher/ui/words"
)

const (
	typingPause = 200 * time.Millisecond // after the last letter, before a search
	scrollPause = 30 * time.Millisecond  // after a row came in sight, before its page is asked for
	newsPause   = 20 * time.Millisecond  // after something changed
	// Work for what is only kept up to date takes at most this part of the time: a search
	// through many messages takes a while.
	restPart  = 4
	mostPause = 5 * time.Second
	nearEnd   = 30 // rows before the end, older messages are asked for
)

// list is the list of messages.
type list struct {
	screen *Screen
	filter *filter
	feed   *feed
	rows   *look.List
	whole  fyne.CanvasObject
	middle *fyne.Container // the rows, or what stands in their place
	status *widget.Label
	news   *look.Button // messages that came while a person is reading

	asking *stage.Latest // for the newest messages
	asked  bool          // for others than are shown
	stale  bool          // something changed while asking
	took   time.Duration // the last time
	paging *stage.Latest // for a page in sight
	wanted int           // the number of that page
}

func newList(s *Screen) *list {
	l := &list{screen: s, status: look.Muted(""), middle: container.NewStack(), asking: s.stage.NewLatest(), paging: s.stage.NewLatest()}
	l.filter = newFilter(l.search)
	l.rows = look.NewList(l.length, func() fyne.CanvasObject { return look.NewTwoLines() }, l.show, l.open)
	l.news = look.NewButton("", l.toNews)
	l.news.Hide()
	l.status.Hide()
	head := container.NewVBox(look.PageHeader(words.T("activity.title"), ""), l.filter.row, l.status, container.NewCenter(l.news))
	l.middle.Objects = []fyne.CanvasObject{l.rows}
	l.whole = container.NewBorder(look.Column(head), nil, nil, nil, look.Column(l.middle))
	return l
}

func (l *list) length() int {
	if l.feed == nil {
		return 0
	}
	return l.feed.rows()
}

// update keeps the list up to date. What a person is reading stays where it is.
func (l *list) update(changed bool) {
	l.filter.update(l.screen.overview.Connections)
	if !changed {
		l.rows.Refresh() // the times in it
		return
	}
	if l.asking.Busy() {
		l.stale = true
		return
	}
	l.refresh(newsPause)
}

// find searches for a text, or shows the messages of a connection.
func (l *list) find(subject string) {
	l.filter.set(subject, l.screen.overview.Connections)
	l.search(0)
}

// search asks for what the filter says, instead of what is shown.
func (l *list) search(pause time.Duration) {
	if !l.screen.seen {
		return // the first Update asks
	}
	l.asked = true
	l.say(words.T("activity.searching.line"))
	l.refresh(pause)
}

// toNews shows the newest messages.
func (l *list) toNews() {
	l.asked = true
	l.screen.stage.Window.Canvas().Unfocus()
	l.refresh(0)
}

// answer is what came back: the newest messages, and the pages in sight as they are now.
type answer struct {
	newest core.Activity
	pages  map[int]core.Activity
	took   time.Duration
}

// refresh asks for the newest messages and, where they are to stay in sight, for the pages that
// are. It gives up what was asked before.
func (l *list) refresh(pause time.Duration) {
	var got answer
	query, shown, inSight := l.filter.query(), l.feed, []int(nil)
	if shown != nil && !l.asked && l.rows.Reading() {
		inSight = l.inSight()
	}
	asks := map[int]core.ActivityQuery{}
	for _, number := range inSight {
		asks[number] = shown.ask(number)
	}
	l.paging.GiveUp()
	l.stale = false
	l.asking.Do(pause, func(ctx context.Context) (err error) {
		got, err = l.ask(ctx, query, asks)
		return err
	}, func(err error) { l.take(query, shown, got, err) })
}

func (l *list) ask(ctx context.Context, query core.ActivityQuery, asks map[int]core.ActivityQuery) (got answer, err error) {
	begun := time.Now()
	query.Limit = pageSize
	if got.newest, err = l.screen.backend.Activity(ctx, query); err != nil {
		return got, err
	}
	got.pages = map[int]core.Activity{}
	for number, q := range asks {
		if got.pages[number], err = l.screen.backend.Activity(ctx, q); err != nil {
			return got, err
		}
	}
	got.took = time.Since(begun)
	return got, nil
}

// take shows the answer.
func (l *list) take(query core.ActivityQuery, shown *feed, got answer, err error) {
	switch {
	case err != nil:
		l.wrong(err)
		return
	case l.asked || l.feed == nil:
		l.feed = newFeed(query, got.newest)
		l.asked = false
		l.rows.ToTop()
	case !l.rows.Reading():
		l.feed = newFeed(query, got.newest)
	case l.feed == shown:
		for number, page := range got.pages {
			l.feed.put(number, page)
		}
	}
	l.took = got.took
	l.tellNews(got.newest)
	l.standIn()
	l.rows.Refresh()
	if l.stale {
		l.refresh(min(newsPause+restPart*l.took, mostPause))
	}
}

// tellNews offers what is newer than the rows.
func (l *list) tellNews(newest core.Activity) {
	n, more := l.feed.newer(newest)
	l.news.Hidden = n == 0
	switch {
	case more:
		l.news.SetText(words.N("activity.news_more", n))
	case n > 0:
		l.news.SetText(words.N("activity.news", n))
	}
	l.say("")
}

// inSight lists the pages whose rows are seen.
func (l *list) inSight() (numbers []int) {
	first, last := l.rows.InSight()
	for _, row := range []int{first, last} {
		number, _, _ := l.feed.at(row)
		if number < len(l.feed.pages) && (len(numbers) == 0 || numbers[0] != number) {
			numbers = append(numbers, number)
		}
	}
	return numbers
}

// show fills a row, and asks for what is missing around it.
func (l *list) show(id int, o fyne.CanvasObject) {
	row := o.(*look.TwoLines)
	number, line, held := l.feed.at(id)
	switch {
	case !held:
		row.Set("…", "", look.Pending, "", "")
		l.want(number)
		return
	case l.feed.next != "" && id > l.feed.rows()-nearEnd:
		l.want(len(l.feed.pages))
	}
	fill(row, line, l.screen.now())
}

// want asks for a page, soon: while a person scrolls, only where they stop counts.
func (l *list) want(number int) {
	if l.asked || (l.paging.Busy() && l.wanted == number) {
		return
	}
	l.wanted = number
	var got core.Activity
	f, query := l.feed, l.feed.ask(number)
	l.paging.Do(scrollPause, func(ctx context.Context) (err error) {
		got, err = l.screen.backend.Activity(ctx, query)
		return err
	}, func(err error) {
		switch {
		case f != l.feed:
		case err != nil:
			l.wrong(err)
		default:
			f.put(number, got)
			l.rows.Refresh()
		}
	})
}

func (l *list) open(row int) {
	if _, line, held := l.feed.at(row); held {
		l.screen.open(line.ID)
	}
}

func (l *list) say(what string) {
	l.status.Hidden = what == ""
	l.status.SetText(what)
}

// wrong shows why the messages cannot be shown.
func (l *list) wrong(err error) {
	t := trouble(err)
	l.say("")
	l.place(container.NewVBox(look.Card{
		Tone: look.DidNotWork, Title: t.Title, Text: t.Fix,
		Actions: []fyne.CanvasObject{look.NewMainButton(words.T("activity.again"), func() { l.search(0) })},
	}.Object()))
}

// standIn shows the rows, or says why there are none and what to do next.
func (l *list) standIn() {
	switch {
	case l.length() > 0:
		l.place(l.rows)
	case l.filter.any():
		l.place(look.EmptyState(look.Pending.Icon(), words.T("activity.nothing.title"), words.T("activity.nothing.text"),
			look.NewButton(words.T("activity.nothing.button"), l.filter.clear)))
	case len(l.screen.overview.Connections) == 0:
		l.place(look.EmptyState(look.AppIcon(), words.T("activity.first.title"), words.T("activity.first.text"),
			look.NewMainButton(words.T("activity.first.button"), func() { l.screen.stage.Go("wizard", "") })))
	default:
		l.place(look.EmptyState(look.Pending.Icon(), words.T("activity.first.title"), words.T("activity.none.text"),
			look.NewMainButton(words.T("activity.none.button"), func() { l.screen.stage.Go("connections", l.screen.overview.Connections[0].Name) })))
	}
}

func (l *list) place(what fyne.CanvasObject) {
	if l.middle.Objects[0] == what {
		return
	}
	l.middle.Objects = []fyne.CanvasObject{what}
	l.middle.Refresh()
}
