package engine

import (
	"slices"
	"strings"
	"testing"
	"time"

	"usher/core"
)

// Of two contacts that are merged the CRM keeps one, and says nothing about the other.
func TestMergedContactsGoOnAsOneUser(t *testing.T) {
	crmBubble(t, func(w *world, crm *memoryCRM) {
		w.want(w.send(core.Add, "", "list_subscription", lead{"id": "7"}), core.Applied, core.Created)
		crm.change(func() {
			crm.contacts["8"] = core.Contact{ID: "8", Email: "ann@example.test", Fields: core.Fields{"first_name": "Annie"}}
		})
		held := w.want(w.send(core.Update, "", "list_subscription", lead{"id": "8"}), core.Held, "")
		if held.Problem.Code != "contact.shared_email" {
			w.Errorf("problem %v", held.Problem)
		}
		crm.change(func() { delete(crm.contacts, "7") })
		seq := w.send(core.Add, "send_notification=true", "list_subscription", lead{"id": "8"})
		w.want(seq, core.Applied, core.Updated)
		if other, _, _ := w.store.Link(w.conn.SiteID, w.conn.AccountID, "7"); !other.ContactDeleted {
			w.Error("the other one still counts as living")
		}
		if u := w.site.only(w.T); u.Fields["first_name"] != "Annie" || len(w.site.mailed()) != 0 {
			w.Errorf("user %+v, mails %v", u, w.site.mailed())
		}
		w.want(w.send(core.Update, "", "list_subscription", lead{"id": "7"}), core.Applied, core.Unchanged) // from before
		w.want(w.send(core.Update, "", "list_subscription", lead{"id": "8"}), core.Applied, core.Unchanged)
		if mark := w.site.only(w.T).Mark; w.site.helper && mark.ContactID != "8" {
			w.Errorf("the site takes the user for contact %s", mark.ContactID)
		}
	})
}

func TestWhoCannotBeAskedAboutCountsAsLiving(t *testing.T) {
	crmBubble(t, func(w *world, crm *memoryCRM) {
		w.send(core.Add, "", "list_subscription", lead{"id": "7"})
		crm.change(func() {
			crm.contacts["8"] = core.Contact{ID: "8", Email: "ann@example.test", Fields: core.Fields{}}
			crm.fail = func(call string) error {
				if call == "contact 7" {
					return core.NewProblem("crm.server_error", nil)
				}
				return nil
			}
		})
		w.want(w.send(core.Update, "", "list_subscription", lead{"id": "8"}), core.Held, "")
		w.wantNoTrouble()
	})
}

func TestADeletedContactLeavesTheUserAlone(t *testing.T) {
	bubble(t, func(w *world) {
		w.send(core.Add, "role=customer", "list_subscription", ann())
		before := w.site.only(w.T)
		gone := ann()
		gone["first_name"], gone["lead_deleted"] = "Deleted", "1"
		for _, action := range []core.Action{core.Update, core.UpdateTags, core.Add} {
			w.wantNote(w.want(w.send(action, "role=subscriber", "list_subscription", gone), core.Applied, core.Unchanged), "contact.deleted")
		}
		if now := w.site.only(w.T); now.Fields["first_name"] != "Ann" || !slices.Equal(now.Roles, before.Roles) || now.Email != before.Email {
			w.Errorf("the user became %+v", now)
		}
	})
}

func TestOfTwoLivingContactsWithOneAddressTheFirstIsTheUser(t *testing.T) {
	bubble(t, func(w *world) {
		w.send(core.Add, "", "list_subscription", ann())
		bea := lead{"id": "8", "email": "ANN@example.test", "first_name": "Bea"}
		seq := w.send(core.Add, "role=customer&send_notification=true", "list_subscription", bea)
		if r := w.want(seq, core.Held, ""); r.Problem.Code != "contact.shared_email" {
			w.Errorf("problem %v", r.Problem)
		}
		if u := w.site.only(w.T); u.Fields["first_name"] != "Ann" || !slices.Equal(u.Roles, []string{"subscriber"}) {
			w.Errorf("user %+v", u)
		}
		bea["email"] = "bea@example.test" // the person gives her one of her own
		w.want(w.send(core.Update, "", "list_subscription", bea), core.Applied, core.Created)
		w.want(seq, core.Merged, "")
		w.wantOneEach(2)
		if u := w.site.all()[1]; u.Fields["first_name"] != "Bea" || !slices.Equal(u.Roles, []string{"customer"}) {
			w.Errorf("user %+v", u)
		}
	})
}

// Each account gives and takes for its own reasons.
func TestTwoAccountsAndOnePerson(t *testing.T) {
	bubble(t, func(w *world) {
		rules := func(tag, role string) string {
			return `"tag_rules":[{"tag":"` + tag + `","role":"` + role + `"},{"tag":"Both","role":"both"}],`
		}
		w.site.change(func() {
			for _, role := range []string{"one", "two", "both"} {
				w.site.roles[role] = map[string]bool{"read": true}
			}
		})
		w.setup(strings.Replace(setupJSON, `"connection":{`, `"connection":{`+rules("One", "one"), 1))
		first := w.conn
		w.setup(strings.NewReplacer(`"shop"`, `"other"`, "0123456789abcdef", "fedcba9876543210", `"kind":"kartra"`, `"kind":"kartra","name":"second"`,
			`"connection":{`, `"connection":{`+rules("Two", "two")).Replace(setupJSON))
		second := w.conn
		tag := func(conn core.Connection, event, name string, more lead) {
			w.conn = conn
			l := ann()
			l["tag"] = name
			for key, value := range more {
				l[key] = value
			}
			if r := w.record(w.send(core.Add, "", event, l)); r.State != core.Applied {
				w.Errorf("%s %s: %s, %v", event, name, r.State, r.Problem)
			}
		}
		tag(first, "assign_tag", "One", nil)
		tag(second, "assign_tag", "Two", lead{"id": "70"})
		tag(first, "assign_tag", "Both", nil)
		tag(second, "assign_tag", "Both", lead{"id": "70"})
		w.wantRoles("subscriber", "one", "two", "both")
		tag(first, "unassign_tag", "Both", nil)
		w.wantRoles("subscriber", "one", "two", "both")
		tag(second, "unassign_tag", "Both", lead{"id": "70"})
		w.wantRoles("subscriber", "one", "two")
		tag(second, "unassign_tag", "Two", lead{"id": "70", "lead_deleted": "1"}) // gone from the second: what they have stays
		w.wantRoles("subscriber", "one", "two")
		tag(first, "unassign_tag", "One", nil)
		w.wantRoles("subscriber", "two")
		w.site.only(w.T)
	})
}

// An older data file knows nothing of what was done since. What is on the site, and what
// the CRM says when it is read again, is all there is to go by.
func TestAnOlderDataFilePutBack(t *testing.T) {
	for name, test := range map[string]struct {
		waiting bool // Bob's add waits in the file
		begun   bool // and his user is made, with no answer yet
	}{"from before": {}, "with work that was done since": {waiting: true}, "from the midst of work": {waiting: true, begun: true}} {
		t.Run(name, func(t *testing.T) {
			crmBubble(t, func(w *world, crm *memoryCRM) {
				crm.change(func() { crm.contacts["8"] = core.Contact{ID: "8", Email: "bob@example.test", Fields: core.Fields{}} })
				bob := func(first string) { crm.change(func() { crm.contacts["8"].Fields["first_name"] = first }) }
				bob("Bob")
				var kept []byte
				keep := func() { kept = w.copied() }
				w.send(core.Add, "send_notification=true", "list_subscription", lead{"id": "7"})
				if !test.waiting {
					keep()
				} else {
					w.site.setFail(down)
				}
				if test.begun {
					w.site.setFail(nil)
					w.loseAnswer("create")
				}
				w.send(core.Add, "send_notification=true", "list_subscription", lead{"id": "8"})
				if test.waiting {
					keep()
				}
				w.site.setFail(nil)
				w.pass(time.Hour)
				bob("Robert")
				w.want(w.send(core.Update, "", "list_subscription", lead{"id": "8"}), core.Applied, core.Updated)
				password, mails, handed := w.site.password, len(w.site.mailed()), crm.contacts["8"].Fields["wp_password"]

				bob("Robbie")
				w.putBack(kept)
				w.pass(time.Hour)
				for _, id := range []string{"7", "8"} {
					r := w.record(w.send(core.Add, "send_notification=true", "list_subscription", lead{"id": id}))
					if r.State != core.Applied || r.Outcome == core.Created {
						w.Errorf("%s: %s %s, %v", id, r.State, r.Outcome, r.Problem)
					}
				}
				w.wantOneEach(2)
				if n := len(w.site.mailed()); n != mails {
					w.Errorf("%d more mails", n-mails)
				}
				if w.site.password != password {
					w.Error("somebody got another password")
				}
				if now := crm.contacts["8"].Fields["wp_password"]; now != handed || now != password {
					w.Error("the CRM has a password that does not work")
				}
				if u := w.site.all()[1]; u.Fields["first_name"] != "Robbie" {
					w.Errorf("user %+v", u)
				}
				w.wantNoTrouble()
			})
		})
	}
}
