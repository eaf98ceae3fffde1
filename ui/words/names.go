package words

import "usher/core"

// State is what the screen calls the state of a message.
func State(s core.State) string {
	switch s {
	case core.Queued:
		return T("state.queued")
	case core.Applied:
		return T("state.applied")
	case core.Merged:
		return T("state.merged")
	case core.Held:
		return T("state.held")
	case core.Failed:
		return T("state.failed")
	}
	return string(s)
}

// Outcome is what the screen calls what a message came to.
func Outcome(o core.Outcome) string {
	switch o {
	case core.Created:
		return T("outcome.created")
	case core.Updated:
		return T("outcome.updated")
	case core.Unchanged:
		return T("outcome.unchanged")
	case core.NoUser:
		return T("outcome.no_user")
	case core.Protected:
		return T("outcome.protected")
	case core.Ignored:
		return T("outcome.ignored")
	}
	return string(o)
}

// Address is what the screen calls a state of the address: off, connecting, online, reconnecting
// or failed.
func Address(state string) string {
	switch state {
	case "off":
		return T("address.off")
	case "connecting":
		return T("address.connecting")
	case "online":
		return T("address.online")
	case "reconnecting":
		return T("address.reconnecting")
	case "failed":
		return T("address.failed")
	}
	return state
}

// Message names a message by the CRM it came from: "Message from Ontraport".
func Message(crm string) string { return T("message.from", "CRM", crm) }

// Person names a person by the CRM they are in.
func Person(crm string) string { return T("person.in", "CRM", crm) }

// Connection names a connection that has no name of its own.
func Connection(crm, site string) string { return T("connection.name", "CRM", crm, "Site", site) }

// Truth is what the one line of truth is made of, in the tray and at the foot of the window.
type Truth struct {
	Paused   bool
	Address  string // its state, as [Address] takes it
	NeedsYou int    // problems and questions
	Waiting  int    // messages
}

// Line is the one line of truth: the most pressing first, and no more than one thing.
func (t Truth) Line() string {
	switch {
	case t.NeedsYou > 0:
		return N("truth.needs_you.line", t.NeedsYou)
	case t.Paused && t.Waiting > 0:
		return N("truth.paused_waiting.line", t.Waiting)
	case t.Paused:
		return T("truth.paused.line")
	case t.Address == "failed":
		return T("truth.failed.line")
	case t.Address == "off":
		return T("truth.off.line")
	case t.Address == "connecting", t.Address == "reconnecting":
		return T("truth.connecting.line")
	case t.Waiting > 0:
		return N("truth.working.line", t.Waiting)
	}
	return T("truth.idle.line")
}
