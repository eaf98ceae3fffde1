package wordpress

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"usher/core"
	"usher/core/rest"
)

// writeByCore writes without the helper.
func (c *Client) writeByCore(ctx context.Context, jobs []job) {
	var orders []job
	for _, j := range jobs {
		if j.plain() {
			j.done(*j.Before, nil)
			continue
		}
		orders = append(orders, j)
	}
	left, err := inGroups(orders, func(rest []job) int { return min(len(rest), batchMost) }, func(group []job) error {
		if len(group) > 1 && c.offers.batches() {
			return c.writeBatch(ctx, group)
		}
		return c.writeSingly(ctx, group)
	})
	failAll(slices.DeleteFunc(left, job.settled), err)
}

// settled reports whether it is known what became of the job.
func (j job) settled() bool { return j.written.Err != nil || j.written.User.ID != 0 }

// writeSingly returns an error that makes going on useless.
func (c *Client) writeSingly(ctx context.Context, jobs []job) error {
	for _, j := range jobs {
		user, err := c.carryOut(ctx, j.order)
		err = ended(ctx, err)
		if j.done(user, err); stops(err) {
			return err
		}
	}
	return nil
}

// writeBatch writes 2 to 25 users in one request to batch/v1, which takes users since
// WordPress 6.6. Where it is refused, nothing has been done, and they are written singly.
func (c *Client) writeBatch(ctx context.Context, jobs []job) error {
	what := batchCall(jobs)
	answer, err := c.exchange(ctx, what)
	if err == nil && refusesBatch(answer) {
		c.offers.refuseBatches()
		return c.writeSingly(ctx, jobs)
	}
	if err == nil && tooMuch(answer) {
		return errTooMuch
	}
	if err == nil {
		err = c.judge(answer, what)
	}
	var responses []batchResponse
	if err == nil {
		responses, err = readBatch(answer, len(jobs))
	}
	if err = ended(ctx, err); err != nil {
		failAll(jobs, err)
		return onlyIf(stops, err)
	}
	return c.settleBatch(ctx, jobs, responses)
}

func batchCall(jobs []job) call {
	requests := make([]map[string]any, len(jobs))
	for i, j := range jobs {
		requests[i] = map[string]any{
			"method": http.MethodPost, "path": j.order.route + "?" + fieldsOnly(userFields).Encode(), "body": j.order.body,
		}
	}
	return call{
		method: http.MethodPost, route: "/batch/v1", personal: true,
		body: map[string]any{"validation": "normal", "requests": requests},
	}
}

// refusesBatch reports whether batches are switched off: by a plugin that takes the route
// away, or a firewall that answers with a page. Whatever else it may be, what is then
// written singly shows.
func refusesBatch(answer *rest.Response) bool {
	switch answer.Status {
	case http.StatusForbidden, http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusNotAcceptable, http.StatusGone, http.StatusNotImplemented:
		return true
	default:
		return false
	}
}

// batchResponse is the answer to one request of a batch.
type batchResponse struct {
	Status int             `json:"status"`
	Body   json.RawMessage `json:"body"`
}

func readBatch(answer *rest.Response, want int) ([]batchResponse, error) {
	var read struct {
		Responses []batchResponse `json:"responses"`
	}
	if err := decode(answer, '{', &read); err != nil {
		return nil, err
	}
	if len(read.Responses) != want {
		return nil, brokenAnswer(fmt.Errorf("%d responses to %d requests", len(read.Responses), want))
	}
	for _, r := range read.Responses {
		if r.Status < 100 || r.Status > 599 {
			return nil, brokenAnswer(errors.New("a response without a status"))
		}
	}
	return read.Responses, nil
}

// notAllowed is WordPress before 6.6: the route is not for batches.
func (r batchResponse) notAllowed() bool {
	return r.Status == http.StatusBadRequest && readFault(r.Body).code == "rest_batch_not_allowed"
}

func (c *Client) settleBatch(ctx context.Context, jobs []job, responses []batchResponse) error {
	var refused []job
	var stop error
	for i, j := range jobs {
		if responses[i].notAllowed() {
			refused = append(refused, j)
			continue
		}
		user, err := c.readBatched(responses[i], j.order)
		if j.done(user, err); stops(err) {
			stop = err
		}
	}
	if len(refused) == 0 {
		return stop
	}
	c.offers.refuseBatches()
	return c.writeSingly(ctx, refused)
}

// readBatched judges one response as if it had come by itself.
func (c *Client) readBatched(r batchResponse, o order) (core.User, error) {
	answer := &rest.Response{Status: r.Status, Header: http.Header{"Content-Type": {"application/json"}}, Body: r.Body}
	if err := c.judge(answer, call{body: o.body, personal: true}); err != nil {
		return core.User{}, nameRole(err, o.body["roles"])
	}
	return o.read(answer)
}

// onlyIf returns err if the condition holds for it, else nil.
func onlyIf(condition func(error) bool, err error) error {
	if condition(err) {
		return err
	}
	return nil
}
