//go:build !linux

package secrets

// Locked implements system. Elsewhere the system does not tell without asking the person.
func (goKeyring) Locked() bool { return false }
