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
)

// These tests meet a real gnome-keyring. Each runs itself again inside a D-Bus session of
// its own, with its own home, so that nobody's keyring is touched and go-keyring's
// connection, of which a process has one, is of that session.

func TestRealKeyring(t *testing.T) {
	if !insideSession(t) {
		return
	}
	startKeyring(t)
	testVault(t, "keyring", func(*testing.T) vault { return NewKeyring("store1") })
}

func TestRealKeyringLocked(t *testing.T) {
	if !insideSession(t) {
		return
	}
	startKeyring(t)
	k := NewKeyring("store1")
	mustSet(t, k, "a", "secret")
	lockKeyring(t)

	start := time.Now()
	_, err := k.Get(t.Context(), "a")
	wantCode(t, err, "keyring.locked")
	wantCode(t, k.Set(t.Context(), "a", core.NewSecret("x")), "keyring.locked")
	wantCode(t, k.Delete(t.Context(), "a"), "keyring.locked")
	if took := time.Since(start); took > callTimeout {
		t.Errorf("took %v, so the time-out answered and not the keyring", took)
	}

	unlockKeyring(t)
	wantSecret(t, k, "a", "secret")
}

func TestRealKeyringAsksThePerson(t *testing.T) {
	if !insideSession(t) {
		return
	}
	startKeyring(t)
	k := newKeyring("store1", goKeyring{}, callTimeout)
	mustSet(t, k, "a", "secret")
	asked := startPrompter(t)
	lockKeyring(t)

	k.timeout = 300 * time.Millisecond
	_, err := k.Get(t.Context(), "a")
	wantCode(t, err, "keyring.locked")
	wantCode(t, k.Set(t.Context(), "a", core.NewSecret("x")), "keyring.locked")

	unlockKeyring(t)
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

// busConfig has no service folders: a session's usual ones would start keyrings and
// prompters of their own accord.
const busConfig = `<busconfig><type>session</type><listen>unix:tmpdir=/tmp</listen><auth>EXTERNAL</auth>
<policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/></policy></busconfig>`

// insideSession reports whether this is the run inside the session. Outside it makes that
// run, and fails or skips as it did.
func insideSession(t *testing.T) bool {
	t.Helper()
	if os.Getenv(sessionEnv) != "" {
		return true
	}
	if testing.Short() {
		t.Skip("a real part, left out by -short")
	}
	for _, program := range []string{"dbus-run-session", "gnome-keyring-daemon"} {
		if _, err := exec.LookPath(program); err != nil {
			skipRealPart(t, program+" is not installed; on Debian and Ubuntu: apt-get install dbus gnome-keyring")
		}
	}
	home := t.TempDir()
	config := filepath.Join(home, "bus.conf")
	if err := os.WriteFile(config, []byte(busConfig), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "dbus-run-session", "--config-file="+config, "--",
		os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v", "-test.timeout=60s")
	cmd.Env = append(os.Environ(), sessionEnv+"=yes", "HOME="+home, "XDG_RUNTIME_DIR="+home,
		"XDG_DATA_HOME="+home, "XDG_CONFIG_HOME="+home, "XDG_CACHE_HOME="+home)
	out, err := cmd.CombinedOutput()
	t.Logf("inside the session:\n%s", out)
	if err != nil || !strings.Contains(string(out), "--- PASS: "+t.Name()+" ") {
		t.Errorf("failed inside the session: %v", err)
	}
	return false
}

func skipRealPart(t *testing.T, why string) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatal("real part missing: " + why)
	}
	t.Skip("SKIPPED REAL PART: " + why)
}

// startKeyring starts an unlocked gnome-keyring.
func startKeyring(t *testing.T) {
	t.Helper()
	daemon := exec.CommandContext(t.Context(), "gnome-keyring-daemon", "--foreground", "--unlock",
		"--components=secrets", "--control-directory="+filepath.Join(os.Getenv("HOME"), "keyring"))
	daemon.Stdin = strings.NewReader(keyringPassword)
	daemon.Stderr = os.Stderr
	// Before it starts, so that its name cannot be missed.
	bus := sessionBus(t)
	appeared := make(chan *dbus.Signal, 8)
	bus.Signal(appeared)
	if err := bus.AddMatchSignal(dbus.WithMatchMember("NameOwnerChanged"), dbus.WithMatchArg(0, "org.freedesktop.secrets")); err != nil {
		t.Fatal(err)
	}
	if err := daemon.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = daemon.Process.Kill()
		_ = daemon.Wait()
	})
	for late := time.After(10 * time.Second); ; {
		select {
		case s := <-appeared:
			if s.Name == "org.freedesktop.DBus.NameOwnerChanged" {
				return
			}
		case <-late:
			t.Fatal("gnome-keyring did not appear on the bus")
		}
	}
}

func sessionBus(t *testing.T) *dbus.Conn {
	t.Helper()
	bus, err := dbus.ConnectSessionBus()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = bus.Close() })
	return bus
}

const (
	keyringPassword = "test"
	loginCollection = dbus.ObjectPath("/org/freedesktop/secrets/collection/login")
)

func lockKeyring(t *testing.T) {
	t.Helper()
	var locked []dbus.ObjectPath
	var prompt dbus.ObjectPath
	err := secretService(t).Call("org.freedesktop.Secret.Service.Lock", 0,
		[]dbus.ObjectPath{loginCollection}).Store(&locked, &prompt)
	if err != nil || len(locked) != 1 {
		t.Fatalf("locked %v, %v", locked, err)
	}
}

// unlockKeyring unlocks it the way a log-in does, without a window.
func unlockKeyring(t *testing.T) {
	t.Helper()
	service := secretService(t)
	var nothing dbus.Variant
	var session dbus.ObjectPath
	if err := service.Call("org.freedesktop.Secret.Service.OpenSession", 0, "plain", dbus.MakeVariant("")).
		Store(&nothing, &session); err != nil {
		t.Fatal(err)
	}
	password := struct {
		Session           dbus.ObjectPath
		Parameters, Value []byte
		ContentType       string
	}{session, nil, []byte(keyringPassword), "text/plain"}
	if err := service.Call("org.gnome.keyring.InternalUnsupportedGuiltRiddenInterface.UnlockWithMasterPassword", 0,
		loginCollection, password).Err; err != nil {
		t.Fatal(err)
	}
}

func secretService(t *testing.T) dbus.BusObject {
	t.Helper()
	return sessionBus(t).Object("org.freedesktop.secrets", "/org/freedesktop/secrets")
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
	p := &prompter{bus: sessionBus(t), asked: make(chan func(), 8)}
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
