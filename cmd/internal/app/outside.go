package app

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"usher/core"
)

// outside calls Usher's own webhook URLs from the internet, as a CRM does.
type outside struct {
	transport http.RoundTripper // nil for one of its own
}

// callTime is more than the door may take, which waits up to five seconds for its work.
const callTime = 15 * time.Second

// Call implements engine.Caller.
func (o outside) Call(ctx context.Context, target core.Secret, body []byte) error {
	ctx, cancel := context.WithTimeout(ctx, callTime)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, target.Reveal(), bytes.NewReader(body))
	if err != nil {
		return core.NewProblem("test.no_url", nil) // the cause quotes the key
	}
	req.Header.Set("User-Agent", "Usher test")
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Ngrok-Skip-Browser-Warning", "1")
	transport := o.transport
	if transport == nil {
		own := &http.Transport{Proxy: http.ProxyFromEnvironment}
		defer own.CloseIdleConnections()
		transport = own
	}
	resp, err := transport.RoundTrip(req) // not a client: it would follow redirects, and quote the key
	if err != nil {
		if context.Cause(ctx) == context.Canceled { //nolint:errorlint // exactly: the caller gave up
			return ctx.Err()
		}
		return core.NewProblem("test.no_answer", nil)
	}
	defer func() { _ = resp.Body.Close() }()
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, 64<<10))
	return verdict(resp)
}

// verdict says what an answer means. The codes of ngrok's edge are from
// ngrok.com/docs/errors.
func verdict(resp *http.Response) error {
	edge := strings.ToUpper(resp.Header.Get("Ngrok-Error-Code"))
	switch {
	case edge == "ERR_NGROK_725", edge == "ERR_NGROK_727":
		return core.NewProblem("address.month_used_up", nil)
	case edge == "ERR_NGROK_734", edge == "ERR_NGROK_1214":
		return core.NewProblem("address.too_fast", nil)
	case edge != "":
		return core.NewProblem("test.no_answer", nil).About(edge)
	case resp.StatusCode == http.StatusOK:
		return nil
	case resp.StatusCode == http.StatusForbidden:
		return core.NewProblem("test.wrong_key", nil)
	default:
		return core.NewProblem("test.elsewhere", nil).About("it answered " + strconv.Itoa(resp.StatusCode))
	}
}
