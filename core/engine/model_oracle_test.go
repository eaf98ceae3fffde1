package engine

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"usher/core"
)

// told is what one webhook that arrived says and asks, as far as its CRM reveals it.
type told struct {
	seq     uint64
	action  core.Action
	role    string
	creates bool // asks for a user
	email   string
	fields  map[string]string // by WordPress's names; empty is no opinion
	tag     string
	on      bool // whether tag was put on or taken off
	held    bool // for a person, and done again with whatever comes
}

// may is one way things may stand with one field of one contact, by the rule of DESIGN §5:
//
//	A field is written when CRM ≠ base and site ≠ CRM. An edit made in WordPress stays until
//	the CRM's value changes. On first link, non-empty CRM values win. Empty is no opinion:
//	nothing is cleared.
//
// How far Usher has come with what it was told is its own business for as long as work
// waits, so there may be several ways at a time. What the site shows tells them apart.
type may struct {
	done   int    // how many of the contact's messages were dealt with
	base   string // the CRM's value last seen
	site   string
	user   bool // there is a user
	linked bool // and Usher knows that it is this contact
	asked  bool // a user is to be made as soon as an address is known
}

// person is what the oracle knows about a contact. It shares nothing with usersync.
type modelPerson struct {
	arrived   []told
	now       map[string]string // the CRM's values; seen with an API
	email     string
	addresses []string // all there ever were
	tags      []string
	admin     bool
	before    []string // roles the user had before anybody told of them
	byHand    []string // roles people gave the user
	perhaps   []string // roles people gave while Usher was perhaps about to give them
	deletions int
	fields    map[string]map[may]bool
}

// oracle says how a site may look, from what happened in the CRM and on the site.
type oracle struct {
	api     bool
	crmWins bool
	people  []*modelPerson
}

func newOracle(h history) *oracle {
	o := &oracle{api: h.api, crmWins: h.crmWins}
	for i := range modelPeople {
		p := &modelPerson{now: map[string]string{}, admin: i == modelAdmin, fields: map[string]map[may]bool{}}
		for _, field := range []string{"first_name", "last_name"} {
			p.fields[field] = map[may]bool{{}: true}
		}
		o.people = append(o.people, p)
	}
	return o
}

// sees is the CRM's value of a field as a message, or a look into the CRM, shows it.
func (o *oracle) sees(p *modelPerson, m told, field string) string {
	if o.api {
		return p.now[field]
	}
	return m.fields[field]
}

// step deals with the next message.
func (o *oracle) step(p *modelPerson, field string, s may) may {
	m := p.arrived[s.done]
	s.done++
	addressed := o.api || slices.ContainsFunc(p.arrived[:s.done], func(m told) bool { return m.email != "" })
	if s.user && !s.linked && addressed {
		s.linked = true
		s.site = nonEmpty(s.base, s.site)
	}
	fieldsToo := m.action != core.UpdateTags || o.api && slices.ContainsFunc(p.arrived[:s.done], func(m told) bool { return m.held && m.action != core.UpdateTags })
	if value := o.sees(p, m, field); fieldsToo && value != "" {
		if s.linked && (s.base != value || o.crmWins) {
			s.site = value
		}
		s.base = value
	}
	s.asked = !s.user && (s.asked || m.creates)
	if s.asked && addressed {
		s.user, s.linked, s.asked, s.site = true, true, false, s.base
	}
	return s
}

func nonEmpty(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// mayGoOn adds the ways things may stand while Usher works on what arrived: any part of it
// may be done, and the last of it done on the site without being known to be done.
func (o *oracle) mayGoOn(p *modelPerson) {
	for field, ways := range p.fields {
		for s := range maps.Clone(ways) {
			for from := s; s.done < len(p.arrived); {
				s = o.step(p, field, s)
				ways[s] = true
				half := from
				half.site, half.user = s.site, s.user
				ways[half] = true
			}
		}
	}
}

// isDone has everything be dealt with that arrived.
func (o *oracle) isDone(p *modelPerson) {
	for field, ways := range p.fields {
		after := map[may]bool{}
		for s := range ways {
			for s.done < len(p.arrived) {
				s = o.step(p, field, s)
			}
			after[s] = true
		}
		p.fields[field] = after
	}
}

// edited is somebody's edit on the site.
func (p *modelPerson) edited(field, value string) {
	p.each(field, func(s may) may { s.site = value; return s })
}

// deleted is somebody's deleting the user.
func (p *modelPerson) deleted() {
	p.deletions++
	p.before, p.byHand, p.perhaps = nil, nil, nil
	for field := range p.fields {
		p.each(field, func(s may) may { return may{done: s.done, base: s.base} })
	}
}

func (p *modelPerson) each(field string, change func(may) may) {
	after := map[may]bool{}
	for s := range p.fields[field] {
		after[change(s)] = true
	}
	p.fields[field] = after
}

// looked leaves of the ways things may stand those that look like the site, and complains
// when there is none.
func (p *modelPerson) looked(user *core.User) string {
	for field, ways := range p.fields {
		before := slices.Collect(maps.Keys(ways))
		maps.DeleteFunc(ways, func(s may, _ bool) bool {
			return s.user != (user != nil) || (user != nil && s.site != user.Fields[field])
		})
		if len(ways) == 0 && user == nil {
			return fmt.Sprintf("there is no user, want one of %+v", before)
		}
		if len(ways) == 0 {
			return fmt.Sprintf("%s of user %s is %q, want one of %+v", field, user.Login, user.Fields[field], before)
		}
	}
	return ""
}

// The rules of the model's connection.
var (
	modelRules    = map[string]string{"VIP": "member", "Gold": "gold"} // tag → role
	modelGivable  = []string{"customer", "student"}
	modelDefault  = "subscriber"
	modelPowerful = "administrator"
	modelUnknown  = "nosuch" // to the site
)

func (p *modelPerson) named(role string) bool {
	return slices.ContainsFunc(p.arrived, func(m told) bool { return m.role == role })
}

// tagged reports whether the contact has a tag, as far as the CRM revealed it.
func (o *oracle) tagged(p *modelPerson, tag string) bool {
	if o.api {
		return slices.Contains(p.tags, tag)
	}
	on := false
	for _, m := range p.arrived {
		if m.tag == tag {
			on = m.on
		}
	}
	return on
}

// wrongRoles complains about the roles of a user in the end: those others gave stay, those
// of tag rules follow the tags, and of those named the last one counts, or the default for
// a user who was made. Of a user made anew, only what was named since counts for sure.
func (o *oracle) wrongRoles(p *modelPerson, user core.User) string {
	want := slices.Concat(p.before, p.byHand)
	for tag, role := range modelRules {
		if o.tagged(p, tag) {
			want = append(want, role)
		}
	}
	named := []string{""}
	if p.before == nil {
		named = []string{modelDefault}
	}
	for _, m := range p.arrived {
		if m.action == core.UpdateTags || !slices.Contains(modelGivable, m.role) {
			continue
		}
		if p.deletions == 0 {
			named = nil
		}
		named = append(named, m.role)
	}
	got := sortedSet(user.Roles)
	for _, role := range named {
		want := sortedSet(append(slices.Clone(want), role))
		if slices.Equal(without(got, p.perhaps), without(want, p.perhaps)) {
			return ""
		}
	}
	return fmt.Sprintf("user %s has the roles %v, want %v and one of %v", user.Login, got, want, named)
}

func sortedSet(list []string) []string {
	set := slices.Compact(slices.Sorted(slices.Values(list)))
	return slices.DeleteFunc(set, func(s string) bool { return s == "" })
}

// wrongEmail complains about the address of a user in the end. One that was changed in the
// CRM is written only where the owner lets it.
func (p *modelPerson) wrongEmail(user core.User, changeEmails bool) string {
	switch {
	case !slices.Contains(p.addresses, user.Email):
		return fmt.Sprintf("user %s has the address %s, which no contact ever had", user.Login, user.Email)
	case changeEmails && !strings.EqualFold(user.Email, p.email):
		return fmt.Sprintf("user %s has the address %s, want %s", user.Login, user.Email, p.email)
	}
	return ""
}
