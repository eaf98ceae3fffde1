package ortto

import (
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	"usher/core"
	"usher/core/rest"
)

// maxWait bounds what Ortto may ask for.
const maxWait = time.Hour

// fault is an error as Ortto writes it. The text of Error may quote a person.
type fault struct {
	Code         int             `json:"code"`
	Error        string          `json:"error"`
	TryInSeconds json.RawMessage `json:"try-in-seconds"` // a number or text
}

// readFault never fails: what cannot be read is left empty.
func readFault(body []byte) fault {
	var f fault
	_ = json.Unmarshal(body, &f) // reads on past a member of another type
	return f
}

// classify says what an answer of the API means: nil for one that went well, else the
// Problem it is. No text of the answer is taken over.
func classify(answer *rest.Response) *core.Problem {
	f, status := readFault(answer.Body), answer.Status
	if status == http.StatusOK && f.Error != "" && f.Code >= 400 {
		status = f.Code
	}
	about := func(code string) *core.Problem {
		return core.NewProblem(code, refusal(f.Error)).About(strconv.Itoa(status))
	}
	switch {
	case status >= 200 && status < 300:
		return nil
	case status == http.StatusTooManyRequests:
		return core.NewProblem("crm.busy", nil).After(waitIn(answer, f))
	case status == http.StatusServiceUnavailable && answer.RetryAfter() > 0:
		return core.NewProblem("crm.busy", nil).After(answer.RetryAfter())
	case status == http.StatusUnauthorized:
		return core.NewProblem("crm.unauthorized", nil)
	case status == http.StatusForbidden:
		return core.NewProblem("crm.forbidden", nil)
	case status == http.StatusInsufficientStorage:
		return core.NewProblem("crm.refused", nil).About("the account has all the contacts it may have")
	case status == http.StatusBadRequest, status == http.StatusUnprocessableEntity:
		return about("crm.refused")
	default:
		return about("crm.server_error")
	}
}

// refusal keeps Ortto's own words for the program, never for people.
type refusal string

func (refusal) Error() string { return "Ortto said why" }

// waitIn reads Ortto's own way of saying how long to wait, and the usual one.
func waitIn(answer *rest.Response, f fault) time.Duration {
	text := string(f.TryInSeconds)
	if unquoted, err := strconv.Unquote(text); err == nil {
		text = unquoted
	}
	seconds, err := strconv.ParseFloat(text, 64)
	if err != nil || !(seconds > 0) {
		return answer.RetryAfter()
	}
	return time.Duration(min(seconds, maxWait.Seconds()) * float64(time.Second))
}
