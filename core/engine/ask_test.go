package engine

import (
	"slices"
	"strings"
	"testing"
	"time"

	"usher/core"
	"usher/core/store"
)

const askJSON = `{"site":{"url":"shop.test"},"crm":{"kind":"kartra"},"connection":{"name":"shop","allowed_roles":["author","editor"]}}`

// askBubble runs a test on sites that also have roles with power.
func askBubble(t *testing.T, test func(*world)) {
	t.Helper()
	bubble(t, func(w *world) {
		w.site.change(func() {
			w.site.roles["author"] = map[string]bool{"read": true, "edit_posts": true}
			w.site.roles["editor"] = map[string]bool{"read": true, "edit_posts": true, "unfiltered_html": true}
		})
		w.pass(11 * time.Minute) // what the site told of its roles before is forgotten
		test(w)
	})
}

func (w *world) wantHeld(seq uint64, outcome core.Outcome, code string) core.Record {
	w.Helper()
	r := w.want(seq, core.Held, outcome)
	if !core.HasCode(errOf(r.Problem), code) {
		w.Errorf("delivery %d is held for %v, want %s", seq, r.Problem, code)
	}
	return r
}

func errOf(p *core.Problem) error {
	if p == nil {
		return nil
	}
	return p
}

func (w *world) retry(id string) {
	w.Helper()
	if _, err := w.engine.Retry(w.Context(), id); err != nil {
		w.Fatal(err)
	}
	w.pass(time.Second)
}

func (w *world) wantRoles(roles ...string) {
	w.Helper()
	if u := w.site.only(w.T); !slices.Equal(u.Roles, roles) {
		w.Errorf("roles %v, want %v", u.Roles, roles)
	}
}

// wantCounts also checks that the states sum up.
func (w *world) wantCounts(applied, merged, held uint64) {
	w.Helper()
	s, err := w.engine.Status(w.Context())
	if err != nil || s.Applied != applied || s.Merged != merged || s.Held != held || s.Accepted != applied+merged+held || s.Failed+s.Queued != 0 {
		w.Errorf("status %+v, %v", s, err)
	}
}

func TestARoleIsAskedForWhileTheRestIsDone(t *testing.T) {
	askBubble(t, func(w *world) {
		seq := w.send(core.Add, "role=author&send_notification=true", "list_subscription", ann())
		r := w.wantHeld(seq, core.Created, "role.ask")
		mail := "mail.no_sender"
		if w.site.helper {
			mail = "mail.sent"
		}
		w.wantNote(r, mail)
		if line := r.Line(); line.UserID != 1 || line.Problem.Title == "" || !strings.HasSuffix(line.Problem.Title, ": author") {
			w.Errorf("line %+v, problem %+v", line, line.Problem)
		}
		w.wantRoles("subscriber")
		w.wantCounts(0, 0, 1)
		if _, ok, _ := w.store.Intent(store.WorkKey{Connection: w.conn.ID, Contact: "7"}); ok {
			w.Error("the password of a user who is made is still there")
		}

		w.restart()
		w.retry("") // among many nobody says yes
		w.wantHeld(seq, core.Created, "role.ask")
		w.wantRoles("subscriber")

		mails := len(w.site.mailed())
		w.retry(core.FormatID(seq))
		r = w.want(seq, core.Applied, core.Created)
		w.wantNote(r, mail)
		if len(r.Notes) != 1 || r.UserID != 1 {
			w.Errorf("record %+v", r)
		}
		w.wantRoles("author")
		w.wantCounts(1, 0, 0)
		if creates, sent := w.site.count("create"), len(w.site.mailed()); creates != 1 || sent != mails {
			w.Errorf("%d creates, %d mails", creates, sent-mails)
		}
		link, _, _ := w.store.Link(w.conn.SiteID, w.conn.AccountID, "7")
		if want := []core.Grant{{Role: "author", Connection: w.conn.ID, Cause: core.CauseRequest, Given: true}}; !slices.Equal(link.Grants, want) {
			w.Errorf("grants %+v", link.Grants)
		}
		if made, err := w.store.CreatedSince(w.conn.ID, time.Now().Add(-time.Hour)); err != nil || len(made) != 1 {
			w.Errorf("one new user counts as %d, %v", len(made), err)
		}
	})
}

func TestTheSameRoleAskedForAgainJoinsTheQuestion(t *testing.T) {
	askBubble(t, func(w *world) {
		var seqs []uint64
		for range 10 {
			seqs = append(seqs, w.send(core.Add, "role=author&send_notification=true", "list_subscription", ann()))
		}
		w.wantCounts(0, 0, 10)
		updates := w.site.count("update")
		for _, seq := range seqs[:9] {
			w.wantHeld(seq, "", "role.ask")
		}
		w.wantHeld(seqs[9], core.Created, "role.ask")
		w.retry(core.FormatID(seqs[3]))
		for _, seq := range seqs[:9] {
			w.want(seq, core.Merged, "")
		}
		w.want(seqs[9], core.Applied, core.Created)
		w.wantRoles("author")
		w.wantCounts(1, 9, 0)
		if n := len(w.site.mailed()); n > 1 || updates != 0 {
			w.Errorf("%d mails, %d updates before the yes", n, updates)
		}
		w.want(w.send(core.Add, "role=author", "list_subscription", ann()), core.Applied, core.Unchanged)
	})
}

func TestWhatComesWhileARoleIsInQuestion(t *testing.T) {
	askBubble(t, func(w *world) {
		first := w.send(core.Add, "role=author", "list_subscription", ann())
		changed := ann()
		changed["first_name"] = "Anna"
		second := w.send(core.Update, "", "list_subscription", changed)
		w.wantHeld(first, "", "role.ask")
		w.wantHeld(second, core.Created, "role.ask")
		if u := w.site.only(w.T); u.Fields["first_name"] != "Anna" {
			w.Errorf("meanwhile she is %s", u.Fields["first_name"])
		}
		third := w.send(core.Update, "role=customer", "list_subscription", changed)
		w.want(first, core.Merged, "")
		w.wantNote(w.want(third, core.Applied, core.Created), "role.refused")
		w.wantRoles("customer")
		w.wantCounts(1, 2, 0)
	})
}

// A yes was to what was known then, so whoever joins while it waits asks anew.
func TestAYesToARoleIsNotForALaterOne(t *testing.T) {
	askBubble(t, func(w *world) {
		w.site.change(func() { w.site.roles["contributor"] = map[string]bool{"edit_posts": true} })
		seq := w.send(core.Add, "role=author", "list_subscription", ann())
		w.wantHeld(seq, core.Created, "role.ask")
		w.site.setFail(down)
		w.retry(core.FormatID(seq))
		later := w.send(core.Update, "role=contributor", "list_subscription", ann())
		w.site.setFail(nil)
		w.pass(20 * time.Minute)
		w.wantHeld(later, core.Created, "role.ask")
		w.wantRoles("subscriber")
	})
}

func TestAllowingARoleLetsItsQuestionsGo(t *testing.T) {
	askBubble(t, func(w *world) {
		author := w.send(core.Add, "role=author", "list_subscription", ann())
		editor := w.send(core.Add, "role=editor", "list_subscription", lead{"id": "8", "email": "bob@example.test"})
		w.wantHeld(author, core.Created, "role.ask")
		code := "role.powerful"
		w.wantHeld(editor, core.Created, code)
		w.retry(core.FormatID(editor))
		w.wantHeld(editor, core.Created, code)
		if roles := w.site.all()[1].Roles; !slices.Equal(roles, []string{"subscriber"}) {
			w.Errorf("a retry gave %v", roles)
		}
		w.setup(askJSON)
		w.pass(time.Second)
		w.want(author, core.Applied, core.Created)
		w.want(editor, core.Applied, core.Created)
		for i, role := range []string{"author", "editor"} {
			if roles := w.site.all()[i].Roles; !slices.Equal(roles, []string{role}) {
				w.Errorf("the %s has %v", role, roles)
			}
		}
	})
}

func TestLettingTheCRMChangeAddressesLetsItsQuestionsGo(t *testing.T) {
	bubble(t, func(w *world) {
		w.send(core.Add, "", "list_subscription", ann())
		changed := ann()
		changed["email"] = "new@example.test"
		seq := w.send(core.Update, "", "list_subscription", changed)
		w.wantHeld(seq, "", "user.email_change")
		w.setup(setupJSON)
		w.pass(time.Second)
		w.wantHeld(seq, "", "user.email_change")
		w.setup(strings.Replace(askJSON, `"allowed_roles":["author","editor"]`, `"change_emails":true`, 1))
		w.pass(time.Second)
		w.want(seq, core.Applied, core.Updated)
	})
}

// However a yes is interrupted, the role is there in the end, and nothing twice.
func TestACrashWhileARoleIsAskedFor(t *testing.T) {
	for _, call := range []string{"create", "update 1"} {
		t.Run(call, func(t *testing.T) {
			askBubble(t, func(w *world) {
				once := true
				w.site.setAfter(func(c string) error {
					if once && c == call {
						once = false
						return core.NewProblem("site.unreachable", nil)
					}
					return nil
				})
				seq := w.send(core.Add, "role=author&send_notification=true", "list_subscription", ann())
				w.restart()
				w.pass(time.Hour)
				w.wantHeld(seq, core.Created, "role.ask")
				w.retry(core.FormatID(seq))
				w.restart()
				w.pass(time.Hour)
				w.want(seq, core.Applied, core.Created)
				w.wantRoles("author")
				if n := len(w.site.mailed()); n > 1 || w.site.count("create") > 2 {
					w.Errorf("%d mails, %d creates", n, w.site.count("create"))
				}
			})
		})
	}
}

func TestThePasswordIsHandedOverBeforeARoleIsAnswered(t *testing.T) {
	crmBubble(t, func(w *world, crm *memoryCRM) {
		seq := w.send(core.Add, "role=member", "list_subscription", ann()) // nothing is known of it
		w.site.change(func() { w.site.roles["member"] = map[string]bool{"read": true, "edit_posts": true} })
		if w.site.helper {
			w.wantNote(w.want(seq, core.Applied, core.Created), "role.unknown")
			w.pass(11 * time.Minute)
			crm.change(func() {
				crm.contacts["7"] = core.Contact{ID: "7", Email: "bea@example.test", Fields: core.Fields{}}
				crm.calls = nil
			})
			w.site.change(func() { w.site.users = nil })
			seq = w.send(core.Add, "role=member", "list_subscription", ann())
		}
		w.wantNote(w.wantHeld(seq, core.Created, "role.ask"), "password.returned")
		w.site.change(func() {
			if crm.field("wp_password") != w.site.password {
				w.Error("the CRM has not the password")
			}
		})
		w.retry(core.FormatID(seq))
		w.wantNote(w.want(seq, core.Applied, core.Created), "password.returned")
		if u := w.site.only(w.T); !slices.Contains(u.Roles, "member") {
			w.Errorf("roles %v", u.Roles)
		}
		if n, tags := crm.count("set"), crm.count("tag 7"); n != 1 || tags != 1 {
			w.Errorf("handed over %d times, tagged %d times", n, tags)
		}
	})
}

func TestAUserDeletedWhileARoleIsInQuestionStaysDeleted(t *testing.T) {
	askBubble(t, func(w *world) {
		w.send(core.Add, "role=author", "list_subscription", ann())
		w.site.change(func() { w.site.users = nil })
		seq := w.send(core.Update, "", "list_subscription", ann())
		w.wantNote(w.want(seq, core.Applied, core.NoUser), "user.deleted")
		if n := w.site.count("create"); n != 1 {
			w.Errorf("%d creates", n)
		}
	})
}
