package practice

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// maxAnswer is how much Kartra reads of what a webhook's receiver says.
const maxAnswer = 64 << 10

// KartraConfig may stay empty.
type KartraConfig struct {
	// ContentType of the webhooks. Kartra does not document its own; empty means what PHP's cURL puts on
	// any text it posts: application/x-www-form-urlencoded, though the body is JSON.
	ContentType string
	Client      *http.Client // empty: one that follows no redirects and keeps no connections
	// CallsPerSecond is how many calls of its API Kartra takes; 0 means its own 20, below 0 any number.
	CallsPerSecond int
	// DetailsAsText has the API tell a lead as a text that holds JSON, as its documentation says, where the
	// API itself was seen to send an object.
	DetailsAsText bool
	Now           func() time.Time // empty: time.Now
}

// Kartra is an account at Kartra that holds leads, sends webhooks and answers its API, as both are documented:
// support.kartra.com, developer articles. It implements CRM and is safe for concurrent use.
type Kartra struct {
	Faults

	contentType   string
	client        *http.Client
	detailsAsText bool
	login         map[string]string
	rate          kartraRate

	mu     sync.Mutex
	leads  map[string]Lead
	lastID int
	tags   []string // every tag of the account, by name
	fields []kartraField
}

// NewKartra makes an account without leads.
func NewKartra(cfg KartraConfig) *Kartra {
	k := &Kartra{
		contentType: cmp.Or(cfg.ContentType, "application/x-www-form-urlencoded"),
		client:      cfg.Client, leads: map[string]Lead{}, lastID: 4710,
		detailsAsText: cfg.DetailsAsText,
		login:         map[string]string{"app_id": rand.Text(), "api_key": rand.Text(), "api_password": rand.Text()},
		rate:          kartraRate{perSecond: cmp.Or(cfg.CallsPerSecond, 20), now: cfg.Now},
	}
	if k.rate.now == nil {
		k.rate.now = time.Now
	}
	if k.client == nil {
		k.client = &http.Client{
			Transport:     &http.Transport{DisableKeepAlives: true},
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		}
	}
	return k
}

// Put stores a lead in place of the one with its id, and returns it with an id if it had none.
func (k *Kartra) Put(lead Lead) Lead {
	k.mu.Lock()
	defer k.mu.Unlock()
	for lead.ID == "" {
		k.lastID++
		if id := strconv.Itoa(k.lastID); k.leads[id].ID == "" {
			lead.ID = id
		}
	}
	k.define(lead)
	k.leads[lead.ID] = lead
	return lead
}

// Message is the body of the webhook that tells of an event: the lead as it is now, whole but for its
// tags, and what happened.
func (k *Kartra) Message(e Event) ([]byte, error) {
	k.mu.Lock()
	lead, ok := k.leads[e.Lead]
	k.mu.Unlock()
	if !ok {
		return nil, fmt.Errorf("send %s: no lead %q", e.Action, e.Lead)
	}
	var body bytes.Buffer
	enc := json.NewEncoder(&body)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(message{lead.print(), e.Action, e.Details}); err != nil {
		return nil, fmt.Errorf("send %s: %w", e.Action, err)
	}
	return bytes.TrimSpace(body.Bytes()), nil
}

type message struct {
	Lead    printedLead `json:"lead"`
	Action  string      `json:"action"`
	Details any         `json:"action_details"`
}

// Send posts the webhook of an event to url, whose own query is kept, and returns what the receiver said,
// up to 64 KiB of it. How often and how soon the real Kartra tries again is not documented; this one does not.
func (k *Kartra) Send(ctx context.Context, url string, e Event) (status int, body []byte, err error) {
	payload, err := k.Message(e)
	if err != nil {
		return 0, nil, err
	}
	req, err := k.post(url, payload)
	if err != nil {
		return 0, nil, fmt.Errorf("send %s: %w", e.Action, err)
	}
	res, err := k.client.Do(req.WithContext(ctx))
	if err != nil {
		return 0, nil, fmt.Errorf("send %s: %w", e.Action, err)
	}
	defer func() { _ = res.Body.Close() }()
	body, err = io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	if err != nil {
		return res.StatusCode, body, fmt.Errorf("send %s: read the answer: %w", e.Action, err)
	}
	return res.StatusCode, body, nil
}

func (k *Kartra) post(url string, payload []byte) (*http.Request, error) {
	req, err := http.NewRequest(http.MethodPost, url, bytes.NewReader(payload)) //nolint:noctx // whoever sends it has the context
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", k.contentType)
	req.Header.Set("Accept", "*/*")
	req.Header.Set("User-Agent", "") // cURL inside PHP names itself to nobody
	return req, nil
}

// Event is something that happened to a lead.
type Event struct {
	Lead    string // id
	Action  string // Kartra's name, such as "assign_tag"
	Details any    // action_details; its shape depends on the action
}

// AssignTag says that a lead got a tag.
func AssignTag(lead string, id int, name string) Event {
	return Event{lead, "assign_tag", named("tag", id, name)}
}

// UnassignTag says that a lead lost a tag.
func UnassignTag(lead string, id int, name string) Event {
	return Event{lead, "unassign_tag", named("tag", id, name)}
}

// SubscribeList says that a lead joined a list.
func SubscribeList(lead string, id int, name string) Event {
	return Event{lead, "list_subscription", named("list", id, name)}
}

// UnsubscribeList says that a lead left a list.
func UnsubscribeList(lead string, id int, name string) Event {
	return Event{lead, "list_unsubscription", named("list", id, name)}
}

// FillForm says that a lead filled in a form; the documentation files forms under "tag".
func FillForm(lead string, id int, name string) Event {
	return Event{lead, "filled_form", map[string]any{"tag": map[string]any{
		"form_id": strconv.Itoa(id), "form_name": name,
	}}}
}

// GrantMembership says that a lead was let into a level of a membership.
func GrantMembership(lead string, id int, name string, level int, levelName string) Event {
	return Event{lead, "membership_granted", membership(id, name, level, levelName)}
}

// RevokeMembership says that a lead was put out of a level of a membership.
func RevokeMembership(lead string, id int, name string, level int, levelName string) Event {
	return Event{lead, "membership_revoked", membership(id, name, level, levelName)}
}

// BuyProduct says that a lead bought one of a product; the amount is text such as "49.00".
func BuyProduct(lead Lead, id int, name, amount string, at time.Time) Event {
	return Event{lead.ID, "buy_product", map[string]any{"transaction_details": map[string]any{
		"transaction_id": "8800", "transaction_type": "sale", "transaction_date": kartraTime(at),
		"transaction_quantity": "1", "transaction_full_amount": amount,
		"lead_id": lead.ID, "lead_first_name": lead.FirstName, "lead_last_name": lead.LastName,
		"lead_email": lead.Email, "lead_username": "",
		"product_id": strconv.Itoa(id), "product_name": name, "product_price_point": name,
	}}}
}

func named(what string, id int, name string) any {
	return map[string]any{what: map[string]any{what + "_id": id, what + "_name": name}}
}

func membership(id int, name string, level int, levelName string) any {
	return map[string]any{"membership": map[string]any{
		"membership_id": strconv.Itoa(id), "membership_name": name,
		"level_id": strconv.Itoa(level), "level_name": levelName,
	}}
}
