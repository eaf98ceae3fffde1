// Package crmtest is what every CRM adapter must satisfy. An adapter joins with
//
//	func TestAdapter(t *testing.T) { crmtest.Run(t, kartra.Adapter{}) }
//	func FuzzParse(f *testing.F)   { crmtest.Fuzz(f, kartra.Adapter{}) }
//	func TestClient(t *testing.T)  { crmtest.RunClient(t, kartra.Adapter{}, practice.NewKartra(…)) }
//	func FuzzClient(f *testing.F)  { crmtest.FuzzClient(f, kartra.Adapter{}, practice.NewKartra(…)) }
//
// in its tests, the last where its CRM has an API, and keeps its samples in a folder
// called samples: as NAME.json, or NAME.txt where they are none, with what they must be
// read as in NAME.want.json.
package crmtest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"usher/core"
)

// rules are what is held against an adapter; each returns what is wrong first.
var rules = []struct {
	name  string
	holds func(core.Adapter) error
}{
	{"the descriptor is complete", complete},
	{"set-up knows what to ask for", credentialsAreComplete},
	{"set-up knows what to tell", cardsAreComplete},
	{"and tells it for the window", wordsAreForTheWindow},
	{"the descriptor is the same at every call", constant},
	{"every sample is read as it should be, however it is sent", samplesAreRead},
	{"numbers and texts are read alike", numbersAreTexts},
	{"the same message is read the same twice and left alone", repeatable},
	{"no value in any place does harm", survivesHostileValues},
}

// Run tests the adapter against every rule.
func Run(t *testing.T, adapter core.Adapter) {
	for _, rule := range rules {
		t.Run(rule.name, func(t *testing.T) {
			if err := rule.holds(adapter); err != nil {
				t.Error(err)
			}
		})
	}
	t.Run("every file of the samples belongs to a sample", func(t *testing.T) {
		if err := noOrphans(os.DirFS("samples"), adapter.Describe().Samples); err != nil {
			t.Error(err)
		}
	})
}

// Fuzz feeds the adapter messages grown from its samples.
func Fuzz(f *testing.F, adapter core.Adapter) {
	for _, sample := range adapter.Describe().Samples {
		f.Add("", sample.Body)
	}
	f.Add("contact_id=4711&email=ada%40example.com", []byte("id=1"))
	f.Fuzz(func(t *testing.T, query string, body []byte) {
		params, _ := url.ParseQuery(query) // what can be read of it
		m, err := core.ReadMessage(params, body)
		if err != nil {
			return
		}
		first, err := parse(adapter, m)
		if err != nil {
			t.Fatal(err)
		}
		if second, _ := parse(adapter, m); second != first {
			t.Fatalf("read as %s, then as %s", first, second)
		}
	})
}

func complete(adapter core.Adapter) error {
	d := adapter.Describe()
	switch {
	case !regexp.MustCompile(`^[a-z]+$`).MatchString(d.Kind):
		return fmt.Errorf("the kind %q is not lower-case letters", d.Kind)
	case d.Name == "" || d.Name != core.Text(d.Name):
		return fmt.Errorf("the name %q is not a name", d.Name)
	case !regexp.MustCompile(`^[a-z]+$`).MatchString(d.Slug):
		return fmt.Errorf("the slug %q is not lower-case letters", d.Slug)
	case len(d.FieldMap) == 0:
		return errors.New("there is no default field map")
	case len(d.Samples) == 0:
		return errors.New("there are no samples")
	}
	for from, to := range d.FieldMap {
		if from == "" || to == "" {
			return fmt.Errorf("the field map joins %q and %q", from, to)
		}
	}
	seen := map[string]bool{}
	for _, sample := range d.Samples {
		if sample.Name == "" || seen[sample.Name] {
			return fmt.Errorf("the sample name %q is empty or used twice", sample.Name)
		}
		seen[sample.Name] = true
	}
	return nil
}

func constant(adapter core.Adapter) error {
	first := adapter.Describe()
	before, err := json.Marshal(first)
	if err != nil {
		return fmt.Errorf("write descriptor: %w", err)
	}
	if !reflect.DeepEqual(first, adapter.Describe()) {
		return errors.New("two calls of Describe differ")
	}
	clear(first.FieldMap) // samples may be shared, as nobody has a reason to write to them
	after, err := json.Marshal(adapter.Describe())
	if err == nil && !bytes.Equal(before, after) {
		err = errors.New("what one caller does to a descriptor shows in the next")
	}
	return err
}

func samplesAreRead(adapter core.Adapter) error {
	for _, sample := range adapter.Describe().Samples {
		var notice core.Notice
		dec := json.NewDecoder(bytes.NewReader(sample.Want))
		dec.DisallowUnknownFields()
		if err := dec.Decode(&notice); err != nil {
			return fmt.Errorf("read want of %s: %w", sample.Name, err)
		}
		want, err := json.Marshal(notice)
		if err != nil {
			return fmt.Errorf("write want of %s: %w", sample.Name, err)
		}
		for name, delivery := range ways(sample.Body) {
			got, err := read(adapter, delivery)
			if err != nil {
				return fmt.Errorf("sample %s, %s: %w", sample.Name, name, err)
			}
			if got != string(want) {
				return fmt.Errorf("sample %s, %s:\n got %s\nwant %s", sample.Name, name, got, want)
			}
		}
	}
	return nil
}

// ways are the ways in which the same body can arrive.
func ways(body []byte) map[string]core.Delivery {
	labelled := func(contentType string) core.Delivery {
		return core.Delivery{Body: body, Header: map[string][]string{"Content-Type": {contentType}}}
	}
	return map[string]core.Delivery{
		"as it is":              {Body: body},
		"called JSON":           labelled("application/json"),
		"called a form":         labelled("application/x-www-form-urlencoded"),
		"called text":           labelled("text/plain; charset=iso-8859-1"),
		"with space around it":  {Body: []byte("\ufeff\r\n " + string(body) + "\n")},
		"with trailing commas":  {Body: trailingCommas(body)},
		"with a query":          {Body: body, Query: url.Values{"wpf_action": {"add"}, "role": {"customer"}}},
		"asking for a mail too": {Body: body, Query: url.Values{"send_notification": {"true"}}},
	}
}

// trailingCommas adds one comma wherever some writers leave one: after the last value
// of an object or list. A body that is not JSON stays as it is.
func trailingCommas(body []byte) []byte {
	if !json.Valid(body) {
		return body
	}
	var out []byte
	var last byte
	inString, escaped := false, false
	for _, c := range body {
		if !inString && (c == '}' || c == ']') && !strings.ContainsRune("{[,", rune(last)) {
			out = append(out, ',')
		}
		switch {
		case escaped:
			escaped = false
		case inString && c == '\\':
			escaped = true
		case c == '"':
			inString = !inString
		}
		if out = append(out, c); !strings.ContainsRune(" \t\r\n", rune(c)) {
			last = c
		}
	}
	return out
}

// noOrphans finds files nobody reads. Adapters that keep no files have none.
func noOrphans(files fs.FS, samples []core.Sample) error {
	entries, err := fs.ReadDir(files, ".")
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("read samples: %w", err)
	}
	known := map[string]bool{}
	for _, sample := range samples {
		known[sample.Name+".json"] = true
		known[sample.Name+".txt"] = true
		known[sample.Name+".want.json"] = true
	}
	for _, entry := range entries {
		if !known[entry.Name()] {
			return fmt.Errorf("samples/%s belongs to no sample", entry.Name())
		}
	}
	return nil
}
