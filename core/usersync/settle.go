package usersync

import (
	"maps"
	"slices"
	"time"

	"usher/core"
)

// Gives lists the roles the decision gives that the user did not have. When the site
// answers that it has no such role, one of these is meant.
func (d *Decision) Gives() []string { return slices.Clone(d.gives) }

// Check looks at the user as the site answered, and returns what is still to be written:
// roles that turned out to make a new power are taken away, and tag rules' roles follow
// after the default the site gave. Call it for every user planned with or made, and again
// with each answer, until it returns nil. It adds to Change.Notes.
func (d *Decision) Check(after core.User) *core.UserPatch {
	bad := d.tooPowerful(after)
	isBad := func(role string) bool { return slices.Contains(bad, role) }
	for _, role := range bad {
		if note := core.NewNote("role.too_powerful", role); !slices.Contains(d.Change.Notes, note) {
			d.Change.Notes = append(d.Change.Notes, note)
		}
	}
	d.late = slices.DeleteFunc(d.late, isBad)
	if len(bad) > 0 {
		// First and alone: a role that is to follow may be unknown to the site.
		return &core.UserPatch{Roles: slices.DeleteFunc(slices.Clone(after.Roles), isBad)}
	}
	roles := inOrderOf(after.Roles, slices.Concat(after.Roles, d.late))
	d.late = nil
	if len(roles) == len(after.Roles) {
		return nil
	}
	return &core.UserPatch{Roles: roles}
}

// tooPowerful are the roles this decision brought that may be why the user is privileged
// and that no person chose.
func (d *Decision) tooPowerful(after core.User) []string {
	explained := slices.ContainsFunc(after.Roles, func(role string) bool {
		return d.guard.chosen(role) && d.guard.knownPowerful(role)
	})
	if !Privileged(after) || explained {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(after.Roles), func(role string) bool {
		brought := d.made || slices.Contains(d.gives, role)
		return !brought || d.guard.chosen(role) || d.guard.knownHarmless(role)
	})
}

// Settle returns the link to store once the decision has been carried out, nil if there
// is nothing to remember. After is the user as last seen, and zero where there is none.
func (d *Decision) Settle(after core.User) *core.Link {
	if !d.keep {
		return nil
	}
	link := d.link
	link.Base, link.Tags, link.Grants = maps.Clone(link.Base), slices.Clone(link.Tags), slices.Clone(link.Grants)
	if !d.tied || after.ID == 0 {
		return &link
	}
	link.UserID, link.Login, link.Email = after.ID, after.Login, after.Email
	link.Grants = nameDefault(link.Grants, after.Roles)
	if d.mail != core.MailNone {
		link.Mail = d.mail
	}
	return &link
}

// mailNotes say what became of a welcome mail.
var mailNotes = map[core.MailState]string{
	core.MailSent: "mail.sent", core.MailUnsent: "mail.no_sender", core.MailFailed: "mail.failed", core.MailUnknown: "mail.unknown",
}

// Mailed records what became of the welcome mail that Change.SendMail asked for.
func (d *Decision) Mailed(state core.MailState) { d.mail = state }

// Unmailed reports whether nothing has sent the welcome mail so far, nor tried to.
func (d *Decision) Unmailed() bool { return d.mail == core.MailNone || d.mail == core.MailUnsent }

// MailNotes is what is to be said about the welcome mail, once that is certain.
func (d *Decision) MailNotes() []core.Note {
	code, ok := mailNotes[d.mail]
	if !ok {
		return nil
	}
	return []core.Note{core.NewNote(code, "")}
}

// nameDefault puts the role the site gave a new user in place of siteDefault.
func nameDefault(grants []core.Grant, roles []string) []core.Grant {
	at := slices.IndexFunc(grants, func(g core.Grant) bool { return g.Role == siteDefault })
	if at < 0 {
		return grants
	}
	if len(roles) == 0 {
		return slices.Delete(grants, at, at+1)
	}
	grants[at].Role = roles[0]
	return grants
}

// Made reports whether this work made the user.
func (d *Decision) Made() bool { return d.made }

// HandedOver records when the CRM had the password.
func (d *Decision) HandedOver(at time.Time) { d.link.PasswordHandedOver = at }

// Left records that Change.Meta and Change.Mark could not be written, so that tags are
// told to the site anew another time.
func (d *Decision) Left() { d.link.Marked = false }
