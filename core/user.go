package core

import "time"

// User is a person on the WordPress site, as the REST API shows them to an
// administrator.
type User struct {
	ID         int64
	Login      string
	Email      string
	Fields     Fields // by WordPress's names: first_name, last_name, name, nickname, url, description, locale
	Roles      []string
	Caps       map[string]bool // what this user may do, roles and own capabilities together
	Registered time.Time

	// The rest is known only where the helper tells it.
	Meta      map[string]string // what was asked for; a list is joined by ", ", a missing one is absent
	Mark      *Mark
	Protected bool   // the helper refuses to change this user, whatever Roles and Caps say
	State     string // names the state shown, Meta and Mark included
}

// NewUser is a user to be created.
type NewUser struct {
	Login    string
	Email    string
	Password Secret
	// Generated says that Password is random and of 20 characters or more, so that a site
	// with the helper need not spend time on hashing it slowly.
	Generated bool
	Fields    Fields   // non-empty values only
	Roles     []string // nil: the site's default role
}

// UserPatch changes a user; only what is set changes.
type UserPatch struct {
	Fields Fields
	Roles  []string // the whole new set; nil leaves roles alone
	// Password is the new one; empty leaves it alone. WordPress ends the user's sessions and
	// mails them a notice.
	Password Secret
}

// Empty reports whether there is nothing to write.
func (p UserPatch) Empty() bool { return len(p.Fields) == 0 && p.Roles == nil && p.Password.Empty() }

// Change is the planned difference for one user, decided before anything is written.
type Change struct {
	Outcome  Outcome // what applying it will come to
	UserID   int64   // 0 when a user is to be created
	Create   *NewUser
	Patch    UserPatch
	Meta     Fields        // user meta to write
	Mark     *Mark         // what to keep for the CRM; nil leaves it alone
	Fields   []FieldChange // for people: what all of it does, field by field
	SendMail bool          // once the user is made
	Notes    []Note
}

// FieldChange is one line of a Change: old and new value of one field. Passwords
// show as "set".
type FieldChange struct {
	Field string `json:"field"`
	Old   string `json:"old,omitempty"`
	New   string `json:"new"`
}

// JournalEntry tells what was done for one contact, and why.
type JournalEntry struct {
	Seq        uint64        `json:"-"`
	At         time.Time     `json:"at"`
	Connection string        `json:"connection"` // id
	Contact    string        `json:"contact"`
	Deliveries []uint64      `json:"deliveries"`
	UserID     int64         `json:"user_id,omitempty"`
	State      State         `json:"state"`
	Outcome    Outcome       `json:"outcome,omitempty"`
	Fields     []FieldChange `json:"fields,omitempty"`
	Notes      []Note        `json:"notes,omitempty"`
	Problem    *Problem      `json:"problem,omitempty"`
}
