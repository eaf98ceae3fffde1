package usersync

import (
	"maps"
	"slices"
	"strings"

	"usher/core"
)

// Facts are what was found on the site and in the store.
type Facts struct {
	// User is the link's user if Trusted, else the one with the first of Job.Emails that
	// has one, else nil.
	User *core.User
	// Finished says that this very work made User before it was interrupted.
	Finished bool
	// Begun are roles that earlier attempts at this work were about to give User, and may
	// have given before they were interrupted.
	Begun []string
	// Links are the stored links to User, of all accounts; this contact's may be among them.
	Links []core.Link
	// Roles is what is known of the site's roles, by slug. None needs to be known.
	Roles map[string]RoleFacts
	// UserDeleted says that the contact's user was deleted on the site.
	UserDeleted bool
	// AgreedEmail says that a person said yes to the new address the job was held for, and
	// AgreedRole is the slug of the role they said yes to.
	AgreedEmail bool
	AgreedRole  string
	// DeclinedEmail, DeclinedRole and DeclinedUser are the same where a person said no, the
	// last one to a user who would be made.
	DeclinedEmail, DeclinedUser bool
	DeclinedRole                string
	// TagNames are the names of the CRM's tags by what it stores of them, as far as known.
	TagNames map[string]string
	// Helper says that the site has the Usher helper; User then shows Job.Meta and the
	// Mark of Job.Query.
	Helper bool
	// DefaultRole is the role the site gives new users; empty if unknown.
	DefaultRole string
	// CanMail says that something can send the welcome mail. Mail is what is known of the
	// mail of work that was interrupted after the create.
	CanMail bool
	Mail    core.MailState
	// Password marks Job.Password: the link's own mark where that is the same password; nil
	// where none is told. MadeWith is the password a Finished user was made with. Both count
	// only where the CRM may change passwords.
	Password *core.PasswordMark
	MadeWith core.Secret
}

// Decision is what Plan decided.
type Decision struct {
	Change core.Change

	link  core.Link // as it will be, apart from what only the site's answer tells
	keep  bool      // whether link is worth storing
	tied  bool      // whether link is to lead to the user
	mail  core.MailState
	guard guard
	made  bool     // the user is made by this work
	gives []string // roles the user is to have that they had not
	late  []string // roles to add once the site has given a new user its default
}

// Plan decides what the job does. A Problem means that a person must decide: the
// decision is to be carried out and settled all the same, and then the work is held.
// It may be contact.no_email, contact.shared_email, user.email_change, role.ask or
// role.powerful; the detail of the last two is the role's slug.
func Plan(conn core.Connection, job Job, facts Facts) (Decision, *core.Problem) {
	if len(job.messages) == 0 {
		return Decision{Change: core.Change{Outcome: core.Ignored, Notes: job.ignored}}, nil
	}
	d := newDraft(conn, job, facts)
	if facts.User != nil && Privileged(*facts.User) && !facts.Finished && !d.gavePower() {
		return d.protect(), nil
	}
	// That a contact is gone is no reason to link it.
	if facts.User != nil && d.user == nil && job.living() {
		other, shared := facts.sharer(d.link)
		switch {
		case shared && strings.EqualFold(facts.User.Email, job.newestEmail()):
			return d.share(other)
		case shared: // found by an address the contact no longer has
			d.facts.User, d.others = nil, nil
		default:
			d.meet(*facts.User)
		}
	}
	if role := d.answerWanted(); role != "" {
		d.replaceRequest(role)
	}
	d.replay()
	return d.decide()
}

// draft is the user and the link on paper, while deliveries are replayed.
type draft struct {
	conn   core.Connection
	job    Job
	facts  Facts
	guard  guard
	others []core.Grant // other contacts' reasons for the user's roles

	link    core.Link
	user    *core.User // nil while there is none
	created bool       // user is made by this work
	barred  bool       // whatever is asked, no user is to be made

	asked     string      // the address the CRM changed to, while it is a question
	told      core.Secret // the password told last about the user who is there
	retold    bool        // told differs from one told before it
	overtaken bool        // something was left out because newer was known
	nowhere   []string    // fields nothing on the site can take
	notes     []core.Note
}

func newDraft(conn core.Connection, job Job, facts Facts) *draft {
	d := &draft{
		conn: conn, job: job, facts: facts, link: job.link,
		guard:  guard{allowed: conn.AllowedRoles, agreed: facts.AgreedRole, roles: facts.Roles},
		others: facts.grantsOfOthers(job.link), barred: facts.DeclinedUser,
		notes: slices.Clone(job.ignored),
	}
	d.link.Base = maps.Clone(job.link.Base)
	if d.link.Base == nil {
		d.link.Base = map[string]string{}
	}
	d.link.Grants = slices.Clone(job.link.Grants)
	if facts.User != nil && Trusted(d.link, *facts.User) {
		d.user = d.onPaper(*facts.User)
	} else {
		d.link = forget(d.link)
	}
	return d
}

// onPaper is a copy of a user to plan with. It is without the roles of attempts that were
// interrupted: each is given again, and thus known to be Usher's, or taken back.
func (d *draft) onPaper(u core.User) *core.User {
	u.Fields = maps.Clone(u.Fields)
	u.Roles = slices.DeleteFunc(slices.Clone(u.Roles), func(role string) bool {
		others := slices.ContainsFunc(d.others, func(g core.Grant) bool { return g.Role == role })
		return slices.Contains(d.facts.Begun, role) && !others
	})
	if u.Fields == nil {
		u.Fields = core.Fields{}
	}
	if u.Meta = maps.Clone(u.Meta); u.Meta == nil {
		u.Meta = map[string]string{}
	}
	return &u
}

// protect leaves a privileged user alone. Tags are kept, since most CRMs tell each only
// once; values and roles are not, so that all of them count when the user is no longer
// privileged.
func (d *draft) protect() Decision {
	var base map[string]string
	var grants []core.Grant
	var wanted string
	if d.user != nil {
		base, grants, wanted = maps.Clone(d.link.Base), slices.Clone(d.link.Grants), d.link.Wanted
	}
	d.user, d.barred = nil, true
	d.replay()
	d.link.Base, d.link.Grants, d.link.Wanted, d.link.Marked = base, grants, wanted, false
	change := core.Change{Outcome: core.Protected, UserID: d.facts.User.ID, Notes: d.job.ignored}
	return Decision{Change: change, link: d.link, keep: true, tied: true}
}

// share leaves the user to the other contact and remembers what is known of this one.
func (d *draft) share(other core.Link) (Decision, *core.Problem) {
	d.barred = true
	d.replay()
	d.link.StateSeq = d.job.link.StateSeq
	problem := core.NewProblem("contact.shared_email", nil)
	if !strings.HasPrefix(other.ContactID, "email:") {
		problem = problem.About("contact " + other.ContactID)
	}
	change := core.Change{Outcome: core.Unchanged, UserID: d.facts.User.ID, Notes: d.notes}
	return Decision{Change: change, link: d.link, keep: true}, problem
}

func (d *draft) replay() {
	for _, m := range d.job.messages {
		d.apply(m)
	}
}

// apply is what one delivery does.
func (d *draft) apply(m message) {
	outdated := d.job.outdated(m)
	if m.deleted {
		d.note("contact.deleted", "")
		if !outdated {
			d.link.ContactDeleted, d.link.StateSeq = true, max(d.link.StateSeq, m.seq)
		}
		return
	}
	d.absorb(m, outdated)
	if !m.tagsOnly {
		role := m.state.role
		if role == "" || outdated {
			role = m.role
		}
		if role != "" {
			d.request(role)
		}
	}
	if m.creates && d.user == nil && !d.barred && d.job.newestEmail() != "" {
		d.create()
	}
	if d.user != nil {
		d.followTags()
	}
}

// absorb takes in what a delivery tells about the person.
func (d *draft) absorb(m message, outdated bool) {
	told := false
	d.putEmail(m.state.email, outdated, !m.tagsOnly)
	if !m.tagsOnly {
		for field, value := range m.state.fields {
			if m.again && d.knew(field) {
				continue // what was edited on the site since stays
			}
			d.put(field, value, outdated)
		}
		if m.state.login != "" {
			d.put(fieldLogin, m.state.login, outdated)
		}
		d.nowhere = append(d.nowhere, m.state.nowhere...)
		d.hearPassword(m.password, outdated)
		told = !m.state.empty()
	}
	if m.tagsKnown || len(m.events) > 0 {
		if outdated {
			d.overtaken = true
		} else {
			d.foldTags(m)
		}
		told = true
	}
	if !outdated {
		d.link.ContactDeleted = false
		if told {
			d.link.StateSeq = max(d.link.StateSeq, m.seq)
		}
	}
}

// create makes the user on paper.
func (d *draft) create() {
	login := d.link.Base[fieldLogin]
	if login == "" {
		login = d.job.newestEmail()
	}
	d.created = true
	d.meet(core.User{Login: login, Email: d.job.newestEmail()})
}

// meet ties the contact to a user, who then gets all that was remembered until now.
func (d *draft) meet(user core.User) {
	remembered, wishes := d.link.Base, d.link.Grants
	d.user, d.link.Base, d.link.Grants = d.onPaper(user), map[string]string{}, nil
	for field, value := range remembered {
		if field == fieldEmail {
			d.putEmail(value, false, true)
		} else {
			d.put(field, value, false)
		}
	}
	switch {
	case d.facts.Finished:
		d.created = true
		d.note("user.finished", "")
	case !d.created:
		d.note("user.adopted", "")
	}
	d.link.CreatedByUs = d.created
	d.firstRole(wishes)
}

func (d *draft) note(code, detail string) {
	n := core.NewNote(code, strings.TrimSpace(detail))
	if !slices.Contains(d.notes, n) {
		d.notes = append(d.notes, n)
	}
}
