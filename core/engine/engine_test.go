package engine

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"usher/core"
	"usher/core/crm/kartra"
	"usher/core/seal"
	"usher/core/store"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// memoryVault keeps secrets in memory. locked makes it answer as a locked keyring does.
type memoryVault struct {
	mu      sync.Mutex
	locked  bool
	asked   int
	secrets map[string]core.Secret
}

func (v *memoryVault) Get(_ context.Context, name string) (core.Secret, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.asked++
	if v.locked {
		return core.Secret{}, core.NewProblem("keyring.locked", nil)
	}
	s, ok := v.secrets[name]
	if !ok {
		return s, core.NewProblem("keyring.missing", nil)
	}
	return s, nil
}

func (v *memoryVault) Set(_ context.Context, name string, s core.Secret) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.secrets[name] = s
	return nil
}

func (v *memoryVault) Delete(_ context.Context, name string) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	delete(v.secrets, name)
	return nil
}

func (v *memoryVault) count() int {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.asked
}

func (v *memoryVault) lock(locked bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.locked = locked
}

// fakeSites leads every address to one memorySite.
type fakeSites struct{ site *memorySite }

func (f fakeSites) Connect(_ context.Context, address, user string, password core.Secret) (core.Site, error) {
	if password.Reveal() != "right" {
		return core.Site{}, core.NewProblem("site.unauthorized", nil)
	}
	home := "https://" + bareAddress(address)
	return core.Site{Home: home, API: home + "/wp-json", User: user}, nil
}

func (f fakeSites) Open(core.Site, core.Secret) Site { return f.site }

// world is an engine with everything around it. It can be killed and started again.
type world struct {
	*testing.T
	dir   string
	vault *memoryVault
	site  *memorySite
	log   *bytes.Buffer
	conn  core.Connection
	// internet leads test messages to the door.
	internet *internet
	// adapter is what is known as Kartra.
	adapter core.Adapter

	store  *store.Store
	engine *Engine
	stop   func()
	// skew is how far the wall clock is from the right time.
	skew atomic.Int64
	zone *time.Location
}

const setupJSON = `{"site":{"url":"shop.test","user":"ann","application_password":"right"},
	"crm":{"kind":"kartra"},"connection":{"name":"shop","access_key":"0123456789abcdef"}}`

// newWorld makes a world whose engine is set up but does not run. Call it inside a
// synctest bubble, where hours pass in no time.
func newWorld(t *testing.T) *world {
	w := &world{
		T: t, zone: time.UTC, adapter: kartra.Adapter{}, dir: memoryDir(t), site: newMemorySite(),
		vault: &memoryVault{secrets: map[string]core.Secret{}}, log: &bytes.Buffer{},
	}
	w.internet = &internet{world: w}
	identity, err := seal.NewIdentity()
	if err != nil {
		t.Fatal(err)
	}
	w.vault.secrets[IdentityName] = identity.Text()
	if err := store.Create(w.dir, store.Birth{ID: "store", Secrets: "file", Recipient: identity.Recipient()}); err != nil {
		t.Fatal(err)
	}
	w.open()
	w.setup(setupJSON)
	return w
}

// memoryDir is a folder in memory, where there is one: what is killed here is Usher and not
// the computer, so nothing needs to reach a disk.
func memoryDir(t *testing.T) string {
	dir, err := os.MkdirTemp("/dev/shm", "usher-engine-") //nolint:usetesting // that would be on a disk
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

func (w *world) open() {
	w.Helper()
	s, err := store.Open(w.dir)
	if err != nil {
		w.Fatal(err)
	}
	w.store = s
	w.engine = New(Config{
		Store: s, Vault: w.vault, Sites: fakeSites{w.site},
		Adapters: []core.Adapter{w.adapter},
		CheckAddress: func(plan core.AddressPlan) error {
			if plan.URL == "nonsense" {
				return core.NewProblem("address.bad_url", nil)
			}
			return nil
		},
		Caller: w.internet,
		Log:    slog.New(slog.NewTextHandler(w.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
		Now:    func() time.Time { return wallClock().Add(time.Duration(w.skew.Load())).In(w.zone) },
	})
}

func (w *world) setup(file string) {
	w.Helper()
	done, err := w.engine.Setup(w.Context(), []byte(file))
	if err != nil {
		w.Fatal(err)
	}
	w.conn, _ = w.store.Config().ConnectionNamed(done.Connection)
}

// run starts the engine.
func (w *world) run() {
	ctx, cancel := context.WithCancel(context.WithoutCancel(w.Context()))
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		if err := w.engine.Run(ctx); err != nil {
			w.Error(err)
		}
	}()
	w.stop = func() { cancel(); <-ended; w.stop = nil }
	synctest.Wait()
}

// kill ends the engine and closes the store.
func (w *world) kill() {
	if w.stop != nil {
		w.stop()
	}
	_ = w.store.Close()
}

// restart goes on with what is on disk.
func (w *world) restart() {
	w.Helper()
	w.kill()
	w.open()
	w.run()
}

type lead map[string]any

// send hands a webhook to the door's ledger and lets the engine do what it can at once.
func (w *world) send(action core.Action, query string, event string, l lead) uint64 {
	w.Helper()
	values, err := url.ParseQuery(query)
	if err != nil {
		w.Fatal(err)
	}
	body := map[string]any{"lead": l, "action": event}
	if tag, ok := l["tag"]; ok {
		body["action_details"] = map[string]any{"tag": map[string]any{"tag_id": 1, "tag_name": tag}}
	}
	raw, err := json.Marshal(body)
	if err != nil {
		w.Fatal(err)
	}
	seq, err := w.store.Accept(w.Context(), core.Delivery{
		Received: w.engine.now(), Connection: w.conn.ID, Action: action, Method: "POST", Query: values, Body: raw,
	})
	if err != nil {
		w.Fatal(err)
	}
	synctest.Wait()
	return seq
}

func (w *world) record(seq uint64) core.Record {
	w.Helper()
	r, err := w.store.Record(seq)
	if err != nil {
		w.Fatal(err)
	}
	return r
}

func (w *world) want(seq uint64, state core.State, outcome core.Outcome) core.Record {
	w.Helper()
	r := w.record(seq)
	if r.State != state || r.Outcome != outcome {
		w.Errorf("delivery %d is %s %s (%v), want %s %s", seq, r.State, r.Outcome, r.Problem, state, outcome)
	}
	return r
}

func (w *world) wantNote(r core.Record, code string) {
	w.Helper()
	if !slices.ContainsFunc(r.Notes, func(n core.Note) bool { return n.Code == code }) {
		w.Errorf("notes %v lack %s", r.Notes, code)
	}
}

// pass lets time go by.
func (w *world) pass(d time.Duration) {
	time.Sleep(d) // virtual
	synctest.Wait()
}

func ann() lead {
	return lead{"id": "7", "email": "ann@example.test", "first_name": "Ann", "last_name": "Lee"}
}

func down(string) error { return core.NewProblem("site.unreachable", nil) }

// bubble runs a test in virtual time, on every kind of site there is.
func bubble(t *testing.T, test func(*world)) {
	t.Helper()
	plainBubble(t, test)
	t.Run("with the helper", func(t *testing.T) {
		bubbleOn(t, func(m *memorySite) { m.install() }, test)
	})
}

// plainBubble runs a test on sites without the helper.
func plainBubble(t *testing.T, test func(*world)) {
	t.Helper()
	t.Run("one by one", func(t *testing.T) { bubbleOn(t, func(*memorySite) {}, test) })
	t.Run("in batches", func(t *testing.T) { bubbleOn(t, func(m *memorySite) { m.most = 25 }, test) })
}

func bubbleOn(t *testing.T, prepare func(*memorySite), test func(*world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		defer w.kill()
		prepare(w.site)
		w.run()
		test(w)
	})
}

func TestAnAddMakesAUserOnceOnly(t *testing.T) {
	bubble(t, func(w *world) {
		first := w.send(core.Add, "role=customer", "list_subscription", ann())
		w.want(first, core.Applied, core.Created)
		u := w.site.only(w.T)
		if u.Email != "ann@example.test" || u.Fields["first_name"] != "Ann" || !slices.Equal(u.Roles, []string{"customer"}) {
			w.Errorf("user %+v", u)
		}
		second := w.send(core.Add, "role=customer", "list_subscription", ann())
		w.want(second, core.Applied, core.Unchanged)
		w.site.only(w.T)
		if n := w.site.count("update"); n != 0 {
			w.Errorf("%d updates for a message that changes nothing", n)
		}
	})
}

func TestUpdatesNeverMakeUsers(t *testing.T) {
	bubble(t, func(w *world) {
		w.want(w.send(core.Update, "", "list_subscription", ann()), core.Applied, core.NoUser)
		w.want(w.send(core.UpdateTags, "", "list_subscription", ann()), core.Applied, core.NoUser)
		if n := w.site.count("create"); n != 0 {
			w.Errorf("%d creates", n)
		}
	})
}

func TestWhatCameWhileTheSiteWasDownIsDoneTogether(t *testing.T) {
	bubble(t, func(w *world) {
		w.site.setFail(down)
		add := w.send(core.Add, "role=customer", "list_subscription", ann())
		changed := ann()
		changed["first_name"] = "Anna"
		update := w.send(core.Update, "", "list_subscription", changed)
		changed["tag"] = "VIP"
		tags := w.send(core.UpdateTags, "", "assign_tag", changed)
		w.pass(3 * time.Hour)
		for _, seq := range []uint64{add, update, tags} {
			if r := w.record(seq); r.State != core.Queued || r.Attempts != 0 {
				w.Errorf("while the site is down: %s after %d attempts", r.State, r.Attempts)
			}
		}
		status, err := w.engine.Status(w.Context())
		if err != nil || len(status.Problems) != 1 || status.Problems[0].Code != "site.unreachable" {
			w.Errorf("status %+v, %v", status, err)
		}
		w.restart()
		w.site.setFail(nil)
		w.pass(10 * time.Minute)
		u := w.site.only(w.T)
		if u.Fields["first_name"] != "Anna" || !slices.Equal(u.Roles, []string{"customer"}) {
			w.Errorf("user %+v", u)
		}
		w.want(add, core.Merged, "")
		w.want(update, core.Merged, "")
		w.want(tags, core.Applied, core.Created)
		if status, _ := w.engine.Status(w.Context()); len(status.Problems) != 0 {
			w.Errorf("problems left: %+v", status.Problems)
		}
	})
}

func TestTagsFoldAsEvents(t *testing.T) {
	bubble(t, func(w *world) {
		w.site.setFail(down)
		w.send(core.Add, "", "list_subscription", ann())
		for _, event := range []struct{ name, tag string }{{"assign_tag", "A"}, {"assign_tag", "B"}, {"unassign_tag", "A"}} {
			l := ann()
			l["tag"] = event.tag
			w.send(core.UpdateTags, "", event.name, l)
		}
		w.site.setFail(nil)
		w.pass(10 * time.Minute)
		link, ok, err := w.store.Link(w.conn.SiteID, w.conn.AccountID, "7")
		if err != nil || !ok || !slices.Equal(link.Tags, []string{"B"}) {
			w.Errorf("link %+v, %v, %v", link, ok, err)
		}
	})
}

// A crash between the site's work and ours must end with one user, whose password is the
// one on disk.
func TestACrashAfterCreateIsFinished(t *testing.T) {
	for name, crash := range map[string]error{
		"the answer is lost":  core.NewProblem("site.unreachable", nil),
		"the site falls over": core.NewProblem("site.server_error", nil),
		"usher is killed":     context.Canceled,
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(w *world) {
				once := true
				w.site.after = func(call string) error {
					if once && call == "create" {
						once = false
						return crash
					}
					return nil
				}
				seq := w.send(core.Add, "role=customer", "list_subscription", ann())
				key := store.WorkKey{Connection: w.conn.ID, Contact: "7"}
				intent, ok, err := w.store.Intent(key)
				if err != nil || !ok {
					w.Fatalf("no intent on disk: %v", err)
				}
				w.restart()
				w.pass(time.Hour)
				r := w.want(seq, core.Applied, core.Created)
				w.wantNote(r, "user.finished")
				w.site.only(w.T)
				if w.site.password != intent.Password.Reveal() {
					w.Error("the password on disk is not the user's")
				}
				if _, ok, _ := w.store.Intent(key); ok {
					w.Error("the intent is still there")
				}
				link, _, _ := w.store.Link(w.conn.SiteID, w.conn.AccountID, "7")
				if !link.CreatedByUs {
					w.Errorf("link %+v does not say who made the user", link)
				}
			})
		})
	}
}

func TestAUserWhoWasThereBeforeTheIntentIsNotOurs(t *testing.T) {
	plainBubble(t, func(w *world) {
		w.site.after = func(call string) error {
			if call == "create" {
				w.site.users[0].Registered = time.Now().Add(-time.Hour)
				return core.NewProblem("site.unreachable", nil)
			}
			return nil
		}
		seq := w.send(core.Add, "", "list_subscription", ann())
		w.pass(time.Hour)
		w.wantNote(w.want(seq, core.Applied, core.Unchanged), "user.adopted")
	})
}

func TestAPoisonItemFailsAfterADayAndHoldsUpNobody(t *testing.T) {
	bubble(t, func(w *world) {
		w.site.setFail(func(call string) error {
			if call == "create" {
				return core.NewProblem("site.server_error", nil)
			}
			return nil
		})
		poison := w.send(core.Add, "", "list_subscription", ann())
		bob := w.site.add(core.User{Login: "bob", Email: "bob@example.test", Fields: core.Fields{}, Roles: []string{"subscriber"}})
		other := w.send(core.Update, "", "list_subscription", lead{"id": "8", "email": bob.Email, "first_name": "Bob"})
		w.want(other, core.Applied, core.Updated)
		w.want(poison, core.Queued, "")
		w.pass(18 * time.Hour)
		w.want(poison, core.Queued, "")
		w.pass(12 * time.Hour)
		r := w.want(poison, core.Failed, "")
		if n := w.site.count("create"); n != 8 || r.Attempts != 8 {
			w.Errorf("%d creates, %d attempts, want 8", n, r.Attempts)
		}
		w.site.setFail(nil)
		if n, err := w.engine.Retry(w.Context(), core.FormatID(poison)); n != 1 || err != nil {
			w.Fatalf("retry: %d, %v", n, err)
		}
		w.pass(time.Second)
		w.want(poison, core.Applied, core.Created)
	})
}

func TestRetryAfterIsHonoured(t *testing.T) {
	bubble(t, func(w *world) {
		w.site.setFail(func(string) error { return core.NewProblem("site.busy", nil).After(20 * time.Minute) })
		seq := w.send(core.Add, "", "list_subscription", ann())
		calls := w.site.count("")
		w.site.setFail(nil)
		w.pass(10 * time.Minute)
		other := w.send(core.Add, "", "list_subscription", lead{"id": "8", "email": "bob@example.test"})
		w.pass(9 * time.Minute)
		if n := w.site.count(""); n != calls {
			w.Errorf("%d calls before the time the site asked for", n-calls)
		}
		w.pass(2 * time.Minute)
		w.want(seq, core.Applied, core.Created)
		w.want(other, core.Applied, core.Created)
	})
}

func TestARefusedPasswordWaitsForAPersonWithoutKnockingOften(t *testing.T) {
	bubble(t, func(w *world) {
		w.site.setFail(func(string) error { return core.NewProblem("site.unauthorized", nil) })
		var seqs []uint64
		for i := range 5 {
			seqs = append(seqs, w.send(core.Add, "", "list_subscription", lead{"id": fmt.Sprint(i), "email": fmt.Sprintf("p%d@example.test", i)}))
		}
		w.pass(24 * time.Hour)
		if n := w.site.asked(); n > 60 {
			w.Errorf("%d requests with a refused password in a day", n)
		}
		w.site.setFail(nil)
		w.setup(setupJSON) // the person mends it
		w.pass(time.Second)
		for _, seq := range seqs {
			w.want(seq, core.Applied, core.Created)
		}
		w.wantNoTrouble()
	})
}

func (w *world) wantNoTrouble() {
	w.Helper()
	status, err := w.engine.Status(w.Context())
	if err != nil || len(status.Problems) != 0 {
		w.Errorf("status %+v, %v", status, err)
	}
}

func TestAContactWithoutEmailIsHeldUntilItHasOne(t *testing.T) {
	bubble(t, func(w *world) {
		first := w.send(core.Add, "role=customer", "list_subscription", lead{"id": "7"})
		if r := w.want(first, core.Held, ""); r.Problem.Code != "contact.no_email" {
			w.Errorf("problem %v", r.Problem)
		}
		second := w.send(core.Update, "", "list_subscription", ann())
		w.want(first, core.Merged, "")
		w.want(second, core.Applied, core.Created)
		if u := w.site.only(w.T); !slices.Equal(u.Roles, []string{"customer"}) {
			w.Errorf("roles %v", u.Roles)
		}
	})
}

func TestALockedKeyringOnlyDelays(t *testing.T) {
	bubble(t, func(w *world) {
		w.vault.lock(true)
		w.restart()
		seq := w.send(core.Add, "", "list_subscription", ann())
		w.pass(time.Hour)
		w.want(seq, core.Queued, "")
		status, err := w.engine.Status(w.Context())
		if err != nil || len(status.Problems) == 0 || status.Problems[0].Code != "keyring.locked" {
			w.Errorf("status %+v, %v", status, err)
		}
		asked := w.vault.count()
		for i := range 40 {
			w.send(core.Add, "", "list_subscription", lead{"id": fmt.Sprint(100 + i), "email": fmt.Sprintf("p%d@example.test", i)})
		}
		if n := w.vault.count() - asked; n > 1 {
			w.Errorf("50 messages asked the locked keyring %d times", n)
		}
		w.vault.lock(false)
		w.pass(5 * time.Second)
		w.want(seq, core.Applied, core.Created)
		w.wantNoTrouble()
	})
}

func TestADeletedUserIsMadeAgainByAnAddOnly(t *testing.T) {
	bubble(t, func(w *world) {
		w.send(core.Add, "", "list_subscription", ann())
		w.site.mu.Lock()
		w.site.users = nil
		w.site.mu.Unlock()
		for range 2 {
			r := w.want(w.send(core.Update, "", "list_subscription", ann()), core.Applied, core.NoUser)
			w.wantNote(r, "user.deleted")
		}
		if stone, ok, err := w.store.Tombstone(w.conn.SiteID, w.conn.AccountID, "7"); !ok || err != nil || stone.UserID != 1 {
			w.Errorf("tombstone %+v, %v, %v", stone, ok, err)
		}
		w.want(w.send(core.Add, "", "list_subscription", ann()), core.Applied, core.Created)
		w.site.only(w.T)
	})
}

func TestATakenLoginIsNumbered(t *testing.T) {
	bubble(t, func(w *world) {
		w.site.add(core.User{Login: "ann@example.test", Email: "other@example.test", Roles: []string{"subscriber"}})
		r := w.want(w.send(core.Add, "", "list_subscription", ann()), core.Applied, core.Created)
		w.wantNote(r, "login.numbered")
		if users := w.site.all(); users[1].Login != "ann@example.test2" {
			w.Errorf("login %q", users[1].Login)
		}
	})
}

func TestAnUnknownRoleStillMakesTheUser(t *testing.T) {
	bubble(t, func(w *world) {
		delete(w.site.roles, "customer")
		r := w.want(w.send(core.Add, "role=customer", "list_subscription", ann()), core.Applied, core.Created)
		w.wantNote(r, "role.unknown")
		if u := w.site.only(w.T); !slices.Equal(u.Roles, []string{"subscriber"}) {
			w.Errorf("roles %v", u.Roles)
		}
	})
}

func TestOnlyTheRoleTheSiteDoesNotHaveIsLeftOut(t *testing.T) {
	bubble(t, func(w *world) {
		w.setup(`{"site":{"url":"shop.test"},"crm":{"kind":"kartra"},"connection":{"name":"shop","tag_rules":[{"tag":"VIP","role":"vip"}]}}`)
		l := ann()
		l["tag"] = "VIP"
		r := w.want(w.send(core.Add, "role=customer", "assign_tag", l), core.Applied, core.Created)
		w.wantNote(r, "role.unknown")
		if u := w.site.only(w.T); !slices.Equal(u.Roles, []string{"customer"}) {
			w.Errorf("roles %v", u.Roles)
		}
		if len(r.Notes) != 1 || r.Notes[0].Detail != "vip" {
			w.Errorf("notes %v", r.Notes)
		}
	})
}

func TestADefaultRoleWithPowerIsTakenAwayAndNotGivenAgain(t *testing.T) {
	bubble(t, func(w *world) {
		w.site.roles["subscriber"] = map[string]bool{"read": true, "manage_options": true}
		w.setup(`{"site":{"url":"shop.test"},"crm":{"kind":"kartra"},"connection":{"name":"shop","default_role":"subscriber"}}`)
		r := w.want(w.send(core.Add, "", "list_subscription", ann()), core.Applied, core.Created)
		w.wantNote(r, "role.too_powerful")
		w.want(w.send(core.Add, "", "list_subscription", lead{"id": "8", "email": "bob@example.test"}), core.Applied, core.Created)
		for _, u := range w.site.all() {
			if len(u.Roles) != 0 {
				w.Errorf("%s has %v", u.Login, u.Roles)
			}
		}
	})
}

func TestAdminsAreLeftAloneAndNotMade(t *testing.T) {
	bubble(t, func(w *world) {
		w.site.add(core.User{Login: "boss", Email: "ann@example.test", Fields: core.Fields{}, Roles: []string{"administrator"}})
		w.want(w.send(core.Add, "role=customer", "list_subscription", ann()), core.Applied, core.Protected)
		if n := w.site.count("update"); n != 0 {
			w.Errorf("%d updates of an administrator", n)
		}
		r := w.want(w.send(core.Add, "role=administrator", "list_subscription", lead{"id": "9", "email": "eve@example.test"}), core.Held, core.Created)
		if !core.HasCode(r.Problem, "role.powerful") {
			w.Errorf("problem %v", r.Problem)
		}
		if u := w.site.all()[1]; !slices.Equal(u.Roles, []string{"subscriber"}) {
			w.Errorf("roles %v", u.Roles)
		}
	})
}

func TestAUserWhoAppearsBetweenLookingAndMakingIsLinked(t *testing.T) {
	bubble(t, func(w *world) {
		w.site.setFail(func(call string) error {
			if call == "create" && len(w.site.users) == 0 {
				w.site.users = append(w.site.users, core.User{ID: 50, Login: "ann", Email: "Ann@Example.test", Fields: core.Fields{}, Roles: []string{"subscriber"}})
			}
			return nil
		})
		w.wantNote(w.want(w.send(core.Add, "", "list_subscription", ann()), core.Applied, core.Updated), "user.adopted")
		w.site.only(w.T)
	})
}

func TestAnEmailWordPressKnowsButDoesNotShowIsHeld(t *testing.T) {
	bubble(t, func(w *world) {
		w.site.setFail(func(call string) error {
			if call == "create" {
				return core.NewProblem("user.email_taken", nil)
			}
			return nil
		})
		if r := w.want(w.send(core.Add, "", "list_subscription", ann()), core.Held, ""); r.Problem.Code != "user.on_network" {
			w.Errorf("problem %v", r.Problem)
		}
	})
}

func TestUnreadableMessagesAreHeldAndCanBeRetried(t *testing.T) {
	bubble(t, func(w *world) {
		for body, code := range map[string]string{
			"\xff\xfe":                     "delivery.not_utf8",
			`{"lead":`:                     "delivery.malformed",
			strings.Repeat("[", 100):       "delivery.too_deep",
			`{"lead":{"id":1},"x":[[[]]]}`: "",
		} {
			seq, err := w.store.Accept(w.Context(), core.Delivery{Received: time.Now(), Connection: w.conn.ID, Action: core.Update, Body: []byte(body)})
			if err != nil {
				w.Fatal(err)
			}
			synctest.Wait()
			if code == "" {
				w.want(seq, core.Applied, core.NoUser)
				continue
			}
			if r := w.want(seq, core.Held, ""); r.Problem.Code != code {
				w.Errorf("problem %v, want %s", r.Problem, code)
			}
		}
		seq := w.send("upsert", "", "list_subscription", ann())
		if r := w.want(seq, core.Held, ""); r.Problem.Code != "delivery.unknown_action" {
			w.Errorf("problem %v", r.Problem)
		}
		if n, err := w.engine.Retry(w.Context(), ""); n != 4 || err != nil {
			w.Errorf("retry all: %d, %v", n, err)
		}
		w.want(seq, core.Held, "")
	})
}

func TestWorkInProgressMayFinishWhenUsherStops(t *testing.T) {
	bubble(t, func(w *world) {
		w.site.after = func(call string) error {
			if call == "create" {
				time.Sleep(3 * time.Second) // virtual
			}
			return nil
		}
		seq := w.send(core.Add, "", "list_subscription", ann())
		w.stop()
		w.want(seq, core.Applied, core.Created)
	})
}

func TestADueTimeFarInTheFutureIsBroughtForward(t *testing.T) {
	bubble(t, func(w *world) {
		w.site.setFail(func(call string) error {
			if call == "create" {
				return core.NewProblem("site.server_error", nil)
			}
			return nil
		})
		seq := w.send(core.Add, "", "list_subscription", ann())
		key := store.WorkKey{Connection: w.conn.ID, Contact: "7"}
		if err := w.store.Postpone(w.Context(), key, time.Now().Add(365*24*time.Hour), 1, nil); err != nil {
			w.Fatal(err)
		}
		w.site.setFail(nil)
		w.restart() // the clock was a year ahead when that was written
		w.pass(25 * time.Hour)
		w.want(seq, core.Applied, core.Created)
	})
}

func TestNoPersonalDataInTheLog(t *testing.T) {
	bubble(t, func(w *world) {
		w.send(core.Add, "", "list_subscription", ann())
		w.send(core.Add, "", "list_subscription", lead{"id": "8", "first_name": "Nameless"})
		w.site.setFail(down)
		w.send(core.Add, "", "list_subscription", lead{"id": "9", "email": "bea@example.test"})
		w.stop()
		for _, planted := range []string{"ann@", "Ann", "Nameless", "bea@", "0123456789abcdef", "right", w.site.password} {
			if strings.Contains(w.log.String(), planted) {
				w.Errorf("the log shows %q", planted)
			}
		}
		if !strings.Contains(w.log.String(), "work settled") {
			w.Error("the log is empty")
		}
	})
}

func TestItemWaitsAreEightAttemptsInAboutADay(t *testing.T) {
	var sum time.Duration
	attempts := 1
	for ; ; attempts++ {
		wait, ok := itemWait(attempts)
		if !ok {
			break
		}
		sum += wait
	}
	if attempts != 8 || sum < 18*time.Hour || sum > 30*time.Hour {
		t.Errorf("%d attempts over %v", attempts, sum)
	}
}
