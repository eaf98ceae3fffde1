package connections

import (
	"context"

	"usher/core"
)

// Backend is what the screen asks of Usher. Errors are Problems.
type Backend interface {
	URLs
	Rules
	Registrations
	Doing
	// CRMs describes every CRM Usher knows.
	CRMs(ctx context.Context) ([]core.Descriptor, error)
}

// URLs are the webhook URLs of a connection by its name.
type URLs interface {
	WebhookURLs(ctx context.Context, connection string) (core.SetupAnswer, error)
	// RotateKey gives a connection a new secret part of the URL.
	RotateKey(ctx context.Context, connection string, endOld bool) (core.SetupAnswer, error)
}

// Rules are how a connection does its work.
type Rules interface {
	// Choices asks the site and the CRM of a connection what can be picked.
	Choices(ctx context.Context, connection string) (core.Choices, error)
	// Setup takes a set-up file; what it does not name stays as it is.
	Setup(ctx context.Context, file []byte) (core.SetupAnswer, error)
}

// Registrations are webhooks that Usher makes in the CRM by itself.
type Registrations interface {
	RegisterWebhook(ctx context.Context, connection string, action core.Action) (core.RegistrationAnswer, error)
	UnregisterWebhook(ctx context.Context, connection string) (core.RegistrationAnswer, error)
}

// Doing is what is done with a connection as a whole.
type Doing interface {
	Pause(ctx context.Context, connection string, paused bool) error
	SendTest(ctx context.Context, connection, contact string) (core.TestAnswer, error)
	RemoveConnection(ctx context.Context, name string) (core.RemovalAnswer, error)
}
