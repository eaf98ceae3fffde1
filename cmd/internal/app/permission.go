package app

import (
	"context"
	"strings"
	"time"

	"usher/core"
	"usher/core/authorise"
	"usher/core/wordpress"
)

// Permission is a question to the owner of a WordPress site, put on a page of that site.
type Permission struct {
	URL     string             // the page to open in a browser on this computer
	request *authorise.Request // nil where the page shows a password to be copied
	site    core.Site
}

// AskPermission finds the site a person typed the address of, and its page. With paste
// the password is to be copied from the page, also where the browser could bring it. The
// caller closes what is returned. Errors are Problems.
func AskPermission(ctx context.Context, address string, paste bool) (*Permission, error) {
	site, err := wordpress.Discover(ctx, address)
	if err != nil {
		return nil, err
	}
	found, err := wordpress.FindAuthorisation(ctx, site)
	if err != nil {
		return nil, err
	}
	name := authorise.Name(time.Now())
	if paste || !authorise.TakesCallback(found.Page, found.Version) {
		page, err := authorise.Page(found.Page, name)
		return &Permission{URL: page, site: site}, err
	}
	request, err := authorise.Begin(ctx, found.Page, name)
	if err != nil {
		return nil, err
	}
	return &Permission{URL: request.URL(), request: request, site: site}, nil
}

// ComesBack reports whether the browser brings the password: then Wait, else ask for it.
func (p *Permission) ComesBack() bool { return p.request != nil }

// Close ends the question.
func (p *Permission) Close() {
	if p.request != nil {
		p.request.Close()
	}
}

// Wait waits for the owner's answer and hands the password to connect, whose error it
// returns. A password the site then does not let Usher in with is revoked: it is of no
// use. For other errors see authorise.Request.
func (p *Permission) Wait(ctx context.Context, connect func(ctx context.Context, user string, password core.Secret) error) error {
	return p.request.Wait(ctx, func(ctx context.Context, given authorise.Grant) error {
		err := connect(ctx, given.User, given.Password)
		// Only what the site itself said is certain: after other errors the password
		// may have been stored.
		if err != nil && strings.HasPrefix(core.AsProblem(err).Code, "site.") {
			p.giveBack(ctx, given)
		}
		return err
	})
}

const giveBackWait = 10 * time.Second

// giveBack does what it can: the person has a more important Problem to hear of.
func (p *Permission) giveBack(ctx context.Context, given authorise.Grant) {
	ctx, cancel := context.WithTimeout(ctx, giveBackWait)
	defer cancel()
	site := p.site
	site.User = given.User
	client := wordpress.New(site, given.Password)
	defer client.Close()
	_ = client.Revoke(ctx)
}
