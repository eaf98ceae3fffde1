package usersync_test

import (
	"fmt"
	"slices"
	"testing"

	"usher/core"
	"usher/core/usersync"
)

// What a webhook names and may not be given is a question, whatever else it says is done.
func TestARoleThatIsAQuestion(t *testing.T) {
	tests := []struct {
		name    string
		waiting []usersync.Waiting
		asks    string
		roles   string // meanwhile
		yes     string // roles after a yes
	}{
		{"to a new user", []usersync.Waiting{says(1, core.Add, email(ann), role("author"))}, "role.ask author", "[customer]", "[author]"},
		{"by its display name", []usersync.Waiting{says(1, core.Add, email(ann), role("Author"))}, "role.ask author", "[customer]", "[author]"},
		{"by a field", []usersync.Waiting{says(1, core.Add, email(ann), field("level", "author"))}, "role.ask author", "[customer]", "[author]"},
		{"with admin rights, whatever is said", []usersync.Waiting{says(1, core.Add, email(ann), role("boss"))}, "role.powerful boss", "[customer]", "[customer]"},
		{"named last of several", []usersync.Waiting{says(1, core.Add, email(ann), role("vip")), says(2, core.Add, role("author"))}, "role.ask author", "[vip]", "[author]"},
		{"and not the one before it", []usersync.Waiting{says(1, core.Add, email(ann), role("editor")), says(2, core.Add, role("author"))}, "role.ask author", "[customer]", "[author]"},
		{"until another is named", []usersync.Waiting{says(1, core.Add, email(ann), role("author")), says(2, core.Update, role("vip"))}, "", "[vip]", ""},
		{"or one the site does not have", []usersync.Waiting{says(1, core.Add, email(ann), role("author")), says(2, core.Update, role("nosuch"))}, "", "[customer]", ""},
		{"named before there was a user", []usersync.Waiting{says(1, core.Update, email(ann), role("author")), says(2, core.Add)}, "role.ask author", "[customer]", "[author]"},
		{"to nobody is none", []usersync.Waiting{says(1, core.Update, email(ann), role("author"))}, "", "", ""},
		{"by update_tags is none", []usersync.Waiting{says(1, core.Add, email(ann)), says(2, core.UpdateTags, role("author"))}, "", "[customer]", ""},
		{"is none for who has it by a tag", []usersync.Waiting{says(1, core.Add, email(ann), role("author"), on("Team"))}, "", "[customer author]", ""},
		{"once the tag is off", []usersync.Waiting{says(1, core.Add, email(ann), role("author"), on("Team")), says(2, core.Update, off("Team"))}, "role.ask author", "[customer]", "[author]"},
	}
	for _, test := range tests {
		for how, run := range map[string]func(*world) result{
			"together": func(w *world) result { return w.run(test.waiting...) },
			"one by one": func(w *world) (last result) {
				for _, waiting := range test.waiting {
					last = w.run(waiting)
				}
				return last
			},
		} {
			t.Run(test.name+", "+how, func(t *testing.T) {
				w := newWorld(t)
				w.tells, w.missing, w.conn.DefaultRole = true, []string{"nosuch"}, "customer"
				w.conn.TagRules = []core.TagRule{{Tag: "Team", Role: "author"}}
				got := run(w)
				if got.asks() != test.asks {
					t.Errorf("asks %q, want %q", got.asks(), test.asks)
				}
				if roles := w.roles(); roles != test.roles {
					t.Errorf("meanwhile %s, want %s", roles, test.roles)
				}
				if got.problem == nil {
					return
				}
				yes := w.agrees(got.problem)
				if roles := w.roles(); roles != test.yes || (yes.problem != nil) != (test.yes == test.roles) {
					t.Errorf("after a yes %s, want %s; asks %q", roles, test.yes, yes.asks())
				}
			})
		}
	}
}

// roles are those of the only user; empty when there is none.
func (w *world) roles() string {
	if len(w.site.users) == 0 {
		return ""
	}
	return fmt.Sprint(w.user().Roles)
}

func TestAYesToARole(t *testing.T) {
	ask := func(t *testing.T) (*world, result) {
		w := newWorld(t).with(func(w *world) { w.tells = true })
		return w, w.run(says(1, core.Add, email(ann), role("author"), welcome))
	}
	given := core.Grant{Role: "author", Connection: "c1", Cause: core.CauseRequest, Given: true}
	t.Run("is recorded as if the role had been allowed", func(t *testing.T) {
		w, asked := ask(t)
		got := w.agrees(asked.problem)
		if got.problem != nil || !slices.Equal(w.link.Grants, []core.Grant{given}) || w.link.Wanted != "" || w.link.StateSeq != 1 {
			t.Errorf("problem %v, link %+v", got.problem, *w.link)
		}
		if w.run(says(2, core.Update, role("customer"))); w.roles() != "[customer]" {
			t.Errorf("a later role leaves %s", w.roles())
		}
		if got := w.run(says(3, core.Update, role("author"))); got.asks() != "role.ask author" || w.roles() != "[customer]" {
			t.Errorf("the next time: asks %q, roles %s", got.asks(), w.roles())
		}
	})
	t.Run("does nothing else a second time", func(t *testing.T) {
		w, asked := ask(t)
		w.site.helper = true
		if got := w.agrees(asked.problem); got.notes() != "" || w.mails != 0 || got.change.SendMail || w.link.Mail != core.MailUnsent {
			t.Errorf("notes %s, %d mails, link %+v", got.notes(), w.mails, *w.link)
		}
	})
	t.Run("is to that role only", func(t *testing.T) {
		w, asked := ask(t)
		w.site.caps["contributor"] = map[string]bool{"edit_posts": true}
		w.held = append(w.held, says(2, core.Update, role("contributor")))
		if got := w.agrees(asked.problem); got.asks() != "role.ask contributor" || w.roles() != "[author]" {
			t.Errorf("asks %q, roles %s", got.asks(), w.roles())
		}
	})
	t.Run("gives nothing that turns out powerful", func(t *testing.T) {
		w := newWorld(t)
		asked := w.run(says(1, core.Add, email(ann), role("boss")))
		if got := w.agrees(asked.problem); asked.asks() != "role.ask boss" || w.roles() != "[]" || got.notes() != "role.too_powerful boss" {
			t.Errorf("asked %q, roles %s, notes %s", asked.asks(), w.roles(), got.notes())
		}
	})
	t.Run("to one the site does not have is noted, and over", func(t *testing.T) {
		w := newWorld(t).with(func(w *world) { w.conn.DefaultRole = "customer" })
		asked := w.run(says(1, core.Add, email(ann), role("nosuch")))
		got := w.agrees(asked.problem)
		if got.problem != nil || got.notes() != "role.unknown nosuch" || w.roles() != "[customer]" || w.link.Wanted != "" {
			t.Errorf("asks %q, notes %s, roles %s", got.asks(), got.notes(), w.roles())
		}
	})
	t.Run("comes too late once another was named", func(t *testing.T) {
		w, _ := ask(t)
		if got := w.run(says(2, core.Update, role("customer"))); got.problem != nil || got.notes() != "role.refused author" {
			t.Errorf("asks %q, notes %s", got.asks(), got.notes())
		}
	})
	t.Run("is not needed once the role is allowed, for a user who is made then either", func(t *testing.T) {
		w := newWorld(t).with(func(w *world) { w.tells, w.conn.DefaultRole = true, "customer" })
		w.run(says(1, core.Update, role("author")))
		w.conn.AllowedRoles = []string{"author"}
		if got := w.run(says(2, core.Add, email(ann))); got.problem != nil || w.roles() != "[author]" {
			t.Errorf("asks %q, roles %s", got.asks(), w.roles())
		}
	})
	t.Run("is not needed once the role is allowed", func(t *testing.T) {
		w, _ := ask(t)
		w.conn.AllowedRoles = []string{"Author"}
		if got := w.run(); got.problem != nil || !slices.Equal(w.link.Grants, []core.Grant{given}) {
			t.Errorf("problem %v, link %+v", got.problem, *w.link)
		}
	})
	t.Run("comes after the one to a new address", func(t *testing.T) {
		w, _ := ask(t)
		got := w.run(says(2, core.Update, email("new@example.test")))
		if got.asks() != "user.email_change user 1" {
			t.Fatalf("asks %q", got.asks())
		}
		if got = w.agrees(got.problem); got.asks() != "role.ask author" || w.user().Email != "new@example.test" {
			t.Fatalf("then asks %q of %s", got.asks(), w.user().Email)
		}
		if got = w.agrees(got.problem); got.problem != nil || w.roles() != "[author]" {
			t.Errorf("in the end asks %q, roles %s", got.asks(), w.roles())
		}
	})
	t.Run("is never about a protected user", func(t *testing.T) {
		w := newWorld(t).has(ann, "administrator").linked()
		if got := w.run(says(1, core.Update, role("author"))); got.problem != nil || got.change.Outcome != core.Protected || w.link.Wanted != "" {
			t.Errorf("asks %q, %s, link %+v", got.asks(), got.change.Outcome, *w.link)
		}
	})
}

// Work that was held once its user was there asks for a user and a mail no more.
func TestAnAddThatHadItsUserMakesNoOther(t *testing.T) {
	w := newWorld(t).with(func(w *world) { w.tells = true })
	w.run(says(1, core.Add, email(ann), role("author"), welcome))
	w.site.users = nil
	got := w.run(says(2, core.Update, email(ann), field("first_name", "Ann")))
	if got.problem != nil || got.change.Outcome != core.NoUser || len(w.site.users) != 0 || got.notes() != "user.deleted" {
		t.Errorf("asks %q, %s, notes %s", got.asks(), got.change.Outcome, got.notes())
	}
	if got = w.run(says(3, core.Add, email(ann))); got.change.Outcome != core.Created {
		t.Errorf("a new add: %s", got.change.Outcome)
	}
}
