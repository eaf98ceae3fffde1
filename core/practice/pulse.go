package practice

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
)

var _ CRM = (*Pulse)(nil)

// PulseConfig may stay empty.
type PulseConfig struct {
	// PageSize is how many rows a page of a list has; 0 means 15, as Laravel has it.
	PageSize int
	// Nested has addresses come as objects inside the contact instead of under dotted keys. Which of the two
	// Pulse does is not known.
	Nested bool
	// JSON has webhooks post JSON instead of a form. Which of the two Pulse does is not known.
	JSON bool
}

// Pulse is an application at PulseTechnologyCRM together with its portal, where owners sign in. No
// documentation of the API is public; this is built from what the vendor's own developer wrote for WP Fusion
// (verygoodplugins/wp-fusion-lite, includes/crms/pulsetech), and from how Laravel behaves, which the API seems
// to be made with. It is safe for concurrent use.
type Pulse struct {
	Faults
	cfg PulseConfig

	mu      sync.Mutex
	people  map[int]*pulsePerson
	tags    map[int]string // names by id
	fields  map[string]string
	lastID  int
	access  string            // the one token that lets in
	refresh string            // the one token that gets another pair
	codes   map[string]string // of sign-ins, each good once, with where it was handed to
	asked   int               // sign-ins so far
	issued  int               // pairs of tokens so far
}

// pulsePerson is a contact; its values go by the keys of available-fields.
type pulsePerson struct {
	id     int
	values map[string]string
	tags   []int // in the order they were put on
}

// What lets the owner's own programs sign in.
const (
	pulseClientID = "7"
	pulseSecret   = "practice-pulse-client-secret"
)

// NewPulse makes an application without contacts.
func NewPulse(cfg PulseConfig) *Pulse {
	cfg.PageSize = cmp.Or(cfg.PageSize, 15)
	p := &Pulse{
		cfg: cfg, people: map[int]*pulsePerson{}, tags: map[int]string{}, lastID: 5500,
		codes: map[string]string{},
		fields: map[string]string{
			"id": "ID", "first_name": "", "last_name": "", "email": "", "phone": "", "company": "", "website": "",
			"lead_source_id":              "",
			"address_home.street":         "Home Street",
			"address_home.city":           "Home City",
			"address_home.country":        "Home Country",
			"address_billing.postal_code": "Billing Postal Code",
		},
	}
	p.issue()
	return p
}

// Login implements CRM. The tokens are those of the moment: each refresh makes others.
func (p *Pulse) Login() map[string]string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return map[string]string{
		"client_id": pulseClientID, "client_secret": pulseSecret,
		"access_token": p.access, "refresh_token": p.refresh,
	}
}

// Expire ends the access token, as its time does.
func (p *Pulse) Expire() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.access = ""
}

// SignOut ends both tokens, as the owner can in the portal.
func (p *Pulse) SignOut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.access, p.refresh = "", ""
}

// Issued is how many pairs of tokens were given so far.
func (p *Pulse) Issued() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.issued
}

// issue makes a pair of tokens; what was given before is no longer good.
func (p *Pulse) issue() {
	p.issued++
	p.access = fmt.Sprintf("practice-pulse-access-%d", p.issued)
	p.refresh = fmt.Sprintf("practice-pulse-refresh-%d", p.issued)
}

// Add implements CRM.
func (p *Pulse) Add(person Person) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.lastID++
	added := &pulsePerson{id: p.lastID, values: maps.Clone(person.Fields)}
	if added.values == nil {
		added.values = map[string]string{}
	}
	added.values["email"] = person.Email
	for _, name := range person.Tags {
		added.tags = append(added.tags, p.tag(name))
	}
	p.people[added.id] = added
	return strconv.Itoa(added.id)
}

// Change implements CRM.
func (p *Pulse) Change(id string, fields map[string]string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if person := p.person(id); person != nil {
		maps.Copy(person.values, fields)
	}
}

// Tag implements CRM. Tags nobody has any more stay tags of the application.
func (p *Pulse) Tag(id string, names ...string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	person := p.person(id)
	if person == nil {
		return
	}
	person.tags = nil
	for _, name := range names {
		person.tags = append(person.tags, p.tag(name))
	}
}

// Delete implements CRM.
func (p *Pulse) Delete(id string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if person := p.person(id); person != nil {
		delete(p.people, person.id)
	}
}

// Person implements CRM.
func (p *Pulse) Person(id string) (Person, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	person := p.person(id)
	if person == nil {
		return Person{}, false
	}
	copied := Person{ID: id, Email: person.values["email"], Fields: map[string]string{}}
	for key, value := range person.values {
		if value != "" {
			copied.Fields[key] = value
		}
	}
	for _, tag := range person.tags {
		copied.Tags = append(copied.Tags, p.tags[tag])
	}
	return copied, true
}

// AddField implements CRM.
func (p *Pulse) AddField(label string) (key string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	key = strings.ReplaceAll(slug(label), "-", "_")
	for name, n := key, 2; ; n++ {
		if _, taken := p.fields[key]; !taken {
			break
		}
		key = fmt.Sprintf("%s_%d", name, n)
	}
	p.fields[key] = label
	return key
}

// Webhook implements CRM. It posts the contact entity; the thin one is its id alone.
func (p *Pulse) Webhook(address, id string, thin bool) (*http.Request, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	person := p.person(id)
	if person == nil {
		return nil, fmt.Errorf("send webhook: no contact %q", id)
	}
	entity := p.entity(person)
	if thin {
		entity = map[string]any{"id": person.id}
	}
	body, kind := pulseForm(entity), "application/x-www-form-urlencoded"
	if p.cfg.JSON {
		text, err := json.Marshal(entity)
		if err != nil {
			return nil, fmt.Errorf("send webhook: %w", err)
		}
		body, kind = text, "application/json"
	}
	req, err := http.NewRequest(http.MethodPost, address, bytes.NewReader(body)) //nolint:noctx // the sender sets its own
	if err != nil {
		return nil, fmt.Errorf("send webhook: %w", err)
	}
	req.Header.Set("Content-Type", kind)
	return req, nil
}

// pulseForm writes an entity as PHP's http_build_query does: nested values in brackets, nothing for null.
func pulseForm(entity map[string]any) []byte {
	form := url.Values{}
	var add func(name string, value any)
	add = func(name string, value any) {
		switch value := value.(type) {
		case nil:
		case map[string]any:
			for key, inner := range value {
				add(name+"["+key+"]", inner)
			}
		default:
			form.Set(name, fmt.Sprint(value))
		}
	}
	for key, value := range entity {
		add(key, value)
	}
	return []byte(form.Encode())
}

func (p *Pulse) person(id string) *pulsePerson {
	n, err := strconv.Atoi(id)
	if err != nil {
		return nil
	}
	return p.people[n]
}

// tag returns the id of the tag with this name, which is made if there is none.
func (p *Pulse) tag(name string) int {
	for id, known := range p.tags {
		if known == name {
			return id
		}
	}
	id := 31 + len(p.tags)
	p.tags[id] = name
	return id
}

// entity is a contact as the API and webhooks give it: flat, empty values null, a country by its name too.
func (p *Pulse) entity(person *pulsePerson) map[string]any {
	entity := map[string]any{"id": person.id}
	for key := range p.fields {
		if key == "id" {
			continue
		}
		var value any
		if text := person.values[key]; text != "" {
			value = text
		}
		p.put(entity, key, value)
		if strings.HasSuffix(key, ".country") {
			p.put(entity, key+"_name", value)
		}
	}
	return entity
}

func (p *Pulse) put(entity map[string]any, key string, value any) {
	outer, inner, dotted := strings.Cut(key, ".")
	if !dotted || !p.cfg.Nested {
		entity[key] = value
		return
	}
	if entity[outer] == nil {
		entity[outer] = map[string]any{}
	}
	entity[outer].(map[string]any)[inner] = value
}

// members are the contacts who have a tag, by id.
func (p *Pulse) members(tag int) []*pulsePerson {
	var members []*pulsePerson
	for _, id := range slices.Sorted(maps.Keys(p.people)) {
		if person := p.people[id]; slices.Contains(person.tags, tag) {
			members = append(members, person)
		}
	}
	return members
}
