package secrets

import (
	"context"
	"errors"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	gokeyring "github.com/zalando/go-keyring"

	"usher/core"
)

// fakeSystem is a keyring in memory that can hang, fail and panic.
type fakeSystem struct {
	mu      sync.Mutex
	entries map[string]string
	running int
	most    int           // calls at once, at most
	hang    chan struct{} // calls wait for it to be closed
	err     error
	panics  bool
	locked  bool
	prompts int // calls that had to ask the person
}

func newFakeSystem() *fakeSystem { return &fakeSystem{entries: map[string]string{}} }

func (f *fakeSystem) do(op func() error) error {
	f.mu.Lock()
	f.running++
	f.most = max(f.most, f.running)
	hang := f.hang
	f.mu.Unlock()
	if hang != nil {
		<-hang
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.running--
	if f.panics {
		panic("pa55word")
	}
	if f.err != nil {
		return f.err
	}
	if f.locked {
		f.prompts++
		return errors.New("failed to unlock correct collection '/org/freedesktop/secrets/aliases/default'")
	}
	return op()
}

func (f *fakeSystem) Locked() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.locked
}

func (f *fakeSystem) lock(locked bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.locked = locked
}

func (f *fakeSystem) Get(service, account string) (text string, err error) {
	err = f.do(func() error {
		var ok bool
		if text, ok = f.entries[service+":"+account]; !ok {
			return gokeyring.ErrNotFound
		}
		return nil
	})
	return text, err
}

func (f *fakeSystem) Set(service, account, text string) error {
	return f.do(func() error { f.entries[service+":"+account] = text; return nil })
}

func (f *fakeSystem) Delete(service, account string) error {
	return f.do(func() error {
		if _, ok := f.entries[service+":"+account]; !ok {
			return gokeyring.ErrNotFound
		}
		delete(f.entries, service+":"+account)
		return nil
	})
}

func TestKeyringIsAVault(t *testing.T) {
	fake := newFakeSystem()
	testVault(t, "keyring", func(*testing.T) vault { return newKeyring("store1", fake, time.Minute) })
}

func TestKeyringEntriesCarryTheStore(t *testing.T) {
	fake := newFakeSystem()
	mustSet(t, newKeyring("store1", fake, time.Minute), "identity", "one")
	_, err := newKeyring("store2", fake, time.Minute).Get(t.Context(), "identity")
	wantCode(t, err, "keyring.missing")
	if _, ok := fake.entries["usher:store1/identity"]; !ok {
		t.Errorf("stored under %v", fake.entries)
	}
}

func TestKeyringThatHangs(t *testing.T) {
	fake := newFakeSystem()
	fake.entries["usher:s/a"] = "secret"
	fake.hang = make(chan struct{})
	k := newKeyring("s", fake, 20*time.Millisecond)

	t.Run("is called locked, by every call and without piling up", func(t *testing.T) {
		for range 5 {
			_, err := k.Get(t.Context(), "a")
			wantCode(t, err, "keyring.locked")
			wantCode(t, k.Set(t.Context(), "b", core.NewSecret("x")), "keyring.locked")
			wantCode(t, k.Delete(t.Context(), "a"), "keyring.locked")
		}
		fake.mu.Lock()
		defer fake.mu.Unlock()
		if fake.running != 1 || fake.most != 1 {
			t.Errorf("%d calls run, at most %d at once, want 1", fake.running, fake.most)
		}
	})
	t.Run("does not outlast the caller's context", func(t *testing.T) {
		patient := newKeyring("s", fake, time.Hour)
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		defer cancel()
		_, err := patient.Get(ctx, "a")
		if !errors.Is(err, context.DeadlineExceeded) || core.HasCode(err, "keyring.locked") {
			t.Errorf("got %v, want context.DeadlineExceeded", err)
		}
	})
	t.Run("goes on by itself once it answers", func(t *testing.T) {
		close(fake.hang)
		k.timeout = time.Minute
		wantSecret(t, k, "a", "secret")
	})
}

func TestKeyringAnswersLateInOrder(t *testing.T) {
	fake := newFakeSystem()
	fake.hang = make(chan struct{})
	k := newKeyring("s", fake, 10*time.Millisecond)
	wantCode(t, k.Set(t.Context(), "a", core.NewSecret("old")), "keyring.locked")

	k.timeout = time.Minute
	done := make(chan error)
	go func() { done <- k.Set(t.Context(), "a", core.NewSecret("new")) }()
	close(fake.hang)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	wantSecret(t, k, "a", "new")
}

func TestKeyringPanicIsAProblem(t *testing.T) {
	fake := newFakeSystem()
	fake.panics = true
	k := newKeyring("s", fake, time.Minute)
	_, err := k.Get(t.Context(), "a")
	wantCode(t, err, "keyring.unavailable")
	if strings.Contains(errors.Unwrap(err).Error(), "pa55word") {
		t.Error("the error quotes the panic")
	}
	fake.panics = false
	mustSet(t, k, "a", "x") // the turn was given back
}

func TestKeyringErrors(t *testing.T) {
	exit := func(status string) error {
		return exec.CommandContext(t.Context(), "sh", "-c", "exit "+status).Run()
	}
	cases := map[string]struct {
		err  error
		code string
	}{
		"not found":                  {gokeyring.ErrNotFound, "keyring.missing"},
		"too big":                    {gokeyring.ErrSetDataTooBig, "keyring.too_long"},
		"no keyring on this system":  {gokeyring.ErrUnsupportedPlatform, "keyring.unavailable"},
		"no secret service":          {errors.New("The name org.freedesktop.secrets was not provided by any .service files"), "keyring.unavailable"},
		"no bus":                     {errors.New("dial unix /run/user/1000/bus: connect: no such file or directory"), "keyring.unavailable"},
		"no prompt, or sent away":    {errors.New("failed to unlock correct collection '/org/freedesktop/secrets/collection/login'"), "keyring.locked"},
		"locked between two calls":   {errors.New("Cannot get secret of a locked object"), "keyring.locked"},
		"macOS: nobody there to ask": {exit("36"), "keyring.locked"},
		"macOS: wrong password":      {exit("51"), "keyring.locked"},
		"macOS: sent away":           {exit("128"), "keyring.locked"},
		"macOS: anything else":       {exit("1"), "keyring.unavailable"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			fake := newFakeSystem()
			fake.err = c.err
			_, err := newKeyring("s", fake, time.Minute).Get(t.Context(), "a")
			wantCode(t, err, c.code)
		})
	}
}

// Usher asks again and again whether the keyring is open by now; the person must not be.
func TestAPersonWhoLeavesTheKeyringLockedIsLeftAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake := newFakeSystem()
		k := newKeyring("store1", fake, callTimeout)
		mustSet(t, k, "a", "secret")
		fake.lock(true)
		for range 20 {
			_, err := k.Get(t.Context(), "a")
			wantCode(t, err, "keyring.locked")
			time.Sleep(time.Minute)
		}
		if fake.prompts != 1 {
			t.Errorf("asked %d times within 20 minutes", fake.prompts)
		}
		wantCode(t, k.Set(t.Context(), "b", core.NewSecret("x")), "keyring.locked")
		if fake.prompts != 2 {
			t.Error("not asked for what the person wants to be stored")
		}
		time.Sleep(leaveAlone)
		_, err := k.Get(t.Context(), "a")
		wantCode(t, err, "keyring.locked")
		if fake.prompts != 3 {
			t.Error("never asked again")
		}
		fake.lock(false)
		wantSecret(t, k, "a", "secret")
	})
}
