package practice

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// OrttoConfig may stay empty.
type OrttoConfig struct {
	Now func() time.Time // the account's clock; nil means this computer's
	// PerSecond is how many requests the plan allows: 10 on Professional, 30 on Business. 0 means any number.
	PerSecond int
	// NoArchived refuses the built-in field that tells of archived people, which is in the documented schema only.
	NoArchived bool
	// NoTagsByID leaves the tags out of what get-by-ids tells: they are documented for person/get only.
	NoTagsByID bool
}

// Ortto is an account at Ortto: its API of a Custom API data source as help.ortto.com documents it, and its
// webhooks. It is safe for concurrent use.
type Ortto struct {
	Faults

	cfg   OrttoConfig
	calls orttoWindow // of all requests
	bad   orttoWindow // of requests that are refused

	mu       sync.Mutex
	people   map[string]*orttoPerson
	fields   []orttoField
	tags     []string // by number, from 1
	lastID   int
	lastEdit time.Time
}

var _ CRM = (*Ortto)(nil)

// orttoKey is the API key of every practice account.
const orttoKey = "PRIVATE-practice-0123456789abcdef"

type orttoPerson struct {
	id      string
	values  map[string]any // by field id, as the API writes them
	tags    []string
	created time.Time
	edited  time.Time

	archived time.Time // zero for those who are not
}

type orttoField struct {
	ID     string `json:"id"`
	Name   string `json:"name"`
	Kind   string `json:"display_type"`
	Liquid string `json:"liquid_name"`
}

// orttoBuiltIn are the person fields of every account: help.ortto.com, a-205.
var orttoBuiltIn = []orttoField{
	{"str::email", "Email", "email", "people.email"},
	{"str::first", "First name", "text", "people.first-name"},
	{"str::last", "Last name", "text", "people.last-name"},
	{"str::name", "Full name", "text", "people.full-name"},
	{"str::postal", "Postal code", "text", "people.postal-code"},
	{"str::ei", "External ID", "text", "people.external-id"},
	{"str::language", "Language", "text", "people.language"},
	{"phn::phone", "Phone number", "phone", "people.phone-number"},
	{"geo::city", "City", "geo", "people.city"},
	{"geo::country", "Country", "geo", "people.country"},
	{"geo::region", "Region", "geo", "people.region"},
	{"dtz::b", "Birthday", "date", "people.birthday"},
	{"bol::p", "Email permission", "bool", "people.email-permission"},
	{"bol::sp", "SMS permission", "bool", "people.sms-permission"},
}

// NewOrtto makes an account without people.
func NewOrtto(cfg OrttoConfig) *Ortto {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	return &Ortto{
		cfg: cfg, people: map[string]*orttoPerson{},
		calls: orttoWindow{size: cfg.PerSecond, length: time.Second},
		bad:   orttoWindow{size: 15, length: 15 * time.Second},
	}
}

// Login implements CRM. The account is on the larger plan.
func (o *Ortto) Login() map[string]string {
	return map[string]string{"api_key": orttoKey, "plan": "Business or Enterprise"}
}

// Add implements CRM.
func (o *Ortto) Add(p Person) string {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.lastID++
	person := &orttoPerson{id: fmt.Sprintf("0067b0f1%016x", o.lastID), values: map[string]any{}}
	o.people[person.id] = person
	if p.Email != "" {
		person.values["str::email"] = p.Email
	}
	o.set(person, p.Fields)
	o.setTags(person, p.Tags)
	person.created = person.edited
	return person.id
}

// Change implements CRM.
func (o *Ortto) Change(id string, fields map[string]string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if person, ok := o.people[id]; ok {
		o.set(person, fields)
	}
}

func (o *Ortto) set(person *orttoPerson, fields map[string]string) {
	for id, text := range fields {
		if value := orttoValue(o.field(id), text); value != nil {
			person.values[id] = value
		} else {
			delete(person.values, id)
		}
	}
	o.touch(person)
}

// touch makes the person the one edited last; no two edits are at the same time.
func (o *Ortto) touch(person *orttoPerson) {
	now := o.cfg.Now().UTC()
	if !now.After(o.lastEdit) {
		now = o.lastEdit.Add(time.Microsecond)
	}
	o.lastEdit, person.edited = now, now
}

// Tag implements CRM.
func (o *Ortto) Tag(id string, names ...string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if person, ok := o.people[id]; ok {
		o.setTags(person, names)
	}
}

func (o *Ortto) setTags(person *orttoPerson, names []string) {
	person.tags = slices.Clone(names)
	for _, name := range names {
		if !slices.Contains(o.tags, name) {
			o.tags = append(o.tags, name)
		}
	}
	o.touch(person)
}

// Delete implements CRM.
func (o *Ortto) Delete(id string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	delete(o.people, id)
}

// Archive puts a person out of the lists, as people in Ortto do before they delete for good. Whoever has
// the id is still told of them: whether Ortto's API does that is not documented.
func (o *Ortto) Archive(id string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if person, ok := o.people[id]; ok {
		o.touch(person)
		person.archived = person.edited
	}
}

// Person implements CRM.
func (o *Ortto) Person(id string) (Person, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	person, ok := o.people[id]
	if !ok {
		return Person{}, false
	}
	fields := map[string]string{}
	for id, value := range person.values {
		fields[id] = orttoText(o.field(id), value)
	}
	email, _ := person.values["str::email"].(string)
	return Person{ID: id, Email: email, Fields: fields, Tags: slices.Clone(person.tags)}, true
}

// AddField implements CRM: a field with one line of text.
func (o *Ortto) AddField(label string) (key string) { return o.AddFieldOf("str", "text", label) }

// AddFieldOf makes a custom field of a kind, such as "int" shown as "decimal", and returns its key.
func (o *Ortto) AddFieldOf(kind, display, label string) (key string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	name := strings.ToLower(strings.Join(strings.Fields(label), "-"))
	field := orttoField{ID: kind + ":cm:" + name, Name: label, Kind: display, Liquid: "people.custom." + name}
	o.fields = append(o.fields, field)
	return field.ID
}

// RemoveField removes a custom field.
func (o *Ortto) RemoveField(key string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.fields = slices.DeleteFunc(o.fields, func(field orttoField) bool { return field.ID == key })
}

// field is the field of an id; one that is not there has no Name.
func (o *Ortto) field(id string) orttoField {
	for _, fields := range [][]orttoField{orttoBuiltIn, o.fields} {
		for _, field := range fields {
			if field.ID == id {
				return field
			}
		}
	}
	return orttoField{ID: id}
}

// Webhook implements CRM. The thin one is sent without the activity's payload; where its ids of campaign,
// action and run stand is not documented.
func (o *Ortto) Webhook(url, id string, thin bool) (*http.Request, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	person, ok := o.people[id]
	if !ok {
		return nil, fmt.Errorf("send webhook: no person %q", id)
	}
	at := o.cfg.Now().UTC()
	payload := map[string]any{
		"contact": o.payload(person, thin), "id": "0067b0f2ffee00112233aabb",
		"time": at.Format(time.RFC3339Nano), "webhook_id": "67aa00bb11cc22dd33ee44ff",
	}
	if thin {
		maps.Copy(payload, map[string]any{
			"campaign_id": "67aa00bb11cc22dd33ee4401", "campaign_name": "Welcome", "run_id": "67aa00bb11cc22dd33ee4403",
			"action_id": "67aa00bb11cc22dd33ee4402", "action_name": "Create WP user",
		})
	} else {
		payload["activity"] = o.activity(person, at)
	}
	body, err := json.Marshal(payload)
	if err != nil {
		return nil, fmt.Errorf("send webhook: %w", err)
	}
	req, err := http.NewRequest(http.MethodPost, url, bytes.NewReader(body)) //nolint:noctx // the caller sends it
	if err != nil {
		return nil, fmt.Errorf("send webhook: %w", err)
	}
	req.Header.Set("Content-Type", "application/json")
	return req, nil
}

// activity is about the tag put on last, if there is one.
func (o *Ortto) activity(person *orttoPerson, at time.Time) map[string]any {
	activity := map[string]any{
		"id": "0067b0f1c2aa11bb22cc33dd", "field_id": "act::u", "created": at.Format(time.RFC3339), "attr": map[string]any{},
	}
	if n := len(person.tags); n > 0 {
		activity["field_id"] = "act::ta"
		activity["attr"] = map[string]any{"sst::t": person.tags[n-1:], "str::ts": "API"}
	}
	return activity
}

// orttoPayloadNames are what webhooks call the built-in fields.
var orttoPayloadNames = map[string]string{
	"str::email": "email", "str::ei": "external_id", "str::first": "first_name", "str::last": "last_name",
	"phn::phone": "phone_number", "geo::city": "city", "geo::country": "country", "str::postal": "postal", "dtz::b": "birthday",
}

func (o *Ortto) payload(person *orttoPerson, thin bool) map[string]any {
	contact := map[string]any{"contact_id": person.id}
	for id, name := range orttoPayloadNames {
		if value, ok := person.values[id]; ok && (!thin || id == "str::email") {
			contact[name] = value
		}
	}
	return contact
}
