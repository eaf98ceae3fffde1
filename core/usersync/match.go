package usersync

import "usher/core"

// Trusted reports whether a link still leads to this user. After a restore or a copy of
// the site an id may belong to somebody else; a login never changes.
func Trusted(link core.Link, user core.User) bool {
	return link.UserID != 0 && link.UserID == user.ID && link.Login == user.Login
}

// forget turns a link whose user is gone, or somebody else now, into what is known about
// a contact without a user. What the CRM said stays.
func forget(link core.Link) core.Link {
	if link.UserID == 0 {
		return link
	}
	return core.Link{
		SiteID: link.SiteID, AccountID: link.AccountID, ContactID: link.ContactID,
		Base: link.Base, Tags: link.Tags, TagsOff: link.TagsOff, TagsWhole: link.TagsWhole, StateSeq: link.StateSeq,
		ContactDeleted: link.ContactDeleted,
	}
}

// sharer is another living contact of the same CRM account that already is the user.
func (f Facts) sharer(of core.Link) (core.Link, bool) {
	for _, other := range f.Links {
		if other.AccountID == of.AccountID && other.ContactID != of.ContactID &&
			!other.ContactDeleted && Trusted(other, *f.User) {
			return other, true
		}
	}
	return core.Link{}, false
}

// grantsOfOthers are the reasons other contacts give for the user's roles.
func (f Facts) grantsOfOthers(of core.Link) []core.Grant {
	var grants []core.Grant
	for _, other := range f.Links {
		mine := other.AccountID == of.AccountID && other.ContactID == of.ContactID
		if !mine && f.User != nil && Trusted(other, *f.User) {
			grants = append(grants, other.Grants...)
		}
	}
	return grants
}
