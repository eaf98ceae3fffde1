package rest

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"syscall"

	"usher/core"
)

// metadata is where cloud hosts tell whoever asks their own credentials. No site and no CRM
// is there, so that even allowing private addresses does not lead there.
var metadata = []netip.Addr{
	netip.MustParseAddr("169.254.169.254"), // most of them
	netip.MustParseAddr("169.254.170.2"),   // Amazon's containers
	netip.MustParseAddr("fd00:ec2::254"),   // Amazon, IPv6
	netip.MustParseAddr("100.100.100.200"), // Alibaba
	netip.MustParseAddr("192.0.0.192"),     // Oracle
	netip.MustParseAddr("168.63.129.16"),   // Azure
}

// guard says which addresses may be connected to. It looks at the address itself, after
// the name was resolved, so a name that changes its address cannot get round it.
type guard struct{ private, public bool }

func (g guard) control(_ context.Context, _, address string, _ syscall.RawConn) error {
	to, err := netip.ParseAddrPort(address)
	if err != nil {
		return fmt.Errorf("read address: %w", err)
	}
	switch private := Private(to.Addr()); {
	case private && !g.private, slices.Contains(metadata, carried(to.Addr().Unmap().WithZone(""))):
		return core.NewProblem("site.private_address", nil)
	case !private && !g.public:
		return core.NewProblem("site.not_secure", nil)
	}
	return nil
}

// Private reports whether addr is not an address of the public internet: loopback,
// private, link-local, carrier-grade NAT, multicast, unspecified, or one where cloud
// hosts keep their metadata. An IPv6 address that carries an IPv4 one is judged by it.
func Private(addr netip.Addr) bool {
	addr = carried(addr.Unmap().WithZone(""))
	if !addr.IsGlobalUnicast() || addr.IsPrivate() {
		return true
	}
	for _, block := range notPublic {
		if block.Contains(addr) {
			return true
		}
	}
	return false
}

// notPublic are blocks netip has no word for.
var notPublic = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"),        // "this network", RFC 1122
	netip.MustParsePrefix("100.64.0.0/10"),    // carrier-grade NAT, RFC 6598; metadata at Alibaba
	netip.MustParsePrefix("192.0.0.0/24"),     // protocol assignments, RFC 6890; metadata at Oracle
	netip.MustParsePrefix("168.63.129.16/32"), // metadata at Azure
	netip.MustParsePrefix("240.0.0.0/4"),      // reserved, RFC 1112
	netip.MustParsePrefix("::/96"),            // IPv4-compatible, RFC 4291, long deprecated
	netip.MustParsePrefix("64:ff9b:1::/48"),   // local NAT64, RFC 8215
	netip.MustParsePrefix("fec0::/10"),        // site-local, RFC 3879
	netip.MustParsePrefix("2001::/32"),        // Teredo, RFC 4380
}

var (
	nat64   = netip.MustParsePrefix("64:ff9b::/96") // RFC 6052: what an IPv6-only network calls an IPv4 host
	sixToIV = netip.MustParsePrefix("2002::/16")    // 6to4, RFC 3056
)

func carried(addr netip.Addr) netip.Addr {
	raw := addr.As16()
	switch {
	case nat64.Contains(addr):
		return netip.AddrFrom4([4]byte(raw[12:16]))
	case sixToIV.Contains(addr):
		return netip.AddrFrom4([4]byte(raw[2:6]))
	default:
		return addr
	}
}
