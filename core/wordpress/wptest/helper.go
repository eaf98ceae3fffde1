package wptest

import (
	"fmt"
	"reflect"
	"slices"
	"testing"

	"usher/core"
)

// What only the helper can do.

func (w writer) marks(t *testing.T) {
	contact := fresh()
	write := making(newUser(fresh()))
	write.Meta = map[string]string{"phone": "+49 1 < 2 & 3", "empty": ""}
	write.Mark = &core.Mark{CRM: "kartra", ContactID: contact, Tags: []string{"VIP", "Zoë's <b>"}}
	made := w.one(t, write)
	query := core.UserQuery{ID: made.User.ID, Mark: core.Mark{CRM: "kartra"}, Meta: []string{"phone", "empty", "missing", "phone", "session_tokens", "_x", "a b"}}
	read := w.look(t, query)
	for _, user := range []core.User{made.User, *read} {
		if len(user.Meta) != 2 || user.Meta["phone"] != write.Meta["phone"] || !reflect.DeepEqual(user.Mark, write.Mark) {
			t.Errorf("got %q, %+v", user.Meta, user.Mark)
		}
	}
	byContact := core.Mark{CRM: "kartra", ContactID: contact}
	for _, query := range []core.UserQuery{{Mark: byContact}, {Mark: byContact, Email: fresh() + "@example.test"}, {Mark: byContact, Email: "no address"}} {
		if got := w.look(t, query); got.ID != made.User.ID {
			t.Errorf("%+v: got user %d, want %d", query, got.ID, made.User.ID)
		}
	}
	if got := w.look(t, core.UserQuery{Email: made.User.Email, Mark: core.Mark{CRM: "kartra", ContactID: fresh()}}); got.ID != made.User.ID {
		t.Errorf("by e-mail, the contact being unknown: got user %d", got.ID)
	}

	for name, mark := range map[string]core.Mark{
		"nothing":      {CRM: "kartra"},
		"the tags":     {CRM: "kartra", Tags: write.Mark.Tags},
		"the id again": {CRM: "kartra", ContactID: contact},
	} {
		write := changing(read, core.UserPatch{})
		write.Mark = &mark
		w.one(t, write)
		if got := w.look(t, query); !reflect.DeepEqual(got.Mark, read.Mark) {
			t.Errorf("a mark that says %s: %+v", name, got.Mark)
		}
	}
	write = changing(read, core.UserPatch{})
	write.Mark = &core.Mark{CRM: "kartra", Tags: []string{}}
	bare := w.one(t, write).User
	if now := w.look(t, query); now.Mark.ContactID != contact || len(now.Mark.Tags) != 0 || bare.Meta["phone"] != write.Before.Meta["phone"] {
		t.Errorf("tags taken away: %+v, %q", now.Mark, bare.Meta)
	}
	again := changing(&bare, core.UserPatch{Fields: core.Fields{"first_name": "Joan"}})
	again.Meta = map[string]string{"phone": "2"}
	if got := w.one(t, again).User; got.Meta["phone"] != "2" || got.Fields["first_name"] != "Joan" {
		t.Errorf("written to what was just written: %+v", got)
	}
	// What was not looked at cannot be expected; whose id it was still is.
	unseen := changing(&bare, core.UserPatch{})
	unseen.Meta = map[string]string{"colour": "red"}
	if got := w.one(t, unseen).User; got.Meta["colour"] != "red" {
		t.Errorf("not looked at before: %+v", got)
	}
	for _, meta := range []map[string]string{{"wp_capabilities": "x", "phone": "3"}, {"_secret": "x"}, {"a b": "x"}} {
		spoilt := changing(&bare, core.UserPatch{})
		spoilt.Meta = meta
		problem := core.AsProblem(w.write(t, spoilt)[0].Err)
		if _, named := meta[problem.Detail]; problem.Code != "user.refused" || !named || problem.Detail == "phone" {
			t.Errorf("%v: got %v", meta, problem)
		}
	}
}

func (w writer) changed(t *testing.T) {
	made := w.one(t, making(newUser(fresh()))).User
	query := core.UserQuery{ID: made.ID, Mark: core.Mark{CRM: "kartra"}, Meta: []string{"phone", "size"}}
	before := w.look(t, query)
	edit := changing(before, core.UserPatch{})
	edit.Meta = map[string]string{"size": "L"}
	w.one(t, edit)

	stale := changing(before, core.UserPatch{Fields: core.Fields{"first_name": "Joan"}})
	got := w.write(t, stale)[0]
	if wantProblem(t, got.Err, "user.changed"); got.User.ID != made.ID || got.User.Meta["size"] != "L" || got.User.Fields["first_name"] != "" {
		t.Errorf("shown: %+v", got.User)
	}
	replanned := changing(&got.User, stale.Patch)
	if got := w.one(t, replanned).User; got.Fields["first_name"] != "Joan" {
		t.Errorf("planned anew: %+v", got)
	}
	other := *before
	other.Login, other.State = "somebody", ""
	got = w.write(t, changing(&other, stale.Patch))[0]
	if wantProblem(t, got.Err, "user.changed"); got.User.ID != 0 {
		t.Errorf("another user: %+v", got.User)
	}
	twin := newUser(fresh())
	twin.Email = made.Email
	got = w.write(t, making(twin))[0]
	if wantProblem(t, got.Err, "user.changed"); got.User.ID != made.ID || got.Made {
		t.Errorf("there already: %+v", got)
	}
}

func (w writer) once(t *testing.T) {
	mails := w.mails(t)
	write := making(newUser(fresh()))
	write.Mail, write.Meta = true, map[string]string{"phone": "1"}
	first := w.one(t, write)
	for i, again := range w.write(t, write, making(newUser(fresh())), write) {
		if again.Err != nil || i != 1 && !reflect.DeepEqual(again, first) {
			t.Errorf("again: %+v, first: %+v", again, first)
		}
	}
	// Planned once more after a crash, with what the CRM has learnt since.
	later := write
	later.Meta, later.Mark = map[string]string{"phone": "1", "city": "Bonn"}, &core.Mark{CRM: "kartra", ContactID: "9", Tags: []string{"VIP"}}
	again := w.one(t, later)
	if _, told := again.User.Meta["city"]; again.User.ID != first.User.ID || !again.Made || again.Mail != first.Mail || told || again.User.Meta["phone"] != "1" || again.User.Mark == nil || again.User.State == "" {
		t.Errorf("again with more to write: %+v, first: %+v", again, first)
	}
	if sent := w.mails(t) - mails; w.Mails != nil && sent != 1 {
		t.Errorf("%d mails, want 1", sent)
	}
	w.one(t, changing(&again.User, core.UserPatch{Roles: []string{"editor"}}))
	now := w.write(t, later)[0]
	if wantProblem(t, now.Err, "user.changed"); now.User.ID != first.User.ID || !now.User.Protected {
		t.Errorf("again with power: %+v", now)
	}
}

func (w writer) protected(t *testing.T) {
	login := fresh()
	w.addUser(t, login, "editor")
	found := w.find(t, core.UserQuery{Email: login + "@example.test"}, core.UserQuery{Email: fresh() + "@example.test"})
	boss := found[0].User
	if !found[0].OK || !boss.Protected || boss.Login != login || !boss.Caps["edit_others_posts"] || found[1].OK {
		t.Fatalf("found %+v", found)
	}
	write := changing(&boss, core.UserPatch{Fields: core.Fields{"first_name": "X"}})
	plain := making(newUser(fresh()))
	taken := newUser(fresh())
	taken.Email = boss.Email
	got := w.write(t, write, plain, making(taken))
	for _, i := range []int{0, 2} {
		if wantProblem(t, got[i].Err, "user.changed"); !got[i].User.Protected || got[i].User.Login != login || !slices.Contains(got[i].User.Roles, "editor") {
			t.Errorf("refused: %+v", got[i])
		}
	}
	if got[1].Err != nil {
		t.Errorf("beside it: %v", got[1].Err)
	}
	if now := w.look(t, core.UserQuery{ID: boss.ID}); now.Fields["first_name"] != "" {
		t.Error(fmt.Sprint("written: ", now.Fields))
	}
}
