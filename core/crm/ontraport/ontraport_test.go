package ontraport_test

import (
	"net/url"
	"strings"
	"testing"

	"usher/core"
	"usher/core/crm/crmtest"
	"usher/core/crm/ontraport"
	"usher/core/practice"
)

func TestAdapter(t *testing.T) { crmtest.Run(t, ontraport.Adapter{}) }

func FuzzParse(f *testing.F) { crmtest.Fuzz(f, ontraport.Adapter{}) }

func FuzzClient(f *testing.F) {
	crmtest.FuzzClient(f, ontraport.Adapter{}, practice.NewOntraport(practice.OntraportConfig{RequestsPerMinute: -1}))
}

func TestClient(t *testing.T) {
	crmtest.RunClient(t, ontraport.Adapter{}, practice.NewOntraport(practice.OntraportConfig{RequestsPerMinute: -1}))
}

func read(t *testing.T, query, body string) (core.Notice, error) {
	t.Helper()
	params, err := url.ParseQuery(query)
	if err != nil {
		t.Fatal(err)
	}
	m, err := core.ReadMessage(params, []byte(body))
	if err != nil {
		t.Fatal(err)
	}
	return ontraport.Adapter{}.Parse(m)
}

func TestWhoAMessageIsAbout(t *testing.T) {
	tests := []struct{ name, query, body, id, email, problem string }{
		{name: "thin: the id in the URL", query: "wpf_action=update&contact_id=815", id: "815"},
		{name: "data to send beside it", query: "contact_id=815", body: "email=ada@example.com&firstname=Ada", id: "815", email: "ada@example.com"},
		{name: "JSON to send beside it", query: "contact_id=815", body: `{"email":"ada@example.com"}`, id: "815", email: "ada@example.com"},
		{name: "all in the URL", query: "contact_id=815&email=ada%40example.com&role=customer", id: "815", email: "ada@example.com"},
		{name: "an id called id", body: `{"id":815}`, id: "815"},
		{name: "an address alone", body: "email=ada%40example.com", email: "ada@example.com"},
		{name: "an address whose plus was not encoded", body: "email=ada+two+x@example.com", email: "ada+two+x@example.com"},
		{name: "an address whose plus was encoded", body: "email=ada%2Btwo@example.com", email: "ada+two@example.com"},
		{name: "a space in an address of JSON stays", query: "contact_id=1", body: `{"email":"ada x@example.com"}`, id: "1", email: "ada x@example.com"},
		{name: "no merge field filled in", query: "contact_id=%5BContact+ID%5D", problem: "delivery.merge_field"},
		{name: "the same, written with %20", query: "contact_id=%5BContact%20ID%5D", body: "email=[Email]", problem: "delivery.merge_field"},
		{name: "in the body", body: "contact_id=[Contact ID]", problem: "delivery.merge_field"},
		{name: "in JSON", body: `{"contact_id":"[Contact ID]"}`, problem: "delivery.merge_field"},
		{name: "the address was not filled in", body: "email=[Email]", problem: "delivery.merge_field"},
		{name: "the number was not, the address was", query: "contact_id=%5BContact+ID%5D", body: "email=ada@example.com", email: "ada@example.com"},
		{name: "no contact_id", query: "wpf_action=add", problem: "delivery.no_contact_id"},
		{name: "an empty contact_id", query: "contact_id=", problem: "delivery.no_contact_id"},
		{name: "nobody's id", query: "contact_id=0", problem: "delivery.no_contact_id"},
		{name: "an id below zero", query: "contact_id=-1", problem: "delivery.no_contact_id"},
		{name: "an id with a zero before it", query: "contact_id=0815", problem: "delivery.no_contact_id"},
		{name: "an id that is no number", query: "contact_id=815a", problem: "delivery.no_contact_id"},
		{name: "an id that is too long", query: "contact_id=12345678901234567890", problem: "delivery.no_contact_id"},
		{name: "an address that is too long", body: "email=" + strings.Repeat("a", 250) + "@example.com", problem: "delivery.no_contact_id"},
		{name: "made by the API: its own id counts", query: "contact_id=7", body: "webhook_id=3&data[id]=815", id: "815"},
		{name: "made by the API for a URL with the merge field", query: "contact_id=%5BContact+ID%5D", body: "webhook_id=3&data[id]=815", id: "815"},
		{name: "made by the API, without an id", query: "contact_id=7", body: "webhook_id=3&data[email]=a@example.com", id: "7", email: "a@example.com"},
		{name: "made by the API, with a broken id", query: "contact_id=7", body: "webhook_id=3&data[id]=x", problem: "delivery.no_contact_id"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := read(t, tt.query, tt.body)
			if tt.problem != "" {
				if !core.HasCode(err, tt.problem) {
					t.Errorf("got %+v, %v; want %s", got, err, tt.problem)
				}
				return
			}
			if err != nil || got.Ignored != nil || got.Contact.ID != tt.id || got.Contact.Email != tt.email {
				t.Errorf("got %q, %q, %v; want %q, %q", got.Contact.ID, got.Contact.Email, err, tt.id, tt.email)
			}
		})
	}
}

func TestFieldsOfAMessage(t *testing.T) {
	got, err := read(t, "wpf_action=add&role=customer&send_notification=true&async=1&contact_id=815&city=London",
		"firstname=Ada&company=[Company]&lastname=&contact_cat=x&plan=gold&list[]=1")
	want := core.Fields{"city": "London", "firstname": "Ada", "plan": "gold"}
	if err != nil || len(got.Contact.Fields) != len(want) {
		t.Fatalf("got %v, %v; want %v", got.Contact.Fields, err, want)
	}
	for name, value := range want {
		if got.Contact.Fields[name] != value {
			t.Errorf("%s is %q, want %q", name, got.Contact.Fields[name], value)
		}
	}
	if got.Contact.TagsKnown || got.Event != "" {
		t.Errorf("data to send tells tags or an event: %+v", got)
	}
}

func TestTheProblemsNameTheLine(t *testing.T) {
	for _, code := range []string{"delivery.merge_field", "delivery.no_contact_id"} {
		if fix := core.NewProblem(code, nil).Fix; !strings.Contains(fix, "contact_id=[Contact ID]") {
			t.Errorf("the fix of %s does not name the line: %s", code, fix)
		}
	}
}

// seed are the instructions, notes and warnings of the vendor-side guide, and where each is.
var seed = map[string]string{
	"Go to the Rules page under the Contacts menu in the sidebar and create a new rule": "Rules page under the Contacts menu in the sidebar and create a new rule",
	"Select a trigger, such as a field is modified, or a tag is applied":                "a field is updated or a tag is applied",
	"whenever the Add User to WP tag is applied":                                        "“Add User to WP”",
	"specify any conditions, or leave this section blank":                               "or leave this section blank",
	"Under Actions, choose Ping a URL from the dropdown menu":                           "Under “Actions” choose “Ping a URL” from the dropdown menu",
	"Enter the URL to your site":                                                        "Enter this URL",
	"You can get your site's unique access key":                                         "your access key is in it: {add}",
	"Rules are for Ontraport Pro accounts":                                              "Ontraport Pro accounts",
	"The best rule triggers: When Contact is added to a Tag":                            "“When Contact is added to a Tag”",
	"… or When a field is updated":                                                      "“When a field is updated”",
	"Contact is created sends as soon as you click Add Contact":                         "as soon as you click the Add Contact button",
	"… before you've entered any contact details":                                       "before any contact details are entered",
	"Campaigns are for all accounts":                                                    "(all accounts)",
	"The syntax is the same as when using a Rule":                                       "The URL is the same as for a rule",
	"click Add New Item":                                                                "click Add New Item",
	"choose Send A Webhook from the Advanced pane":                                      "Choose “Send A Webhook” from the Advanced pane",
	"For the destination URL":                                                           "For the destination URL",
	"The rest of the fields can be left blank":                                          "The rest of the fields can be left blank",
	"To update a user's tags":                                                           "{update_tags}",
	"To update a user's tags and meta data":                                             "{update}",
	"Create a new user":                                                                 "{add}",
	"send the user a welcome email with a link to log in":                               "{add}&send_notification=true",
	"the customer role":                                                                 "{add}&role=customer",
	"the role has to be registered":                                                     "A role must exist on your site",
	"By default users get the role of subscriber":                                       "“subscriber”",
	"The add method will update an existing user, no duplicate":                         "No second user is made",
	"the email address is the username, the password random":                            "The e-mail address becomes the user name, and the password is made at random",
	"custom username and password fields, user_login and user_pass":                     "match them with user_login and user_pass",
	"select a field where the password should be stored":                                "choose this field as the one that receives the password",
	"use a merge field to include it in an email":                                       "put the field in as a merge field",
	"The username will be the contact's email address":                                  "The user name is the contact's e-mail address",
	"extra data that needs no API key":                                                  "email=[Email]&firstname=[First Name]&lastname=[Last Name]",
}

func TestEverySentenceOfTheSeedIsThere(t *testing.T) {
	var all []string
	for _, card := range (ontraport.Adapter{}).Describe().Cards {
		all = append(all, card.Title)
		all = append(all, card.Steps...)
		all = append(all, card.Notes...)
		all = append(all, card.Warns...)
	}
	text := strings.Join(all, "\n")
	for sentence, phrase := range seed {
		if !strings.Contains(text, phrase) {
			t.Errorf("%q is missing: no card has %q", sentence, phrase)
		}
	}
}
