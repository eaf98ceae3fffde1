// Package kartra teaches Usher Kartra: what its Outbound API says about a lead, and how
// its API reads and writes one.
//
// Kartra posts one JSON object for every event: the whole lead, the event's name in
// "action", and what it was about in "action_details". The list of the lead's tags is
// not in it; only the one tag of assign_tag and unassign_tag is.
//
// A lead's fields go by Kartra's own names, such as "first_name", custom fields by their
// identifier. What an event was about goes by "action:" and Kartra's name for it, such as
// "action:product_name": only webhooks tell it, so reading a lead never brings it.
//
// Kartra cannot list leads, so there is no way to find out who changed: known leads are
// read again one by one.
//
// Source: support.kartra.com, developer articles. Start reading with Parse, then Open.
package kartra

import (
	"embed"
	"sync"

	"usher/core"
)

// Adapter implements core.Adapter and core.Opener for Kartra.
type Adapter struct{}

// Describe implements core.Adapter.
func (Adapter) Describe() core.Descriptor {
	return core.Descriptor{
		Kind: "kartra",
		Name: "Kartra",
		Slug: "kartra",
		FieldMap: map[string]string{
			"first_name": "first_name",
			"last_name":  "last_name",
			"website":    "url",
		},
		Credentials: credentials(),
		Cards:       cards(),
		Doubts:      doubts(),
		Samples:     samples(),
	}
}

//go:embed samples
var sampleFiles embed.FS

// samples is read once, because Describe is called for every message.
var samples = sync.OnceValue(func() []core.Sample { return core.ReadSamples(sampleFiles) })
