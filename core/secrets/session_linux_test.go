package secrets

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"

	"usher/core"
	"usher/core/secrets/realkeyring"
)

// These tests meet a real gnome-keyring. Each runs itself again inside a D-Bus session of
// its own, with its own home, so that nobody's keyring is touched and go-keyring's
// connection, of which a process has one, is of that session.

func TestRealKeyring(t *testing.T) {
	if !insideSession(t) {
		return
	}
	realkeyring.Here(t).StartKeyring()
	testVault(t, "keyring", func(*testing.T) vault { return NewKeyring("store1") })
}

func TestRealKeyringLocked(t *testing.T) {
	if !insideSession(t) {
		return
	}
	keyring := realkeyring.Here(t).StartKeyring()
	k := NewKeyring("store1")
	mustSet(t, k, "a", "secret")
	keyring.Lock()

	if !k.system.Locked() {
		t.Error("a locked keyring is not known to be locked")
	}
	start := time.Now()
	_, err := k.Get(t.Context(), "a")
	wantCode(t, err, "keyring.locked")
	wantCode(t, k.Set(t.Context(), "a", core.NewSecret("x")), "keyring.locked")
	wantCode(t, k.Delete(t.Context(), "a"), "keyring.locked")
	if took := time.Since(start); took > callTimeout {
		t.Errorf("took %v, so the time-out answered and not the keyring", took)
	}

	keyring.Unlock()
	if k.system.Locked() {
		t.Error("an open keyring is taken for locked")
	}
	wantSecret(t, k, "a", "secret")
}

func TestRealKeyringAsksThePerson(t *testing.T) {
	if !insideSession(t) {
		return
	}
	keyring := realkeyring.Here(t).StartKeyring()
	k := newKeyring("store1", goKeyring{}, callTimeout)
	mustSet(t, k, "a", "secret")
	asked := startPrompter(t)
	keyring.Lock()

	k.timeout = 300 * time.Millisecond
	_, err := k.Get(t.Context(), "a")
	wantCode(t, err, "keyring.locked")
	wantCode(t, k.Set(t.Context(), "a", core.NewSecret("x")), "keyring.locked")

	keyring.Unlock()
	closeWindow := <-asked
	closeWindow()
	k.timeout = callTimeout
	wantSecret(t, k, "a", "secret")
}

func TestNoKeyringOnTheBus(t *testing.T) {
	if !insideSession(t) {
		return
	}
	wantUnavailable(t)
}

func TestNoBus(t *testing.T) {
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path="+filepath.Join(t.TempDir(), "nowhere"))
	wantUnavailable(t)
}

func wantUnavailable(t *testing.T) {
	t.Helper()
	k := NewKeyring("store1")
	_, err := k.Get(t.Context(), "a")
	wantCode(t, err, "keyring.unavailable")
	wantCode(t, k.Set(t.Context(), "a", core.NewSecret("x")), "keyring.unavailable")
	wantCode(t, k.Delete(t.Context(), "a"), "keyring.unavailable")
}

// insideSession reports whether this is the run inside the session. Outside it makes that
// run, and fails or skips as it did.
func insideSession(t *testing.T) bool {
	t.Helper()
	if os.Getenv(sessionEnv) != "" {
		return true
	}
	session := realkeyring.StartSession(t)
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v", "-test.timeout=60s")
	cmd.Env = append(append(os.Environ(), sessionEnv+"=yes"), session.Env()...)
	out, err := cmd.CombinedOutput()
	t.Logf("inside the session:\n%s", out)
	if err != nil || !strings.Contains(string(out), "--- PASS: "+t.Name()+" ") {
		t.Errorf("failed inside the session: %v", err)
	}
	return false
}

// prompter stands for the window that asks for the keyring's password, with a person
// before it who does not type.
type prompter struct {
	bus   *dbus.Conn
	asked chan func()
}

// startPrompter returns a channel that, for each window opened, gets what closes it.
func startPrompter(t *testing.T) <-chan func() {
	t.Helper()
	p := &prompter{bus: realkeyring.Here(t).Connect(), asked: make(chan func(), 8)}
	if err := p.bus.Export(p, "/org/gnome/keyring/Prompter", "org.gnome.keyring.internal.Prompter"); err != nil {
		t.Fatal(err)
	}
	if _, err := p.bus.RequestName("org.gnome.keyring.SystemPrompter", dbus.NameFlagDoNotQueue); err != nil {
		t.Fatal(err)
	}
	return p.asked
}

// BeginPrompting is called by gnome-keyring to open the window.
func (p *prompter) BeginPrompting(sender dbus.Sender, callback dbus.ObjectPath) *dbus.Error {
	p.asked <- func() {
		p.bus.Object(string(sender), callback).Call("org.gnome.keyring.internal.Prompter.Callback.PromptDone", 0)
	}
	return nil
}

// StopPrompting is called by gnome-keyring to close the window.
func (p *prompter) StopPrompting(dbus.ObjectPath) *dbus.Error { return nil }
