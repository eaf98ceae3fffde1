package practice

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

const (
	maxOrttoBody   = 2 << 20
	maxOrttoPage   = 500
	maxOrttoFields = 100
	orttoPage      = 50 // where the request names no limit, or one beyond the greatest
	orttoCursor    = "67aa00bb11cc22dd33ee4455"
)

// ServeHTTP answers the API, which takes nothing but POST and JSON. Unlike Ortto's it may be called over
// plain http.
func (o *Ortto) ServeHTTP(w http.ResponseWriter, r *http.Request) { o.pass(w, r, o.serveAPI) }

func (o *Ortto) serveAPI(w http.ResponseWriter, r *http.Request) {
	now := o.cfg.Now()
	w.Header().Set("Date", now.UTC().Format(http.TimeFormat))
	w.Header().Set("Content-Type", "application/json")
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxOrttoBody))
	var answer any
	switch route := o.routes()[r.URL.Path]; {
	case o.bad.full(now):
		answer = orttoBusy(o.bad.wait(now))
	case !o.calls.take(now):
		answer = orttoBusy(o.calls.wait(now))
	case r.Header.Get("X-Api-Key") != orttoKey:
		answer = orttoRefuse(http.StatusUnauthorized, "Unauthorized")
	case r.Method != http.MethodPost:
		answer = orttoRefuse(http.StatusMethodNotAllowed, "Method not allowed")
	case route == nil:
		answer = orttoRefuse(http.StatusNotFound, "Not found")
	case err != nil:
		answer = orttoRefuse(http.StatusRequestEntityTooLarge, "Request too large")
	default:
		answer = route(body)
	}
	if refused, ok := answer.(*orttoRefusal); ok {
		if refused.Code != http.StatusTooManyRequests {
			o.bad.take(now)
		}
		w.WriteHeader(refused.Code)
	}
	_ = json.NewEncoder(w).Encode(answer)
}

func (o *Ortto) routes() map[string]func([]byte) any {
	return map[string]func([]byte) any{
		"/v1/person/get":              o.getPeople,
		"/v1/person/get-by-ids":       o.getByIDs,
		"/v1/person/merge":            o.mergePeople,
		"/v1/person/custom-field/get": o.getCustomFields,
		"/v1/tags/get":                o.getTags,
	}
}

// orttoRefusal is an answer that is an error; Code is its status as well.
type orttoRefusal struct {
	RequestID string        `json:"request_id"`
	Code      int           `json:"code"`
	Error     string        `json:"error"`
	Details   []orttoDetail `json:"details,omitempty"`
	TryIn     int           `json:"try-in-seconds,omitempty"`
}

type orttoDetail struct {
	Status string `json:"status"`
	Error  string `json:"error"`
}

func orttoRefuse(code int, format string, args ...any) *orttoRefusal {
	return &orttoRefusal{RequestID: "87b53aa5-f231-4c2e-80c3-ce6acd67b4af", Code: code, Error: fmt.Sprintf(format, args...)}
}

func orttoBusy(wait time.Duration) *orttoRefusal {
	refusal := orttoRefuse(http.StatusTooManyRequests, "Rate limit exceeded")
	refusal.TryIn = int((wait + time.Second - 1) / time.Second)
	return refusal
}

// orttoWindow lets size things happen within any stretch of this length; size 0 means any number.
type orttoWindow struct {
	size   int
	length time.Duration

	mu    sync.Mutex
	times []time.Time
}

// take counts one more, unless the window is full.
func (w *orttoWindow) take(now time.Time) bool {
	if w.full(now) {
		return false
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.size > 0 {
		w.times = append(w.times, now)
	}
	return true
}

func (w *orttoWindow) full(now time.Time) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.times = slices.DeleteFunc(w.times, func(t time.Time) bool { return now.Sub(t) >= w.length })
	return w.size > 0 && len(w.times) >= w.size
}

// wait is how long the window stays full.
func (w *orttoWindow) wait(now time.Time) time.Duration {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.times) == 0 {
		return 0
	}
	return w.length - now.Sub(w.times[0])
}

// orttoMeta are fields about a person's record: tags by name and by number, edited, created, archived.
var orttoMeta = []string{"tags", "u4s::t", "e", "c", "a"}

// checkFields returns what Ortto says about a wrong list of fields.
func (o *Ortto) checkFields(ids []string) *orttoRefusal {
	if len(ids) < 1 || len(ids) > maxOrttoFields {
		return orttoRefuse(http.StatusBadRequest, "fields must contain between 1 and %d items", maxOrttoFields)
	}
	for _, id := range ids {
		if !slices.Contains(orttoMeta, id) && o.field(id).Name == "" || id == "a" && o.cfg.NoArchived {
			return orttoRefuse(http.StatusBadRequest, "failed to validate field %[1]s in schema: %[1]s: Object not found", id)
		}
	}
	return nil
}

type orttoAnswer struct {
	ID     string         `json:"id"`
	Fields map[string]any `json:"fields"`
}

// tell answers with the fields asked for that hold something.
func (o *Ortto) tell(person *orttoPerson, ids []string) orttoAnswer {
	answer := orttoAnswer{person.id, map[string]any{}}
	for _, id := range ids {
		switch id {
		case "tags":
			answer.Fields[id] = person.tags
		case "u4s::t":
			var numbers []int
			for _, name := range person.tags {
				numbers = append(numbers, slices.Index(o.tags, name)+1)
			}
			answer.Fields[id] = numbers
		case "e":
			answer.Fields[id] = person.edited.Format(time.RFC3339Nano)
		case "c":
			answer.Fields[id] = person.created.Format(time.RFC3339Nano)
		case "a":
			if !person.archived.IsZero() {
				answer.Fields[id] = person.archived.Format(time.RFC3339Nano)
			}
		default:
			if value, ok := person.values[id]; ok {
				answer.Fields[id] = value
			}
		}
	}
	return answer
}

func (o *Ortto) getByIDs(body []byte) any {
	var ask struct {
		IDs    []string `json:"contact_ids"`
		Fields []string `json:"fields"`
	}
	if err := json.Unmarshal(body, &ask); err != nil {
		return orttoRefuse(http.StatusBadRequest, "Failed to parse request")
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if refusal := o.checkFields(ask.Fields); refusal != nil {
		return refusal
	}
	found := map[string]orttoAnswer{}
	for _, id := range ask.IDs {
		if person, ok := o.people[id]; ok {
			found[id] = o.tell(person, ask.Fields)
			if o.cfg.NoTagsByID {
				delete(found[id].Fields, "tags")
			}
		}
	}
	return map[string]any{"contacts": found}
}

type orttoQuery struct {
	Limit     int      `json:"limit"`
	Offset    int      `json:"offset"`
	CursorID  string   `json:"cursor_id"`
	Fields    []string `json:"fields"`
	SortBy    string   `json:"sort_by_field_id"`
	SortOrder string   `json:"sort_order"`
	Filter    map[string]struct {
		Field string `json:"field_id"`
		Value string `json:"value"`
	} `json:"filter"`
}

func (o *Ortto) getPeople(body []byte) any {
	var ask orttoQuery
	if err := json.Unmarshal(body, &ask); err != nil {
		return orttoRefuse(http.StatusBadRequest, "Failed to parse request")
	}
	if n := len(ask.CursorID); n != 0 && n != 24 {
		return orttoRefuse(http.StatusBadRequest, "cannot unmarshal into an ID, the length must be 12 or 24 + 2 for hex but it is %d: Object not found", n)
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if refusal := o.checkFields(ask.Fields); refusal != nil {
		return refusal
	}
	people, refusal := o.filtered(ask)
	if refusal != nil {
		return refusal
	}
	sortOrtto(people, ask)
	return o.answerPage(people, ask)
}

func (o *Ortto) answerPage(people []*orttoPerson, ask orttoQuery) any {
	limit := ask.Limit
	if limit < 1 || limit > maxOrttoPage {
		limit = orttoPage
	}
	begin := min(max(ask.Offset, 0), len(people))
	end := min(begin+limit, len(people))
	var shown []orttoAnswer // null when there are none
	for _, person := range people[begin:end] {
		shown = append(shown, o.tell(person, ask.Fields))
	}
	return map[string]any{
		"contacts": shown, "meta": map[string]any{"total_contacts": len(people), "total_matches": len(people)},
		"offset": ask.Offset, "next_offset": end, "cursor_id": orttoCursor, "has_more": end < len(people),
	}
}

// filtered knows one filter, that a text is another, and does not mind the case of letters.
func (o *Ortto) filtered(ask orttoQuery) ([]*orttoPerson, *orttoRefusal) {
	var people []*orttoPerson
	for _, person := range o.people {
		fits := person.archived.IsZero()
		for operator, filter := range ask.Filter {
			if operator != "$str::is" {
				return nil, orttoRefuse(http.StatusBadRequest, "unknown operator %s", operator)
			}
			text, _ := person.values[filter.Field].(string)
			fits = fits && strings.EqualFold(text, filter.Value)
		}
		if fits {
			people = append(people, person)
		}
	}
	return people, nil
}

func sortOrtto(people []*orttoPerson, ask orttoQuery) {
	slices.SortFunc(people, func(a, b *orttoPerson) int {
		var order int
		switch ask.SortBy {
		case "e":
			order = a.edited.Compare(b.edited)
		case "c":
			order = a.created.Compare(b.created)
		case "":
		default:
			first, _ := a.values[ask.SortBy].(string)
			second, _ := b.values[ask.SortBy].(string)
			order = cmp.Compare(first, second)
		}
		if ask.SortOrder == "desc" {
			order = -order
		}
		return cmp.Or(order, cmp.Compare(a.id, b.id))
	})
}

func (o *Ortto) getCustomFields([]byte) any {
	o.mu.Lock()
	defer o.mu.Unlock()
	type listed struct {
		Field   orttoField `json:"field"`
		Tracked bool       `json:"tracked_value"`
	}
	var fields []listed // null when there are none
	for _, field := range o.fields {
		fields = append(fields, listed{field, false})
	}
	return map[string]any{"fields": fields}
}

func (o *Ortto) getTags(body []byte) any {
	if strings.TrimSpace(string(body)) != "{}" {
		return orttoRefuse(http.StatusBadRequest, "Failed to parse request")
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	type tag struct {
		ID    int    `json:"id"`
		Name  string `json:"name"`
		Count int    `json:"count"`
		Type  string `json:"type"`
	}
	tags := []tag{{ID: 900001, Name: "Partner company", Type: "organization"}}
	for i, name := range o.tags {
		count := 0
		for _, person := range o.people {
			if slices.Contains(person.tags, name) {
				count++
			}
		}
		tags = append(tags, tag{i + 1, name, count, ""})
	}
	return tags
}
