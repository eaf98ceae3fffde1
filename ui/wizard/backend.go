package wizard

import (
	"context"

	"usher/core"
)

// Backend is what the wizard asks of Usher. control.Backend is one.
type Backend interface {
	settings
	address
	trials
}

type settings interface {
	Overview(ctx context.Context) (core.Overview, error)
	CRMs(ctx context.Context) ([]core.Descriptor, error)
	ConnectSite(ctx context.Context, address, user string, password core.Secret) (core.SiteAnswer, error)
	Setup(ctx context.Context, file []byte) (core.SetupAnswer, error)
	Choices(ctx context.Context, connection string) (core.Choices, error)
	RemoveConnection(ctx context.Context, name string) (core.RemovalAnswer, error)
}

type address interface {
	ChangeAddress(ctx context.Context, change core.AddressChange, ngrokToken core.Secret) (core.AddressPlan, error)
	WebhookURLs(ctx context.Context, connection string) (core.SetupAnswer, error)
}

type trials interface {
	SendTest(ctx context.Context, connection, contact string) (core.TestAnswer, error)
	Misses(ctx context.Context) ([]core.Miss, error)
	Activity(ctx context.Context, q core.ActivityQuery) (core.Activity, error)
	Detail(ctx context.Context, id string) (core.Detail, error)
}

// Hooks are what only the program on this computer can do. They are called off the toolkit's
// goroutine, Autostart and Memory apart. Where one is nil, what it is for is not offered.
type Hooks struct {
	// Diagnose goes the steps to the site a person typed the address of. It signs nobody in.
	Diagnose func(ctx context.Context, address string) []core.Step
	// AskPermission finds the page on which the site's owner lets Usher in. With paste, the
	// page shows a password to be copied even where the browser could bring it.
	AskPermission func(ctx context.Context, address string, paste bool) (Permission, error)
	// HelperActive tells whether the Usher helper answers on a site Usher is connected to.
	HelperActive func(ctx context.Context, site string) (bool, error)
	// SignIn opens the CRM's page for an account, by its name, and waits until Usher is let
	// in there. A deadline is its own affair.
	SignIn func(ctx context.Context, account string) error
	// Practise makes a site and CRMs inside the program that call by themselves. It returns the
	// connection whose messages are then waited for, or "" where the host shows what follows.
	Practise  func(ctx context.Context) (connection string, err error)
	Autostart Autostart
	Memory    Memory
	// Move reads the file of a Usher that moves here from another computer. Once that is found
	// to be right, the program shows what follows in place of the wizard.
	Move func(ctx context.Context, path string, passphrase core.Secret) error
}

// Permission is a question to a site's owner on a page of the site.
type Permission interface {
	Page() string    // to open in a browser
	ComesBack() bool // the browser brings the answer: Wait; else the person pastes it
	// Wait waits for the answer and connects the site with it.
	Wait(ctx context.Context) (core.SiteAnswer, error)
	Close()
}

// Autostart starts Usher when the person logs in to this computer. It must not take long.
type Autostart interface {
	On() (bool, error)
	Set(on bool) error
}

// Memory keeps what a person typed, and nothing secret, until the wizard is done. Save is called
// with every change and must not take long.
type Memory interface {
	Load() map[string]string
	Save(map[string]string)
}
