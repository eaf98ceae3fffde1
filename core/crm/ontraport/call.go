package ontraport

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"usher/core"
	"usher/core/rest"
)

// maxWait bounds what Ontraport may ask for.
const maxWait = time.Hour

// reply is an answer that went well.
type reply struct {
	data any
	at   time.Time // Ontraport's clock, zero when it did not say
	// left is how many requests may still be made before reset has passed; -1 when it
	// did not say.
	left  int
	reset time.Duration
}

func (c *client) get(ctx context.Context, route string, query url.Values) (reply, error) {
	return c.call(ctx, http.MethodGet, route+"?"+query.Encode(), "", nil)
}

func (c *client) put(ctx context.Context, route string, body map[string]any) error {
	encoded, err := json.Marshal(body)
	if err != nil {
		return core.NewProblem("app.internal", errors.New("encode request")) // the cause may quote a value
	}
	_, err = c.call(ctx, http.MethodPut, route, "application/json", encoded)
	return err
}

func (c *client) send(ctx context.Context, method, route string, form url.Values) (reply, error) {
	return c.call(ctx, method, route, "application/x-www-form-urlencoded", []byte(form.Encode()))
}

func (c *client) call(ctx context.Context, method, route, contentType string, body []byte) (reply, error) {
	req, err := c.request(ctx, method, route, contentType, body)
	if err != nil {
		return reply{}, err
	}
	answer, err := c.http.Do(req)
	if err != nil {
		return reply{}, rest.CRMProblem(err)
	}
	if problem := classify(answer); problem != nil {
		return reply{}, problem
	}
	dec := json.NewDecoder(bytes.NewReader(answer.Body))
	dec.UseNumber()
	var object map[string]any
	if dec.Decode(&object) != nil || object == nil { // the error may quote the answer
		return reply{}, unreadable()
	}
	if code := core.Text(object["code"]); code != "" && code != "0" {
		return reply{}, core.NewProblem("crm.server_error", nil).About("it answered with an error")
	}
	left, err := strconv.Atoi(answer.Header.Get("X-Rate-Limit-Remaining"))
	if err != nil {
		left = -1
	}
	return reply{data: object["data"], at: answer.Date(), left: left, reset: reset(answer)}, nil
}

func (c *client) request(ctx context.Context, method, route, contentType string, body []byte) (*http.Request, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	key, err := c.vault.Get(ctx, keyAPI)
	if err != nil {
		return nil, err
	}
	if !headerSafe(key.Reveal()) {
		return nil, core.NewProblem("crm.settings", nil).About("API Key")
	}
	req, err := http.NewRequestWithContext(ctx, method, c.base+route, bytes.NewReader(body))
	if err != nil {
		return nil, core.NewProblem("crm.settings", nil).About("address") // the cause quotes it
	}
	req.Header.Set("Api-Appid", c.appID)
	req.Header.Set("Api-Key", key.Reveal())
	req.Header.Set("Accept", "application/json")
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
	}
	return req, nil
}

func headerSafe(text string) bool {
	return text != "" && !strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r > '~' })
}

// classify says what an answer means: nil for one that went well, else the Problem it is.
// It goes by the status, since errors may be plain text; no text of them is taken over.
// A web page is not Ontraport's answer but that of something in front of it.
func classify(answer *rest.Response) *core.Problem {
	status := answer.Status
	busy := status == http.StatusTooManyRequests || status == http.StatusServiceUnavailable && answer.RetryAfter() > 0
	switch {
	case status >= 200 && status < 300:
		return nil
	case busy && answer.RetryAfter() > 0:
		return core.NewProblem("crm.busy", nil).After(answer.RetryAfter())
	case busy:
		return core.NewProblem("crm.busy", nil).After(reset(answer))
	case status == http.StatusUnauthorized:
		return core.NewProblem("crm.unauthorized", nil)
	case isPage(answer):
		return core.NewProblem("crm.server_error", nil).About(strconv.Itoa(status))
	case status == http.StatusForbidden:
		return core.NewProblem("crm.forbidden", nil)
	case status == http.StatusNotFound: // "Object not found"
		return core.NewProblem("crm.no_contact", nil)
	case status == http.StatusBadRequest, status == http.StatusUnprocessableEntity:
		return core.NewProblem("crm.refused", nil).About(strconv.Itoa(status))
	default:
		return core.NewProblem("crm.server_error", nil).About(strconv.Itoa(status))
	}
}

func unreadable() *core.Problem {
	return core.NewProblem("crm.server_error", nil).About("it answered in another form than documented")
}

// isPage looks at the body too: Ontraport labels its plain texts as HTML.
func isPage(answer *rest.Response) bool {
	kind, _, _ := mime.ParseMediaType(answer.Header.Get("Content-Type"))
	return kind == "text/html" && bytes.HasPrefix(bytes.TrimSpace(answer.Body), []byte("<"))
}

// reset is how long it takes until requests may be made again, by Ontraport's own header.
func reset(answer *rest.Response) time.Duration {
	seconds, err := strconv.ParseInt(strings.TrimSpace(answer.Header.Get("X-Rate-Limit-Reset")), 10, 64)
	if err != nil {
		return 0
	}
	return time.Duration(min(max(seconds, 0), int64(maxWait/time.Second))) * time.Second
}
