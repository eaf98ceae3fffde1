package engine

import (
	"context"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"usher/core"
)

// hooks are the webhooks a CRM was asked to make, by their id.
type hooks struct {
	made map[string]string
	last int
}

// hookAdapter is a CRM that takes webhooks from programs.
type hookAdapter struct {
	crmAdapter
	hooks *hooks
}

func (a hookAdapter) Open(account core.Account, vault core.AccountVault) (core.Client, error) {
	client, err := a.crmAdapter.Open(account, vault)
	if err != nil {
		return nil, err
	}
	return hookClient{client.(crmClient), a.hooks}, nil
}

type hookClient struct {
	crmClient
	hooks *hooks
}

// Register makes two webhooks.
func (c hookClient) Register(ctx context.Context, target core.Secret) (ids []string, err error) {
	c.crm.mu.Lock()
	defer c.crm.mu.Unlock()
	for _, event := range []string{"on", "off"} {
		if err := c.call(ctx, "register "+event); err != nil {
			return ids, err
		}
		wanted := event + " " + target.Reveal()
		id := ""
		for known, calls := range c.hooks.made {
			if calls == wanted {
				id = known
			}
		}
		if id == "" {
			c.hooks.last++
			id = fmt.Sprint(c.hooks.last)
			c.hooks.made[id] = wanted
		}
		ids = append(ids, id)
	}
	return ids, nil
}

func (c hookClient) Unregister(ctx context.Context, ids []string) error {
	c.crm.mu.Lock()
	defer c.crm.mu.Unlock()
	if err := c.call(ctx, "unregister"); err != nil {
		return err
	}
	for _, id := range ids {
		delete(c.hooks.made, id)
	}
	return nil
}

// hookBubble runs a test with a CRM that takes webhooks, and a public address.
func hookBubble(t *testing.T, test func(*world, *hookBench)) {
	t.Helper()
	bubbleOn(t, func(*memorySite) {}, func(w *world) {
		b := &hookBench{crm: &memoryCRM{contacts: map[string]core.Contact{}}, hooks: &hooks{made: map[string]string{}}, world: w}
		w.adapter = hookAdapter{crmAdapter{crm: b.crm}, b.hooks}
		w.restart()
		w.setup(crmJSON)
		b.at("https://hooks.test")
		test(w, b)
	})
}

type hookBench struct {
	*world
	crm   *memoryCRM
	hooks *hooks
}

func (b *hookBench) at(address string) {
	b.engine.SetAddress(b.Context(), core.AddressStatus{State: "online", URL: address}, nil)
	b.pass(time.Second)
}

func (b *hookBench) fails(call, code string) {
	b.crm.change(func() {
		b.crm.fail = func(name string) error {
			if code != "" && strings.HasPrefix(name, call) {
				return core.NewProblem(code, nil)
			}
			return nil
		}
	})
}

func (b *hookBench) register(action core.Action) core.RegistrationAnswer {
	b.Helper()
	done, err := b.engine.RegisterWebhook(b.Context(), "shop", action)
	if err != nil {
		b.Fatal(err)
	}
	return done
}

// calls checks which addresses and actions the CRM calls, each by two webhooks.
func (b *hookBench) calls(want ...string) {
	b.Helper()
	var got []string
	b.crm.change(func() {
		for _, target := range b.hooks.made {
			_, target, _ = strings.Cut(target, " ")
			u, err := url.Parse(target)
			if err != nil {
				b.Fatal(err)
			}
			got = append(got, u.Host+" "+u.Query().Get("wpf_action")+" "+u.Query().Get("access_key"))
		}
	})
	slices.Sort(got)
	wanted := slices.Sorted(slices.Values(slices.Concat(want, want)))
	if !slices.Equal(got, wanted) {
		b.Errorf("the CRM calls %q, want %q", got, wanted)
	}
}

// registered is what the store knows.
func (b *hookBench) registered() map[core.Action]core.Registration {
	conn, _ := b.store.Config().ConnectionNamed("shop")
	return conn.Registrations
}

const hookKey = "0123456789abcdef"

func TestAWebhookIsMadeAndEnded(t *testing.T) {
	hookBubble(t, func(w *world, b *hookBench) {
		if done := b.register(core.Add); !slices.Equal(done.Actions, []core.Action{core.Add}) || done.Address != "https://hooks.test" || len(done.Notes) != 0 {
			w.Errorf("answer %+v", done)
		}
		b.register(core.Add) // again: no second one
		b.calls("hooks.test add " + hookKey)
		if done := b.register(core.UpdateTags); !slices.Equal(done.Actions, []core.Action{core.Add, core.UpdateTags}) {
			w.Errorf("answer %+v", done)
		}
		b.calls("hooks.test add "+hookKey, "hooks.test update_tags "+hookKey)
		if text := fmt.Sprint(b.registered()); strings.Contains(text, hookKey) {
			w.Errorf("the store knows the access key: %s", text)
		}
		w.setup(crmJSON) // says nothing of it
		w.restart()
		b.at("https://hooks.test")
		b.calls("hooks.test add "+hookKey, "hooks.test update_tags "+hookKey)
		done, err := w.engine.UnregisterWebhook(w.Context(), "shop")
		if err != nil || done.Connection != "shop" || len(done.Actions) != 0 || done.Address != "" || len(done.Notes) != 0 {
			w.Errorf("answer %+v, %v", done, err)
		}
		b.calls()
		if len(b.registered()) != 0 {
			w.Errorf("left %+v", b.registered())
		}
		if done, err := w.engine.UnregisterWebhook(w.Context(), "shop"); err != nil || len(done.Notes) != 1 {
			w.Errorf("again: %+v, %v", done, err)
		}
	})
}

func TestWebhooksThatCannotBeMade(t *testing.T) {
	hookBubble(t, func(w *world, b *hookBench) {
		wants := func(what, code string, err error) {
			w.Helper()
			if !core.HasCode(err, code) {
				w.Errorf("%s: %v, want %s", what, err, code)
			}
		}
		register := func(name string, action core.Action) error {
			_, err := w.engine.RegisterWebhook(w.Context(), name, action)
			return err
		}
		wants("no such action", "command.unknown_action", register("shop", "delete"))
		wants("no such connection", "setup.no_connection", register("other", core.Add))
		_, err := w.engine.UnregisterWebhook(w.Context(), "other")
		wants("no such connection", "setup.no_connection", err)
		b.at("http://127.0.0.1:8737")
		wants("a local address", "crm.register_nowhere", register("shop", core.Add))
		b.at("https://hooks.test")
		w.vault.lock(true)
		wants("a locked keyring", "keyring.locked", register("shop", core.Add))
		w.vault.lock(false)
		w.adapter = crmAdapter{crm: b.crm}
		w.restart()
		wants("a CRM that takes none", "crm.cannot_register", register("shop", core.Add))
		w.adapter = parser{w.adapter}
		w.restart()
		wants("a CRM without an API", "crm.cannot_register", register("shop", core.Add))
		b.calls()
		if len(b.registered()) != 0 {
			w.Errorf("registered %+v", b.registered())
		}
	})
}

func TestAnAddressNobodyEverKnewIsNone(t *testing.T) {
	bubbleOn(t, func(*memorySite) {}, func(w *world) {
		crm := &memoryCRM{}
		w.adapter = hookAdapter{crmAdapter{crm: crm}, &hooks{made: map[string]string{}}}
		w.restart()
		w.setup(crmJSON)
		if _, err := w.engine.RegisterWebhook(w.Context(), "shop", core.Add); !core.HasCode(err, "crm.register_nowhere") {
			w.Errorf("got %v", err)
		}
		if crm.count("register") != 0 {
			w.Error("the CRM was asked")
		}
	})
}

func TestWebhooksFollowTheAddressAndTheKey(t *testing.T) {
	hookBubble(t, func(w *world, b *hookBench) {
		b.register(core.Add)
		b.at("https://new.test")
		b.calls("new.test add " + hookKey)
		w.setup(strings.Replace(crmJSON, hookKey, "fedcba9876543210", 1))
		w.pass(time.Second)
		b.calls("new.test add fedcba9876543210")
		rotated, err := w.engine.RotateKey(w.Context(), "shop", true)
		if err != nil {
			w.Fatal(err)
		}
		_, fresh, _ := strings.Cut(rotated.URLs[core.Add], "access_key=")
		w.pass(time.Second)
		b.calls("new.test add " + fresh)
		w.setup(strings.Replace(crmJSON, hookKey, "fedcba9876543210", 1))
		w.pass(time.Second)
		b.at("http://127.0.0.1:8737") // trying something out
		b.calls("new.test add fedcba9876543210")
		w.wantNoRegistrationTrouble()
		w.restart()
		b.at("https://newest.test")
		b.calls("newest.test add fedcba9876543210")
		w.wantNoRegistrationTrouble()
	})
}

// wantNoRegistrationTrouble passes over what is said of the address itself.
func (w *world) wantNoRegistrationTrouble() {
	w.Helper()
	if problems := w.registrationTroubles(); len(problems) != 0 {
		w.Errorf("problems left: %+v", problems)
	}
}

func (w *world) registrationTroubles() (found []core.Trouble) {
	w.Helper()
	status, err := w.engine.Status(w.Context())
	if err != nil {
		w.Fatal(err)
	}
	for _, p := range status.Problems {
		if strings.HasPrefix(p.About, "Webhook made for ") {
			found = append(found, p)
		}
	}
	return found
}

func TestACRMThatIsAwayIsToldOfTheNewAddressLater(t *testing.T) {
	for _, call := range []string{"register on", "register off", "unregister"} {
		t.Run(call, func(t *testing.T) {
			hookBubble(t, func(w *world, b *hookBench) {
				b.register(core.Add)
				b.fails(call, "crm.unreachable")
				b.at("https://new.test")
				if found := w.registrationTroubles(); len(found) != 1 || found[0].Code != "crm.unreachable" || !strings.Contains(found[0].About, "shop") {
					w.Errorf("problems %+v", found)
				}
				w.pass(3 * time.Hour)
				if n := b.crm.count("register on"); n > 60 {
					w.Errorf("asked %d times in three hours", n)
				}
				w.restart()
				b.fails("", "")
				w.pass(10 * time.Minute)
				b.calls("new.test add " + hookKey)
				w.wantNoRegistrationTrouble()
			})
		})
	}
}

func TestWhatIsLeftOfAFailedRegistrationIsEnded(t *testing.T) {
	hookBubble(t, func(w *world, b *hookBench) {
		b.fails("register off", "crm.forbidden")
		if _, err := w.engine.RegisterWebhook(w.Context(), "shop", core.Add); !core.HasCode(err, "crm.forbidden") {
			w.Errorf("got %v", err)
		}
		if made := b.registered()[core.Add]; len(made.Webhooks) != 0 || len(made.Old) != 1 {
			w.Errorf("registered %+v", made)
		}
		w.restart() // a new start ends it
		w.pass(time.Second)
		b.calls()
		if len(b.registered()) != 0 {
			w.Errorf("left %+v", b.registered())
		}
	})
}

func TestACrashWhileAWebhookIsMadeLeavesNoSecondOne(t *testing.T) {
	hookBubble(t, func(w *world, b *hookBench) {
		b.register(core.Add)
		before := maps.Clone(b.registered())
		b.at("https://new.test")
		// As if the store had not been reached any more.
		if err := w.store.Register(w.Context(), w.conn.ID, core.Add, before[core.Add]); err != nil {
			w.Fatal(err)
		}
		w.restart()
		w.pass(time.Second)
		b.calls("new.test add " + hookKey)
	})
}

func TestARemovedConnectionTakesItsWebhooksAlong(t *testing.T) {
	for name, c := range map[string]struct {
		code  string
		notes int
	}{"well": {"", 2}, "the CRM is away": {"crm.unreachable", 4}, "the key was revoked": {"crm.unauthorized", 4}} {
		t.Run(name, func(t *testing.T) {
			hookBubble(t, func(w *world, b *hookBench) {
				b.register(core.Add)
				b.fails("unregister", c.code)
				done, err := w.engine.RemoveConnection(w.Context(), "shop")
				if err != nil || len(done.Notes) != c.notes {
					w.Fatalf("%q, %v", done.Notes, err)
				}
				if left := strings.Contains(strings.Join(done.Notes, " "), "Delete those that call https://hooks.test in the CRM"); left != (c.code != "") {
					w.Errorf("notes %q", done.Notes)
				}
				if c.code == "" {
					b.calls()
				}
				w.wantNoRegistrationTrouble()
			})
		})
	}
	t.Run("a locked keyring", func(t *testing.T) {
		hookBubble(t, func(w *world, b *hookBench) {
			b.register(core.Add)
			w.vault.lock(true)
			if _, err := w.engine.RemoveConnection(w.Context(), "shop"); !core.HasCode(err, "keyring.locked") {
				w.Errorf("got %v", err)
			}
			b.calls("hooks.test add " + hookKey)
			if len(b.registered()) != 1 {
				w.Error("the connection is gone")
			}
			w.vault.lock(false)
		})
	})
}
