package realdesktop

import (
	"slices"
	"sync"
	"testing"

	"github.com/godbus/dbus/v5"
)

const (
	notificationsName = "org.freedesktop.Notifications"
	notificationsPath = dbus.ObjectPath("/org/freedesktop/Notifications")
)

// Notifications stands for the part of a desktop that shows notifications.
type Notifications struct {
	tb     testing.TB
	bus    *dbus.Conn
	server *notificationServer
}

// Notification is one that was shown.
type Notification struct {
	ID       uint32
	Replaces uint32 // the ID of an earlier one; 0 for none
	App      string
	Title    string
	Body     string
	Actions  []string // each key and then its text
}

func startNotifications(tb testing.TB, bus *dbus.Conn) *Notifications {
	tb.Helper()
	n := &Notifications{tb: tb, bus: bus, server: &notificationServer{}}
	own(tb, bus, notificationsName, notificationsPath, n.server)
	takeName(tb, bus, notificationsName)
	return n
}

// All are those shown so far, oldest first.
func (n *Notifications) All() []Notification { return n.server.all() }

// Wait waits for one that is as wanted, and returns the first such.
func (n *Notifications) Wait(wanted func(Notification) bool) Notification {
	n.tb.Helper()
	var all []Notification
	at := -1
	if !eventually(func() bool {
		all = n.All()
		at = slices.IndexFunc(all, wanted)
		return at >= 0
	}) {
		n.tb.Fatalf("waited in vain for a notification; there are %+v", all)
	}
	return all[at]
}

// Press presses one of its actions; a click on the notification itself is "default".
func (d *Desktop) Press(n Notification, action string) {
	d.tb.Helper()
	d.Effort.Clicks++
	keys := n.Actions
	for len(keys) > 0 && keys[0] != action {
		keys = keys[min(2, len(keys)):]
	}
	if len(keys) == 0 {
		d.tb.Fatalf("%+v has no action %q", n, action)
	}
	d.Notifications.emit("ActionInvoked", n.ID, action)
	d.Dismiss(n)
}

// Dismiss closes it.
func (d *Desktop) Dismiss(n Notification) {
	d.tb.Helper()
	const byThePerson = uint32(2)
	d.Notifications.emit("NotificationClosed", n.ID, byThePerson)
}

func (n *Notifications) emit(signal string, values ...any) {
	n.tb.Helper()
	if err := n.bus.Emit(notificationsPath, notificationsName+"."+signal, values...); err != nil {
		n.tb.Fatal(err)
	}
}

// notificationServer is what programs call.
type notificationServer struct {
	mu    sync.Mutex
	shown []Notification
	last  uint32 // ID
}

// Notify shows a notification.
func (s *notificationServer) Notify(app string, replaces uint32, _, title, body string, actions []string,
	_ map[string]dbus.Variant, _ int32,
) (uint32, *dbus.Error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	id := replaces
	if id == 0 {
		s.last++
		id = s.last
	}
	s.shown = append(s.shown, Notification{ID: id, Replaces: replaces, App: app, Title: title, Body: body, Actions: actions})
	return id, nil
}

// CloseNotification takes one away.
func (s *notificationServer) CloseNotification(uint32) *dbus.Error { return nil }

// GetCapabilities says what this desktop can show.
func (s *notificationServer) GetCapabilities() ([]string, *dbus.Error) {
	return []string{"actions", "body", "body-markup"}, nil
}

// GetServerInformation says who this is.
func (s *notificationServer) GetServerInformation() (name, vendor, version, spec string, err *dbus.Error) {
	return "realdesktop", "Usher", "1", "1.2", nil
}

func (s *notificationServer) all() []Notification {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.shown)
}
