package engine

import (
	"context"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"usher/core"
)

// keys are the application passwords of the sites a world knows, by their text, and true
// for those made for Usher. It is Sites, and every Site it opens is a Revoker.
type keys struct {
	fakeSites
	mu    sync.Mutex
	valid map[string]bool
	fail  error // what the next revocation ends with
}

func (k *keys) Connect(ctx context.Context, address, user string, password core.Secret) (core.Site, error) {
	if _, ok := k.find(password); !ok {
		return core.Site{}, core.NewProblem("site.unauthorized", nil)
	}
	return k.fakeSites.Connect(ctx, address, user, core.NewSecret("right"))
}

func (k *keys) Open(site core.Site, password core.Secret) Site {
	return keySite{Site: k.fakeSites.Open(site, password), keys: k, password: password}
}

func (k *keys) find(password core.Secret) (ours, ok bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	ours, ok = k.valid[withoutSpaces(password)]
	return ours, ok
}

func (k *keys) left() string {
	k.mu.Lock()
	defer k.mu.Unlock()
	return strings.Join(slices.Sorted(maps.Keys(k.valid)), " ")
}

type keySite struct {
	Site
	keys     *keys
	password core.Secret
}

func (s keySite) MadeForUsher(context.Context) (bool, error) {
	ours, ok := s.keys.find(s.password)
	if !ok {
		return false, core.NewProblem("site.unauthorized", nil)
	}
	return ours, nil
}

func (s keySite) Revoke(ctx context.Context) error {
	if _, err := s.MadeForUsher(ctx); err != nil {
		return err
	}
	s.keys.mu.Lock()
	defer s.keys.mu.Unlock()
	if s.keys.fail != nil {
		return s.keys.fail
	}
	delete(s.keys.valid, withoutSpaces(s.password))
	return nil
}

// withKeys gives a world's sites passwords; "right" is the one it was set up with.
func withKeys(w *world) *keys {
	k := &keys{fakeSites: fakeSites{w.site}, valid: map[string]bool{"right": false, "one": true, "two": true}}
	w.engine.sites = k
	return k
}

func (w *world) connect(address, password string) core.SiteAnswer {
	w.Helper()
	done, err := w.engine.ConnectSite(w.Context(), address, "ann", core.NewSecret(password))
	if err != nil {
		w.Fatal(err)
	}
	return done
}

// stored is the password of the site at an API root.
func (w *world) stored(api string) string {
	w.Helper()
	site, ok := w.store.Config().SiteAt(api)
	if !ok {
		return ""
	}
	password, err := w.vault.Get(w.Context(), passwordName(site.ID))
	if err != nil {
		w.Fatal(err)
	}
	return password.Reveal()
}

const newAPI = "https://new.test/wp-json"

func TestAConnectedSiteNeedsNoPasswordInItsSetup(t *testing.T) {
	bubble(t, func(w *world) {
		withKeys(w)
		if done := w.connect(" New.test/ ", "one"); done.Site != "https://new.test" || done.User != "ann" || done.Name == "" || len(done.Notes) != 0 {
			w.Errorf("answer %+v", done)
		}
		if got := w.stored(newAPI); got != "one" {
			w.Errorf("stored %q", got)
		}
		w.setup(`{"site":{"url":"new.test"},"crm":{"kind":"kartra"},"connection":{"name":"new"}}`)
		w.restart()
		if site := w.store.Config().Sites[w.conn.SiteID]; site.API != newAPI {
			w.Errorf("after a restart the connection's site is %+v", site)
		}
	})
}

func TestAnotherPasswordTakesTheFirstOnesPlace(t *testing.T) {
	for name, c := range map[string]struct {
		old, now string
		prepare  func(*keys)
		left     string
		notes    int
	}{
		"made for Usher":             {"one", "two", nil, "right two", 0},
		"made by hand":               {"right", "two", nil, "one right two", 1},
		"the same again":             {"one", "o n e", nil, "one right two", 0},
		"revoked on the site before": {"one", "two", func(k *keys) { delete(k.valid, "one") }, "right two", 0},
		"not to be revoked":          {"one", "two", func(k *keys) { k.fail = core.NewProblem("site.unreachable", nil) }, "one right two", 1},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(w *world) {
				k := withKeys(w)
				w.connect("new.test", c.old)
				before, _ := w.store.Config().SiteAt(newAPI)
				if c.prepare != nil {
					c.prepare(k)
				}
				done := w.connect("new.test", c.now)
				if after, _ := w.store.Config().SiteAt(newAPI); after.ID != before.ID {
					w.Error("the site has another id")
				}
				if got := w.stored(newAPI); got != c.now {
					w.Errorf("stored %q", got)
				}
				if k.left() != c.left || len(done.Notes) != c.notes {
					w.Errorf("%s are left, want %s; notes %v", k.left(), c.left, done.Notes)
				}
			})
		})
	}
}

func TestAPasswordThatIsRefusedChangesNothing(t *testing.T) {
	for name, c := range map[string]struct{ user, password, code string }{
		"a wrong one":         {"ann", "wrong", "site.unauthorized"},
		"none":                {"ann", "", "site.invalid"},
		"an endless one":      {"ann", strings.Repeat("x", longestText+1), "site.invalid"},
		"no user":             {" ", "one", "site.invalid"},
		"an endless user":     {strings.Repeat("x", longestText+1), "one", "site.invalid"},
		"a user on two lines": {"ann\neve", "one", "site.invalid"},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(w *world) {
				k := withKeys(w)
				w.connect("new.test", "two")
				_, err := w.engine.ConnectSite(w.Context(), "new.test", c.user, core.NewSecret(c.password))
				if !core.HasCode(err, c.code) {
					w.Errorf("got %v, want %s", err, c.code)
				}
				if w.stored(newAPI) != "two" || k.left() != "one right two" {
					w.Errorf("stored %q, %s left", w.stored(newAPI), k.left())
				}
			})
		})
	}
}

func TestDisconnectingForgetsTheSiteAndItsPassword(t *testing.T) {
	for name, c := range map[string]struct {
		password string
		prepare  func(*keys)
		left     string
		note     string
	}{
		"made for Usher": {"one", nil, "right two", ""},
		"made by hand":   {"right", nil, "one two", ""},
		"out of reach":   {"one", func(k *keys) { k.fail = core.NewProblem("site.unreachable", nil) }, "one right two", "does not answer"},
		"revoked before": {"one", func(k *keys) { delete(k.valid, "one") }, "right two", "does not accept"},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(w *world) {
				k := withKeys(w)
				w.connect("new.test", c.password)
				site, _ := w.store.Config().SiteAt(newAPI)
				if c.prepare != nil {
					c.prepare(k)
				}
				done, err := w.engine.DisconnectSite(w.Context(), "HTTPS://new.test/")
				if err != nil || done.Site != "https://new.test" || done.User != "ann" {
					w.Fatalf("%+v, %v", done, err)
				}
				if note := strings.Join(done.Notes, " "); k.left() != c.left || !strings.Contains(note, c.note) || (note == "") != (c.note == "") {
					w.Errorf("%s are left, want %s; notes %q", k.left(), c.left, note)
				}
				if _, err := w.vault.Get(w.Context(), passwordName(site.ID)); !core.HasCode(err, "keyring.missing") {
					w.Errorf("the password is still stored: %v", err)
				}
				w.restart()
				if _, known := w.store.Config().SiteAt(newAPI); known {
					w.Error("the site is still known")
				}
			})
		})
	}
}

func TestASiteThatIsInUseOrUnknownIsNotDisconnected(t *testing.T) {
	bubble(t, func(w *world) {
		k := withKeys(w)
		_, err := w.engine.DisconnectSite(w.Context(), "shop.test")
		if p := core.AsProblem(err); p.Code != "site.in_use" || p.Detail != "shop" {
			w.Errorf("got %v", err)
		}
		if err := w.store.RemoveSite(w.Context(), w.conn.SiteID); !core.HasCode(err, "site.in_use") {
			w.Errorf("the store: %v", err)
		}
		if _, err := w.engine.DisconnectSite(w.Context(), "other.test"); !core.HasCode(err, "site.unknown") {
			w.Errorf("got %v", err)
		}
		if k.left() != "one right two" || w.stored("https://shop.test/wp-json") != "right" {
			w.Errorf("%s left, stored %q", k.left(), w.stored("https://shop.test/wp-json"))
		}
	})
}

func TestALockedKeyringKeepsTheSite(t *testing.T) {
	bubble(t, func(w *world) {
		k := withKeys(w)
		w.connect("new.test", "one")
		w.vault.lock(true)
		if _, err := w.engine.DisconnectSite(w.Context(), "new.test"); !core.HasCode(err, "keyring.locked") {
			w.Errorf("got %v", err)
		}
		w.vault.lock(false)
		if w.stored(newAPI) != "one" || k.left() != "one right two" {
			w.Errorf("stored %q, %s left", w.stored(newAPI), k.left())
		}
	})
}

// A running Usher goes on with the others, and with a site that comes back.
func TestTheLaneOfADisconnectedSiteRestsAndAnotherStarts(t *testing.T) {
	bubble(t, func(w *world) {
		withKeys(w)
		w.connect("new.test", "one")
		w.engine.setTrouble("https://new.test", core.NewProblem("site.unreachable", nil))
		if _, err := w.engine.DisconnectSite(w.Context(), "new.test"); err != nil {
			w.Fatal(err)
		}
		status, err := w.engine.Status(w.Context())
		if err != nil || len(status.Problems) != 0 {
			w.Errorf("%+v, %v", status.Problems, err)
		}
		w.connect("new.test", "two")
		w.setup(`{"site":{"url":"new.test"},"crm":{"kind":"kartra"},"connection":{"name":"new"}}`)
		seq := w.send(core.Add, "", "lead_created", lead{"id": "1", "email": "ann@example.test"})
		if r := w.record(seq); r.State != core.Applied || r.Outcome != core.Created {
			w.Errorf("record %+v", r)
		}
	})
}

func TestARemovedConnectionIsForgottenAndWhatWaitsIsHeld(t *testing.T) {
	bubble(t, func(w *world) {
		made := w.send(core.Add, "", "list_subscription", ann())
		w.want(made, core.Applied, core.Created)
		w.site.setFail(down)
		waiting := w.send(core.Update, "", "list_subscription", lead{"id": "7", "email": "ann@example.test", "first_name": "Anna"})
		done, err := w.engine.RemoveConnection(w.Context(), "shop")
		if err != nil || done.Connection != "shop" || len(done.Notes) != 2 {
			w.Fatalf("%+v, %v", done, err)
		}
		w.site.setFail(nil)
		w.pass(time.Hour)
		if r := w.want(waiting, core.Held, ""); r.Problem == nil || r.Problem.Code != "delivery.connection_gone" {
			w.Errorf("problem %v", r.Problem)
		}
		if u := w.site.only(w.T); u.Fields["first_name"] != "Ann" {
			w.Errorf("user %+v", u)
		}
		config := w.store.Config()
		if len(config.Connections) != 0 || len(config.Accounts) != 0 || len(config.Sites) != 1 {
			w.Errorf("left: %+v", config)
		}
		if _, err := w.vault.Get(w.Context(), keyName(w.conn.ID)); !core.HasCode(err, "keyring.missing") {
			w.Errorf("the key is still there: %v", err)
		}
		if _, err := w.engine.RemoveConnection(w.Context(), "shop"); !core.HasCode(err, "setup.no_connection") {
			w.Errorf("again: %v", err)
		}
	})
}
