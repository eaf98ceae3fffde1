package ortto

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"usher/core"
	"usher/core/rest"
)

// The limits of Ortto's API.
const (
	maxPage   = 500 // people; Ortto takes more for 50
	maxFields = 100 // a request
	maxIDs    = 100 // a request; not documented, so as many as merge takes

	maxAnswer = 32 << 20 // 500 people with 100 fields
)

// Client is a core.Client of one Ortto account; it also implements core.Picker,
// core.Scribe and core.Lister.
type Client struct {
	http   *rest.Client
	base   string
	vault  core.AccountVault
	edited string // the field that orders people by change
	settle time.Duration

	mu      sync.Mutex
	custom  []field
	learned time.Time
	narrow  bool // Ortto refuses a field that was asked for besides

	tagsByID atomic.Bool // get-by-ids was seen to tell tags
}

// Open implements core.Opener.
func (Adapter) Open(account core.Account, vault core.AccountVault) (core.Client, error) {
	typed, err := addressOf(account)
	if err != nil {
		return nil, err
	}
	base, err := rest.CRMBase(typed)
	if err != nil {
		return nil, err
	}
	rate, err := perSecond(account)
	if err != nil {
		return nil, err
	}
	return &Client{
		http:   rest.New(rest.Options{AllowPrivate: rest.Local(base.Hostname()), Rate: rate, MaxBody: maxAnswer}),
		base:   base.String(),
		vault:  vault,
		edited: cmp.Or(account.Settings[keyEdited], defaultEdited),
		settle: time.Second,
	}, nil
}

// addressOf is the region's, unless the account has its own.
func addressOf(account core.Account) (string, error) {
	if account.BaseURL != "" {
		return account.BaseURL, nil
	}
	region := cmp.Or(account.Settings[keyRegion], regions[0].name)
	for _, r := range regions {
		if strings.EqualFold(r.name, region) {
			return r.url, nil
		}
	}
	return "", core.NewProblem("crm.settings", nil).About("Account Region")
}

func perSecond(account core.Account) (int, error) {
	plan := cmp.Or(account.Settings[keyPlan], plans[0].name)
	for _, p := range plans {
		if strings.EqualFold(p.name, plan) {
			return p.perSecond, nil
		}
	}
	return 0, core.NewProblem("crm.settings", nil).About("Plan")
}

// Close implements core.Client.
func (c *Client) Close() { c.http.Close() }

// call posts a body to a route and reads the answer into out, which may be nil. It
// returns Ortto's clock, zero where it did not say.
func (c *Client) call(ctx context.Context, route string, body, out any) (time.Time, error) {
	req, err := c.request(ctx, route, body)
	if err != nil {
		return time.Time{}, err
	}
	answer, err := c.http.Do(req)
	if err != nil {
		return time.Time{}, rest.CRMProblem(err)
	}
	if problem := classify(answer); problem != nil {
		return time.Time{}, problem
	}
	dec := json.NewDecoder(bytes.NewReader(answer.Body))
	dec.UseNumber()
	if err := dec.Decode(out); err != nil {
		return time.Time{}, core.NewProblem("crm.server_error", nil).About("it answered in another form") // the cause may quote
	}
	return answer.Date(), nil
}

func (c *Client) request(ctx context.Context, route string, body any) (*http.Request, error) {
	key, err := c.vault.Get(ctx, keyAPI)
	if err != nil {
		return nil, err
	}
	if strings.ContainsFunc(key.Reveal(), func(r rune) bool { return r <= ' ' || r > '~' }) {
		return nil, core.NewProblem("crm.settings", nil).About("API Key")
	}
	encoded, err := json.Marshal(body)
	if err != nil {
		return nil, core.NewProblem("app.internal", errors.New("encode request")) // the cause may quote a value
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.base+route, bytes.NewReader(encoded))
	if err != nil {
		return nil, core.NewProblem("crm.settings", nil).About("address")
	}
	req.Header.Set("X-Api-Key", key.Reveal())
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/json")
	return req, nil
}
