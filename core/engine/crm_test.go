package engine

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"usher/core"
	"usher/core/crm/kartra"
	"usher/core/store"
)

// memoryCRM is a CRM with an API in memory. What it sends is Kartra's.
type memoryCRM struct {
	mu       sync.Mutex
	contacts map[string]core.Contact
	tags     []core.Tag
	calls    []string
	fail     func(call string) error
	opened   int
	tooEarly bool // the done tag, from which the welcome e-mail starts, came before the password
}

type crmAdapter struct {
	kartra.Adapter
	crm *memoryCRM
}

func (a crmAdapter) Describe() core.Descriptor {
	d := a.Adapter.Describe()
	d.Credentials = []core.Credential{
		{Key: "api_key", Label: "API Key", Secret: true},
		{Key: "region", Label: "Region", Choices: []string{"east", "west"}, Default: "west"},
		{Key: "proxy", Label: "Proxy", Optional: true},
	}
	return d
}

func (a crmAdapter) Open(account core.Account, vault core.AccountVault) (core.Client, error) {
	a.crm.mu.Lock()
	defer a.crm.mu.Unlock()
	a.crm.opened++
	return crmClient{crm: a.crm, account: account, vault: vault}, nil
}

type crmClient struct {
	crm     *memoryCRM
	account core.Account
	vault   core.AccountVault
}

func (c crmClient) call(ctx context.Context, name string) error {
	key, err := c.vault.Get(ctx, "api_key")
	if err != nil {
		return err
	}
	c.crm.calls = append(c.crm.calls, name)
	if key.Reveal() != "right" {
		return core.NewProblem("crm.unauthorized", nil)
	}
	if c.crm.fail != nil {
		return c.crm.fail(name)
	}
	return nil
}

func (c crmClient) find(ctx context.Context, name string, is func(core.Contact) bool) (core.Contact, error) {
	c.crm.mu.Lock()
	defer c.crm.mu.Unlock()
	if err := c.call(ctx, name); err != nil {
		return core.Contact{}, err
	}
	for _, contact := range c.crm.contacts {
		if is(contact) {
			contact.TagsKnown, contact.Fields = true, maps.Clone(contact.Fields)
			return contact, nil
		}
	}
	return core.Contact{}, core.NewProblem("crm.no_contact", nil)
}

func (c crmClient) Contact(ctx context.Context, id string) (core.Contact, error) {
	return c.find(ctx, "contact "+id, func(contact core.Contact) bool { return contact.ID == id })
}

func (c crmClient) ContactByEmail(ctx context.Context, email string) (core.Contact, error) {
	return c.find(ctx, "contact by e-mail", func(contact core.Contact) bool { return strings.EqualFold(contact.Email, email) })
}

func (c crmClient) ListFields(context.Context) ([]core.CRMField, error) { return nil, nil }

func (c crmClient) ListTags(ctx context.Context) ([]core.Tag, error) {
	c.crm.mu.Lock()
	defer c.crm.mu.Unlock()
	return slices.Clone(c.crm.tags), c.call(ctx, "tags")
}

func (c crmClient) SetFields(ctx context.Context, id string, values map[string]core.Secret) error {
	c.crm.mu.Lock()
	defer c.crm.mu.Unlock()
	if err := c.call(ctx, "set "+id); err != nil {
		return err
	}
	for key, value := range values {
		c.crm.contacts[id].Fields[key] = value.Reveal()
	}
	return nil
}

func (c crmClient) AddTag(ctx context.Context, id, tag string) error {
	c.crm.mu.Lock()
	defer c.crm.mu.Unlock()
	if err := c.call(ctx, "tag "+id); err != nil {
		return err
	}
	contact := c.crm.contacts[id]
	c.crm.tooEarly = c.crm.tooEarly || contact.Fields["wp_password"] == ""
	if !slices.Contains(contact.Tags, tag) {
		contact.Tags = append(contact.Tags, tag)
	}
	c.crm.contacts[id] = contact
	return nil
}

func (crmClient) Close() {}

func (c *memoryCRM) change(do func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	do()
}

// field is one of the contact 7.
func (c *memoryCRM) field(key string) (value string) {
	c.change(func() { value = c.contacts["7"].Fields[key] })
	return value
}

func (c *memoryCRM) count(prefix string) (n int) {
	c.change(func() {
		for _, call := range c.calls {
			if strings.HasPrefix(call, prefix) {
				n++
			}
		}
	})
	return n
}

const crmJSON = `{"site":{"url":"shop.test","user":"ann","application_password":"right"},
	"crm":{"kind":"kartra","fields":{"api_key":"right"}},
	"connection":{"name":"shop","access_key":"0123456789abcdef","return_password_field":"wp_password","done_tag":"ready",
		"field_map":{"first_name":"first_name","login_field":"user_login","number":"user_id"},"tag_rules":[{"tag":"VIP","role":"customer"}]}}`

// crmBubble runs a test with a CRM that has an API, on every kind of site.
func crmBubble(t *testing.T, test func(*world, *memoryCRM)) {
	t.Helper()
	bubble(t, func(w *world) {
		crm := &memoryCRM{
			contacts: map[string]core.Contact{"7": {ID: "7", Email: "ann@example.test", Fields: core.Fields{"first_name": "Ann"}, Tags: []string{"11"}}},
			tags:     []core.Tag{{Key: "11", Name: "VIP"}, {Key: "12", Name: "Old"}},
		}
		w.adapter = crmAdapter{crm: crm}
		w.restart()
		w.setup(crmJSON)
		test(w, crm)
	})
}

func TestAThinMessageIsFilledFromTheCRM(t *testing.T) {
	crmBubble(t, func(w *world, crm *memoryCRM) {
		thin := lead{"id": "7"}
		w.want(w.send(core.Add, "", "list_subscription", thin), core.Applied, core.Created)
		u := w.site.only(w.T)
		if u.Email != "ann@example.test" || u.Fields["first_name"] != "Ann" || !slices.Contains(u.Roles, "customer") {
			w.Errorf("user %+v", u)
		}
		crm.change(func() {
			crm.contacts["7"] = core.Contact{ID: "7", Email: "ann@example.test", Fields: core.Fields{"first_name": "Anna"}, Tags: []string{"12"}}
		})
		w.want(w.send(core.UpdateTags, "", "assign_tag", thin), core.Applied, core.Updated)
		if u = w.site.only(w.T); u.Fields["first_name"] != "Ann" || slices.Contains(u.Roles, "customer") {
			w.Errorf("update_tags: %+v", u)
		}
		w.want(w.send(core.Update, "", "list_subscription", thin), core.Applied, core.Updated)
		if u = w.site.only(w.T); u.Fields["first_name"] != "Anna" {
			w.Errorf("update: %+v", u)
		}
	})
}

func TestTheNewPasswordIsHandedToTheCRM(t *testing.T) {
	crmBubble(t, func(w *world, crm *memoryCRM) {
		r := w.want(w.send(core.Add, "", "list_subscription", ann()), core.Applied, core.Created)
		w.wantNote(r, "password.returned")
		w.site.change(func() {
			if crm.field("wp_password") != w.site.password || len(w.site.password) != passwordLength {
				w.Errorf("the CRM has the password %q", crm.field("wp_password"))
			}
		})
		if crm.field("login_field") != "ann@example.test" || crm.field("number") != "1" || crm.count("tag 7") != 1 {
			w.Errorf("fields %q, %q", crm.field("login_field"), crm.field("number"))
		}
		link, _, _ := w.store.Link(w.conn.SiteID, w.conn.AccountID, "7")
		if _, ok, _ := w.store.Intent(store.WorkKey{Connection: w.conn.ID, Contact: "7"}); ok || link.PasswordHandedOver.IsZero() {
			w.Errorf("intent left: %v, link %+v", ok, link)
		}
		if r := w.record(w.send(core.Add, "", "list_subscription", ann())); r.State != core.Applied || r.Outcome == core.Created {
			w.Errorf("again: %s %s", r.State, r.Outcome)
		}
		if n := crm.count("set"); n != 1 {
			w.Errorf("written %d times", n)
		}
	})
}

// However the way to the CRM is interrupted, there is one user and the CRM gets the
// password that works.
func TestAPasswordThatCannotBeHandedOverYet(t *testing.T) {
	for name, problem := range map[string]string{
		"the CRM is down": "crm.unreachable", "the key was revoked": "crm.unauthorized", "the field does not take it": "crm.not_written", "an error of the CRM": "crm.server_error",
	} {
		for _, call := range []string{"set", "tag 7"} {
			t.Run(name+", "+call, func(t *testing.T) {
				crmBubble(t, func(w *world, crm *memoryCRM) {
					crm.change(func() {
						crm.fail = func(c string) error {
							if strings.HasPrefix(c, call) {
								return core.NewProblem(problem, nil)
							}
							return nil
						}
					})
					seq := w.send(core.Add, "send_notification=true", "list_subscription", ann())
					if r := w.record(seq); r.State == core.Applied || r.Problem == nil || r.Problem.Code != problem {
						w.Errorf("meanwhile %s: %v", r.State, r.Problem)
					}
					w.restart()
					w.pass(time.Minute)
					crm.change(func() { crm.fail = nil })
					if _, err := w.engine.Retry(w.Context(), ""); err != nil {
						w.Fatal(err)
					}
					w.pass(time.Minute)
					if r := w.record(seq); r.State != core.Applied {
						w.Errorf("in the end %s: %v", r.State, r.Problem)
					}
					w.site.only(w.T)
					w.site.change(func() {
						if got := crm.field("wp_password"); got != w.site.password {
							w.Errorf("the CRM has %q, the site %q", got, w.site.password)
						}
					})
					if n := len(w.site.mailed()); n > 1 {
						w.Errorf("%d mails", n)
					}
					if !slices.Contains(crm.contacts["7"].Tags, "ready") {
						w.Error("the done tag is missing")
					}
					crm.change(func() {
						if crm.tooEarly {
							w.Error("the done tag came before the password")
						}
					})
					w.wantNoTrouble()
				})
			})
		}
	}
}

func TestACRMThatIsDownKeepsOnlyItsOwnWaiting(t *testing.T) {
	crmBubble(t, func(w *world, crm *memoryCRM) {
		crm.change(func() { crm.fail = func(string) error { return core.NewProblem("crm.unreachable", nil) } })
		waiting := w.send(core.Add, "", "list_subscription", lead{"id": "7"})
		withAPI := w.conn
		w.setup(strings.NewReplacer(`"shop"`, `"other"`, "0123456789abcdef", "fedcba9876543210", `"kind":"kartra"`, `"kind":"kartra","name":"second"`).Replace(setupJSON))
		w.want(w.send(core.Add, "", "list_subscription", lead{"id": "8", "email": "bob@example.test"}), core.Applied, core.Created)
		w.pass(3 * time.Hour)
		if r := w.want(waiting, core.Queued, ""); r.Attempts != 0 || r.Problem == nil || r.Problem.Code != "crm.unreachable" {
			w.Errorf("%d attempts, %v", r.Attempts, r.Problem)
		}
		if n := crm.count("contact"); n > 60 {
			w.Errorf("asked %d times in three hours", n)
		}
		crm.change(func() { crm.fail = nil })
		w.pass(10 * time.Minute)
		w.want(waiting, core.Applied, core.Created)
		w.wantNoTrouble()
		w.conn = withAPI
	})
}

func TestACRMErrorOfOneContactIsNotTheAccounts(t *testing.T) {
	crmBubble(t, func(w *world, crm *memoryCRM) {
		crm.change(func() {
			crm.contacts["8"] = core.Contact{ID: "8", Email: "bob@example.test", Fields: core.Fields{}}
			crm.fail = func(call string) error {
				if call == "contact 7" {
					return core.NewProblem("crm.server_error", nil)
				}
				return nil
			}
		})
		sick := w.send(core.Add, "", "list_subscription", lead{"id": "7"})
		w.want(w.send(core.Add, "", "list_subscription", lead{"id": "8"}), core.Applied, core.Created)
		if r := w.want(sick, core.Queued, ""); r.Attempts != 1 {
			w.Errorf("%d attempts", r.Attempts)
		}
		w.pass(48 * time.Hour)
		w.want(sick, core.Failed, "")
		w.wantNoTrouble()
	})
}

func TestAContactWhoIsGoneFromTheCRM(t *testing.T) {
	crmBubble(t, func(w *world, crm *memoryCRM) {
		w.send(core.Add, "", "list_subscription", lead{"id": "7"})
		crm.change(func() { clear(crm.contacts) })
		w.wantNote(w.want(w.send(core.Update, "", "list_subscription", lead{"id": "7"}), core.Applied, core.Unchanged), "contact.deleted")
		if r := w.want(w.send(core.Add, "", "list_subscription", lead{"id": "9"}), core.Held, ""); r.Problem.Code != "crm.no_contact" {
			w.Errorf("problem %v", r.Problem)
		}
		w.site.only(w.T)
	})
}

func TestAContactWithoutAnAddressIsLookedAtAgain(t *testing.T) {
	crmBubble(t, func(w *world, crm *memoryCRM) {
		crm.change(func() { crm.contacts["9"] = core.Contact{ID: "9", Fields: core.Fields{}} })
		seq := w.send(core.Add, "", "list_subscription", lead{"id": "9"})
		late := w.send(core.Add, "", "list_subscription", lead{"id": "10"})
		if r := w.want(seq, core.Queued, ""); r.Problem.Code != "contact.no_email_yet" {
			w.Errorf("problem %v", r.Problem)
		}
		w.want(late, core.Held, "")
		crm.change(func() { crm.contacts["9"] = core.Contact{ID: "9", Email: "nine@example.test", Fields: core.Fields{}} })
		w.pass(7 * time.Minute)
		w.want(seq, core.Applied, core.Created)
		crm.change(func() { crm.contacts["11"] = core.Contact{ID: "11", Fields: core.Fields{}} })
		never := w.send(core.Add, "", "list_subscription", lead{"id": "11"})
		w.pass(29 * time.Hour)
		w.want(never, core.Queued, "")
		w.pass(4 * time.Hour)
		if r := w.want(never, core.Held, ""); r.Problem.Code != "contact.no_email" {
			w.Errorf("problem %v", r.Problem)
		}
	})
}

func TestAnAnswerWaitsForThePasswordOnly(t *testing.T) {
	crmBubble(t, func(w *world, crm *memoryCRM) {
		await := func(action core.Action, conn string) time.Duration {
			start := time.Now()
			d := core.Delivery{Received: start, Connection: conn, Action: action, Method: "POST", Body: []byte(`{"lead":{"id":"7"},"action":"x"}`)}
			seq, err := w.store.Accept(w.Context(), d)
			if err != nil {
				w.Fatal(err)
			}
			w.engine.Await(w.Context(), d, seq)
			return time.Since(start)
		}
		w.site.setFail(func(call string) error {
			if call == "create" {
				time.Sleep(2 * time.Second)
			}
			return nil
		})
		if took := await(core.Add, w.conn.ID); took != 2*time.Second {
			w.Errorf("a new user took %v", took)
		}
		if r := w.record(1); r.State != core.Applied {
			w.Errorf("then it is %s", r.State)
		}
		if took := await(core.Update, w.conn.ID); took != 0 {
			w.Errorf("an update took %v", took)
		}
		crm.change(func() { crm.fail = func(string) error { return core.NewProblem("crm.unreachable", nil) } })
		if took := await(core.Add, w.conn.ID); took != handBackWait {
			w.Errorf("with the CRM down it took %v", took)
		}
	})
}

func TestSetupTriesTheCRM(t *testing.T) {
	tests := map[string]struct{ fields, code, about string }{
		"right":            {`{"api_key":"right","region":"east"}`, "", ""},
		"a default":        {`{"api_key":"right"}`, "", ""},
		"wrong":            {`{"api_key":"wrong"}`, "crm.unauthorized", ""},
		"missing":          {`{"region":"east"}`, "setup.invalid", "crm.fields.api_key (API Key) is missing"},
		"unknown":          {`{"api_key":"right","colour":"red"}`, "setup.invalid", "crm.fields.colour is not a field of Kartra; these are: api_key, region, proxy"},
		"not to be chosen": {`{"api_key":"right","region":"north"}`, "setup.invalid", "crm.fields.region is none of: east, west"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			bubbleOn(t, func(*memorySite) {}, func(w *world) {
				w.adapter = crmAdapter{crm: &memoryCRM{contacts: map[string]core.Contact{}}}
				w.restart()
				file := strings.Replace(setupJSON, `"kind":"kartra"`, `"kind":"kartra","fields":`+test.fields, 1)
				_, err := w.engine.Setup(w.Context(), []byte(file))
				if test.code != "" {
					if p := core.AsProblem(err); p.Code != test.code || p.Detail != test.about {
						w.Errorf("got %v about %q", err, p.Detail)
					}
					return
				}
				if err != nil {
					w.Fatal(err)
				}
				account, _ := w.store.Config().AccountNamed("kartra")
				if !account.API || account.Settings["region"] == "" || strings.Contains(fmt.Sprint(account), "right") {
					w.Errorf("account %+v", account)
				}
				if key, err := w.vault.Get(w.Context(), accountSecretName(account.ID, "api_key")); err != nil || key.Reveal() != "right" {
					w.Errorf("the key in the vault: %v", err)
				}
				moved := strings.Replace(setupJSON, `"kind":"kartra"`, `"kind":"kartra","base_url":"https://elsewhere.test"`, 1)
				if _, err := w.engine.Setup(w.Context(), []byte(moved)); !core.HasCode(err, "setup.invalid") {
					w.Errorf("moved without a key for there: %v", err)
				}
				w.setup(setupJSON) // says nothing of the CRM's fields
				if now, _ := w.store.Config().AccountNamed("kartra"); !now.API {
					w.Error("the API is forgotten")
				}
			})
		})
	}
}

func TestANewKeyRunsWhatWaitsByItself(t *testing.T) {
	crmBubble(t, func(w *world, crm *memoryCRM) {
		crm.change(func() { crm.fail = func(string) error { return core.NewProblem("crm.unauthorized", nil) } })
		seq := w.send(core.Add, "", "list_subscription", lead{"id": "7"})
		w.want(seq, core.Queued, "")
		crm.change(func() { crm.fail = nil })
		w.setup(crmJSON)
		w.pass(time.Second)
		w.want(seq, core.Applied, core.Created)
		w.wantNoTrouble()
	})
}

func TestWhatOnlyTheMessageTellsIsKept(t *testing.T) {
	contact := core.Contact{Email: "ann@example.test", Fields: core.Fields{"first_name": "Ann"}}
	then := core.Contact{Fields: core.Fields{"first_name": "Old", "action:product_name": "Yoga"}}
	got := withEventFields(contact, then)
	if want := (core.Fields{"first_name": "Ann", "action:product_name": "Yoga"}); !maps.Equal(got.Fields, want) || len(contact.Fields) != 1 {
		t.Errorf("got %q", map[string]string(got.Fields))
	}
}

// Somebody of another site of the network has a password of their own; what was generated
// would not let them in, and must not be mailed.
func TestAPersonOfTheNetworkIsAddedAndNotMade(t *testing.T) {
	crmBubble(t, func(w *world, crm *memoryCRM) {
		if !w.site.helper {
			return // without it the site does not show them
		}
		w.site.change(func() {
			w.site.network = []core.User{{ID: 77, Login: "ann@example.test", Email: "ann@example.test", Fields: core.Fields{}, Roles: []string{"subscriber"}}}
		})
		r := w.record(w.send(core.Add, "send_notification=true", "list_subscription", ann()))
		if r.State != core.Applied || r.Outcome == core.Created || r.UserID != 77 {
			w.Errorf("%s %s, user %d: %v", r.State, r.Outcome, r.UserID, r.Problem)
		}
		w.wantNote(r, "user.adopted")
		w.wantNote(r, "mail.not_new")
		if crm.count("set") != 0 || crm.field("wp_password") != "" {
			w.Error("a password that does not work was handed to the CRM")
		}
		if link, _, _ := w.store.Link(w.conn.SiteID, w.conn.AccountID, "7"); link.CreatedByUs || link.UserID != 77 {
			w.Errorf("link %+v", link)
		}
	})
}
