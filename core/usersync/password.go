package usersync

import "usher/core"

// hearPassword takes in the password a delivery tells about the user who is there. Of a
// user who is only made by this work nothing is kept: they get the newest one told.
func (d *draft) hearPassword(password core.Secret, outdated bool) {
	if password.Empty() || outdated || d.user == nil {
		return
	}
	d.retold = d.retold || (!d.told.Empty() && !d.told.Equal(password))
	d.told = password
}

// changePassword lets the CRM's password win where it has changed since it was last told.
// Nobody knows what password a user has, so the first one told about a user who was there
// is remembered and not written: they may have chosen another long ago.
func (d *draft) changePassword(change *core.Change) {
	if !d.conn.ChangePasswords {
		d.link.Password = nil
		return
	}
	switch before := d.link.Password; {
	case d.created && d.facts.Finished && !d.job.password.Empty() && !d.job.password.Equal(d.facts.MadeWith):
		d.writePassword(change, d.job.password)
	case d.created:
		d.link.Password = markOf(d.facts.Password, true)
	case d.told.Empty():
	case before == nil && !d.retold:
		d.link.Password = markOf(d.facts.Password, false)
	case sameMark(before, d.facts.Password) && (before.Written || !d.retold):
	default:
		d.writePassword(change, d.told)
	}
}

func (d *draft) writePassword(change *core.Change, password core.Secret) {
	change.Patch.Password = password
	change.Fields = append(change.Fields, core.FieldChange{Field: fieldPassword, New: "set"})
	d.link.Password = markOf(d.facts.Password, true)
}

func markOf(mark *core.PasswordMark, written bool) *core.PasswordMark {
	m := core.PasswordMark{Written: written}
	if mark != nil {
		m.Salt, m.Rounds, m.Digest = mark.Salt, mark.Rounds, mark.Digest
	}
	return &m
}

func sameMark(a, b *core.PasswordMark) bool {
	return a != nil && b != nil && len(a.Digest) > 0 && string(a.Digest) == string(b.Digest)
}
