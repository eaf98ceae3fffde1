package stage

import (
	"strings"

	"usher/core"
	"usher/ui/words"
)

// Subject is whom or what a problem is about.
type Subject struct {
	Connection string // a name; of a site or an account, the first of its connections
	Site       string // its home address
}

// SubjectOf finds out what a trouble is about: a connection, a CRM account or a site by its
// name. The connection may be named.
func SubjectOf(o core.Overview, about, connection string) Subject {
	for _, c := range o.Connections {
		switch {
		case connection != "" && c.Name == connection, connection == "" && c.Name == about:
			return Subject{Connection: c.Name, Site: c.Site}
		case connection == "" && (c.Site == about || c.Account == about):
			return Subject{Connection: c.Name, Site: c.Site} // mended for one, mended for all
		}
	}
	for _, site := range o.Sites {
		if connection == "" && site.Home == about {
			return Subject{Site: site.Home} // no connection leads there
		}
	}
	return Subject{Connection: connection}
}

// Fix is a button that leads to where a problem can be mended.
type Fix struct {
	Label string
	Do    func()
}

// Fix is what the app can do about a problem; nil where it lies elsewhere, and the problem's
// advice is all there is.
func (s *Stage) Fix(code string, about Subject) *Fix {
	switch wayOut(code) {
	case connectSite:
		return &Fix{words.T("fix.connect_site"), func() { s.setUp(about, "site") }}
	case installHelper:
		return &Fix{words.T("fix.helper"), func() { s.setUp(about, "helper") }}
	case openSite:
		if about.Site == "" {
			return nil
		}
		return &Fix{words.T("fix.open_site"), func() { s.Open(about.Site) }}
	case signIn:
		return &Fix{words.T("fix.sign_in"), func() { s.setUp(about, "crm") }}
	case enterKey:
		return &Fix{words.T("fix.key"), func() { s.setUp(about, "crm") }}
	case changeConnection:
		return &Fix{words.T("fix.connection"), func() { s.Go("connections", about.Connection) }}
	case copyURL:
		return &Fix{words.T("fix.url"), func() { s.Go("connections", about.Connection) }}
	case changeAddress:
		return &Fix{words.T("fix.address"), func() { s.Go("settings", "address") }}
	case newConnection:
		return &Fix{words.T("fix.new_connection"), func() { s.Go("wizard", "new") }}
	}
	return nil
}

// setUp goes to a step of the wizard for a connection, or for a site without one.
func (s *Stage) setUp(about Subject, step string) {
	switch {
	case about.Connection != "":
		s.Go("wizard", about.Connection+"/"+step)
	case about.Site != "" && step != "crm":
		s.Go("wizard", about.Site+"/"+step)
	default:
		s.Go("connections", "")
	}
}

// way is where a problem is mended.
type way int

const (
	elsewhere way = iota + 1 // in the CRM, on the site, on this computer; or by itself
	connectSite
	installHelper
	openSite
	signIn
	enterKey
	changeConnection
	copyURL
	changeAddress
	newConnection
)

// ways out of problems, by code, or by the area before the code's dot.
var ways = map[string]way{
	"delivery":                 elsewhere, // in the CRM
	"delivery.merge_field":     copyURL,
	"delivery.no_contact_id":   copyURL,
	"delivery.unknown_action":  copyURL,
	"delivery.connection_gone": newConnection,
	"contact":                  elsewhere, // in the CRM
	"user":                     elsewhere, // in the CRM, or on the site
	"user.email_change":        changeConnection,
	"user.not_editable":        connectSite,
	"role":                     changeConnection,
	"site":                     connectSite,
	"site.unreachable":         openSite,
	"site.server_error":        openSite,
	"site.busy":                elsewhere, // Usher waits as it was asked to
	"site.not_json":            openSite,
	"site.no_rest":             openSite,
	"site.certificate":         openSite,
	"site.timeout":             openSite,
	"site.redirect_loop":       openSite,
	"site.parked":              openSite,
	"site.log_in_to_network":   openSite,
	"site.server_password":     openSite,
	"site.maintenance":         openSite,
	"site.cloudflare":          openSite,
	"site.wordfence":           openSite,
	"site.modsecurity":         openSite,
	"site.siteground":          openSite,
	"site.firewall":            openSite,
	"site.rest_restricted":     openSite,
	"site.in_use":              elsewhere, // asked for on the page that says it
	"mail":                     installHelper,
	"crm":                      enterKey,
	"crm.sign_in":              signIn,
	"crm.not_authorised":       signIn,
	"crm.not_answered":         signIn,
	"crm.other_answered":       signIn,
	"crm.redirect":             signIn,
	"crm.redirect_taken":       signIn,
	"crm.unreachable":          elsewhere, // Usher keeps trying
	"crm.busy":                 elsewhere,
	"crm.server_error":         elsewhere,
	"crm.no_contact":           elsewhere, // in the CRM
	"crm.refused":              elsewhere,
	"crm.not_written":          changeConnection,
	"crm.register_nowhere":     changeAddress,
	"keyring":                  elsewhere, // on this computer
	"keyring.missing":          changeConnection,
	"store":                    elsewhere, // on this computer
	"copy":                     elsewhere, // asked for on the page that says it
	"backup":                   elsewhere,
	"move":                     elsewhere,
	"address":                  changeAddress,
	"address.moved":            copyURL,
	"address.agent_too_old":    elsewhere, // a newer Usher
	"test.no_url":              changeAddress,
	"test.no_answer":           changeAddress,
	"test.elsewhere":           changeAddress,
	"test.wrong_key":           copyURL,
	"test.no_person":           elsewhere, // asked for on the page that says it
	"connection.crowd":         changeConnection,
	"setup":                    elsewhere, // asked for on the page that says it
	"person":                   elsewhere, // asked for on the page that says it
	"keep":                     elsewhere, // asked for on the page that says it
	"command":                  elsewhere,
	"app":                      elsewhere, // by itself
}

// wayOut is 0 for a code nobody thought of.
func wayOut(code string) way {
	if way, known := ways[code]; known {
		return way
	}
	area, _, _ := strings.Cut(code, ".")
	return ways[area]
}

// Advice says what to do about a problem. Where the catalogue speaks of the command line, it
// says it as for a window.
func Advice(p core.Trouble) string {
	switch p.Code {
	case "delivery.connection_gone":
		return words.T("fix.gone.text")
	case "user.email_change":
		return words.T("fix.email_change.text")
	case "role.ask":
		return words.T("fix.role_ask.text")
	case "role.powerful":
		return words.T("fix.role_powerful.text")
	case "connection.crowd":
		return words.T("fix.crowd.text")
	case "crm.sign_in":
		return words.T("fix.sign_in.text")
	case "crm.redirect":
		return words.T("fix.redirect.text")
	case "crm.redirect_taken":
		return words.T("fix.redirect_taken.text")
	case "keyring.locked", "store.locked":
		return words.T("fix.locked.text")
	case "keyring.unavailable", "keyring.passphrase", "keyring.no_passphrase", "keyring.other_backend":
		return words.T("fix.secrets.text")
	case "store.damaged":
		return words.T("fix.damaged.text")
	case "store.in_use":
		return words.T("fix.in_use.text")
	case "move.not_empty":
		return words.T("fix.not_empty.text")
	case "move.left":
		return words.T("fix.left.text")
	case "address.port_taken", "address.port_refused", "address.bad_listen":
		return words.T("fix.port.text")
	case "address.bad_url":
		return words.T("fix.public_url.text")
	case "address.no_token", "address.token_refused":
		return words.T("fix.token.text")
	case "address.domain_not_yours":
		return words.T("fix.domain.text")
	case "address.fast":
		return words.T("fix.fast.text")
	case "setup.no_connection", "setup.no_account":
		return words.T("fix.no_such.text")
	case "command.no_delivery":
		return words.T("fix.no_message.text")
	}
	return p.Fix
}
