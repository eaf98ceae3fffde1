package core

// MostWrites is the most users any site is asked to change in one request.
const MostWrites = 50

// Offer is what a WordPress site can do for Usher.
type Offer struct {
	// Helper says that the Usher helper is active: the site then keeps user meta and Marks,
	// sends its own welcome mail and tells its roles.
	Helper bool
	// Version is the helper's.
	Version string
	// Identity is the random id the helper gave the site. A site that was swapped for
	// another has another.
	Identity string
	// Roles are all roles of the site by slug; nil where it does not tell.
	Roles map[string]Role
	// DefaultRole is the role the site gives new users; empty where it does not tell.
	DefaultRole string
	// Most is how many writes the site takes in one request, at least 1.
	Most int
}

// Role is a role of a site.
type Role struct {
	Name string // as people see it
	Caps map[string]bool
}

// Mark is what the helper keeps with a user about a contact, where WP Fusion and the
// plugins that read its data look for it.
type Mark struct {
	CRM       string   // Descriptor.Slug
	ContactID string   // empty: none, or in a UserWrite: leave it alone
	Tags      []string // nil: none, or in a UserWrite: leave them alone
}

// UserQuery asks a site for one user: by ID, or, where that is 0, by the contact id the
// helper keeps, then by e-mail address.
type UserQuery struct {
	ID    int64
	Email string
	Mark  Mark     // whose CRM's Mark to show, and whose contact to look for; Tags are not used
	Meta  []string // the user meta to show
	// Full asks for Caps and Registered too, which the helper leaves out.
	Full bool
}

// Found is the answer to a UserQuery.
type Found struct {
	User User
	OK   bool // there is such a user
}

// UserWrite is a Change as a site is asked to carry it out.
type UserWrite struct {
	// Op names the attempt, 8 to 64 letters and digits. On a site with the helper the same
	// one again has no second effect and sends no second mail.
	Op string
	// Before is the user planned against; nil when there was none, which takes a Create.
	Before *User
	Create *NewUser
	Patch  UserPatch
	// Meta is user meta to write, and Mark what to keep for a CRM; both need the helper.
	Meta map[string]string
	Mark *Mark
	// Mail asks for WordPress's welcome mail, for a user this Op makes; needs the helper.
	Mail bool
}

// Written is what became of a UserWrite.
type Written struct {
	// User is the user as the site shows them after the write. With the error user.changed
	// it is who is there instead of UserWrite.Before; without an ID nobody is.
	User User
	// Made says that the Op made the user, now or when it was sent before.
	Made bool
	Mail MailState
	// Left says that Meta and Mark were not written, as the user has become too powerful
	// for the helper by a role a person chose.
	Left bool
	Err  error
}
