package wordpress

import (
	"context"
	"encoding/binary"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"usher/core"
)

// names makes every name lead where lead says, until the test ends.
func names(t *testing.T, lead func(name string) []netip.Addr) {
	t.Helper()
	usual := net.DefaultResolver
	t.Cleanup(func() { net.DefaultResolver = usual })
	net.DefaultResolver = &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
		ours, theirs := net.Pipe()
		go answerName(theirs, lead)
		return ours, nil
	}}
}

// answerName answers one question as a name server does over TCP: RFC 1035, section 4.
func answerName(conn net.Conn, lead func(name string) []netip.Addr) {
	defer func() { _ = conn.Close() }()
	var size [2]byte
	if _, err := io.ReadFull(conn, size[:]); err != nil {
		return
	}
	question := make([]byte, binary.BigEndian.Uint16(size[:]))
	if _, err := io.ReadFull(conn, question); err != nil {
		return
	}
	const header = 12
	var labels []string
	end := header
	for ; question[end] != 0; end += int(question[end]) + 1 {
		labels = append(labels, string(question[end+1:end+1+int(question[end])]))
	}
	wants6 := question[end+2] == 28
	answer := append([]byte{question[0], question[1], 0x81, 0x80, 0, 1, 0, 0, 0, 0, 0, 0}, question[header:end+5]...)
	for _, addr := range lead(strings.Join(labels, ".")) {
		if addr.Is6() == wants6 {
			answer[7]++
			data := addr.AsSlice()
			answer = append(answer, 0xc0, header, 0, question[end+2], 0, 1, 0, 0, 0, 0, 0, byte(len(data)))
			answer = append(answer, data...)
		}
	}
	_, _ = conn.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(answer))), answer...))
}

var (
	here   = netip.MustParseAddr("127.0.0.1")
	public = netip.MustParseAddr("192.0.2.1")
)

// listening has this computer listen, and tell when it is connected to.
func listening(t *testing.T) (port string, reached *atomic.Bool) {
	t.Helper()
	reached = &atomic.Bool{}
	server := httptest.NewUnstartedServer(nil)
	server.Config.ConnState = func(net.Conn, http.ConnState) { reached.Store(true) }
	server.Start()
	t.Cleanup(server.Close)
	at, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	return at.Port(), reached
}

// TestANameThatMovesIntoTheNetwork has names that were public when the owner typed them lead
// to this computer later, in every way they can be written.
func TestANameThatMovesIntoTheNetwork(t *testing.T) {
	port, reached := listening(t)

	// The C library, where it does the looking up, reads all of the numbers as 127.0.0.1; Go's
	// own resolver does not take some of them for names.
	hosts := []string{"shop.example", "2130706433", "0x7f000001", "0177.0.0.1", "127.1", "0x7f.1", "①②⑦.⓪.⓪.①"}
	for _, host := range hosts {
		t.Run(host, func(t *testing.T) {
			names(t, func(string) []netip.Addr { return []netip.Addr{public} })
			if isLocal(t.Context(), host) {
				t.Error("it is taken for local while it is public")
			}
			for _, scheme := range []string{"http", "https"} {
				for what, addrs := range map[string][]netip.Addr{
					"here": {here}, "here as IPv6": {netip.MustParseAddr("::ffff:127.0.0.1")}, "metadata": {netip.MustParseAddr("169.254.169.254")},
				} {
					names(t, func(string) []netip.Addr { return addrs })
					client := New(core.Site{API: scheme + "://" + host + ":" + port + "/wp-json"}, core.NewSecret("x"))
					if err := client.Ping(t.Context()); !core.HasCode(err, "site.private_address") && (host == hosts[0] || !core.HasCode(err, "site.no_such_name")) {
						t.Errorf("%s, %s: got %v", scheme, what, err)
					}
					client.Close()
				}
			}
		})
	}
	if reached.Load() {
		t.Error("this computer was connected to")
	}
}

func TestANameWithPublicAndPrivateAddresses(t *testing.T) {
	port, reached := listening(t)
	names(t, func(string) []netip.Addr { return []netip.Addr{public, here, netip.MustParseAddr("::1")} })
	if isLocal(t.Context(), "shop.example") {
		t.Error("it is taken for local")
	}
	client := New(core.Site{API: "https://shop.example:" + port + "/wp-json"}, core.NewSecret("x"))
	defer client.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond) // nobody answers at the public one
	defer cancel()
	if err := client.Ping(ctx); err == nil || reached.Load() {
		t.Errorf("got %v, this computer was connected to: %t", err, reached.Load())
	}
}
