package usersync_test

import (
	"fmt"
	"slices"
	"testing"

	"usher/core"
)

func helped(w *world) {
	w.site.helper = true
	w.fields["town"] = "billing_city"
}

func TestFieldsOnlyTheHelperCanStore(t *testing.T) {
	t.Run("are written with it", func(t *testing.T) {
		w := newWorld(t).with(helped)
		got := w.run(says(1, core.Add, email(ann), field("town", "Berlin")))
		if w.user().Meta["billing_city"] != "Berlin" || got.notes() != "" || !slices.Contains(got.change.Fields, core.FieldChange{Field: "billing_city", New: "Berlin"}) {
			t.Errorf("meta %v, notes %q, fields %v", w.user().Meta, got.notes(), got.change.Fields)
		}
		if got = w.run(says(2, core.Update, email(ann), field("town", "Berlin"))); got.change.Outcome != core.Unchanged {
			t.Errorf("the same again: %s %v", got.change.Outcome, got.change.Fields)
		}
	})
	t.Run("are noted without it, and written once it is there", func(t *testing.T) {
		w := newWorld(t).with(helped)
		w.site.helper = false
		if got := w.run(says(1, core.Add, email(ann), field("town", "Berlin"))); got.notes() != "field.nowhere billing_city" {
			t.Errorf("notes %q", got.notes())
		}
		w.site.helper = true
		if got := w.run(says(2, core.Update, email(ann), field("town", "Berlin"))); got.change.Outcome != core.Updated || w.user().Meta["billing_city"] != "Berlin" {
			t.Errorf("%s, meta %v", got.change.Outcome, w.user().Meta)
		}
	})
	t.Run("keep what was edited on the site", func(t *testing.T) {
		w := newWorld(t).with(helped)
		w.run(says(1, core.Add, email(ann), field("town", "Berlin")))
		w.site.users[0].Meta = map[string]string{"billing_city": "Bonn"}
		if w.run(says(2, core.Update, email(ann), field("town", "Berlin"))); w.user().Meta["billing_city"] != "Bonn" {
			t.Errorf("the edit is gone: %v", w.user().Meta)
		}
		if w.run(says(3, core.Update, email(ann), field("town", "Kiel"))); w.user().Meta["billing_city"] != "Kiel" {
			t.Errorf("the CRM's new value is missing: %v", w.user().Meta)
		}
	})
	for _, key := range []string{"wp_capabilities", "wp_2_Capabilities", "wp_user_level", "session_tokens", "_private", "usher_op_1", "bad key", "ünï"} {
		t.Run("never are "+key, func(t *testing.T) {
			w := newWorld(t).with(helped)
			w.fields["evil"] = key
			got := w.run(says(1, core.Add, email(ann), field("evil", "administrator")))
			if got.notes() != "field.nowhere "+key || got.change.Meta != nil {
				t.Errorf("notes %q, meta %v", got.notes(), got.change.Meta)
			}
		})
	}
}

func TestWhatTheHelperKeepsAboutAContact(t *testing.T) {
	mark := func(w *world) string {
		if w.user().Mark == nil {
			return "none"
		}
		return fmt.Sprintf("%s %v", w.user().Mark.ContactID, w.user().Mark.Tags)
	}
	keeps := func(id string, tags ...string) func(*world) {
		return func(w *world) {
			w.site.users[len(w.site.users)-1].Mark = &core.Mark{CRM: "kartra", ContactID: id, Tags: tags}
		}
	}
	t.Run("is id and tags of a new user", func(t *testing.T) {
		w := newWorld(t).with(helped)
		if w.run(says(1, core.Add, email(ann), on("A"), on("B"))); mark(w) != "7 [A B]" || !w.link.Marked {
			t.Errorf("%s, link %+v", mark(w), *w.link)
		}
	})
	t.Run("follows single tags", func(t *testing.T) {
		w := newWorld(t).with(helped).has(ann, "subscriber").with(keeps("7", "A", "Z"))
		if got := w.run(says(1, core.UpdateTags, email(ann), on("B"), off("A"))); mark(w) != "7 [B Z]" || got.change.Outcome != core.Updated {
			t.Errorf("%s, %s", mark(w), got.change.Outcome)
		}
	})
	t.Run("is replaced by a whole set only", func(t *testing.T) {
		w := newWorld(t).with(helped).has(ann, "subscriber").with(keeps("7", "A", "Z"))
		if w.run(says(1, core.UpdateTags, email(ann), allTags("B"))); mark(w) != "7 [B]" {
			t.Error(mark(w))
		}
		if w.run(says(2, core.UpdateTags, email(ann), allTags())); mark(w) != "7 []" {
			t.Error(mark(w))
		}
	})
	t.Run("gets what was known before the helper came", func(t *testing.T) {
		w := newWorld(t).with(helped)
		w.site.helper = false
		if got := w.run(says(1, core.Add, email(ann), on("A"), off("Z"))); got.notes() != "tags.kept_here" {
			t.Errorf("notes %q", got.notes())
		}
		w.site.helper = true
		w.with(keeps("", "Y", "Z"))
		if w.run(says(2, core.Update, email(ann))); mark(w) != "7 [A Y]" {
			t.Error(mark(w))
		}
	})
	t.Run("leaves an edit on the site alone", func(t *testing.T) {
		w := newWorld(t).with(helped)
		w.run(says(1, core.Add, email(ann), on("A")))
		w.with(keeps("7"))
		if got := w.run(says(2, core.Update, email(ann))); mark(w) != "7 []" || got.change.Outcome != core.Unchanged {
			t.Errorf("%s, %s", mark(w), got.change.Outcome)
		}
	})
	t.Run("stays the first of two contacts who are one user", func(t *testing.T) {
		w := newWorld(t).with(helped).has(ann, "subscriber").with(keeps("9"))
		w.others = []core.Link{{SiteID: "s1", AccountID: "a2", ContactID: "9", UserID: 1, Login: "login-of-" + ann}}
		if got := w.run(says(1, core.Update, email(ann))); mark(w) != "9 []" || got.change.Outcome != core.Unchanged {
			t.Errorf("%s, %s", mark(w), got.change.Outcome)
		}
	})
	t.Run("is told again to a user who was protected", func(t *testing.T) {
		w := newWorld(t).with(helped)
		w.run(says(1, core.Add, email(ann), on("A")))
		w.site.users[0].Roles = []string{"administrator"}
		w.run(says(2, core.UpdateTags, email(ann), on("B")))
		if mark(w) != "7 [A]" {
			t.Errorf("a protected user was marked: %s", mark(w))
		}
		w.site.users[0].Roles = []string{"subscriber"}
		if w.run(says(3, core.Update, email(ann))); mark(w) != "7 [A B]" {
			t.Error(mark(w))
		}
	})
	t.Run("has no id where the CRM gave none", func(t *testing.T) {
		w := newWorld(t).with(helped)
		nameless := says(1, core.Add, email(ann), on("A"))
		nameless.Notice.Contact.ID = ""
		if w.run(nameless); mark(w) != " [A]" {
			t.Errorf("%q", mark(w))
		}
	})
}

func TestAWelcomeMailThatCanBeSent(t *testing.T) {
	w := newWorld(t).with(helped)
	got := w.run(says(1, core.Add, email(ann), welcome))
	if w.mails != 1 || w.link.Mail != core.MailSent || got.notes() != "mail.sent" {
		t.Errorf("%d mails, link %s, notes %q", w.mails, w.link.Mail, got.notes())
	}
	if w.run(says(2, core.Add, email(ann), welcome)); w.mails != 1 || w.link.Mail != core.MailSent {
		t.Errorf("%d mails, link %s", w.mails, w.link.Mail)
	}
}

func TestTheSitesDefaultRoleWhereItIsTold(t *testing.T) {
	w := newWorld(t).with(helped)
	w.conn.TagRules = []core.TagRule{{Tag: "A", Role: "member"}}
	w.run(says(1, core.Add, email(ann), on("A")))
	if got := w.user().Roles; !slices.Equal(got, []string{"subscriber", "member"}) || w.site.writes != 2 {
		t.Errorf("roles %v after %d writes", got, w.site.writes)
	}
	t.Run("is not given when it is powerful", func(t *testing.T) {
		w := newWorld(t).with(helped)
		w.site.defaultRole = "editor"
		if w.run(says(1, core.Add, email(ann))); slices.Contains(w.user().Roles, "editor") {
			t.Errorf("roles %v", w.user().Roles)
		}
	})
}
