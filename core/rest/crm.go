package rest

import (
	"errors"
	"io"
	"net/netip"
	"net/url"
	"strings"

	"usher/core"
)

// CRMBase reads the address of a CRM's API as its owner typed it: scheme, host and path,
// without a slash at the end. A query or fragment copied along with it is left out.
//
// Errors: the Problem crm.settings for what is no web address or has a login in it, and
// crm.not_secure for http where the host is not Local. Neither quotes the address.
func CRMBase(typed string) (*url.URL, error) {
	u, err := url.Parse(strings.TrimSpace(typed))
	switch {
	case err != nil, u.Hostname() == "", u.User != nil, u.Scheme != "https" && u.Scheme != "http":
		return nil, core.NewProblem("crm.settings", nil).About("address")
	case u.Scheme == "http" && !Local(u.Hostname()):
		return nil, core.NewProblem("crm.not_secure", nil)
	}
	return &url.URL{Scheme: u.Scheme, Host: strings.ToLower(u.Host), Path: strings.TrimRight(u.Path, "/")}, nil
}

// Local reports whether a host, without its port, is plainly on this computer or its
// network: localhost or a Private address. No other name is, wherever it may lead.
func Local(host string) bool {
	if addr, err := netip.ParseAddr(host); err == nil {
		return Private(addr)
	}
	host = strings.ToLower(host)
	return host == "localhost" || strings.HasSuffix(host, ".localhost") // RFC 6761
}

// CRMProblem says what an error of Do means when the host is a CRM's. A caller who gave
// up gets the error back as it is. The cause it keeps is Do's own error, without what
// others wrapped around it, which may quote an address.
func CRMProblem(err error) error {
	var (
		refused  *core.Problem
		redirect *RedirectError
		broken   *Error
	)
	switch {
	case errors.As(err, &refused) && refused.Code == "site.not_secure":
		return core.NewProblem("crm.not_secure", refused)
	case errors.As(err, &refused):
		return core.NewProblem("crm.settings", refused).About("the address leads into a private network")
	case errors.As(err, &redirect):
		return core.NewProblem("crm.server_error", redirect).About("it leads to another address")
	case errors.Is(err, ErrTooLarge):
		return core.NewProblem("crm.server_error", ErrTooLarge).About(ErrTooLarge.Error())
	case !errors.As(err, &broken):
		return err
	case broken.Connected && errors.Is(broken, io.ErrUnexpectedEOF):
		return core.NewProblem("crm.server_error", broken).About("the answer was cut off")
	}
	p := core.NewProblem("crm.unreachable", broken).About(broken.Reason())
	if broken.Connected {
		p.Scope = core.ItemOrCRM // it may be this request that the CRM dies of
	}
	return p
}
