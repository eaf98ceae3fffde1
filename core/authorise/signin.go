package authorise

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"net/url"
	"strings"

	"usher/core"
)

// SignIn waits for the code with which a CRM's page sends the browser back (RFC 6749,
// section 4.1.2). It holds the redirect URL's port until Wait or Close.
type SignIn struct {
	callback[core.Secret]
}

// BeginSignIn listens where a sign-in comes back to: at its redirect URL, which is plain
// http at a port of 127.0.0.1, ::1 or localhost. Others are crm.redirect. A port that is
// not to be had is crm.redirect_taken.
func BeginSignIn(ctx context.Context, in core.SignIn) (*SignIn, error) {
	redirect, address, ok := comesBackHere(in.Redirect)
	if !ok {
		return nil, core.NewProblem("crm.redirect", nil).About(in.Redirect)
	}
	s := &SignIn{}
	if err := s.listen(ctx, address); err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, core.NewProblem("crm.redirect_taken", err).About(address)
	}
	s.host, s.path, s.state = strings.ToLower(redirect.Host), redirect.Path, in.State
	s.partner, s.late, s.understand = in.CRM, "crm.not_answered", readCode
	return s, nil
}

// comesBackHere reads a redirect URL and tells the address to listen at, if that is one of
// this computer alone.
func comesBackHere(redirect string) (u *url.URL, address string, ok bool) {
	u, err := url.Parse(redirect)
	if err != nil || u.Scheme != "http" || u.User != nil || u.Port() == "" || u.Port() == "0" || !strings.HasPrefix(u.Path, "/") {
		return nil, "", false
	}
	host := u.Hostname()
	if strings.EqualFold(host, "localhost") {
		host = "127.0.0.1"
	}
	addr, err := netip.ParseAddr(host)
	return u, net.JoinHostPort(host, u.Port()), err == nil && addr.IsLoopback()
}

// Wait waits ten minutes for the owner's answer, hands the code to use and returns use's
// error: the browser's last page tells the person the same. Use is called once at most.
//
// Besides that: crm.not_authorised when the owner refused, crm.not_answered when nobody
// came, and the context's own error.
func (s *SignIn) Wait(ctx context.Context, use func(ctx context.Context, code core.Secret) error) error {
	return s.wait(ctx, use)
}

// PastedCode reads the code from the address a browser ended at: the redirect URL, which
// need not lead anywhere. Errors: crm.other_answered for any other address and that of
// another sign-in, crm.not_authorised when the owner refused.
func PastedCode(address string, in core.SignIn) (core.Secret, error) {
	u, err := url.Parse(strings.TrimSpace(address))
	if err != nil || len(u.RawQuery) > longest {
		return core.Secret{}, core.NewProblem("crm.other_answered", nil) // the cause would quote the code
	}
	query, err := url.ParseQuery(u.RawQuery)
	if err != nil || !sameState(query, in.State) {
		return core.Secret{}, core.NewProblem("crm.other_answered", nil)
	}
	a := readCode(query)
	return a.grant, a.err
}

// readCode understands a call-back whose state is right.
func readCode(query url.Values) answer[core.Secret] {
	if query.Has("error") {
		return answer[core.Secret]{err: refusal(query.Get("error"))}
	}
	code := query.Get("code")
	if !plausible(code, longest) {
		return answer[core.Secret]{err: core.NewProblem("crm.not_authorised", errors.New("the answer is not complete"))}
	}
	return answer[core.Secret]{grant: core.NewSecret(code)}
}

// refusal tells the error's name, unless it is the one that says what the Problem says
// already, or no name.
func refusal(name string) *core.Problem {
	p := core.NewProblem("crm.not_authorised", nil)
	if name != "access_denied" && len(name) < 60 && strings.Trim(name, "abcdefghijklmnopqrstuvwxyz_") == "" {
		p.Detail = name
	}
	return p
}
