package core

import (
	"io/fs"
	"path"
	"strings"
)

// ReadSamples reads an adapter's samples, which it embeds: each body is samples/NAME.json,
// or NAME.txt where it is no JSON, and what it means samples/NAME.want.json. What is
// missing is left empty, for crmtest to find.
func ReadSamples(files fs.FS) []Sample {
	names, _ := fs.Glob(files, "samples/*") // fails only on a bad pattern
	var all []Sample
	for _, name := range names {
		if strings.HasSuffix(name, ".want.json") {
			continue
		}
		stem := strings.TrimSuffix(name, path.Ext(name))
		body, _ := fs.ReadFile(files, name)
		want, _ := fs.ReadFile(files, stem+".want.json")
		all = append(all, Sample{Name: path.Base(stem), Body: body, Want: want})
	}
	return all
}
