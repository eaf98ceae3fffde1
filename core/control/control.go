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
	Views
	Copies
	Status(ctx context.Context) (core.Status, error)
	// Deliveries lists the newest deliveries, newest first, at most limit.
	Deliveries(ctx context.Context, limit int) ([]core.Line, error)
	// Retry starts deliveries again that are held, failed or put off: the named one, or
	// all for an empty id. It returns how many there were.
	Retry(ctx context.Context, id string) (int, error)
	// Decline says no to the question a delivery is held for. The rest of it is done, and
	// the same is not asked again.
	Decline(ctx context.Context, id string) error
	// Setup takes a set-up file, described in the engine package.
	Setup(ctx context.Context, file []byte) (core.SetupAnswer, error)
	// ConnectSite lets Usher into the site at an address, or changes the password of one
	// it knows. Nothing is stored unless the site lets Usher manage users.
	ConnectSite(ctx context.Context, address, user string, password core.Secret) (core.SiteAnswer, error)
	// RemoveConnection forgets a connection by its name.
	RemoveConnection(ctx context.Context, name string) (core.RemovalAnswer, error)
	// DisconnectSite gives the password of a site back and forgets the site.
	DisconnectSite(ctx context.Context, address string) (core.SiteAnswer, error)
	// BeginSignIn says how the owner of a CRM account, by its name, signs in to it. An
	// empty redirect is the account's own.
	BeginSignIn(ctx context.Context, account, redirect string) (core.SignIn, error)
	// FinishSignIn takes the code a sign-in brought back, with the redirect it was begun
	// with. From then on the account's contacts are read by the CRM's API.
	FinishSignIn(ctx context.Context, account, redirect string, code core.Secret) (core.SignInAnswer, error)
	// RegisterWebhook has the CRM call the webhook URL of a connection, by its name,
	// without anybody pasting it there, and goes on doing so when the URL changes.
	RegisterWebhook(ctx context.Context, connection string, action core.Action) (core.RegistrationAnswer, error)
	// UnregisterWebhook ends what RegisterWebhook did.
	UnregisterWebhook(ctx context.Context, connection string) (core.RegistrationAnswer, error)
	// ChangeAddress changes how CRMs reach Usher and, where it is not empty, the authtoken
	// for ngrok. It returns the plan as it is now; a running Usher carries it out at once.
	ChangeAddress(ctx context.Context, change core.AddressChange, ngrokToken core.Secret) (core.AddressPlan, error)
	// Forget erases what Usher knows of a person. Their user on the site and their entry in
	// the CRM stay; the next message about them is about somebody new.
	Forget(ctx context.Context, who core.PersonRef) (core.ForgetAnswer, error)
	// ChangeKeeping changes how long is kept what nobody needs any more, and returns how it
	// is now.
	ChangeKeeping(ctx context.Context, change core.KeepingChange) (core.Keeping, error)
	// SendTest sends a message of a connection out by the public URL, follows it hop by
	// hop and tells what it would do. It changes nothing. The contact is a number or an
	// e-mail address in the CRM; empty for the one the CRM told of last.
	SendTest(ctx context.Context, connection, contact string) (core.TestAnswer, error)
}

// Views is what a window asks for.
type Views interface {
	// Overview is all there is to see at a glance.
	Overview(ctx context.Context) (core.Overview, error)
	// Watch returns the version of what can be seen as soon as it is not since any more.
	Watch(ctx context.Context, since uint64) (uint64, error)
	Activity(ctx context.Context, q core.ActivityQuery) (core.Activity, error)
	// Detail tells all about one message.
	Detail(ctx context.Context, id string) (core.Detail, error)
	// People lists those with the text in their name, e-mail or number, at most 500.
	People(ctx context.Context, text string) ([]core.PersonView, error)
	// CRMs describes every CRM Usher knows, without samples.
	CRMs(ctx context.Context) ([]core.Descriptor, error)
	// Choices asks the site and the CRM of a connection what can be picked.
	Choices(ctx context.Context, connection string) (core.Choices, error)
	// Misses lists what was turned away at the door lately, newest first.
	Misses(ctx context.Context) ([]core.Miss, error)
	// WebhookURLs are those of a connection by its name.
	WebhookURLs(ctx context.Context, connection string) (core.SetupAnswer, error)
	// RotateKey gives a connection a new access key. The old one works on, unless it is
	// ended, until the next time.
	RotateKey(ctx context.Context, connection string, endOld bool) (core.SetupAnswer, error)
	// Pause stops all writing for a connection, or for all of them where none is named, or
	// lets it go on. Messages are received all the same.
	Pause(ctx context.Context, connection string, paused bool) error
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

// addressRequest is what ChangeAddress sends, with the token in clear.
type addressRequest struct {
	Change core.AddressChange `json:"change"`
	Token  string             `json:"token,omitempty"`
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
