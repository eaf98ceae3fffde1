package engine

import (
	"context"
	"net/url"
	"slices"
	"strings"
	"testing"

	"usher/core"
)

// internet leads test messages to the engine as the door does.
type internet struct {
	world  *world
	called []string // bodies
	lost   bool     // the message leads nowhere
	twice  bool
	err    error // what the caller is told
	key    func(connection string) string
}

// Call implements Caller.
func (i *internet) Call(_ context.Context, target core.Secret, body []byte) error {
	u, err := url.Parse(target.Reveal())
	if err != nil {
		return err
	}
	i.called = append(i.called, string(body))
	query := u.Query()
	connection, _, ok := i.world.store.Connection(query.Get("access_key"))
	if !i.lost && ok && query.Get("wpf_action") == "test" {
		if i.key != nil {
			connection = i.key(connection)
		}
		i.world.engine.SeeTest(connection, query.Get("usher_test"))
		if i.twice {
			i.world.engine.SeeTest(connection, query.Get("usher_test"))
		}
	}
	return i.err
}

func (w *world) test(contact string) core.TestAnswer {
	w.Helper()
	done, err := w.engine.SendTest(w.Context(), w.conn.Name, contact)
	if err != nil {
		w.Fatal(err)
	}
	return done
}

// hops writes an answer's steps as name:state, with the code of a problem.
func hops(done core.TestAnswer) string {
	var all []string
	for _, s := range done.Steps {
		hop := s.Name + ":" + string(s.State)
		if s.Problem != nil {
			hop += "=" + s.Problem.Code
		}
		all = append(all, hop)
	}
	return strings.Join(all, " ")
}

const allWell = "person:ok address:ok door:ok crm:ok site:ok plan:ok"

func TestATestGoesAllTheWayAndChangesNothing(t *testing.T) {
	bubble(t, func(w *world) {
		w.online(core.NgrokAddress, "https://ann.ngrok-free.dev")
		w.internet.twice = true
		done := w.test("")
		if hops(done) != allWell || !done.OK() || !strings.HasPrefix(done.Result, "Usher would make ") {
			t.Errorf("a made-up person: %s, %q", hops(done), done.Result)
		}
		if !slices.Contains(done.Notes, "Kartra itself has not called yet.") {
			t.Errorf("notes %q", done.Notes)
		}
		w.send(core.Update, "", "list_subscription", ann())
		for _, contact := range []string{"", "7", " 7 "} {
			done = w.test(contact)
			if hops(done) != allWell || done.Result != "Usher would make Ann Lee (ann@example.test) a user, as "+usual(w)+"." {
				t.Errorf("%q: %s, %q", contact, hops(done), done.Result)
			}
		}
		if last := w.internet.called[len(w.internet.called)-1]; !strings.Contains(last, "ann@example.test") {
			t.Errorf("sent %s", last)
		}
		if len(done.Notes) != 0 {
			t.Errorf("notes %q", done.Notes)
		}
		w.send(core.Add, "role=customer", "list_subscription", ann())
		before := w.site.only(t)
		if done = w.test("7"); done.Result != "Everything is up to date: nothing would change." {
			t.Errorf("a user as in the CRM: %q", done.Result)
		}
		changed := ann()
		changed["first_name"] = "Anna"
		w.site.setFail(down)
		w.send(core.Update, "", "list_subscription", changed)
		w.site.setFail(nil)
		if done = w.test("7"); done.Result != "Usher would update the user ann@example.test: first_name." {
			t.Errorf("a changed person: %q", done.Result)
		}
		if after := w.site.only(t); after.Fields["first_name"] != before.Fields["first_name"] {
			t.Error("the test changed the user")
		}
		if counts, err := w.store.Counts(); err != nil || counts.Accepted != 3 {
			t.Errorf("%d messages accepted, %v; tests are none", counts.Accepted, err)
		}
	})
}

// usual is the role new users get, as far as the site tells.
func usual(w *world) string {
	if w.site.helper {
		return "subscriber"
	}
	return "the site's usual role"
}

func TestATestAsksTheCRM(t *testing.T) {
	crmBubble(t, func(w *world, crm *memoryCRM) {
		w.online(core.NgrokAddress, "https://ann.ngrok-free.dev")
		if done := w.test(""); hops(done) != allWell || crm.count("contact") != 0 {
			t.Errorf("a made-up person: %s, %d calls", hops(done), crm.count("contact"))
		}
		for _, contact := range []string{"7", "ann@example.test"} {
			if done := w.test(contact); hops(done) != allWell || !strings.HasPrefix(done.Result, "Usher would make Ann (ann@example.test) a user") {
				t.Errorf("%s: %s, %q", contact, hops(done), done.Result)
			}
		}
		if done := w.test("8"); hops(done) != "person:ok address:ok door:ok crm:problem=crm.no_contact site:skipped plan:skipped" || done.OK() {
			t.Errorf("nobody: %s", hops(done))
		}
		if crm.count("set")+crm.count("tag 7") != 0 {
			t.Error("the test wrote to the CRM")
		}
		if n := w.site.count("create"); n != 0 {
			t.Error("the test made a user")
		}
	})
}

func TestATestSaysWhereTheWayEnds(t *testing.T) {
	const closed = " door:skipped crm:skipped site:skipped plan:skipped"
	for name, c := range map[string]struct {
		prepare func(*world)
		contact string
		want    string
	}{
		"no address": {func(w *world) {
			w.engine.SetAddress(w.Context(), core.AddressStatus{State: "failed", URL: "https://ann.ngrok-free.dev"}, nil)
		}, "", "person:ok address:problem=test.no_url" + closed},
		"nothing answers": {func(w *world) {
			w.internet.lost, w.internet.err = true, core.NewProblem("test.no_answer", nil)
		}, "", "person:ok address:problem=test.no_answer" + closed},
		"somebody else answers": {func(w *world) { w.internet.lost = true }, "", "person:ok address:problem=test.elsewhere" + closed},
		"the key opens another connection": {func(w *world) {
			w.internet.key = func(string) string { return "another" }
		}, "", "person:ok address:ok door:problem=test.wrong_key crm:skipped site:skipped plan:skipped"},
		"arrived, but the answer got lost": {
			func(w *world) { w.internet.err = core.NewProblem("test.no_answer", nil) }, "",
			"person:ok address:ok door:problem=test.no_answer crm:skipped site:skipped plan:skipped",
		},
		"the site is down":  {func(w *world) { w.site.setFail(down) }, "", "person:ok address:ok door:ok crm:ok site:problem=site.unreachable plan:skipped"},
		"nobody knows them": {func(*world) {}, "8", "person:problem=test.no_person address:skipped" + closed},
	} {
		t.Run(name, func(t *testing.T) {
			plainBubble(t, func(w *world) {
				w.online(core.FixedAddress, "https://hooks.shop.test")
				c.prepare(w)
				if done := w.test(c.contact); hops(done) != c.want || done.OK() || done.Result != "" {
					t.Errorf("%s, want %s", hops(done), c.want)
				}
			})
		})
	}
}

func TestATestOfNothing(t *testing.T) {
	plainBubble(t, func(w *world) {
		if _, err := w.engine.SendTest(w.Context(), "no such", ""); !core.HasCode(err, "setup.no_connection") {
			t.Errorf("no connection: %v", err)
		}
		w.vault.lock(true)
		w.restart()
		if _, err := w.engine.SendTest(w.Context(), w.conn.Name, ""); !core.HasCode(err, "keyring.locked") {
			t.Errorf("locked keyring: %v", err)
		}
		w.vault.lock(false)
		w.online(core.FixedAddress, "https://hooks.shop.test")
		ctx, cancel := context.WithCancel(w.Context())
		cancel()
		w.internet.lost, w.internet.err = true, ctx.Err()
		if _, err := w.engine.SendTest(ctx, w.conn.Name, ""); err == nil {
			t.Error("an answer for nobody")
		}
		w.engine.SeeTest(w.conn.ID, "a word nobody waits for")
	})
}
