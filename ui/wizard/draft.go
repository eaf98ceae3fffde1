package wizard

import (
	"maps"

	"usher/core"
)

// What a draft holds besides credentials that are no secret, which are under "crm." and their key.
const (
	saidStep       = "step"
	saidKind       = "kind"       // of the CRM
	saidAccount    = "account"    // its name; empty for the usual one
	saidAddress    = "address"    // of the site, as typed
	saidSite       = "site"       // the home address of the site Usher is connected to
	saidConnection = "connection" // once it is made
	saidReach      = "reach"      // core.AddressKind
	saidPublic     = "public"     // the public URL
	saidAction     = "action"
	saidRole       = "role"
	saidMail       = "mail"
	saidLeft       = "left"  // a connection that was made before another CRM was picked
	saidTaken      = "taken" // a webhook URL in use is taken over
	yes            = "yes"
)

// draft is what the person has said so far.
type draft struct {
	said   map[string]string
	memory Memory // nil: nothing is kept
	// key is the secret part of a webhook URL that is taken over. It is used, and stored, when
	// the connection is made, and not remembered before.
	key core.Secret
}

// recall takes up what was said before.
func recall(memory Memory) *draft {
	d := &draft{said: map[string]string{}, memory: memory}
	if memory != nil {
		maps.Copy(d.said, memory.Load())
	}
	return d
}

// about is a draft that changes a connection. It is not remembered: it would take the place of a
// connection that is half made.
func about(view core.ConnectionView) *draft {
	return &draft{said: map[string]string{
		saidKind: view.Kind, saidAccount: view.Account, saidSite: view.Site, saidAddress: view.Site, saidConnection: view.Name,
	}}
}

// aboutSite is a draft that changes a site without a connection.
func aboutSite(home string) *draft {
	return &draft{said: map[string]string{saidSite: home, saidAddress: home}}
}

func (d *draft) get(name string) string { return d.said[name] }

func (d *draft) set(name, value string) {
	if d.said[name] == value {
		return
	}
	d.said[name] = value
	if value == "" {
		delete(d.said, name)
	}
	if d.memory != nil {
		d.memory.Save(maps.Clone(d.said))
	}
}

// forget begins anew.
func (d *draft) forget() {
	clear(d.said)
	d.key = core.Secret{}
	if d.memory != nil {
		d.memory.Save(map[string]string{})
	}
}
