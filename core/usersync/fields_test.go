package usersync_test

import (
	"fmt"
	"strings"
	"testing"

	"usher/core"
	"usher/core/usersync"
)

func TestWhoWinsAField(t *testing.T) {
	const none = "(none)"
	tests := []struct {
		name            string
		base, site, crm string
		field           string
		want            string // on the site
		wantBase        string
		wrote           bool
	}{
		{"a change in the CRM is written", "Ann", "Ann", "Bea", "first_name", "Bea", "Bea", true},
		{"an edit on the site stays while the CRM says the same", "Ann", "Annie", "Ann", "first_name", "Annie", "Ann", false},
		{"a change in the CRM wins over an edit on the site", "Ann", "Annie", "Bea", "first_name", "Bea", "Bea", true},
		{"nothing is written when the site has it already", "Ann", "Bea", "Bea", "first_name", "Bea", "Bea", false},
		{"the CRM wins when it was never seen before", none, "Annie", "Ann", "first_name", "Ann", "Ann", true},
		{"what is seen first and equal is remembered", none, "Ann", "Ann", "first_name", "Ann", "Ann", false},
		{"empty is no opinion", "Ann", "Annie", "", "first_name", "Annie", "Ann", false},
		{"space is no opinion", "Ann", "Annie", " \t", "first_name", "Annie", "Ann", false},
		{"empty does not fill the memory", none, "Annie", "", "first_name", "Annie", "", false},
		{"space around and within makes no difference", "Ann Lee", "Annie", " Ann  Lee ", "first_name", "Annie", "Ann  Lee", false},
		{"an ampersand is what WordPress stores as an entity", none, "Tom &amp; Ann", "Tom & Ann", "first_name", "Tom &amp; Ann", "Tom & Ann", false},
		{"upper case is a change", "Ann", "Ann", "ANN", "first_name", "ANN", "ANN", true},
		{"line breaks of a description are a change", "a b", "a b", "a\nb", "bio", "a\nb", "a\nb", true},
		{"how a description's lines end is none", "a\nb", "x", "a\r\nb", "bio", "x", "a\r\nb", false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t).has(ann, "subscriber").linked()
			target := w.fields[test.field]
			w.site.users[0].Fields[target] = test.site
			if w.link.Base[target] = test.base; test.base == none {
				delete(w.link.Base, target)
			}
			got := w.run(says(1, core.Update, field(test.field, test.crm)))
			if value := w.user().Fields[target]; value != test.want || (w.site.writes > 0) != test.wrote {
				t.Errorf("site has %q after %d writes, want %q", value, w.site.writes, test.want)
			}
			if base := w.link.Base[target]; base != test.wantBase {
				t.Errorf("base %q, want %q", base, test.wantBase)
			}
			if want := (map[bool]core.Outcome{true: core.Updated, false: core.Unchanged})[test.wrote]; got.change.Outcome != want {
				t.Errorf("outcome %s", got.change.Outcome)
			}
		})
	}
}

func TestAValueThatCameAndWentWhileWaiting(t *testing.T) {
	w := newWorld(t).has(ann, "subscriber").linked()
	w.site.users[0].Fields["first_name"] = "Annie"
	w.run(says(1, core.Update, field("first_name", "Bea")), says(2, core.Update, field("first_name", "Ann")))
	if got := w.user().Fields["first_name"]; got != "Ann" || w.site.writes != 1 {
		t.Errorf("site has %q after %d writes: the CRM did change, so it wins over the edit", got, w.site.writes)
	}
}

func TestAValueThatOnlyReadsDifferentlyIsNotWritten(t *testing.T) {
	w := newWorld(t).has(ann, "subscriber").linked()
	w.site.users[0].Fields["first_name"] = "Tom &amp; Ann"
	w.run(says(1, core.Update, field("first_name", "Bea")), says(2, core.Update, field("first_name", "Tom & Ann")))
	if w.site.writes != 0 {
		t.Errorf("wrote %q", w.user().Fields["first_name"])
	}
}

func TestTheFieldMap(t *testing.T) {
	tests := []struct {
		name   string
		fields map[string]string
		parts  []part
		want   string // fields of the user made
		notes  string
	}{
		{"names WordPress's fields as the REST API does", map[string]string{"a": "nickname"}, []part{field("a", "x")}, `map["nickname":"x"]`, ""},
		{
			"or as its database does",
			map[string]string{"a": "display_name", "b": "user_url"},
			[]part{field("a", "x"), field("b", "https://x.test")},
			`map["name":"x" "url":"https://x.test"]`, "",
		},
		{
			"may lead nowhere, which is said once",
			map[string]string{"a": "shoe_size", "b": "shoe_size", "c": "birthday"},
			[]part{field("a", "39"), field("b", "40"), field("c", "1 May")},
			`map[]`, "field.nowhere birthday, field.nowhere shoe_size",
		},
		{"leads nowhere without a word when there is no value", map[string]string{"a": "shoe_size"}, nil, `map[]`, ""},
		{"may name what only WordPress decides", map[string]string{"a": "user_id", "b": "user_registered"}, []part{field("a", "1"), field("b", "2020")}, `map[]`, ""},
		{
			"with two fields for one takes the first that has a value",
			map[string]string{"a": "nickname", "b": "nickname", "c": "nickname"},
			[]part{field("b", "bee"), field("c", "sea")},
			`map["nickname":"bee"]`, "",
		},
		{
			"does not make the return-password field readable",
			map[string]string{"pw": "nickname", "a": "last_name"},
			[]part{field("pw", "s3cret"), field("a", "x")},
			`map["last_name":"x"]`, "",
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t)
			w.fields, w.conn.ReturnPasswordField = test.fields, "pw"
			got := w.run(says(1, core.Add, append(test.parts, email(ann))...))
			if fields := fmt.Sprintf("%q", map[string]string(w.user().Fields)); fields != test.want || got.notes() != test.notes {
				t.Errorf("fields %s, notes %s", fields, got.notes())
			}
		})
	}
	t.Run("says nothing of fields when there is no user to write", func(t *testing.T) {
		w := newWorld(t)
		w.fields = map[string]string{"a": "shoe_size"}
		if got := w.run(says(1, core.Update, field("a", "39"))); got.notes() != "" {
			t.Errorf("notes %s", got.notes())
		}
	})
	t.Run("may map the address", func(t *testing.T) {
		w := newWorld(t)
		w.fields = map[string]string{"private": "user_email"}
		w.run(says(1, core.Add, email(ann), field("private", "home@example.test")))
		if got := w.user().Email; got != "home@example.test" {
			t.Errorf("e-mail %s", got)
		}
	})
}

func TestThePasswordIsOnlyForNewUsers(t *testing.T) {
	w := newWorld(t).has(ann, "subscriber")
	got := w.run(says(1, core.Add, email(ann), field("password", "s3cret")))
	if all := fmt.Sprintf("%+v %+v", got.change, *w.link); strings.Contains(all, "s3cret") || w.site.writes != 0 {
		t.Errorf("%d writes, %s", w.site.writes, all)
	}
}

func TestOutdatedState(t *testing.T) {
	newer := func(l *core.Link) { l.StateSeq, l.Tags = 5, []string{"B"} }
	t.Run("does not overwrite newer", func(t *testing.T) {
		w := newWorld(t).has(ann, "subscriber").linked(newer)
		got := w.run(says(5, core.Update, email("old@example.test"), field("first_name", "Bea"), on("A")))
		if got.problem != nil || w.site.writes != 0 || strings.Join(w.link.Tags, " ") != "B" || got.notes() != "state.outdated" {
			t.Errorf("problem %v, %d writes, tags %v, notes %s", got.problem, w.site.writes, w.link.Tags, got.notes())
		}
		if w.link.StateSeq != 5 || w.link.Base["first_name"] != "Ann" {
			t.Errorf("link %+v", *w.link)
		}
	})
	t.Run("is used where nothing newer is known", func(t *testing.T) {
		w := newWorld(t).has(ann, "subscriber").linked(newer)
		w.run(says(3, core.Update, field("last_name", "Old")), says(4, core.Update, field("last_name", "Lee")))
		if got := w.user().Fields["last_name"]; got != "Lee" || w.link.StateSeq != 5 {
			t.Errorf("last name %q, state of %d", got, w.link.StateSeq)
		}
	})
	t.Run("still makes its requests", func(t *testing.T) {
		w := newWorld(t).has(ann, "subscriber").linked(newer)
		w.run(says(4, core.Update, role("customer"), field("level", "vip")))
		if got := fmt.Sprint(w.user().Roles); got != "[subscriber customer]" {
			t.Errorf("roles %s", got)
		}
		w = newWorld(t)
		w.link = &core.Link{SiteID: "s1", AccountID: "a1", ContactID: "7", StateSeq: 5, Base: map[string]string{"email": ann}}
		if w.run(says(4, core.Add, email("old@example.test"))); w.user().Email != ann {
			t.Errorf("made %s", w.user().Email)
		}
	})
	t.Run("a message that tells nothing outdates nothing", func(t *testing.T) {
		w := newWorld(t).has(ann, "subscriber").linked(newer)
		if w.run(says(9, core.Update)); w.link.StateSeq != 5 {
			t.Errorf("state of %d", w.link.StateSeq)
		}
	})
}

func TestAnAddressChangedInTheCRM(t *testing.T) {
	const bea = "bea@example.test"
	tests := []struct {
		name       string
		base, site string
		crm        []string
		asked      bool
		wantBase   string
	}{
		{"is a question", ann, ann, []string{bea}, true, ann},
		{"is none when only the case differs", ann, ann, []string{"ANN@example.test"}, false, "ANN@example.test"},
		{"is none when the site has it already", ann, bea, []string{bea}, false, bea},
		{"is none when it was changed on the site alone", ann, bea, []string{ann}, false, ann},
		{"is none when it was changed back", ann, ann, []string{bea, ann}, false, ann},
		{"is a question about the last", ann, ann, []string{"new@example.test", bea}, true, ann},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t).has(test.site, "subscriber").linked(func(l *core.Link) { l.Base["email"] = test.base })
			var waiting []usersync.Waiting
			for i, address := range test.crm {
				waiting = append(waiting, says(uint64(i+1), core.Update, email(address), field("first_name", "Bea"), role("customer"), on("A")))
			}
			got := w.run(waiting...)
			if asked := core.HasCode(got.error(), "user.email_change"); asked != test.asked || w.link.Base["email"] != test.wantBase {
				t.Fatalf("problem %v, base %q", got.problem, w.link.Base["email"])
			}
			if u := w.user(); u.Email != test.site || u.Fields["first_name"] != "Bea" || len(u.Roles) != 2 || len(w.link.Tags) != 1 {
				t.Errorf("the rest was not written: %v %v", u, w.link.Tags)
			}
			if !test.asked {
				return
			}
			if last := got.change.Fields[len(got.change.Fields)-1]; last != (core.FieldChange{Field: "email", Old: ann, New: bea}) {
				t.Errorf("change %v", last)
			}
			if text := got.problem.Error() + got.problem.Detail; strings.Contains(text, "@") {
				t.Errorf("problem names an address: %s", text)
			}
		})
	}
	t.Run("stays a question whatever joins the held work", func(t *testing.T) {
		w := newWorld(t).has(ann, "subscriber").linked()
		w.run(says(1, core.Update, email(bea)))
		for seq := range uint64(3) {
			if got := w.run(says(seq+2, core.UpdateTags, on("A"))); got.problem == nil {
				t.Fatalf("question is gone after %d more", seq+1)
			}
		}
		w.site.users[0].Email = bea
		if got := w.run(); got.problem != nil || w.link.Base["email"] != bea || w.link.Email != bea {
			t.Errorf("problem %v, link %+v", got.problem, *w.link)
		}
	})
	t.Run("is not asked about by update_tags", func(t *testing.T) {
		if got := newWorld(t).has(ann, "subscriber").linked().run(says(1, core.UpdateTags, email(bea))); got.problem != nil {
			t.Errorf("problem %v", got.problem)
		}
	})
	t.Run("is not asked about when a user is matched by it", func(t *testing.T) {
		if got := newWorld(t).has(ann, "subscriber").run(says(1, core.Update, email("ANN@example.test"))); got.problem != nil || got.notes() != "user.adopted" {
			t.Errorf("problem %v, notes %s", got.problem, got.notes())
		}
	})
	t.Run("before there is a user makes one with the newest", func(t *testing.T) {
		w := newWorld(t)
		if got := w.run(says(1, core.Add, email(ann)), says(2, core.Update, email(bea))); got.problem != nil || w.user().Email != bea {
			t.Errorf("problem %v, e-mail %s", got.problem, w.user().Email)
		}
	})
	t.Run("still finds the user by the address before", func(t *testing.T) {
		w := newWorld(t).has(ann, "subscriber")
		if got := w.run(says(1, core.Add, email(ann)), says(2, core.Update, email(bea))); !core.HasCode(got.error(), "user.email_change") || len(w.site.users) != 1 {
			t.Errorf("problem %v, %d users", got.problem, len(w.site.users))
		}
	})
}

func (r result) error() error {
	if r.problem == nil {
		return nil
	}
	return r.problem
}

func TestStateTheCRMToldJustNowIsNeverOutdated(t *testing.T) {
	w := newWorld(t).has(ann, "subscriber").linked(func(l *core.Link) { l.StateSeq = 5 })
	late := says(3, core.Update, email(ann), field("first_name", "Anna"), allTags("A"))
	late.Fresh = true
	got := w.run(late)
	if w.user().Fields["first_name"] != "Anna" || got.notes() == "state.outdated" || w.link.StateSeq != 5 || len(w.link.Tags) != 1 {
		t.Errorf("user %v, notes %q, link %+v", map[string]string(w.user().Fields), got.notes(), *w.link)
	}
}

func TestAnAddressChangedWithConsent(t *testing.T) {
	const bea = "bea@example.test"
	for name, consent := range map[string]func(*world){
		"to this one": func(w *world) { w.yes = "user.email_change" },
		"to all":      func(w *world) { w.conn.ChangeEmails = true },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t).has(ann, "subscriber").linked().with(consent)
			got := w.run(says(1, core.Update, email(bea)))
			if got.problem != nil || got.change.Outcome != core.Updated || w.user().Email != bea || w.link.Email != bea || w.link.Base["email"] != bea {
				t.Errorf("problem %v, %s, user %s, link %+v", got.problem, got.change.Outcome, w.user().Email, *w.link)
			}
			if got = w.run(says(2, core.Update, email(bea))); got.change.Outcome != core.Unchanged {
				t.Errorf("again: %s", got.change.Outcome)
			}
		})
		t.Run(name+", but never of a protected user", func(t *testing.T) {
			w := newWorld(t).has(ann, "administrator").linked().with(consent)
			if got := w.run(says(1, core.Update, email(bea))); got.change.Outcome != core.Protected || w.user().Email != ann {
				t.Errorf("%s, user %s", got.change.Outcome, w.user().Email)
			}
		})
	}
}

func TestTheCRMAlwaysWins(t *testing.T) {
	tests := []struct {
		name            string
		base, site, crm string
		want            string
	}{
		{"over an edit made on the site", "Ann", "Anna", "Ann", "Ann"},
		{"with a value of its own", "Ann", "Anna", "Bea", "Bea"},
		{"where nothing differs, without a write", "Ann", "Ann", "Ann", ""},
		{"but empty is no opinion", "Ann", "Anna", "", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t).has(ann, "subscriber").linked(func(l *core.Link) { l.Base["first_name"] = test.base })
			w.site.users[0].Fields["first_name"], w.conn.CRMWins = test.site, true
			got := w.run(says(1, core.Update, field("first_name", test.crm)))
			if written := got.change.Patch.Fields["first_name"]; written != test.want || (w.site.writes > 0) != (test.want != "") {
				t.Errorf("wrote %q in %d writes", written, w.site.writes)
			}
		})
	}
	t.Run("with what is told, and leaves alone what is not", func(t *testing.T) {
		w := newWorld(t).has(ann, "subscriber").linked(func(l *core.Link) { l.Base["last_name"] = "Lee" })
		w.site.users[0].Roles, w.conn.CRMWins = []string{"subscriber", "vip"}, true
		w.run(says(1, core.Update, field("first_name", "Bea")), says(2, core.UpdateTags, field("first_name", "Cleo")))
		if u := w.user(); u.Fields["last_name"] != "Site" || u.Fields["first_name"] != "Bea" || len(u.Roles) != 2 {
			t.Errorf("user %v %q", u, map[string]string(u.Fields))
		}
	})
	t.Run("but not with an address, nor with what newer has overtaken", func(t *testing.T) {
		w := newWorld(t).has("own@example.test", "subscriber").linked(func(l *core.Link) { l.Base["email"], l.StateSeq = ann, 5 })
		w.site.users[0].Fields["first_name"], w.conn.CRMWins = "Anna", true
		if got := w.run(says(4, core.Update, email(ann), field("first_name", "Ann"))); got.problem != nil || w.site.writes != 0 {
			t.Errorf("asks %q, %d writes", got.asks(), w.site.writes)
		}
	})
}
