package practice

import (
	"crypto/rand"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

var _ CRM = (*Ontraport)(nil)

// OntraportConfig may stay empty.
type OntraportConfig struct {
	// RequestsPerMinute is how many requests its API takes; 0 means its own 180, below 0 any number.
	RequestsPerMinute int
	// RawMerge has merge fields put into "data to send" unencoded. Which of both Ontraport does is not documented.
	RawMerge bool
	Now      func() time.Time // empty: time.Now
}

// Ontraport is an account at Ontraport that holds contacts, sends webhooks and answers its API, as both are
// documented: api.ontraport.com/doc and support.ontraport.com. It implements CRM and is safe for concurrent use.
type Ontraport struct {
	Faults

	rawMerge bool
	now      func() time.Time
	login    map[string]string
	limit    int

	mu       sync.Mutex
	minute   int64 // the minute in which requests are counted
	requests int
	contacts map[int64]ontraportContact
	lastID   int64
	fields   map[string]ontraportField
	tags     []string // the tag with the number n is tags[n-1]
	webhooks []ontraportWebhook
	lastHook int
}

// ontraportContact holds values as Ontraport stores them, by field, and numbers of tags.
type ontraportContact struct {
	values map[string]string
	tags   []int
}

type ontraportField struct {
	Alias    string `json:"alias"`
	Type     string `json:"type"`
	Editable int    `json:"editable"`
	Required int    `json:"required"`
	Unique   int    `json:"unique"`
	Options  any    `json:"options"` // of a choice an object, else an empty list
}

// NewOntraport makes an account without contacts.
func NewOntraport(cfg OntraportConfig) *Ontraport {
	o := &Ontraport{
		rawMerge: cfg.RawMerge, now: cfg.Now, limit: cfg.RequestsPerMinute,
		login:    map[string]string{"app_id": "2_12345_" + rand.Text()[:8], "api_key": rand.Text()},
		contacts: map[int64]ontraportContact{}, lastID: 814,
		fields: map[string]ontraportField{
			"date": {"Date Added", "timestamp", 0, 0, 0, []any{}}, "dla": {"Last Activity", "timestamp", 0, 0, 0, []any{}},
			"dlm": {"Date Modified", "timestamp", 0, 0, 0, []any{}}, "birthday": {"Birthday", "fulldate", 1, 0, 0, []any{}},
			"contact_cat": {"Contact Tags", "tag", 1, 0, 0, []any{}}, "bulk_mail": {
				"Bulk Email Status", "drop", 1, 0, 0,
				map[string]string{"0": "Transactional Only", "1": "Opted-In", "-2": "Hard Bounce"},
			},
			"email": {"Email", "email", 1, 0, 0, []any{}},
		},
	}
	for key, alias := range map[string]string{
		"firstname": "First Name", "lastname": "Last Name", "address": "Address", "address2": "Address 2", "city": "City", "zip": "Zip Code",
		"company": "Company", "title": "Title", "website": "Website",
	} {
		o.fields[key] = ontraportField{alias, "text", 1, 0, 0, []any{}}
	}
	for key, kind := range map[string]string{"home_phone": "phone", "office_phone": "phone", "sms_number": "sms", "state": "state", "country": "country"} {
		o.fields[key] = ontraportField{key, kind, 1, 0, 0, []any{}}
	}
	if o.limit == 0 {
		o.limit = 180
	}
	if o.now == nil {
		o.now = time.Now
	}
	return o
}

// Login implements CRM.
func (o *Ontraport) Login() map[string]string { return maps.Clone(o.login) }

// Add implements CRM.
func (o *Ontraport) Add(p Person) string {
	o.mu.Lock()
	o.lastID++
	id := o.lastID
	now := strconv.FormatInt(o.now().Unix(), 10)
	o.contacts[id] = ontraportContact{
		values: map[string]string{"id": strconv.FormatInt(id, 10), "email": p.Email, "date": now, "dlm": now},
		tags:   o.numbers(p.Tags),
	}
	o.mu.Unlock()
	o.Change(strconv.FormatInt(id, 10), p.Fields)
	return strconv.FormatInt(id, 10)
}

// Change implements CRM. Several choices of a list are joined by ", ", and dates are written 2006-01-02.
func (o *Ontraport) Change(id string, fields map[string]string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if contact, ok := o.contacts[ontraportNumber(id)]; ok && len(fields) > 0 {
		for key, text := range fields {
			contact.values[key] = o.fields[key].store(text)
		}
		o.modified(contact)
	}
}

// Tag implements CRM. It is not documented whether tags count as a modification; here they do not.
func (o *Ontraport) Tag(id string, names ...string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if contact, ok := o.contacts[ontraportNumber(id)]; ok {
		contact.tags = o.numbers(names)
		o.contacts[ontraportNumber(id)] = contact
	}
}

// Delete implements CRM. Ontraport does not remember who was deleted.
func (o *Ontraport) Delete(id string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	delete(o.contacts, ontraportNumber(id))
}

// Person implements CRM.
func (o *Ontraport) Person(id string) (Person, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	contact, ok := o.contacts[ontraportNumber(id)]
	if !ok {
		return Person{}, false
	}
	p := Person{ID: id, Email: contact.values["email"], Fields: map[string]string{}}
	for key, stored := range contact.values {
		if text := o.fields[key].show(stored); text != "" {
			p.Fields[key] = text
		}
	}
	for _, number := range contact.tags {
		p.Tags = append(p.Tags, o.tags[number-1])
	}
	return p, true
}

// AddField implements CRM: a field with free text.
func (o *Ontraport) AddField(label string) (key string) { return o.AddFieldOf("longtext", label) }

// AddFieldOf makes a custom field of one of Ontraport's types, with its choices if it is "drop" or "list".
func (o *Ontraport) AddFieldOf(kind, label string, choices ...string) (key string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	key = "f" + strconv.Itoa(1234+len(o.fields))
	field := ontraportField{label, kind, 1, 0, 0, []any{}}
	if len(choices) > 0 {
		options := map[string]string{}
		for i, choice := range choices {
			options[strconv.Itoa(31+i)] = choice
		}
		field.Options = options
	}
	o.fields[key] = field
	return key
}

// modified notes when a contact changed. The caller holds the lock.
func (o *Ontraport) modified(contact ontraportContact) {
	contact.values["dlm"] = strconv.FormatInt(o.now().Unix(), 10)
}

// numbers are those of tags, which are made if there are none. The caller holds the lock.
func (o *Ontraport) numbers(names []string) []int {
	var numbers []int
	for _, name := range names {
		i := slices.Index(o.tags, name)
		if i < 0 {
			i = len(o.tags)
			o.tags = append(o.tags, name)
		}
		numbers = append(numbers, i+1)
	}
	return numbers
}

func ontraportNumber(id string) int64 {
	number, err := strconv.ParseInt(id, 10, 64)
	if err != nil {
		return 0
	}
	return number
}

// store is how Ontraport keeps what people see as text.
func (f ontraportField) store(text string) string {
	options, _ := f.Options.(map[string]string)
	find := func(label string) string {
		for id, option := range options {
			if option == label {
				return id
			}
		}
		return ""
	}
	switch f.Type {
	case "drop":
		return find(text)
	case "list":
		var ids []string
		for label := range strings.SplitSeq(text, ", ") {
			ids = append(ids, find(label))
		}
		return ontraportList(ids)
	case "fulldate":
		if day, err := time.Parse(time.DateOnly, text); err == nil {
			return strconv.FormatInt(day.Unix(), 10)
		}
	}
	return text
}

// show is the reverse of store.
func (f ontraportField) show(stored string) string {
	options, _ := f.Options.(map[string]string)
	switch f.Type {
	case "drop":
		return options[stored]
	case "list":
		var labels []string
		for id := range strings.SplitSeq(stored, "*/*") {
			if label := options[id]; label != "" {
				labels = append(labels, label)
			}
		}
		return strings.Join(labels, ", ")
	case "fulldate":
		if seconds, err := strconv.ParseInt(stored, 10, 64); err == nil {
			return time.Unix(seconds, 0).UTC().Format(time.DateOnly)
		}
	}
	return stored
}

func ontraportList(entries []string) string {
	if len(entries) == 0 {
		return ""
	}
	return "*/*" + strings.Join(entries, "*/*") + "*/*"
}

// Webhook implements CRM: what a rule or automation sends. Thin, only the URL says whom it is about; else a form
// as an owner may write it comes along.
func (o *Ontraport) Webhook(target, id string, thin bool) (*http.Request, error) {
	person, ok := o.Person(id)
	if !ok {
		return nil, fmt.Errorf("send webhook: no contact %q", id)
	}
	merge := strings.NewReplacer("[Contact ID]", id, "%5BContact+ID%5D", id, "%5BContact%20ID%5D", id)
	body := ""
	if !thin {
		escape := url.QueryEscape
		if o.rawMerge {
			escape = func(text string) string { return text }
		}
		body = "email=" + escape(person.Email) + "&firstname=" + escape(person.Fields["firstname"]) + "&lastname=" + escape(person.Fields["lastname"])
	}
	return ontraportPost(merge.Replace(target), body)
}

func ontraportPost(target, body string) (*http.Request, error) {
	req, err := http.NewRequest(http.MethodPost, target, strings.NewReader(body)) //nolint:noctx // whoever sends it has the context
	if err != nil {
		return nil, fmt.Errorf("send webhook: %w", err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return req, nil
}

// ontraportWebhook is one made by the API.
type ontraportWebhook struct {
	ID    string `json:"id"`
	URL   string `json:"url"`
	Event string `json:"event"`
	Data  string `json:"data"`
}

// Notify returns what the webhooks made by the API send when an event, such as "sub_tag(12)", happens to a contact.
func (o *Ontraport) Notify(event, id string) ([]*http.Request, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	contact, ok := o.contacts[ontraportNumber(id)]
	if !ok {
		return nil, fmt.Errorf("send webhook: no contact %q", id)
	}
	name, target, _ := strings.Cut(strings.TrimSuffix(event, ")"), "(")
	var all []*http.Request
	for _, hook := range o.webhooks {
		if hook.Event != event {
			continue
		}
		form := url.Values{
			"webhook_id": {hook.ID}, "object_type_id": {"0"}, "event[type]": {name},
			"timestamp": {strconv.FormatInt(o.now().Unix(), 10)},
		}
		if strings.HasSuffix(name, "_tag") {
			form.Set("event[tag_id]", target)
		}
		for key, value := range o.row(contact) {
			text, isText := value.(string)
			if isText && hook.tells(key) {
				form.Set("data["+key+"]", text)
			}
		}
		req, err := ontraportPost(hook.URL, form.Encode())
		if err != nil {
			return nil, err
		}
		all = append(all, req)
	}
	return all, nil
}

// tells reports whether the webhook sends a field, by the format it was made with.
func (w ontraportWebhook) tells(key string) bool {
	switch {
	case strings.Contains(w.Data, "notify"):
		return key == "id"
	case strings.Contains(w.Data, "lightweight"):
		return slices.Contains([]string{"id", "firstname", "lastname", "email"}, key)
	}
	return true
}
