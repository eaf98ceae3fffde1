package wordpress

import (
	"crypto/tls"
	"net/http"
	"strings"
	"testing"

	"usher/core"
	"usher/core/wordpress/realwp"
)

// kept is a way a real WordPress can be kept from us: who tries, and what has to be said.
type kept struct {
	in       realwp.StandIn
	user     string // the administrator where empty
	password string // the administrator's application password where empty; "own" for their own

	step   string // the step it fails at; empty where all is well
	code   string
	says   string // in the problem's sentence, or in the detail of the step named by remark
	remark string
}

var keptAll = []kept{
	{in: realwp.NoneInTheWay, remark: "sign_in", says: "signed in as admin"},
	{in: realwp.NoneInTheWay, user: "admin@example.test", remark: "sign_in", says: "signed in as admin"},
	{in: realwp.LoginRequired, remark: "rest", says: "only those who sign in"},
	{in: realwp.EarlyLook},
	{in: realwp.RewriteRulesBroken, remark: "rest", says: "usual address does not answer"},
	{in: realwp.ByHTTPS},

	{in: realwp.OtherSite, step: "wordpress", code: "site.not_wordpress", says: "Ann's own pages"},
	{in: realwp.Parked, step: "wordpress", code: "site.parked", says: "placeholder"},
	{in: realwp.CaptiveNetwork, step: "wordpress", code: "site.log_in_to_network", says: "network this computer is on"},
	{in: realwp.ServerPassword, step: "wordpress", code: "site.server_password", says: "web server asks for a password"},
	{in: realwp.Maintenance, step: "wordpress", code: "site.maintenance", says: "being updated"},
	{in: realwp.SiteGround, step: "wordpress", code: "site.siteground", says: "SiteGround"},
	{in: realwp.CloudflareEverywhere, step: "wordpress", code: "site.cloudflare", says: "Cloudflare"},
	{in: realwp.RedirectLoop, step: "redirects", code: "site.redirect_loop", says: "circles"},

	{in: realwp.CloudflareChallenge, step: "rest", code: "site.cloudflare", says: "Cloudflare"},
	{in: realwp.CloudflareBlock, step: "rest", code: "site.cloudflare", says: "Cloudflare"},
	{in: realwp.Wordfence, step: "rest", code: "site.wordfence", says: "Wordfence"},
	{in: realwp.ModSecurity, step: "rest", code: "site.modsecurity", says: "ModSecurity"},
	{in: realwp.ModSecurityForbids, step: "rest", code: "site.modsecurity", says: "ModSecurity"},
	{in: realwp.Sucuri, step: "rest", code: "site.firewall", says: "Sucuri"},
	{in: realwp.UnknownFirewall, step: "rest", code: "site.not_json", says: "403 403 Forbidden"},
	{in: realwp.TooManyRequests, step: "rest", code: "site.busy", says: "slow down"},
	{in: realwp.APIRedirected, step: "rest", code: "site.api_elsewhere", says: "another site, which must not get the password: 127.0.0.1:"},

	{in: realwp.AppPasswordsOff, step: "app_passwords", code: "site.no_app_passwords", says: "switched off on this site"},
	{in: realwp.AppPasswordsOffHidden, step: "sign_in", code: "site.no_app_passwords", says: "switched off on this site"},
	{in: realwp.HTTPSNeeded, step: "app_passwords", code: "site.app_passwords_need_https", says: "only where the site is visited over https"},
	{in: realwp.HTTPSNotSeen, step: "app_passwords", code: "site.https_not_seen", says: "does not notice"},
	{in: realwp.HTTPSNotSeenThoughAsked, step: "app_passwords", code: "site.https_not_seen", says: "does not notice"},

	{in: realwp.UsersRedirected, step: "sign_in", code: "site.redirects", says: "another address"},
	{in: realwp.UsersHidden, step: "sign_in", code: "site.no_rest", says: "API for users is switched off"},
	{in: realwp.RESTRefused, step: "sign_in", code: "site.rest_restricted", says: "even with the right password: rest_cannot_access"},
	{in: realwp.HeaderStripped, step: "sign_in", code: "site.header_stripped", says: "password is right"},
	{in: realwp.HeaderStrippedNoXMLRPC, step: "sign_in", code: "site.sign_in_unclear", says: "or the web server does not hand them on"},
	{in: realwp.AppPasswordsOffForUser, step: "sign_in", code: "site.app_passwords_not_for_user", says: "for this account"},
	{in: realwp.EarlyLook, user: "nobody", step: "sign_in", code: "site.unknown_user", says: "no user of this name"},
	{in: realwp.EarlyLook, user: "nobody@example.test", step: "sign_in", code: "site.unknown_user", says: "no user of this name"},
	{in: realwp.EarlyLook, password: rightShape, step: "sign_in", code: "site.wrong_password", says: "knows this user"},
	{in: realwp.NoneInTheWay, password: rightShape, step: "sign_in", code: "site.unauthorized", says: "does not accept"},
	{in: realwp.NoneInTheWay, user: "nobody", step: "sign_in", code: "site.unauthorized", says: "does not accept"},
	{in: realwp.NoneInTheWay, user: "Usher", step: "sign_in", code: "site.app_name", says: "name of the application password"},
	{in: realwp.NoneInTheWay, user: rightShape, password: "admin", step: "sign_in", code: "site.mixed_up", says: "each other's place"},
	{in: realwp.NoneInTheWay, password: "own", step: "sign_in", code: "site.own_password", says: "account's own password"},
	{in: realwp.LoginRequired, password: rightShape, step: "sign_in", code: "site.unauthorized", says: "does not accept"},

	{in: realwp.NoneInTheWay, user: "edith", password: "made", step: "manage_users", code: "site.forbidden", says: "list_users is missing, its role is editor"},
}

func TestEveryRefusalOfARealWordPressIsNamed(t *testing.T) {
	for _, version := range []string{realwp.Oldest, realwp.Newest} {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			site := realwp.Run(t, version)
			edith, err := site.PHP(t.Context(), `$id = wp_insert_user( array( 'user_login' => 'edith', 'user_email' => 'edith@example.test', 'role' => 'editor', 'user_pass' => 'x' ) );
				echo WP_Application_Passwords::create_new_application_password( $id, array( 'name' => 'hers' ) )[0];`)
			if err != nil {
				t.Fatal(err)
			}
			for _, k := range keptAll {
				t.Run(strings.Join([]string{string(k.in), k.user, k.code}, " "), func(t *testing.T) {
					if k.user == "" {
						k.user = site.User
					}
					k.password = map[string]string{"": site.AppPassword, "own": site.Password, "made": edith, rightShape: rightShape, "admin": "admin"}[k.password]
					k.check(t, site.StandIn(t, k.in))
				})
			}
		})
	}
}

func (k kept) check(t *testing.T, front *realwp.Front) {
	d := diagnosis{typed: front.URL, user: k.user, password: core.NewSecret(k.password), tls: trusted(front)}
	trail := d.run(t.Context())
	steps := trail.steps(t.Context())
	if k.step == "" {
		wantWell(t, trail, steps, k.remark, k.says)
	} else {
		wantProblem(t, trail, steps, k)
	}
	for _, request := range front.Strayed() {
		if strings.Contains(request, "Authorization") || strings.Contains(request, withoutSpaces(k.password)) {
			t.Errorf("another host got %s", request)
		}
	}
}

func trusted(front *realwp.Front) *tls.Config {
	transport, _ := front.Client.Transport.(*http.Transport)
	return transport.TLSClientConfig
}

func wantWell(t *testing.T, trail *trail, steps []core.Step, remark, says string) {
	t.Helper()
	if _, err := trail.result(); err != nil || trail.site.API == "" || trail.site.User == "" {
		t.Errorf("got %+v, %v", trail.site, err)
	}
	for _, step := range steps {
		if step.State != core.StepOK || step.Problem != nil {
			t.Errorf("%s is %s: %+v", step.Name, step.State, step.Problem)
		}
		if step.Name == remark && !strings.Contains(step.Detail, says) {
			t.Errorf("%s found %q, want %q", step.Name, step.Detail, says)
		}
	}
}

func wantProblem(t *testing.T, trail *trail, steps []core.Step, k kept) {
	t.Helper()
	if site, err := trail.result(); !core.HasCode(err, k.code) || site != (core.Site{}) {
		t.Errorf("got %+v, %v, want %s", site, err, k.code)
	}
	want := core.StepOK
	for _, step := range steps {
		if step.Name == k.step {
			if step.State != core.StepProblem || step.Problem == nil || step.Problem.Code != k.code || !strings.Contains(step.Problem.Title, k.says) {
				t.Errorf("%s is %s: %+v, want %s: %s", step.Name, step.State, step.Problem, k.code, k.says)
			}
			want = core.StepSkipped
		} else if step.State != want {
			t.Errorf("%s is %s, want %s", step.Name, step.State, want)
		}
	}
}

// What people type or copy, for a site with plain permalinks in a folder.
func TestARealWordPressIsFoundByWhatPeopleType(t *testing.T) {
	site := realwp.RunWith(t, realwp.Options{Plain: true, Folder: "blog"})
	host := strings.TrimSuffix(strings.TrimPrefix(site.URL, "http://"), "/blog")
	for _, typed := range []string{
		site.URL, host + "/blog", "HTTP://" + host + "/blog/", " “" + host + "/blog/wp-admin/” ", host + "/blog/wp-admin/users.php?role=x",
		"'http://" + host + "/blog/wp-login.php?redirect_to=%2F'", host + "/blog/?rest_route=/", host + "/blog/index.php",
	} {
		found, steps := Diagnose(t.Context(), typed, site.User, core.NewSecret(site.AppPassword))
		want := core.Site{Home: site.URL, API: site.URL + "/index.php?rest_route=", Name: "Test site", User: site.User, Local: true}
		if found != want {
			t.Errorf("%q: got %+v, want %+v", typed, found, want)
		}
		for _, step := range steps {
			if step.State != core.StepOK {
				t.Errorf("%q: %s is %s", typed, step.Name, step.State)
			}
			if step.Name == "rest" && !strings.Contains(step.Detail, "permalinks are plain") {
				t.Errorf("%q: rest found %q", typed, step.Detail)
			}
		}
	}
	t.Run("from the server's root", func(t *testing.T) {
		front := site.StandIn(t, realwp.RedirectToFolder)
		found, steps := Diagnose(t.Context(), strings.TrimSuffix(front.URL, "/blog"), "", core.Secret{})
		if found.Home != front.URL || steps[2].Detail != "the site lives at "+front.URL {
			t.Errorf("got %+v, %q", found, steps[2].Detail)
		}
		wantGuest(t, steps)
	})
	t.Run("closed to guests", func(t *testing.T) {
		_, steps := Diagnose(t.Context(), site.StandIn(t, realwp.LoginRequired).URL, site.User, core.NewSecret(site.AppPassword))
		if rest := steps[4]; rest.State != core.StepOK || !strings.Contains(rest.Detail, "only those who sign in") {
			t.Errorf("got %+v", rest)
		}
	})
	t.Run("elsewhere on the server", func(t *testing.T) {
		if _, err := Discover(t.Context(), host); err == nil {
			t.Error("found where there is none")
		}
	})
	t.Run("https where there is none", func(t *testing.T) {
		plain := strings.TrimPrefix(site.StandIn(t, realwp.NoneInTheWay).URL, "http://")
		if _, err := Connect(t.Context(), "https://"+plain, "x", core.NewSecret("x")); !core.HasCode(err, "site.no_https") {
			t.Errorf("got %v", err)
		}
	})
	t.Run("a certificate nobody signed", func(t *testing.T) {
		if _, err := Discover(t.Context(), site.StandIn(t, realwp.ByHTTPS).URL); !core.HasCode(err, "site.certificate") {
			t.Errorf("got %v", err)
		}
	})
	t.Run("nobody there", func(t *testing.T) {
		if err := site.Stop(); err != nil {
			t.Fatal(err)
		}
		_, steps := Diagnose(t.Context(), site.URL, "", core.Secret{})
		if got := steps[1]; got.Problem == nil || got.Problem.Title != "The site does not answer: the connection was refused" {
			t.Errorf("got %+v", got)
		}
	})
}

// wantGuest: what a guest can see is checked, the rest skipped.
func wantGuest(t *testing.T, steps []core.Step) {
	t.Helper()
	for i, step := range steps {
		want := core.StepOK
		if i > 5 {
			want = core.StepSkipped
		}
		if step.State != want || step.Problem != nil {
			t.Errorf("%s is %s, want %s", step.Name, step.State, want)
		}
	}
}

func TestANetworkOfSitesIsNamed(t *testing.T) {
	site := realwp.RunWith(t, realwp.Options{Network: true})
	_, steps := Diagnose(t.Context(), site.URL, site.User, core.NewSecret(site.AppPassword))
	if last := steps[len(steps)-2]; last.State != core.StepOK || !strings.Contains(last.Detail, "network of sites") {
		t.Errorf("for the network's administrator: got %+v", last)
	}
	password, err := site.PHP(t.Context(), `$id = wp_insert_user( array( 'user_login' => 'boss', 'user_email' => 'boss@example.test', 'role' => 'administrator', 'user_pass' => 'x' ) );
		echo WP_Application_Passwords::create_new_application_password( $id, array( 'name' => 'hers' ) )[0];`)
	if err != nil {
		t.Fatal(err)
	}
	_, steps = Diagnose(t.Context(), site.URL, "boss", core.NewSecret(password))
	for _, step := range steps {
		if step.Name == "helper" {
			continue // skipped
		}
		if last := step.Name == "network"; last && (step.Problem == nil || step.Problem.Code != "site.network") || !last && step.State != core.StepOK {
			t.Errorf("for a site's administrator: %s is %s: %+v", step.Name, step.State, step.Problem)
		}
	}
}
