package tunnel

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// news makes reports of what the parts of a run find out, each in its own goroutine.
type news struct {
	ctx    context.Context // of the run; once it has ended nothing here is news
	report func(Report)

	mu   sync.Mutex
	url  string // the last one that was online
	last Report
}

// online and down take the context of who says so, and do not believe it afterwards. So
// nothing that a given-up session still does is reported.
func (n *news) online(by context.Context, url string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.url = url
	n.tell(by, Report{State: Online, URL: url})
}

func (n *news) down(by context.Context, err error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.url == "" {
		n.tell(by, Report{State: Connecting, Err: err})
		return
	}
	n.tell(by, Report{State: Reconnecting, URL: n.url, Err: err})
}

func (n *news) tell(by context.Context, r Report) {
	if n.ctx.Err() != nil || by.Err() != nil || sameReport(r, n.last) {
		return
	}
	n.last = r
	n.report(r)
}

// sameReport reports whether b tells nothing that a did not. That something was proved
// again is no news.
func sameReport(a, b Report) bool {
	return a.State == b.State && a.URL == b.URL && a.Local == b.Local &&
		a.Proved.IsZero() == b.Proved.IsZero() && fmt.Sprint(a.Err) == fmt.Sprint(b.Err)
}

// conflict is how long ngrok has said that our URL is online already.
type conflict struct {
	mu    sync.Mutex
	since time.Time
}

// lasts takes in that ngrok said it again, and reports whether it has for longer than grace.
func (c *conflict) lasts(grace time.Duration) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.since.IsZero() {
		c.since = time.Now()
	}
	return time.Since(c.since) >= grace
}

func (c *conflict) over() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.since = time.Time{}
}
