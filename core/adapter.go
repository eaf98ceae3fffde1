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
	// FieldMap is the mapping used unless the owner made one: CRM field to WordPress field.
	FieldMap map[string]string
	// Samples are messages as this CRM sends them, for tests, the practice CRM and documentation.
	Samples []Sample
}

// Sample is one message as a CRM sends it, with what it must be read as.
type Sample struct {
	Name string
	Body []byte
	Want []byte // the Notice as JSON
}
