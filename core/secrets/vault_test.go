package secrets

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"usher/core"
)

// sessionEnv is set where a test runs itself again inside a private D-Bus session.
const sessionEnv = "USHER_TEST_SESSION"

func TestMain(m *testing.M) {
	if os.Getenv(sessionEnv) != "" {
		os.Exit(m.Run()) // go-keyring keeps its connection to the bus for good
	}
	goleak.VerifyTestMain(m)
}

// vault is what both kinds are to the rest of Usher.
type vault interface {
	Get(ctx context.Context, name string) (core.Secret, error)
	Set(ctx context.Context, name string, s core.Secret) error
	Delete(ctx context.Context, name string) error
	Kind() string
}

// testVault is what every vault must do. open returns the same vault each time, as after
// a restart.
func testVault(t *testing.T, kind string, open func(*testing.T) vault) {
	t.Run("says its kind", func(t *testing.T) {
		if got := open(t).Kind(); got != kind {
			t.Errorf("got %q, want %q", got, kind)
		}
	})
	t.Run("gives back what was set, also after a restart", func(t *testing.T) {
		secrets := map[string]string{
			"plain":              "pa55 word",
			"site/1/password":    "abcd EFGH ijkl MNOP qrst UVWX",
			"not UTF-8":          "\xff\x00\xfe",
			"quotes":             `'"$(id)\` + "\n",
			"name 'with\" %s ü":  "x",
			"the longest secret": strings.Repeat("x", MaxLength),
		}
		v := open(t)
		for name, secret := range secrets {
			mustSet(t, v, name, secret)
		}
		for _, v := range []vault{v, open(t)} {
			for name, secret := range secrets {
				wantSecret(t, v, name, secret)
			}
		}
	})
	t.Run("replaces", func(t *testing.T) {
		v := open(t)
		mustSet(t, v, "replaced", "old")
		mustSet(t, v, "replaced", "new")
		wantSecret(t, v, "replaced", "new")
	})
	t.Run("says when a name was never set", func(t *testing.T) {
		_, err := open(t).Get(t.Context(), "never set")
		wantCode(t, err, "keyring.missing")
	})
	t.Run("deletes one and leaves the others", func(t *testing.T) {
		v := open(t)
		mustSet(t, v, "deleted", "x")
		mustSet(t, v, "kept", "y")
		for range 2 { // the second time it is gone already
			if err := v.Delete(t.Context(), "deleted"); err != nil {
				t.Fatal(err)
			}
		}
		_, err := open(t).Get(t.Context(), "deleted")
		wantCode(t, err, "keyring.missing")
		wantSecret(t, v, "kept", "y")
	})
	t.Run("refuses a secret that is too long or empty, and keeps the old one", func(t *testing.T) {
		v := open(t)
		mustSet(t, v, "bounded", "old")
		wantCode(t, v.Set(t.Context(), "bounded", core.NewSecret(strings.Repeat("x", MaxLength+1))), "keyring.too_long")
		if err := v.Set(t.Context(), "bounded", core.Secret{}); err == nil {
			t.Error("took an empty secret")
		}
		wantSecret(t, v, "bounded", "old")
	})
	t.Run("does nothing for a context that has ended", func(t *testing.T) {
		v := open(t)
		mustSet(t, v, "ended", "old")
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err := v.Get(ctx, "ended")
		for call, err := range map[string]error{"Get": err, "Set": v.Set(ctx, "ended", core.NewSecret("new")), "Delete": v.Delete(ctx, "ended")} {
			if !errors.Is(err, context.Canceled) {
				t.Errorf("%s: got %v, want context.Canceled", call, err)
			}
		}
		wantSecret(t, v, "ended", "old")
	})
	t.Run("loses nothing when many write at once", func(t *testing.T) {
		v := open(t)
		var wg sync.WaitGroup
		for i := range 8 {
			wg.Go(func() {
				if err := v.Set(t.Context(), fmt.Sprint("many/", i), core.NewSecret(fmt.Sprint("secret ", i))); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		for i := range 8 {
			wantSecret(t, v, fmt.Sprint("many/", i), fmt.Sprint("secret ", i))
		}
	})
}

func mustSet(t *testing.T, v vault, name, secret string) {
	t.Helper()
	if err := v.Set(t.Context(), name, core.NewSecret(secret)); err != nil {
		t.Fatalf("set %q: %v", name, err)
	}
}

func wantSecret(t *testing.T, v vault, name, want string) {
	t.Helper()
	got, err := v.Get(t.Context(), name)
	if err != nil {
		t.Errorf("get %q: %v", name, err)
	}
	if got.Reveal() != want {
		t.Errorf("get %q: got %q, want %q", name, got.Reveal(), want)
	}
}

func wantCode(t *testing.T, err error, want string) {
	t.Helper()
	if !core.HasCode(err, want) {
		t.Errorf("got %v, want %s", err, want)
	}
}
