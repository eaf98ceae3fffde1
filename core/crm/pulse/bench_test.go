package pulse_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"usher/core"
	"usher/core/crm/pulse"
	"usher/core/practice"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// api is all that the client can do.
type api interface {
	core.Client
	core.Picker
	core.Scribe
	core.TagLister
	core.Authoriser
}

// vault keeps secrets as a keyring does, tells what is done with it, and fails on demand.
type vault struct {
	mu      sync.Mutex
	secrets map[string]string
	refuses string // the key it does not store
	seen    func(what string)
}

func newVault(secrets map[string]string) *vault {
	return &vault{secrets: secrets, seen: func(string) {}}
}

func (v *vault) Get(_ context.Context, key string) (core.Secret, error) {
	defer v.seen("get " + key)
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.secrets[key] == "" {
		return core.Secret{}, core.NewProblem("keyring.missing", nil)
	}
	return core.NewSecret(v.secrets[key]), nil
}

func (v *vault) Set(ctx context.Context, key string, value core.Secret) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.refuses == key || ctx.Err() != nil {
		return core.NewProblem("keyring.locked", ctx.Err())
	}
	v.secrets[key] = value.Reveal()
	v.seen("set " + key)
	return nil
}

func (v *vault) holds(key string) string {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.secrets[key]
}

func (v *vault) refuse(key string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.refuses = key
}

// open returns a client of what answers at a local address.
func open(t *testing.T, handler http.Handler, vault core.AccountVault) api {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return openAt(t, core.Account{BaseURL: server.URL}, vault)
}

func openAt(t *testing.T, account core.Account, vault core.AccountVault) api {
	t.Helper()
	settings := map[string]string{"client_id": "7"}
	for key, value := range account.Settings {
		settings[key] = value
	}
	account.Settings = settings
	client, err := pulse.Adapter{}.Open(account, vault)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return client.(api)
}

// signedIn is a practice CRM with a client that has its tokens.
func signedIn(t *testing.T) (*practice.Pulse, *vault, api) {
	t.Helper()
	crm := practice.NewPulse(practice.PulseConfig{})
	vault := newVault(crm.Login())
	return crm, vault, open(t, crm, vault)
}

func wantCode(t *testing.T, err error, code string) {
	t.Helper()
	if !core.HasCode(err, code) {
		t.Errorf("got %v, want %s", err, code)
	}
}

func isToken(r *http.Request) bool { return r.URL.Path == "/oauth/token" }

// watched is a server that remembers what it was sent.
func watched(t *testing.T, handler http.Handler) (address string, sent func() string) {
	t.Helper()
	var mu sync.Mutex
	var all strings.Builder
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = r.ParseForm()
		mu.Lock()
		_, _ = fmt.Fprintln(&all, r.Header, r.URL, r.Form)
		mu.Unlock()
		handler.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	return server.URL, func() string {
		mu.Lock()
		defer mu.Unlock()
		return all.String()
	}
}
