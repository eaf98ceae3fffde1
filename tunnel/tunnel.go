// Package tunnel gives a handler a public address and keeps it there. It knows nothing
// of what is received, keeps nothing, and imports nothing of this program.
//
// An Address is one blocking call: Run serves until its context ends. To stop, end the
// context; to change something, end it and Run again. So there is no start or stop to get
// in the wrong order, and nothing is open that nobody runs.
//
// Local is for trying things out on one computer, Fixed for owners who already have a
// public URL, Ngrok for all others. Watched wraps any of them and finds out whether
// requests really arrive. Start reading with Address, then serve, which all of them share.
package tunnel

import (
	"context"
	"net/http"
	"time"
)

// State is how an address is doing.
type State string

// The states of an address.
const (
	Off          State = "off"          // stopped; nothing is open
	Connecting   State = "connecting"   // not online yet
	Online       State = "online"       // requests arrive
	Reconnecting State = "reconnecting" // was online, and comes back by itself
	Failed       State = "failed"       // ended, and only a person can help
)

// Report is one change of an address.
type Report struct {
	State State
	// URL is the public address without a slash at the end, such as
	// "https://hooks.mysite.com/usher". Paths and queries go behind it. It is set while
	// Online and Reconnecting.
	URL string
	// Local is the address on this computer, such as "http://127.0.0.1:8080", for
	// addresses that have one. It is set while Online and Reconnecting.
	Local string
	// Err says why, while Failed or Reconnecting, or why Connecting takes long. While Online
	// it is a doubt of a Watched address: the way is open as far as the address knows, but
	// requests may not arrive. It quotes no secret. It may offer Code() string, such as
	// "address.port_taken", and Detail() string, which is what a service called the fault,
	// such as "ERR_NGROK_108"; without a code it is something nobody foresaw.
	Err error
	// Proved is when a request was last seen to arrive over the internet, as far as known
	// when this was reported. It is zero until then, and for addresses nobody watches.
	Proved time.Time
}

// Address is a public address. Its configuration is its value, so Run may be called again
// when it has returned, but not before.
type Address interface {
	// Run serves h at the address and returns nil when ctx has ended, or the error of the
	// last report when the address failed for good.
	//
	// report is called with every change, in order and never from two goroutines at once,
	// and not after Run has returned; it must not block. The first report is Connecting,
	// the last is Off when ctx has ended and Failed otherwise.
	//
	// When ctx ends, Run takes no more requests and at once drops connections that ask
	// nothing. Requests already running are still answered, for five seconds; then their
	// contexts end and their connections are cut, and a second later Run returns whatever
	// they do. When the link they came over is dead, all that takes two seconds. The
	// context of a request is therefore not ended by ctx. Run closes all it opened before
	// it reports Off.
	//
	// h answers within seconds, in small pieces, and recovers its own panics: a panic cuts
	// its connection and is not logged, because net/http would quote it. RemoteAddr is the
	// caller where the address knows it, and the proxy's where one stands in front.
	Run(ctx context.Context, h http.Handler, report func(Report)) error
}

// coded is an error with one of the catalogue's codes.
type coded struct {
	code   string
	detail string // what a service called it, or empty
	err    error
}

func (e *coded) Error() string { return e.err.Error() }
func (e *coded) Unwrap() error { return e.err }

// Code implements what Report.Err may offer.
func (e *coded) Code() string { return e.code }

// Detail implements what Report.Err may offer.
func (e *coded) Detail() string { return e.detail }
