package settings

import (
	"context"

	"usher/core"
)

// Backend is what the screen asks of Usher. Errors are Problems.
type Backend interface {
	// Setup takes a set-up file; what it does not name stays as it is.
	Setup(ctx context.Context, file []byte) (core.SetupAnswer, error)
	// DisconnectSite gives the password of a site back and forgets the site.
	DisconnectSite(ctx context.Context, address string) (core.SiteAnswer, error)
	// ChangeAddress changes how CRMs reach Usher; no change tries the address again.
	ChangeAddress(ctx context.Context, change core.AddressChange, ngrokToken core.Secret) (core.AddressPlan, error)
	// ChangeKeeping changes how long is kept what nobody needs any more, and returns how it
	// is now.
	ChangeKeeping(ctx context.Context, change core.KeepingChange) (core.Keeping, error)
	// Pause stops all writing where no connection is named, or lets it go on.
	Pause(ctx context.Context, connection string, paused bool) error
}

// Prefs keeps what is the window's alone. Set carries a change out at once; where that cannot be
// done, Get goes on telling the old value.
type Prefs interface {
	Get(key string) string
	Set(key, value string)
}

// The keys of Prefs. Switches are On or Off; the empty value is the first named.
const (
	PrefAppearance    = "appearance"     // "" as the desktop, "light", "dark": a look.Brightness
	PrefNotifications = "notifications"  // on, off
	PrefHideNames     = "hide_names"     // off, on: notifications name nobody
	PrefStartAtLogin  = "start_at_login" // off, on
)

// The values of a switch.
const (
	On  = "on"
	Off = "off"
)

// Facts are what the screen tells about this Usher, and cannot find out.
type Facts struct {
	Version    string
	DataFolder string // a path
	LogFile    string // a path; empty where there is none to show
	Licences   string // whole texts
	// Keyring is the name of the system's keyring, such as "GNOME Keyring"; empty where
	// secrets are in a sealed file.
	Keyring string
	// Practice says that this Usher works on the practice site.
	Practice bool
	// SetPractice begins practising or ends it; nil where that cannot be done. It may take
	// long.
	SetPractice func(ctx context.Context, on bool) error
	// Export writes everything into a new file in a folder, sealed with a passphrase, to move to
	// another computer; with stop this Usher then does nothing any more. Backup writes a back-up
	// that is of use on this computer only. Both return the file's path.
	Export func(ctx context.Context, folder string, passphrase core.Secret, stop bool) (path string, err error)
	Backup func(ctx context.Context, folder string) (path string, err error)
}
