package secrets

import "github.com/godbus/dbus/v5"

// Locked implements system. The collections are those go-keyring uses, in its order
// (specifications.freedesktop.org/secret-service, property Locked of a collection).
func (goKeyring) Locked() bool {
	bus, err := dbus.SessionBus() // shared with go-keyring; not ours to close
	if err != nil {
		return false
	}
	for _, path := range []dbus.ObjectPath{"/org/freedesktop/secrets/collection/login", "/org/freedesktop/secrets/aliases/default"} {
		locked, err := bus.Object("org.freedesktop.secrets", path).GetProperty("org.freedesktop.Secret.Collection.Locked")
		if is, ok := locked.Value().(bool); err == nil && ok {
			return is
		}
	}
	return false
}
