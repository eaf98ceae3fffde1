package wptest

import (
	"slices"
	"strings"
	"testing"

	"usher/core"
	"usher/core/wordpress"
)

// writer is one way to write users, to which all are held alike. They differ, and may, in
// what only the helper can do, and in this: with the helper a user who is no longer as
// planned is not written.
type writer struct {
	*suite
	client *wordpress.Client
	helper bool
	single bool // every write by itself
}

// writers tests each way the site offers. The helper comes last: it stays.
func (s *suite) writers(t *testing.T) {
	t.Run("single", func(t *testing.T) { writer{suite: s, client: s.client(t).Client, single: true}.test(t) })
	t.Run("batch", func(t *testing.T) { writer{suite: s, client: s.client(t).Client}.test(t) })
	if s.InstallHelper == nil {
		return
	}
	t.Run("helper", func(t *testing.T) {
		s.InstallHelper(t)
		writer{suite: s, client: s.client(t).Client, helper: true}.test(t)
	})
}

func (w writer) test(t *testing.T) {
	t.Run("says what the site can do", w.offers)
	t.Run("makes and changes many", w.makesAndChanges)
	t.Run("gives and takes roles", w.roles)
	t.Run("notices who is gone", w.gone)
	t.Run("gives a powerful role a person chose", w.powerful)
	t.Run("sends mail where it can", w.mail)
	if w.Network {
		t.Run("knows who is on another site of the network", w.elsewhere)
	}
	if !w.single { // one by one, "create" and "find" have shown it
		t.Run("lets what is refused spoil nothing else", w.refuses)
		t.Run("finds many", w.finds)
	}
	if w.helper {
		t.Run("keeps meta and marks", w.marks)
		t.Run("notices a user who changed", w.changed)
		t.Run("does an op once", w.once)
		t.Run("leaves protected users alone", w.protected)
	}
}

// write sends the writes and returns what became of them.
func (w writer) write(t *testing.T, writes ...core.UserWrite) []core.Written {
	t.Helper()
	var written []core.Written
	size := len(writes)
	if w.single {
		size = 1
	}
	for some := range slices.Chunk(writes, size) {
		got := w.client.Write(t.Context(), some)
		if len(got) != len(some) {
			t.Fatalf("%d answers to %d writes", len(got), len(some))
		}
		written = append(written, got...)
	}
	return written
}

// one sends a write that must succeed.
func (w writer) one(t *testing.T, write core.UserWrite) core.Written {
	t.Helper()
	got := w.write(t, write)[0]
	if got.Err != nil {
		t.Fatal(got.Err)
	}
	return got
}

func (w writer) find(t *testing.T, queries ...core.UserQuery) []core.Found {
	t.Helper()
	found, err := w.client.Find(t.Context(), queries)
	if err != nil || len(found) != len(queries) {
		t.Fatalf("%d answers to %d queries, %v", len(found), len(queries), err)
	}
	return found
}

// look finds a user who must be there.
func (w writer) look(t *testing.T, query core.UserQuery) *core.User {
	t.Helper()
	found := w.find(t, query)[0]
	if !found.OK {
		t.Fatalf("nobody is found by %d, %q", query.ID, query.Email)
	}
	return &found.User
}

func byID(id int64) core.UserQuery          { return core.UserQuery{ID: id} }
func byEmail(address string) core.UserQuery { return core.UserQuery{Email: address} }

func making(user core.NewUser) core.UserWrite {
	return core.UserWrite{Op: fresh(), Create: &user}
}

func changing(before *core.User, patch core.UserPatch) core.UserWrite {
	return core.UserWrite{Op: fresh(), Before: before, Patch: patch}
}

// sameSet compares lists whose order means nothing.
func sameSet(a, b []string) bool {
	return slices.Equal(slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b)))
}

func (w writer) offers(t *testing.T) {
	offer, err := w.client.Offer(t.Context())
	if err != nil || offer.Helper != w.helper {
		t.Fatalf("got %+v, %v", offer, err)
	}
	if !w.helper {
		if offer.Version != "" || offer.Identity != "" || offer.Roles != nil || offer.DefaultRole != "" || offer.Most < 1 || offer.Most > 25 {
			t.Errorf("got %+v", offer)
		}
		return
	}
	if offer.Version == "" || offer.Identity == "" || offer.DefaultRole != "subscriber" || offer.Most != 50 {
		t.Errorf("got identity %q, default role %q, most %d", offer.Identity, offer.DefaultRole, offer.Most)
	}
	editor := offer.Roles["editor"]
	if editor.Name != "Editor" || !editor.Caps["edit_others_posts"] || editor.Caps["manage_options"] || !offer.Roles["administrator"].Caps["manage_options"] {
		t.Errorf("got editor %+v", editor)
	}
}

func (w writer) makesAndChanges(t *testing.T) {
	mails := w.mails(t)
	var writes []core.UserWrite
	for range 5 {
		user := newUser(fresh())
		user.Roles = []string{"author", "contributor"}
		user.Fields = core.Fields{
			"first_name": "Zoë & Tom's", "last_name": `O'Neil <3 \ Co`, "nickname": `"Zo"`, "description": "one\ntwo & three",
			"url": "https://example.test/?a=1&b=2", "locale": "en_US",
		}
		writes = append(writes, making(user))
	}
	made := w.write(t, writes...)
	var changes []core.UserWrite
	for i, got := range made {
		want := writes[i].Create
		if got.Err != nil || !got.Made || got.Left || got.Mail != core.MailNone {
			t.Fatalf("made: %+v", got)
		}
		w.sameUser(t, got.User, *want)
		w.sameUser(t, *w.look(t, core.UserQuery{ID: got.User.ID}), *want)
		patch := core.UserPatch{Fields: core.Fields{"first_name": "Joan", "email": "new" + want.Email}}
		changes = append(changes, changing(w.look(t, core.UserQuery{Email: want.Email}), patch))
	}
	for i, got := range w.write(t, changes...) {
		user := *writes[i].Create
		user.Email = "new" + user.Email
		user.Fields["first_name"] = "Joan"
		if got.Err != nil || got.Made || got.User.ID != made[i].User.ID || got.User.Fields["name"] != made[i].User.Fields["name"] {
			t.Fatalf("changed: %+v", got)
		}
		w.sameUser(t, got.User, user)
		w.sameUser(t, *w.look(t, core.UserQuery{ID: got.User.ID}), user)
	}
	if sent, want := w.mails(t)-mails, len(changes)+len(made)*w.mailsAtCreate(); w.Mails != nil && sent != want {
		t.Errorf("%d mails were sent, want %d: a notice for each address", sent, want)
	}
	mails = w.mails(t)
	renewed := changing(w.look(t, byID(made[0].User.ID)), core.UserPatch{Fields: core.Fields{"first_name": "Jo"}, Password: core.NewSecret(fresh())})
	if got := w.one(t, renewed); got.User.Fields["first_name"] != "Jo" || got.User.ID != made[0].User.ID {
		t.Errorf("with a new password: %+v", got)
	}
	if sent := w.mails(t) - mails; w.Mails != nil && sent != 1 {
		t.Errorf("%d mails were sent, want a notice of the new password", sent)
	}
	nothing := changing(&made[0].User, core.UserPatch{})
	if got := w.one(t, nothing); got.User.ID != made[0].User.ID || got.Made {
		t.Errorf("nothing to write: %+v", got)
	}
	wantProblem(t, w.write(t, core.UserWrite{Op: fresh()})[0].Err, "app.internal")
}

func (w writer) sameUser(t *testing.T, got core.User, want core.NewUser) {
	t.Helper()
	if got.ID == 0 || got.Login != want.Login || got.Email != want.Email || !sameSet(got.Roles, want.Roles) {
		t.Errorf("got user %d, %s, %s, roles %v", got.ID, got.Login, got.Email, got.Roles)
	}
	for name, value := range want.Fields {
		if name != "locale" && got.Fields[name] != value { // the site's own language is shown as the language or as ""
			t.Errorf("%s: got %q, want %q", name, got.Fields[name], value)
		}
	}
}

func (w writer) roles(t *testing.T) {
	user := newUser(fresh())
	got := w.one(t, making(user)).User
	if want := w.defaultRoles(); !sameSet(got.Roles, want) {
		t.Errorf("by default: %v, want %v", got.Roles, want)
	}
	user = newUser(fresh())
	user.Roles = []string{}
	if got := w.one(t, making(user)).User; len(got.Roles) != 0 {
		t.Errorf("none: got %v", got.Roles)
	}
	for _, roles := range [][]string{{"author", "contributor"}, {"subscriber"}, {}, {"author"}} {
		got = w.one(t, changing(&got, core.UserPatch{Roles: roles})).User
		if !sameSet(got.Roles, roles) {
			t.Errorf("got %v, want %v", got.Roles, roles)
		}
	}
	for _, roles := range [][]string{{"no_such_role"}, {"author", "no_such_role"}} {
		write := changing(&got, core.UserPatch{Fields: core.Fields{"first_name": "X"}, Roles: roles})
		problem := core.AsProblem(w.write(t, write)[0].Err)
		if problem.Code != "user.role_unknown" || problem.Detail != "no_such_role" {
			t.Errorf("%v: got %v", roles, problem)
		}
	}
	if now := w.look(t, core.UserQuery{ID: got.ID}); now.Fields["first_name"] != "" || !sameSet(now.Roles, []string{"author"}) {
		t.Errorf("afterwards: %q, %v", now.Fields["first_name"], now.Roles)
	}
}

func (w writer) mailsAtCreate() int {
	if w.helper {
		return 0
	}
	return w.suite.mailsAtCreate()
}

// defaultRoles of a user made without. On a network WordPress itself gives none.
func (w writer) defaultRoles() []string {
	if w.Network && !w.helper {
		return nil
	}
	return []string{"subscriber"}
}

func (w writer) refuses(t *testing.T) {
	taken := newUser(fresh())
	w.one(t, making(taken))
	tests := append(refusals(), refusal{
		"an address that is taken", func(u *core.NewUser) { u.Email = strings.ToUpper(taken.Email) }, w.emailTaken(), "",
	}, refusal{
		"a login that is taken", func(u *core.NewUser) { u.Login = taken.Login }, "user.login_taken", "",
	})
	var writes []core.UserWrite
	for _, test := range tests {
		spoilt, good := newUser(fresh()), newUser(fresh())
		test.spoil(&spoilt)
		writes = append(writes, making(spoilt), making(good))
	}
	for i, got := range w.write(t, writes...) {
		if i%2 == 1 {
			if got.Err != nil || !got.Made {
				t.Errorf("beside %s: %+v", tests[i/2].name, got)
			}
			continue
		}
		test := tests[i/2]
		if test.name == "an address that is taken" && w.helper {
			// It looks first, and shows who has it.
			if !core.HasCode(got.Err, "user.changed") || got.User.Email != taken.Email {
				t.Errorf("%s: got %v, %+v", test.name, got.Err, got.User)
			}
			continue
		}
		problem := core.AsProblem(got.Err)
		if problem.Code != test.code || problem.Detail != test.detail || got.Made || got.User.ID != 0 {
			t.Errorf("%s: got %v (%q), want %s %q", test.name, got.Err, problem.Detail, test.code, test.detail)
		}
	}
	longest := newUser(fresh())
	longest.Email = longest.Login + strings.Repeat("x", 100-len(longest.Login)-len("@example.test")) + "@example.test"
	longest.Login += strings.Repeat("x", 60-len(longest.Login))
	longest.Fields = core.Fields{"name": strings.Repeat("é", 250)}
	w.sameUser(t, w.one(t, making(longest)).User, core.NewUser{
		Login: longest.Login, Email: longest.Email, Fields: longest.Fields, Roles: w.defaultRoles(),
	})
	user := w.one(t, making(newUser(fresh()))).User
	write := changing(&user, core.UserPatch{Fields: core.Fields{"email": strings.ToUpper(taken.Email)}})
	wantProblem(t, w.write(t, write)[0].Err, "user.email_taken")
}

func (w writer) finds(t *testing.T) {
	word := fresh()
	var people []core.User
	for i, email := range []string{"ann@" + word + ".test", "ann@" + word + ".test.au", "ann+shop@" + word + ".test", "o'ann@" + word + ".test"} {
		user := newUser(word + string(rune('a'+i)))
		user.Email = email
		people = append(people, w.one(t, making(user)).User)
	}
	gone := w.one(t, making(newUser(fresh()))).User
	w.delete(t, gone.ID)
	var queries []core.UserQuery
	var want []int64
	for _, p := range people {
		queries = append(queries, byID(p.ID), byEmail(p.Email), byEmail(strings.ToUpper(p.Email)))
		want = append(want, p.ID, p.ID, p.ID)
	}
	for _, q := range []core.UserQuery{
		{},
		{ID: -1},
		{ID: gone.ID},
		{ID: 999999999},
		{Email: gone.Email},
		{Email: "ann@" + word + ".tes"},
		{Email: "nn@" + word + ".test"},
		{Email: "ann shop@" + word + ".test"},
		{Email: "ann%shop@" + word + ".test"},
		{Email: "*@" + word + ".test"},
		{Email: "x@exa_mple.test"},
		{ID: gone.ID, Email: people[0].Email}, // an id is meant
		{Mark: core.Mark{CRM: "kartra", ContactID: fresh()}},
	} {
		queries, want = append(queries, q), append(want, 0)
	}
	for i, got := range w.find(t, queries...) {
		if got.OK != (want[i] != 0) || got.User.ID != want[i] {
			t.Errorf("%+v: got user %d, %v; want %d", queries[i], got.User.ID, got.OK, want[i])
		}
	}
	if found, err := w.client.Find(t.Context(), nil); err != nil || len(found) != 0 {
		t.Errorf("nobody asked for: %v, %v", found, err)
	}
	full := w.look(t, core.UserQuery{ID: people[0].ID, Full: true})
	if age := w.client.Clock().Sub(full.Registered).Minutes(); age < -1 || age > 5 || !full.Caps["read"] && !w.Network {
		t.Errorf("in full: registered %v, may %v", full.Registered, full.Caps)
	}
	if told := full.State != ""; told != w.helper {
		t.Errorf("in full: the state is %q", full.State)
	}
}

func (w writer) gone(t *testing.T) {
	made := w.one(t, making(newUser(fresh()))).User
	before := w.look(t, core.UserQuery{ID: made.ID})
	w.delete(t, made.ID)
	patch := core.UserPatch{Fields: core.Fields{"first_name": "Joan"}}
	other := w.one(t, making(newUser(fresh()))).User
	got := w.write(t, changing(before, patch), changing(&other, patch))
	want := "user.gone"
	if w.helper {
		want = "user.changed"
	}
	if wantProblem(t, got[0].Err, want); got[0].User.ID != 0 {
		t.Errorf("somebody is there: %+v", got[0].User)
	}
	if got[1].Err != nil || got[1].User.Fields["first_name"] != "Joan" {
		t.Errorf("beside it: %+v", got[1])
	}
	before.State = ""
	wantProblem(t, w.write(t, changing(before, patch))[0].Err, "user.gone")
}

// powerful: the caller has made sure that a person chose it. The helper gives such roles to
// nobody, so they go over WordPress's own API.
func (w writer) powerful(t *testing.T) {
	user := newUser(fresh())
	user.Roles = []string{"editor", "subscriber"}
	plain := making(newUser(fresh()))
	boss := making(user)
	boss.Meta, boss.Mark, boss.Mail = map[string]string{"phone": "1"}, &core.Mark{CRM: "kartra", ContactID: fresh()}, true
	got := w.write(t, plain, boss)
	if got[1].Err != nil || !got[1].Made || !sameSet(got[1].User.Roles, user.Roles) || got[1].Left != w.helper || got[1].Mail != core.MailUnsent {
		t.Errorf("made: %+v", got[1])
	}
	if got[0].Err != nil || got[0].Left {
		t.Errorf("beside it: %+v", got[0])
	}
	risen := w.one(t, changing(&got[0].User, core.UserPatch{Roles: []string{"editor"}}))
	if !sameSet(risen.User.Roles, []string{"editor"}) || risen.Left || risen.Made {
		t.Errorf("changed: %+v", risen)
	}
}

func (w writer) mail(t *testing.T) {
	mails := w.mails(t)
	write := making(newUser(fresh()))
	write.Mail = true
	made := w.one(t, write)
	wantMail, wantSent := core.MailUnsent, w.mailsAtCreate()
	if w.helper {
		wantMail, wantSent = core.MailSent, 1
	}
	if made.Mail != wantMail {
		t.Errorf("a new user: mail %q, want %q", made.Mail, wantMail)
	}
	write = changing(&made.User, core.UserPatch{Fields: core.Fields{"first_name": "Joan"}})
	write.Mail = true
	if got := w.one(t, write); got.Mail != core.MailNotNew {
		t.Errorf("a user who was there: mail %q", got.Mail)
	}
	write = changing(&made.User, core.UserPatch{})
	write.Mail = true
	if got := w.one(t, write); got.Mail != core.MailNotNew {
		t.Errorf("nothing to write: mail %q", got.Mail)
	}
	if sent := w.mails(t) - mails; w.Mails != nil && sent != wantSent {
		t.Errorf("%d mails, want %d", sent, wantSent)
	}
}
