package engine

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"usher/core"
	"usher/core/store"
)

// copied is a copy of the world's store as it is now.
func (w *world) copied() []byte {
	w.Helper()
	made, err := w.store.Snapshot(w.Context())
	if err != nil {
		w.Fatal(err)
	}
	data, err := io.ReadAll(made)
	if err = errors.Join(err, made.Close()); err != nil {
		w.Fatal(err)
	}
	return data
}

// putBack ends the engine and goes on with an old copy.
func (w *world) putBack(data []byte) {
	w.Helper()
	w.kill()
	path, err := store.PutAside(w.Context(), w.dir, "restoring", bytes.NewReader(data))
	if err != nil {
		w.Fatal(err)
	}
	s, err := store.OpenCopy(path)
	if err != nil {
		w.Fatal(err)
	}
	w.store = s
	err = Adopt(w.Context(), s, w.vault.secrets[IdentityName])
	e := New(Config{Store: s, Vault: w.vault, Adapters: []core.Adapter{w.adapter}})
	if err = errors.Join(err, e.KeepKeys(w.Context()), s.Close(), store.Replace(w.dir, path)); err != nil {
		w.Fatal(err)
	}
	w.open()
	w.run()
}

func bob() lead {
	return lead{"id": "8", "email": "bob@example.test", "first_name": "Bob", "last_name": "Moor"}
}

// What was done after an old copy was made, and comes again after it was put back, makes no
// twin, sends no second mail and changes no password.
func TestAnOldCopyHarmsNobody(t *testing.T) {
	bubble(t, func(w *world) {
		w.setup(resetJSON)
		const mail = "send_notification=true"
		w.want(w.send(core.Add, mail, "list_subscription", ann()), core.Applied, core.Created)
		old := w.copied()
		w.want(w.send(core.Add, mail, "list_subscription", bob()), core.Applied, core.Created)
		renamed := ann()
		renamed["first_name"] = "Anna"
		w.want(w.send(core.Update, "", "list_subscription", renamed), core.Applied, core.Updated)
		before, mails := w.site.all(), w.site.mailed()

		w.putBack(old)
		w.want(w.send(core.Add, mail, "list_subscription", bob()), core.Applied, core.Unchanged)
		w.want(w.send(core.Update, "", "list_subscription", renamed), core.Applied, core.Unchanged)
		w.pass(time.Hour)
		if now := w.site.all(); len(now) != 2 || fmt.Sprint(now) != fmt.Sprint(before) {
			w.Errorf("the site had %v and has %v", before, now)
		}
		if now := w.site.mailed(); !slices.Equal(now, mails) || len(now) != 2 {
			w.Errorf("mailed %q, before %q", now, mails)
		}
		if n := w.site.count("password"); n != 0 {
			w.Errorf("%d passwords were changed", n)
		}
	})
}

// The same for copies made at the worst moments: before and after every single thing that
// was asked of the site while a user was made and mailed.
func TestACopyOfAnyMomentHarmsNobody(t *testing.T) {
	const most = 8 // at least as many as there are
	for moment := range most {
		t.Run(fmt.Sprint(moment), func(t *testing.T) {
			bubble(t, func(w *world) {
				w.setup(resetJSON)
				var old []byte
				n := 0
				look := func(string) error {
					if n == moment {
						old = w.copied()
					}
					n++
					return nil
				}
				w.site.setFail(look)
				w.site.setAfter(look)
				w.want(w.send(core.Add, "send_notification=true", "list_subscription", bob()), core.Applied, core.Created)
				w.site.setFail(nil)
				w.site.setAfter(nil)
				if n < 2 || n > most {
					w.Fatalf("%d moments", n)
				}
				if old == nil {
					return // there are no more moments
				}
				user, mails := w.site.only(w.T), w.site.mailed()
				w.putBack(old)
				w.pass(time.Hour)
				w.send(core.Add, "send_notification=true", "list_subscription", bob())
				w.pass(time.Hour)
				if now := w.site.only(w.T); fmt.Sprint(now) != fmt.Sprint(user) {
					w.Errorf("the user was %v and is %v", user, now)
				}
				if now := w.site.mailed(); len(now) != 1 || !slices.Equal(now, mails) {
					w.Errorf("mailed %q, before %q", now, mails)
				}
				if counts, err := w.store.Counts(); err != nil || counts.Queued+counts.Held+counts.Failed != 0 {
					w.Errorf("after all %+v, %v", counts, err)
				}
			})
		})
	}
}

// An access key that is newer than the copy goes on opening the door.
func TestAKeyThatIsNewerThanTheCopyWorksOn(t *testing.T) {
	plainBubble(t, func(w *world) {
		old := w.copied()
		done, err := w.engine.RotateKey(w.Context(), "shop", true)
		if err != nil {
			w.Fatal(err)
		}
		_, query, _ := strings.Cut(done.URLs[core.Add], "access_key=")
		key, _, _ := strings.Cut(query, "&")
		w.putBack(old)
		if id, _, ok := w.store.Connection(key); !ok || id != w.conn.ID {
			w.Error("the key of the URL people see is refused")
		}
		if n := len(w.store.Config().Connections[w.conn.ID].Keys); n != 2 {
			w.Errorf("%d keys open the door", n)
		}
	})
}

// A Usher that leaves has nothing under way, takes nothing more, and says so until it is told
// to go on.
func TestLeaving(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		defer func() { w.kill() }()
		w.run()
		release, writing := make(chan struct{}), make(chan struct{})
		w.site.setFail(func(call string) error {
			if strings.HasPrefix(call, "create") {
				close(writing)
				<-release
			}
			return nil
		})
		sent := make(chan uint64, 1)
		go func() { sent <- w.send(core.Add, "", "list_subscription", ann()) }()
		<-writing
		left := make(chan error, 1)
		go func() { left <- w.engine.leave(t.Context()) }()
		time.Sleep(time.Second) // virtual
		select {
		case err := <-left:
			t.Fatalf("it left in the middle of writing: %v", err)
		default:
		}
		close(release)
		w.site.setFail(nil)
		if err := <-left; err != nil {
			t.Fatal(err)
		}
		w.want(<-sent, core.Applied, core.Created)

		w.restart() // it stays so
		accepted := false
		_, err := w.engine.Admit(func() (uint64, error) { accepted = true; return 1, nil })
		if !core.HasCode(err, "move.left") || accepted || !w.engine.Left() {
			t.Errorf("at the door: %v", err)
		}
		if o := w.overview(); !o.Paused || len(o.Status.Problems) != 1 || o.Status.Problems[0].Code != "move.left" {
			t.Errorf("it says %+v", o.Status.Problems)
		}
		if err := w.engine.Pause(t.Context(), "", false); err != nil {
			t.Fatal(err)
		}
		if n, err := w.engine.Admit(func() (uint64, error) { return 7, nil }); err != nil || n != 7 {
			t.Errorf("told to go on: %d, %v", n, err)
		}
		if o := w.overview(); o.Paused || len(o.Status.Problems) != 0 {
			t.Errorf("told to go on it says %+v", o.Status.Problems)
		}
	})
}

// Whoever gives up waiting for the writing to end is told so.
func TestLeavingCanBeGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		defer w.kill()
		w.engine.writing.RLock()
		defer w.engine.writing.RUnlock()
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if err := w.engine.leave(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
	})
}

// Everything that belongs to what is set up is taken along, and nothing else.
func TestWhatIsTakenAlong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		defer w.kill()
		account, site := w.conn.AccountID, w.conn.SiteID
		for _, name := range []string{
			tokenName, accountSecretName(account, "api_key"), accountSecretName(account, "app_id"),
			accountSecretName("other", "api_key"), passwordName("other"), "another program's",
		} {
			w.vault.secrets[name] = core.NewSecret("of " + name)
		}
		names := w.engine.secretNames(w.store.Config())
		found, err := secrets(t.Context(), w.vault, names)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{IdentityName, tokenName, passwordName(site), keyName(w.conn.ID), accountSecretName(account, "api_key")} {
			if !found[name].Equal(w.vault.secrets[name]) || found[name].Empty() {
				t.Errorf("%s is left behind", name)
			}
			delete(found, name)
		}
		for name := range found {
			if !strings.HasPrefix(name, "account/"+account) {
				t.Errorf("%s is taken along", name)
			}
		}

		given := map[string]core.Secret{"another program's": core.NewSecret("x"), passwordName("other"): core.NewSecret("y"), tokenName: core.NewSecret("z")}
		fresh := &memoryVault{secrets: map[string]core.Secret{}}
		e := New(Config{Store: w.store, Vault: fresh, Adapters: []core.Adapter{w.adapter}})
		if err := e.MoveIn(t.Context(), given, true); err != nil {
			t.Fatal(err)
		}
		if len(fresh.secrets) != 1 || fresh.secrets[tokenName].Reveal() != "z" || !e.isPaused() {
			t.Errorf("moved in: %v, paused %v", len(fresh.secrets), e.isPaused())
		}

		w.vault.lock(true)
		if err := w.engine.Export(t.Context(), io.Discard, core.NewSecret("correct horse"), false); !core.HasCode(err, "keyring.locked") {
			t.Errorf("with the keyring locked: %v", err)
		}
		w.vault.lock(false)
		delete(w.vault.secrets, IdentityName)
		if err := w.engine.Export(t.Context(), io.Discard, core.NewSecret("correct horse"), false); !core.HasCode(err, "keyring.missing") {
			t.Errorf("without the identity: %v", err)
		}
		if err := w.engine.Export(t.Context(), io.Discard, core.NewSecret("short"), true); !core.HasCode(err, "move.passphrase_short") || w.engine.Left() {
			t.Errorf("with a short passphrase: %v, left %v", err, w.engine.Left())
		}
	})
}
