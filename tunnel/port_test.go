package tunnel

import (
	"errors"
	"net"
	"net/http"
	"strings"
	"testing"
)

func TestLocal(t *testing.T) {
	testAddress(t, Local{}, func(r Report) string { return r.URL })

	t.Run("has a URL on this computer", func(t *testing.T) {
		for _, listen := range []string{"", "127.0.0.1:0", "localhost:0"} {
			run := start(t, Local{Listen: listen}, sayHello())
			online := run.waitOnline(t)
			if !strings.HasPrefix(online.URL, "http://127.0.0.1:") || online.Local != online.URL {
				t.Errorf("%q: online with %+v", listen, online)
			}
			run.stop(t)
		}
	})
	t.Run("listens where it was told, again and again", func(t *testing.T) {
		listen := freePort(t)
		for range 3 {
			run := start(t, Local{Listen: listen}, sayHello())
			if got := run.waitOnline(t).URL; got != "http://"+listen {
				t.Errorf("got %s, want http://%s", got, listen)
			}
			run.stop(t)
		}
	})
	t.Run("fails on a bad listen address", func(t *testing.T) {
		for _, listen := range []string{"0.0.0.0:0", ":8080", "[::]:0", "192.0.2.1:80", "example.com:80", "127.0.0.1", "127.0.0.1:", "127.0.0.1:http", "127.0.0.1:65536", "127.0.0.1:-1", "x"} {
			wantFailed(t, Local{Listen: listen}, "address.bad_listen")
		}
	})
	t.Run("fails when the port is taken", func(t *testing.T) {
		wantFailed(t, Local{Listen: takenPort(t)}, "address.port_taken")
	})
}

func TestFixed(t *testing.T) {
	testAddress(t, Fixed{PublicURL: "https://hooks.mysite.com/usher/"}, func(r Report) string { return r.Local })

	t.Run("shows the public URL and the local one", func(t *testing.T) {
		run := start(t, Fixed{PublicURL: "https://hooks.mysite.com/usher/"}, sayHello())
		online := run.waitOnline(t)
		if online.URL != "https://hooks.mysite.com/usher" || !strings.HasPrefix(online.Local, "http://127.0.0.1:") {
			t.Errorf("online with %+v", online)
		}
		run.stop(t)
	})
	t.Run("may listen for a proxy on another computer", func(t *testing.T) {
		run := start(t, Fixed{Listen: "0.0.0.0:0", PublicURL: "https://hooks.mysite.com"}, sayHello())
		if got := run.post(t, run.waitOnline(t).Local, ""); got != "hello" {
			t.Errorf("got %q", got)
		}
		run.stop(t)
	})
	t.Run("fails on a bad URL, before it opens anything", func(t *testing.T) {
		wantFailed(t, Fixed{Listen: takenPort(t), PublicURL: "http://hooks.mysite.com"}, "address.bad_url")
	})
	t.Run("fails on a bad listen address or a taken port", func(t *testing.T) {
		wantFailed(t, Fixed{Listen: "hooks.mysite.com:80", PublicURL: "https://hooks.mysite.com"}, "address.bad_listen")
		wantFailed(t, Fixed{Listen: takenPort(t), PublicURL: "https://hooks.mysite.com"}, "address.port_taken")
		wantFailed(t, Fixed{Listen: "192.0.2.1:0", PublicURL: "https://hooks.mysite.com"}, "address.port_refused")
	})
}

func wantFailed(t *testing.T, address Address, code string) {
	t.Helper()
	run := start(t, address, http.NotFoundHandler())
	run.waitOver(t)
	run.wantStates(t, Connecting, Failed)
	last := run.reports[len(run.reports)-1]
	if last.Err == nil || !errors.Is(run.err, last.Err) {
		t.Errorf("%+v: Run returned %v and reported %v", address, run.err, last.Err)
	}
	var offers interface{ Code() string }
	if !errors.As(last.Err, &offers) || offers.Code() != code {
		t.Errorf("%+v: got %v, want code %s", address, last.Err, code)
	}
	checked := address.(interface{ Check() error }).Check()
	if wrong := strings.HasPrefix(code, "address.bad_"); wrong != (checked != nil) || wrong && codeOf(checked) != code {
		t.Errorf("%+v: Check says %v", address, checked)
	}
}

// takenPort returns the address of a port that is in use until the test ends.
func takenPort(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	return listener.Addr().String()
}

// freePort returns the address of a port that was free just now.
func freePort(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	return listener.Addr().String()
}

func TestPublicURL(t *testing.T) {
	good := map[string]string{
		"https://hooks.mysite.com":            "https://hooks.mysite.com",
		" https://hooks.mysite.com/\n":        "https://hooks.mysite.com",
		"HTTPS://Hooks.MySite.com//":          "https://hooks.mysite.com",
		"https://hooks.mysite.com:8443/Usher": "https://hooks.mysite.com:8443/Usher",
		"https://hooks.mysite.com/a%20b/":     "https://hooks.mysite.com/a%20b",
		"https://203.0.113.7":                 "https://203.0.113.7",
		"https://[2001:db8::1]:8443":          "https://[2001:db8::1]:8443",
		"http://localhost:8080":               "http://localhost:8080",
		"http://127.0.0.1:8080/":              "http://127.0.0.1:8080",
		"http://[::1]:8080/":                  "http://[::1]:8080",
		"https://xn--bckerei-5wa.example":     "https://xn--bckerei-5wa.example",
	}
	for raw, want := range good {
		if got, err := publicURL(raw); err != nil || got != want {
			t.Errorf("%q: got %q, %v, want %q", raw, got, err, want)
		}
	}
	bad := []string{
		"", "hooks.mysite.com", "//hooks.mysite.com", "ftp://hooks.mysite.com", "https:hooks.mysite.com",
		"https://", "https:///path", "https://:8443", "http://hooks.mysite.com", "http://192.168.1.7:8080",
		"https://hooks.mysite.com:0", "https://hooks.mysite.com:65536", "https://hooks.mysite.com:",
		"https://ann:pa55word@hooks.mysite.com", "https://ann:pa55%zz@hooks.mysite.com", "https://hooks.mysite.com?access_key=pa55word",
		"https://hooks.mysite.com?", "https://hooks.mysite.com#top", "https://hooks mysite.com", "https://*.mysite.com", "https://bäckerei.example", "https://a*b.com",
		"https://hooks..mysite.com", "https://" + strings.Repeat("a", 64) + ".com", "https://hooks.mysite.com/\x00",
	}
	for _, raw := range bad {
		got, err := publicURL(raw)
		if err == nil {
			t.Errorf("%q: taken as %q", raw, got)
			continue
		}
		if strings.Contains(err.Error(), "pa55") {
			t.Errorf("%q: the error quotes it: %v", raw, err)
		}
	}
}

func FuzzPublicURL(f *testing.F) {
	for _, raw := range []string{"https://hooks.mysite.com/usher/", "http://[::1]:8080", "https://a:b@c?d#e", "https://*", "\x00"} {
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		once, err := publicURL(raw)
		if err != nil {
			return
		}
		if again, err := publicURL(once); err != nil || again != once {
			t.Errorf("%q became %q, and that %q, %v", raw, once, again, err)
		}
	})
}

func FuzzListenAddress(f *testing.F) {
	for _, listen := range []string{"", "127.0.0.1:8080", "localhost:0", "[::1]:80", ":80", "0.0.0.0:1"} {
		f.Add(listen)
	}
	f.Fuzz(func(t *testing.T, listen string) {
		address, err := listenAddress(listen, true)
		if err != nil {
			return
		}
		resolved, err := net.ResolveTCPAddr("tcp", address)
		if err != nil || !resolved.IP.IsLoopback() {
			t.Errorf("%q became %q: %v", listen, address, err)
		}
	})
}
