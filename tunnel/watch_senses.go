package tunnel

import (
	"maps"
	"net"
	"net/netip"
	"time"
)

// senses notice that the computer has slept or that its network is another one, without
// help from the system.
type senses struct {
	wall      func() time.Time
	addresses func() ([]net.Addr, error)

	last time.Time // by the wall clock, when looked last
	here map[netip.Addr]bool
}

// wokeAfter is how much later than the ticker's time it must be after a sleep.
const wokeAfter = 10 * time.Second

func (s *senses) begin() {
	if s.wall == nil {
		s.wall = func() time.Time { return time.Now().Round(0) }
	}
	if s.addresses == nil {
		s.addresses = net.InterfaceAddrs
	}
	s.last = s.wall()
	s.here, _ = s.network()
}

// look is called with every tick. gone is nil when all is as it was; otherwise it says
// from which local addresses connections are dead.
func (s *senses) look() (gone func(netip.Addr) bool) {
	now := s.wall()
	woke := now.Sub(s.last) > tickTime+wokeAfter
	s.last = now
	here, ok := s.network()
	moved := ok && !maps.Equal(here, s.here)
	if ok {
		s.here = here
	}
	switch {
	case woke: // whether timers stand still in a sleep, or go on
		return func(netip.Addr) bool { return true }
	case moved:
		return func(local netip.Addr) bool { return !local.IsLoopback() && !here[local] }
	default:
		return nil
	}
}

// network are this computer's addresses, without those that lead nowhere.
func (s *senses) network() (here map[netip.Addr]bool, ok bool) {
	all, err := s.addresses()
	if err != nil {
		return nil, false
	}
	here = map[netip.Addr]bool{}
	for _, addr := range all {
		prefix, err := netip.ParsePrefix(addr.String())
		if err != nil {
			continue
		}
		if ip := prefix.Addr().Unmap(); !ip.IsLoopback() && !ip.IsLinkLocalUnicast() {
			here[ip] = true
		}
	}
	return here, true
}
