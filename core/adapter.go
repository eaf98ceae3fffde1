package core

// Adapter teaches Usher one CRM. Further abilities, such as reading a contact through
// the CRM's API, are small interfaces found by assertion.
type Adapter interface {
	// Describe returns what people and set-up need to know; the same at every call.
	Describe() Descriptor
	// Parse says what a message means. It is pure, never panics whatever the message
	// holds, and its errors are Problems of scope OneItem.
	Parse(Message) (Notice, error)
}

// Descriptor is an adapter's description of itself, as data.
type Descriptor struct {
	Kind string // stable, lower case: "kartra"
	Name string // as the vendor writes it: "Kartra"
	// Slug is WP Fusion's name for this CRM: user meta is kept under SLUG_contact_id and
	// SLUG_tags.
	Slug string
	// FieldMap is the mapping used unless the owner made one: CRM field to WordPress field.
	FieldMap map[string]string
	// URLParams is what this CRM's webhook URLs need besides action and key, as text the CRM
	// fills in; empty for nothing.
	URLParams string
	// Credentials are what set-up asks for to use the CRM's API; none where it has none.
	Credentials []Credential
	// Cards say how to set this CRM up, in its own menu words. The first is the usual way.
	Cards []Card
	// Doubts are this CRM's usual reasons why no webhook arrives, likeliest first.
	Doubts []string
	// Samples are messages as this CRM sends them, for tests, the practice CRM and documentation.
	Samples []Sample
}

// Credential is one thing set-up asks for. Secrets are kept in the vault, the rest in
// Account.Settings, by Key.
type Credential struct {
	Key      string
	Label    string // as the CRM prints it
	Where    string // where in the CRM to find it
	Secret   bool
	Optional bool
	Choices  []string // where only these are right
	Default  string   // used when nothing was given
}

// CredentialURL is the key of a Credential that is the CRM's own address; Account.BaseURL
// stands in for it.
const CredentialURL = "url"

// Card tells one way to set the CRM up. In Steps and URL lines "{add}", "{update}" and
// "{update_tags}" stand for the webhook URLs.
type Card struct {
	Title string
	Steps []string
	Notes []string // worth knowing
	Warns []string // what goes wrong otherwise
}

// Sample is one message as a CRM sends it, with what it must be read as.
type Sample struct {
	Name string
	Body []byte
	Want []byte // the Notice as JSON
}
