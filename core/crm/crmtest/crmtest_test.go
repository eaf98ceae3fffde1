package crmtest

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"usher/core"
)

// fake is an adapter that keeps every rule, until a test breaks one.
type fake struct {
	describe func() core.Descriptor
	parse    func(core.Message) (core.Notice, error)
}

func (f fake) Describe() core.Descriptor                 { return f.describe() }
func (f fake) Parse(m core.Message) (core.Notice, error) { return f.parse(m) }

func good() fake {
	return fake{
		describe: func() core.Descriptor {
			return core.Descriptor{
				Kind: "fake", Name: "Fake", Slug: "fake", FieldMap: map[string]string{"first": "first_name"},
				Cards:  []core.Card{{Title: "One way", Steps: []string{"Enter {add}, {add}&send_notification=true or {add}&role=customer", "or {update} or {update_tags}"}}},
				Doubts: []string{"It is off."},
				Samples: []core.Sample{
					{Name: "empty", Want: []byte(`{"Ignored":{"code":"message.no_person"}}`)},
					{
						Name: "one", Body: []byte(`{"id":"7","list":[1,2],"first":"Ada, {B}"}`),
						Want: []byte(`{"Contact":{"ID":"7","Fields":{"first":"Ada, {B}"}}}`),
					},
				},
			}
		},
		parse: func(m core.Message) (core.Notice, error) {
			note := core.NewNote("message.no_person", "")
			object, _ := m.JSON.(map[string]any)
			id := core.Text(object["id"])
			if id == "" || len(id) > 20 {
				return core.Notice{Ignored: &note}, nil
			}
			notice := core.Notice{Contact: core.Contact{ID: id}}
			if first := core.Text(object["first"]); first != "" {
				notice.Contact.Fields = core.Fields{"first": first}
			}
			return notice, nil
		},
	}
}

// describing changes what the good adapter says of itself.
func describing(change func(*core.Descriptor)) fake {
	f := good()
	describe := f.describe
	f.describe = func() core.Descriptor {
		d := describe()
		change(&d)
		return d
	}
	return f
}

// withAPI is an adapter whose CRM has an API.
type withAPI struct{ fake }

func (withAPI) Open(core.Account, core.AccountVault) (core.Client, error) { return nil, nil }

// opening asks for credentials.
func opening(credentials ...core.Credential) core.Adapter {
	return withAPI{describing(func(d *core.Descriptor) { d.Credentials = credentials })}
}

// parsing changes what the good adapter reads.
func parsing(change func(core.Message, *core.Notice) error) fake {
	f := good()
	parse := f.parse
	f.parse = func(m core.Message) (core.Notice, error) {
		n, _ := parse(m)
		err := change(m, &n)
		return n, err
	}
	return f
}

func firstBroken(adapter core.Adapter) (rule string, err error) {
	for _, rule := range rules {
		if err := rule.holds(adapter); err != nil {
			return rule.name, err
		}
	}
	return "", nil
}

func TestAGoodAdapterBreaksNoRule(t *testing.T) {
	if rule, err := firstBroken(good()); err != nil {
		t.Errorf("%s: %v", rule, err)
	}
}

func TestABrokenAdapterIsFound(t *testing.T) {
	shared := map[string]string{"first": "first_name"}
	key := core.Credential{Key: "key", Label: "Key", Where: "there"}
	calls := 0
	tests := []struct {
		name    string
		adapter core.Adapter
		want    string // part of the complaint
	}{
		{"no kind", describing(func(d *core.Descriptor) { d.Kind = "" }), "kind"},
		{"no name", describing(func(d *core.Descriptor) { d.Name = " " }), "name"},
		{"no slug", describing(func(d *core.Descriptor) { d.Slug = "" }), "slug"},
		{"credentials nobody needs", describing(func(d *core.Descriptor) { d.Credentials = []core.Credential{key} }), "can be opened: false"},
		{"no credentials", opening(), "can be opened: true"},
		{"a credential without a key", opening(core.Credential{Label: "Key", Where: "there"}), "credential key"},
		{"two credentials of one key", opening(key, key), "used twice"},
		{"a credential nobody finds", opening(core.Credential{Key: "key", Label: "Key"}), "where to find"},
		{"a default that cannot be chosen", opening(core.Credential{Key: "key", Label: "Key", Where: "there", Choices: []string{"a"}, Default: "b"}), "by default"},
		{"no cards", describing(func(d *core.Descriptor) { d.Cards = nil }), "0 cards"},
		{"no doubts", describing(func(d *core.Descriptor) { d.Doubts = nil }), "0 doubts"},
		{"an empty doubt", describing(func(d *core.Descriptor) { d.Doubts = []string{" "} }), "doubt is empty"},
		{"a card without steps", describing(func(d *core.Descriptor) { d.Cards[0].Steps = nil }), "title or steps"},
		{"an empty step", describing(func(d *core.Descriptor) { d.Cards[0].Steps[1] = " " }), "empty lines"},
		{"an empty note", describing(func(d *core.Descriptor) { d.Cards[0].Notes = []string{""} }), "empty lines"},
		{"a URL that is not told", describing(func(d *core.Descriptor) { d.Cards[0].Steps[1] = "or {update}" }), "no step says {update_tags}"},
		{"a URL there is not", describing(func(d *core.Descriptor) { d.Cards[0].Steps[0] += " or {delete}" }), "{delete}"},
		{"a URL in a warning", describing(func(d *core.Descriptor) { d.Cards[0].Warns = []string{"Not {add}"} }), "outside its steps"},
		{"no field map", describing(func(d *core.Descriptor) { d.FieldMap = nil }), "field map"},
		{"a field mapped to nothing", describing(func(d *core.Descriptor) { d.FieldMap["x"] = "" }), "field map"},
		{"no samples", describing(func(d *core.Descriptor) { d.Samples = nil }), "no samples"},
		{"two samples of one name", describing(func(d *core.Descriptor) { d.Samples[1].Name = "empty" }), "used twice"},
		{"a sample without a want", describing(func(d *core.Descriptor) { d.Samples[1].Want = nil }), "read want of one"},
		{"a want of unknown words", describing(func(d *core.Descriptor) { d.Samples[1].Want = []byte(`{"Id":{},"x":1}`) }), "read want of one"},
		{"a step on the command line", describing(func(d *core.Descriptor) {
			d.Cards = slices.Clone(d.Cards)
			d.Cards[0].Notes = append(slices.Clone(d.Cards[0].Notes), "Then run: usherd sign-in --open")
		}), "command line"},
		{"a want that is wrong", describing(func(d *core.Descriptor) { d.Samples[1].Want = []byte(`{}`) }), "sample one"},
		{"a descriptor that varies", describing(func(d *core.Descriptor) { calls++; d.Name = fmt.Sprint("Fake", calls) }), "differ"},
		{"a descriptor that is shared", describing(func(d *core.Descriptor) { d.FieldMap = shared }), "shows in the next"},
		{"reading the query as the person", parsing(func(m core.Message, n *core.Notice) error {
			n.Contact.Tags = m.Params["role"]
			n.Contact.TagsKnown = m.Params.Has("role")
			return nil
		}), "with a query"},
		{"ids must be texts", parsing(func(m core.Message, n *core.Notice) error {
			object, _ := m.JSON.(map[string]any)
			if _, ok := object["id"].(string); !ok {
				*n = core.Notice{Ignored: &core.Note{Code: "message.no_person"}}
			}
			return nil
		}), "sample one"},
		{"changing the message", parsing(func(m core.Message, _ *core.Notice) error {
			if object, ok := m.JSON.(map[string]any); ok {
				object["seen"] = true
			}
			return nil
		}), "changed by reading"},
		{"keeping a state", parsing(func(_ core.Message, n *core.Notice) error {
			calls++
			n.Event = fmt.Sprint(calls)
			return nil
		}), "sample"},
		{"nobody and not ignored", parsing(func(_ core.Message, n *core.Notice) error { n.Ignored = nil; return nil }), "nobody"},
		{"an id of any length", parsing(func(m core.Message, n *core.Notice) error {
			if object, ok := m.JSON.(map[string]any); ok && core.Text(object["id"]) != "" {
				*n = core.Notice{Contact: core.Contact{ID: core.Text(object["id"]), Fields: n.Contact.Fields}}
			}
			return nil
		}), "bytes"},
		{"an unknown note", parsing(func(_ core.Message, n *core.Notice) error {
			if n.Ignored != nil {
				n.Ignored = &core.Note{Code: "no.such"}
			}
			return nil
		}), "catalogue"},
		{"a deleted contact that may become a user", parsing(func(_ core.Message, n *core.Notice) error {
			n.Contact.Deleted = n.Ignored == nil
			return nil
		}), "deleted"},
		{"tags that are not known", parsing(func(_ core.Message, n *core.Notice) error { n.Contact.Tags = []string{"a"}; return nil }), "tags"},
		{"tag events of nobody", parsing(func(_ core.Message, n *core.Notice) error {
			n.Events = []core.TagEvent{{Tag: "a"}}
			return nil
		}), "tag events"},
		{"raw text", parsing(func(m core.Message, n *core.Notice) error {
			object, _ := m.JSON.(map[string]any)
			if first, _ := object["first"].(string); n.Ignored == nil && first != "" {
				n.Contact.Fields = core.Fields{"first": first}
			}
			return nil
		}), "not plain text"},
		{"raw field names", parsing(func(m core.Message, n *core.Notice) error {
			object, _ := m.JSON.(map[string]any)
			if n.Ignored == nil && object[" "] != nil {
				n.Contact.Fields = core.Fields{" ": "x"}
			}
			return nil
		}), "not plain text"},
		{"an error that is no Problem", parsing(func(m core.Message, _ *core.Notice) error {
			if _, ok := m.JSON.(bool); ok {
				return errors.New("bad")
			}
			return nil
		}), "not a Problem"},
		{"a Problem that stops the site", parsing(func(m core.Message, _ *core.Notice) error {
			if _, ok := m.JSON.(bool); ok {
				return core.NewProblem("site.busy", nil)
			}
			return nil
		}), "not one of a single message"},
		{"a Problem that quotes the message", parsing(func(m core.Message, _ *core.Notice) error {
			if text, ok := m.JSON.(string); ok {
				return core.NewProblem("delivery.malformed", nil).About(text)
			}
			return nil
		}), "quotes the message"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if rule, err := firstBroken(tt.adapter); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%s: %v; want a complaint about %q", rule, err, tt.want)
			}
		})
	}
}

func TestAPanicIsNotSwallowed(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("an adapter that panics on a list passed")
		}
	}()
	_ = survivesHostileValues(parsing(func(m core.Message, _ *core.Notice) error {
		if list, ok := m.JSON.([]any); ok {
			_ = list[0]
		}
		return nil
	}))
}

func TestNoOrphans(t *testing.T) {
	files := fstest.MapFS{"one.json": {}, "one.want.json": {}, "empty.txt": {}, "empty.want.json": {}}
	samples := good().Describe().Samples
	if err := noOrphans(files, samples); err != nil {
		t.Error(err)
	}
	more := maps.Clone(files)
	more["two.want.json"] = &fstest.MapFile{}
	if err := noOrphans(more, samples); err == nil {
		t.Error("a file without a sample passed")
	}
}

func TestTrailingCommas(t *testing.T) {
	tests := []struct{ in, want string }{
		{`{"a":[1,{}],"b":"}"}`, `{"a":[1,{},],"b":"}",}`},
		{"{\"a\": 1\n}\n", "{\"a\": 1\n,}\n"},
		{`["\"]"]`, `["\"]",]`},
		{`{}`, `{}`},
		{`a=1`, `a=1`},
	}
	for _, tt := range tests {
		if got := string(trailingCommas([]byte(tt.in))); got != tt.want {
			t.Errorf("%s became %s, want %s", tt.in, got, tt.want)
		}
	}
}
