package usersync_test

import (
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"usher/core"
	"usher/core/usersync"
)

var (
	seed = flag.Uint64("seed", 0, "repeat the random runs of this seed")
	runs = flag.Int("runs", 3_000, "number of random runs")
)

// eachRandom runs check with n random sources and names the one that failed.
func eachRandom(t *testing.T, n int, check func(*testing.T, *rand.Rand)) {
	t.Helper()
	start := *seed
	if start == 0 {
		start = uint64(time.Now().UnixNano())
	}
	for i := range uint64(n) {
		check(t, rand.New(rand.NewPCG(start, i)))
		if t.Failed() {
			t.Fatalf("run %d of: go test -run '^%s$' -seed %d", i, t.Name(), start)
		}
	}
	t.Logf("%d runs with -seed %d", n, start)
}

func pick[T any](r *rand.Rand, from ...T) T { return from[r.IntN(len(from))] }

func some[T any](r *rand.Rand, from ...T) []T {
	return slices.DeleteFunc(from, func(T) bool { return r.IntN(2) == 0 })
}

var randomFields = map[string]string{
	"first": "first_name", "last": "last_name", "nick": "nickname", "login": "user_login", "role": "role", "mail": "email", "town": "billing_city", "pass": "user_pass",
}

// randomWorld has, or has not, a user the contact already is or will turn out to be.
func randomWorld(t testing.TB, r *rand.Rand, powerful bool) *world {
	w := &world{
		t: t, fields: randomFields, site: newSite(), tells: r.IntN(2) == 0,
		conn: core.Connection{ID: "c1", AccountID: "a1", SiteID: "s1", DefaultRole: pick(r, "", "customer", "member", "nosuch", "administrator")},
	}
	if w.tells {
		w.missing = []string{"nosuch"}
	}
	w.conn.AllowedRoles = some(r, "member", "VIP", "no such", "author")
	w.conn.TagRules = some(r,
		core.TagRule{Tag: "A", Role: "vip"}, core.TagRule{Tag: "b", Role: "Member"},
		core.TagRule{Tag: "B", Role: "customer"}, core.TagRule{Tag: "C", Role: "nosuch"}, core.TagRule{Tag: "C", Role: "editor"})
	w.conn.ChangePasswords, w.conn.CRMWins = r.IntN(2) == 0, r.IntN(3) == 0
	w.site.helper = r.IntN(2) == 0
	if powerful {
		w.conn.TagRules = append(w.conn.TagRules, some(r, core.TagRule{Tag: "A", Role: "boss"}, core.TagRule{Tag: "D", Role: "boss"})...)
		w.conn.DefaultRole = pick(r, w.conn.DefaultRole, "boss")
		w.site.defaultRole = pick(r, "subscriber", "boss", "administrator")
	}
	if r.IntN(2) == 0 {
		return w
	}
	user := core.User{
		ID: 1, Login: "ann", Email: "ann@example.test",
		Fields: core.Fields{"first_name": pick(r, "", "Ann", "Bea"), "nickname": pick(r, "", "annie")},
		Roles:  some(r, "subscriber", "customer", "vip", "member"),
	}
	if r.IntN(8) == 0 {
		user.Roles = append(user.Roles, pick(r, "administrator", "boss"))
	}
	user.Meta = map[string]string{"billing_city": pick(r, "", "Berlin", "Bonn")}
	if r.IntN(2) == 0 {
		user.Mark = &core.Mark{CRM: "kartra", ContactID: pick(r, "7", "8", "9"), Tags: some(r, "A", "C", "Z")}
	}
	w.site.users = []core.User{user}
	w.site.setPassword(1, "their own")
	if r.IntN(2) == 0 {
		w.link = &core.Link{
			SiteID: "s1", AccountID: "a1", ContactID: "7", UserID: 1, Login: "ann", Email: "ann@example.test",
			Base: map[string]string{"first_name": pick(r, "Ann", "Bea", "Cleo"), "email": "ann@example.test"},
			Tags: some(r, "A", "B"), CreatedByUs: r.IntN(2) == 0, Marked: r.IntN(2) == 0,
		}
		w.link.Password = pick(r, nil, nil, &core.PasswordMark{Written: true}, markOf("one"), markOf("two"))
		if r.IntN(2) == 0 {
			w.link.Password = markOf("one")
			w.link.Password.Written = true
			w.site.setPassword(1, "one")
		}
	}
	other := core.Link{SiteID: "s1", AccountID: "a2", ContactID: "9", UserID: 1, Login: "ann"}
	for i, role := range user.Roles {
		given := r.IntN(2) == 0
		if w.link != nil && r.IntN(2) == 0 {
			cause := []string{core.CauseRequest, "A", "b", "Q"}[min(i, 3)]
			w.link.Grants = append(w.link.Grants, core.Grant{Role: role, Connection: "c1", Cause: cause, Given: given})
		}
		if r.IntN(3) == 0 {
			other.Grants = append(other.Grants, core.Grant{Role: role, Connection: "c2", Cause: pick(r, core.CauseRequest, "Z"), Given: given})
		}
	}
	w.others = []core.Link{other}
	return w
}

// randomDelivery may say anything, within limits. Addresses differ only where a user is
// linked already, and logins only where the address is always told: a user is made with
// the newest address known, and with the login known by the time it is known. Where no
// user is linked, either every delivery that tells fields tells a password or none does:
// what was told of one before there is a user counts only for what waits together.
func randomDelivery(r *rand.Rand, seq uint64, linked, thin bool) usersync.Waiting {
	contact := core.Contact{ID: "7", Email: "Ann@example.test", Deleted: r.IntN(10) == 0, Fields: core.Fields{
		"first": pick(r, "", "Ann", "Bea", "Cleo", " Ann "), "last": pick(r, "", "Smith"),
		"nick": pick(r, "", "annie"), "town": pick(r, "", "Berlin", "Bonn"), "role": pick(r, "", "", "", "", "vip", "Customer"),
	}}
	if linked {
		contact.Email = pick(r, "ann@example.test", "ann@example.test", "new@example.test", "newer@example.test")
	}
	if !thin {
		contact.Fields["login"] = pick(r, "", "", "ann1", "ann2")
	} else if r.IntN(2) == 0 {
		contact.Email = ""
	}
	if linked {
		contact.Fields["pass"] = pick(r, "", "", "one", "two")
	} else if !thin {
		contact.Fields["pass"] = pick(r, "one", "two")
	}
	notice := core.Notice{Contact: contact, NeverCreates: r.IntN(8) == 0, Event: "assign_tag"}
	switch r.IntN(3) {
	case 0:
		notice.Contact.Tags, notice.Contact.TagsKnown = some(r, "A", "B", "C", "D"), true
	case 1:
		for range r.IntN(4) {
			notice.Events = append(notice.Events, core.TagEvent{Tag: pick(r, "A", "B", "C", "D"), Removed: r.IntN(2) == 0})
		}
	}
	if r.IntN(20) == 0 {
		note := core.NewNote("message.test", "")
		notice.Ignored = &note
	}
	return usersync.Waiting{Seq: seq, Notice: notice, Request: core.Request{
		Action: pick(r, core.Add, core.Update, core.UpdateTags),
		Role:   pick(r, "", "", "", "", "customer", "vip", "Member", "nosuch", "administrator", "author", "boss"),
		Mail:   r.IntN(4) == 0,
	}}
}

// randomDeliveries name a role the site does not have only where it tells so: elsewhere
// that is a question until something else has tried it.
func (w *world) randomDeliveries(r *rand.Rand, linked bool) []usersync.Waiting {
	list := make([]usersync.Waiting, 1+r.IntN(7))
	thin := r.IntN(2) == 0
	for i := range list {
		list[i] = randomDelivery(r, uint64(i+1), linked, thin)
		if !w.tells && list[i].Request.Role == "nosuch" {
			list[i].Request.Role = ""
		}
	}
	return list
}

func (w *world) clone() *world {
	c := *w
	site := *w.site
	site.users = slices.Clone(site.users)
	c.site = &site
	return &c
}

// end is all that must not depend on what waited together.
func (w *world) end() string {
	var b strings.Builder
	for _, u := range w.site.users {
		fmt.Fprintf(&b, "user %d %s %s %v", u.ID, u.Login, u.Email, slices.Sorted(slices.Values(u.Roles)))
		for _, f := range slices.Sorted(maps.Keys(u.Fields)) {
			if u.Fields[f] != "" {
				fmt.Fprintf(&b, " %s=%q", f, u.Fields[f])
			}
		}
		fmt.Fprintf(&b, " meta=%v", u.Meta)
		if w.conn.ChangePasswords { // else it is the newest one told of those that waited with the first add
			fmt.Fprintf(&b, " password=%s", w.site.passwords[u.ID])
		}
		if u.Mark != nil {
			fmt.Fprintf(&b, " mark=%+v", *u.Mark)
		}
		b.WriteString("\n")
	}
	fmt.Fprintf(&b, "held %t\n", len(w.held) > 0)
	if w.link != nil {
		l := *w.link
		if l.Password != nil {
			fmt.Fprintf(&b, "%s, written %t\n", l.Password.Digest, l.Password.Written)
			l.Password = nil
		}
		slices.SortFunc(l.Grants, func(a, b core.Grant) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
		l.Mail = core.MailNone
		if len(w.held) > 0 {
			l.StateSeq = 0
		}
		fmt.Fprintf(&b, "%+v\n", l)
	}
	return b.String()
}

func tell(list []usersync.Waiting) string {
	var b strings.Builder
	for _, w := range list {
		c := w.Notice.Contact
		fmt.Fprintf(&b, "%d %+v email=%q fields=%q tags=%v(%t) events=%v deleted=%t never=%t ignored=%t\n", w.Seq, w.Request, c.Email,
			map[string]string(c.Fields), c.Tags, c.TagsKnown, w.Notice.Events, c.Deleted, w.Notice.NeverCreates, w.Notice.Ignored != nil)
	}
	return b.String()
}

func TestDeliveriesEndAlikeHoweverManyWaitedTogether(t *testing.T) {
	seen := map[string]int{}
	defer func() {
		for _, what := range []string{"created", "updated", "unchanged", "no_user", "protected", "ignored", "contact.no_email", "user.email_change", "role.ask", "role.powerful", "password"} {
			if !t.Failed() && seen[what] < *runs/1000 {
				t.Errorf("only %d runs came to %s", seen[what], what)
			}
		}
	}()
	eachRandom(t, *runs, func(t *testing.T, r *rand.Rand) {
		together := randomWorld(t, r, false)
		deliveries := together.randomDeliveries(r, together.link != nil)
		start := together.clone()
		oneByOne, inParts := together.clone(), together.clone()

		got := together.run(deliveries...)
		seen[string(got.change.Outcome)]++
		if got.problem != nil {
			seen[got.problem.Code]++
		}
		if !got.change.Patch.Password.Empty() {
			seen["password"]++
		}
		for _, d := range deliveries {
			oneByOne.run(d)
		}
		for rest := deliveries; len(rest) > 0; {
			n := 1 + r.IntN(len(rest))
			inParts.run(rest[:n]...)
			rest = rest[n:]
		}
		for name, other := range map[string]*world{"one by one": oneByOne, "in parts": inParts} {
			if got, want := together.end(), other.end(); got != want {
				t.Errorf("together:\n%s\n%s:\n%s\nstart:\n%sconn %+v\nothers %+v\ndeliveries:\n%s",
					got, name, want, start.end(), start.conn, start.others, tell(deliveries))
			}
			if got.problem == nil {
				continue
			}
			agreed := together.clone()
			agreed.agrees(got.problem)
			if other.agrees(got.problem); agreed.end() != other.end() {
				t.Errorf("with a yes to %v, together:\n%s\n%s:\n%s\nstart:\n%sconn %+v\ndeliveries:\n%s",
					got.problem, agreed.end(), name, other.end(), start.end(), start.conn, tell(deliveries))
			}
		}
	})
}

func TestTheSameWorkAgainChangesNothing(t *testing.T) {
	eachRandom(t, *runs/3, func(t *testing.T, r *rand.Rand) {
		w := randomWorld(t, r, false)
		deliveries := w.randomDeliveries(r, w.link != nil)
		w.run(deliveries...)
		before, writes := w.end(), w.site.writes
		w.held = nil
		for i := range deliveries {
			deliveries[i].Seq += 100
		}
		got := w.run(deliveries...)
		if w.link != nil && w.link.StateSeq > 100 {
			w.link.StateSeq -= 100
		}
		if after := w.end(); w.site.writes != writes || after != before {
			t.Errorf("outcome %s, %d writes\nbefore:\n%s\nafter:\n%s\nconn %+v\ndeliveries:\n%s",
				got.change.Outcome, w.site.writes-writes, before, after, w.conn, tell(deliveries))
		}
	})
}

func TestNobodyGetsPowerAndProtectedUsersStay(t *testing.T) {
	eachRandom(t, *runs/3, func(t *testing.T, r *rand.Rand) {
		w := randomWorld(t, r, true)
		protected := map[int64]string{}
		for _, u := range w.site.users {
			if usersync.Privileged(w.site.shown(u)) {
				protected[u.ID] = fmt.Sprintf("%v %q", u, map[string]string(u.Fields))
			}
		}
		deliveries := w.randomDeliveries(r, true)
		for rest := deliveries; len(rest) > 0; {
			n := 1 + r.IntN(len(rest))
			got := w.run(rest[:n]...)
			if got.change.Create != nil && got.problem != nil && !strings.HasPrefix(got.problem.Code, "role.") {
				t.Errorf("a user was just made, and yet: %v", got.problem)
			}
			if got.problem != nil && r.IntN(2) == 0 {
				w.agrees(got.problem)
			}
			rest = rest[n:]
			for _, u := range w.site.users {
				before, ok := protected[u.ID]
				if ok && before != fmt.Sprintf("%v %q", u, map[string]string(u.Fields)) {
					t.Errorf("protected user %s became %v", before, u)
				}
				if !ok && usersync.Privileged(w.site.shown(u)) {
					t.Errorf("user %d got %v\nconn %+v\ndeliveries:\n%s", u.ID, u.Roles, w.conn, tell(deliveries))
				}
			}
		}
	})
}
