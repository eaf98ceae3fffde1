package tunnel

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
	"sync/atomic"
	"time"
)

const (
	callTime   = 10 * time.Second
	callAnswer = 4 << 10 // bytes of an answer that are read
	// nonceHeader is of the calls a Watched makes.
	nonceHeader = "Usher-Probe"
)

// call calls the public URL as a CRM does, with a nonce by which the door knows it.
func call(ctx context.Context, transport http.RoundTripper, public, nonce string) finding {
	if transport == nil {
		own := &http.Transport{DisableKeepAlives: true}
		defer own.CloseIdleConnections()
		transport = own
	}
	ctx, done := context.WithTimeout(ctx, callTime)
	defer done()
	var sent atomic.Bool
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		WroteRequest: func(w httptrace.WroteRequestInfo) {
			if w.Err == nil {
				sent.Store(true)
			}
		},
	})
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, public+"/", nil)
	if err != nil {
		return finding{err: err}
	}
	request.Header.Set(nonceHeader, nonce)
	request.Header.Set("User-Agent", "Usher") // not a browser's: those get a page of ngrok's
	request.Header.Set("Ngrok-Skip-Browser-Warning", "1")
	response, err := transport.RoundTrip(request) // and no client: it would follow redirects
	if err != nil {
		return finding{sent: sent.Load(), err: plain(err)}
	}
	defer func() { _ = response.Body.Close() }()
	_, _ = io.CopyN(io.Discard, response.Body, callAnswer)
	return finding{sent: true, code: strings.ToUpper(ngrokCode.FindString(response.Header.Get("Ngrok-Error-Code")))}
}

// plain is err without the URL.
func plain(err error) error {
	var of *url.Error
	if errors.As(err, &of) {
		return of.Err
	}
	return err
}
