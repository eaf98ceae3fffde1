package receiver_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
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

// TestNoHeaderIsBelieved has headers with which proxies vouch for callers, and pages of other
// sites ask browsers for leave, change nothing.
func TestNoHeaderIsBelieved(t *testing.T) {
	vouched := []string{
		"X-Forwarded-For", "127.0.0.1", "X-Forwarded-Host", "evil.example", "X-Forwarded-Proto", "http", "Forwarded", "for=127.0.0.1;host=evil.example",
		"X-Real-Ip", "127.0.0.1", "X-Http-Method-Override", "DELETE", "X-Original-Url", "/?wpf_action=test", "Origin", "https://evil.example",
		"Access-Control-Request-Method", "POST", "Referer", "https://evil.example/?access_key=" + key, "Authorization", "Bearer " + key, "Cookie", "access_key=" + key,
	}
	for _, target := range []string{right, "/?wpf_action=add&access_key=x", "/?wpf_action=add", "/"} {
		plain, with := newStand(receiver.Options{}), newStand(receiver.Options{})
		want, got := plain.send("POST", target, lead), with.send("POST", target, lead, vouched...)
		if got.Code != want.Code || got.Body.String() != want.Body.String() || !maps.EqualFunc(got.Header(), want.Header(), slices.Equal) {
			t.Errorf("%s: %d %v %s, without %d %v %s", target, got.Code, got.Header(), got.Body, want.Code, want.Header(), want.Body)
		}
		for name := range got.Header() {
			if strings.HasPrefix(name, "Access-Control-") {
				t.Errorf("%s: pages of other sites may read the answer: %s", target, name)
			}
		}
		for _, d := range with.ledger.all() {
			if len(d.Header) != 0 {
				t.Errorf("kept %v", d.Header)
			}
		}
	}
}

// TestNothingThatArrivesForgesALogLine has every part of a message try to.
func TestNothingThatArrivesForgesALogLine(t *testing.T) {
	const forged = "x\r\nlevel=ERROR msg=\"store is gone\"\x1b[31m\u2028\u202e"
	for _, target := range []string{
		"/?wpf_action=add&access_key=" + key + "&role=" + url.QueryEscape(forged),
		"/?wpf_action=" + url.QueryEscape(forged) + "&access_key=" + key,
		"/?wpf_action=add&access_key=" + url.QueryEscape(forged),
		"/" + url.PathEscape(forged) + "?wpf_action=add&access_key=" + key,
	} {
		s := newStand(receiver.Options{})
		var log bytes.Buffer
		door := receiver.New(&s.ledger, &s.keys, receiver.Options{Log: slog.New(slog.NewTextHandler(&log, nil))})
		r := httptest.NewRequestWithContext(t.Context(), "POST", target, strings.NewReader(forged))
		r.Header.Set("User-Agent", forged)
		door.ServeHTTP(httptest.NewRecorder(), r)
		if text := log.String(); strings.Count(text, "\n") != 1 || strings.Contains(text, "store is gone") || strings.ContainsAny(text, "\r\x1b\u2028\u202e") {
			t.Errorf("%s: %q", target, text)
		}
	}
}

func post(target, rest string) string {
	return fmt.Sprintf("POST %s HTTP/1.1\r\nHost: hooks.example.com\r\n%s", target, rest)
}
