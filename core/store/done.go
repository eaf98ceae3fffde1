package store

import (
	"slices"

	"usher/core"
)

// Done is what was done for a user by attempts at a work that then ended held.
type Done struct {
	// UpTo is the newest delivery that had its user. Neither it nor an older one asks for a
	// user or a mail any more.
	UpTo    uint64       `json:"up_to"`
	Outcome core.Outcome `json:"outcome,omitempty"` // Created, Updated, or empty for nothing
	UserID  int64        `json:"user_id"`
	Notes   []core.Note  `json:"notes,omitempty"`
}

// Had reports whether a delivery had its user in an attempt that ended held.
func (w Work) Had(seq uint64) bool { return w.Done != nil && seq <= w.Done.UpTo }

// with adds an attempt that ended held, if it had a user.
func (d *Done) with(result Settlement) *Done {
	if result.Link == nil || result.Link.UserID == 0 {
		return d
	}
	now := &Done{UpTo: result.Taken[len(result.Taken)-1], UserID: result.UserID}
	now.Outcome, now.Notes = d.sum(result)
	if now.Outcome != core.Created && now.Outcome != core.Updated {
		now.Outcome = ""
	}
	return now
}

// sum is what a work came to, all its attempts together: who was made is a new user,
// whatever else was changed before all was over.
func (d *Done) sum(result Settlement) (core.Outcome, []core.Note) {
	if d == nil {
		return result.Outcome, result.Notes
	}
	notes := slices.Clone(d.Notes)
	for _, note := range result.Notes {
		if !slices.Contains(notes, note) {
			notes = append(notes, note)
		}
	}
	later := result.Outcome == core.Unchanged || (result.Outcome == core.Updated && d.Outcome == core.Created)
	if later && d.Outcome != "" {
		return d.Outcome, notes
	}
	return result.Outcome, notes
}
