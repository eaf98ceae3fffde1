package core

import "time"

// Overview is Usher at one moment, as a window shows it. It is never changed.
type Overview struct {
	Version     uint64           `json:"version"` // what Watch is asked with
	Status      Status           `json:"status"`
	Paused      bool             `json:"paused,omitempty"` // a person stopped all writing
	Sites       []SiteView       `json:"sites,omitempty"`
	Connections []ConnectionView `json:"connections,omitempty"`
	Needs       []Need           `json:"needs,omitempty"` // what needs a person, most urgent first
	Keeping     Keeping          `json:"keeping"`
}

// SiteView is a site as people see it.
type SiteView struct {
	Home        string      `json:"home"`
	Name        string      `json:"name"`
	User        string      `json:"user"` // the account Usher uses there
	WelcomeMail WelcomeMail `json:"welcome_mail,omitempty"`
	Swapped     bool        `json:"swapped,omitempty"`
	Helper      Helper      `json:"helper,omitzero"`
	Connections []string    `json:"connections,omitempty"` // names
}

// Helper is what a site said of the Usher helper when Usher last asked it.
type Helper struct {
	State   HelperState `json:"state,omitempty"`
	Version string      `json:"version,omitempty"` // such as "1.0.0"; empty where it did not say
}

// HelperState says whether the Usher helper is active on a site.
type HelperState string

// The states of a Helper.
const (
	HelperUnknown HelperState = "" // the site was not asked yet
	HelperActive  HelperState = "active"
	HelperAbsent  HelperState = "absent"
)

// ConnectionView is a connection as people see it.
type ConnectionView struct {
	Name    string `json:"name"`
	Kind    string `json:"kind"`    // of its CRM: Descriptor.Kind
	CRM     string `json:"crm"`     // as the vendor writes it
	Account string `json:"account"` // the account's name
	Site    string `json:"site"`    // its home address
	// API says that contacts are read by the CRM's API; SignIn that a person has to sign
	// in to it first.
	API    bool `json:"api,omitempty"`
	SignIn bool `json:"sign_in,omitempty"`
	Paused bool `json:"paused,omitempty"`
	// LastMessage is when a message of the CRM came last; zero for never.
	LastMessage time.Time `json:"last_message,omitzero"`
	// Rules are its settings, without ids and keys. FieldMap is the one in force.
	Rules Connection `json:"rules"`
}

// Need is one thing that needs a person, or that keeps messages waiting, however many they
// are: problems with one cause are one Need.
type Need struct {
	Problem Trouble `json:"problem"` // About: the connection or site, or Usher itself
	// Connection is the name of the connection whose messages wait; empty where it is
	// about more.
	Connection string `json:"connection,omitempty"`
	Count      int    `json:"count"` // messages that wait for it
	// Messages are the ids of the first of them, newest first, at most 50.
	Messages []string `json:"messages,omitempty"`
	// Waits says that Usher goes on by itself once what is wrong is mended; else messages
	// are held or given up, and to be started again.
	Waits bool `json:"waits,omitempty"`
	// Question says that trying a message again is a yes to what it is held for.
	Question bool `json:"question,omitempty"`
	// Declinable says that a person may say no to it, which ends it.
	Declinable bool `json:"declinable,omitempty"`
}

// ActivityQuery asks for messages, newest first.
type ActivityQuery struct {
	Before string  `json:"before,omitempty"` // an id to go on from; empty for the newest
	Limit  int     `json:"limit,omitempty"`  // at most 500; 0 for 100
	Text   string  `json:"text,omitempty"`   // somewhere in person, connection or problem; case aside
	States []State `json:"states,omitempty"` // empty for all
	// Connection is a name; empty for all.
	Connection string `json:"connection,omitempty"`
}

// Activity is the answer to an ActivityQuery.
type Activity struct {
	Lines []Line `json:"lines"`
	// Before goes on where this ended; empty at the end.
	Before string `json:"before,omitempty"`
}

// Detail is all there is to tell about one message.
type Detail struct {
	Line    Line          `json:"line"`
	Steps   []JournalStep `json:"steps,omitempty"` // what was done for it, oldest first
	Message string        `json:"message"`         // what came, readable, without secrets; empty while the keyring is locked
	// Erased says that what came was kept long enough, or is forgotten. The message cannot
	// be started again.
	Erased bool `json:"erased,omitempty"`
}

// JournalStep is a JournalEntry for people.
type JournalStep struct {
	At      time.Time     `json:"at"`
	State   State         `json:"state"`
	Outcome Outcome       `json:"outcome,omitempty"`
	Fields  []FieldChange `json:"fields,omitempty"`
	Notes   []string      `json:"notes,omitempty"`
	Problem *Trouble      `json:"problem,omitempty"`
}

// PersonView is a person of the CRM and who they are on the site.
type PersonView struct {
	CRM         string    `json:"crm"`
	Contact     string    `json:"contact"`
	Site        string    `json:"site"`
	Connections []string  `json:"connections,omitempty"` // names of those that join the two
	UserID      int64     `json:"user_id,omitempty"`     // 0: not a user
	Login       string    `json:"login,omitempty"`
	Email       string    `json:"email,omitempty"`
	Name        string    `json:"name,omitempty"`
	Tags        []string  `json:"tags,omitempty"`
	Roles       []string  `json:"roles,omitempty"` // given by Usher
	MadeByUsher bool      `json:"made_by_usher,omitempty"`
	Mail        MailState `json:"mail,omitempty"`
	Deleted     bool      `json:"deleted,omitempty"` // in the CRM
}

// Choices are what can be picked for a connection instead of typed. Where the CRM has no
// API, or the site does not tell its roles, there is less to pick from.
type Choices struct {
	Roles      []RoleChoice `json:"roles"`
	UserFields []string     `json:"user_fields"` // that every WordPress takes
	Fields     []CRMField   `json:"fields,omitempty"`
	Tags       []Tag        `json:"tags,omitempty"`
}

// RoleChoice is a role of the site that may be given.
type RoleChoice struct {
	Slug        string `json:"slug"`
	Name        string `json:"name"`
	Default     bool   `json:"default,omitempty"`      // the site's own for new users
	WritesPosts bool   `json:"writes_posts,omitempty"` // given only where a person allowed it
}

// Miss is a message that was turned away at the door: somebody tried, and what they sent
// was not quite right.
type Miss struct {
	At     time.Time `json:"at"`
	Reason string    `json:"reason"` // as the receiver logs it: "wrong_key", "no_action", …
	Times  int       `json:"times"`  // in a row
}
