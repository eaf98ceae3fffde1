package engine

import (
	"context"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"

	"usher/core"
	"usher/core/usersync"
)

// crm is the open client of a CRM account. Lanes share it: some CRMs give out tokens that
// only one client may renew.
type crm struct {
	account core.Account
	client  core.Client
	tags    map[string]string // names by key
	tagsAt  time.Time
}

// crm returns the client of an account as it is set up now.
func (e *Engine) crm(account core.Account, adapter core.Adapter) (core.Client, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	open, ok := e.crms[account.ID]
	if ok && reflect.DeepEqual(open.account, account) {
		return open.client, nil
	}
	opener, can := adapter.(core.Opener)
	if !can {
		return nil, core.NewProblem("crm.settings", nil)
	}
	client, err := opener.Open(account, accountVault{e.vault, account.ID})
	if err != nil {
		return nil, err
	}
	if ok {
		open.client.Close()
	}
	e.crms[account.ID] = &crm{account: account, client: client}
	return client, nil
}

// closeCRMs lets go of all clients; the next read opens them anew.
func (e *Engine) closeCRMs() {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, open := range e.crms {
		open.client.Close()
	}
	clear(e.crms)
}

// accountPause is why a lane does not read from a CRM account for now.
type accountPause struct {
	failures int
	suspects map[string]bool // contacts that failed, none well between, for a reason that may be the account's
	until    time.Time
	problem  *core.Problem
}

// readContacts reads the contacts of those jobs whose CRM has an API, so that what is
// planned is what the CRM says now. Where an account cannot be read its jobs are put off,
// which costs them no attempts.
func (l *lane) readContacts(ctx context.Context, jobs []*job) (ready []*job, err error) {
	for _, j := range jobs {
		if j.contact != nil || !j.via.account.API {
			ready = append(ready, j)
			continue
		}
		err := l.readContact(ctx, j)
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if err != nil {
			err = l.unread(ctx, j, core.AsProblem(err))
		}
		if err != nil {
			return nil, err
		}
		if !j.stopped {
			ready = append(ready, j)
		}
	}
	return ready, nil
}

func (l *lane) readContact(ctx context.Context, j *job) error {
	if pause := l.accounts[j.via.account.ID]; pause != nil && time.Now().Before(pause.until) {
		return pause.problem
	}
	id, email := j.person()
	if id == "" && email == "" {
		return nil // nobody is named, or somebody who is gone
	}
	client, err := l.engine.crm(j.via.account, j.via.adapter)
	if err != nil {
		return err
	}
	var contact core.Contact
	if id != "" {
		contact, err = client.Contact(ctx, id)
	} else {
		contact, err = client.ContactByEmail(ctx, email)
	}
	if err != nil {
		return err
	}
	if j.tagNames, err = l.tagNames(ctx, client, j, contact.Tags); err != nil {
		return err
	}
	l.readAgain(j.via.account)
	contact.ID = id // the key under which the contact is known
	j.contact = &contact
	return nil
}

// person is whom the job's newest delivery that names anybody is about.
func (j *job) person() (id, email string) {
	for _, w := range slices.Backward(j.waiting) {
		contact := w.Notice.Contact
		switch {
		case w.Notice.Ignored != nil:
		case contact.Deleted:
			return "", ""
		case contact.ID != "" || contact.Email != "":
			return contact.ID, contact.Email
		}
	}
	return "", ""
}

const tagNamesKnownFor = 10 * time.Minute

// tagNames tells the names of the account's tags, where tag rules have to be followed
// and the CRM stores something else than names.
func (l *lane) tagNames(ctx context.Context, client core.Client, j *job, tags []string) (map[string]string, error) {
	picker, ok := client.(core.Picker)
	if !ok || len(j.via.conn.TagRules) == 0 {
		return nil, nil
	}
	e := l.engine
	e.mu.Lock()
	var names map[string]string
	var at time.Time
	if open := e.crms[j.via.account.ID]; open != nil {
		names, at = open.tags, open.tagsAt
	}
	e.mu.Unlock()
	unknown := slices.ContainsFunc(tags, func(key string) bool { _, known := names[key]; return !known })
	if age := time.Since(at); names != nil && age < tagNamesKnownFor && (!unknown || age < time.Minute) {
		return names, nil
	}
	list, err := picker.ListTags(ctx)
	if err != nil {
		return nil, err
	}
	names = make(map[string]string, len(list))
	for _, tag := range list {
		names[tag.Key] = tag.Name
	}
	e.mu.Lock()
	if open := e.crms[j.via.account.ID]; open != nil {
		open.tags, open.tagsAt = names, time.Now()
	}
	e.mu.Unlock()
	return names, nil
}

// unread decides what an error of reading a contact means.
func (l *lane) unread(ctx context.Context, j *job, p *core.Problem) error {
	account := j.via.account
	switch p.Scope {
	case core.CRMWide:
		return l.putOff(ctx, j, l.pauseAccount(account, p))
	case core.ItemOrCRM:
		pause := l.accountPause(account)
		pause.suspects[j.work.Key.Contact] = true
		if len(pause.suspects) > 1 {
			return l.putOff(ctx, j, l.pauseAccount(account, p))
		}
	case core.OneItem:
		if link, ok, err := l.engine.store.Link(j.via.site.ID, account.ID, j.work.Key.Contact); err == nil && ok && p.Code == "crm.no_contact" {
			j.contact = &core.Contact{ID: link.ContactID, Deleted: true}
			return nil
		}
	default:
		return p
	}
	j.stopped = true
	return l.setAside(ctx, j.work, p)
}

// noteGone notes in the links to the job's user which contacts have gone from the CRM, as
// one of two that were merged does without a word. It asks only when the job's contact is
// about to become that user; where it gets no answer, they count as living.
func (l *lane) noteGone(ctx context.Context, j *job, links []core.Link) error {
	user, account := *j.facts.User, j.via.account
	if j.contact == nil || (j.known.link != nil && usersync.Trusted(*j.known.link, user)) {
		return nil
	}
	for i, other := range links {
		mine := other.ContactID == j.work.Key.Contact || strings.HasPrefix(other.ContactID, core.EmailKey)
		if other.AccountID != account.ID || mine || other.ContactDeleted || !usersync.Trusted(other, user) {
			continue
		}
		client, err := l.engine.crm(account, j.via.adapter)
		if err != nil {
			return err
		}
		contact, err := client.Contact(ctx, other.ContactID)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil && !core.HasCode(err, "crm.no_contact"):
			l.engine.log.Warn("other contact not read", "code", core.AsProblem(err).Code)
			continue
		case err == nil && !contact.Deleted:
			continue
		}
		links[i].ContactDeleted = true
		if err := l.engine.store.SaveLink(ctx, links[i]); err != nil {
			return err
		}
	}
	return nil
}

func (l *lane) accountPause(account core.Account) *accountPause {
	if l.accounts[account.ID] == nil {
		l.accounts[account.ID] = &accountPause{suspects: map[string]bool{}}
	}
	return l.accounts[account.ID]
}

// pauseAccount lets all reading from an account wait.
func (l *lane) pauseAccount(account core.Account, p *core.Problem) *accountPause {
	pause := l.accountPause(account)
	if now := time.Now(); !now.Before(pause.until) {
		pause.failures++
		wait := max(siteWait(pause.failures), p.RetryAfter)
		if p.Then == core.Hold {
			wait = jitter(heldSiteWait)
		}
		pause.until, pause.problem = now.Add(wait), p
		l.engine.setTrouble(account.Name, p)
		l.engine.log.Warn("account waits", "account", account.ID, "code", p.Code, "seconds", int(wait.Seconds()))
	}
	return pause
}

// readAgain ends what stood in an account's way.
func (l *lane) readAgain(account core.Account) {
	if pause := l.accounts[account.ID]; pause != nil {
		if pause.failures > 0 {
			l.engine.setTrouble(account.Name, nil)
		}
		delete(l.accounts, account.ID)
	}
}

// putOff makes a job wait for its CRM account.
func (l *lane) putOff(ctx context.Context, j *job, pause *accountPause) error {
	j.stopped = true
	due := l.engine.now().Add(time.Until(pause.until) + time.Millisecond) // the store keeps no parts of one
	return l.engine.store.Postpone(ctx, j.work.Key, due, j.work.Attempts, pause.problem)
}

// emailWaits are the pauses after which a contact without an e-mail address is read
// again: in some CRMs a contact exists from the first letter that is typed.
var emailWaits = []time.Duration{time.Minute, 5 * time.Minute, 30 * time.Minute, 6 * time.Hour, 24 * time.Hour}

// awaitEmail puts off the jobs whose contact may still get an e-mail address.
func (l *lane) awaitEmail(ctx context.Context, jobs []*job) (ready []*job, err error) {
	for _, j := range jobs {
		tries := j.work.Attempts
		if j.contact == nil || j.problem == nil || j.problem.Code != "contact.no_email" || tries >= len(emailWaits) {
			ready = append(ready, j)
			continue
		}
		due := l.engine.now().Add(emailWaits[tries])
		if err := l.engine.store.Postpone(ctx, j.work.Key, due, tries+1, core.NewProblem("contact.no_email_yet", nil)); err != nil {
			return nil, err
		}
	}
	return ready, nil
}

// told is what the job's deliveries say, with what the CRM says of the contact now in
// place of what it said then.
func (j *job) told() []usersync.Waiting {
	if j.contact == nil {
		return j.waiting
	}
	told := slices.Clone(j.waiting)
	for i := range told {
		then := told[i].Notice.Contact
		told[i].Notice.Contact, told[i].Notice.Events, told[i].Fresh = withEventFields(*j.contact, then), nil, true
	}
	return told
}

// withEventFields adds to a contact what only the message told: the product that was
// bought belongs to the event, and the CRM's API knows nothing of it.
func withEventFields(contact, then core.Contact) core.Contact {
	fields := maps.Clone(contact.Fields)
	for key, value := range then.Fields {
		if strings.HasPrefix(key, core.EventField) {
			if fields == nil {
				fields = core.Fields{}
			}
			fields[key] = value
		}
	}
	contact.Fields = fields
	return contact
}
