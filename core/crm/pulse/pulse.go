// Package pulse teaches Usher PulseTechnologyCRM: what its webhooks say about a contact,
// and its API.
//
// A webhook posts the contact, at least its id, as a form or as JSON. The vendor publishes
// no documentation. What is known comes from the module its own developer wrote for WP
// Fusion (verygoodplugins/wp-fusion-lite, includes/crms/pulsetech); where that leaves a
// choice, the package takes either.
package pulse

import (
	"embed"
	"sync"

	"usher/core"
)

const name = "PulseTechnologyCRM"

// Adapter implements core.Adapter and core.Opener for PulseTechnologyCRM.
type Adapter struct{}

// Describe implements core.Adapter.
func (Adapter) Describe() core.Descriptor {
	return core.Descriptor{
		Kind: "pulse",
		Name: name,
		Slug: "pulsetech",
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
