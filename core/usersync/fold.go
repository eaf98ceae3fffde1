package usersync

import (
	"slices"
	"strings"

	"usher/core"
)

// Waiting is one delivery that is still to be applied, as it was read.
type Waiting struct {
	Seq     uint64
	Request core.Request
	Notice  core.Notice
	// Fresh says that the contact is as the CRM said just now, however old the delivery.
	Fresh bool
	// Done says that an earlier attempt, held since, found or made the user: its requests for
	// a user and a mail have been dealt with.
	Done bool
}

// Job is a contact's waiting deliveries, ready to be planned.
type Job struct {
	// Emails are the addresses to look the user up by when the link leads to none, best
	// first. It is empty when no address is known.
	Emails []string
	// Create is set when some delivery asks for a user to be made.
	Create bool
	// Roles are the slugs of all roles that planning may have to judge.
	Roles []string
	// Meta are the keys of user meta that planning may have to compare.
	Meta []string

	link     core.Link // what is known of the contact before this job
	known    bool      // whether link was stored
	messages []message
	password core.Secret
	mail     bool
	ignored  []core.Note
	mark     core.Mark // without tags
}

// message is one delivery, in WordPress's words.
type message struct {
	seq       uint64
	fresh     bool   // its state is newer than anything remembered
	again     bool   // was held once its fields had been dealt with
	tagsOnly  bool   // update_tags
	creates   bool   // asks for a user to be made
	takesAway string // the event that keeps an add from making a user
	deleted   bool   // the contact is gone
	role      string // as named by the URL
	state     state
	password  core.Secret
	tags      []string // the whole set, when tagsKnown
	tagsKnown bool
	events    []core.TagEvent
}

// Fold reads a contact's waiting deliveries, oldest first. The link is what is stored
// about the contact, nil if nothing is; fieldMap maps CRM field keys to WordPress fields;
// crm is the slug the helper keeps contacts of this CRM under.
func Fold(conn core.Connection, crm string, fieldMap map[string]string, link *core.Link, waiting []Waiting) Job {
	job := Job{Meta: metaKeys(fieldMap)}
	if link != nil {
		job.link, job.known = *link, true
	} else {
		job.link = core.Link{SiteID: conn.SiteID, AccountID: conn.AccountID}
	}
	for _, w := range waiting {
		if w.Notice.Ignored != nil {
			job.ignored = append(job.ignored, *w.Notice.Ignored)
			continue
		}
		if job.link.ContactID == "" {
			job.link.ContactID = w.Notice.Contact.Key()
		}
		m := read(conn, fieldMap, w)
		job.messages = append(job.messages, m)
		job.mail = job.mail || (w.Request.Mail && !w.Done)
		job.Create = job.Create || m.creates
	}
	job.password = job.newestPassword()
	job.mark = core.Mark{CRM: crm}
	if !strings.HasPrefix(job.link.ContactID, core.EmailKey) {
		job.mark.ContactID = job.link.ContactID
	}
	job.Emails = job.emails()
	job.Roles = job.roles(conn)
	return job
}

func read(conn core.Connection, fieldMap map[string]string, w Waiting) message {
	contact, request := w.Notice.Contact, w.Request
	m := message{
		seq:      w.Seq,
		fresh:    w.Fresh,
		again:    w.Done && !w.Fresh,
		tagsOnly: request.Action == core.UpdateTags,
		deleted:  contact.Deleted,
		creates:  request.Action == core.Add && !w.Notice.NeverCreates && !contact.Deleted && !w.Done,
		role:     strings.TrimSpace(request.Role),
		tags:     contact.Tags, tagsKnown: contact.TagsKnown,
		events: w.Notice.Events,
	}
	if request.Action == core.Add && w.Notice.NeverCreates {
		m.takesAway = w.Notice.Event
	}
	if m.deleted {
		return m
	}
	var password core.Secret
	if m.state, password = readState(contact, fieldMap, conn.ReturnPasswordField); !m.tagsOnly {
		m.password = password
	}
	return m
}

// Password is the newest one the CRM itself gave; empty where it gave none.
func (j Job) Password() core.Secret { return j.password }

// newestPassword prefers deliveries that nothing newer has overtaken.
func (j Job) newestPassword() (password core.Secret) {
	for _, m := range slices.Backward(j.messages) {
		switch {
		case m.password.Empty():
		case !j.outdated(m):
			return m.password
		case password.Empty():
			password = m.password
		}
	}
	return password
}

// Query asks for the user with this e-mail address, or marked as this contact.
func (j Job) Query(email string) core.UserQuery {
	return core.UserQuery{Email: email, Mark: j.mark, Meta: j.Meta}
}

// emails are the addresses the job tells, newest first; else the one told before; else
// those of deliveries which something newer has overtaken.
func (j Job) emails() []string {
	var fresh, overtaken []string
	for _, m := range slices.Backward(j.messages) {
		list := &fresh
		if j.outdated(m) {
			list = &overtaken
		}
		if email := m.state.email; email != "" && !slices.ContainsFunc(*list, func(e string) bool { return strings.EqualFold(e, email) }) {
			*list = append(*list, email)
		}
	}
	switch told := j.link.Base[fieldEmail]; {
	case len(fresh) > 0:
		return fresh
	case told != "":
		return []string{told}
	default:
		return overtaken
	}
}

func (j Job) newestEmail() string {
	if len(j.Emails) == 0 {
		return ""
	}
	return j.Emails[0]
}

func (j Job) roles(conn core.Connection) []string {
	var names []string
	for _, m := range j.messages {
		names = append(names, m.state.role, m.role)
	}
	for _, g := range j.link.Grants {
		names = append(names, g.Role)
	}
	names = append(names, j.link.Wanted, conn.DefaultRole)
	for _, rule := range conn.TagRules {
		names = append(names, rule.Role)
	}
	var slugs []string
	for _, name := range names {
		if slug := slugOf(name); slug != "" && !slices.Contains(slugs, slug) {
			slugs = append(slugs, slug)
		}
	}
	return slugs
}

// outdated reports whether newer state than m's has been remembered already.
func (j Job) outdated(m message) bool { return !m.fresh && m.seq <= j.link.StateSeq }

// living reports whether any delivery is about a contact that still exists.
func (j Job) living() bool {
	return slices.ContainsFunc(j.messages, func(m message) bool { return !m.deleted })
}
