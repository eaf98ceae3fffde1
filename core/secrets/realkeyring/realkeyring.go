// Package realkeyring runs a gnome-keyring for tests, in a D-Bus session and a home of its
// own, so that nobody's keyring is touched.
package realkeyring

import (
	"bufio"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"
)

// patience is how long a program may take to start.
const patience = 30 * time.Second

// Session is a private D-Bus session.
type Session struct {
	tb      testing.TB
	home    string
	address string // of the bus
}

// folders are where programs keep what is theirs, below the home folder.
var folders = map[string]string{
	"XDG_RUNTIME_DIR": "run",
	"XDG_CONFIG_HOME": ".config",
	"XDG_CACHE_HOME":  ".cache",
	"XDG_DATA_HOME":   ".local/share",
}

// busConfig has no service folders: a session's usual ones would start keyrings and
// prompters of their own accord.
const busConfig = `<busconfig><type>session</type><listen>unix:tmpdir=/tmp</listen><auth>EXTERNAL</auth>
<policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/></policy></busconfig>`

// StartSession starts a session, with nothing on its bus, that ends with the test. Where
// it cannot be had the test is skipped, or fails under CI=true.
func StartSession(tb testing.TB) *Session {
	tb.Helper()
	Need(tb, "dbus gnome-keyring", "dbus-daemon", "gnome-keyring-daemon")
	s := &Session{tb: tb, home: newHome(tb)}
	config := filepath.Join(s.home, "bus.conf")
	if err := os.WriteFile(config, []byte(busConfig), 0o600); err != nil {
		tb.Fatal(err)
	}
	daemon := Command(tb, "dbus-daemon", "--nofork", "--print-address", "--config-file="+config)
	out, err := daemon.StdoutPipe()
	if err != nil {
		tb.Fatal(err)
	}
	Own(tb, daemon)
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		tb.Fatalf("dbus-daemon: %v", err)
	}
	s.address = strings.TrimSpace(line)
	return s
}

// newHome returns a folder of its own. Its path is short, because it holds sockets, whose
// paths Linux limits to 107 bytes, and a test's own folder bears the test's name.
func newHome(tb testing.TB) string {
	tb.Helper()
	home, err := os.MkdirTemp("", "home") //nolint:usetesting // see above
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := os.RemoveAll(home); err != nil {
			tb.Error(err)
		}
	})
	for _, folder := range folders {
		if err := os.MkdirAll(filepath.Join(home, folder), 0o700); err != nil {
			tb.Fatal(err)
		}
	}
	return home
}

// Here is the session this process was started in with a Session's Env.
func Here(tb testing.TB) *Session {
	return &Session{tb: tb, home: os.Getenv("HOME"), address: os.Getenv("DBUS_SESSION_BUS_ADDRESS")}
}

// Home is the home folder of the session's person.
func (s *Session) Home() string { return s.home }

// Env has a program run in the session.
func (s *Session) Env() []string {
	env := []string{"DBUS_SESSION_BUS_ADDRESS=" + s.address, "HOME=" + s.home}
	for name, folder := range folders {
		env = append(env, name+"="+filepath.Join(s.home, folder))
	}
	return env
}

// Connect returns a connection to the bus that is closed with the test.
func (s *Session) Connect() *dbus.Conn {
	s.tb.Helper()
	bus, err := dbus.Connect(s.address)
	if err != nil {
		s.tb.Fatal(err)
	}
	s.tb.Cleanup(func() { _ = bus.Close() })
	return bus
}

// StartKeyring starts an unlocked gnome-keyring that ends with the test.
func (s *Session) StartKeyring() *Keyring {
	s.tb.Helper()
	daemon := Command(s.tb, "gnome-keyring-daemon", "--foreground", "--unlock",
		"--components=secrets", "--control-directory="+filepath.Join(s.home, "keyring"))
	daemon.Env = append(os.Environ(), s.Env()...)
	daemon.Stdin = strings.NewReader(password)
	daemon.Stderr = os.Stderr
	k := &Keyring{tb: s.tb, bus: s.Connect()}
	// Before it starts, so that its name cannot be missed.
	appeared := make(chan *dbus.Signal, 8)
	k.bus.Signal(appeared)
	if err := k.bus.AddMatchSignal(dbus.WithMatchMember("NameOwnerChanged"), dbus.WithMatchArg(0, service)); err != nil {
		s.tb.Fatal(err)
	}
	Own(s.tb, daemon)
	for late := time.After(patience); ; {
		select {
		case signal := <-appeared:
			if signal.Name == "org.freedesktop.DBus.NameOwnerChanged" {
				k.bus.RemoveSignal(appeared)
				return k
			}
		case <-late:
			s.tb.Fatal("gnome-keyring did not appear on the bus")
		}
	}
}
