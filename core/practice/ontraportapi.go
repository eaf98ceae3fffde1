package practice

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

const ontraportRange = 50 // how many rows Ontraport sends at most, whatever it is asked for

// ServeHTTP answers Ontraport's API below /1. Unlike Ontraport's it may be called over plain http.
func (o *Ontraport) ServeHTTP(w http.ResponseWriter, r *http.Request) { o.pass(w, r, o.serveAPI) }

// ontraportRefusal is an error: its status and, as plain text, what is said with it.
type ontraportRefusal struct {
	status int
	text   string
}

func (r *ontraportRefusal) Error() string { return r.text }

var errOntraportNotFound = &ontraportRefusal{http.StatusNotFound, "Object not found"}

func (o *Ontraport) serveAPI(w http.ResponseWriter, r *http.Request) {
	o.mu.Lock()
	defer o.mu.Unlock()
	w.Header().Set("Date", o.now().UTC().Format(http.TimeFormat))
	data, err := o.answer(w, r)
	if refusal, ok := err.(*ontraportRefusal); ok { //nolint:errorlint // it is never wrapped
		w.Header().Set("Content-Type", "text/html; charset=UTF-8")
		w.WriteHeader(refusal.status)
		_, _ = io.WriteString(w, refusal.text)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]any{"code": 0, "data": data, "account_id": 12345})
}

func (o *Ontraport) answer(w http.ResponseWriter, r *http.Request) (any, error) {
	if r.Header.Get("Api-Appid") != o.login["app_id"] || r.Header.Get("Api-Key") != o.login["api_key"] {
		return nil, &ontraportRefusal{http.StatusUnauthorized, "Your App ID and API key do not authenticate."}
	}
	if !o.take(w.Header()) {
		return nil, &ontraportRefusal{http.StatusTooManyRequests, "Rate limit exceeded"}
	}
	args, err := ontraportArgs(r)
	if err != nil {
		return nil, &ontraportRefusal{http.StatusBadRequest, "Bad request"}
	}
	route := r.Method + " " + strings.TrimPrefix(r.URL.Path, "/1")
	switch route {
	case "GET /Contact":
		return o.one(args.Get("id"))
	case "GET /object":
		return o.one(args.Get("id"))
	case "GET /object/getByEmail":
		return o.byEmail(args.Get("email"))
	case "GET /Contacts/meta", "GET /objects/meta":
		return map[string]any{"0": map[string]any{"name": "Contact", "fields": o.fields}}, nil
	case "GET /Contacts/getInfo":
		return map[string]any{"count": strconv.Itoa(len(o.contacts))}, nil
	case "GET /Contacts":
		return o.list(args)
	case "GET /objects":
		if args.Get("objectID") == "14" {
			return ontraportPage(o.tagRows(), args), nil
		}
		return o.list(args)
	case "GET /objects/tag":
		return o.tagged(args)
	case "PUT /objects", "PUT /Contacts":
		return o.update(args)
	case "PUT /objects/tag", "DELETE /objects/tag":
		return o.retag(r.Method, args)
	case "GET /Webhooks":
		return ontraportPage(o.webhooks, args), nil
	case "POST /Webhook/subscribe":
		return o.subscribe(args)
	case "DELETE /Webhook/unsubscribe":
		return nil, o.unsubscribe(args.Get("id"))
	}
	return nil, &ontraportRefusal{http.StatusNotFound, "Method not found"}
}

// take counts a request and tells how many are left. The caller holds the lock.
func (o *Ontraport) take(header http.Header) bool {
	if o.limit < 0 {
		return true
	}
	now := o.now()
	if minute := now.Unix() / 60; minute != o.minute {
		o.minute, o.requests = minute, 0
	}
	o.requests++
	header.Set("X-Rate-Limit-Limit", strconv.Itoa(o.limit))
	header.Set("X-Rate-Limit-Remaining", strconv.Itoa(max(o.limit-o.requests, 0)))
	header.Set("X-Rate-Limit-Reset", strconv.FormatInt(60-now.Unix()%60, 10))
	return o.requests <= o.limit
}

// ontraportArgs reads what a request says: in its query, a form or JSON.
func ontraportArgs(r *http.Request) (url.Values, error) {
	args := r.URL.Query()
	body, err := io.ReadAll(io.LimitReader(r.Body, 1<<20))
	if err != nil || len(body) == 0 {
		return args, err
	}
	if body[0] != '{' {
		form, err := url.ParseQuery(string(body))
		for name, texts := range form {
			args[name] = texts
		}
		return args, err
	}
	var object map[string]any
	dec := json.NewDecoder(strings.NewReader(string(body)))
	dec.UseNumber()
	if err := dec.Decode(&object); err != nil {
		return nil, err
	}
	for name, value := range object {
		args.Set(name, fmt.Sprint(value))
	}
	return args, nil
}

// row is a contact as the API tells it: texts, and null for what was never set.
func (o *Ontraport) row(contact ontraportContact) map[string]any {
	row := map[string]any{"id": contact.values["id"], "owner": "1"}
	for key := range o.fields {
		row[key] = nil
	}
	for key, value := range contact.values {
		row[key] = value
	}
	var tags []string
	for _, number := range contact.tags {
		tags = append(tags, strconv.Itoa(number))
	}
	row["contact_cat"] = ontraportList(tags)
	return row
}

func (o *Ontraport) one(id string) (any, error) {
	contact, ok := o.contacts[ontraportNumber(id)]
	if !ok {
		return nil, errOntraportNotFound
	}
	return o.row(contact), nil
}

func (o *Ontraport) byEmail(email string) (any, error) {
	if !strings.Contains(email, "@") {
		return nil, &ontraportRefusal{http.StatusNotFound, "Invalid email"}
	}
	found := o.sorted(func(c ontraportContact) bool { return strings.EqualFold(c.values["email"], email) }, "id")
	if len(found) == 0 {
		return []any{}, nil
	}
	return map[string]any{"id": found[0].values["id"]}, nil
}

func (o *Ontraport) tagRows() []map[string]any {
	var rows []map[string]any
	for i, name := range o.tags {
		rows = append(rows, map[string]any{"tag_id": strconv.Itoa(i + 1), "tag_name": name, "object_type_id": "0"})
	}
	return rows
}

// sorted are the contacts for which keep holds, by a field whose values are numbers or texts.
func (o *Ontraport) sorted(keep func(ontraportContact) bool, field string) []ontraportContact {
	type keyed struct {
		key     ontraportValue
		id      int64
		contact ontraportContact
	}
	var all []keyed
	for id, contact := range o.contacts {
		if keep(contact) {
			all = append(all, keyed{valueOfOntraport(contact.values[field]), id, contact})
		}
	}
	slices.SortFunc(all, func(a, b keyed) int { return cmp.Or(a.key.compare(b.key), cmp.Compare(a.id, b.id)) })
	contacts := make([]ontraportContact, len(all))
	for i, one := range all {
		contacts[i] = one.contact
	}
	return contacts
}

// ontraportValue is a value as it is compared: numbers by size.
type ontraportValue struct {
	text     string
	number   int64
	isNumber bool
}

func valueOfOntraport(text string) ontraportValue {
	number, err := strconv.ParseInt(text, 10, 64)
	return ontraportValue{text, number, err == nil}
}

func (v ontraportValue) compare(other ontraportValue) int {
	if v.isNumber && other.isNumber {
		return cmp.Compare(v.number, other.number)
	}
	return cmp.Compare(v.text, other.text)
}

func (o *Ontraport) rows(contacts []ontraportContact, args url.Values) any {
	if args.Get("sortDir") == "desc" {
		slices.Reverse(contacts)
	}
	rows := []map[string]any{}
	for _, contact := range ontraportPage(contacts, args) {
		row := o.row(contact)
		if listed := args.Get("listFields"); listed != "" {
			for key := range row {
				if !slices.Contains(strings.Split(listed, ","), key) {
					delete(row, key)
				}
			}
		}
		rows = append(rows, row)
	}
	return rows
}

// ontraportPage is one page. More than 50 are never sent, and nothing says so.
func ontraportPage[T any](all []T, args url.Values) []T {
	start, _ := strconv.Atoi(args.Get("start"))
	count, err := strconv.Atoi(args.Get("range"))
	if err != nil || count <= 0 || count > ontraportRange {
		count = ontraportRange
	}
	start = min(max(start, 0), len(all))
	return append([]T{}, all[start:min(start+count, len(all))]...)
}

// ontraportTerm is one comparison of a condition.
type ontraportTerm struct {
	Field struct {
		Field string `json:"field"`
	} `json:"field"`
	Op    string `json:"op"`
	Value struct {
		Value any `json:"value"`
	} `json:"value"`
	than ontraportValue // Value, ready to be compared
}

func (t ontraportTerm) holds(contact ontraportContact) bool {
	order := valueOfOntraport(contact.values[t.Field.Field]).compare(t.than)
	switch t.Op {
	case ">=":
		return order >= 0
	case ">":
		return order > 0
	case "<=":
		return order <= 0
	case "<":
		return order < 0
	case "=":
		return order == 0
	default:
		return false
	}
}

func ontraportText(value any) string {
	if number, ok := value.(float64); ok {
		return strconv.FormatFloat(number, 'f', -1, 64)
	}
	return fmt.Sprint(value)
}

func (o *Ontraport) list(args url.Values) (any, error) {
	var parts []json.RawMessage
	if condition := args.Get("condition"); condition != "" && json.Unmarshal([]byte(condition), &parts) != nil {
		return nil, &ontraportRefusal{http.StatusBadRequest, "Invalid condition"}
	}
	var terms []ontraportTerm
	for i, part := range parts {
		var term ontraportTerm
		if i%2 == 1 {
			if string(part) != `"AND"` { // OR is documented too, and nobody uses it here
				return nil, &ontraportRefusal{http.StatusBadRequest, "Invalid condition"}
			}
			continue
		}
		if json.Unmarshal(part, &term) != nil {
			return nil, &ontraportRefusal{http.StatusBadRequest, "Invalid condition"}
		}
		term.than = valueOfOntraport(ontraportText(term.Value.Value))
		terms = append(terms, term)
	}
	keep := func(contact ontraportContact) bool {
		return !slices.ContainsFunc(terms, func(t ontraportTerm) bool { return !t.holds(contact) })
	}
	return o.rows(o.sorted(keep, cmp.Or(args.Get("sort"), "id")), args), nil
}

func (o *Ontraport) tagged(args url.Values) (any, error) {
	number, _ := strconv.Atoi(args.Get("tag_id"))
	if name := args.Get("tag_name"); name != "" {
		number = slices.Index(o.tags, name) + 1
	}
	keep := func(contact ontraportContact) bool { return slices.Contains(contact.tags, number) }
	return o.rows(o.sorted(keep, cmp.Or(args.Get("sort"), "id")), args), nil
}

// update writes the fields there are and passes over the rest without a word.
func (o *Ontraport) update(args url.Values) (any, error) {
	contact, ok := o.contacts[ontraportNumber(args.Get("id"))]
	if !ok {
		return nil, errOntraportNotFound
	}
	for key := range args {
		if field, known := o.fields[key]; known && field.Editable == 1 && key != "contact_cat" {
			contact.values[key] = args.Get(key)
		}
	}
	o.modified(contact)
	return map[string]any{"attrs": map[string]any{"dlm": contact.values["dlm"], "id": args.Get("id")}}, nil
}

// retag puts tags on contacts or takes them off. It says yes also to contacts and tags that are not there.
func (o *Ontraport) retag(method string, args url.Values) (any, error) {
	for id := range strings.SplitSeq(args.Get("ids"), ",") {
		contact, ok := o.contacts[ontraportNumber(id)]
		if !ok {
			continue
		}
		for tag := range strings.SplitSeq(cmp.Or(args.Get("add_list"), args.Get("remove_list")), ",") {
			number, err := strconv.Atoi(tag)
			if err != nil || number < 1 || number > len(o.tags) {
				continue
			}
			contact.tags = slices.DeleteFunc(slices.Clone(contact.tags), func(n int) bool { return n == number })
			if method == http.MethodPut {
				contact.tags = append(contact.tags, number)
			}
		}
		o.contacts[ontraportNumber(id)] = contact
	}
	return "The tag is now being processed.", nil
}

func (o *Ontraport) subscribe(args url.Values) (any, error) {
	if args.Get("url") == "" || args.Get("event") == "" {
		return nil, &ontraportRefusal{http.StatusUnprocessableEntity, "Missing url or event"}
	}
	o.lastHook++
	hook := ontraportWebhook{strconv.Itoa(o.lastHook), args.Get("url"), args.Get("event"), args.Get("data")}
	o.webhooks = append(o.webhooks, hook)
	return hook, nil
}

func (o *Ontraport) unsubscribe(id string) error {
	before := len(o.webhooks)
	o.webhooks = slices.DeleteFunc(o.webhooks, func(w ontraportWebhook) bool { return w.ID == id })
	if len(o.webhooks) == before {
		return errOntraportNotFound
	}
	return nil
}
