package tunnel

import (
	"context"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"time"
)

// limits keep a stranger from holding what a webhook needs.
type limits struct {
	connections int           // open at once; further ones wait unaccepted
	header      time.Duration // to send a request's header
	request     time.Duration // to send a whole request
	idle        time.Duration // between two requests of a connection
	grace       time.Duration // for running requests, when stopping
	last        time.Duration // for handlers to notice that they were cut
}

func usual() limits {
	return limits{
		connections: 256,
		header:      5 * time.Second,
		request:     15 * time.Second,
		// Longer than proxies keep theirs (Caddy: two minutes, reverseproxy.go). If this end
		// closes first, a webhook the proxy is just sending is lost: the race for which nginx
		// has its upstream keepalive_timeout.
		idle:  3 * time.Minute,
		grace: 5 * time.Second,
		last:  time.Second,
	}
}

// maxHeader is 16 KiB, less the 4 KiB that net/http adds of its own.
const maxHeader = 16<<10 - 4<<10

// onLink is a listener whose connections all run over one link. When the link has ended,
// nobody is left to be answered.
type onLink interface{ link() context.Context }

// serve answers with h what listener accepts, until ctx ends, which is no error. It stops
// as Address.Run promises and closes listener.
func serve(ctx context.Context, listener net.Listener, h http.Handler, lim limits) error {
	requests, cut := context.WithCancel(context.WithoutCancel(ctx))
	defer cut()
	door := newGate(listener, lim.connections)
	server := &http.Server{
		Handler:           h,
		ReadHeaderTimeout: lim.header,
		ReadTimeout:       lim.request,
		IdleTimeout:       lim.idle,
		// No WriteTimeout: under ngrok a late write breaks the whole session (measured on
		// ngrok-go 2.4.0), and every address shall behave alike. Answers are small.
		MaxHeaderBytes: maxHeader,
		BaseContext:    func(net.Listener) context.Context { return requests },
		ConnState:      door.watch,
		ErrorLog:       log.New(io.Discard, "", 0), // it quotes callers
		// Without it net/http itself says yes to "OPTIONS *".
		DisableGeneralOptionsHandler: true,
	}
	door.keepAlives = server.SetKeepAlivesEnabled

	var broken error // once served is closed
	served := make(chan struct{})
	go func() {
		defer close(served)
		broken = server.Serve(door)
	}()
	select {
	case <-served:
		cut()
		_ = server.Close()
		door.waitEmpty(lim.last)
		return fmt.Errorf("accept connections: %w", broken)
	case <-ctx.Done():
	}

	door.dropSilent()
	grace, done := context.WithTimeout(requests, lim.grace)
	defer done()
	if l, ok := listener.(onLink); ok {
		defer context.AfterFunc(l.link(), done)()
	}
	if err := server.Shutdown(grace); err != nil {
		cut()
		_ = server.Close()
	}
	<-served
	door.waitEmpty(lim.last)
	return nil
}
