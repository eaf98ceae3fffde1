package core

import (
	"fmt"
	"io"
	"log/slog"
	"maps"
	"slices"
	"strings"
)

// Fields are a contact's values by the CRM's own field keys, as text a person
// reads. They are personal: printing or logging Fields shows the keys only.
type Fields map[string]string

// Format implements fmt.Formatter for every verb.
func (f Fields) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, f.keys()) }

// LogValue implements slog.LogValuer.
func (f Fields) LogValue() slog.Value { return slog.StringValue(f.keys()) }

func (f Fields) keys() string {
	return "fields[" + strings.Join(slices.Sorted(maps.Keys(f)), " ") + "]"
}

// EventField begins the keys of those Fields that tell of an event rather than of the
// person: only the message about it has them.
const EventField = "action:"

// Contact is a person in the CRM.
type Contact struct {
	ID     string
	Email  string
	Fields Fields
	// Tags is the whole set, valid only when TagsKnown. Most webhooks carry no
	// set, only a TagEvent.
	Tags      []string
	TagsKnown bool
	Deleted   bool
}

// EmailKey begins the Key of a contact without an id.
const EmailKey = "email:"

// Key names the contact within its CRM account: the id, or the e-mail where the CRM
// gave no id. It is empty when neither is known.
func (c Contact) Key() string {
	if c.ID == "" && c.Email != "" {
		return EmailKey + strings.ToLower(c.Email)
	}
	return c.ID
}

// maxEmail is the longest address there can be (RFC 5321).
const maxEmail = 254

// UsableEmail reports whether an address alone can say who a person is.
func UsableEmail(email string) bool {
	return len(email) <= maxEmail && strings.Contains(email, "@") && !strings.ContainsAny(email, " \t\n")
}

// TagEvent says that one tag was put on or taken off.
type TagEvent struct {
	Tag     string
	Removed bool
}

// Notice is what a delivery says, in words that are the same for every CRM.
type Notice struct {
	Contact Contact    // as far as the delivery tells; only an ID when it is thin
	Events  []TagEvent // in order
	Event   string     // the CRM's own name for what happened, such as "assign_tag"
	// NeverCreates marks events that take something away: they say a contact
	// changed, yet are no reason to make a user.
	NeverCreates bool
	// Ignored, when set, says why there is nothing to do.
	Ignored *Note
}

// Request is what a webhook's URL asks for beyond "this contact changed". Requests
// are never folded away by newer deliveries.
type Request struct {
	Action Action
	Role   string // slug or display name; empty means none was named
	Mail   bool   // send_notification
}
