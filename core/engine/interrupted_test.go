package engine

import (
	"strings"
	"testing"
	"time"

	"usher/core"
)

// loseAnswer has the site do what the next call of that name asks for, and fall over
// before it answers.
func (w *world) loseAnswer(name string) {
	lost := false
	w.site.setAfter(func(call string) error {
		if lost || !strings.HasPrefix(call, name) {
			return nil
		}
		lost = true
		return core.NewProblem("site.server_error", nil)
	})
}

// Whether the role came from Usher is not to be told from the site once the answer is lost.
func TestARoleGivenWithoutAnAnswerIsStillUshersToTakeBack(t *testing.T) {
	const rules = `{"site":{"url":"shop.test"},"crm":{"kind":"kartra"},"connection":{"name":"shop","tag_rules":[{"tag":"VIP","role":"member"}]}}`
	tagged := func(tag string) lead {
		l := ann()
		l["tag"] = tag
		return l
	}
	run := func(name string, test func(*world)) {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(w *world) {
				w.site.change(func() { w.site.roles["member"] = map[string]bool{"read": true} })
				w.setup(rules)
				w.send(core.Add, "role=subscriber", "list_subscription", ann())
				w.loseAnswer("update")
				test(w)
			})
		})
	}
	run("when another is named", func(w *world) {
		w.send(core.Update, "role=customer", "list_subscription", ann())
		w.pass(time.Hour)
		w.wantRoles("customer")
		w.send(core.Update, "role=subscriber", "list_subscription", ann())
		w.wantRoles("subscriber")
	})
	run("when the tag is gone before the next try", func(w *world) {
		w.send(core.UpdateTags, "", "assign_tag", tagged("VIP"))
		w.wantRoles("subscriber", "member")
		w.send(core.UpdateTags, "", "unassign_tag", tagged("VIP"))
		w.pass(time.Hour)
		w.wantRoles("subscriber")
	})
	run("but not from others", func(w *world) {
		w.site.change(func() { w.site.users[0].Roles = append(w.site.users[0].Roles, "member") })
		w.send(core.UpdateTags, "role=customer", "assign_tag", tagged("VIP"))
		l := tagged("VIP")
		l["first_name"] = "Anna"
		w.send(core.Update, "role=customer", "list_subscription", l)
		w.pass(time.Hour)
		w.send(core.UpdateTags, "", "unassign_tag", tagged("VIP"))
		w.wantRoles("member", "customer")
	})
	run("but not from whom they were given by hand later", func(w *world) {
		w.site.setAfter(nil)
		w.send(core.Update, "role=administrator", "assign_tag", tagged("VIP")) // held, with the rest done
		w.wantRoles("subscriber", "member")
		w.send(core.UpdateTags, "", "unassign_tag", tagged("VIP"))
		w.wantRoles("subscriber")
		w.site.change(func() { w.site.users[0].Roles = append(w.site.users[0].Roles, "member") })
		w.send(core.Update, "", "list_subscription", ann())
		w.wantRoles("subscriber", "member")
	})
}

// The CRM tells what counts when the next try is made; by then somebody else may count on
// the role.
func TestARoleGivenWithoutAnAnswerStaysWhereAnotherConnectionWantsIt(t *testing.T) {
	for name, test := range map[string]struct{ known, wanted bool }{"wanted": {true, true}, "not wanted": {true, false}, "not wanted, of somebody new": {false, false}} {
		t.Run(name, func(t *testing.T) {
			crmBubble(t, func(w *world, crm *memoryCRM) {
				tagged := func(tags ...string) {
					crm.change(func() {
						crm.contacts["7"] = core.Contact{ID: "7", Email: "ann@example.test", Fields: core.Fields{}, Tags: tags}
					})
				}
				tagged()
				if test.known {
					w.send(core.Add, "role=subscriber", "list_subscription", ann())
				} else {
					w.site.add(core.User{Login: "ann", Email: "ann@example.test", Fields: core.Fields{}, Roles: []string{"subscriber"}})
				}
				tagged("11")
				w.loseAnswer("update")
				w.send(core.UpdateTags, "", "list_subscription", ann())
				first, want := w.conn, []string{"subscriber"}
				if test.wanted {
					w.setup(strings.NewReplacer(`"shop"`, `"other"`, "0123456789abcdef", "fedcba9876543210", `"kind":"kartra"`, `"kind":"kartra","name":"second"`).Replace(setupJSON))
					w.send(core.Add, "role=customer", "list_subscription", ann())
					w.conn, want = first, append(want, "customer")
				}
				tagged()
				w.pass(time.Hour)
				w.wantRoles(want...)
			})
		})
	}
}

// The helper tells of the user as they were when they were made. What a person edited
// before Usher heard of it must not keep Usher from going on for ever.
func TestAnEditBeforeTheCreateIsKnownToBeDone(t *testing.T) {
	bubble(t, func(w *world) {
		w.loseAnswer("create")
		w.send(core.Add, "", "list_subscription", ann())
		w.site.change(func() { w.site.users[0].Fields["last_name"] = "Edited" })
		changed := ann()
		changed["first_name"] = "Anna"
		seq := w.send(core.Update, "", "list_subscription", changed)
		w.pass(time.Hour)
		w.want(seq, core.Applied, core.Created)
		if u := w.site.only(w.T); u.Fields["first_name"] != "Anna" {
			w.Errorf("user %+v", u)
		}
	})
}

func TestANewAddressBeforeTheCreateIsKnownToBeDone(t *testing.T) {
	bubble(t, func(w *world) {
		w.setup(strings.Replace(setupJSON, `"name":"shop"`, `"name":"shop","change_emails":true`, 1))
		w.loseAnswer("create")
		w.send(core.Add, "", "list_subscription", ann())
		changed := ann()
		changed["email"] = "anna@example.test"
		seq := w.send(core.Update, "", "list_subscription", changed)
		w.loseAnswer("update")
		w.pass(time.Hour)
		w.wantNote(w.want(seq, core.Applied, core.Created), "user.finished")
		if u := w.site.only(w.T); u.Email != "anna@example.test" {
			w.Errorf("user %+v", u)
		}
		if link, _, _ := w.store.Link(w.conn.SiteID, w.conn.AccountID, "7"); !link.CreatedByUs {
			w.Errorf("link %+v does not say who made the user", link)
		}
	})
}

// A message that waits for an answer about a role is done again with each that comes; what
// it said of fields is no news by then.
func TestAHeldMessageDoesNotUndoAnEdit(t *testing.T) {
	bubble(t, func(w *world) {
		w.send(core.Add, "", "list_subscription", ann())
		changed := ann()
		for _, name := range []string{"Anna", "Annie"} {
			changed["first_name"] = name
			w.want(w.send(core.Update, "role=administrator", "list_subscription", changed), core.Held, core.Updated)
		}
		w.site.change(func() { w.site.users[0].Fields["first_name"] = "Edited" })
		w.send(core.Update, "", "list_subscription", changed)
		if u := w.site.only(w.T); u.Fields["first_name"] != "Edited" {
			w.Errorf("she is %s", u.Fields["first_name"])
		}
	})
}
