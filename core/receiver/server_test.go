package receiver_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"usher/core/receiver"
)

// TestOverARealConnection sends what no tidy client would.
func TestOverARealConnection(t *testing.T) {
	s := newStand(receiver.Options{})
	server := httptest.NewServer(s)
	defer server.Close()
	chunked := "Transfer-Encoding: chunked\r\n\r\n"
	tests := []struct {
		name, request string
		status, kept  int
	}{
		{"a plain webhook", post(right, "Content-Length: 2\r\n\r\n{}"), 200, 1},
		{"in pieces", post(right, chunked+"1\r\n{\r\n1\r\n}\r\n0\r\n\r\n"), 200, 1},
		{"in pieces that are no pieces", post(right, chunked+"zz\r\n"), 503, 0},
		{"bigger than it may be", post(right, "Content-Length: 99999999999\r\n\r\n{}"), 413, 0},
		{"in pieces, bigger than it may be", post(right, chunked+"200000\r\n"+strings.Repeat("x", 0x200000)+"\r\n0\r\n\r\n"), 413, 0},
		{"shorter than it says", post(right, "Content-Length: 10\r\n\r\n{}"), 503, 0},
		{"a merge field with escaped space", post(right+"&contact_id=%5BContact%20ID%5D", "Content-Length: 0\r\n\r\n"), 200, 1},
		{"HEAD", strings.Replace(post(right, "\r\n"), "POST", "HEAD", 1), 405, 0},
		{"a method nobody knows", strings.Replace(post(right, "\r\n"), "POST", "BREW", 1), 405, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			before := len(s.ledger.all())
			conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", server.Listener.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = conn.Close() }()
			go func() { // the server may answer before it has read all
				_, _ = io.WriteString(conn, tt.request)
				_ = conn.(*net.TCPConn).CloseWrite()
			}()
			answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = answer.Body.Close() }()
			if answer.StatusCode != tt.status || len(s.ledger.all())-before != tt.kept {
				t.Errorf("answer %d, kept %d; want %d, %d", answer.StatusCode, len(s.ledger.all())-before, tt.status, tt.kept)
			}
		})
	}
}

func post(target, rest string) string {
	return fmt.Sprintf("POST %s HTTP/1.1\r\nHost: hooks.example.com\r\n%s", target, rest)
}
