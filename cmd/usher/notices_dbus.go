//go:build !windows && !darwin

package main

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"fyne.io/fyne/v2"
	"github.com/godbus/dbus/v5"
)

// The desktop's part that shows notifications:
// https://specifications.freedesktop.org/notification-spec/latest/
const (
	noticesName   = "org.freedesktop.Notifications"
	noticesPath   = "/org/freedesktop/Notifications"
	clickAction   = "default" // a click on the notification itself
	usualTime     = int32(-1) // the desktop decides how long it shows
	noticePause   = 3 * time.Second
	noticesWaited = 16 // signals
)

// notices are the notifications on a desktop, whose clicks it tells of. The toolkit can show
// them, but has no clicks.
type notices struct {
	bus       *dbus.Conn
	do        func(func()) // on the toolkit's goroutine
	signals   chan *dbus.Signal
	listening sync.WaitGroup

	mu     sync.Mutex
	clicks map[uint32]func() // by the ids of those on show
	can    []string          // what this desktop can; nil before it is asked
}

// newNotices is nil where there is no session bus. Its goroutine ends with close.
func newNotices() *notices {
	bus, err := dbus.ConnectSessionBus() // of its own: the shared one is never closed
	if err != nil {
		return nil
	}
	n := &notices{bus: bus, do: fyne.Do, signals: make(chan *dbus.Signal, noticesWaited), clicks: map[uint32]func(){}}
	bus.Signal(n.signals)
	n.listening.Go(n.listen)
	for _, signal := range []string{"ActionInvoked", "NotificationClosed"} {
		if err := bus.AddMatchSignal(dbus.WithMatchSender(noticesName), dbus.WithMatchInterface(noticesName), dbus.WithMatchMember(signal)); err != nil {
			n.close()
			return nil
		}
	}
	return n
}

// close ends it and waits. What is on show stays there.
func (n *notices) close() {
	if n == nil {
		return
	}
	_ = n.bus.Close() // and with it the signals
	n.listening.Wait()
}

// show shows a notification, and reports whether it could.
func (n *notices) show(what notice) bool {
	if n == nil {
		return false
	}
	ctx, cancel := context.WithTimeout(context.Background(), noticePause) // also at the end of the program
	defer cancel()
	n.mu.Lock() // until the id is known: the click may come before it
	defer n.mu.Unlock()
	desktop := n.bus.Object(noticesName, noticesPath)
	if n.can == nil && desktop.CallWithContext(ctx, noticesName+".GetCapabilities", 0).Store(&n.can) != nil {
		return false
	}
	var actions []string
	if slices.Contains(n.can, "actions") {
		actions = []string{clickAction, ""}
	}
	text := what.text
	if slices.Contains(n.can, "body-markup") {
		text = unmarked.Replace(text)
	}
	hints := map[string]dbus.Variant{"desktop-entry": dbus.MakeVariant(appID)}
	var id uint32
	if err := desktop.CallWithContext(ctx, noticesName+".Notify", 0,
		appName, uint32(0), appID, what.title, text, actions, hints, usualTime).Store(&id); err != nil {
		return false
	}
	n.clicks[id] = what.click
	return true
}

// unmarked has a text shown as it is where texts may have markup.
var unmarked = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")

func (n *notices) listen() {
	for signal := range n.signals {
		var id uint32
		if len(signal.Body) != 2 || dbus.Store(signal.Body[:1], &id) != nil {
			continue
		}
		n.mu.Lock()
		click := n.clicks[id]
		delete(n.clicks, id) // one click closes it
		n.mu.Unlock()
		if click != nil && signal.Name == noticesName+".ActionInvoked" {
			n.do(click)
		}
	}
}
