package practice

import "net/http"

// CRM is an account at a practice CRM, seen from both sides: its API as an http.Handler
// to be reached at the base URL of a core.Account, and what people do in it. All of it is
// safe for concurrent use.
type CRM interface {
	http.Handler
	// Login are the settings and secrets that let the API in, by the adapter's Credential keys.
	Login() map[string]string
	// Fail and Heal are those of Faults; they meet the API's requests.
	Fail(Fault)
	Heal()

	// Add makes a person and returns their id. Person.ID is not used.
	Add(Person) string
	// Change sets fields of a person, and Tag their whole set of tags, by name.
	Change(id string, fields map[string]string)
	Tag(id string, names ...string)
	// Delete removes a person as somebody does in the CRM.
	Delete(id string)
	// Person returns a person as they are now.
	Person(id string) (Person, bool)
	// AddField makes a custom field and returns its key.
	AddField(label string) (key string)
	// Webhook is what the CRM sends to url about a person: thin is the least it sends,
	// else all it can. The URL has what the CRM itself puts into it filled in.
	Webhook(url, id string, thin bool) (*http.Request, error)
}

// Person is a contact of a practice CRM.
type Person struct {
	ID     string
	Email  string
	Fields map[string]string // by the CRM's own keys, as text people read
	Tags   []string          // names
}
