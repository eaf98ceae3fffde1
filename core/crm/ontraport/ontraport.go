// Package ontraport teaches Usher Ontraport: its webhooks and its API.
//
// A webhook of a rule or automation names the contact in its URL, by a merge field, and
// carries only what its owner wrote under "data to send": most often nothing. A webhook
// made by the API tells who it is about in its body.
// Sources: api.ontraport.com/doc, support.ontraport.com.
package ontraport

import (
	"embed"
	"io/fs"
	"path"
	"strings"
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

// sampleFiles holds bodies as they arrive, JSON in samples and forms in forms, and for
// each as NAME.want.json what it means.
//
//go:embed samples/*.json forms/*
var sampleFiles embed.FS

// samples is read once, because Describe is called for every message.
var samples = sync.OnceValue(func() []core.Sample {
	var all []core.Sample
	for _, pattern := range []string{"samples/*.json", "forms/*.txt"} {
		files, _ := fs.Glob(sampleFiles, pattern) // fails only on a bad pattern
		for _, file := range files {
			name := strings.TrimSuffix(file, path.Ext(file))
			if strings.HasSuffix(name, ".want") {
				continue
			}
			body, _ := sampleFiles.ReadFile(file)
			want, _ := sampleFiles.ReadFile(name + ".want.json") // crmtest misses it if it is not there
			all = append(all, core.Sample{Name: path.Base(name), Body: body, Want: want})
		}
	}
	return all
})
