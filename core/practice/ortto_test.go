package practice_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"usher/core"
	"usher/core/crm/ortto"
	"usher/core/practice"
)

// askOrtto posts a body as is and returns the answer; without a key the account's own is used.
func askOrtto(t *testing.T, o *practice.Ortto, route, body string, key ...string) (int, string) {
	t.Helper()
	req := httptest.NewRequestWithContext(t.Context(), http.MethodPost, route, strings.NewReader(body))
	req.Header.Set("X-Api-Key", append(key, o.Login()["api_key"])[0])
	w := httptest.NewRecorder()
	o.ServeHTTP(w, req)
	return w.Code, strings.TrimSpace(w.Body.String())
}

func TestOrttoAnswersAsRecorded(t *testing.T) {
	at := time.Date(2025, 3, 1, 9, 30, 0, 0, time.UTC)
	o := practice.NewOrtto(practice.OrttoConfig{Now: func() time.Time { return at }})
	id := o.Add(practice.Person{
		Email: "ada@example.com", Tags: []string{"Gold"},
		Fields: map[string]string{"str::first": "Ada", "phn::phone": "+44 2079460000"},
	})
	key := o.AddField("Job Title")
	one := `{"offset":0,"limit":2,"fields":["str::email","tags","e"],"filter":{"$str::is":{"field_id":"str::email","value":"%s"}}}`
	merge := `{"people":[{"fields":{"str::person_id":"%s","%s":"x"},"tags":["New"],"unset_tags":["Gold"]}],"merge_by":["str::person_id"],"merge_strategy":2,"skip_non_existing":true,"async":false}`
	many := strings.TrimSuffix(strings.Repeat(`"str::email",`, 101), ",")
	for _, test := range []struct {
		name, route, body string
		status            int
		want              []string
	}{
		{"by id", "person/get-by-ids", `{"contact_ids":["` + id + `","x"],"fields":["str::first","phn::phone","str::last"]}`, 200, []string{`{"contacts":{"` + id + `":{"id":"` + id + `","fields":{"phn::phone":{"c":"44","n":"2079460000"},"str::first":"Ada"}}}}`}},
		{"by ids nobody has", "person/get-by-ids", `{"contact_ids":["x"],"fields":["str::email"]}`, 200, []string{`{"contacts":{}}`}},
		{"by e-mail", "person/get", fmt.Sprintf(one, "ADA@example.com"), 200, []string{`"id":"` + id, `"tags":["Gold"]`, `"e":"2025-03-01T09:30:00.000001Z"`, `"has_more":false`, `"next_offset":1`}},
		{"nobody", "person/get", fmt.Sprintf(one, "bob@example.com"), 200, []string{`"contacts":null`}},
		{"no fields", "person/get", `{"fields":[]}`, 400, []string{`"code":400`, "between 1 and 100"}},
		{"too many fields", "person/get", `{"fields":[` + many + `]}`, 400, []string{`"code":400`}},
		{"a field that is not there", "person/get", `{"fields":["str:cm:x"]}`, 400, []string{"failed to validate field str:cm:x in schema"}},
		{"a cursor that is a UUID", "person/get", `{"fields":["e"],"cursor_id":"87b53aa5-f231-4c2e-80c3-ce6acd67b4af"}`, 400, []string{"cannot unmarshal into an ID"}},
		{"fields", "person/custom-field/get", `{}`, 200, []string{`{"fields":[{"field":{"id":"str:cm:job-title","name":"Job Title","display_type":"text","liquid_name":"people.custom.job-title"},"tracked_value":false}]}`}},
		{"tags", "tags/get", `{}`, 200, []string{`"name":"Gold","count":1`, `"type":"organization"`}},
		{"tags with a body", "tags/get", `{"q":""}`, 400, []string{`"code":400`}},
		{"tags without a body", "tags/get", ``, 400, []string{`"code":400`}},
		{"merge a field that is not there", "person/merge", fmt.Sprintf(merge, id, "str:cm:x"), 400, []string{"No valid contacts provided", `"details":[{"status":"invalid"`}},
		{"merge nobody", "person/merge", fmt.Sprintf(merge, "x", key), 200, []string{`{"people":null}`}},
		{"merge", "person/merge", fmt.Sprintf(merge, id, key), 200, []string{`{"people":[{"person_id":"` + id + `","status":"merged"}]}`}},
		{"another route", "person/delete", `{}`, 404, []string{`"code":404`}},
		{"no JSON", "person/get", `fields=e`, 400, []string{`"request_id"`}},
	} {
		t.Run(test.name, func(t *testing.T) {
			status, answer := askOrtto(t, o, "/v1/"+test.route, test.body)
			if status != test.status {
				t.Errorf("got %d: %s", status, answer)
			}
			for _, part := range test.want {
				if !strings.Contains(answer, part) {
					t.Errorf("no %s in %s", part, answer)
				}
			}
		})
		at = at.Add(time.Minute) // or it would be banned for its mistakes
	}
	if person, _ := o.Person(id); person.Fields[key] != "x" || strings.Join(person.Tags, " ") != "New" {
		t.Errorf("after the merge: %v, %v", person.Fields, person.Tags)
	}
}

func TestOrttoCutsLongListsShort(t *testing.T) {
	o := practice.NewOrtto(practice.OrttoConfig{})
	for range 600 {
		o.Add(practice.Person{Email: "a@example.com"})
	}
	for limit, want := range map[int]int{0: 50, 1: 1, 500: 500, 501: 50} {
		_, answer := askOrtto(t, o, "/v1/person/get", fmt.Sprintf(`{"limit":%d,"offset":50,"fields":["e"],"sort_by_field_id":"e","sort_order":"desc"}`, limit))
		var page struct {
			Contacts   []struct{ Fields map[string]time.Time }
			NextOffset int  `json:"next_offset"`
			HasMore    bool `json:"has_more"`
		}
		if err := json.Unmarshal([]byte(answer), &page); err != nil {
			t.Fatal(err)
		}
		if len(page.Contacts) != want || page.NextOffset != 50+want || !page.HasMore {
			t.Errorf("limit %d: %d people, next %d", limit, len(page.Contacts), page.NextOffset)
		}
		for i := 1; i < len(page.Contacts); i++ {
			if !page.Contacts[i].Fields["e"].Before(page.Contacts[i-1].Fields["e"]) {
				t.Fatal("not the newest edit first")
			}
		}
	}
}

func TestOrttoSlowsDownAndBans(t *testing.T) {
	at := time.Date(2025, 3, 1, 9, 30, 0, 0, time.UTC)
	o := practice.NewOrtto(practice.OrttoConfig{Now: func() time.Time { return at }, PerSecond: 10})
	expect := func(what string, status int, wait string, key ...string) {
		t.Helper()
		got, answer := askOrtto(t, o, "/v1/tags/get", "{}", key...)
		if got != status || wait != "" && !strings.Contains(answer, `"try-in-seconds":`+wait) {
			t.Errorf("%s: got %d %s", what, got, answer)
		}
	}
	for range 10 {
		expect("within the limit", 200, "")
	}
	expect("beyond it", 429, "1")
	at = at.Add(time.Second)
	for range 10 {
		expect("a bad key", 401, "", "wrong")
	}
	at = at.Add(time.Second)
	for range 5 {
		expect("a bad key again", 401, "", "wrong")
	}
	expect("banned, even with the right key", 429, "14")
	at = at.Add(15 * time.Second)
	expect("forgiven", 200, "")
}

func TestOrttosWebhooksAreUnderstood(t *testing.T) {
	o := practice.NewOrtto(practice.OrttoConfig{})
	id := o.Add(practice.Person{
		Email: "ada@example.com", Tags: []string{"Old", "WordPress User"},
		Fields: map[string]string{"str::first": "Ada", "phn::phone": "+44 2079460000", "geo::city": "London", "dtz::b": "1985-12-10"},
	})
	for _, thin := range []bool{true, false} {
		req, err := o.Webhook("https://usher.example/?wpf_action=add&access_key=KEY", id, thin)
		if err != nil || req.Method != http.MethodPost || req.URL.RawQuery != "wpf_action=add&access_key=KEY" {
			t.Fatal(req, err)
		}
		body, err := io.ReadAll(req.Body)
		if err != nil {
			t.Fatal(err)
		}
		m, err := core.ReadMessage(req.URL.Query(), body)
		if err != nil {
			t.Fatal(err)
		}
		notice, err := ortto.Adapter{}.Parse(m)
		if err != nil || notice.Contact.ID != id || notice.Contact.Email != "ada@example.com" {
			t.Errorf("thin %v: got %+v, %v", thin, notice, err)
		}
		if got := notice.Contact.Fields["phn::phone"]; (got == "+44 2079460000") == thin {
			t.Errorf("thin %v: the phone is %q", thin, got)
		}
		if got := notice.Events; (len(got) == 1 && got[0].Tag == "WordPress User") == thin {
			t.Errorf("thin %v: tag events %+v", thin, got)
		}
	}
	if _, err := o.Webhook("https://usher.example/", "nobody", true); err == nil {
		t.Error("a webhook about nobody")
	}
}
