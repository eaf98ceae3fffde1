package tunnel

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"syscall"
)

// defaultListen is a free port that other computers cannot reach.
const defaultListen = "127.0.0.1:0"

// Local is a port on this computer that only programs on it reach, for trying things out
// and for tests. Its URL is "http://127.0.0.1:PORT".
//
// It takes no request for another host than localhost or a loopback address: a web page
// whose name was made to lead here (DNS rebinding) gets 421 and never meets the handler.
//
// It fails with the codes address.bad_listen, address.port_taken and address.port_refused.
type Local struct {
	// Listen is host:port. The host must be a loopback address or localhost, port 0 picks
	// a free one. Empty means "127.0.0.1:0".
	Listen string
}

// Check refuses a Listen that cannot work anywhere, with the code address.bad_listen.
func (a Local) Check() error {
	_, err := listenAddress(a.Listen, true)
	return err
}

// Run implements Address.
func (a Local) Run(ctx context.Context, h http.Handler, report func(Report)) error {
	return onPort{listen: a.Listen, loopback: true}.run(ctx, onlyForHere(h), report)
}

// Fixed is a public URL the owner already has and that something else, such as a reverse
// proxy, leads to a port here. Whether it does so is not looked at, but by Watched: Online
// means that the port is open.
//
// It fails with Local's codes and with address.bad_url.
type Fixed struct {
	// Listen is host:port, as in Local. Other hosts than loopback are allowed, for a proxy
	// on another computer or in a container, but then requests, with the keys in their
	// URLs, cross that network unencrypted.
	Listen string
	// PublicURL is what callers use: https, or http to a loopback host. It may have a
	// path, but no user, query or fragment.
	PublicURL string
}

// Check refuses what cannot work anywhere, with the codes address.bad_listen and
// address.bad_url.
func (a Fixed) Check() error {
	if _, err := publicURL(a.PublicURL); err != nil {
		return err
	}
	_, err := listenAddress(a.Listen, false)
	return err
}

// Run implements Address.
func (a Fixed) Run(ctx context.Context, h http.Handler, report func(Report)) error {
	public, err := publicURL(a.PublicURL)
	return onPort{listen: a.Listen, public: public, err: err}.run(ctx, h, report)
}

// onPort is what Local and Fixed have in common.
type onPort struct {
	listen   string
	loopback bool   // refuse any other host
	public   string // empty: the port's own
	err      error  // found wrong beforehand
}

func (p onPort) run(ctx context.Context, h http.Handler, report func(Report)) error {
	report(Report{State: Connecting})
	listener, err := p.open(ctx)
	if ctx.Err() != nil {
		if err == nil {
			_ = listener.Close()
		}
		report(Report{State: Off})
		return nil
	}
	if err != nil {
		report(Report{State: Failed, Err: err})
		return err
	}
	local := "http://" + reachable(listener.Addr().(*net.TCPAddr))
	public := p.public
	if public == "" {
		public = local
	}
	report(Report{State: Online, URL: public, Local: local})
	if err := serve(ctx, listener, h, usual()); err != nil {
		report(Report{State: Failed, Err: err})
		return err
	}
	report(Report{State: Off})
	return nil
}

func (p onPort) open(ctx context.Context) (net.Listener, error) {
	if p.err != nil {
		return nil, p.err
	}
	address, err := listenAddress(p.listen, p.loopback)
	if err != nil {
		return nil, err
	}
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", address)
	switch {
	case err == nil:
		return listener, nil
	case errors.Is(err, syscall.EADDRINUSE) || errors.Is(err, windowsAddressInUse):
		return nil, &coded{code: "address.port_taken", err: fmt.Errorf("listen: %w", err)}
	default:
		return nil, &coded{code: "address.port_refused", err: fmt.Errorf("listen: %w", err)}
	}
}

// windowsAddressInUse is WSAEADDRINUSE, which is not syscall.EADDRINUSE there.
const windowsAddressInUse = syscall.Errno(10048)

// listenAddress checks host:port and returns it with an address for its host, so that
// nothing is looked up.
func listenAddress(listen string, loopback bool) (string, error) {
	bad := func(why string) error {
		return &coded{code: "address.bad_listen", err: errors.New("listen address: " + why)}
	}
	if listen == "" {
		listen = defaultListen
	}
	host, port, err := net.SplitHostPort(listen)
	if err != nil {
		return "", bad("not host:port")
	}
	if _, err := strconv.ParseUint(port, 10, 16); err != nil {
		return "", bad("the port is no number from 0 to 65535")
	}
	if strings.EqualFold(host, "localhost") {
		host = "127.0.0.1"
	}
	ip, err := netip.ParseAddr(host)
	if err != nil {
		return "", bad("the host is no IP address")
	}
	if loopback && !ip.IsLoopback() {
		return "", bad("the host is not on this computer")
	}
	return net.JoinHostPort(host, port), nil
}

// reachable is how this computer itself reaches what listens on addr.
func reachable(addr *net.TCPAddr) string {
	if addr.IP.IsUnspecified() {
		return net.JoinHostPort("127.0.0.1", strconv.Itoa(addr.Port))
	}
	return addr.String()
}

// publicURL checks what an owner gave as the public URL, and writes it without a slash at
// the end. Its errors do not quote it: there may be a password in it.
func publicURL(raw string) (string, error) {
	bad := func(why string) error { return &coded{code: "address.bad_url", err: errors.New("public URL: " + why)} }
	u, err := url.Parse(strings.TrimSpace(raw))
	if err != nil {
		return "", bad("not a URL")
	}
	host := strings.ToLower(u.Hostname())
	switch {
	case u.Scheme != "https" && (u.Scheme != "http" || !isLoopback(host)):
		return "", bad("not https")
	case u.Opaque != "" || !isHost(host):
		return "", bad("no host")
	case u.Port() == "" && strings.HasSuffix(u.Host, ":") || u.Port() != "" && !isPort(u.Port()):
		return "", bad("the port is no number from 1 to 65535")
	case u.User != nil:
		return "", bad("there is a user in it")
	case u.RawQuery != "" || u.ForceQuery:
		return "", bad("there is a query in it")
	case u.Fragment != "":
		return "", bad("there is a fragment in it")
	}
	u.Host = strings.ToLower(u.Host)
	return strings.TrimRight(u.String(), "/"), nil
}

// onlyForHere turns requests away that a browser sends under a name of somebody else's.
// Fixed cannot: a proxy may send any name, and whoever gets through it needs none.
func onlyForHere(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		// Programs that speak HTTP/1.0 name no host; every browser does.
		if host := (&url.URL{Host: r.Host}).Hostname(); host != "" && !isLoopback(strings.ToLower(host)) {
			w.WriteHeader(http.StatusMisdirectedRequest)
			return
		}
		h.ServeHTTP(w, r)
	})
}

func isLoopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}

func isPort(port string) bool {
	n, err := strconv.ParseUint(port, 10, 16)
	return err == nil && n > 0
}

// isHost reports whether host is an IP address or looks like a name. Names with other
// letters than ASCII are left to the owner to write in their xn-- form, since not every
// CRM does so.
func isHost(host string) bool {
	if _, err := netip.ParseAddr(host); err == nil {
		return true
	}
	if len(host) > 253 {
		return false
	}
	for label := range strings.SplitSeq(strings.TrimSuffix(host, "."), ".") {
		if label == "" || len(label) > 63 || strings.ContainsFunc(label, notInName) {
			return false
		}
	}
	return true
}

func notInName(r rune) bool {
	return !strings.ContainsRune("abcdefghijklmnopqrstuvwxyz0123456789-_", r)
}
