package wordpress

import (
	"context"
	"net/http"
	"sync"
	"time"

	"usher/core"
	"usher/core/rest"
)

const (
	// How long an Offer is believed. A site that just got the helper is to notice soon.
	helperKnownFor  = 10 * time.Minute
	nothingKnownFor = 5 * time.Minute
	// noBatchFor is longer: what refuses batches is old or a security plugin, neither
	// changes by the minute, and the latter counts refusals.
	noBatchFor = time.Hour

	batchMost = 25 // WordPress's own limit for batch/v1
)

// offers remembers what the site can do.
type offers struct {
	mu      sync.Mutex
	helper  *helperInfo // nil: none
	until   time.Time
	noBatch time.Time        // no batches before this
	clock   func() time.Time // nil: time.Now
}

// Offer says what the site can do. The answer is kept for 10 minutes where the helper
// is, 5 where it is not, and dropped when the site turns out to be otherwise. Errors are
// those of a call to the site; a site without the helper is none.
//
// Whether the site takes batches is not asked: WordPress's index says what its version
// can, not what a security plugin lets through, so the first batch has to show anyway,
// and one that is refused has done nothing. Until then Most supposes the best.
func (c *Client) Offer(ctx context.Context) (core.Offer, error) {
	info, err := c.helper(ctx)
	switch {
	case err != nil:
		return core.Offer{}, err
	case info != nil:
		return info.offer(), nil
	case c.offers.batches():
		return core.Offer{Most: batchMost}, nil
	default:
		return core.Offer{Most: 1}, nil
	}
}

// helper returns what the helper says of itself and the site, nil where there is none.
func (c *Client) helper(ctx context.Context) (*helperInfo, error) {
	if info, known := c.offers.known(); known {
		return info, nil
	}
	what := call{method: http.MethodGet, route: helperRoute + "/info"}
	answer, err := c.exchange(ctx, what)
	if err != nil {
		return nil, err
	}
	if notThere(answer) {
		return c.offers.learn(nil), nil
	}
	if err := c.judge(answer, what); err != nil {
		return nil, err
	}
	info, err := readInfo(answer)
	if err != nil {
		return nil, err
	}
	return c.offers.learn(info), nil
}

// notThere reports whether an answer says that there is no such route. Security plugins
// say so in their own words; should it be the account that may too little, WordPress's
// own routes, which are used instead, report that better. A web page says nothing: it
// may stand in front of the whole site.
func notThere(answer *rest.Response) bool {
	switch answer.Status {
	case http.StatusForbidden, http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusGone, http.StatusNotImplemented:
		return answer.IsJSON()
	default:
		return false
	}
}

func (o *offers) now() time.Time {
	if o.clock != nil {
		return o.clock()
	}
	return time.Now()
}

func (o *offers) known() (*helperInfo, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.helper, o.now().Before(o.until)
}

func (o *offers) learn(info *helperInfo) *helperInfo {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.helper, o.until = info, o.now().Add(nothingKnownFor)
	if info != nil {
		o.until = o.now().Add(helperKnownFor)
	}
	return info
}

// forget has the site asked again before anything else is believed.
func (o *offers) forget() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.helper, o.until = nil, time.Time{}
}

func (o *offers) batches() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return !o.now().Before(o.noBatch)
}

func (o *offers) refuseBatches() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.noBatch = o.now().Add(noBatchFor)
}
