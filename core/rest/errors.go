package rest

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"syscall"
)

// ErrTooLarge says that an answer's body was larger than the client reads.
var ErrTooLarge = errors.New("the answer is too large")

// RedirectError says that the answer was a redirect, which is never followed: the next
// host might not be the one the credentials were meant for.
type RedirectError struct {
	Status   int
	Location *url.URL // nil when the answer named none
}

// Error names the host redirected to, never the whole address.
func (e *RedirectError) Error() string {
	if e.Location == nil {
		return fmt.Sprintf("redirected (%d) to nowhere", e.Status)
	}
	return fmt.Sprintf("redirected (%d) to %s", e.Status, e.Location.Host)
}

// Error says that no whole answer arrived.
type Error struct {
	Method string
	Host   string
	// Connected tells whether the host had been reached: if so, it may have done
	// what it was asked to, and the fault may lie in this one request.
	Connected bool
	Err       error
}

// Error names the method, the host and the reason. The cause's own text is left out:
// it may quote addresses with their queries, or what the host sent.
func (e *Error) Error() string { return e.Method + " " + e.Host + ": " + e.Reason() }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Reason says in plain words what went wrong.
func (e *Error) Reason() string {
	var (
		name        *net.DNSError
		certificate *tls.CertificateVerificationError
		record      tls.RecordHeaderError
		timeout     net.Error
	)
	switch {
	case errors.As(e.Err, &name) && name.IsNotFound:
		return "there is no such name"
	case errors.As(e.Err, &name):
		return "the name could not be looked up"
	case errors.Is(e.Err, syscall.ECONNREFUSED):
		return "the connection was refused"
	case errors.As(e.Err, &certificate):
		return "the certificate is not valid"
	case errors.As(e.Err, &record), errors.Is(e.Err, http.ErrSchemeMismatch):
		return "it does not speak https"
	case errors.Is(e.Err, context.DeadlineExceeded), errors.As(e.Err, &timeout) && timeout.Timeout():
		if e.Connected {
			return "no answer in time"
		}
		return "no connection in time"
	case e.Connected:
		return "the connection broke off"
	default:
		return "no connection"
	}
}
