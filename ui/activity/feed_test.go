package activity

import (
	"fmt"
	"testing"

	"usher/core"
)

// stored answers queries as the backend does, of messages 1 to n.
func stored(n int, hidden map[int]bool, q core.ActivityQuery) core.Activity {
	var answer core.Activity
	limit := q.Limit
	if limit == 0 {
		limit = 100
	}
	top := n + 1
	if before, ok := core.ParseID(q.Before); ok {
		top = min(top, int(before))
	}
	for id := top - 1; id > 0; id-- {
		if hidden[id] {
			continue
		}
		if len(answer.Lines) == limit {
			answer.Before = fmt.Sprint(id + 1)
			break
		}
		answer.Lines = append(answer.Lines, core.Line{ID: fmt.Sprint(id)})
	}
	return answer
}

// held counts the lines that are held.
func (f *feed) held() (n int) {
	for _, p := range f.pages {
		n += len(p.lines)
	}
	return n
}

func TestAFeedHoldsOnlyWhatIsNear(t *testing.T) {
	const n = 100_000
	f := newFeed(core.ActivityQuery{}, stored(n, nil, core.ActivityQuery{Limit: pageSize}))
	for f.next != "" {
		number := len(f.pages)
		f.put(number, stored(n, nil, f.ask(number)))
		if f.held() > (kept+1)*pageSize {
			t.Fatalf("%d lines are held", f.held())
		}
	}
	if f.rows() != n {
		t.Fatalf("%d rows", f.rows())
	}
	number, _, held := f.at(5)
	if held || number != 0 {
		t.Fatalf("the first page is held: %t, page %d", held, number)
	}
	f.put(0, stored(n, nil, f.ask(0)))
	for _, row := range []int{0, 5, 99, 100, n - 1} {
		number, line, held := f.at(row)
		if want := fmt.Sprint(n - row); held && line.ID != want || number != row/100 {
			t.Errorf("row %d is %s on page %d", row, line.ID, number)
		}
	}
	if f.rows() != n || f.held() != pageSize {
		t.Errorf("%d rows, %d held", f.rows(), f.held())
	}
}

func TestAPageKeepsToItsBounds(t *testing.T) {
	f := newFeed(core.ActivityQuery{}, stored(300, nil, core.ActivityQuery{Limit: 100}))
	f.put(1, stored(300, nil, f.ask(1)))
	// Later there are newer messages, and some are not asked for any more.
	f.put(0, stored(400, map[int]bool{250: true, 300: true}, f.ask(0)))
	if first, last := f.pages[0].lines[0].ID, f.pages[0].lines[97].ID; first != "299" || last != "201" || f.pages[0].count != 98 {
		t.Errorf("page of %d from %s to %s", f.pages[0].count, first, last)
	}
	if _, line, _ := f.at(98); line.ID != "200" {
		t.Errorf("after it comes %s", line.ID)
	}
}

func TestNewerMessagesAreCounted(t *testing.T) {
	f := newFeed(core.ActivityQuery{}, stored(300, nil, core.ActivityQuery{Limit: 100}))
	for _, c := range []struct {
		n, want int
		more    bool
	}{{300, 0, false}, {301, 1, false}, {399, 99, false}, {400, 100, true}, {900, 100, true}} {
		if n, more := f.newer(stored(c.n, nil, core.ActivityQuery{Limit: 100})); n != c.want || more != c.more {
			t.Errorf("of %d: %d, %t", c.n, n, more)
		}
	}
	nothing := newFeed(core.ActivityQuery{}, core.Activity{})
	if n, more := nothing.newer(stored(3, nil, core.ActivityQuery{})); n != 3 || more || nothing.rows() != 0 {
		t.Errorf("of an empty feed: %d, %t", n, more)
	}
}

func TestTheLastRowStandsForWhatIsNotKnown(t *testing.T) {
	f := newFeed(core.ActivityQuery{}, stored(150, nil, core.ActivityQuery{Limit: 100}))
	if number, _, held := f.at(100); f.rows() != 101 || number != 1 || held {
		t.Errorf("%d rows, page %d, held %t", f.rows(), number, held)
	}
	f.put(1, stored(150, nil, f.ask(1)))
	if f.rows() != 150 || f.next != "" {
		t.Errorf("%d rows", f.rows())
	}
}

func TestASearchThatFindsNothingEnds(t *testing.T) {
	f := newFeed(core.ActivityQuery{Text: "x"}, core.Activity{})
	if f.rows() != 0 || f.held() != 0 {
		t.Errorf("%d rows", f.rows())
	}
}
