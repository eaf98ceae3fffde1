package practice_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"time"

	"usher/core"
	"usher/core/crm/kartra"
	"usher/core/practice"
)

var john = practice.Lead{
	ID: "1", Email: "johndoe@example.test", FirstName: "John", MiddleName: "Doe", LastName: "Doe & Sons",
	Phone: "1234567", PhoneCountryCode: "+1", City: "New York", Website: "http://www.example.com",
	Joined: time.Date(2018, 4, 26, 5, 0, 0, 0, time.UTC),
	Custom: []practice.CustomField{
		practice.Checkbox("323", "color", practice.Option{ID: "1", Value: "red"}, practice.Option{ID: "2", Value: "blue"}),
		practice.DropDown("324", "gender", practice.Option{ID: "1", Value: "male"}),
		practice.Input("325", "favorite_dish", "beef lasagna"),
	},
}

func TestWebhooksLookLikeTheDocumentedSample(t *testing.T) {
	var printed []byte
	for _, sample := range (kartra.Adapter{}).Describe().Samples {
		if sample.Name == "as_printed" {
			printed = sample.Body
		}
	}
	want, err := core.ReadMessage(nil, printed) // forgives the commas
	if err != nil || want.JSON == nil {
		t.Fatal("no sample", err)
	}
	k := practice.NewKartra(practice.KartraConfig{})
	k.Put(john)
	body, err := k.Message(practice.SubscribeList("1", 1, "list 1"))
	if err != nil {
		t.Fatal(err)
	}
	got, err := core.ReadMessage(nil, body)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := shape(got.JSON), shape(want.JSON); !reflect.DeepEqual(got, want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
	for _, part := range []string{
		`"id":"1"`, `"last_name":"Doe & Sons"`, `"date_joined":"2018-04-26 00:00:00"`, `"lead_deleted":"0"`,
		`"action":"list_subscription","action_details":{"list":{"list_id":1,"list_name":"list 1"}}`,
	} {
		if !strings.Contains(string(body), part) {
			t.Errorf("no %s in %s", part, body)
		}
	}
}

// shape is a JSON value with its kinds in place of its values. Kartra's documentation later added one value.
func shape(value any) any {
	switch v := value.(type) {
	case map[string]any:
		shapes := map[string]any{}
		for name, inner := range v {
			if name != "lead_preferred_time_zone" {
				shapes[name] = shape(inner)
			}
		}
		return shapes
	case []any:
		var shapes []any
		for _, inner := range v {
			shapes = append(shapes, shape(inner))
		}
		return shapes
	default:
		return fmt.Sprintf("%T", v)
	}
}

func TestEveryEventIsUnderstood(t *testing.T) {
	k := practice.NewKartra(practice.KartraConfig{})
	k.Put(john)
	for action, test := range map[string]struct {
		event practice.Event
		tag   *core.TagEvent
		takes bool
	}{
		"assign_tag":          {practice.AssignTag("1", 7, "Gold"), &core.TagEvent{Tag: "Gold"}, false},
		"unassign_tag":        {practice.UnassignTag("1", 7, "Gold"), &core.TagEvent{Tag: "Gold", Removed: true}, true},
		"list_subscription":   {practice.SubscribeList("1", 1, "News"), nil, false},
		"list_unsubscription": {practice.UnsubscribeList("1", 1, "News"), nil, true},
		"filled_form":         {practice.FillForm("1", 12, "Free lesson"), nil, false},
		"buy_product":         {practice.BuyProduct(john, 31, "Yoga", "49.00", john.Joined), nil, false},
		"membership_granted":  {practice.GrantMembership("1", 5, "Club", 2, "Gold"), nil, false},
		"membership_revoked":  {practice.RevokeMembership("1", 5, "Club", 2, "Gold"), nil, true},
		"video_play":          {practice.Event{Lead: "1", Action: "video_play"}, nil, false},
	} {
		t.Run(action, func(t *testing.T) {
			body, err := k.Message(test.event)
			if err != nil {
				t.Fatal(err)
			}
			if !json.Valid(body) {
				t.Fatalf("not JSON: %s", body)
			}
			message, err := core.ReadMessage(nil, body)
			if err != nil {
				t.Fatal(err)
			}
			notice, err := kartra.Adapter{}.Parse(message)
			if err != nil {
				t.Fatal(err)
			}
			if notice.Event != action || notice.Contact.ID != "1" || notice.Contact.Email != john.Email {
				t.Errorf("got event %s about %s", notice.Event, notice.Contact.ID)
			}
			if notice.NeverCreates != test.takes || (test.tag != nil) != (len(notice.Events) == 1) {
				t.Errorf("got %+v", notice)
			}
			if test.tag != nil && notice.Events[0] != *test.tag {
				t.Errorf("got %+v", notice.Events)
			}
			if notice.Contact.Fields["color"] != "red, blue" || notice.Contact.Fields["favorite_dish"] != "beef lasagna" {
				t.Errorf("got the custom fields wrong")
			}
		})
	}
}

func TestADeletedLeadSaysSo(t *testing.T) {
	k := practice.NewKartra(practice.KartraConfig{})
	gone := john
	gone.Deleted = john.Joined.Add(24 * time.Hour)
	k.Put(gone)
	body, err := k.Message(practice.AssignTag("1", 7, "Gold"))
	if err != nil {
		t.Fatal(err)
	}
	if want := `"lead_deleted":"1","lead_deleted_date":"2018-04-27 00:00:00"`; !strings.Contains(string(body), want) {
		t.Errorf("no %s in %s", want, body)
	}
}

func TestSendPostsTheMessageAsItIs(t *testing.T) {
	type seen struct{ method, uri, kind, agent, body string }
	got := make(chan seen, 20)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got <- seen{r.Method, r.RequestURI, r.Header.Get("Content-Type"), r.UserAgent(), string(body)}
		w.Header().Set("Location", "/elsewhere")
		w.WriteHeader(http.StatusFound)
		_, _ = io.WriteString(w, "moved")
	}))
	defer server.Close()
	const uri = "/?wpf_action=add&access_key=KEY&role=customer&x=%20"
	for label, want := range map[string]string{"": "application/x-www-form-urlencoded", "application/json": "application/json"} {
		k := practice.NewKartra(practice.KartraConfig{ContentType: label})
		lead := k.Put(practice.Lead{Email: "ann@example.test"})
		event := practice.AssignTag(lead.ID, 7, "Gold")
		status, body, err := k.Send(t.Context(), server.URL+uri, event)
		if err != nil || status != http.StatusFound || string(body) != "moved" {
			t.Errorf("got %d %s, %v", status, body, err)
		}
		message, err := k.Message(event)
		if err != nil {
			t.Fatal(err)
		}
		if got, want := <-got, (seen{"POST", uri, want, "", string(message)}); got != want {
			t.Errorf("got  %+v\nwant %+v", got, want)
		}
	}
}

func TestSendSaysWhatWentWrong(t *testing.T) {
	k := practice.NewKartra(practice.KartraConfig{})
	lead := k.Put(practice.Lead{})
	if _, _, err := k.Send(t.Context(), "http://127.0.0.1:1/", practice.AssignTag("99", 1, "x")); err == nil {
		t.Error("a lead who is not there")
	}
	if status, _, err := k.Send(t.Context(), "http://127.0.0.1:1/", practice.AssignTag(lead.ID, 1, "x")); err == nil || status != 0 {
		t.Errorf("nobody listens: %d, %v", status, err)
	}
	if _, _, err := k.Send(t.Context(), "http://127.0.0.1:1/", practice.Event{Lead: lead.ID, Details: make(chan int)}); err == nil {
		t.Error("details that are no JSON")
	}
}

func TestPutGivesIDsAndReplaces(t *testing.T) {
	k := practice.NewKartra(practice.KartraConfig{})
	k.Put(practice.Lead{ID: "4711", FirstName: "Ada"})
	if lead := k.Put(practice.Lead{FirstName: "Ann"}); lead.ID == "" || lead.ID == "4711" {
		t.Errorf("got id %q", lead.ID)
	}
	k.Put(practice.Lead{ID: "4711", FirstName: "Augusta"})
	body, err := k.Message(practice.AssignTag("4711", 1, "x"))
	if err != nil || !strings.Contains(string(body), `"first_name":"Augusta"`) {
		t.Errorf("got %s, %v", body, err)
	}
}
