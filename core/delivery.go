package core

import (
	"net/url"
	"strconv"
	"time"
)

// Action is what a webhook asks for: its wpf_action parameter.
type Action string

// The three actions Usher knows. Anything else is kept and held for a person.
const (
	Add        Action = "add"
	Update     Action = "update"
	UpdateTags Action = "update_tags"
)

// Known reports whether a is one of the three actions.
func (a Action) Known() bool { return a == Add || a == Update || a == UpdateTags }

// Delivery is one webhook as received: evidence, never edited. The access key and
// headers that carry credentials are left out before it gets here.
type Delivery struct {
	Seq        uint64 // its place in the order of arrival; 0 until it is stored
	Received   time.Time
	Connection string // id of the Connection its access key names
	Action     Action // as sent, lower case; may be unknown
	Method     string
	Query      url.Values
	Header     map[string][]string
	Body       []byte
}

// ID is the delivery's name in answers and on the command line.
func (d Delivery) ID() string { return FormatID(d.Seq) }

// FormatID writes a sequence number as a delivery id.
func FormatID(seq uint64) string { return strconv.FormatUint(seq, 10) }

// ParseID reads a delivery id.
func ParseID(id string) (uint64, bool) {
	seq, err := strconv.ParseUint(id, 10, 64)
	return seq, err == nil && seq > 0
}

// State says where a delivery stands. Every accepted delivery is in exactly one.
type State string

// The states of a delivery.
const (
	Queued  State = "queued"  // waiting for its turn
	Applied State = "applied" // done; Outcome says what that meant
	Merged  State = "merged"  // done together with a newer delivery about the same contact
	Held    State = "held"    // a person has to decide or repair something
	Failed  State = "failed"  // given up; can be retried by hand
)

// Outcome says what applying a delivery came to.
type Outcome string

// The outcomes of an applied delivery.
const (
	Created   Outcome = "created"
	Updated   Outcome = "updated"
	Unchanged Outcome = "unchanged"
	NoUser    Outcome = "no_user"   // update or update_tags about someone who has no user
	Protected Outcome = "protected" // the user has admin rights and is left alone
	Ignored   Outcome = "ignored"   // the message asks for nothing
)

// Record is a delivery with what became of it, as people and scripts see it.
type Record struct {
	Seq        uint64
	Received   time.Time
	Connection string // its name
	CRM        string // the kind of CRM
	Action     Action
	Contact    string // contact id, or e-mail where there is no id
	State      State
	Into       uint64 // for Merged: the delivery it was done with
	Outcome    Outcome
	UserID     int64
	Attempts   int
	Notes      []Note
	Problem    *Problem
}

// Counts are the deliveries by state. Accepted always equals the sum of the others.
type Counts struct {
	Accepted, Applied, Merged, Held, Failed, Queued uint64
}
