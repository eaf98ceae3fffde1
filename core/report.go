package core

import "time"

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

// AddressStatus is the public address and its state.
type AddressStatus struct {
	State string `json:"state"` // off, connecting, online, reconnecting, failed
	URL   string `json:"url,omitempty"`
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
	State      State     `json:"state"`
	Into       string    `json:"into,omitempty"`
	Outcome    Outcome   `json:"outcome,omitempty"`
	UserID     int64     `json:"user_id,omitempty"`
	Attempts   int       `json:"attempts"`
	Notes      []string  `json:"notes,omitempty"`
	Problem    *Trouble  `json:"problem,omitempty"`
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
}

// SetupAnswer is the answer of `usherd setup`.
type SetupAnswer struct {
	Connection string            `json:"connection"`
	URLs       map[Action]string `json:"urls"`
	Notes      []string          `json:"notes,omitempty"`
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
}
