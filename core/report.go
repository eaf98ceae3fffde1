package core

import (
	"slices"
	"strconv"
	"time"
)

// Status is the answer of `usherd status --json`. The counts are of one moment and
// Accepted equals the sum of the other five.
type Status struct {
	Accepted uint64        `json:"accepted"`
	Applied  uint64        `json:"applied"`
	Merged   uint64        `json:"merged"`
	Held     uint64        `json:"held"`
	Failed   uint64        `json:"failed"`
	Queued   uint64        `json:"queued"`
	Address  AddressStatus `json:"address"`
	Problems []Trouble     `json:"problems,omitempty"` // what keeps more than one delivery waiting
}

// Trouble is a Problem with what it is about, for people and scripts.
type Trouble struct {
	About string `json:"about,omitempty"` // a site, an account
	Code  string `json:"code"`
	Title string `json:"title"`
	Fix   string `json:"fix"`
}

// Trouble writes the problem out.
func (p *Problem) Trouble(about string) Trouble {
	return Trouble{About: about, Code: p.Code, Title: p.Sentence(), Fix: p.Fix}
}

// Line is one line of `usherd deliveries --json`.
type Line struct {
	ID         string    `json:"id"`
	Received   time.Time `json:"received"`
	Connection string    `json:"connection"`
	CRM        string    `json:"crm"`
	Action     Action    `json:"action"`
	Contact    string    `json:"contact"`
	// Person is the name Usher knows the contact by; only where a window asks.
	Person   string   `json:"person,omitempty"`
	State    State    `json:"state"`
	Into     string   `json:"into,omitempty"`
	Outcome  Outcome  `json:"outcome,omitempty"`
	UserID   int64    `json:"user_id,omitempty"`
	Attempts int      `json:"attempts"`
	Notes    []string `json:"notes,omitempty"`
	Problem  *Trouble `json:"problem,omitempty"`
}

// Line writes the record out for people and scripts.
func (r Record) Line() Line {
	line := Line{
		ID: FormatID(r.Seq), Received: r.Received.UTC(), Connection: r.Connection, CRM: r.CRM,
		Action: r.Action, Contact: r.Contact, State: r.State, Outcome: r.Outcome,
		UserID: r.UserID, Attempts: r.Attempts,
	}
	if r.Into != 0 {
		line.Into = FormatID(r.Into)
	}
	for _, note := range r.Notes {
		line.Notes = append(line.Notes, note.Text())
	}
	if r.Problem != nil {
		trouble := r.Problem.Trouble("")
		line.Problem = &trouble
	}
	return line
}

// RemovalAnswer is the answer of `usherd remove`.
type RemovalAnswer struct {
	Connection string   `json:"connection"`
	Notes      []string `json:"notes,omitempty"`
	// UnusedSite is the home address of the site where no connection leads any more, though
	// Usher is still let in there.
	UnusedSite string `json:"unused_site,omitempty"`
}

// SignIn is what a person needs to sign in to a CRM account.
type SignIn struct {
	CRM      string `json:"crm"`      // its name, for people
	Page     string `json:"page"`     // to open in a browser
	Redirect string `json:"redirect"` // where the browser comes back to
	State    string `json:"state"`    // what it must bring back with it
}

// SignInAnswer is the answer of `usherd sign-in`.
type SignInAnswer struct {
	Account string   `json:"account"`
	CRM     string   `json:"crm"`
	Notes   []string `json:"notes,omitempty"`
	// Held says that messages are held that said too little, and can be read in full now.
	Held bool `json:"held,omitempty"`
}

// RegistrationAnswer is the answer of `usherd register` and `usherd unregister`.
type RegistrationAnswer struct {
	Connection string   `json:"connection"`
	Actions    []Action `json:"actions"`           // that the CRM's webhooks made by Usher now ask for
	Address    string   `json:"address,omitempty"` // they call
	Notes      []string `json:"notes,omitempty"`
}

// SetupAnswer is the answer of `usherd setup`. Notes of all answers are for the window too, and
// so name no command.
type SetupAnswer struct {
	Connection string            `json:"connection"`
	URLs       map[Action]string `json:"urls"`
	Notes      []string          `json:"notes,omitempty"`
	// SignIn is the CRM account, by its name, that is still to be signed in to.
	SignIn string `json:"sign_in,omitempty"`
}

// SiteAnswer is the answer of `usherd connect` and `usherd disconnect`.
type SiteAnswer struct {
	Site  string   `json:"site"` // its home address
	User  string   `json:"user"` // the account Usher uses, or used
	Name  string   `json:"name"`
	Notes []string `json:"notes,omitempty"`
}

// StepState says how a step of a diagnosis went.
type StepState string

// The states of a Step.
const (
	StepOK      StepState = "ok"
	StepProblem StepState = "problem"
	StepSkipped StepState = "skipped" // an earlier step failed, or what it needs was not given
)

// Step is one step of a diagnosis, for people and scripts: a line of `usherd check --json`.
type Step struct {
	Name    string    `json:"name"`  // stable, such as "sign_in"
	Title   string    `json:"title"` // what is checked
	State   StepState `json:"state"`
	Detail  string    `json:"detail,omitempty"` // what was found
	Problem *Trouble  `json:"problem,omitempty"`
	// Took is how long the step took, where that is of interest.
	Took Milliseconds `json:"took_ms,omitempty"`
}

// Milliseconds is a duration in whole milliseconds as JSON.
type Milliseconds time.Duration

// MarshalJSON implements json.Marshaler.
func (m Milliseconds) MarshalJSON() ([]byte, error) {
	return strconv.AppendInt(nil, time.Duration(m).Milliseconds(), 10), nil
}

// UnmarshalJSON implements json.Unmarshaler.
func (m *Milliseconds) UnmarshalJSON(data []byte) error {
	n, err := strconv.ParseInt(string(data), 10, 64)
	*m = Milliseconds(time.Duration(n) * time.Millisecond)
	return err
}

// TestAnswer is the answer of `usherd send-test`: the way of a message, hop by hop.
type TestAnswer struct {
	Connection string   `json:"connection"`
	Steps      []Step   `json:"steps"`
	Result     string   `json:"result,omitempty"` // what the message would do; empty where a step failed
	Notes      []string `json:"notes,omitempty"`
}

// OK reports whether the whole way is open.
func (a TestAnswer) OK() bool {
	return !slices.ContainsFunc(a.Steps, func(s Step) bool { return s.State != StepOK })
}
