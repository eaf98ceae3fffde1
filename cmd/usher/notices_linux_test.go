package main

import (
	"strings"
	"testing"

	"go.uber.org/goleak"

	"usher/cmd/internal/realdesktop"
)

func TestAClickOnANotificationIsHeardOnce(t *testing.T) {
	d := realdesktop.Start(t, realdesktop.Options{NoTray: true, NoKeyring: true})
	for _, set := range d.Env() {
		if name, value, _ := strings.Cut(set, "="); name == "DBUS_SESSION_BUS_ADDRESS" {
			t.Setenv(name, value)
		}
	}
	before := goleak.IgnoreCurrent()
	n := newNotices()
	if n == nil {
		t.Fatal("no notifications")
	}
	clicked := make(chan string, 8)
	n.do = func(click func()) { click() }
	for _, text := range []string{"<b>Ann</b> & Bob", "Bo", "Cy"} {
		if !n.show(notice{"News", text, func() { clicked <- text }}) {
			t.Fatalf("%s is not shown", text)
		}
	}
	ann := d.Notifications.Wait(func(n realdesktop.Notification) bool {
		return n.Title == "News" && n.Body == "&lt;b&gt;Ann&lt;/b&gt; &amp; Bob"
	})
	bo := d.Notifications.Wait(func(n realdesktop.Notification) bool { return n.Body == "Bo" })
	cy := d.Notifications.Wait(func(n realdesktop.Notification) bool { return n.Body == "Cy" })
	d.Press(ann, "default")
	d.Press(ann, "default") // it is gone by then, and its number may be another's
	d.Dismiss(bo)           // is no click
	d.Press(bo, "default")
	d.Press(cy, "default")
	for _, want := range []string{"<b>Ann</b> & Bob", "Cy"} {
		if got := <-clicked; got != want {
			t.Errorf("%s was clicked, not %s", got, want)
		}
	}
	n.close()
	if len(clicked) != 0 {
		t.Errorf("and then %s", <-clicked)
	}
	if n.show(notice{"News", "late", func() {}}) {
		t.Error("it is shown after the end")
	}
	goleak.VerifyNone(t, before)
}
