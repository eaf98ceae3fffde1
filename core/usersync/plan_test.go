package usersync_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"usher/core"
	"usher/core/usersync"
)

func TestTheThreeActions(t *testing.T) {
	nobody := func(*world) {}
	found := func(w *world) { w.has(ann, "subscriber") }
	linked := func(w *world) { w.has(ann, "subscriber").linked() }
	all := []part{email(ann), field("first_name", "Bea"), role("customer"), on("A")}
	tests := []struct {
		name    string
		site    func(*world)
		action  core.Action
		outcome core.Outcome
		user    string // first name and roles; empty when there is none
		tags    string
	}{
		{"add without a user makes one", nobody, core.Add, core.Created, "Bea [customer]", "A"},
		{"add about a user with that e-mail updates", found, core.Add, core.Updated, "Bea [subscriber customer]", "A"},
		{"add about a linked user updates", linked, core.Add, core.Updated, "Bea [subscriber customer]", "A"},
		{"update without a user does nothing to the site", nobody, core.Update, core.NoUser, "", "A"},
		{"update about a user with that e-mail updates", found, core.Update, core.Updated, "Bea [subscriber customer]", "A"},
		{"update about a linked user updates", linked, core.Update, core.Updated, "Bea [subscriber customer]", "A"},
		{"update_tags without a user does nothing to the site", nobody, core.UpdateTags, core.NoUser, "", "A"},
		{"update_tags writes no fields and no role", found, core.UpdateTags, core.Unchanged, "Ann [subscriber]", "A"},
		{"update_tags about a linked user keeps the tags", linked, core.UpdateTags, core.Unchanged, "Ann [subscriber]", "A"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t).with(test.site)
			got := w.run(says(1, test.action, all...))
			if got.problem != nil || got.change.Outcome != test.outcome {
				t.Errorf("outcome %s, problem %v", got.change.Outcome, got.problem)
			}
			user := ""
			for _, u := range w.site.users {
				user += fmt.Sprintf("%s %v", u.Fields["first_name"], u.Roles)
			}
			if user != test.user {
				t.Errorf("user %q, want %q", user, test.user)
			}
			if tags := strings.Join(w.link.Tags, " "); tags != test.tags {
				t.Errorf("tags %q, want %q", tags, test.tags)
			}
		})
	}
}

func TestANewUser(t *testing.T) {
	tests := []struct {
		name  string
		parts []part
		want  core.NewUser
	}{
		{"is called by the e-mail", []part{email(ann)}, core.NewUser{Login: ann, Email: ann}},
		{"is called as the mapped user_login says", []part{email(ann), field("login", "ann")}, core.NewUser{Login: "ann", Email: ann}},
		{"gets the mapped password", []part{email(ann), field("password", "s3cret")}, core.NewUser{Login: ann, Email: ann, Password: core.NewSecret("s3cret")}},
		{
			"gets non-empty fields only",
			[]part{email(ann), field("first_name", "Ann"), field("last_name", "  ")},
			core.NewUser{Login: ann, Email: ann, Fields: core.Fields{"first_name": "Ann"}},
		},
		{"gets the role asked for", []part{email(ann), role("customer")}, core.NewUser{Login: ann, Email: ann, Roles: []string{"customer"}}},
		{
			"gets the mapped role rather than the URL's",
			[]part{email(ann), role("customer"), field("level", "subscriber")},
			core.NewUser{Login: ann, Email: ann, Roles: []string{"subscriber"}},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := newWorld(t).run(says(1, core.Add, test.parts...)).change
			if got.Create == nil || got.Outcome != core.Created {
				t.Fatalf("%+v makes no user", got)
			}
			if g, w := tellUser(*got.Create), tellUser(test.want); g != w {
				t.Errorf("got %s, want %s", g, w)
			}
		})
	}
}

func tellUser(u core.NewUser) string {
	return fmt.Sprintf("%s %s %q %q %q", u.Login, u.Email, u.Password.Reveal(), map[string]string(u.Fields), u.Roles)
}

func TestRequestsOfWaitingDeliveriesAreNotFoldedAway(t *testing.T) {
	t.Run("an add, an update and a tag make one user with the add's role", func(t *testing.T) {
		w := newWorld(t)
		got := w.run(says(1, core.Add, email(ann), role("customer")), says(2, core.Update, email(ann), field("first_name", "Ann")), says(3, core.UpdateTags, on("A")))
		if got.change.Outcome != core.Created || len(w.site.users) != 1 || !slices.Equal(w.user().Roles, []string{"customer"}) {
			t.Errorf("outcome %s, users %v", got.change.Outcome, w.site.users)
		}
	})
	t.Run("the last role named wins, also when it came before the add", func(t *testing.T) {
		w := newWorld(t)
		w.conn.AllowedRoles = []string{"vip", "member"}
		w.run(says(1, core.Update, email(ann), role("vip")), says(2, core.Update, role("Member")), says(3, core.Add))
		if got := w.user().Roles; !slices.Equal(got, []string{"member"}) {
			t.Errorf("roles %v", got)
		}
	})
	t.Run("a refused role does not hide the one named before", func(t *testing.T) {
		w := newWorld(t)
		got := w.run(says(1, core.Add, email(ann), role("customer")), says(2, core.Update, role("administrator")))
		if roles := w.user().Roles; !slices.Equal(roles, []string{"customer"}) || got.asks() != "role.powerful administrator" {
			t.Errorf("roles %v, asks %s", roles, got.asks())
		}
	})
	t.Run("what is refused twice is asked once", func(t *testing.T) {
		if got := newWorld(t).run(says(1, core.Add, email(ann), role("editor")), says(2, core.Update, role("editor"))); got.asks() != "role.powerful editor" || got.notes() != "" {
			t.Errorf("asks %s, notes %s", got.asks(), got.notes())
		}
	})
	t.Run("a role named through another connection is that one's affair", func(t *testing.T) {
		w := newWorld(t)
		w.conn.ID = "c2"
		w.run(says(1, core.Update, email(ann), role("customer")))
		w.conn.ID = "c1"
		if w.run(says(2, core.Add)); fmt.Sprint(w.user().Roles) != "[subscriber]" || len(w.link.Grants) != 1 {
			t.Errorf("roles %v, grants %+v", w.user().Roles, w.link.Grants)
		}
	})
	t.Run("one send_notification is enough", func(t *testing.T) {
		w := newWorld(t)
		got := w.run(says(1, core.Add, email(ann)), says(2, core.Update, welcome), says(3, core.Add))
		if w.link.Mail != core.MailUnsent || got.notes() != "mail.no_sender" {
			t.Errorf("mail %q, notes %s", w.link.Mail, got.notes())
		}
	})
}

func TestWhatNeverMakesAUser(t *testing.T) {
	tests := []struct {
		name    string
		waiting []usersync.Waiting
		outcome core.Outcome
		notes   string
		users   int
	}{
		{
			"an add for an event that takes away",
			[]usersync.Waiting{says(1, core.Add, email(ann), takesAway)},
			core.NoUser, "event.takes_away unassign_tag", 0,
		},
		{
			"an add for a deleted contact",
			[]usersync.Waiting{says(1, core.Add, email(ann), deleted)},
			core.NoUser, "contact.deleted", 0,
		},
		{
			"but they do not cancel another add",
			[]usersync.Waiting{says(1, core.Add, email(ann)), says(2, core.Add, takesAway), says(3, core.Add, deleted)},
			core.Created, "contact.deleted", 1,
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t)
			got := w.run(test.waiting...)
			if got.problem != nil || got.change.Outcome != test.outcome || got.notes() != test.notes || len(w.site.users) != test.users {
				t.Errorf("outcome %s, problem %v, notes %q, %d users", got.change.Outcome, got.problem, got.notes(), len(w.site.users))
			}
		})
	}
}

func TestAContactWithoutEMail(t *testing.T) {
	t.Run("is held when a user is asked for, and nothing it told is lost", func(t *testing.T) {
		w := newWorld(t)
		got := w.run(says(1, core.Add, field("first_name", "Ann"), on("A"), role("customer"), welcome))
		if got.problem == nil || got.problem.Code != "contact.no_email" || got.change.Outcome != core.NoUser || w.site.writes != 0 {
			t.Fatalf("outcome %s, problem %v", got.change.Outcome, got.problem)
		}
		got = w.run(says(2, core.UpdateTags, email(ann)))
		if u := w.user(); got.change.Outcome != core.Created || u.Fields["first_name"] != "Ann" || !slices.Equal(u.Roles, []string{"customer"}) {
			t.Errorf("outcome %s, user %v %q", got.change.Outcome, u, map[string]string(u.Fields))
		}
		if !slices.Equal(w.link.Tags, []string{"A"}) || w.link.Mail != core.MailUnsent {
			t.Errorf("link %+v", *w.link)
		}
	})
	t.Run("is no problem for an update", func(t *testing.T) {
		if got := newWorld(t).run(says(1, core.Update, field("first_name", "Ann"))); got.problem != nil || got.change.Outcome != core.NoUser {
			t.Errorf("outcome %s, problem %v", got.change.Outcome, got.problem)
		}
	})
}

func TestAContactWithoutAUserIsRemembered(t *testing.T) {
	w := newWorld(t)
	w.run(says(1, core.UpdateTags, on("A")))
	w.run(says(2, core.Update, field("first_name", "Ann"), field("password", "s3cret"), role("customer")))
	if got := fmt.Sprintf("%+v", *w.link); strings.Contains(got, "s3cret") || w.link.UserID != 0 {
		t.Fatalf("link %s", got)
	}
	w.run(says(3, core.Add, email(ann)))
	if u := w.user(); u.Fields["first_name"] != "Ann" || !slices.Equal(u.Roles, []string{"customer"}) || !slices.Equal(w.link.Tags, []string{"A"}) {
		t.Errorf("user %v, tags %v", u, w.link.Tags)
	}
}

func TestAContactNothingIsKnownOfLeavesNoTrace(t *testing.T) {
	w := newWorld(t)
	if got := w.run(says(1, core.UpdateTags)); got.change.Outcome != core.NoUser || w.link != nil {
		t.Errorf("outcome %s, link %+v", got.change.Outcome, w.link)
	}
}

func TestMessagesThatAskForNothing(t *testing.T) {
	note := core.NewNote("message.test", "")
	empty := usersync.Waiting{Seq: 1, Request: core.Request{Action: core.Add}, Notice: core.Notice{Ignored: &note}}
	t.Run("are ignored", func(t *testing.T) {
		w := newWorld(t)
		if got := w.run(empty); got.change.Outcome != core.Ignored || got.notes() != "message.test" || w.link != nil {
			t.Errorf("outcome %s, notes %s", got.change.Outcome, got.notes())
		}
	})
	t.Run("do not stop the others", func(t *testing.T) {
		if got := newWorld(t).run(empty, says(2, core.Add, email(ann))); got.change.Outcome != core.Created || got.notes() != "message.test" {
			t.Errorf("outcome %s, notes %s", got.change.Outcome, got.notes())
		}
	})
}

func TestWorkInterruptedAfterTheCreateIsFinished(t *testing.T) {
	conn := newWorld(t).conn
	conn.TagRules = []core.TagRule{{Tag: "A", Role: "member"}}
	add := []usersync.Waiting{says(1, core.Add, email(ann), field("first_name", "Ann"), role("customer"), on("A"), welcome)}
	job := usersync.Fold(conn, "kartra", map[string]string{"first_name": "first_name"}, nil, add)
	user := core.User{ID: 5, Login: ann, Email: ann, Fields: core.Fields{"first_name": "Ann"}, Roles: []string{"customer"}}
	decision, problem := usersync.Plan(conn, job, usersync.Facts{User: &user, Finished: true})
	change := decision.Change
	if problem != nil || change.Create != nil || change.Outcome != core.Created || !slices.Equal(change.Patch.Roles, []string{"customer", "member"}) {
		t.Errorf("problem %v, change %+v", problem, change)
	}
	link := decision.Settle(user)
	if !link.CreatedByUs || link.Mail != core.MailUnsent || (result{change, nil}).notes() != "user.finished" {
		t.Errorf("link %+v, notes %v", *link, change.Notes)
	}
	if notes := decision.MailNotes(); len(notes) != 1 || notes[0].Code != "mail.no_sender" {
		t.Errorf("notes about the mail: %v", notes)
	}
	for _, g := range link.Grants {
		if !g.Given {
			t.Errorf("grant %+v is not ours", g)
		}
	}
	if got := decision.Gives(); !slices.Equal(got, []string{"member"}) {
		t.Errorf("gives %v", got)
	}
	t.Run("even when the site's default role turns out powerful", func(t *testing.T) {
		user.Roles = []string{"administrator"}
		decision, _ := usersync.Plan(conn, job, usersync.Facts{User: &user, Finished: true})
		if patch := decision.Check(user); decision.Change.Outcome != core.Created || patch == nil || len(patch.Roles) != 0 {
			t.Errorf("outcome %s, patch %v", decision.Change.Outcome, patch)
		}
	})
}

func TestWelcomeMail(t *testing.T) {
	t.Run("is not for a user who was there", func(t *testing.T) {
		w := newWorld(t).has(ann, "subscriber")
		got := w.run(says(1, core.Add, email(ann), welcome))
		if got.notes() != "user.adopted, mail.not_new" || w.link.Mail != core.MailNone || w.link.CreatedByUs {
			t.Errorf("notes %s, link %+v", got.notes(), *w.link)
		}
	})
	t.Run("is not asked for twice", func(t *testing.T) {
		w := newWorld(t)
		w.run(says(1, core.Add, email(ann), welcome))
		got := w.run(says(2, core.Add, email(ann), welcome))
		if got.notes() != "mail.not_new" || w.link.Mail != core.MailUnsent {
			t.Errorf("notes %s, mail %s", got.notes(), w.link.Mail)
		}
	})
}

func TestPlanNamesWhatChanges(t *testing.T) {
	t.Run("of a new user, the password as set", func(t *testing.T) {
		got := newWorld(t).run(says(1, core.Add, email(ann), field("first_name", "Ann"), field("password", "s3cret"), role("customer")))
		want := "[{user_login  ann@example.test} {email  ann@example.test} {user_pass  set} {first_name  Ann} {roles  customer}]"
		if fields := fmt.Sprint(got.change.Fields); fields != want {
			t.Errorf("got %s", fields)
		}
	})
	t.Run("of a user found, old and new", func(t *testing.T) {
		got := newWorld(t).has(ann, "subscriber").run(says(1, core.Add, email(ann), field("first_name", "Bea"), role("customer")))
		want := "[{first_name Ann Bea} {roles subscriber subscriber, customer}]"
		if fields := fmt.Sprint(got.change.Fields); fields != want || got.change.UserID != 1 {
			t.Errorf("got %s of user %d", fields, got.change.UserID)
		}
	})
	t.Run("nothing, where nothing differs", func(t *testing.T) {
		w := newWorld(t).has(ann, "subscriber")
		got := w.run(says(1, core.Add, email(ann), field("first_name", "Ann")))
		if len(got.change.Fields) != 0 || !got.change.Patch.Empty() || got.change.Outcome != core.Unchanged || w.site.writes != 0 {
			t.Errorf("change %+v", got.change)
		}
	})
}
