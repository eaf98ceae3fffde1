package realkeyring

import (
	"testing"

	"github.com/godbus/dbus/v5"
)

const (
	service  = "org.freedesktop.secrets"
	login    = dbus.ObjectPath("/org/freedesktop/secrets/collection/login")
	password = "test"
)

// Keyring is a running gnome-keyring.
type Keyring struct {
	tb  testing.TB
	bus *dbus.Conn
}

// Lock locks it.
func (k *Keyring) Lock() {
	k.tb.Helper()
	var locked []dbus.ObjectPath
	var prompt dbus.ObjectPath
	err := k.service().Call("org.freedesktop.Secret.Service.Lock", 0, []dbus.ObjectPath{login}).Store(&locked, &prompt)
	if err != nil || len(locked) != 1 {
		k.tb.Fatalf("locked %v, %v", locked, err)
	}
}

// Unlock unlocks it the way a log-in does, without a window.
func (k *Keyring) Unlock() {
	k.tb.Helper()
	var nothing dbus.Variant
	var session dbus.ObjectPath
	if err := k.service().Call("org.freedesktop.Secret.Service.OpenSession", 0, "plain", dbus.MakeVariant("")).
		Store(&nothing, &session); err != nil {
		k.tb.Fatal(err)
	}
	secret := struct {
		Session           dbus.ObjectPath
		Parameters, Value []byte
		ContentType       string
	}{session, nil, []byte(password), "text/plain"}
	if err := k.service().Call("org.gnome.keyring.InternalUnsupportedGuiltRiddenInterface.UnlockWithMasterPassword", 0,
		login, secret).Err; err != nil {
		k.tb.Fatal(err)
	}
}

func (k *Keyring) service() dbus.BusObject { return k.bus.Object(service, "/org/freedesktop/secrets") }
