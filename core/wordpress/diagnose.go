package wordpress

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"strings"

	"usher/core"
	"usher/core/rest"
)

// plan is every step from what a person typed to an account that may manage users.
// Names are stable; titles are read by people.
var plan = []core.Step{
	{Name: "address", Title: "The address can be read"},
	{Name: "answers", Title: "The site answers"},
	{Name: "redirects", Title: "Its final address is known and safe"},
	{Name: "wordpress", Title: "It is WordPress"},
	{Name: "rest", Title: "Its REST API is open"},
	{Name: "app_passwords", Title: "Application passwords are on"},
	{Name: "sign_in", Title: "User name and application password are right"},
	{Name: "manage_users", Title: "The account may manage users"},
	{Name: "network", Title: "The site may have users of its own"},
	{Name: "helper", Title: "The Usher helper, which may be missing"},
}

// Diagnose goes every step from what a person typed to an account that may manage users,
// and reports on each, in order and always on all: those after the first problem are
// skipped, as are those that need a user and password where both are empty. The site is
// as Connect returns it, empty after a problem. When ctx ends, all that is left is skipped.
//
// Nobody but the site itself is sent the credentials: see Discover.
func Diagnose(ctx context.Context, typed, user string, password core.Secret) (core.Site, []core.Step) {
	t := diagnosis{typed: typed, user: user, password: password}.run(ctx)
	site, _ := t.result()
	return site, t.steps(ctx)
}

// Connect finds the site a person typed the address of and verifies what user's
// application password may do there. The result is ready for New, with User set to the
// account's login even where its e-mail address was typed. It goes the steps of Diagnose;
// its error is the first Problem.
func Connect(ctx context.Context, typed, user string, password core.Secret) (core.Site, error) {
	t := diagnosis{typed: typed, user: user, password: password}.run(ctx)
	if t.err == nil && len(t.passed) < len(plan) { // nothing to sign in with
		return core.Site{}, core.NewProblem("site.unauthorized", nil)
	}
	return t.result()
}

// Discover finds the WordPress site a person means by what they typed, such as
// "mysite.com", "https://mysite.com/blog/" or the address of its log-in page, and
// fills Home, API, Name and Local. It sends no credentials.
//
// Redirects are followed here, once, so that API calls never have to; only where the
// site's pages lead may the API lie, give or take a "www." or a subdomain. A loopback or
// private address counts as local only when it was typed: that is the owner's consent.
//
// Errors are Problems: those of an address, of a site that does not answer, of something
// in front of it, site.not_wordpress, site.not_secure, site.no_rest and others.
func Discover(ctx context.Context, typed string) (core.Site, error) {
	return diagnosis{typed: typed}.discover(ctx).result()
}

type diagnosis struct {
	typed    string
	user     string
	password core.Secret
	tls      *tls.Config // the system's authorities where nil
}

// trail is how far a diagnosis got and what it found on the way.
type trail struct {
	passed  []string // what each step found, in the plan's order; "" for nothing to say
	err     error    // of the step after those
	site    core.Site
	account core.User
	// authentication is what the index says under this name: nil where it says nothing,
	// or was not shown to a guest.
	authentication json.RawMessage
}

// step records the next step and reports whether it went well.
func (t *trail) step(found string, err error) bool {
	if err != nil {
		t.err = err
		return false
	}
	t.passed = append(t.passed, found)
	return true
}

func (t *trail) result() (core.Site, error) {
	if t.err != nil {
		return core.Site{}, t.err
	}
	return t.site, nil
}

// steps is the trail as the plan's steps.
func (t *trail) steps(ctx context.Context) []core.Step {
	steps := make([]core.Step, len(plan))
	for i, step := range plan {
		switch {
		case i < len(t.passed):
			step.State, step.Detail = core.StepOK, t.passed[i]
		case i == len(t.passed) && t.err != nil && ctx.Err() == nil:
			trouble := core.AsProblem(t.err).Trouble("")
			step.State, step.Problem = core.StepProblem, &trouble
		default:
			step.State = core.StepSkipped
		}
		steps[i] = step
	}
	return steps
}

func (d diagnosis) run(ctx context.Context) *trail {
	t := d.discover(ctx)
	switch {
	case t.err != nil:
	case strings.TrimSpace(d.user) == "" && d.password.Empty():
		d.lookAtAppPasswords(ctx, t)
	default:
		d.signIn(ctx, t)
	}
	return t
}

func (d diagnosis) discover(ctx context.Context) *trail {
	address, err := parseAddress(d.typed)
	if err != nil {
		return &trail{err: err}
	}
	local := isLocal(ctx, address.url.Hostname())
	client := rest.New(rest.Options{AllowPrivate: local, AllowPlain: true, TLS: d.tls})
	defer client.Close()
	f := finder{http: client, local: func(ctx context.Context, host string) bool {
		return local && isLocal(ctx, host)
	}}
	return f.find(ctx, address.attempts(local))
}

// lookAtAppPasswords takes the step a guest can take.
func (d diagnosis) lookAtAppPasswords(ctx context.Context, t *trail) {
	if t.authentication == nil {
		return
	}
	client := rest.New(rest.Options{AllowPrivate: t.site.Local, TLS: d.tls})
	defer client.Close()
	t.step("", appPasswordsOffered(ctx, client, t.site.API, t.authentication))
}

func (d diagnosis) signIn(ctx context.Context, t *trail) {
	t.site.User = d.user
	client := New(t.site, d.password)
	if d.tls != nil {
		client.http = rest.New(rest.Options{AllowPrivate: t.site.Local, TLS: d.tls})
	}
	defer client.Close()
	client.verify(ctx, t)
	t.site.User = t.account.Login
}
