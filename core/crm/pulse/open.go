package pulse

import (
	"cmp"
	"net/url"
	"strings"

	"golang.org/x/oauth2"

	"usher/core"
	"usher/core/rest"
)

const (
	apiPath   = "/api/v1"
	portal    = "https://portal.thepulsespot.com"
	devDomain = ".dev.thepulsespot.com"
)

// Open implements core.Opener. The client is also a core.Picker, core.Scribe,
// core.TagLister and core.Authoriser. What it can be missing, as crm.settings, is the URL or the
// Client ID; an http address is crm.not_secure unless it is local. Before the owner has
// signed in, it is the calls that fail.
func (Adapter) Open(account core.Account, vault core.AccountVault) (core.Client, error) {
	app, err := address(cmp.Or(account.BaseURL, account.Settings[keyURL]), "URL")
	if err != nil {
		return nil, err
	}
	door, err := portalOf(account, app)
	if err != nil {
		return nil, err
	}
	id := strings.TrimSpace(account.Settings[keyClientID])
	if id == "" {
		return nil, core.NewProblem("crm.settings", nil).About("Client ID")
	}
	signIn := rest.New(rest.Options{AllowPrivate: rest.Local(door.Hostname())})
	return &client{
		http:     rest.New(rest.Options{AllowPrivate: rest.Local(app.Hostname())}),
		base:     app.JoinPath(apiPath + "/"),
		redirect: cmp.Or(strings.TrimSpace(account.Settings[keyRedirect]), defaultRedirect),
		tokens: &tokens{
			vault: vault,
			http:  signIn,
			turn:  make(chan struct{}, 1),
			config: oauth2.Config{
				ClientID: id,
				Endpoint: oauth2.Endpoint{
					AuthURL:   door.JoinPath("oauth/authorize").String(),
					TokenURL:  door.JoinPath("oauth/token").String(),
					AuthStyle: oauth2.AuthStyleInParams,
				},
			},
		},
	}, nil
}

// address reads what the owner typed or copied from the browser. Without a scheme it
// means https.
func address(typed, label string) (*url.URL, error) {
	typed = strings.TrimSpace(typed)
	if !strings.Contains(typed, "://") {
		typed = "https://" + typed
	}
	base, err := rest.CRMBase(typed)
	if err != nil {
		return nil, core.AsProblem(err).About(label)
	}
	base.Path = strings.TrimSuffix(base.Path, apiPath)
	return base, nil
}

// portalOf is where tokens come from, and so the one host that sees the Secret and the
// refresh token. An address that takes the CRM's place takes the portal's as well.
func portalOf(account core.Account, app *url.URL) (*url.URL, error) {
	chosen := account.Settings[keyPortal]
	switch host := app.Hostname(); {
	case chosen != "":
		return address(chosen, "Portal")
	case account.BaseURL != "", rest.Local(host):
		return app, nil
	case strings.HasSuffix(host, devDomain):
		door := *app
		if own, found := strings.CutPrefix(app.Host, "app."); found {
			door.Host = "portal." + own
		}
		return &door, nil
	default:
		return address(portal, "Portal")
	}
}
