package store

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"usher/core"
)

// accounts sets up two CRM accounts: connection c1 is of a1, c2 of a2.
func (b *bench) accounts() {
	b.t.Helper()
	for _, n := range []string{"1", "2"} {
		err := b.SaveSetup(b.t.Context(), core.Site{ID: "s1", Home: "https://shop.test"}, core.Account{ID: "a" + n, Name: "crm" + n},
			core.Connection{ID: "c" + n, Name: "shop " + n, AccountID: "a" + n, SiteID: "s1"})
		if err != nil {
			b.t.Fatal(err)
		}
	}
}

// knows leaves a done delivery about a contact, their link and a journal entry.
func (b *bench) knows(connection, contact, email string) uint64 {
	b.t.Helper()
	seq := b.acceptFor(connection, `{"email":"`+email+`"}`)
	key := b.sortFor(connection, contact, seq)
	b.settle(Settlement{
		Work: key, Taken: []uint64{seq}, State: core.Applied, Outcome: core.Created, UserID: int64(seq),
		Notes:  []core.Note{core.NewNote("login.numbered", "login-"+email)},
		Fields: []core.FieldChange{{Field: "user_email", New: email}},
		Link: &core.Link{
			SiteID: "s1", AccountID: "a" + connection[1:], ContactID: contact, UserID: int64(seq), Login: "login", Email: email,
			Base: map[string]string{"email": email},
		},
		Tombstone: &core.Tombstone{UserID: 3, Seen: t0},
	})
	return seq
}

func (b *bench) acceptFor(connection, body string) uint64 {
	b.t.Helper()
	seq, err := b.Accept(b.t.Context(), core.Delivery{Received: t0, Connection: connection, Action: core.Add, Method: "POST", Body: []byte(body)})
	if err != nil {
		b.t.Fatal(err)
	}
	return seq
}

func (b *bench) sortFor(connection, contact string, seqs ...uint64) WorkKey {
	b.t.Helper()
	key := WorkKey{Connection: connection, Contact: contact}
	var list []Sorted
	for _, seq := range seqs {
		list = append(list, Sorted{Seq: seq, CRM: "kartra", Contact: strings.TrimPrefix(contact, core.EmailKey), Join: key, Site: "s1"})
	}
	if err := b.Sort(b.t.Context(), list, t0); err != nil {
		b.t.Fatal(err)
	}
	return key
}

func (b *bench) forget(who string) Forgotten {
	b.t.Helper()
	done, err := b.Forget(b.t.Context(), "", who, t0)
	if err != nil {
		b.t.Fatal(err)
	}
	if done.Traces {
		b.t.Error("traces are left")
	}
	b.checkCounts()
	return done
}

func (b *bench) isKnown(account, contact string) bool {
	b.t.Helper()
	_, ok, err := b.Link("s1", account, contact)
	if err != nil {
		b.t.Fatal(err)
	}
	return ok
}

// wantNoTrace looks for texts in all files of the data folder.
func (b *bench) wantNoTrace(texts ...string) {
	b.t.Helper()
	files, err := filepath.Glob(filepath.Join(b.dir, "*"))
	if err != nil || len(files) == 0 {
		b.t.Fatal("no files", err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			b.t.Fatal(err)
		}
		data = bytes.ToLower(bytes.ReplaceAll(data, []byte{0, 0, 0, 0, 0, 0, 0, 0}, nil)) // much of it is empty
		for _, text := range texts {
			if bytes.Contains(data, []byte(strings.ToLower(text))) {
				b.t.Errorf("%s shows %s", filepath.Base(file), text)
			}
		}
	}
}

const annsEmail = "Ann.Lee+yoga@example.test"

func TestForgettingSomebodyLeavesNoTraceOfThem(t *testing.T) {
	b := newBench(t)
	b.accounts()
	done := b.knows("c1", "4711", annsEmail)
	held, queued := b.acceptFor("c1", annsEmail), b.acceptFor("c2", annsEmail)
	b.settle(Settlement{
		Work: b.sortFor("c1", "4711", held), Taken: []uint64{held}, State: core.Held,
		Problem: core.NewProblem("user.email_change", nil).About(annsEmail), Notes: []core.Note{core.NewNote("role.unknown", "vip")},
	})
	byEmail := core.Contact{Email: annsEmail}.Key()
	work := b.sortFor("c2", byEmail, queued)
	if err := b.SaveIntents(t.Context(), map[WorkKey]core.Intent{work: {Login: "ann", Email: annsEmail}}); err != nil {
		t.Fatal(err)
	}
	alone, failed := b.acceptFor("c1", `{"lead":{"email":"ann.lee+YOGA@example.test"`), b.acceptFor("c1", annsEmail)
	if err := b.Sort(t.Context(), []Sorted{{Seq: alone, Problem: core.NewProblem("delivery.malformed", nil)}}, t0); err != nil {
		t.Fatal(err)
	}
	b.settle(Settlement{Work: b.sortFor("c1", "815", failed), Taken: []uint64{failed}, State: core.Failed, Problem: core.NewProblem("user.refused", nil).About(annsEmail)})
	stranger := b.knows("c1", "4712", "jo"+strings.ToLower(annsEmail))
	if err := os.WriteFile(filepath.Join(b.dir, FileName+".v1"), []byte(annsEmail), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(filepath.Join(b.dir, FileName+".v1"), t0.Add(-time.Hour), t0.Add(-time.Hour)); err != nil {
		t.Fatal(err)
	}

	if did := b.forget("  ANN.lee+yoga@example.test "); did.People != 1 || did.Messages != 5 {
		t.Errorf("forgot %+v", did)
	}
	b.wantCounts(core.Counts{Accepted: 6, Applied: 6})
	for _, seq := range []uint64{done, held, queued, alone, failed} {
		r := b.recorded(seq)
		if !b.isErased(seq) || r.Contact != "" || r.UserID != 0 || r.Problem != nil || len(r.Notes) != 1 || r.Notes[0].Code != forgotten {
			t.Errorf("delivery %d is %+v", seq, r)
		}
		if want := map[bool]core.Outcome{true: core.Created, false: core.Ignored}[seq == done]; r.Outcome != want {
			t.Errorf("delivery %d: outcome %s, want %s", seq, r.Outcome, want)
		}
		entries, err := b.JournalOf(t.Context(), seq)
		for _, e := range entries {
			if err != nil || e.Contact != "" || e.UserID != 0 || e.Fields != nil || e.Problem != nil || len(e.Notes) != 1 || e.Notes[0].Code != forgotten {
				t.Errorf("the journal says of %d: %+v, %v", seq, e, err)
			}
		}
	}
	if b.isKnown("a1", "4711") {
		t.Error("the link is there")
	}
	if _, ok, err := b.Tombstone("s1", "a1", "4711"); ok || err != nil {
		t.Errorf("the tombstone is there: %v", err)
	}
	if links, err := b.LinksOf("s1", int64(done)); len(links) != 0 || err != nil {
		t.Errorf("the user has links: %v, %v", links, err)
	}
	if _, ok, err := b.Intent(work); ok || err != nil {
		t.Errorf("the intent is there: %v", err)
	}
	if works, _, err := b.Next("s1", t0.Add(time.Hour), 10); err != nil || len(works) != 0 {
		t.Errorf("work waits: %v, %v", works, err)
	}
	for _, text := range []string{"ann.lee", "4711", "815"} {
		found, _, err := b.Records(t.Context(), Query{Limit: 10, Text: text})
		if err != nil || slices.ContainsFunc(found, func(r core.Record) bool { return r.Seq != stranger }) {
			t.Errorf("%q finds %+v, %v", text, found, err)
		}
	}
	if !b.isKnown("a1", "4712") || b.isErased(stranger) || b.recorded(stranger).Contact != "4712" {
		t.Error("somebody else is forgotten too")
	}
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	b.wantNoTrace(`"`+annsEmail, ":"+annsEmail, "login-"+annsEmail, "4711")
}

func TestWhoIsForgotten(t *testing.T) {
	for name, c := range map[string]struct {
		account, who string
		code         string
		left         string // of a1/1 ann, a1/2 bob, a2/1 cy, a2/3 ann
	}{
		"an e-mail address, on every account":     {"", "ann@example.test", "", "a1/2 a2/1"},
		"a number brings its addresses":           {"", "3", "", "a1/2 a2/1"},
		"a number of two people":                  {"", "1", "person.several", "a1/1 a1/2 a2/1 a2/3"},
		"a number of one account":                 {"a2", "1", "", "a1/1 a1/2 a2/3"},
		"a number nobody has there":               {"a2", "2", "person.unknown", "a1/1 a1/2 a2/1 a2/3"},
		"nobody":                                  {"", "nn@example.test", "person.unknown", "a1/1 a1/2 a2/1 a2/3"},
		"nothing":                                 {"", " ", "person.unknown", "a1/1 a1/2 a2/1 a2/3"},
		"a part of an address is somebody else's": {"", "example.test", "person.unknown", "a1/1 a1/2 a2/1 a2/3"},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			b.accounts()
			b.knows("c1", "1", "ann@example.test")
			b.knows("c1", "2", "bob@example.test")
			b.knows("c2", "1", "cy@example.test")
			b.knows("c2", "3", "Ann@example.test")
			_, err := b.Forget(t.Context(), c.account, c.who, t0)
			if (c.code == "") != (err == nil) || (c.code != "" && !core.HasCode(err, c.code)) {
				t.Errorf("error %v, want %q", err, c.code)
			}
			var left []string
			for _, contact := range []string{"a1/1", "a1/2", "a2/1", "a2/3"} {
				if account, id, _ := strings.Cut(contact, "/"); b.isKnown(account, id) {
					left = append(left, contact)
				}
			}
			if got := strings.Join(left, " "); got != c.left {
				t.Errorf("known are %s, want %s", got, c.left)
			}
		})
	}
}

func TestSomebodyOfARemovedConnectionIsForgotten(t *testing.T) {
	b := newBench(t)
	b.accounts()
	seq := b.knows("c2", "3", "ann@example.test")
	if err := b.RemoveConnection(t.Context(), "c2"); err != nil {
		t.Fatal(err)
	}
	b.forget("3")
	if b.isKnown("a2", "3") || !b.isErased(seq) || b.recorded(seq).Contact != "" {
		t.Errorf("known %t, told %+v", b.isKnown("a2", "3"), b.recorded(seq))
	}
}

func TestWhatWasGivenUpLongAgoLosesItsNames(t *testing.T) {
	b := newBench(t)
	b.accounts()
	seq := b.acceptFor("c1", annsEmail)
	b.settle(Settlement{Work: b.sortFor("c1", "4711", seq), Taken: []uint64{seq}, State: core.Failed, Problem: core.NewProblem("user.refused", nil).About(annsEmail)})
	b.expire(t0.Add(15 * day))
	b.forget("4711")
	if r := b.recorded(seq); r.State != core.Failed || r.Problem == nil || r.Problem.Code != "user.refused" || r.Problem.Detail != "" || r.Contact != "" {
		t.Errorf("told is %+v", r)
	}
}

func TestAnAddressIsFoundWholeOnly(t *testing.T) {
	w := whom{emails: []string{"ann@x.test", "a&b@x.test"}}
	for text, want := range map[string]bool{
		"ann@x.test": true, `{"e":"ANN@X.TEST"}`: true, "ask ann@x.test.": true, "ann@x.test. Then": true, "<ann@x.test>": true,
		"joann@x.test": false, "jo.ann@x.test": false, "ann@x.test.au": false, "ann@x.testing": false, "jo-ann@x.test": false,
		"joann@x.test, ann@x.test": true, `{"e":"a\u0026b@x.test"}`: true, "": false, "ann": false, "éann@x.test": false,
	} {
		if got := w.isNamed([]byte(text)); got != want {
			t.Errorf("%q: %t", text, got)
		}
	}
}

func TestWhatIsForgottenInTheMiddleOfItsWorkStaysForgotten(t *testing.T) {
	b := newBench(t)
	b.accounts()
	seq := b.acceptFor("c1", annsEmail)
	key := b.sortFor("c1", "4711", seq)
	b.forget("4711")
	intent := map[WorkKey]core.Intent{key: {Login: "ann", Email: annsEmail}}
	if err := b.SaveIntents(t.Context(), intent); err != nil {
		t.Fatal(err)
	}
	late := Settlement{
		Work: key, Taken: []uint64{seq}, State: core.Applied, Outcome: core.Created, UserID: 7,
		Link: &core.Link{SiteID: "s1", AccountID: "a1", ContactID: "4711", UserID: 7, Email: annsEmail},
	}
	b.settle(late)
	if _, ok, err := b.Intent(key); ok || err != nil {
		t.Errorf("the intent is there: %v", err)
	}
	newer := b.sortFor("c1", "4711", b.acceptFor("c1", "new")) // about somebody new
	if err := b.SaveIntents(t.Context(), intent); err != nil {
		t.Fatal(err)
	}
	b.settle(late)
	if _, ok, err := b.Intent(newer); !ok || err != nil {
		t.Errorf("the intent of newer work is gone: %v", err)
	}
	if b.isKnown("a1", "4711") || len(b.waiting(newer)) != 1 {
		t.Error("what was forgotten was settled")
	}
	if entries, err := b.Journal(10); len(entries) != 0 || err != nil {
		t.Errorf("the journal says %+v, %v", entries, err)
	}
	b.wantCounts(core.Counts{Accepted: 2, Applied: 1, Queued: 1})
}

func TestWhatCouldNotBeCompactedIsAtTheNextStart(t *testing.T) {
	b := newBench(t)
	b.accounts()
	b.knows("c1", "4711", annsEmail)
	way := asidePath(filepath.Join(b.dir, FileName))
	if err := errors.Join(os.Mkdir(way, 0o700), os.WriteFile(filepath.Join(way, "x"), nil, 0o600)); err != nil {
		t.Fatal(err)
	}
	done, err := b.Forget(t.Context(), "", "4711", t0)
	if err != nil || !done.Traces || done.People != 1 {
		t.Fatalf("forgot %+v, %v", done, err)
	}
	if err := os.RemoveAll(way); err != nil {
		t.Fatal(err)
	}
	b.reopen()
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	b.wantNoTrace(annsEmail)
}

// Whatever happens to deliveries, the counters say how many there were, and the rows say so
// too as far as they are there.
func TestSumsHoldWhateverIsErased(t *testing.T) {
	for seed := range uint64(4) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			b := newBench(t)
			b.accounts()
			random := rand.New(rand.NewPCG(seed, 7))
			now, accepted, trimmed := t0, uint64(0), core.Counts{}
			for range 150 {
				now = now.Add(time.Duration(random.IntN(40)) * time.Hour)
				contact := fmt.Sprint(random.IntN(5))
				switch random.IntN(8) {
				case 0, 1, 2:
					accepted++
					seq := b.acceptFor("c1", contact+"@example.test")
					if random.IntN(6) == 0 {
						_ = b.Sort(t.Context(), []Sorted{{Seq: seq, Problem: core.NewProblem("delivery.malformed", nil)}}, now)
					} else {
						b.sortFor("c1", contact, seq)
					}
				case 3, 4, 5:
					key := WorkKey{"c1", contact}
					if taken := b.waiting(key); len(taken) > 0 {
						s := Settlement{Work: key, Taken: taken, State: core.Applied}
						if random.IntN(3) == 0 {
							s.State, s.Problem = []core.State{core.Held, core.Failed}[random.IntN(2)], core.NewProblem("user.refused", nil)
						} else {
							s.Link = &core.Link{SiteID: "s1", AccountID: "a1", ContactID: contact, UserID: 1, Email: contact + "@example.test"}
						}
						b.settleAt(now, s)
					}
				case 6:
					if _, err := b.Expire(t.Context(), now.Add(-14*day), now); err != nil {
						t.Fatal(err)
					}
				case 7:
					if random.IntN(3) == 0 {
						if _, err := b.Forget(t.Context(), "", contact+"@example.test", now); err != nil && !core.HasCode(err, "person.unknown") {
							t.Fatal(err)
						}
						break
					}
					before := b.counted()
					if err := b.Trim(t.Context(), 20, now); err != nil {
						t.Fatal(err)
					}
					trimmed = plus(trimmed, minus(before, b.counted()))
				}
				got, err := b.Counts()
				if rows := b.counted(); err != nil || got != plus(rows, trimmed) || got.Accepted != accepted {
					t.Fatalf("counters %+v, %v; %d accepted, rows %+v, trimmed %+v", got, err, accepted, rows, trimmed)
				}
				if got.Applied+got.Merged+got.Held+got.Failed+got.Queued != accepted {
					t.Fatalf("%+v does not add up", got)
				}
			}
			if trimmed.Accepted == 0 || trimmed.Held+trimmed.Queued != 0 {
				t.Errorf("trimmed %+v", trimmed)
			}
		})
	}
}

func plus(a, b core.Counts) core.Counts {
	return core.Counts{
		Accepted: a.Accepted + b.Accepted, Applied: a.Applied + b.Applied, Merged: a.Merged + b.Merged,
		Held: a.Held + b.Held, Failed: a.Failed + b.Failed, Queued: a.Queued + b.Queued,
	}
}

func minus(a, b core.Counts) core.Counts {
	return core.Counts{
		Accepted: a.Accepted - b.Accepted, Applied: a.Applied - b.Applied, Merged: a.Merged - b.Merged,
		Held: a.Held - b.Held, Failed: a.Failed - b.Failed, Queued: a.Queued - b.Queued,
	}
}
