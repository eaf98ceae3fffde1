//go:build usher_finder

package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/http"
	"os"

	usher "usher/cmd/internal/app"
	"usher/cmd/internal/realdesktop/finder"
)

// serveFinder lets a test see what the window shows.
func serveFinder() { finder.Serve() }

// The stand-in for ngrok a test may run.
const (
	ngrokAgents  = "USHER_TEST_NGROK_AGENTS"  // where agents connect, host:port
	ngrokCallers = "USHER_TEST_NGROK_CALLERS" // where callers come, whatever the public host is
	ngrokRoots   = "USHER_TEST_NGROK_ROOTS"   // who vouches for both, PEM
)

// ngrok is where ngrok's service is.
func ngrok() usher.Ngrok {
	if os.Getenv(ngrokAgents) == "" {
		return usher.Ngrok{}
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM([]byte(os.Getenv(ngrokRoots)))
	callers := os.Getenv(ngrokCallers)
	return usher.Ngrok{
		Connect: os.Getenv(ngrokAgents), Roots: roots,
		Outside: &http.Transport{
			DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
				var d net.Dialer
				return d.DialContext(ctx, "tcp", callers)
			},
			TLSClientConfig:   &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12},
			DisableKeepAlives: true,
		},
	}
}
