package app

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"usher/core"
	"usher/core/control"
	"usher/core/engine"
	"usher/core/move"
	"usher/core/practice"
	"usher/core/store"
	"usher/tunnel"
)

// shop is an Usher for a practice site, with its secrets in memory.
type shop struct {
	*App
	t     *testing.T
	o     Options
	local string       // while it runs
	stop  func() error // while it runs
	query string       // of its webhook URLs, without the action
}

var passphrase = core.NewSecret("correct horse battery")

func newSite(t *testing.T) (*practice.Site, string) {
	t.Helper()
	site := practice.NewSite(practice.SiteConfig{Admin: practice.Admin{AppPassword: core.NewSecret("PlantedAppPassword123456")}})
	server := httptest.NewServer(site)
	t.Cleanup(server.Close)
	return site, server.URL
}

func newShop(t *testing.T, siteURL string) *shop {
	t.Helper()
	s := &shop{t: t, o: memoryOptions(t)}
	s.open()
	done, err := s.Engine.Setup(t.Context(), fmt.Appendf(nil, `{"site":{"url":%q,"user":"admin","application_password":"PlantedAppPassword123456"},"crm":{"kind":"kartra"},"connection":{"name":"Shop","access_key":"planted-key-0123456789"}}`, siteURL))
	if err != nil {
		t.Fatal(err)
	}
	_, s.query, _ = strings.Cut(done.URLs[core.Add], "&")
	return s
}

func memoryOptions(t *testing.T) Options {
	o := options(filepath.Join(t.TempDir(), "data"))
	o.vault = newMemory()
	return o
}

func (s *shop) open() {
	s.t.Helper()
	s.App = mustOpen(s.t, s.o)
}

func (s *shop) run() {
	s.t.Helper()
	plan := core.AddressPlan{Kind: core.LocalAddress, Listen: "127.0.0.1:0"}
	local, stop, err := InBackground(context.WithoutCancel(s.t.Context()), func(ctx context.Context, ready func(tunnel.Report)) error {
		return s.Serve(ctx, ServeOptions{Plan: &plan, Ready: ready, Stay: true})
	})
	if err != nil {
		s.t.Fatal(err)
	}
	s.local = local
	ended := false
	s.stop = func() error {
		if ended {
			return nil
		}
		ended = true
		return stop()
	}
	s.t.Cleanup(func() { _ = s.stop() })
}

func (s *shop) quit() {
	s.t.Helper()
	if s.stop != nil {
		if err := s.stop(); err != nil {
			s.t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		s.t.Fatal(err)
	}
}

// client is the line to it while it runs.
func (s *shop) client() *control.Client {
	s.t.Helper()
	client, err := Running(s.t.Context(), s.o)
	if err != nil || client == nil {
		s.t.Fatal(client, err)
	}
	return client
}

// send sends a webhook about a person and returns how it was answered; 0 for not at all.
func (s *shop) send(id, first string) int {
	s.t.Helper()
	body := fmt.Sprintf(`{"lead":{"id":%q,"email":"%s@example.test","first_name":%q},"action":"list_subscription"}`, id, id, first)
	req, err := http.NewRequestWithContext(s.t.Context(), http.MethodPost, s.local+"/?wpf_action=add&"+s.query, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0
	}
	_ = resp.Body.Close()
	return resp.StatusCode
}

// settled waits until nothing is to be done any more.
func (s *shop) settled(accepted uint64) {
	s.t.Helper()
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(5 * time.Millisecond) {
		status, err := s.Engine.Status(s.t.Context())
		if err != nil {
			s.t.Fatal(err)
		}
		if status.Accepted == accepted && status.Queued == 0 {
			return
		}
		if time.Now().After(deadline) {
			s.t.Fatalf("status %+v", status)
		}
	}
}

// people are the users of a site but its administrator, with their first names.
func people(site *practice.Site) (list []string) {
	for _, u := range site.Users() {
		if u.Email != "admin@example.test" {
			list = append(list, fmt.Sprintf("%d %s %s", u.ID, u.Email, u.Fields["first_name"]))
		}
	}
	return list
}

func wantPeople(t *testing.T, site *practice.Site, want ...string) {
	t.Helper()
	if got := people(site); !slices.Equal(got, want) {
		t.Errorf("the site has %q, want %q", got, want)
	}
}

func exported(t *testing.T, s *shop, stop bool) string {
	t.Helper()
	path := NewName(t.TempDir(), "move", ".usher", time.Date(2026, 11, 21, 9, 0, 0, 0, time.Local))
	if err := Export(t.Context(), s.client(), path, passphrase, stop); err != nil {
		t.Fatal(err)
	}
	return path
}

// The whole way: what waits moves along, the same URL goes on working, nobody is made twice,
// and the old computer takes nothing it could not do any more.
func TestMovingToAnotherComputer(t *testing.T) {
	site, url := newSite(t)
	old := newShop(t, url)
	old.run()
	old.send("ann", "Ann")
	old.settled(1)
	if err := old.Engine.Pause(t.Context(), "", true); err != nil {
		t.Fatal(err)
	}
	if got := old.send("bob", "Bob"); got != http.StatusOK {
		t.Fatalf("answered %d", got)
	}
	path := exported(t, old, true)
	if filepath.Base(path) != "usher-move-2026-11-21.usher" {
		t.Errorf("it is called %s", path)
	}
	if info, err := os.Stat(path); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
	if got := old.send("cy", "Cy"); got == http.StatusOK {
		t.Error("the old computer takes a message that nobody will carry out")
	}
	overview, err := old.Engine.Overview(t.Context())
	if err != nil || !left(overview) || overview.Status.Address.State != "off" && overview.Status.Address.URL != "" {
		t.Errorf("the old one says %+v, %v", overview.Status, err)
	}
	wantPeople(t, site, "2 ann@example.test Ann")

	fresh := &shop{t: t, o: memoryOptions(t), query: old.query}
	fresh.open() // as the desktop program does before its wizard
	fresh.quit()
	arrival, err := ReadMove(t.Context(), fresh.o, path, passphrase)
	if err != nil {
		t.Fatal(err)
	}
	if !arrival.Settled || arrival.Waiting != 1 || !slices.Equal(arrival.Connections, []string{"Shop"}) {
		t.Errorf("arrived: %+v", arrival)
	}
	if err := errors.Join(arrival.Settle(t.Context()), arrival.Close()); err != nil {
		t.Fatal(err)
	}
	fresh.open()
	fresh.run()
	fresh.settled(2)
	wantPeople(t, site, "2 ann@example.test Ann", "3 bob@example.test Bob")
	fresh.send("ann", "Anna")
	fresh.settled(3)
	wantPeople(t, site, "2 ann@example.test Anna", "3 bob@example.test Bob")
	if left := entries(t, fresh.o.DataDir); slices.ContainsFunc(left, func(n string) bool { return strings.Contains(n, "moving") }) {
		t.Errorf("left in the folder: %q", left)
	}

	// The owner thinks better of it.
	if err := old.Engine.Pause(t.Context(), "", false); err != nil {
		t.Fatal(err)
	}
	if overview, err := old.Engine.Overview(t.Context()); err != nil || left(overview) {
		t.Errorf("told to go on: %+v, %v", overview.Status.Problems, err)
	}
}

func entries(t *testing.T, dir string) (names []string) {
	t.Helper()
	list, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range list {
		names = append(names, e.Name())
	}
	return names
}

// content is what a move file of a shop holds, without the second that sealing takes.
func (s *shop) content(settled bool) (move.Content, []byte) {
	s.t.Helper()
	copied, err := s.store.Snapshot(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	data, err := io.ReadAll(copied)
	if err = errors.Join(err, copied.Close()); err != nil {
		s.t.Fatal(err)
	}
	return move.Content{Settled: settled, Secrets: s.o.vault.(*memory).secrets}, data
}

func TestAnUsherThatWasNotStoppedArrivesPaused(t *testing.T) {
	_, url := newSite(t)
	old := newShop(t, url)
	content, data := old.content(false)
	o := memoryOptions(t)
	arrival, err := receive(t.Context(), o, content, bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	if err := arrival.Settle(t.Context()); err != nil {
		t.Fatal(err)
	}
	if overview, err := mustOpen(t, o).Engine.Overview(t.Context()); err != nil || !overview.Paused || left(overview) {
		t.Errorf("it begins with %+v, %v", overview, err)
	}
}

func TestTheDataSaysWhereItsSecretsAreHere(t *testing.T) {
	_, url := newSite(t)
	old := newShop(t, url)
	content, data := old.content(true)
	for name, c := range map[string]struct {
		chosen, file, want string
	}{
		"as chosen":             {SecretsFile, "another", SecretsFile},
		"by the file there":     {"", sealedName, SecretsFile},
		"as chosen, not so":     {SecretsKeyring, sealedName, SecretsKeyring},
		"where nothing is said": {"", "another", SecretsKeyring},
	} {
		t.Run(name, func(t *testing.T) {
			o := memoryOptions(t)
			o.Secrets = c.chosen
			err := os.MkdirAll(o.DataDir, 0o700)
			if err = errors.Join(err, os.WriteFile(filepath.Join(o.DataDir, c.file), nil, 0o600)); err != nil {
				t.Fatal(err)
			}
			arrival, err := receive(t.Context(), o, content, bytes.NewReader(data))
			if err != nil {
				t.Fatal(err)
			}
			if err := arrival.Settle(t.Context()); err != nil {
				t.Fatal(err)
			}
			if got := mustOpen(t, o).store.Secrets(); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

var errCrash = errors.New("crashed")

// crashing is a vault that takes some secrets and then no more.
type crashing struct {
	engine.Vault
	after int
}

func (c *crashing) Set(ctx context.Context, name string, secret core.Secret) error {
	if c.after--; c.after < 0 {
		return errCrash
	}
	return c.Vault.Set(ctx, name, secret)
}

// Wherever moving in ends, there is no Usher in the folder, and moving in again is all it takes.
func TestMovingInEndsAnywhereAndIsDoneAgain(t *testing.T) {
	_, url := newSite(t)
	old := newShop(t, url)
	content, data := old.content(true)
	for n := range len(content.Secrets) {
		o := memoryOptions(t)
		whole := o.vault
		mustOpen(t, o).quitNow(t)
		o.vault = &crashing{whole, n}
		arrival, err := receive(t.Context(), o, content, bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		if err := arrival.Settle(t.Context()); !errors.Is(err, errCrash) {
			t.Fatalf("after %d secrets: %v", n, err)
		}
		if store.Exists(o.DataDir) {
			t.Fatalf("after %d secrets there is half a Usher", n)
		}
		_ = arrival.store.Close() // as a crash does: nothing is cleared away

		o.vault = whole
		again, err := receive(t.Context(), o, content, bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		if err := again.Settle(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := mustOpen(t, o).Engine.KeepKeys(t.Context()); err != nil {
			t.Error(err)
		}
	}
}

func (a *App) quitNow(t *testing.T) {
	t.Helper()
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestAFileThatIsNotRightChangesNothing(t *testing.T) {
	_, url := newSite(t)
	old := newShop(t, url)
	content, data := old.content(true)
	other := newShop(t, url)
	foreign, _ := other.content(true)
	for name, c := range map[string]struct {
		content move.Content
		data    []byte
		code    string
	}{
		"half a store":       {content, data[:len(data)/2], "move.damaged"},
		"no store":           {content, nil, "move.damaged"},
		"no identity":        {move.Content{}, data, "move.damaged"},
		"another's identity": {foreign, data, "move.damaged"},
	} {
		t.Run(name, func(t *testing.T) {
			o := memoryOptions(t)
			if a, err := receive(t.Context(), o, c.content, bytes.NewReader(c.data)); !core.HasCode(err, c.code) {
				t.Errorf("got %v, %v", a, err)
			}
			if left := entries(t, o.DataDir); len(left) > 0 {
				t.Errorf("left: %q", left)
			}
		})
	}
	if _, err := ReadMove(t.Context(), memoryOptions(t), filepath.Join(t.TempDir(), "none"), passphrase); !core.HasCode(err, "copy.not_read") {
		t.Errorf("a file that is not there: %v", err)
	}
}

func TestAnUsherAtWorkIsNotReplaced(t *testing.T) {
	_, url := newSite(t)
	old, here := newShop(t, url), newShop(t, url)
	content, data := old.content(true)
	arrival, err := receive(t.Context(), here.o, content, bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	if err := arrival.Settle(t.Context()); !core.HasCode(err, "store.in_use") {
		t.Errorf("while it is open: %v", err)
	}
	id := here.store.ID()
	here.quit()
	err = arrival.Settle(t.Context())
	if !core.HasCode(err, "move.not_empty") || core.AsProblem(err).Detail != "Shop" || !core.HasCode(Vacant(here.o), "move.not_empty") {
		t.Errorf("got %v", err)
	}
	if err := arrival.Close(); err != nil {
		t.Error(err)
	}
	if here.open(); here.store.ID() != id || len(here.store.Config().Connections) != 1 {
		t.Error("it was replaced all the same")
	}
}

func TestASiteAloneIsAlsoNamed(t *testing.T) {
	_, url := newSite(t)
	s := &shop{t: t, o: memoryOptions(t)}
	s.open()
	if _, err := s.Engine.ConnectSite(t.Context(), url, "admin", core.NewSecret("PlantedAppPassword123456")); err != nil {
		t.Fatal(err)
	}
	s.quit()
	if err := Vacant(s.o); !core.HasCode(err, "move.not_empty") || core.AsProblem(err).Detail != url {
		t.Errorf("got %v, want it to name %s", err, url)
	}
}

// lockedVault is a keyring nobody unlocks.
type lockedVault struct{ engine.Vault }

func (lockedVault) Get(context.Context, string) (core.Secret, error) {
	return core.Secret{}, core.NewProblem("keyring.locked", nil)
}

func TestAnExportThatCannotBeHadStopsNothing(t *testing.T) {
	_, url := newSite(t)
	s := newShop(t, url)
	s.quit()
	locked := s.o
	locked.vault = lockedVault{s.o.vault}
	s.o = locked
	s.open()
	folder := t.TempDir()
	path := filepath.Join(folder, "usher.move")
	if err := Export(t.Context(), s.Engine, path, passphrase, true); !core.HasCode(err, "keyring.locked") {
		t.Errorf("got %v", err)
	}
	if overview, err := s.Engine.Overview(t.Context()); err != nil || overview.Paused || left(overview) {
		t.Errorf("it was stopped: %+v, %v", overview, err)
	}
	if left := entries(t, folder); len(left) > 0 {
		t.Errorf("left: %q", left)
	}
}

func TestCopiesAreWrittenWholeOrNotAtAll(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "copy")
	write := func(text string, err error) func(io.Writer) error {
		return func(to io.Writer) error { _, _ = io.WriteString(to, text); return err }
	}
	refuse := func(string) error { return core.NewProblem("backup.damaged", nil) }
	if err := writeCopy(path, write("half", errCrash), nothingToCheck); !errors.Is(err, errCrash) {
		t.Errorf("got %v", err)
	}
	if err := writeCopy(path, write("wrong", nil), refuse); !core.HasCode(err, "backup.damaged") {
		t.Errorf("got %v", err)
	}
	if left := entries(t, folder); len(left) > 0 {
		t.Errorf("left: %q", left)
	}
	if err := writeCopy(filepath.Join(folder, "no such", "copy"), write("x", nil), nothingToCheck); !core.HasCode(err, "copy.not_written") {
		t.Errorf("got %v", err)
	}
	if err := writeCopy(path, write("whole", nil), nothingToCheck); err != nil {
		t.Fatal(err)
	}
	if err := writeCopy(path, write("another", nil), nothingToCheck); !core.HasCode(err, "copy.exists") {
		t.Errorf("got %v", err)
	}
	if text, err := os.ReadFile(path); err != nil || string(text) != "whole" || len(entries(t, folder)) != 1 {
		t.Errorf("%q, %v, %q", text, err, entries(t, folder))
	}
	at := time.Date(2026, 11, 21, 9, 0, 0, 0, time.Local)
	first := NewName(folder, "backup", ".db", at)
	if err := os.WriteFile(first, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if second := NewName(folder, "backup", ".db", at); filepath.Base(first) != "usher-backup-2026-11-21.db" || filepath.Base(second) != "usher-backup-2026-11-21-2.db" {
		t.Errorf("%q, %q", first, second)
	}
}
