package rest

import (
	"errors"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Response is an answer, read whole.
type Response struct {
	Status int
	Header http.Header
	Body   []byte
}

// IsJSON reports whether the answer says it is JSON.
func (r *Response) IsJSON() bool {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	return err == nil && (kind == "application/json" || strings.HasSuffix(kind, "+json"))
}

// Date is the other side's clock when it answered; zero when it did not say.
func (r *Response) Date() time.Time {
	date, err := http.ParseTime(r.Header.Get("Date"))
	if err != nil {
		return time.Time{}
	}
	return date
}

// maxWait bounds what the other side may ask for.
const maxWait = time.Hour

// RetryAfter is how long the other side asked to wait: 0 when it did not, never
// negative, at most an hour.
func (r *Response) RetryAfter() time.Duration {
	now := r.Date() // the clock the other side reckons with
	if now.IsZero() {
		now = time.Now()
	}
	return retryAfter(r.Header.Get("Retry-After"), now)
}

// retryAfter reads both forms of RFC 9110 §10.2.3: seconds, or a date.
func retryAfter(value string, now time.Time) time.Duration {
	value = strings.TrimSpace(value)
	seconds, err := strconv.ParseInt(value, 10, 64)
	switch {
	case err == nil, errors.Is(err, strconv.ErrRange):
		seconds = min(max(seconds, 0), int64(maxWait/time.Second))
		return time.Duration(seconds) * time.Second
	}
	date, err := http.ParseTime(value)
	if err != nil {
		return 0
	}
	return min(max(date.Sub(now), 0), maxWait)
}
