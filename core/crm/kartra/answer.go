package kartra

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"usher/core"
	"usher/core/rest"
)

// pause is how long to wait after too many calls, which Kartra counts by the second.
const pause = time.Second

// call sends a form with the credentials and returns the object Kartra answers with.
func (c *client) call(ctx context.Context, form url.Values) (map[string]any, error) {
	form.Set(appID, c.appID)
	for _, key := range []string{apiKey, apiPassword} {
		secret, err := c.vault.Get(ctx, key)
		if err != nil {
			return nil, err
		}
		form.Set(key, strings.TrimSpace(secret.Reveal()))
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.endpoint, strings.NewReader(form.Encode()))
	if err != nil {
		return nil, core.NewProblem("crm.settings", nil).About("address") // the cause quotes it
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Accept", "application/json")
	answer, err := c.http.Do(req)
	if err != nil {
		return nil, rest.CRMProblem(err)
	}
	return read(answer)
}

// read returns what an answer says, or the Problem it is. Nothing of its text is taken
// over: it may quote the lead or the credentials.
func read(answer *rest.Response) (map[string]any, error) {
	if problem := byStatus(answer); problem != nil {
		return nil, problem
	}
	message, err := core.ReadMessage(nil, answer.Body) // whatever its Content-Type, which is not documented
	if err != nil {
		return nil, unreadable()
	}
	reply, _ := message.JSON.(map[string]any)
	if err := refused(reply); err != nil {
		return nil, err
	}
	if !strings.EqualFold(text(reply["status"]), "success") {
		return nil, unreadable()
	}
	for _, action := range objects(reply["actions"]) { // each tells by itself how it went
		for _, result := range action {
			result, _ := result.(map[string]any)
			if err := refused(result); err != nil {
				return nil, err
			}
		}
	}
	return reply, nil
}

func unreadable() *core.Problem {
	return core.NewProblem("crm.server_error", nil).About("the answer cannot be read")
}

// byStatus is for answers Kartra itself never gives, but for too many calls: it answers
// everything else with 200. They come from what stands in front of it.
func byStatus(answer *rest.Response) *core.Problem {
	wait := answer.RetryAfter()
	switch {
	case answer.Status == http.StatusTooManyRequests:
		return core.NewProblem("crm.busy", nil).After(max(wait, pause))
	case answer.Status == http.StatusServiceUnavailable && wait > 0:
		return core.NewProblem("crm.busy", nil).After(wait)
	case answer.Status == http.StatusUnauthorized:
		return core.NewProblem("crm.unauthorized", nil)
	case answer.Status == http.StatusForbidden:
		return core.NewProblem("crm.forbidden", nil)
	case answer.Status < 200 || answer.Status > 299:
		return core.NewProblem("crm.server_error", nil).About(strconv.Itoa(answer.Status))
	}
	return nil
}

// refusal is the type of an error: digits.
type refusal string

func (r refusal) Error() string { return "Kartra error " + string(r) }

// The errors that mean something to the client.
const (
	leadIsDeleted refusal = "245"
	noSuchTag     refusal = "212"
)

// refusals are the errors whose type says what to do. Source: support.kartra.com,
// "Success and error confirmation messages".
var refusals = map[refusal]struct{ code, about string }{
	"201":         {"crm.not_secure", ""},
	"202":         {"crm.unauthorized", "API Key"},
	"203":         {"crm.unauthorized", "API Key"},
	"233":         {"crm.unauthorized", "API Password"},
	"238":         {"crm.unauthorized", "App ID"},
	"239":         {"crm.unauthorized", "App ID"},
	"204":         {"crm.forbidden", "the Kartra account is not active"},
	"240":         {"crm.forbidden", "the account the App belongs to is not active"},
	"242":         {"crm.forbidden", "the App does not allow this computer's internet address"},
	"262":         {"crm.forbidden", "Kartra has not approved the App for this"},
	"206":         {"crm.no_contact", ""},
	"234":         {"crm.no_contact", ""},
	"243":         {"crm.no_contact", ""},
	leadIsDeleted: {"crm.no_contact", ""},
	noSuchTag:     {"crm.refused", "there is no such tag"},
	"271":         {"crm.refused", "a custom field has another form"},
}

// refused returns the Problem of an object that says it is an error. An error of a type
// that is not listed is shown by its number.
func refused(object map[string]any) error {
	if !strings.EqualFold(text(object["status"]), "error") {
		return nil
	}
	kind := refusal(text(object["type"]))
	if known, ok := refusals[kind]; ok {
		return core.NewProblem(known.code, kind).About(known.about)
	}
	if len(kind) != 3 || strings.Trim(string(kind), "0123456789") != "" {
		return core.NewProblem("crm.server_error", nil).About("an error without a number")
	}
	return core.NewProblem("crm.refused", kind).About(kind.Error())
}
