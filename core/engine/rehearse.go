package engine

import (
	"context"
	"strings"

	"usher/core"
)

// subject is who a test is done with.
type subject struct {
	notice core.Notice
	body   []byte // what the CRM sent, or would
	from   string // for people: where the person comes from
	made   bool   // made up: a sample's
}

// pick finds the person to test with: the one named, else the one the CRM told of last,
// else a made-up one.
func (t *trial) pick(ctx context.Context, contact string) (subject, error) {
	conn := t.via.conn
	last, ok, err := t.engine.newest(ctx, func(r core.Record) bool {
		return r.Connection == conn.Name && r.Contact != "" && (contact == "" || isAbout(r, contact))
	})
	if err != nil {
		return subject{}, err
	}
	if ok {
		who, err := t.recall(last)
		if !core.HasCode(err, "delivery.expired") {
			return who, err
		}
	}
	switch {
	case contact == "":
		return t.makeUp()
	case !t.via.account.API:
		return subject{}, core.NewProblem("test.no_person", nil).About(contact + " has not been sent yet, and Usher has no key to look them up with")
	case strings.Contains(contact, "@"):
		return subject{notice: core.Notice{Contact: core.Contact{Email: contact}}, from: contact}, nil
	default:
		return subject{notice: core.Notice{Contact: core.Contact{ID: contact}}, from: contact}, nil
	}
}

// isAbout reports whether a delivery is about the contact a person named by number or by
// e-mail address.
func isAbout(r core.Record, contact string) bool {
	return r.Contact == contact || strings.EqualFold(r.Contact, core.EmailKey+contact)
}

// recall reads again what the CRM said last about a person.
func (t *trial) recall(r core.Record) (subject, error) {
	d, err := t.engine.store.Delivery(r.Seq)
	if err != nil {
		return subject{}, err
	}
	notice, err := t.parse(d)
	if err != nil {
		return subject{}, err
	}
	name := strings.TrimPrefix(r.Contact, core.EmailKey)
	return subject{notice: notice, body: d.Body, from: name + ", as in message " + d.ID()}, nil
}

// makeUp takes the person of the first sample that would make a user.
func (t *trial) makeUp() (subject, error) {
	for _, sample := range t.via.adapter.Describe().Samples {
		notice, err := t.parse(core.Delivery{Action: core.Add, Body: sample.Body})
		if err == nil && notice.Ignored == nil && !notice.NeverCreates && !notice.Contact.Deleted && notice.Contact.Email != "" {
			return subject{notice: notice, body: sample.Body, from: notice.Contact.Email + ", a made-up person", made: true}, nil
		}
	}
	return subject{}, core.NewProblem("test.no_person", nil)
}

func (t *trial) parse(d core.Delivery) (core.Notice, error) {
	message, err := d.Read()
	if err != nil {
		return core.Notice{}, err
	}
	return t.via.adapter.Parse(message)
}

// outlook says what a planned change would come to.
func outlook(j *job, offer core.Offer) string {
	change := j.decision.Change
	switch change.Outcome {
	case core.Created:
		return "Usher would make " + fullName(change.Create) + " a user, as " + roleNames(change.Create.Roles, offer) + "."
	case core.Updated:
		var fields []string
		for _, f := range change.Fields {
			fields = append(fields, f.Field)
		}
		if len(fields) == 0 {
			return "Usher would update the user " + j.facts.User.Login + "."
		}
		return "Usher would update the user " + j.facts.User.Login + ": " + strings.Join(fields, ", ") + "."
	case core.Protected:
		return "Usher would leave this user alone: they have admin rights."
	case core.Unchanged:
		return "Everything is up to date: nothing would change."
	default:
		return "Nothing would change."
	}
}

func fullName(u *core.NewUser) string {
	if name := strings.TrimSpace(u.Fields["first_name"] + " " + u.Fields["last_name"]); name != "" {
		return name + " (" + u.Email + ")"
	}
	return u.Email
}

// roleNames names roles as the site shows them, as far as it tells.
func roleNames(slugs []string, offer core.Offer) string {
	if slugs == nil {
		slugs = []string{offer.DefaultRole}
	}
	names := make([]string, len(slugs))
	for i, slug := range slugs {
		switch role, ok := offer.Roles[slug]; {
		case ok && role.Name != "":
			names[i] = role.Name
		case slug == "":
			names[i] = "the site's usual role"
		default:
			names[i] = slug
		}
	}
	return strings.Join(names, " and ")
}
