package engine

import (
	"slices"
	"strings"
	"testing"
	"time"

	"usher/core"
)

const taggedJSON = `{"site":{"url":"shop.test"},"crm":{"kind":"kartra"},"connection":{"name":"shop","tag_rules":[{"tag":"VIP","role":"vip"}]}}`

// killAfterUpdate has Usher killed when the site has changed a user and it does not know yet.
func (w *world) killAfterUpdate() {
	w.site.setAfter(func(call string) error {
		if strings.HasPrefix(call, "update") {
			_ = w.engine.store.Close()
			w.site.fail = down // it can do nothing more there either
		}
		return nil
	})
}

// revive starts Usher again, and lets it finish.
func (w *world) revive() {
	w.site.setAfter(nil)
	w.site.setFail(nil)
	w.restart()
	w.pass(time.Hour)
}

func vip() lead {
	l := ann()
	l["tag"] = "VIP"
	return l
}

func TestARoleGivenBeforeACrashIsTakenBackWithItsTag(t *testing.T) {
	for name, there := range map[string]bool{"of a user Usher made": false, "of a user who was there": true} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(w *world) {
				w.site.roles["vip"] = map[string]bool{"read": true}
				w.setup(taggedJSON)
				if there {
					w.site.add(core.User{Login: "ann", Email: "ann@example.test", Roles: []string{"subscriber"}})
				} else {
					w.send(core.Add, "", "list_subscription", ann())
				}
				w.killAfterUpdate()
				given := w.send(core.Add, "", "assign_tag", vip())
				w.revive()
				if r := w.record(given); r.State != core.Applied || !slices.Equal(w.site.only(w.T).Roles, []string{"subscriber", "vip"}) {
					w.Fatalf("%+v, user %+v", r, w.site.only(w.T))
				}
				w.send(core.UpdateTags, "", "unassign_tag", vip())
				if u := w.site.only(w.T); !slices.Equal(u.Roles, []string{"subscriber"}) {
					w.Errorf("the role is not taken back: %v", u.Roles)
				}
			})
		})
	}
}

func TestARoleFoundThereIsNotTakenBack(t *testing.T) {
	bubble(t, func(w *world) {
		w.site.roles["vip"] = map[string]bool{"read": true}
		w.setup(taggedJSON)
		w.site.add(core.User{Login: "ann", Email: "ann@example.test", Roles: []string{"subscriber", "vip"}})
		w.killAfterUpdate()
		w.send(core.Add, "", "assign_tag", vip())
		w.revive()
		w.send(core.UpdateTags, "", "unassign_tag", vip())
		if u := w.site.only(w.T); !slices.Equal(u.Roles, []string{"subscriber", "vip"}) {
			w.Errorf("a role somebody else gave was taken: %v", u.Roles)
		}
	})
}

func TestAPowerGivenBeforeACrashIsTakenAwayAgain(t *testing.T) {
	bubble(t, func(w *world) {
		w.site.roles["vip"] = map[string]bool{"manage_options": true}
		w.setup(taggedJSON)
		w.send(core.Add, "", "list_subscription", ann())
		w.killAfterUpdate()
		seq := w.send(core.Add, "", "assign_tag", vip())
		w.revive()
		if u := w.site.only(w.T); !slices.Equal(u.Roles, []string{"subscriber"}) {
			w.Errorf("roles %v, delivery %+v", u.Roles, w.record(seq))
		}
	})
}

// Somebody whom a person made an administrator meanwhile is left alone.
func TestAPowerSomebodyElseGaveDuringACrashStays(t *testing.T) {
	plainBubble(t, func(w *world) {
		w.site.roles["vip"] = map[string]bool{"read": true}
		w.setup(taggedJSON)
		w.send(core.Add, "", "list_subscription", ann())
		w.killAfterUpdate()
		seq := w.send(core.Add, "", "assign_tag", vip())
		w.site.change(func() { w.site.users[0].Roles = append(w.site.users[0].Roles, "administrator") })
		updates := w.site.count("update")
		w.revive()
		if w.record(seq).Outcome != core.Protected || w.site.count("update") != updates {
			w.Errorf("%+v, calls %v", w.record(seq), w.site.calls)
		}
	})
}

// Of two who are welcomed in one go, only the one whose mail was under way is not certain.
func TestAMailIsNotedBeforeTheNextIsSent(t *testing.T) {
	plainBubble(t, func(w *world) {
		w.setup(resetJSON)
		seqs := w.sendMany(2, "send_notification=true")
		mails := 0
		w.site.setAfter(func(call string) error {
			if strings.HasPrefix(call, "reset") {
				if mails++; mails == 2 {
					_ = w.engine.store.Close()
					w.site.fail = down
				}
			}
			return nil
		})
		w.pass(10 * time.Minute)
		w.revive()
		for i, code := range []string{"mail.sent", "mail.unknown"} {
			w.wantNote(w.want(seqs[i], core.Applied, core.Created), code)
		}
		if n := len(w.site.mailed()); n != 2 {
			w.Errorf("%d mails", n)
		}
	})
}

// Nobody would ever take it back: no grant tells of it yet, and the tag is gone.
func TestARoleGivenBeforeACrashGoesWithATagThatWasTakenOffMeanwhile(t *testing.T) {
	crmBubble(t, func(w *world, crm *memoryCRM) {
		tags := func(keys ...string) {
			crm.change(func() {
				c := crm.contacts["7"]
				c.Tags = keys
				crm.contacts["7"] = c
			})
		}
		thin := lead{"id": "7"}
		tags()
		w.send(core.Add, "", "list_subscription", thin)
		tags("11")
		w.killAfterUpdate()
		w.send(core.UpdateTags, "", "assign_tag", thin)
		if u := w.site.only(w.T); !slices.Contains(u.Roles, "customer") {
			w.Fatalf("the role was not given before the crash: %v", u.Roles)
		}
		tags()
		w.revive()
		if u := w.site.only(w.T); !slices.Equal(u.Roles, []string{"subscriber"}) {
			w.Errorf("roles %v", u.Roles)
		}
	})
}

// The helper tells roles in the order of their names: the first is not the usual one then.
func TestARoleOfATagIsNotTakenForTheUsualOneAfterACrash(t *testing.T) {
	bubbleOn(t, func(m *memorySite) { m.install() }, func(w *world) {
		w.site.roles["member"] = map[string]bool{"read": true}
		w.setup(strings.Replace(taggedJSON, `"role":"vip"`, `"role":"member"`, 1))
		w.site.setAfter(func(string) error {
			for _, done := range w.site.ops {
				slices.Sort(done.User.Roles)
			}
			_ = w.engine.store.Close()
			w.site.fail = down
			return nil
		})
		w.send(core.Add, "", "assign_tag", vip())
		w.revive()
		w.send(core.UpdateTags, "", "unassign_tag", vip())
		if u := w.site.only(w.T); !slices.Equal(u.Roles, []string{"subscriber"}) {
			w.Errorf("roles %v", u.Roles)
		}
	})
}
