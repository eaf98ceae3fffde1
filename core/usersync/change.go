package usersync

import (
	"fmt"
	"slices"
	"strings"

	"usher/core"
)

// decide turns the draft into a Change, and into a Problem when something is left that
// only a person can decide.
func (d *draft) decide() (Decision, *core.Problem) {
	decision := Decision{guard: d.guard, keep: true, tied: d.user != nil, made: d.created}
	change := &decision.Change
	var problem *core.Problem
	switch {
	case d.user == nil:
		change.Outcome = core.NoUser
		decision.keep = d.worthKeeping()
		problem = d.missing()
	case d.created && !d.facts.Finished:
		change.Outcome = core.Created
		decision.late = d.newUser(change)
	default:
		d.patch(change)
	}
	if d.user != nil {
		d.mark(change)
		d.changePassword(change)
		if change.Outcome == core.Unchanged && (change.Meta != nil || change.Mark != nil || !change.Patch.Password.Empty()) {
			change.Outcome = core.Updated
		}
		decision.gives = d.newRoles()
		decision.mail = d.mail(change)
		for _, field := range slices.Compact(slices.Sorted(slices.Values(d.nowhere))) {
			d.note("field.nowhere", field)
		}
		if problem = d.newEmail(change); problem == nil {
			problem = d.askRole()
		}
	}
	if d.overtaken {
		d.note("state.outdated", "")
	}
	d.noteTags()
	if problem != nil {
		d.link.StateSeq = d.job.link.StateSeq
	}
	change.Notes, decision.link = d.notes, d.link
	return decision, problem
}

// newEmail is about an address the CRM has changed: it is written where a person agreed,
// to this one or to all of the connection, else it is a question.
func (d *draft) newEmail(change *core.Change) *core.Problem {
	if d.asked == "" {
		return nil
	}
	if d.facts.DeclinedEmail {
		d.link.Base[fieldEmail] = d.asked // so that only another address is a question again
		d.note("email.declined", "")
		return nil
	}
	change.Fields = append(change.Fields, core.FieldChange{Field: fieldEmail, Old: d.user.Email, New: d.asked})
	if !d.facts.AgreedEmail && !d.conn.ChangeEmails {
		return core.NewProblem("user.email_change", nil).About(fmt.Sprintf("user %d", d.user.ID))
	}
	if change.Patch.Fields == nil {
		change.Patch.Fields = core.Fields{}
	}
	change.Patch.Fields[fieldEmail], d.link.Base[fieldEmail] = d.asked, d.asked
	if change.Outcome == core.Unchanged {
		change.Outcome = core.Updated
	}
	return nil
}

// missing notes why there is no user.
func (d *draft) missing() *core.Problem {
	if d.job.Create && d.facts.DeclinedUser {
		d.note("user.declined", "")
		return nil
	}
	if d.job.Create {
		return core.NewProblem("contact.no_email", nil)
	}
	if d.facts.UserDeleted {
		d.note("user.deleted", "")
	}
	for _, m := range d.job.messages {
		if m.takesAway != "" {
			d.note("event.takes_away", m.takesAway)
		}
	}
	return nil
}

// worthKeeping reports whether anything is known about a contact without a user.
func (d *draft) worthKeeping() bool {
	return d.job.known || d.link.StateSeq > 0 || len(d.link.Base) > 0 || len(d.link.Grants) > 0 || d.link.Wanted != ""
}

// newUser fills in a create and returns the roles that have to come after it.
func (d *draft) newUser(change *core.Change) (late []string) {
	user := &core.NewUser{
		Login: d.user.Login, Email: d.user.Email, Password: d.job.password,
		Fields: d.user.Fields, Roles: d.user.Roles,
	}
	if slices.Contains(user.Roles, siteDefault) {
		late = slices.DeleteFunc(slices.Clone(user.Roles), func(r string) bool { return r == siteDefault })
		user.Roles = nil
	}
	change.Create = user
	change.Fields = append(change.Fields,
		core.FieldChange{Field: fieldLogin, New: user.Login},
		core.FieldChange{Field: fieldEmail, New: user.Email},
		core.FieldChange{Field: fieldPassword, New: "set"})
	for _, field := range coreFields {
		if value := user.Fields[field]; value != "" {
			change.Fields = append(change.Fields, core.FieldChange{Field: field, New: value})
		}
	}
	d.metaChanges(nil, change)
	if roles := append(slices.Clone(user.Roles), late...); len(roles) > 0 {
		change.Fields = append(change.Fields, core.FieldChange{Field: "roles", New: strings.Join(roles, ", ")})
	}
	return late
}

// patch fills in what differs between the user found and the user on paper.
func (d *draft) patch(change *core.Change) {
	before := d.facts.User
	change.UserID = before.ID
	for _, field := range coreFields {
		if now := d.user.Fields[field]; !same(field, now, before.Fields[field]) {
			if change.Patch.Fields == nil {
				change.Patch.Fields = core.Fields{}
			}
			change.Patch.Fields[field] = now
			change.Fields = append(change.Fields, core.FieldChange{Field: field, Old: before.Fields[field], New: now})
		}
	}
	d.metaChanges(before.Meta, change)
	if roles := inOrderOf(before.Roles, d.user.Roles); !slices.Equal(roles, before.Roles) {
		change.Patch.Roles = roles
		change.Fields = append(change.Fields, core.FieldChange{
			Field: "roles", Old: strings.Join(before.Roles, ", "), New: strings.Join(roles, ", "),
		})
	}
	switch {
	case d.created:
		change.Outcome = core.Created
	case change.Patch.Empty() && change.Meta == nil:
		change.Outcome = core.Unchanged
	default:
		change.Outcome = core.Updated
	}
}

// inOrderOf returns the roles of now, those of before first and in its order. It is
// never nil, which in a patch means no change.
func inOrderOf(before, now []string) []string {
	roles := []string{}
	for _, list := range [][]string{before, now} {
		for _, role := range list {
			if slices.Contains(now, role) && !slices.Contains(roles, role) {
				roles = append(roles, role)
			}
		}
	}
	return roles
}

func (d *draft) newRoles() []string {
	return slices.DeleteFunc(slices.Clone(d.user.Roles), func(role string) bool {
		had := d.facts.User != nil && slices.Contains(d.facts.User.Roles, role)
		return role == siteDefault || (had && !slices.Contains(d.wasGiving(), role))
	})
}

// mail decides about the welcome mail. It goes only to users this work made, so that
// nobody is ever welcomed twice.
func (d *draft) mail(change *core.Change) core.MailState {
	switch {
	case !d.job.mail:
		return core.MailNone
	case !d.created:
		d.note("mail.not_new", "")
		return core.MailNone
	case d.facts.Mail != core.MailNone:
		return d.facts.Mail
	case d.facts.CanMail:
		change.SendMail = true
		return core.MailNone
	default:
		return core.MailUnsent
	}
}
