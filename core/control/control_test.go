package control

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"usher/core"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// engine answers what it was told to, and remembers what it was asked.
type engine struct {
	Backend // what a test does not ask for
	asked   string
	err     error
}

func (e *engine) Status(context.Context) (core.Status, error) {
	return core.Status{Accepted: 7, Address: core.AddressStatus{State: "online", URL: "https://hooks.test"}}, e.err
}

func (e *engine) Deliveries(_ context.Context, limit int) ([]core.Line, error) {
	lines := []core.Line{{ID: "3", Action: core.Add, State: core.Held, Problem: &core.Trouble{Code: "contact.no_email"}}, {ID: "2"}, {ID: "1"}}
	return lines[:min(limit, len(lines))], e.err
}

func (e *engine) Retry(_ context.Context, id string) (int, error) {
	e.asked = id
	return 1, e.err
}

func (e *engine) Decline(_ context.Context, id string) error {
	e.asked = "no to " + id
	return e.err
}

func (e *engine) Setup(_ context.Context, file []byte) (core.SetupAnswer, error) {
	e.asked = string(file)
	return core.SetupAnswer{Connection: "shop", URLs: map[core.Action]string{core.Add: "https://hooks.test/?a=1&b=2"}}, e.err
}

func (e *engine) ConnectSite(_ context.Context, address, user string, password core.Secret) (core.SiteAnswer, error) {
	e.asked = strings.Join([]string{address, user, password.Reveal()}, " ")
	return core.SiteAnswer{Site: "https://shop.test", User: user, Notes: []string{"a note"}}, e.err
}

func (e *engine) DisconnectSite(_ context.Context, address string) (core.SiteAnswer, error) {
	e.asked = address
	return core.SiteAnswer{Site: "https://shop.test", User: "ann"}, e.err
}

func (e *engine) RemoveConnection(_ context.Context, name string) (core.RemovalAnswer, error) {
	e.asked = name
	return core.RemovalAnswer{Connection: name, Notes: []string{"a note"}}, e.err
}

func (e *engine) ChangeAddress(_ context.Context, change core.AddressChange, token core.Secret) (core.AddressPlan, error) {
	e.asked = string(*change.Kind) + " " + token.Reveal()
	return core.AddressPlan{Kind: *change.Kind, MonthlyLimit: *change.MonthlyLimit}, e.err
}

func (e *engine) SendTest(_ context.Context, connection, contact string) (core.TestAnswer, error) {
	e.asked = connection + ", " + contact
	return core.TestAnswer{Connection: connection, Steps: []core.Step{{Name: "address", State: core.StepOK, Took: core.Milliseconds(1500 * time.Millisecond)}}}, e.err
}

func (e *engine) Forget(_ context.Context, who core.PersonRef) (core.ForgetAnswer, error) {
	e.asked = who.CRM + ", " + who.Contact
	return core.ForgetAnswer{People: 1, Messages: 2, Notes: []string{"a note"}}, e.err
}

func (e *engine) ChangeKeeping(_ context.Context, change core.KeepingChange) (core.Keeping, error) {
	if e.err != nil {
		return core.Keeping{}, e.err
	}
	return core.DefaultKeeping().With(change)
}

// start serves a backend until the test ends.
func start(t *testing.T, dir string, b Backend) *Client {
	t.Helper()
	stop := serve(t, dir, b)
	t.Cleanup(stop)
	client, err := Dial(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	return client
}

func serve(t *testing.T, dir string, b Backend) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	listener, err := Listen(ctx, dir)
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- Serve(ctx, listener, b) }()
	return func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
}

func TestACommandGetsWhatTheEngineAnswers(t *testing.T) {
	e := &engine{}
	client := start(t, t.TempDir(), e)
	ctx := t.Context()
	if s, err := client.Status(ctx); err != nil || s.Accepted != 7 || s.Address.URL != "https://hooks.test" {
		t.Errorf("status %+v, %v", s, err)
	}
	if lines, err := client.Deliveries(ctx, 2); err != nil || len(lines) != 2 || lines[0].Problem.Code != "contact.no_email" {
		t.Errorf("deliveries %+v, %v", lines, err)
	}
	if n, err := client.Retry(ctx, "1 & 2"); err != nil || n != 1 || e.asked != "1 & 2" {
		t.Errorf("retry %d, %v, asked %q", n, err, e.asked)
	}
	if done, err := client.Forget(ctx, core.PersonRef{CRM: "shop", Contact: "a@b.test"}); err != nil || done.Messages != 2 || len(done.Notes) != 1 || e.asked != "shop, a@b.test" {
		t.Errorf("forget %+v, %v, asked %q", done, err, e.asked)
	}
	days := 0
	if k, err := client.ChangeKeeping(ctx, core.KeepingChange{SentDays: &days}); err != nil || k != (core.Keeping{Messages: 200_000}) {
		t.Errorf("keeping %+v, %v", k, err)
	}
	if err := client.Decline(ctx, "1 & 2"); err != nil || e.asked != "no to 1 & 2" {
		t.Errorf("decline %v, asked %q", err, e.asked)
	}
	if done, err := client.Setup(ctx, []byte(`{"site":{}}`)); err != nil || done.URLs[core.Add] != "https://hooks.test/?a=1&b=2" || e.asked != `{"site":{}}` {
		t.Errorf("setup %+v, %v, asked %q", done, err, e.asked)
	}
	if done, err := client.ConnectSite(ctx, "shop.test", "ann", core.NewSecret("abcd EFGH")); err != nil || done.User != "ann" || len(done.Notes) != 1 || e.asked != "shop.test ann abcd EFGH" {
		t.Errorf("connect %+v, %v, asked %q", done, err, e.asked)
	}
	if done, err := client.RemoveConnection(ctx, "Kartra → shop.test"); err != nil || len(done.Notes) != 1 || e.asked != "Kartra → shop.test" {
		t.Errorf("remove %+v, %v, asked %q", done, err, e.asked)
	}
	kind, limit := core.NgrokAddress, uint64(7)
	if plan, err := client.ChangeAddress(ctx, core.AddressChange{Kind: &kind, MonthlyLimit: &limit}, core.NewSecret("2abc")); err != nil || plan.MonthlyLimit != 7 || e.asked != "ngrok 2abc" {
		t.Errorf("address %+v, %v, asked %q", plan, err, e.asked)
	}
	if done, err := client.SendTest(ctx, "Kartra → shop.test", "ann@example.test"); err != nil || !done.OK() ||
		done.Steps[0].Took != core.Milliseconds(1500*time.Millisecond) || e.asked != "Kartra → shop.test, ann@example.test" {
		t.Errorf("test %+v, %v, asked %q", done, err, e.asked)
	}
	if done, err := client.DisconnectSite(ctx, "shop.test"); err != nil || done.Site != "https://shop.test" || e.asked != "shop.test" {
		t.Errorf("disconnect %+v, %v, asked %q", done, err, e.asked)
	}
}

func TestAProblemArrivesAsTheSameProblem(t *testing.T) {
	e := &engine{err: core.NewProblem("setup.key_in_use", errors.New("planted cause")).About("shop")}
	client := start(t, t.TempDir(), e)
	_, err := client.Setup(t.Context(), nil)
	p := core.AsProblem(err)
	if p.Code != "setup.key_in_use" || p.Detail != "shop" || p.Fix == "" || strings.Contains(err.Error(), "planted") {
		t.Errorf("got %v", err)
	}
	e.err = errors.New("planted cause")
	if _, err := client.Status(t.Context()); !core.HasCode(err, "app.internal") || strings.Contains(err.Error(), "planted") {
		t.Errorf("got %v", err)
	}
}

func TestASetupFileHasALimit(t *testing.T) {
	e := &engine{}
	client := start(t, t.TempDir(), e)
	if _, err := client.Setup(t.Context(), make([]byte, maxRequest+1)); !core.HasCode(err, "setup.invalid") || e.asked != "" {
		t.Errorf("got %v, asked %d bytes", err, len(e.asked))
	}
}

func TestARequestAboutASiteHasALimitAndAForm(t *testing.T) {
	e := &engine{}
	client := start(t, t.TempDir(), e)
	_, err := client.ConnectSite(t.Context(), "shop.test", "ann", core.NewSecret(strings.Repeat("x", maxRequest)))
	if !core.HasCode(err, "site.invalid") || e.asked != "" {
		t.Errorf("got %v, asked %d bytes", err, len(e.asked))
	}
	err = client.ask(t.Context(), "POST", "/sites/connect", nil, []byte(`{"password":7}`), new(core.SiteAnswer))
	if !core.HasCode(err, "site.invalid") || e.asked != "" {
		t.Errorf("got %v, asked %q", err, e.asked)
	}
}

func TestTheSocketIsItsOwnersAlone(t *testing.T) {
	for name, dir := range map[string]string{
		"in the data folder":                    t.TempDir(),
		"elsewhere, where the path is too long": filepath.Join(t.TempDir(), strings.Repeat("long", 30)),
	} {
		t.Run(name, func(t *testing.T) {
			start(t, dir, &engine{})
			path, err := socketPath(dir)
			if err != nil {
				t.Fatal(err)
			}
			info, err := os.Stat(path)
			if err != nil {
				t.Fatal(err)
			}
			if info.Mode().Perm()&0o077 != 0 || len(path) > maxPath {
				t.Errorf("mode %o, path of %d", info.Mode().Perm(), len(path))
			}
		})
	}
}

func TestNobodyAnswers(t *testing.T) {
	dir := t.TempDir()
	if _, err := Dial(t.Context(), dir); !errors.Is(err, ErrNotRunning) {
		t.Errorf("no socket: %v", err)
	}
	stop := serve(t, dir, &engine{})
	if _, err := Dial(t.Context(), dir); err != nil {
		t.Fatal(err)
	}
	stop()
	if _, err := Dial(t.Context(), dir); !errors.Is(err, ErrNotRunning) {
		t.Errorf("after its end: %v", err)
	}
	path, err := socketPath(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, nil, 0o600); err != nil { // what a crash leaves behind
		t.Fatal(err)
	}
	if _, err := Dial(t.Context(), dir); !errors.Is(err, ErrNotRunning) {
		t.Errorf("a leftover: %v", err)
	}
	start(t, dir, &engine{})
}

func TestOnlyTheQuestionsOfTheBackendAreAnswered(t *testing.T) {
	client := start(t, t.TempDir(), &engine{})
	for _, c := range []struct{ method, path string }{{"POST", "/status"}, {"GET", "/setup"}, {"GET", "/"}, {"GET", "/sites/connect"}, {"POST", "/sites"}} {
		err := client.ask(t.Context(), c.method, c.path, nil, nil, new(any))
		if err == nil {
			t.Errorf("%s %s was answered", c.method, c.path)
		}
	}
}
