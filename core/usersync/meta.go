package usersync

import (
	"maps"
	"regexp"
	"slices"
	"strings"

	"usher/core"
)

// metaKey and guardedMeta are the helper's own rules: plain keys, and none that WordPress
// keeps powers, sessions or its own affairs under.
var (
	metaKey     = regexp.MustCompile(`\A[A-Za-z][A-Za-z0-9_.:-]{0,189}\z`)
	guardedMeta = regexp.MustCompile(`(?i)capabilities\z|user_level\z|\Asession_tokens\z|\Ausher_`)
)

// isMeta reports whether a field map's target is user meta, which only a site with the
// helper can take.
func isMeta(target string) bool {
	return metaKey.MatchString(target) && !guardedMeta.MatchString(target) && !hasOwnName(target)
}

// hasOwnName reports whether a target is something else than user meta.
func hasOwnName(target string) bool {
	if _, ok := aliases[target]; ok {
		return true
	}
	switch target {
	case fieldEmail, fieldLogin, fieldPassword, fieldRole:
		return true
	}
	return slices.Contains(coreFields, target) || slices.Contains(ownFields, target)
}

// metaKeys are the keys of user meta a field map leads to, sorted.
func metaKeys(fieldMap map[string]string) []string {
	var keys []string
	for _, target := range fieldMap {
		if target = strings.TrimSpace(target); isMeta(target) {
			keys = append(keys, target)
		}
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}

// metaChanges is the user meta that differs between the user found and the user on paper.
func (d *draft) metaChanges(before map[string]string, change *core.Change) {
	for _, key := range slices.Sorted(maps.Keys(d.user.Meta)) {
		old, now := before[key], d.user.Meta[key]
		if same(key, old, now) {
			continue
		}
		if change.Meta == nil {
			change.Meta = core.Fields{}
		}
		change.Meta[key] = now
		change.Fields = append(change.Fields, core.FieldChange{Field: key, Old: old, New: now})
	}
}

// mark fills in what the helper is to keep about the contact, where that differs.
func (d *draft) mark(change *core.Change) {
	if !d.facts.Helper || d.job.mark.CRM == "" {
		d.link.Marked = false
		return
	}
	var before core.Mark
	if d.facts.User != nil && d.facts.User.Mark != nil {
		before = *d.facts.User.Mark
	}
	now := core.Mark{CRM: d.job.mark.CRM}
	if id := d.job.mark.ContactID; id != before.ContactID && !d.markedByAnother(before.ContactID) {
		now.ContactID = id
		change.Fields = append(change.Fields, core.FieldChange{Field: now.CRM + "_contact_id", Old: before.ContactID, New: id})
	}
	if tags := d.siteTags(before.Tags); !sameSet(tags, before.Tags) {
		now.Tags = tags
		change.Fields = append(change.Fields, core.FieldChange{
			Field: now.CRM + "_tags", Old: strings.Join(before.Tags, ", "), New: strings.Join(tags, ", "),
		})
	}
	if now.ContactID != "" || now.Tags != nil {
		change.Mark = &now
	}
	d.link.Marked = true
}

// markedByAnother reports whether the contact id on the site is that of another living
// contact who is this user, as with two accounts at one CRM. The first one stays, or the
// two would change it for ever.
func (d *draft) markedByAnother(id string) bool {
	return slices.ContainsFunc(d.facts.Links, func(other core.Link) bool {
		mine := other.AccountID == d.link.AccountID && other.ContactID == d.link.ContactID
		return !mine && other.ContactID == id && !other.ContactDeleted && Trusted(other, *d.facts.User)
	})
}

// siteTags is the set of tags the user is to have on the site: what is there, with what
// the deliveries tell. Another account or a person may have put some there, so only a set
// the CRM calls whole replaces it.
func (d *draft) siteTags(there []string) []string {
	tags := slices.Clone(there)
	switch {
	case d.link.Marked:
		for _, m := range d.job.messages {
			if !m.deleted && !d.job.outdated(m) {
				tags = foldTags(tags, m)
			}
		}
	case d.link.TagsWhole:
		tags = slices.Clone(d.link.Tags)
	default:
		tags = slices.DeleteFunc(tags, func(t string) bool { return slices.Contains(d.link.TagsOff, t) })
		tags = append(tags, d.link.Tags...)
	}
	slices.Sort(tags)
	return append([]string{}, slices.Compact(tags)...) // nil would mean to leave them alone
}

func sameSet(a, b []string) bool {
	a, b = slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b))
	return slices.Equal(slices.Compact(a), slices.Compact(b))
}
