package core

import "context"

// Opener is an Adapter whose CRM has an API.
type Opener interface {
	// Open returns a client of an account. It does no I/O. Errors are Problems about the
	// account's settings.
	Open(account Account, vault AccountVault) (Client, error)
}

// AccountVault keeps the secrets of one account by the key of their Credential. A missing
// one is keyring.missing.
type AccountVault interface {
	Get(ctx context.Context, key string) (Secret, error)
	// Set is for secrets that change by use, such as a refresh token.
	Set(ctx context.Context, key string, value Secret) error
}

// Client reads the contacts of one CRM account. It is safe for concurrent use. All its
// errors are Problems, or the context's error when the caller gave up.
//
// What it returns is whole: Fields has every field the account has a value in, and Tags
// is the whole set, with TagsKnown. A contact that is gone from the CRM comes back with
// Deleted, and no error, where the CRM says that it was there; else crm.no_contact.
type Client interface {
	Contact(ctx context.Context, id string) (Contact, error)
	// ContactByEmail returns the contact with exactly this address, case aside.
	ContactByEmail(ctx context.Context, email string) (Contact, error)
	// Close lets go of idle connections.
	Close()
}

// CRMField is a field of a CRM account.
type CRMField struct {
	Key      string // as in Contact.Fields
	Label    string // as people see it in the CRM
	Writable bool
}

// Tag is a tag of a CRM account. Contact.Tags holds Keys.
type Tag struct {
	Key  string // what the CRM stores: an id or the name
	Name string // as people see it
}

// Picker is a Client that lists what can be chosen in set-up.
type Picker interface {
	ListFields(ctx context.Context) ([]CRMField, error)
	ListTags(ctx context.Context) ([]Tag, error)
}

// Scribe is a Client that can write to contacts.
type Scribe interface {
	// SetFields writes values by field key and reads them back: a value that did not
	// arrive is crm.not_written, with the field's key as detail.
	SetFields(ctx context.Context, id string, values map[string]Secret) error
	// AddTag puts a tag on, by Key or Name. Doing it twice is harmless.
	AddTag(ctx context.Context, id, tag string) error
}

// Lister is a Client that can tell which contacts changed.
type Lister interface {
	// Changed visits every contact that changed since the cursor, at least once, and
	// returns the cursor to go on from. A zero cursor means from now on: nobody is
	// visited. It ends early with visit's error and then returns the cursor it was given.
	Changed(ctx context.Context, since Cursor, visit func(Contact) error) (Cursor, error)
}

// TagLister is a Client that can tell who has a tag.
type TagLister interface {
	// Tagged visits every contact with the tag, by Key or Name, at least once.
	Tagged(ctx context.Context, tag string, visit func(Contact) error) error
}

// Registrar is a Client whose CRM lets webhooks be made by its API.
type Registrar interface {
	// Register makes webhooks that call the URL, which is secret, and returns one text
	// for each, which Unregister takes. Registering the same URL again makes no second
	// webhook, and returns the same. With an error come those that are there all the same.
	Register(ctx context.Context, url Secret) (webhooks []string, err error)
	// Unregister ends them; those that are gone already are no error.
	Unregister(ctx context.Context, webhooks []string) error
}

// Authoriser is a Client whose account is opened by its owner signing in on a page of the
// CRM, as OAuth 2.0 has it (RFC 6749, section 4.1). Until then, and when the sign-in has
// run out, its other methods end with crm.sign_in.
//
// The browser comes back to a redirect URL with a code. CRMs may demand that it is the
// very one Usher was made known to them with.
type Authoriser interface {
	// Redirect is the URL the browser is to come back to, unless the owner chooses another.
	Redirect() string
	// AuthCodeURL is the page to open in the owner's browser. The state is random, and
	// comes back with the code.
	AuthCodeURL(redirect, state string) string
	// Exchange trades the code for what the account is used with, and keeps that in the
	// vault. A code is good once, and soon too old: crm.sign_in.
	Exchange(ctx context.Context, redirect string, code Secret) error
}
