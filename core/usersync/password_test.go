package usersync_test

import (
	"fmt"
	"strings"
	"testing"

	"usher/core"
	"usher/core/usersync"
)

// The site's password is "own" until Usher writes another.
func TestPasswordsTheCRMChanges(t *testing.T) {
	tells := func(seq uint64, password string) usersync.Waiting {
		return says(seq, core.Update, email(ann), field("password", password))
	}
	written := func(password string) *core.PasswordMark {
		mark := markOf(password)
		mark.Written = true
		return mark
	}
	none := &core.PasswordMark{Written: true}
	tests := []struct {
		name   string
		before *core.PasswordMark
		told   []string
		want   string // the site's password
		mark   string // what is remembered; "!" in front when Usher wrote it
	}{
		{"the first one told is remembered, not written", nil, []string{"one"}, "own", "one"},
		{"also when it is told twice", nil, []string{"one", "one"}, "own", "one"},
		{"another one is written", nil, []string{"one", "two"}, "two", "!two"},
		{"also the first again, after another", nil, []string{"one", "two", "one"}, "one", "!one"},
		{"the same one is not", markOf("one"), []string{"one"}, "own", "one"},
		{"another than remembered is", markOf("one"), []string{"two"}, "two", "!two"},
		{"and the one before it again", markOf("one"), []string{"two", "one"}, "one", "!one"},
		{"the one written is not written again", written("one"), []string{"one"}, "own", "!one"},
		{"nor after another that waited with it", written("one"), []string{"two", "one"}, "own", "!one"},
		{"another than written is", written("one"), []string{"two"}, "two", "!two"},
		{"one is, where there was none when the user was made", none, []string{"one"}, "one", "!one"},
		{"an empty one changes nothing", written("one"), []string{""}, "own", "!one"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t).has(ann, "subscriber").linked(func(l *core.Link) { l.Password = test.before })
			w.conn.ChangePasswords = true
			w.site.setPassword(1, "own")
			var waiting []usersync.Waiting
			for i, password := range test.told {
				waiting = append(waiting, tells(uint64(i+1), password))
			}
			got := w.run(waiting...)
			if w.site.passwords[1] != test.want || w.tellMark() != test.mark {
				t.Errorf("password %s, remembers %s", w.site.passwords[1], w.tellMark())
			}
			fields, outcome := "[]", core.Unchanged
			if test.want != "own" {
				fields, outcome = "[{user_pass  set}]", core.Updated
			}
			if text := fmt.Sprint(got.change.Fields); text != fields || got.change.Outcome != outcome {
				t.Errorf("%s: %s", got.change.Outcome, text)
			}
		})
	}
	t.Run("of a user found by e-mail count from the next one on", func(t *testing.T) {
		w := newWorld(t).has(ann, "subscriber")
		w.conn.ChangePasswords = true
		if w.run(tells(1, "one")); w.site.writes != 0 {
			t.Error("written at first sight")
		}
		if w.run(tells(2, "two")); w.site.passwords[1] != "two" {
			t.Errorf("then %s", w.site.passwords[1])
		}
	})
	t.Run("are written only where the owner chose that, and forgotten else", func(t *testing.T) {
		w := newWorld(t).has(ann, "subscriber").linked(func(l *core.Link) { l.Password = markOf("one") })
		if w.run(tells(1, "two")); w.site.writes != 0 || w.link.Password != nil {
			t.Errorf("%d writes, remembers %s", w.site.writes, w.tellMark())
		}
	})
	t.Run("are not those of protected users", func(t *testing.T) {
		w := newWorld(t).has(ann, "editor").linked(func(l *core.Link) { l.Password = markOf("one") })
		w.conn.ChangePasswords = true
		if got := w.run(tells(1, "two")); got.change.Outcome != core.Protected || w.site.writes != 0 || w.tellMark() != "one" {
			t.Errorf("%s, %d writes, remembers %s", got.change.Outcome, w.site.writes, w.tellMark())
		}
	})
	t.Run("are not in what is overtaken", func(t *testing.T) {
		w := newWorld(t).has(ann, "subscriber").linked(func(l *core.Link) { l.Password, l.StateSeq = markOf("one"), 5 })
		w.conn.ChangePasswords = true
		if w.run(tells(4, "old")); w.site.writes != 0 || w.tellMark() != "one" {
			t.Errorf("%d writes, remembers %s", w.site.writes, w.tellMark())
		}
	})
	t.Run("are not told by update_tags, nor by the field that receives them", func(t *testing.T) {
		w := newWorld(t).has(ann, "subscriber").linked(func(l *core.Link) { l.Password = markOf("one") })
		w.conn.ChangePasswords = true
		w.run(says(1, core.UpdateTags, field("password", "two")))
		w.conn.ReturnPasswordField = "password"
		if w.run(tells(2, "two")); w.site.writes != 0 || w.tellMark() != "one" {
			t.Errorf("%d writes, remembers %s", w.site.writes, w.tellMark())
		}
	})
	t.Run("are written once, however often the work is tried", func(t *testing.T) {
		w := newWorld(t).has(ann, "subscriber").linked(func(l *core.Link) { l.Password = markOf("one") })
		w.conn.ChangePasswords = true
		w.run(says(1, core.Update, email("new@example.test"), field("password", "two")))
		if writes := w.site.writes; writes != 1 || w.site.passwords[1] != "two" {
			t.Fatalf("%d writes, password %s", writes, w.site.passwords[1])
		}
		if w.run(says(2, core.UpdateTags)); w.site.writes != 1 {
			t.Error("written again")
		}
	})
}

func TestPasswordsOfNewUsers(t *testing.T) {
	made := func(t *testing.T, waiting ...usersync.Waiting) *world {
		w := newWorld(t)
		w.conn.ChangePasswords = true
		w.run(waiting...)
		return w
	}
	t.Run("are the newest told", func(t *testing.T) {
		w := made(t, says(1, core.Add, email(ann), field("password", "one")), says(2, core.Update, field("password", "two")))
		if w.site.passwords[1] != "two" || w.tellMark() != "!two" || w.site.writes != 1 {
			t.Errorf("password %s, remembers %s, %d writes", w.site.passwords[1], w.tellMark(), w.site.writes)
		}
	})
	t.Run("are replaced by the first one told later", func(t *testing.T) {
		w := made(t, says(1, core.Add, email(ann)))
		if w.site.passwords[1] != generated || w.tellMark() != "!" {
			t.Fatalf("password %s, remembers %s", w.site.passwords[1], w.tellMark())
		}
		if w.run(says(2, core.Update, field("password", "one"))); w.site.passwords[1] != "one" {
			t.Errorf("then %s", w.site.passwords[1])
		}
	})
	for name, test := range map[string]struct{ with, told, want string }{
		"the one told by now":     {"one", "two", "two"},
		"not the same one again":  {"one", "one", ""},
		"none in place of random": {generated, "", ""},
		"one in place of random":  {generated, "one", "one"},
	} {
		t.Run("made before an interruption get "+name, func(t *testing.T) {
			conn := newWorld(t).conn
			conn.ChangePasswords = true
			job := usersync.Fold(conn, "kartra", map[string]string{"password": "user_pass"}, nil, []usersync.Waiting{says(1, core.Add, email(ann), field("password", test.told))})
			user := core.User{ID: 5, Login: ann, Email: ann, Roles: []string{"subscriber"}}
			facts := usersync.Facts{User: &user, Finished: true, MadeWith: core.NewSecret(test.with)}
			if test.told != "" {
				facts.Password = markOf(test.told)
			}
			decision, _ := usersync.Plan(conn, job, facts)
			if got := decision.Change.Patch.Password.Reveal(); got != test.want || decision.Change.Outcome != core.Created {
				t.Errorf("password %q, %s", got, decision.Change.Outcome)
			}
			if fields := fmt.Sprint(decision.Change.Fields); strings.Contains(fields, "user_pass") != (test.want != "") {
				t.Errorf("tells of %s", fields)
			}
			if mark := decision.Settle(user).Password; mark == nil || !mark.Written || (test.told != "") != (len(mark.Digest) > 0) {
				t.Errorf("remembers %+v", mark)
			}
		})
	}
}

// tellMark is the password that is remembered, with "!" in front where Usher wrote it.
func (w *world) tellMark() string {
	mark := w.link.Password
	if mark == nil {
		return "nothing"
	}
	password := ""
	if len(mark.Digest) > 0 {
		password = string(mark.Digest)[len("digest of "):]
	}
	if mark.Written {
		return "!" + password
	}
	return password
}
