package pulse

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"usher/core"
	"usher/core/rest"
)

// problemOf turns an error of the HTTP client into a Problem. The owner typed the address,
// so a redirect is for the owner to set right.
func problemOf(err error) error {
	var redirect *rest.RedirectError
	if !errors.As(err, &redirect) {
		return rest.CRMProblem(err)
	}
	p := core.NewProblem("crm.settings", nil).About("the address leads elsewhere")
	if redirect.Location != nil {
		p.Detail = "the address leads to another: " + redirect.Location.Hostname()
	}
	return p
}

// classify says what an answer is: nil for one that went well, else the Problem. No text of
// the answer is taken over, for it may quote a person's data.
func classify(answer *rest.Response) *core.Problem {
	said := readRefusal(answer.Body)
	switch status := answer.Status; {
	case status == http.StatusUnauthorized:
		return signInAgain()
	case status == http.StatusTooManyRequests,
		status == http.StatusServiceUnavailable && answer.RetryAfter() > 0:
		return core.NewProblem("crm.busy", nil).After(answer.RetryAfter())
	case status == http.StatusForbidden && said != nil:
		return core.NewProblem("crm.forbidden", nil)
	case status >= 500, status >= 400 && said == nil:
		return core.NewProblem("crm.server_error", nil).About(fmt.Sprint(status))
	case said == nil:
		return nil
	case status == http.StatusNotFound, status == http.StatusGone, said.missing():
		return noContact()
	case status >= 400, said.failed():
		return core.NewProblem("crm.refused", nil).About(said.fields())
	default:
		return nil
	}
}

// refusal is an error as Pulse writes it: one of its own, or one of Laravel's about values.
type refusal struct {
	ID     json.RawMessage            `json:"id"`
	Error  any                        `json:"error"`
	Errors map[string]json.RawMessage `json:"errors"`
}

// readRefusal reads any JSON object as one; nil for anything else.
func readRefusal(body []byte) *refusal {
	var object map[string]json.RawMessage
	if json.Unmarshal(body, &object) != nil || object == nil {
		return nil
	}
	r := &refusal{}
	_ = json.Unmarshal(body, r) // reads on past a member of another type
	return r
}

// failed reports whether an answer that claims to be well tells of an error. A contact may
// have a field called "error".
func (r *refusal) failed() bool { return r.ID == nil && (r.Error != nil || len(r.Errors) > 0) }

// missing reports whether nobody was found, as a search says with some status.
func (r *refusal) missing() bool {
	said, _ := r.Error.(string)
	return r.failed() && strings.Contains(strings.ToLower(said), "not found")
}

// fields are the names of the fields complained about.
func (r *refusal) fields() string {
	names := slices.DeleteFunc(slices.Sorted(maps.Keys(r.Errors)), func(name string) bool {
		return len(name) > 60 || strings.Trim(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-[]") != ""
	})
	return strings.Join(names, ", ")
}

// notUnderstood is for answers of another shape than the one there should be.
func notUnderstood() *core.Problem {
	return core.NewProblem("crm.server_error", nil).About("the answer is not what " + name + " usually says")
}

func noContact() *core.Problem { return core.NewProblem("crm.no_contact", nil) }
