package usersync_test

import (
	"fmt"
	"slices"
	"testing"

	"usher/core"
	"usher/core/usersync"
)

func TestTagRules(t *testing.T) {
	rules := []core.TagRule{{Tag: "Gold", Role: "vip"}, {Tag: "VIP", Role: "vip"}, {Tag: "Buyer", Role: "customer"}, {Tag: "Staff", Role: "editor"}}
	tests := []struct {
		name  string
		roles []string
		steps [][]part
		want  string
	}{
		{"a tag gives its role", []string{"subscriber"}, [][]part{{on("Gold")}}, "[subscriber vip]"},
		{"whatever its case", []string{"subscriber"}, [][]part{{on("gold")}}, "[subscriber vip]"},
		{"without its tag the role goes", []string{"subscriber"}, [][]part{{on("Gold")}, {off("Gold")}}, "[subscriber]"},
		{"but stays for another tag", []string{"subscriber"}, [][]part{{on("Gold"), on("VIP")}, {off("Gold")}}, "[subscriber vip]"},
		{"and goes with the last", []string{"subscriber"}, [][]part{{on("Gold"), on("VIP")}, {off("Gold")}, {off("VIP")}}, "[subscriber]"},
		{"a role they had stays", []string{"vip"}, [][]part{{on("Gold")}, {off("Gold")}}, "[vip]"},
		{"a role with power takes more than a tag", []string{"subscriber"}, [][]part{{on("Staff"), on("Gold")}}, "[subscriber vip]"},
		{"a whole set counts too", []string{"subscriber"}, [][]part{{allTags("Gold", "Buyer")}, {allTags("Buyer")}}, "[subscriber customer]"},
	}
	for _, test := range tests {
		for _, together := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, together %t", test.name, together), func(t *testing.T) {
				w := newWorld(t).has(ann, test.roles...).linked()
				w.conn.TagRules = rules
				var waiting []usersync.Waiting
				for i, parts := range test.steps {
					d := says(uint64(i+1), core.UpdateTags, parts...)
					if waiting = append(waiting, d); !together {
						w.run(d)
					}
				}
				if together {
					w.run(waiting...)
				}
				if got := fmt.Sprint(w.user().Roles); got != test.want {
					t.Errorf("roles %s, want %s", got, test.want)
				}
			})
		}
	}
	t.Run("a role taken away by hand stays away", func(t *testing.T) {
		w := newWorld(t).has(ann, "subscriber").linked()
		w.conn.TagRules = rules
		w.run(says(1, core.UpdateTags, on("Gold")))
		w.site.users[0].Roles = []string{"subscriber"}
		w.run(says(2, core.Update, field("first_name", "Bea"), on("Other")))
		if got := fmt.Sprint(w.user().Roles); got != "[subscriber]" {
			t.Errorf("roles %s", got)
		}
	})
	t.Run("a rule that is removed takes its role back", func(t *testing.T) {
		w := newWorld(t).has(ann, "subscriber").linked()
		w.conn.TagRules = rules
		w.run(says(1, core.UpdateTags, on("Gold")))
		w.conn.TagRules = nil
		w.run(says(2, core.UpdateTags, on("Other")))
		if got := fmt.Sprint(w.user().Roles); got != "[subscriber]" {
			t.Errorf("roles %s", got)
		}
	})
	t.Run("another connection's rules are left to it", func(t *testing.T) {
		w := newWorld(t).has(ann, "subscriber", "vip").linked(func(l *core.Link) {
			l.Grants = []core.Grant{{Role: "vip", Connection: "c2", Cause: "Gold", Given: true}}
		})
		w.conn.TagRules = rules
		if w.run(says(1, core.UpdateTags, on("Other"))); w.site.writes != 0 || len(w.link.Grants) != 1 {
			t.Errorf("roles %v, grants %+v", w.user().Roles, w.link.Grants)
		}
	})
	t.Run("a new user gets the site's default and the tags' roles", func(t *testing.T) {
		w := newWorld(t)
		w.conn.TagRules = rules
		waiting := []usersync.Waiting{says(1, core.Add, email(ann), on("Gold"))}
		decision, _ := usersync.Plan(w.conn, usersync.Fold(w.conn, "kartra", w.fields, nil, waiting), usersync.Facts{})
		if got := decision.Gives(); !slices.Equal(got, []string{"vip"}) {
			t.Errorf("gives %v", got)
		}
		w.run(waiting...)
		if got := fmt.Sprint(w.user().Roles); got != "[subscriber vip]" || w.link.Grants[0].Role != "subscriber" {
			t.Errorf("roles %s, grants %+v", got, w.link.Grants)
		}
	})
	t.Run("a new user gets the role asked for and the tags' at once", func(t *testing.T) {
		w := newWorld(t)
		w.conn.TagRules = rules
		w.run(says(1, core.Add, email(ann), role("customer"), on("Gold")))
		if got := fmt.Sprint(w.user().Roles); got != "[customer vip]" || w.site.writes != 1 {
			t.Errorf("roles %s after %d writes", got, w.site.writes)
		}
	})
	t.Run("a powerful or unknown role is noted, not given", func(t *testing.T) {
		w := newWorld(t)
		w.conn.TagRules = []core.TagRule{{Tag: "Gold", Role: "Editor"}, {Tag: "Gold", Role: "nosuch"}}
		got := w.run(says(1, core.Add, email(ann), on("Gold")))
		if roles := fmt.Sprint(w.user().Roles); roles != "[subscriber]" || got.change.Outcome != core.Created || len(w.link.Grants) != 1 {
			t.Errorf("roles %s, grants %+v", roles, w.link.Grants)
		}
		if want := "user.finished, role.refused Editor, role.unknown nosuch"; got.notes() != want {
			t.Errorf("notes %s", got.notes())
		}
	})
}

func TestTags(t *testing.T) {
	tests := []struct {
		name  string
		had   []string
		parts []part
		want  string
	}{
		{"events are single steps", nil, []part{on("A"), on("B"), off("A")}, "[B]"},
		{"onto the tags known", []string{"C"}, []part{on("A")}, "[A C]"},
		{"a tag put on twice is one", []string{"A"}, []part{on("A")}, "[A]"},
		{"a tag put on again stays", nil, []part{on("A"), off("A"), on("A")}, "[A]"},
		{"taking off what is not there is fine", []string{"C"}, []part{off("A")}, "[C]"},
		{"a whole set replaces them", []string{"C"}, []part{allTags("B", "A", "B", " ")}, "[A B]"},
		{"even an empty one", []string{"C"}, []part{allTags()}, "[]"},
		{"and is not changed by its event", []string{"C"}, []part{allTags("A"), on("B")}, "[A]"},
		{"no word of tags keeps them", []string{"C"}, []part{field("first_name", "Ann")}, "[C]"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t).has(ann, "subscriber").linked(func(l *core.Link) { l.Tags = test.had })
			w.run(says(1, core.Update, test.parts...))
			if got := fmt.Sprint(w.link.Tags); got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
}

func TestTagsAreSaidToStayInUsher(t *testing.T) {
	tests := []struct {
		name   string
		had    []string
		rules  []core.TagRule
		action core.Action
		note   bool
	}{
		{"when update_tags asks to write them", []string{"Z"}, nil, core.UpdateTags, true},
		{"when a person's first come", nil, nil, core.Update, true},
		{"not with each that follows", []string{"Z"}, nil, core.Update, false},
		{"not where tag rules make use of them", nil, []core.TagRule{{Tag: "Q", Role: "vip"}}, core.UpdateTags, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t).has(ann, "subscriber").linked(func(l *core.Link) { l.Tags = test.had })
			w.conn.TagRules = test.rules
			if got := w.run(says(1, test.action, on("A"))).notes(); (got == "tags.kept_here") != test.note {
				t.Errorf("notes %q", got)
			}
		})
	}
}
