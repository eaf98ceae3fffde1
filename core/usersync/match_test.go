package usersync_test

import (
	"slices"
	"testing"

	"usher/core"
	"usher/core/usersync"
)

func TestALinkIsTrustedOnlyWithItsLogin(t *testing.T) {
	link := core.Link{UserID: 4, Login: "ann"}
	tests := []struct {
		name string
		user core.User
		want bool
	}{
		{"same id and login", core.User{ID: 4, Login: "ann"}, true},
		{"another login", core.User{ID: 4, Login: "bob"}, false},
		{"another id", core.User{ID: 5, Login: "ann"}, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := usersync.Trusted(link, test.user); got != test.want {
				t.Errorf("got %t", got)
			}
		})
	}
	t.Run("a link without a user leads nowhere", func(t *testing.T) {
		if usersync.Trusted(core.Link{}, core.User{}) {
			t.Error("trusted")
		}
	})
	t.Run("a forgotten link takes its grants and its mail with it", func(t *testing.T) {
		w := newWorld(t).has(ann, "subscriber", "customer").linked(func(l *core.Link) {
			l.Login, l.CreatedByUs, l.Mail = "somebody-else", true, core.MailUnsent
			l.Grants = []core.Grant{{Role: "customer", Connection: "c1", Cause: core.CauseRequest, Given: true}}
		})
		w.conn.AllowedRoles = []string{"vip"}
		w.run(says(1, core.Update, email(ann), role("vip")))
		if roles := w.user().Roles; !slices.Equal(roles, []string{"subscriber", "customer", "vip"}) || w.link.CreatedByUs || w.link.Mail != core.MailNone {
			t.Errorf("roles %v, link %+v", roles, *w.link)
		}
	})
}

func TestTwoContactsWithOneEMail(t *testing.T) {
	other := func(account string, gone bool) core.Link {
		return core.Link{AccountID: account, ContactID: "8", UserID: 1, Login: "login-of-" + ann, ContactDeleted: gone}
	}
	tests := []struct {
		name  string
		other core.Link
		held  bool
	}{
		{"in one account: the second is held", other("a1", false), true},
		{"in two accounts: both are the user", other("a2", false), false},
		{"the first was deleted: the second is the user", other("a1", true), false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t).has(ann, "subscriber")
			w.others = []core.Link{test.other}
			got := w.run(says(1, core.Add, email(ann), field("first_name", "Bea"), on("A")))
			if held := got.problem != nil; held != test.held || (w.site.writes == 0) != test.held || (w.link.UserID == 0) != test.held {
				t.Fatalf("problem %v, %d writes, link %+v", got.problem, w.site.writes, *w.link)
			}
			if test.held && (got.problem.Code != "contact.shared_email" || got.problem.Detail != "contact 8") {
				t.Errorf("problem %v", got.problem)
			}
			if !slices.Equal(w.link.Tags, []string{"A"}) {
				t.Errorf("tags %v", w.link.Tags)
			}
			if test.held && (w.link.StateSeq != 0 || w.link.CreatedByUs || len(w.link.Grants) != 0) {
				t.Errorf("link %+v", *w.link)
			}
		})
	}
	t.Run("is held without naming an address", func(t *testing.T) {
		w := newWorld(t).has(ann, "subscriber")
		w.others = []core.Link{other("a1", false)}
		w.others[0].ContactID = "email:" + ann
		if got := w.run(says(1, core.Add, email(ann))); got.problem == nil || got.problem.Detail != "" {
			t.Errorf("problem %v", got.problem)
		}
	})
	t.Run("the second gets a user once its address is its own", func(t *testing.T) {
		w := newWorld(t).has(ann, "subscriber")
		w.others = []core.Link{other("a1", false)}
		w.run(says(1, core.Add, email(ann), field("first_name", "Bea")))
		got := w.run(says(2, core.Update, email("bea@example.test")))
		if got.problem != nil || got.change.Outcome != core.Created || w.user().Email != "bea@example.test" || w.user().Fields["first_name"] != "Bea" {
			t.Errorf("problem %v, outcome %s, users %v", got.problem, got.change.Outcome, w.site.users)
		}
	})
}

func TestAUserDeletedOnTheSite(t *testing.T) {
	gone := func(t *testing.T) *world {
		w := newWorld(t)
		w.run(says(1, core.Add, email(ann), field("first_name", "Ann"), role("customer"), on("A")))
		w.site.users = nil
		return w
	}
	t.Run("is not made again by an update", func(t *testing.T) {
		w := gone(t)
		got := w.run(says(2, core.Update, email(ann), field("first_name", "Bea")))
		if got.change.Outcome != core.NoUser || got.notes() != "user.deleted" || w.link.UserID != 0 || w.link.CreatedByUs || len(w.link.Grants) != 0 {
			t.Errorf("outcome %s, notes %s, link %+v", got.change.Outcome, got.notes(), *w.link)
		}
	})
	t.Run("is forgotten even when nothing else is known", func(t *testing.T) {
		w := newWorld(t)
		w.link = &core.Link{SiteID: "s1", AccountID: "a1", ContactID: "7", UserID: 4, Login: "ann"}
		if w.run(says(1, core.Update)); w.link.UserID != 0 {
			t.Errorf("link %+v", *w.link)
		}
	})
	t.Run("is made again by an add, as the CRM last described them", func(t *testing.T) {
		w := gone(t)
		got := w.run(says(2, core.Add, welcome))
		if got.change.Outcome != core.Created || w.user().Fields["first_name"] != "Ann" || w.link.Mail != core.MailUnsent {
			t.Errorf("outcome %s, user %v, mail %s", got.change.Outcome, w.site.users, w.link.Mail)
		}
		if roles := w.user().Roles; !slices.Equal(roles, []string{"subscriber"}) || !slices.Equal(w.link.Tags, []string{"A"}) {
			t.Errorf("roles %v, tags %v", roles, w.link.Tags)
		}
	})
}

func TestADeletedContact(t *testing.T) {
	t.Run("leaves its user as it is", func(t *testing.T) {
		w := newWorld(t).has(ann, "subscriber").linked()
		got := w.run(says(1, core.Update, email(ann), field("first_name", "Bea"), role("customer"), on("A"), deleted))
		if got.change.Outcome != core.Unchanged || got.notes() != "contact.deleted" || w.site.writes != 0 {
			t.Errorf("outcome %s, notes %s, %d writes", got.change.Outcome, got.notes(), w.site.writes)
		}
		if !w.link.ContactDeleted || w.link.UserID != 1 || len(w.link.Tags) != 0 {
			t.Errorf("link %+v", *w.link)
		}
	})
	t.Run("is alive again when the CRM says so", func(t *testing.T) {
		w := newWorld(t).has(ann, "subscriber").linked(func(l *core.Link) { l.ContactDeleted = true })
		if w.run(says(1, core.Update, field("first_name", "Bea"))); w.link.ContactDeleted {
			t.Error("still deleted")
		}
	})
	t.Run("is remembered as deleted when its user is gone too", func(t *testing.T) {
		w := newWorld(t).has(ann, "subscriber").linked(func(l *core.Link) { l.ContactDeleted, l.StateSeq = true, 9 })
		w.site.users = nil
		w.run(says(1, core.Update, deleted))
		if l := *w.link; !l.ContactDeleted || l.StateSeq != 9 || l.UserID != 0 {
			t.Errorf("link %+v", l)
		}
	})
	t.Run("does not take over a user it was never linked to", func(t *testing.T) {
		w := newWorld(t).has(ann, "subscriber")
		w.link = &core.Link{SiteID: "s1", AccountID: "a1", ContactID: "7", Base: map[string]string{"email": ann, "first_name": "Bea"}}
		got := w.run(says(1, core.Update, email(ann), deleted))
		if got.change.Outcome != core.NoUser || w.link.UserID != 0 {
			t.Errorf("outcome %s, link %+v", got.change.Outcome, *w.link)
		}
	})
}
