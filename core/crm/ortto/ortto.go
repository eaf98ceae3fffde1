// Package ortto teaches Usher Ortto: what its webhooks say about a person, and the API
// of a Custom API data source.
//
// A webhook's top-level "id" names the delivery; the person is contact.contact_id. The
// list of the person's tags is not in it.
// Sources: help.ortto.com, a-251 (webhooks), a-959 (dynamic webhooks), a-257 (merge),
// a-258 (get), a-235 (limits), a-205 (person fields).
package ortto

import (
	"embed"
	"sync"

	"usher/core"
)

// The keys of Ortto's credentials.
const (
	keyAPI    = "api_key"
	keyRegion = "region"
	keyPlan   = "plan"
	keyEdited = "edited_field"
)

// defaultEdited is the built-in field with the time a person was edited.
const defaultEdited = "e"

// regions are where an account's data lives, as Ortto calls them.
var regions = []struct{ name, url string }{
	{"Rest of the world", "https://api.ap3api.com"},
	{"Australia", "https://api.au.ap3api.com"},
	{"Europe", "https://api.eu.ap3api.com"},
}

// plans are how many requests a second an account may send.
var plans = []struct {
	name      string
	perSecond int
}{
	{"Professional", 10},
	{"Business or Enterprise", 30},
}

// Adapter implements core.Adapter and core.Opener for Ortto.
type Adapter struct{}

// Describe implements core.Adapter.
func (Adapter) Describe() core.Descriptor {
	return core.Descriptor{
		Kind: "ortto",
		Name: "Ortto",
		Slug: "ortto",
		FieldMap: map[string]string{
			"str::first": "first_name",
			"str::last":  "last_name",
		},
		Credentials: credentials(),
		Cards:       cards(),
		Doubts:      doubts(),
		Samples:     samples(),
	}
}

func credentials() []core.Credential {
	var where, which []string
	for _, region := range regions {
		where = append(where, region.name)
	}
	for _, plan := range plans {
		which = append(which, plan.name)
	}
	return []core.Credential{
		{
			Key: keyAPI, Label: "API Key", Secret: true,
			Where: "In Ortto under More » Data Sources: New Data Source, choose Custom API, give it a name and copy its private API key.",
		},
		{
			Key: keyRegion, Label: "Account Region", Choices: where, Default: regions[0].name, Optional: true,
			Where: "The region chosen when the Ortto account was made. With the wrong one Ortto does not accept the key.",
		},
		{
			Key: keyPlan, Label: "Plan", Choices: which, Default: plans[0].name, Optional: true,
			Where: "The plan of your Ortto account. Ortto answers more questions a second on the larger ones; if in doubt, leave Professional.",
		},
		{
			Key: keyEdited, Label: "Field that tells when a person was edited", Default: defaultEdited, Optional: true,
			Where: "Leave it as it is. If Ortto refuses to list who changed, “tme::ta!l” lists who was tagged last and “c” who is new.",
		},
	}
}

//go:embed samples
var sampleFiles embed.FS

// samples is read once, because Describe is called for every message.
var samples = sync.OnceValue(func() []core.Sample { return core.ReadSamples(sampleFiles) })
