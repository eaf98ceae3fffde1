package usersync

import (
	"slices"
	"strings"

	"usher/core"
)

// foldTags is what a delivery makes of the tags known before. Events are single
// steps; only a set the CRM calls whole replaces the others. Sorted.
func foldTags(before []string, m message) []string {
	after := slices.Clone(before)
	if m.tagsKnown {
		after = slices.Clone(m.tags)
	} else {
		for _, event := range m.events {
			tag := strings.TrimSpace(event.Tag)
			after = slices.DeleteFunc(after, func(t string) bool { return t == tag })
			if !event.Removed {
				after = append(after, tag)
			}
		}
	}
	for i, tag := range after {
		after[i] = strings.TrimSpace(tag)
	}
	slices.Sort(after)
	return slices.DeleteFunc(slices.Compact(after), func(t string) bool { return t == "" })
}

// foldTags takes in what a delivery tells about tags.
func (d *draft) foldTags(m message) {
	d.link.Tags = foldTags(d.link.Tags, m)
	d.link.TagsWhole = d.link.TagsWhole || m.tagsKnown
	if d.link.TagsWhole {
		d.link.TagsOff = nil
		return
	}
	for _, event := range m.events {
		tag := strings.TrimSpace(event.Tag)
		d.link.TagsOff = slices.DeleteFunc(slices.Clone(d.link.TagsOff), func(t string) bool { return t == tag })
		if event.Removed && tag != "" {
			d.link.TagsOff = append(d.link.TagsOff, tag)
		}
	}
	slices.Sort(d.link.TagsOff)
}

// hasTag reports whether the contact has the tag, named as the CRM stores it or as people
// see it there. It compares as people write: rules are typed by hand.
func (d *draft) hasTag(tag string) bool {
	tag = strings.TrimSpace(tag)
	return slices.ContainsFunc(d.link.Tags, func(t string) bool {
		return strings.EqualFold(t, tag) || strings.EqualFold(strings.TrimSpace(d.facts.TagNames[t]), tag)
	})
}

// noteTags says, where it may come as a surprise, that tags do not get to the site: when
// they were asked for by name, and when the first ones of a person come. Tag rules are
// proof enough that the owner knows.
func (d *draft) noteTags() {
	if d.user == nil || d.facts.Helper || len(d.conn.TagRules) > 0 {
		return
	}
	first := len(d.job.link.Tags) == 0 && len(d.link.Tags) > 0
	asked := slices.ContainsFunc(d.job.messages, func(m message) bool { return m.tagsOnly })
	if first || asked {
		d.note("tags.kept_here", "")
	}
}

// wantedByTags are the grants the tag rules call for, without their giver.
func (d *draft) wantedByTags() []core.Grant {
	var wanted []core.Grant
	for _, rule := range d.conn.TagRules {
		if !d.hasTag(rule.Tag) {
			continue
		}
		slug := d.guard.slug(rule.Role)
		grant := core.Grant{Role: slug, Connection: d.conn.ID, Cause: strings.TrimSpace(rule.Tag)}
		if d.mayGive(rule.Role, slug, byPerson) && !slices.Contains(wanted, grant) {
			wanted = append(wanted, grant)
		}
	}
	return wanted
}
