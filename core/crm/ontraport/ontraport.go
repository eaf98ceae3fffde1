// Package ontraport teaches Usher Ontraport: its webhooks and its API.
//
// A webhook of a rule or automation names the contact in its URL, by a merge field, and
// carries only what its owner wrote under "data to send": most often nothing. A webhook
// made by the API tells who it is about in its body.
// Sources: api.ontraport.com/doc, support.ontraport.com.
package ontraport

import (
	"embed"
	"sync"

	"usher/core"
)

// Adapter implements core.Adapter and core.Opener for Ontraport.
type Adapter struct{}

// Describe implements core.Adapter.
func (Adapter) Describe() core.Descriptor {
	return core.Descriptor{
		Kind:      "ontraport",
		Name:      "Ontraport",
		Slug:      "ontraport",
		URLParams: "contact_id=[Contact ID]",
		FieldMap: map[string]string{
			"firstname": "first_name",
			"lastname":  "last_name",
			"website":   "url",
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
