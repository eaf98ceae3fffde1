package realdesktop

import (
	"sync"
	"testing"

	"github.com/godbus/dbus/v5"
	"github.com/godbus/dbus/v5/prop"
)

const (
	watcherName = "org.kde.StatusNotifierWatcher"
	watcherPath = dbus.ObjectPath("/StatusNotifierWatcher")
)

// Tray stands for a panel that shows the icons of programs: the StatusNotifierItem
// protocol of freedesktop.org, with watcher and host in one.
type Tray struct {
	tb      testing.TB
	d       *Desktop
	bus     *dbus.Conn
	watcher *watcher
}

func startTray(d *Desktop) *Tray {
	d.tb.Helper()
	t := &Tray{tb: d.tb, d: d, bus: d.session.Connect(), watcher: &watcher{}}
	own(d.tb, t.bus, watcherName, watcherPath, t.watcher)
	constant := func(value any) *prop.Prop { return &prop.Prop{Value: value, Emit: prop.EmitFalse} }
	if _, err := prop.Export(t.bus, watcherPath, prop.Map{watcherName: {
		"RegisteredStatusNotifierItems":  constant([]string{}),
		"IsStatusNotifierHostRegistered": constant(true),
		"ProtocolVersion":                constant(int32(0)),
	}}); err != nil {
		d.tb.Fatal(err)
	}
	// Last, because programs register themselves as soon as the name is there.
	takeName(d.tb, t.bus, watcherName)
	return t
}

// Item waits for a program's icon and returns it.
func (t *Tray) Item() *Item {
	t.tb.Helper()
	var items []*Item
	t.d.Wait("an icon in the tray", func() bool {
		items = t.items()
		return len(items) > 0
	})
	if len(items) > 1 {
		t.tb.Fatalf("there are %d icons in the tray", len(items))
	}
	return items[0]
}

// WaitEmpty waits until no program has an icon.
func (t *Tray) WaitEmpty() {
	t.tb.Helper()
	t.d.Wait("the icons in the tray to go", func() bool { return len(t.items()) == 0 })
}

// items are those whose programs are still on the bus.
func (t *Tray) items() (items []*Item) {
	for _, r := range t.watcher.all() {
		var alive bool
		err := t.bus.BusObject().Call("org.freedesktop.DBus.NameHasOwner", 0, r.owner).Store(&alive)
		if err != nil {
			t.tb.Fatal(err)
		}
		if alive {
			items = append(items, &Item{t, t.bus.Object(r.owner, r.path)})
		}
	}
	return items
}

// watcher is where programs register their icons.
type watcher struct {
	mu         sync.Mutex
	registered []registration
}

type registration struct {
	owner string
	path  dbus.ObjectPath
}

// RegisterStatusNotifierItem is called by programs, with the path of their item or with a
// bus name.
func (w *watcher) RegisterStatusNotifierItem(item string, sender dbus.Sender) *dbus.Error {
	r := registration{string(sender), "/StatusNotifierItem"}
	if path := dbus.ObjectPath(item); path.IsValid() {
		r.path = path
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.registered = append(w.registered, r)
	return nil
}

// RegisterStatusNotifierHost is called by panels, of which there is no other.
func (w *watcher) RegisterStatusNotifierHost(string) *dbus.Error { return nil }

func (w *watcher) all() []registration {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]registration(nil), w.registered...)
}

// own has an object answer on the bus.
func own(tb testing.TB, bus *dbus.Conn, name string, path dbus.ObjectPath, object any) {
	tb.Helper()
	if err := bus.Export(object, path, name); err != nil {
		tb.Fatal(err)
	}
}

func takeName(tb testing.TB, bus *dbus.Conn, name string) {
	tb.Helper()
	if reply, err := bus.RequestName(name, dbus.NameFlagDoNotQueue); err != nil || reply != dbus.RequestNameReplyPrimaryOwner {
		tb.Fatalf("take the name %s: %v, %v", name, reply, err)
	}
}
