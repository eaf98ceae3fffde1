package tunnel

import (
	"context"
	"net/http"
	"net/netip"
)

// nudge says that the way between an address and its service may be dead.
type nudge struct {
	renew bool                        // it is: begin anew
	gone  func(local netip.Addr) bool // which connections are, by the end on this computer
}

// nudgeable is an Address that can look after its connections before it notices by itself
// that they are dead. runNudged is Run with a channel that may be nil.
type nudgeable interface {
	runNudged(ctx context.Context, h http.Handler, report func(Report), nudges <-chan nudge) error
}
