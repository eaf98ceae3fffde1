package app

import (
	"context"
	"log/slog"
	"net"
	"path/filepath"
	"runtime"
	"testing"

	"go.uber.org/goleak"

	"usher/core"
	"usher/core/control"
	"usher/tunnel"
	"usher/tunnel/ngroktest"
)

func TestMain(m *testing.M) {
	var lingering []goleak.Option
	for _, name := range ngroktest.Lingering() {
		lingering = append(lingering, goleak.IgnoreAnyFunction(name))
	}
	goleak.VerifyTestMain(m, lingering...)
}

func options(dir string) Options {
	return Options{DataDir: dir, Secrets: SecretsFile, Passphrase: core.NewSecret("correct horse"), Log: slog.New(slog.DiscardHandler)}
}

func mustOpen(t *testing.T, o Options) *App {
	t.Helper()
	a, err := Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = a.Close() })
	return a
}

func TestADataFolderIsMadeOnceAndKnowsItsSecrets(t *testing.T) {
	o := options(filepath.Join(t.TempDir(), "new", "data"))
	first := mustOpen(t, o)
	id := first.store.ID()
	if _, err := Open(t.Context(), o); !core.HasCode(err, "store.in_use") {
		t.Errorf("second open: %v", err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		change func(*Options)
		code   string
	}{
		"another back end":     {func(o *Options) { o.Secrets = SecretsKeyring }, "keyring.other_backend"},
		"no passphrase at all": {func(o *Options) { o.Passphrase = core.Secret{} }, "keyring.no_passphrase"},
	} {
		t.Run(name, func(t *testing.T) {
			changed := o
			c.change(&changed)
			if _, err := Open(t.Context(), changed); !core.HasCode(err, c.code) {
				t.Errorf("got %v, want %s", err, c.code)
			}
		})
	}
	o.Secrets = "" // whatever it was made with
	if again := mustOpen(t, o); again.store.ID() != id {
		t.Error("a new store was made over the old one")
	}
}

func TestAddressesThatFailAreProblems(t *testing.T) {
	a := mustOpen(t, options(t.TempDir()))
	var lc net.ListenConfig
	taken, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = taken.Close() }()
	for code, plan := range map[string]core.AddressPlan{
		"address.port_taken": {Kind: core.LocalAddress, Listen: taken.Addr().String()},
		"address.bad_listen": {Kind: core.LocalAddress, Listen: "0.0.0.0:80"},
		"address.bad_url":    {Kind: core.FixedAddress, Listen: "127.0.0.1:0", URL: "ftp://hooks.test"},
		"address.no_token":   {Kind: core.NgrokAddress, Listen: "127.0.0.1:0"},
	} {
		err := a.Serve(t.Context(), ServeOptions{Plan: &plan, Ready: func(tunnel.Report) { t.Error("ready") }})
		if !core.HasCode(err, code) {
			t.Errorf("got %v, want %s", err, code)
		}
	}
}

func TestCommandsReachTheRunningUsherElseTheFolder(t *testing.T) {
	o := options(t.TempDir())
	a := mustOpen(t, o)
	ctx, stop := context.WithCancel(context.Background())
	ready, ended := make(chan tunnel.Report, 1), make(chan error, 1)
	go func() {
		plan := core.AddressPlan{Kind: core.LocalAddress, Listen: "127.0.0.1:0"}
		ended <- a.Serve(ctx, ServeOptions{Plan: &plan, Ready: func(r tunnel.Report) { ready <- r }})
	}()
	report := <-ready
	running, _, err := Backend(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if s, err := running.Status(ctx); err != nil || s.Address.State != "online" || s.Address.URL != report.URL {
		t.Errorf("status %+v, %v", s, err)
	}
	stop()
	if err := <-ended; err != nil {
		t.Errorf("serve: %v", err)
	}
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	opened, closeOpened, err := Backend(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = closeOpened() }()
	if _, isClient := opened.(*control.Client); isClient {
		t.Error("nobody runs, but somebody answers")
	}
	if s, err := opened.Status(t.Context()); err != nil || s.Address.State != "off" {
		t.Errorf("status %+v, %v", s, err)
	}
}

func TestDefaultDataDir(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("other systems have one fixed place")
	}
	t.Setenv("HOME", "/home/ann")
	for state, want := range map[string]string{
		"":           "/home/ann/.local/state/usher",
		"/var/state": "/var/state/usher",
		"relative":   "/home/ann/.local/state/usher", // the specification says to ignore these
	} {
		t.Setenv("XDG_STATE_HOME", state)
		if got, err := DefaultDataDir(); err != nil || got != want {
			t.Errorf("XDG_STATE_HOME=%q: %s, %v, want %s", state, got, err, want)
		}
	}
}
