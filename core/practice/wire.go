package practice

import (
	"bytes"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"time"
)

// These let the site do its work and spoil the answer on the wire, as bad networks and
// proxies do. They need a server of HTTP/1.1 around them.

// ResetAfter resets the connection in place of the answer.
func ResetAfter() Trouble {
	return spoil(func(c net.Conn, _ *httptest.ResponseRecorder) {
		if tcp, ok := c.(*net.TCPConn); ok {
			_ = tcp.SetLinger(0) // closing then sends a reset
		}
	})
}

// CutShort ends the connection in the middle of the answer, whose length was announced.
func CutShort() Trouble {
	return spoil(func(c net.Conn, a *httptest.ResponseRecorder) {
		writeAnswer(c, a, a.Body.Len(), a.Body.Bytes()[:a.Body.Len()/2])
	})
}

// WrongLength announces less than the answer has, so that it looks whole and is not.
func WrongLength() Trouble {
	return spoil(func(c net.Conn, a *httptest.ResponseRecorder) {
		writeAnswer(c, a, a.Body.Len()/2, a.Body.Bytes())
	})
}

// Garbage answers with what is no HTTP.
func Garbage() Trouble {
	return spoil(func(c net.Conn, _ *httptest.ResponseRecorder) {
		_, _ = c.Write(bytes.Repeat([]byte{0x16, 0x03, 0x00, 0xff}, 64))
	})
}

// BusyUntil answers 429 with the time to come again as a date.
func BusyUntil(wait time.Duration) Trouble {
	return func(w http.ResponseWriter, _ *http.Request, _ http.Handler) {
		now := time.Now().UTC()
		w.Header().Set("Date", now.Format(http.TimeFormat))
		w.Header().Set("Retry-After", now.Add(wait).Format(http.TimeFormat))
		w.WriteHeader(http.StatusTooManyRequests)
	}
}

// spoil has the site answer into a recorder, then gives the connection to write, and
// closes it.
func spoil(write func(net.Conn, *httptest.ResponseRecorder)) Trouble {
	return func(w http.ResponseWriter, r *http.Request, site http.Handler) {
		answer := httptest.NewRecorder()
		site.ServeHTTP(answer, r)
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			panic(http.ErrAbortHandler)
		}
		defer func() { _ = conn.Close() }()
		write(conn, answer)
	}
}

func writeAnswer(c net.Conn, a *httptest.ResponseRecorder, length int, body []byte) {
	head := &bytes.Buffer{}
	fmt.Fprintf(head, "HTTP/1.1 %d %s\r\n", a.Code, http.StatusText(a.Code))
	a.Header().Set("Content-Length", strconv.Itoa(length))
	_ = a.Header().Write(head)
	head.WriteString("\r\n")
	_, _ = c.Write(append(head.Bytes(), body...))
}
