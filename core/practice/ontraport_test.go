package practice_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"usher/core/practice"
)

// ontraport is a practice account that can be asked, at a fixed time.
type ontraport struct {
	*practice.Ontraport
	t   *testing.T
	now time.Time
}

func newOntraport(t *testing.T, cfg practice.OntraportConfig) *ontraport {
	o := &ontraport{t: t, now: time.Unix(1_800_000_000, 0)}
	cfg.Now = func() time.Time { return o.now }
	o.Ontraport = practice.NewOntraport(cfg)
	return o
}

// ask sends a request with the account's key and returns the status, the text and "data".
func (o *ontraport) ask(method, route, body string, headers ...string) (*http.Response, string, any) {
	o.t.Helper()
	r := httptest.NewRequestWithContext(o.t.Context(), method, "/1"+route, strings.NewReader(body))
	r.Header.Set("Api-Appid", o.Login()["app_id"])
	r.Header.Set("Api-Key", o.Login()["api_key"])
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	recorder := httptest.NewRecorder()
	o.ServeHTTP(recorder, r)
	var answer struct{ Data any }
	_ = json.Unmarshal(recorder.Body.Bytes(), &answer) // errors are plain text
	return recorder.Result(), recorder.Body.String(), answer.Data
}

func TestOntraportRefuses(t *testing.T) {
	o := newOntraport(t, practice.OntraportConfig{})
	for _, tt := range []struct {
		name, method, route, body string
		headers                   []string
		status                    int
		text                      string
	}{
		{"a wrong key", "GET", "/Contact?id=1", "", []string{"Api-Key", "x"}, 401, "Your App ID and API key do not authenticate."},
		{"a wrong App ID", "GET", "/Contact?id=1", "", []string{"Api-Appid", "x"}, 401, "Your App ID and API key do not authenticate."},
		{"nobody", "GET", "/Contact?id=1", "", nil, 404, "Object not found"},
		{"a change of nobody", "PUT", "/objects", `{"objectID":0,"id":1}`, nil, 404, "Object not found"},
		{"an address that is none", "GET", "/object/getByEmail?objectID=0&email=x", "", nil, 404, "Invalid email"},
		{"a condition that is none", "GET", "/Contacts?condition=x", "", nil, 400, "Invalid condition"},
		{"a webhook without a URL", "POST", "/Webhook/subscribe", "event=sub_tag(1)", nil, 422, "Missing url or event"},
		{"an end to no webhook", "DELETE", "/Webhook/unsubscribe", "id=1", nil, 404, "Object not found"},
	} {
		if answer, text, _ := o.ask(tt.method, tt.route, tt.body, tt.headers...); answer.StatusCode != tt.status || text != tt.text {
			t.Errorf("%s: %d %q, want %d %q", tt.name, answer.StatusCode, text, tt.status, tt.text)
		}
	}
}

func TestOntraportLimit(t *testing.T) {
	o := newOntraport(t, practice.OntraportConfig{RequestsPerMinute: 2})
	for i, status := range []int{200, 200, 429, 429} {
		answer, _, _ := o.ask("GET", "/Contacts", "")
		if left := strconv.Itoa(max(1-i, 0)); answer.StatusCode != status || answer.Header.Get("X-Rate-Limit-Remaining") != left {
			t.Errorf("request %d: %d, %s left", i, answer.StatusCode, answer.Header.Get("X-Rate-Limit-Remaining"))
		}
		if answer.Header.Get("X-Rate-Limit-Reset") != "60" {
			t.Errorf("the limit ends in %s s", answer.Header.Get("X-Rate-Limit-Reset"))
		}
	}
	o.now = o.now.Add(time.Minute)
	if answer, _, _ := o.ask("GET", "/Contacts", ""); answer.StatusCode != 200 {
		t.Errorf("a minute later: %d", answer.StatusCode)
	}
}

func TestOntraportLists(t *testing.T) {
	o := newOntraport(t, practice.OntraportConfig{RequestsPerMinute: -1})
	for range 120 {
		o.now = o.now.Add(time.Second)
		o.Add(practice.Person{Email: "a@example.com", Tags: []string{"Member"}})
	}
	since := strconv.FormatInt(o.now.Unix()-9, 10)
	condition := url.QueryEscape(`[{"field":{"field":"dlm"},"op":">=","value":{"value":` + since + `}},"AND",{"field":{"field":"id"},"op":">","value":{"value":"930"}}]`)
	for route, want := range map[string]int{
		"/Contacts":                                   50,
		"/Contacts?range=500":                         50,
		"/Contacts?range=7":                           7,
		"/Contacts?start=100&range=50":                20,
		"/Contacts?start=500":                         0,
		"/Contacts?condition=" + condition:            4,
		"/objects/tag?objectID=0&tag_id=1&start=90":   30,
		"/objects/tag?objectID=0&tag_name=Member":     50,
		"/objects/tag?objectID=0&tag_id=2":            0,
		"/objects?objectID=14":                        1,
		"/Contacts?listFields=id,dlm&sort=dlm&range=": 50,
	} {
		_, text, data := o.ask("GET", route, "")
		rows, ok := data.([]any)
		if !ok || len(rows) != want {
			t.Errorf("%s: %d rows, want %d: %.80s", route, len(rows), want, text)
		}
		if row := first(rows); strings.Contains(route, "listFields") && len(row) != 2 {
			t.Errorf("%s lists %v", route, row)
		}
	}
	_, _, data := o.ask("GET", "/Contacts?sort=id&sortDir=desc&range=1", "")
	if row := first(data.([]any)); row["id"] != "934" || row["contact_cat"] != "*/*1*/*" || row["company"] != nil {
		t.Errorf("the last is %v", row)
	}
}

// first is the first row, nil when there is none.
func first(rows []any) map[string]any {
	if len(rows) == 0 {
		return nil
	}
	row, _ := rows[0].(map[string]any)
	return row
}

func TestOntraportStoresChoicesByNumber(t *testing.T) {
	o := newOntraport(t, practice.OntraportConfig{})
	drop, list, day := o.AddFieldOf("drop", "Plan", "Gold", "Silver"), o.AddFieldOf("list", "Colours", "red", "blue"), o.AddFieldOf("fulldate", "Since")
	fields := map[string]string{drop: "Silver", list: "red, blue", day: "1985-04-11"}
	id := o.Add(practice.Person{Email: "ada@example.com", Fields: fields})
	_, _, data := o.ask("GET", "/Contact?id="+id, "")
	row, _ := data.(map[string]any)
	if row[drop] != "32" || row[list] != "*/*31*/*32*/*" || row[day] != "482025600" {
		t.Errorf("stored are %v, %v, %v", row[drop], row[list], row[day])
	}
	person, _ := o.Person(id)
	for key, want := range fields {
		if person.Fields[key] != want {
			t.Errorf("%s shows as %q, want %q", key, person.Fields[key], want)
		}
	}
	_, text, _ := o.ask("GET", "/Contacts/meta?format=byId", "")
	if !strings.Contains(text, `"options":[]`) || !strings.Contains(text, `"options":{"31":"Gold","32":"Silver"}`) {
		t.Errorf("the fields are %s", text)
	}
}

func TestOntraportTags(t *testing.T) {
	o := newOntraport(t, practice.OntraportConfig{})
	id := o.Add(practice.Person{Email: "ada@example.com", Tags: []string{"One", "Two"}})
	before, _ := o.Person(id)
	o.now = o.now.Add(time.Hour)
	o.ask("PUT", "/objects/tag", `{"objectID":0,"ids":`+id+`,"add_list":"1,7"}`)
	o.ask("DELETE", "/objects/tag", "objectID=0&ids="+id+"&remove_list=2")
	after, _ := o.Person(id)
	if strings.Join(after.Tags, ",") != "One" {
		t.Errorf("the tags are %q", after.Tags)
	}
	if before.Fields["dlm"] != after.Fields["dlm"] {
		t.Error("tags count as a modification")
	}
	if answer, _, data := o.ask("PUT", "/objects/tag", `{"objectID":0,"ids":"999","add_list":"1"}`); answer.StatusCode != 200 || data != "The tag is now being processed." {
		t.Errorf("tags for nobody: %d %v", answer.StatusCode, data)
	}
}

func TestOntraportWebhooks(t *testing.T) {
	o := newOntraport(t, practice.OntraportConfig{RawMerge: true})
	id := o.Add(practice.Person{Email: "ada+x@example.com", Fields: map[string]string{"firstname": "Ada", "city": "London"}, Tags: []string{"Gold"}})
	for _, tt := range []struct {
		thin bool
		body string
	}{{true, ""}, {false, "email=ada+x@example.com&firstname=Ada&lastname="}} {
		r, err := o.Webhook("https://x.example.com/?contact_id=[Contact ID]&a=1", id, tt.thin)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(r.Body)
		if r.URL.RawQuery != "contact_id="+id+"&a=1" || string(body) != tt.body {
			t.Errorf("thin %v: ?%s %q", tt.thin, r.URL.RawQuery, body)
		}
	}
	for data, want := range map[string]string{
		`{"format":"notify"}`: "", `{"format":"lightweight"}`: "data[email] data[firstname]", "": "data[city] data[contact_cat] data[email] data[firstname]",
	} {
		_, _, made := o.ask("POST", "/Webhook/subscribe", url.Values{"url": {"https://x.example.com/"}, "event": {"sub_tag(1)"}, "data": {data}}.Encode())
		requests, err := o.Notify("sub_tag(1)", id)
		if err != nil || len(requests) != 1 {
			t.Fatalf("%d requests, %v", len(requests), err)
		}
		body, _ := io.ReadAll(requests[0].Body)
		form, _ := url.ParseQuery(string(body))
		for _, key := range strings.Fields(want) {
			if !form.Has(key) {
				t.Errorf("%s: %s is missing in %s", data, key, body)
			}
		}
		if form.Get("data[id]") != id || form.Get("event[type]") != "sub_tag" || form.Get("event[tag_id]") != "1" || form.Get("object_type_id") != "0" || data != "" && form.Has("data[city]") {
			t.Errorf("%s: %s", data, body)
		}
		hook, _ := made.(map[string]any)
		if answer, _, _ := o.ask("DELETE", "/Webhook/unsubscribe", "id="+hook["id"].(string)); answer.StatusCode != 200 {
			t.Errorf("unsubscribe: %d", answer.StatusCode)
		}
	}
}
