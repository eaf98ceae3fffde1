package tunnel

import (
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

func TestTheLocalPortTakesNoOtherHostsName(t *testing.T) {
	run := start(t, Local{}, sayHello())
	address := run.waitOnline(t).URL
	_, port, _ := net.SplitHostPort(strings.TrimPrefix(address, "http://"))
	for host, want := range map[string]int{
		"127.0.0.1:" + port:         http.StatusOK,
		"127.0.0.1":                 http.StatusOK,
		"LocalHost:" + port:         http.StatusOK,
		"[::1]:" + port:             http.StatusOK,
		"evil.example":              http.StatusMisdirectedRequest,
		"evil.example:" + port:      http.StatusMisdirectedRequest,
		"localhost.evil.example":    http.StatusMisdirectedRequest,
		"127.0.0.1.evil.example":    http.StatusMisdirectedRequest,
		"evil.example@127.0.0.1":    http.StatusBadRequest,
		"2130706433:" + port:        http.StatusMisdirectedRequest,
		"192.168.1.7:" + port:       http.StatusMisdirectedRequest,
		"[::ffff:192.168.1.7]:8737": http.StatusMisdirectedRequest,
	} {
		if got := send(t, address, "GET / HTTP/1.1\r\nHost: "+host+"\r\n\r\n"); got != want {
			t.Errorf("%s: got %d, want %d", host, got, want)
		}
	}
	if got := send(t, address, "GET http://evil.example/ HTTP/1.1\r\nHost: localhost\r\n\r\n"); got != http.StatusMisdirectedRequest {
		t.Errorf("a host in the request line: got %d", got)
	}
	if got := send(t, address, "GET / HTTP/1.0\r\n\r\n"); got != http.StatusOK {
		t.Errorf("a program that names no host: got %d", got)
	}
	run.stop(t)
}

func TestAProxyMayNameAnyHost(t *testing.T) {
	run := start(t, Fixed{PublicURL: "https://hooks.mysite.com"}, sayHello())
	address := run.waitOnline(t).Local
	for _, host := range []string{"hooks.mysite.com", "usher_upstream", "host.docker.internal:8737"} {
		if got := send(t, address, "GET / HTTP/1.1\r\nHost: "+host+"\r\n\r\n"); got != http.StatusOK {
			t.Errorf("%s: got %d", host, got)
		}
	}
	run.stop(t)
}

func TestTheLimitsAreThoseThatArePromised(t *testing.T) {
	lim := usual()
	if lim.header != 5*time.Second || lim.request != 15*time.Second || lim.connections != 256 {
		t.Errorf("limits are %+v", lim)
	}
}

// TestRequestsTwoServersCouldReadDifferently is about a proxy before Usher: what it takes for
// one request must not be two here (request smuggling).
func TestRequestsTwoServersCouldReadDifferently(t *testing.T) {
	second := make(chan struct{}, 100)
	run := start(t, Fixed{PublicURL: "https://hooks.mysite.com"}, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/second" {
			second <- struct{}{}
		}
		if _, err := io.ReadAll(r.Body); err != nil {
			w.WriteHeader(http.StatusBadRequest)
		}
	}))
	address := run.waitOnline(t).Local
	const first = "POST / HTTP/1.1\r\nHost: x\r\n"
	for name, request := range map[string]string{
		"two lengths":                     first + "Content-Length: 0\r\nContent-Length: 40\r\n\r\n",
		"a length that is a list":         first + "Content-Length: 0, 40\r\n\r\n",
		"a length with a sign":            first + "Content-Length: +0\r\n\r\n",
		"an encoding nobody knows":        first + "Transfer-Encoding: x\r\nContent-Length: 0\r\n\r\n",
		"an encoding spelt with a tab":    first + "Transfer-Encoding:\tx-chunked\r\n\r\n",
		"a space before the colon":        first + "Content-Length : 0\r\n\r\n",
		"a name with a control character": first + "X\x0bA: 1\r\n\r\n",
		"a value with a NUL":              first + "X-A: 1\x002\r\n\r\n",
		"two hosts":                       first + "Host: y\r\n\r\n",
		"a host that is two words":        "POST / HTTP/1.1\r\nHost: x y\r\n\r\n",
		"no host":                         "POST / HTTP/1.1\r\n\r\n",
		"a chunk that is too large":       first + "Transfer-Encoding: chunked\r\n\r\nffffffffffffffff1\r\n\r\n",
		"a chunk whose size is no number": first + "Transfer-Encoding: chunked\r\n\r\n0x0\r\n\r\n",
		"a line feed in the first line":   "POST /\nX: y HTTP/1.1\r\nHost: x\r\n\r\n",
	} {
		conn := dial(t, address)
		if _, err := io.WriteString(conn, request+"GET /second HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
			t.Fatal(err)
		}
		if err := conn.(*net.TCPConn).CloseWrite(); err != nil {
			t.Fatal(err)
		}
		answers, _ := io.ReadAll(conn) // to the end, which may be a reset
		_ = conn.Close()
		if !strings.HasPrefix(string(answers), "HTTP/1.1 4") && !strings.HasPrefix(string(answers), "HTTP/1.1 501") {
			t.Errorf("%s: got %.40q", name, answers)
		}
		if len(second) > 0 {
			t.Errorf("%s: there were two requests", name)
			<-second
		}
	}
	run.stop(t)
}

func FuzzHostOfHere(f *testing.F) {
	for _, seed := range []string{"", "127.0.0.1:8737", "[::1]", "[::1", "localhost", "evil.example:80", "127.0.0.1@evil.example", "::1"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, host string) {
		let := false
		r := &http.Request{Host: host}
		onlyForHere(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { let = true })).ServeHTTP(discard{}, r)
		if u, err := url.Parse("http://" + host + "/"); let && host != "" && err == nil && u.Hostname() != "" && !isLoopback(strings.ToLower(u.Hostname())) {
			t.Errorf("%q was let in, and a browser asks %s for it", host, u.Hostname())
		}
	})
}

type discard struct{}

func (discard) Header() http.Header         { return http.Header{} }
func (discard) Write(p []byte) (int, error) { return len(p), nil }
func (discard) WriteHeader(int)             {}
