package usersync

import (
	"slices"

	"usher/core"
)

// siteDefault stands for the role the site itself gives new users, which only the
// answer to the create reveals.
const siteDefault = ""

// mayGive asks the guard and notes a no. Name is what the role was called.
func (d *draft) mayGive(name, slug string, by chooser) bool {
	switch {
	case slug == "":
		return false
	case d.guard.roles[slug].Missing:
		d.note("role.unknown", name)
		return false
	case !d.guard.permits(slug, by):
		d.note("role.refused", name)
		return false
	default:
		return true
	}
}

// request gives the role a delivery names, in place of the one this connection's
// deliveries named before. For a contact without a user it is remembered. One that may
// not be given is a question, until another is named.
func (d *draft) request(name string) {
	slug := d.guard.slug(name)
	if slug != "" && !d.guard.roles[slug].Missing && !d.guard.permits(slug, byMessage) {
		d.want(slug)
		return
	}
	if slug != "" {
		d.want("")
	}
	if !d.mayGive(name, slug, byMessage) {
		return
	}
	if d.user == nil {
		// Earlier names stay: the site may turn out not to have the later role.
		wish := core.Grant{Role: slug, Connection: d.conn.ID, Cause: core.CauseRequest}
		d.link.Grants = append(slices.DeleteFunc(d.link.Grants, func(g core.Grant) bool { return g == wish }), wish)
		return
	}
	d.replaceRequest(slug)
}

// want replaces the question about a role; with an empty slug there is none any more.
func (d *draft) want(slug string) {
	if d.link.Wanted != "" && d.link.Wanted != slug {
		d.note("role.refused", d.link.Wanted)
	}
	d.link.Wanted = slug
}

// answerWanted ends the question about a role that may be given by now, which it returns,
// or that the site does not have.
func (d *draft) answerWanted() (give string) {
	wanted := d.link.Wanted
	switch {
	case wanted == "" || d.user == nil:
		return ""
	case d.guard.roles[wanted].Missing:
		d.note("role.unknown", wanted)
	case !d.guard.permits(wanted, byMessage):
		return ""
	default:
		give = wanted
	}
	d.link.Wanted = ""
	return give
}

// askRole is about the role named last, where that may not be given. Who has it all the
// same, by a tag or by hand, leaves no question for as long as they have it.
func (d *draft) askRole() *core.Problem {
	switch wanted := d.link.Wanted; {
	case wanted == "", slices.Contains(d.user.Roles, wanted):
		return nil
	case wanted == d.facts.DeclinedRole, slices.Contains(d.link.Declined, wanted):
		d.decline(wanted)
		return nil
	case d.guard.knownPowerful(wanted):
		return core.NewProblem("role.powerful", nil).About(wanted)
	default:
		return core.NewProblem("role.ask", nil).About(wanted)
	}
}

// decline ends the question about a role with a no, for good.
func (d *draft) decline(role string) {
	d.note("role.declined", role)
	d.link.Wanted = ""
	if !slices.Contains(d.link.Declined, role) {
		d.link.Declined = append(slices.Clip(d.link.Declined), role)
	}
}

func (d *draft) replaceRequest(slug string) {
	for _, g := range slices.Clone(d.link.Grants) {
		if d.isRequest(g) && g.Role != slug {
			d.take(g)
		}
	}
	d.give(slug, core.CauseRequest)
}

func (d *draft) isRequest(g core.Grant) bool {
	return g.Connection == d.conn.ID && g.Cause == core.CauseRequest
}

// firstRole gives a user this work makes, or a person who turns out to be a user
// already, the role named before they were one. Only a new user gets a default.
func (d *draft) firstRole(wishes []core.Grant) {
	if role := d.answerWanted(); role != "" {
		d.give(role, core.CauseRequest)
		return
	}
	for _, g := range slices.Backward(wishes) {
		if d.isRequest(g) && d.mayGive(g.Role, g.Role, byMessage) {
			d.give(g.Role, core.CauseRequest)
			return
		}
	}
	if !d.created {
		return
	}
	slug := d.guard.slug(d.conn.DefaultRole)
	switch usual := d.facts.DefaultRole; {
	case d.mayGive(d.conn.DefaultRole, slug, byPerson):
		d.give(slug, core.CauseRequest)
	case usual != "" && (!d.facts.Finished || slices.Contains(d.user.Roles, usual)) && d.guard.permits(usual, byPerson):
		d.give(usual, core.CauseRequest)
	case !d.facts.Finished:
		d.give(siteDefault, core.CauseRequest)
	case len(d.user.Roles) > 0:
		d.give(d.user.Roles[0], core.CauseRequest)
	}
}

// followTags gives and takes what the tag rules say. A role somebody took away on the
// site by hand stays away for as long as its tag stays on.
func (d *draft) followTags() {
	wanted := d.wantedByTags()
	for _, g := range slices.Clone(d.link.Grants) {
		bare := g
		bare.Given = false
		if g.Connection == d.conn.ID && g.Cause != core.CauseRequest && !slices.Contains(wanted, bare) {
			d.take(g)
		}
	}
	for _, w := range wanted {
		if !slices.ContainsFunc(d.link.Grants, func(g core.Grant) bool {
			g.Given = false
			return g == w
		}) {
			d.give(w.Role, w.Cause)
		}
	}
}

// give makes sure the user has the role, and records the reason. Usher counts as the
// giver when the user did not have the role, or had it from Usher for another reason.
func (d *draft) give(role, cause string) {
	had := slices.Contains(d.user.Roles, role)
	if !had {
		d.user.Roles = append(d.user.Roles, role)
	}
	given := !had || d.facts.Finished || d.gaveBefore(role)
	for i, g := range d.link.Grants {
		if g.Role == role && g.Connection == d.conn.ID && g.Cause == cause {
			d.link.Grants[i].Given = g.Given || given
			return
		}
	}
	d.link.Grants = append(d.link.Grants, core.Grant{Role: role, Connection: d.conn.ID, Cause: cause, Given: given})
}

// wasGiving are the roles Usher gave the user, or was about to give, when it was interrupted.
func (d *draft) wasGiving() []string {
	if d.facts.User == nil {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(d.facts.Begun), func(role string) bool { return !slices.Contains(d.facts.User.Roles, role) })
}

// gavePower reports whether a role Usher was giving when it was interrupted may be why the
// user is privileged, and nothing else is known to be: it has still to be taken away again.
func (d *draft) gavePower() bool {
	giving := d.wasGiving()
	doubtful := slices.ContainsFunc(giving, func(role string) bool { return !d.guard.chosen(role) && !d.guard.knownHarmless(role) })
	return doubtful && !slices.ContainsFunc(d.facts.User.Roles, func(role string) bool {
		return !slices.Contains(giving, role) && d.guard.knownPowerful(role)
	})
}

func (d *draft) gaveBefore(role string) bool {
	gave := func(g core.Grant) bool { return g.Role == role && g.Given }
	return slices.ContainsFunc(d.link.Grants, gave) || slices.ContainsFunc(d.others, gave)
}

// take drops a reason, and with the last one the role, if Usher gave it.
func (d *draft) take(gone core.Grant) {
	d.link.Grants = slices.DeleteFunc(d.link.Grants, func(g core.Grant) bool { return g == gone })
	holds := func(g core.Grant) bool { return g.Role == gone.Role }
	if gone.Given && !slices.ContainsFunc(d.link.Grants, holds) && !slices.ContainsFunc(d.others, holds) {
		d.user.Roles = slices.DeleteFunc(d.user.Roles, func(r string) bool { return r == gone.Role })
	}
}
