package activity

import (
	"slices"

	"usher/core"
)

const (
	pageSize = 100
	mostPage = 500 // that the backend answers at once
	kept     = 10  // pages whose lines are held
)

// feed is what is known of the messages a query asks for. It knows how many there are down to where
// a person went, and holds only the lines near them: the others are asked for again.
type feed struct {
	query core.ActivityQuery
	pages []*page
	next  string // goes on after the last page; empty at the end
}

// page is some messages in a row.
type page struct {
	before string // all of it is older than this id
	last   string // the id of its oldest message
	count  int
	lines  []core.Line // nil where they are not held
}

// newFeed begins with the newest messages.
func newFeed(query core.ActivityQuery, newest core.Activity) *feed {
	f := &feed{query: query}
	f.add(newest)
	return f
}

// add puts the answer to f.after() at the end.
func (f *feed) add(answer core.Activity) {
	f.next = answer.Before
	if len(answer.Lines) == 0 {
		return
	}
	f.pages = append(f.pages, newPage(answer.Lines))
}

func newPage(lines []core.Line) *page {
	return &page{
		before: following(lines[0].ID), last: lines[len(lines)-1].ID, count: len(lines), lines: lines,
	}
}

// following is the id after an id, so that “before” it takes the message itself in.
func following(id string) string {
	seq, _ := core.ParseID(id)
	return core.FormatID(seq + 1)
}

// rows is how many rows there are to show: a last one stands for what is not known yet.
func (f *feed) rows() int {
	n := 0
	for _, p := range f.pages {
		n += p.count
	}
	if f.next != "" {
		n++
	}
	return n
}

// at finds the page of a row and, if it is held, the line. Behind the last page stands none.
func (f *feed) at(row int) (pageNumber int, line core.Line, held bool) {
	for i, p := range f.pages {
		if row < p.count {
			if p.lines == nil {
				return i, core.Line{}, false
			}
			return i, p.lines[row], true
		}
		row -= p.count
	}
	return len(f.pages), core.Line{}, false
}

// ask is the query for a page, or for what comes after the last one.
func (f *feed) ask(number int) core.ActivityQuery {
	q := f.query
	q.Before, q.Limit = f.next, pageSize
	if number < len(f.pages) {
		q.Before, q.Limit = f.pages[number].before, mostPage
	}
	return q
}

// put takes the answer to f.ask(number). A page's messages are those between its bounds that
// the query still asks for: one that is done by now is no longer among those that need a person.
func (f *feed) put(number int, answer core.Activity) {
	if number >= len(f.pages) {
		f.add(answer)
	} else {
		p := f.pages[number]
		p.lines = slices.DeleteFunc(answer.Lines, func(l core.Line) bool { return older(l.ID, p.last) })
		p.count = len(p.lines)
	}
	f.forget(number)
}

// forget lets go of the lines far from a page.
func (f *feed) forget(near int) {
	for i, p := range f.pages {
		if i < near-kept/2 || i > near+kept/2 {
			p.lines = nil
		}
	}
}

// newer counts how many of the newest messages are newer than all of the feed, and whether
// there may be more of them than that.
func (f *feed) newer(newest core.Activity) (n int, more bool) {
	if len(f.pages) == 0 {
		return len(newest.Lines), newest.Before != ""
	}
	for _, line := range newest.Lines {
		if older(line.ID, f.pages[0].before) {
			return n, false
		}
		n++
	}
	return n, newest.Before != ""
}

// older reports whether an id is of an older message than another.
func older(a, b string) bool {
	x, _ := core.ParseID(a)
	y, _ := core.ParseID(b)
	return x < y
}
