package crmtest

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"usher/core"
	"usher/core/practice"
)

func listsChoices(t *testing.T, b bench) {
	picker := b.open(t).(core.Picker)
	key := b.crm.AddField("Favourite colour")
	b.crm.Add(practice.Person{Email: "choice@example.com", Fields: map[string]string{key: "red"}, Tags: []string{"Zebra & co"}})
	keyOf(t, picker, "Zebra & co")
	fields, err := picker.ListFields(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]core.CRMField{}
	for _, field := range fields {
		if _, twice := seen[field.Key]; twice || field.Key == "" || field.Label == "" {
			t.Errorf("field %+v is listed twice, or lacks a key or label", field)
		}
		seen[field.Key] = field
	}
	if !seen[key].Writable {
		t.Errorf("the field %q is %+v, not one to write to", key, seen[key])
	}
	for from := range b.adapter.Describe().FieldMap {
		if _, listed := seen[from]; !listed {
			t.Errorf("the default field map uses %q, which is not listed", from)
		}
	}
}

func keyOf(t *testing.T, picker core.Picker, name string) string {
	t.Helper()
	tags, err := picker.ListTags(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(tags, func(tag core.Tag) bool { return tag.Name == name })
	if i < 0 {
		t.Fatalf("the tag %q is not listed", name)
	}
	return tags[i].Key
}

func writesFields(t *testing.T, b bench) {
	scribe := b.open(t).(core.Scribe)
	one, two, other := b.crm.AddField("Password"), b.crm.AddField("Login"), b.crm.AddField("Other")
	id := b.crm.Add(practice.Person{Email: "write@example.com", Fields: map[string]string{other: "stays"}, Tags: []string{"Kept"}})
	for _, value := range awkward {
		err := scribe.SetFields(t.Context(), id, map[string]core.Secret{one: core.NewSecret(value), two: core.NewSecret("ada")})
		if err != nil {
			t.Errorf("write %q: %v", value, err)
		}
		person, _ := b.crm.Person(id)
		if got := person.Fields; got[one] != value || got[two] != "ada" || got[other] != "stays" || person.Email != "write@example.com" {
			t.Errorf("wrote %q, and the CRM holds %q", value, got)
		}
		if !slices.Equal(person.Tags, []string{"Kept"}) {
			t.Errorf("writing a field changed the tags to %q", person.Tags)
		}
	}
	err := scribe.SetFields(t.Context(), id, map[string]core.Secret{"no_such_field": core.NewSecret(planted)})
	wantCode(t, "write to a field that is not there", err, "crm.not_written", "crm.refused")
}

func catchesALie(t *testing.T, b bench) {
	scribe := b.open(t).(core.Scribe)
	key := b.crm.AddField("Lie")
	id := b.crm.Add(practice.Person{Email: "lie@example.com", Fields: map[string]string{key: "old"}})
	b.crm.Fail(practice.Fault{Trouble: forgets(func() { b.crm.Change(id, map[string]string{key: "old"}) })})
	err := scribe.SetFields(t.Context(), id, map[string]core.Secret{key: core.NewSecret(planted)})
	wantCode(t, "write", err, "crm.not_written")
	if p := core.AsProblem(err); p.Detail != key {
		t.Errorf("the Problem is about %q, want the field %q", p.Detail, key)
	}
}

func addsATag(t *testing.T, b bench) {
	client := b.open(t)
	scribe := client.(core.Scribe)
	b.crm.Add(practice.Person{Email: "tagged@example.com", Tags: []string{"Done & dusted"}})
	id := b.crm.Add(practice.Person{Email: "tag@example.com", Tags: []string{"Kept"}})
	names := []string{"Done & dusted"}
	if picker, ok := client.(core.Picker); ok {
		names = append(names, keyOf(t, picker, names[0]))
	}
	for _, name := range append(names, names...) {
		if err := scribe.AddTag(t.Context(), id, name); err != nil {
			t.Errorf("add %q: %v", name, err)
		}
		person, _ := b.crm.Person(id)
		slices.Sort(person.Tags)
		if want := []string{"Done & dusted", "Kept"}; !slices.Equal(person.Tags, want) {
			t.Errorf("the tags are %q, want %q", person.Tags, want)
		}
	}
	wantCode(t, "tag nobody", scribe.AddTag(t.Context(), nobody(id), names[0]), "crm.no_contact")
}

func visitsTheChanged(t *testing.T, b bench) {
	lister := b.open(t).(core.Lister)
	key := b.crm.AddField("Round")
	old := b.crm.Add(practice.Person{Email: "before@example.com"})
	start, err := lister.Changed(t.Context(), core.Cursor{}, func(c core.Contact) error {
		t.Errorf("a zero cursor visits %s", c.ID)
		return nil
	})
	if err != nil || start == (core.Cursor{}) {
		t.Fatalf("a zero cursor leads to %+v, %v", start, err)
	}
	want := map[string]string{}
	for i := range 120 { // more than two pages where a page is 50
		want[b.crm.Add(practice.Person{Email: fmt.Sprintf("changed%d@example.com", i)})] = ""
	}
	b.crm.Change(old, map[string]string{key: "0"})
	want[old] = "0"

	got := map[string]string{}
	touched := 0
	visit := func(c core.Contact) error {
		got[c.ID] = c.Fields[key]
		if touched < 20 { // people change while they are listed
			touched++
			b.crm.Change(old, map[string]string{key: strings.Repeat("1", touched)})
			b.crm.Change(c.ID, map[string]string{key: "seen"})
			want[old], want[c.ID] = strings.Repeat("1", touched), "seen"
		}
		return nil
	}
	cursor := start
	for range 2 {
		if cursor, err = lister.Changed(t.Context(), cursor, visit); err != nil {
			t.Fatal(err)
		}
	}
	for id, value := range want {
		if last, visited := got[id]; !visited || last != value {
			t.Errorf("%s was visited: %v, last with %q, want %q", id, visited, last, value)
		}
	}
	enough := errors.New("enough")
	cursor, err = lister.Changed(t.Context(), start, func(core.Contact) error { return enough })
	if !errors.Is(err, enough) || cursor != start {
		t.Errorf("ended early it returns %+v, %v; want %+v and the visit's error", cursor, err, start)
	}
}

func visitsTheTagged(t *testing.T, b bench) {
	client := b.open(t)
	lister := client.(core.TagLister)
	want := map[string]bool{}
	for i := range 120 {
		email := fmt.Sprintf("member%d@example.com", i)
		want[b.crm.Add(practice.Person{Email: email, Tags: []string{"Member & friend"}})] = true
	}
	b.crm.Add(practice.Person{Email: "stranger@example.com", Tags: []string{"Member"}})
	tags := []string{"Member & friend"}
	if picker, ok := client.(core.Picker); ok {
		tags = append(tags, keyOf(t, picker, tags[0]))
	}
	for _, tag := range tags {
		got := map[string]bool{}
		err := lister.Tagged(t.Context(), tag, func(c core.Contact) error { got[c.ID] = true; return nil })
		if err != nil || !maps.Equal(got, want) {
			t.Errorf("visited %d with %q, want %d: %v", len(got), tag, len(want), err)
		}
	}
	enough := errors.New("enough")
	if err := lister.Tagged(t.Context(), tags[0], func(core.Contact) error { return enough }); !errors.Is(err, enough) {
		t.Errorf("ended early it returns %v", err)
	}
}
