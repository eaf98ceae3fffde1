package core

import (
	"encoding/hex"
	"fmt"
	"time"
)

// Site is one WordPress site.
type Site struct {
	ID   string `json:"id"`
	Home string `json:"home"` // the address people know, such as https://yogawithann.com
	// API is the canonical REST root a route is appended to: ".../wp-json" or
	// ".../?rest_route=" where permalinks are plain.
	API  string `json:"api"`
	Name string `json:"name"`
	User string `json:"user"` // login of the account whose application password is used
	// Local remembers that the owner typed a loopback or private address; only
	// then are plain http and private addresses allowed.
	Local bool `json:"local,omitempty"`
	// WelcomeMail says how new users are welcomed where the helper does not do it.
	WelcomeMail WelcomeMail `json:"welcome_mail,omitempty"`
	// Identity is the random id the helper gave the site; empty until it told.
	Identity string `json:"identity,omitempty"`
	// Swapped says that the site turned out to be a copy or a restored one. Nothing is
	// written to it until a person sets it up again.
	Swapped bool `json:"swapped,omitempty"`
}

// WelcomeMail is an owner's choice.
type WelcomeMail string

// How new users are welcomed without the helper.
const (
	NoMail    WelcomeMail = ""           // not at all
	ResetMail WelcomeMail = "reset_mail" // by WordPress's "lost your password?" form
)

// Account is one account at one CRM.
type Account struct {
	ID       string            `json:"id"`
	Kind     string            `json:"kind"` // an Adapter's Descriptor.Kind
	Name     string            `json:"name"`
	BaseURL  string            `json:"base_url,omitempty"`
	Settings map[string]string `json:"settings,omitempty"` // what is no secret of its Credentials
	// API says that the credentials were tried, so contacts are read by the CRM's API.
	API bool `json:"api,omitempty"`
}

// Connection joins one CRM account to one site by one access key, with its rules.
type Connection struct {
	ID        string `json:"id"`
	Name      string `json:"name"`
	AccountID string `json:"account"`
	SiteID    string `json:"site"`
	// Keys are the digests of the access keys that open the door: one, or two
	// while a key is being replaced.
	Keys []KeyDigest `json:"keys"`

	DefaultRole  string   `json:"default_role,omitempty"`  // empty: the site's own default
	AllowedRoles []string `json:"allowed_roles,omitempty"` // chosen by a person, so even powerful ones
	// FieldMap maps CRM field keys to WordPress fields; nil means the adapter's defaults, an
	// empty one nothing at all.
	FieldMap map[string]string `json:"field_map,omitzero"`
	TagRules []TagRule         `json:"tag_rules,omitempty"`
	// ReturnPasswordField is the CRM field that receives generated passwords. It
	// is never read as anything else.
	ReturnPasswordField string `json:"return_password_field,omitempty"`
	DoneTag             string `json:"done_tag,omitempty"`
	// ChangeEmails lets the CRM change e-mail addresses without asking each time.
	ChangeEmails bool `json:"change_emails,omitempty"`
	// ChangePasswords lets the CRM change passwords after a user was made. Of a password
	// the CRM sends, only Link.Password is kept.
	ChangePasswords bool `json:"change_passwords,omitempty"`
	// CRMWins undoes what was edited on the site: a mapped field is written whenever the
	// CRM tells another value than the site has, not only when the CRM's value changed.
	CRMWins bool `json:"crm_wins,omitempty"`
	// MostNewUsers is how many users may be made within an hour without asking; 0 means 50.
	MostNewUsers int       `json:"most_new_users,omitempty"`
	MakeUser     *MakeUser `json:"make_user,omitempty"`
	// Registrations are the webhooks Usher made in the CRM by itself.
	Registrations map[Action]Registration `json:"registrations,omitempty"`
	// Paused lets what arrives wait: nothing is read or written for it.
	Paused bool `json:"paused,omitempty"`
}

// Registration is what became of a webhook URL that Usher brought to the CRM by itself.
type Registration struct {
	Address  string    `json:"address"` // the public address in it
	Key      KeyDigest `json:"key"`     // the access key in it
	Webhooks []string  `json:"webhooks,omitempty"`
	// Old are webhooks that are of no use any more and still have to be ended.
	Old []string `json:"old,omitempty"`
}

// KeyDigest is the digest of an access key; the key itself lives with the secrets.
type KeyDigest [32]byte

// MarshalText writes the digest as hexadecimal.
func (d KeyDigest) MarshalText() ([]byte, error) { return hex.AppendEncode(nil, d[:]), nil }

// UnmarshalText reads what MarshalText wrote.
func (d *KeyDigest) UnmarshalText(text []byte) error {
	if hex.DecodedLen(len(text)) != len(d) {
		return fmt.Errorf("read key digest: %d characters, want %d", len(text), hex.EncodedLen(len(d)))
	}
	if _, err := hex.Decode(d[:], text); err != nil {
		return fmt.Errorf("read key digest: %w", err)
	}
	return nil
}

// TagRule gives users who carry Tag in the CRM the role Role on the site.
type TagRule struct {
	Tag  string `json:"tag"`
	Role string `json:"role"`
}

// MakeUser says which contacts found without a webhook (while Usher was off) get a
// user, and how.
type MakeUser struct {
	TriggerTag       string `json:"trigger_tag"`
	Role             string `json:"role,omitempty"`
	SendNotification bool   `json:"send_notification,omitempty"`
}

// Link remembers which user a contact is. It never expires with the journal. One without
// a UserID keeps what is known of a contact who is not a user yet: what the CRM said, and
// as Grants the roles that were asked for so far.
type Link struct {
	SiteID    string `json:"site"`
	AccountID string `json:"account"`
	ContactID string `json:"contact"`

	UserID int64  `json:"user_id"`
	Login  string `json:"login"` // as last seen; a link whose user has another login is not trusted
	Email  string `json:"email"` // as last seen on the site

	// Base is the CRM's value last seen, by WordPress field: a field is written
	// only when the CRM's value differs from it. Passwords are never in it.
	Base map[string]string `json:"base,omitempty"`
	// Tags are the CRM's tags as far as Usher knows them: all of them when TagsWhole, else
	// those it was told of, with those told to be off in TagsOff.
	Tags      []string `json:"tags,omitempty"`
	TagsOff   []string `json:"tags_off,omitempty"`
	TagsWhole bool     `json:"tags_whole,omitempty"`
	// StateSeq is the newest delivery whose state is in Base and Tags; older ones
	// retried later must not overwrite it.
	StateSeq uint64 `json:"state_seq,omitempty"`
	// Marked says that the site keeps the contact's id and all that is known of its tags.
	Marked bool    `json:"marked,omitempty"`
	Grants []Grant `json:"grants,omitempty"`
	// Wanted is the role named last, where it may not be given unasked: a question, once
	// there is a user.
	Wanted string `json:"wanted,omitempty"`
	// Declined are the roles a person said no to: they are not asked about again.
	Declined []string `json:"declined,omitempty"`

	// Password marks the password the CRM told last; nil where none was told, or where the
	// connection does not let the CRM change passwords.
	Password *PasswordMark `json:"password,omitempty"`

	CreatedByUs bool      `json:"created_by_us,omitempty"`
	Mail        MailState `json:"mail,omitempty"`
	// PasswordHandedOver is when the CRM had the generated password.
	PasswordHandedOver time.Time `json:"password_handed_over,omitzero"`
	// ContactDeleted is set when the CRM said the contact is gone; the user stays.
	ContactDeleted bool `json:"contact_deleted,omitempty"`
}

// PasswordMark tells whether a password is the one that was seen before, without keeping
// it: a PBKDF2 digest, slow to guess from. One without a Digest marks that there was none.
type PasswordMark struct {
	Salt   []byte `json:"salt,omitempty"`
	Rounds int    `json:"rounds,omitempty"`
	Digest []byte `json:"digest,omitempty"`
	// Written says that Usher gave the user this password; false where they had one of
	// their own when it was first told.
	Written bool `json:"written,omitempty"`
}

// Grant records why a user has a role, so that it is taken back only when the last
// reason goes and Usher was the giver.
type Grant struct {
	Role       string `json:"role"`
	Connection string `json:"connection"`
	Cause      string `json:"cause,omitempty"` // CauseRequest, or the tag of a TagRule
	Given      bool   `json:"given"`           // false: the user had the role before
}

// CauseRequest is the cause of the role a user was created with or a webhook named. No
// tag is empty. There is at most one such grant per connection and user.
const CauseRequest = ""

// MailState says how far the welcome mail of a user got.
type MailState string

// Mail states. A mail found at MailSending after a crash is never sent again.
const (
	MailNone    MailState = ""
	MailSending MailState = "sending"
	MailSent    MailState = "sent"
	MailUnsent  MailState = "unsent"  // asked for, but nothing on this site can send it yet
	MailFailed  MailState = "failed"  // the site could not send it, or a plugin stopped it
	MailUnknown MailState = "unknown" // interrupted while it was sent; never sent again
	MailNotNew  MailState = "not_new" // the user was not made by this work
)

// Tombstone remembers that a user Usher knew was deleted on the site.
type Tombstone struct {
	UserID int64     `json:"user_id"`
	Seen   time.Time `json:"seen"`
}

// Cursor is how far catch-up has read an account's changes.
type Cursor struct {
	Mark string    `json:"mark"` // in the CRM's own terms
	Time time.Time `json:"time"`
}

// Intent is committed before a user is created, so that a crash can be finished:
// a user with this login and e-mail, not older than SiteTime, is ours.
type Intent struct {
	Login    string
	Email    string
	SiteTime time.Time // the site's clock, from its last answer
	Password Secret
	Op       string    // names the attempt to the helper plugin
	Mail     MailState // set once the user is made and the welcome mail was begun
}
