package practice_test

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"strings"
	"testing"
	"time"

	"usher/core/practice"
)

// post calls Kartra's API with the right credentials, except those given.
func post(t *testing.T, k *practice.Kartra, form map[string]string) (status int, reply map[string]any) {
	t.Helper()
	values := url.Values{}
	login := k.Login()
	maps.Copy(login, form)
	for name, value := range login {
		values.Set(name, value)
	}
	req := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/api", strings.NewReader(values.Encode()))
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	answer := httptest.NewRecorder()
	k.ServeHTTP(answer, req)
	if answer.Body.Len() > 0 {
		if err := json.Unmarshal(answer.Body.Bytes(), &reply); err != nil {
			t.Fatalf("not JSON: %s", answer.Body)
		}
	}
	return answer.Code, reply
}

func newKartra() *practice.Kartra {
	return practice.NewKartra(practice.KartraConfig{CallsPerSecond: -1})
}

func TestTheAPISaysWhatIsWrong(t *testing.T) {
	k := newKartra()
	k.Put(john)
	gone := k.Add(practice.Person{Email: "gone@example.test"})
	k.Delete(gone)
	edit := func(more map[string]string) map[string]string {
		form := map[string]string{"lead[id]": "1", "actions[0][cmd]": "edit_lead", "lead[city]": "Nowhere"}
		maps.Copy(form, more)
		return form
	}
	const custom, value = "lead[custom_fields][0][field_identifier]", "lead[custom_fields][0][field_value]"
	tests := []struct {
		name string
		form map[string]string
		kind string
	}{
		{"no App ID", map[string]string{"app_id": ""}, "238"},
		{"a wrong App ID", map[string]string{"app_id": "x"}, "239"},
		{"no key", map[string]string{"api_key": ""}, "202"},
		{"a wrong key", map[string]string{"api_key": "x"}, "203"},
		{"a wrong password", map[string]string{"api_password": "x"}, "233"},
		{"nothing asked", nil, "224"},
		{"a lead not named", map[string]string{"get_lead[x]": "1"}, "206"},
		{"no such lead", map[string]string{"get_lead[id]": "99"}, "234"},
		{"no such e-mail", map[string]string{"get_lead[email]": "x@example.test"}, "234"},
		{"a deleted lead", map[string]string{"get_lead[id]": gone}, "245"},
		{"a deleted lead by e-mail", map[string]string{"get_lead[email]": "gone@example.test"}, "245"},
		{"the id counts, not the e-mail", map[string]string{"get_lead[id]": "99", "get_lead[email]": john.Email}, "234"},
		{"no command", map[string]string{"lead[id]": "1", "actions[0][x]": "y"}, "254"},
		{"editing nobody", edit(map[string]string{"lead[id]": "99"}), "243"},
		{"an unknown command", map[string]string{"lead[id]": "1", "actions[0][cmd]": "delete_account"}, "262"},
		{"a tag that is not there", map[string]string{"lead[id]": "1", "actions[0][cmd]": "assign_tag", "actions[0][tag_name]": "x"}, "212"},
		{"a choice by its text", edit(map[string]string{custom: "gender", value: "male"}), "271"},
		{"a choice that is not there", edit(map[string]string{custom: "gender", value: "77"}), "271"},
		{"a list for one choice", edit(map[string]string{custom: "gender", value + "[0]": "1"}), "271"},
		{"one choice where there is a list", edit(map[string]string{custom: "color", value: "1"}), "271"},
		{"a list for a text", edit(map[string]string{custom: "favorite_dish", value + "[0]": "1"}), "271"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			status, reply := post(t, k, tt.form)
			if actions, ok := reply["actions"].([]any); ok && reply["status"] == "Success" {
				for _, result := range actions[0].(map[string]any) {
					reply = result.(map[string]any)
				}
			}
			if status != http.StatusOK || reply["status"] != "Error" || reply["type"] != tt.kind || reply["message"] == "" {
				t.Errorf("got %d %v, want error %s", status, reply, tt.kind)
			}
			if person, _ := k.Person("1"); person.Fields["city"] != john.City {
				t.Error("half of what was refused is written")
			}
		})
	}
}

func TestTheAPITellsAWholeLead(t *testing.T) {
	k := newKartra()
	k.Put(john)
	k.Tag("1", "Gold", "News")
	k.AddField("Never filled in")
	_, reply := post(t, k, map[string]string{"get_lead[email]": "JOHNDOE@example.test"})
	lead, ok := reply["lead_details"].(map[string]any)
	if !ok {
		t.Fatalf("got %v", reply)
	}
	want := []any{map[string]any{"tag_name": "Gold"}, map[string]any{"tag_name": "News"}}
	if !reflect.DeepEqual(lead["tags"], want) || lead["first_name"] != "John" || lead["id"] != "1" {
		t.Errorf("got %v", lead)
	}
	identifiers := map[any]any{}
	for _, field := range lead["custom_fields"].([]any) {
		field := field.(map[string]any)
		identifiers[field["field_identifier"]] = field["field_value"]
	}
	if len(identifiers) != 4 || identifiers["never_filled_in"] != "" || identifiers["favorite_dish"] != "beef lasagna" {
		t.Errorf("got custom fields %v", identifiers)
	}
	text := practice.NewKartra(practice.KartraConfig{DetailsAsText: true})
	text.Put(john)
	_, reply = post(t, text, map[string]string{"get_lead[id]": "1"})
	if details, ok := reply["lead_details"].(string); !ok || !json.Valid([]byte(details)) {
		t.Errorf("details as text are %v", reply["lead_details"])
	}
}

func TestTheAPIEditsALead(t *testing.T) {
	k := newKartra()
	k.Put(john)
	k.AddCheckbox("size", "S", "M", "L")
	_, reply := post(t, k, map[string]string{
		"lead[id]": "1", "actions[0][cmd]": "edit_lead",
		"lead[middle_name]": "x&y", "lead[score]": "99", "lead[no_such]": "z", "lead[email]": "other@example.test",
		"lead[custom_fields][0][field_identifier]": "no_such", "lead[custom_fields][0][field_value]": "z",
		"lead[custom_fields][1][field_identifier]": "favorite_dish", "lead[custom_fields][1][field_value]": "pie",
		"lead[custom_fields][2][field_identifier]": "size", "lead[custom_fields][2][field_value][0]": "3", "lead[custom_fields][2][field_value][1]": "1",
		"lead[custom_fields][10][field_identifier]": "color", "lead[custom_fields][10][field_value]": "",
	})
	if reply["status"] != "Success" {
		t.Fatalf("got %v", reply)
	}
	person, _ := k.Person("1")
	got := map[string]string{}
	for _, key := range []string{"middle_name", "favorite_dish", "size", "color", "gender", "no_such", "score", "last_name"} {
		got[key] = person.Fields[key]
	}
	want := map[string]string{
		"middle_name": "x&y", "favorite_dish": "pie", "size": "S, L", "color": "", "gender": "male",
		"no_such": "", "score": "", "last_name": "Doe & Sons",
	}
	if !maps.Equal(got, want) || person.Email != john.Email {
		t.Errorf("got  %v\nwant %v", got, want)
	}
}

// One command that fails does not make the call fail, nor undo the one before.
func TestTheAPIRunsAChain(t *testing.T) {
	k := newKartra()
	id := k.Add(practice.Person{Email: "ann@example.test"})
	k.Tag(k.Add(practice.Person{Email: "bo@example.test"}), "Gold")
	_, reply := post(t, k, map[string]string{
		"lead[email]": "ann@example.test", "actions[0][cmd]": "search_lead",
		"actions[1][cmd]": "assign_tag", "actions[1][tag_name]": "Gold",
		"actions[2][cmd]": "assign_tag", "actions[2][tag_name]": "No such",
		"actions[3][cmd]": "assign_tag", "actions[3][tag_name]": "Gold",
	})
	if reply["status"] != "Success" || len(reply["actions"].([]any)) != 4 {
		t.Errorf("got %v", reply)
	}
	if person, _ := k.Person(id); !reflect.DeepEqual(person.Tags, []string{"Gold"}) {
		t.Errorf("got tags %v", person.Tags)
	}
	post(t, k, map[string]string{
		"lead[id]": id, "actions[10][cmd]": "unassign_tag", "actions[10][tag_name]": "Gold",
		"actions[9][cmd]": "assign_tag", "actions[9][tag_name]": "Gold",
	})
	if person, _ := k.Person(id); len(person.Tags) != 0 {
		t.Errorf("got tags %v", person.Tags)
	}
	_, reply = post(t, k, map[string]string{"actions[0][cmd]": "retrieve_account_tags"})
	if !reflect.DeepEqual(reply["account_tags"], []any{"Gold"}) {
		t.Errorf("the account's tags are %v", reply["account_tags"])
	}
}

func TestTheAPITakesTwentyCallsASecond(t *testing.T) {
	now := time.Unix(1_750_000_000, 0)
	k := practice.NewKartra(practice.KartraConfig{Now: func() time.Time { return now }})
	for second := range 2 {
		for call := range 25 {
			status, _ := post(t, k, nil)
			if limited := status == http.StatusTooManyRequests; limited != (call >= 20) {
				t.Errorf("second %d, call %d: %d", second, call+1, status)
			}
		}
		now = now.Add(time.Second)
	}
}

func TestTheAPIHasOneAddress(t *testing.T) {
	answer := httptest.NewRecorder()
	newKartra().ServeHTTP(answer, httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", nil))
	if answer.Code != http.StatusNotFound {
		t.Errorf("got %d", answer.Code)
	}
}

func TestPeopleOfThePracticeKartra(t *testing.T) {
	k := newKartra()
	k.AddDropDown("Plan", "gold", "silver")
	id := k.Add(practice.Person{Email: "ann@example.test", Fields: map[string]string{"first_name": "Ann", "plan": "silver", "note": "x"}, Tags: []string{"A", "B"}})
	k.Change(id, map[string]string{"first_name": "Anna", "plan": "gold", "email": "anna@example.test"})
	want := practice.Person{
		ID: id, Email: "anna@example.test", Tags: []string{"A", "B"},
		Fields: map[string]string{"first_name": "Anna", "plan": "gold", "note": "x"},
	}
	if got, ok := k.Person(id); !ok || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
	for _, thin := range []bool{true, false} {
		req, err := k.Webhook("https://usher.example.test/?wpf_action=add&access_key=KEY", id, thin)
		if err != nil {
			t.Fatal(err)
		}
		var sent struct {
			Lead    map[string]any
			Action  string
			Details map[string]map[string]any `json:"action_details"`
		}
		if err := json.NewDecoder(req.Body).Decode(&sent); err != nil {
			t.Fatal(err)
		}
		if sent.Lead["email"] != "anna@example.test" || req.URL.Query().Get("wpf_action") != "add" || req.Method != http.MethodPost {
			t.Errorf("thin %v: got %+v", thin, sent)
		}
		if tag := sent.Details["tag"]["tag_name"]; (sent.Action == "assign_tag") == thin || !thin && tag != "B" {
			t.Errorf("thin %v: got %s of %v", thin, sent.Action, tag)
		}
	}
	k.Delete(id)
	if _, ok := k.Person(id); ok {
		t.Error("a deleted person is there")
	}
}
