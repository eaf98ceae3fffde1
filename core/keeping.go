package core

// Keeping says how long Usher keeps what nobody needs any more.
type Keeping struct {
	// SentDays is how long what a message said is kept after it is done, merged or given
	// up, in days; 0 for ever. The line about it stays.
	SentDays int `json:"sent_days"`
	// Messages is how many messages Activity keeps; 0 for all. Those that wait are kept in
	// any case.
	Messages int `json:"messages"`
}

// The bounds of a Keeping.
const (
	mostSentDays   = 3650
	fewestMessages = 1000
	mostMessages   = 10_000_000
)

// DefaultKeeping is kept to where the owner chose nothing: two weeks to look into what went
// wrong, and 150 messages a day for three and a half years.
func DefaultKeeping() Keeping { return Keeping{SentDays: 14, Messages: 200_000} }

// KeepingChange changes a Keeping; what is nil stays as it is.
type KeepingChange struct {
	SentDays *int `json:"sent_days,omitempty"`
	Messages *int `json:"messages,omitempty"`
}

// With is the changed Keeping; keep.out_of_range where there is no such.
func (k Keeping) With(change KeepingChange) (Keeping, error) {
	if change.SentDays != nil {
		k.SentDays = *change.SentDays
	}
	if change.Messages != nil {
		k.Messages = *change.Messages
	}
	few := k.Messages != 0 && k.Messages < fewestMessages
	if k.SentDays < 0 || k.SentDays > mostSentDays || few || k.Messages > mostMessages {
		return Keeping{}, NewProblem("keep.out_of_range", nil)
	}
	return k, nil
}

// PersonRef names a person to be forgotten.
type PersonRef struct {
	// CRM is the name of a CRM account, for where Contact alone names several people; else
	// empty.
	CRM string `json:"crm,omitempty"`
	// Contact is the person's number in the CRM, or their e-mail address.
	Contact string `json:"contact"`
}

// ForgetAnswer is the answer of `usherd forget`.
type ForgetAnswer struct {
	People   int      `json:"people"`   // entries of the CRMs that are unknown to Usher now
	Messages int      `json:"messages"` // whose contents and names are erased
	Notes    []string `json:"notes,omitempty"`
}
