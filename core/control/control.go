// Package control is the private line between a running Usher and its commands: HTTP
// over a Unix socket that only its owner can open.
//
// Only one process can hold the data file, so a command asks the running Usher when
// there is one. Backend is what can be asked; whoever opens the data file itself
// satisfies it too, so a command does not care which of the two it talks to.
package control

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"usher/core"
)

// Backend is what commands can ask of Usher. Errors are Problems.
type Backend interface {
	Status(ctx context.Context) (core.Status, error)
	// Deliveries lists the newest deliveries, newest first, at most limit.
	Deliveries(ctx context.Context, limit int) ([]core.Line, error)
	// Retry starts deliveries again that are held, failed or put off: the named one, or
	// all for an empty id. It returns how many there were.
	Retry(ctx context.Context, id string) (int, error)
	// Setup takes a set-up file, described in the engine package.
	Setup(ctx context.Context, file []byte) (core.SetupAnswer, error)
	// ConnectSite lets Usher into the site at an address, or changes the password of one
	// it knows. Nothing is stored unless the site lets Usher manage users.
	ConnectSite(ctx context.Context, address, user string, password core.Secret) (core.SiteAnswer, error)
	// RemoveConnection forgets a connection by its name.
	RemoveConnection(ctx context.Context, name string) (core.RemovalAnswer, error)
	// DisconnectSite gives the password of a site back and forgets the site.
	DisconnectSite(ctx context.Context, address string) (core.SiteAnswer, error)
}

// ErrNotRunning means that no Usher answers for this data folder.
var ErrNotRunning = errors.New("usher is not running")

// siteRequest is what ConnectSite and DisconnectSite send. The password is in clear: the
// socket is its owner's alone, and a core.Secret would hide itself.
type siteRequest struct {
	Address  string `json:"address"`
	User     string `json:"user,omitempty"`
	Password string `json:"password,omitempty"`
}

// maxPath is what every system takes as the path of a Unix socket.
const maxPath = 100

// socketPath is where the Usher of a data folder listens: in the folder, or, where that
// makes too long a path for a socket, in a private folder of its own.
func socketPath(dataDir string) (string, error) {
	dir, err := filepath.Abs(dataDir)
	if err != nil {
		return "", fmt.Errorf("find control socket: %w", err)
	}
	path := filepath.Join(dir, "control.sock")
	if len(path) <= maxPath {
		return path, nil
	}
	private := filepath.Join(os.TempDir(), fmt.Sprintf("usher-%d", os.Getuid()))
	if err := os.MkdirAll(private, 0o700); err != nil {
		return "", fmt.Errorf("make folder for control socket: %w", err)
	}
	if info, err := os.Lstat(private); err != nil || !info.IsDir() || !ownedPrivately(info) {
		return "", fmt.Errorf("folder for control socket is not private: %s", private)
	}
	digest := sha256.Sum256([]byte(dir))
	return filepath.Join(private, fmt.Sprintf("%x.sock", digest[:8])), nil
}
