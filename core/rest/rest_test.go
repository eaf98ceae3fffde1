package rest_test

import (
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"usher/core"
	"usher/core/rest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func serve(t *testing.T, handler http.HandlerFunc) *httptest.Server {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server
}

func open(t *testing.T, options rest.Options) *rest.Client {
	t.Helper()
	options.AllowPrivate = true
	client := rest.New(options)
	t.Cleanup(client.Close)
	return client
}

// quiet swallows what a server says about clients that do not trust it.
func quiet() *log.Logger { return log.New(io.Discard, "", 0) }

func get(t *testing.T, url string) *http.Request {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	return req
}

func TestAnAnswerIsReadWholeWhateverItsStatus(t *testing.T) {
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json; charset=UTF-8")
		w.WriteHeader(http.StatusTeapot)
		_, _ = io.WriteString(w, r.UserAgent())
	})
	answer, err := open(t, rest.Options{}).Do(get(t, server.URL))
	if err != nil {
		t.Fatal(err)
	}
	if answer.Status != http.StatusTeapot || !answer.IsJSON() || !strings.HasPrefix(string(answer.Body), "Usher/") {
		t.Errorf("got %d, JSON %v, agent %q", answer.Status, answer.IsJSON(), answer.Body)
	}
	if age := time.Since(answer.Date()); age < -time.Minute || age > time.Minute {
		t.Errorf("the answer's date is %v off", age)
	}
}

func TestRedirectsAreRefusedAndReachNobody(t *testing.T) {
	other := serve(t, func(http.ResponseWriter, *http.Request) { t.Error("the other host was called") })
	for _, status := range []int{301, 302, 303, 307, 308} {
		server := serve(t, func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, other.URL+"/next?token=hush", status)
		})
		req := get(t, server.URL)
		req.SetBasicAuth("ann", "hush")
		_, err := open(t, rest.Options{}).Do(req)
		var redirect *rest.RedirectError
		if !errors.As(err, &redirect) {
			t.Fatalf("%d: got %v, want a RedirectError", status, err)
		}
		if redirect.Status != status || redirect.Location.String() != other.URL+"/next?token=hush" {
			t.Errorf("%d: got status %d to %v", status, redirect.Status, redirect.Location)
		}
		if strings.Contains(err.Error(), "hush") {
			t.Errorf("%d: the error tells the query: %v", status, err)
		}
	}
}

func TestARedirectToNowhereIsStillARedirect(t *testing.T) {
	server := serve(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusFound) })
	_, err := open(t, rest.Options{}).Do(get(t, server.URL))
	var redirect *rest.RedirectError
	if !errors.As(err, &redirect) || redirect.Location != nil {
		t.Fatalf("got %v", err)
	}
}

func TestCookiesAreNotSentBack(t *testing.T) {
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if len(r.Cookies()) > 0 {
			t.Errorf("got cookies %v", r.Cookies())
		}
		http.SetCookie(w, &http.Cookie{Name: "wordpress_logged_in", Value: "1", Path: "/"})
	})
	client := open(t, rest.Options{})
	for range 2 {
		if _, err := client.Do(get(t, server.URL)); err != nil {
			t.Fatal(err)
		}
	}
}

func TestAHugeAnswerIsCutAtTheLimit(t *testing.T) {
	page := strings.Repeat("x", 1000)
	handlers := map[string]http.HandlerFunc{
		"plain": func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, page) },
		"compressed": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			zip := gzip.NewWriter(w)
			_, _ = io.WriteString(zip, page)
			_ = zip.Close()
		},
	}
	for name, handler := range handlers {
		t.Run(name, func(t *testing.T) {
			server := serve(t, handler)
			answer, err := open(t, rest.Options{MaxBody: 999}).Do(get(t, server.URL))
			if !errors.Is(err, rest.ErrTooLarge) || len(answer.Body) != 999 {
				t.Errorf("got %v", err)
			}
			if _, err := open(t, rest.Options{MaxBody: 1000}).Do(get(t, server.URL)); err != nil {
				t.Errorf("an answer of exactly the limit: %v", err)
			}
		})
	}
}

func TestAZipBombIsUnpackedToTheLimitOnly(t *testing.T) {
	server := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		zip, zeros := gzip.NewWriter(w), make([]byte, 1<<20)
		for range 8 { // in 8 KiB
			_, _ = zip.Write(zeros)
		}
		_ = zip.Close()
	})
	answer, err := open(t, rest.Options{MaxBody: 1 << 20}).Do(get(t, server.URL))
	if !errors.Is(err, rest.ErrTooLarge) || len(answer.Body) != 1<<20 {
		t.Errorf("got %v", err)
	}
}

func TestNothingIsSentInAHeaderThatWouldEndIt(t *testing.T) {
	server := serve(t, func(_ http.ResponseWriter, r *http.Request) { t.Errorf("it arrived: %v", r.Header) })
	client := open(t, rest.Options{})
	for _, value := range []string{"planted\r\nX-Evil: 1", "planted\nX-Evil: 1", "planted\r", "planted\x00"} {
		req := get(t, server.URL)
		req.Header.Set("Api-Key", value)
		if _, err := client.Do(req); err == nil || strings.Contains(fmt.Sprintf("%v %+v %#v %v", err, err, err, errors.Unwrap(err)), "planted") {
			t.Errorf("%q: got %v, %v", value, err, errors.Unwrap(err))
		}
	}
}

func TestAnAnswerWithoutEndIsNotReadToItsEnd(t *testing.T) {
	server := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		for {
			if _, err := io.WriteString(w, "and so on, "); err != nil {
				return
			}
		}
	})
	_, err := open(t, rest.Options{MaxBody: 1000, Timeout: 2 * time.Second}).Do(get(t, server.URL))
	if !errors.Is(err, rest.ErrTooLarge) {
		t.Errorf("got %v", err)
	}
}

func TestErrorsSayWhatWentWrongAndNothingElse(t *testing.T) {
	closed := httptest.NewServer(nil)
	closed.Close()
	cut := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "100")
		_, _ = io.WriteString(w, "hush")
	})
	dropped := serve(t, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	garbled := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		conn, _, _ := w.(http.Hijacker).Hijack()
		_, _ = io.WriteString(conn, "hush hush hush\r\n\r\n")
		_ = conn.Close()
	})
	secure := httptest.NewUnstartedServer(nil)
	secure.Config.ErrorLog = quiet()
	secure.StartTLS()
	t.Cleanup(secure.Close)
	slow := serve(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	slowBody := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	})

	const soon, plenty = time.Second, time.Minute // a busy machine may need long to shake hands
	tests := map[string]struct {
		url       string
		timeout   time.Duration
		reason    string
		connected bool
	}{
		"refused":             {closed.URL, plenty, "the connection was refused", false},
		"cut body":            {cut.URL, plenty, "the connection broke off", true},
		"no answer":           {dropped.URL, plenty, "the connection broke off", true},
		"not HTTP":            {garbled.URL, plenty, "the connection broke off", true},
		"unknown certificate": {secure.URL, plenty, "the certificate is not valid", false},
		"no https":            {strings.Replace(dropped.URL, "http:", "https:", 1), plenty, "it does not speak https", false},
		"headers never come":  {slow.URL, soon, "no answer in time", true},
		"body never ends":     {slowBody.URL, soon, "no answer in time", true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			req := get(t, test.url+"/users?search=hush")
			req.SetBasicAuth("hush", "hush")
			_, err := open(t, rest.Options{Timeout: test.timeout}).Do(req)
			var failure *rest.Error
			if !errors.As(err, &failure) {
				t.Fatalf("got %T %v, want a *rest.Error", err, err)
			}
			if failure.Reason() != test.reason || failure.Connected != test.connected {
				t.Errorf("got %q, connected %v; want %q, %v", failure.Reason(), failure.Connected, test.reason, test.connected)
			}
			if text := err.Error(); strings.Contains(text, "hush") || !strings.HasPrefix(text, "GET "+req.URL.Hostname()) {
				t.Errorf("the error reads %q", text)
			}
		})
	}
}

func TestACallerWhoGivesUpIsNotAFailureOfTheHost(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	server := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		cancel()
		<-r.Context().Done()
	})
	_, err := open(t, rest.Options{}).Do(get(t, server.URL).WithContext(ctx))
	var failure *rest.Error
	if !errors.Is(err, context.Canceled) || errors.As(err, &failure) {
		t.Errorf("got %T %v, want the context's own error", err, err)
	}
}

func TestAHostSeesTwoConnectionsAtMostAndTheyAreReused(t *testing.T) {
	var opened atomic.Int32
	entered, release := make(chan struct{}, 6), make(chan struct{})
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		entered <- struct{}{}
		<-release
	}))
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			opened.Add(1)
		}
	}
	server.Start()
	t.Cleanup(server.Close)

	client := open(t, rest.Options{})
	var calls sync.WaitGroup
	for range 6 {
		calls.Go(func() {
			if _, err := client.Do(get(t, server.URL)); err != nil {
				t.Error(err)
			}
		})
	}
	<-entered
	<-entered
	close(release)
	calls.Wait()
	if opened.Load() != 2 {
		t.Errorf("%d connections for 6 calls, want 2", opened.Load())
	}
}

func TestCallsBeyondTheRateWaitOutsideOfTheTimeout(t *testing.T) {
	var reached atomic.Int32
	server := serve(t, func(http.ResponseWriter, *http.Request) { reached.Add(1) })
	client := open(t, rest.Options{Rate: 1, Timeout: 500 * time.Millisecond})
	if _, err := client.Do(get(t, server.URL)); err != nil {
		t.Fatal(err)
	}
	impatient, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	var broken *rest.Error
	if _, err := client.Do(get(t, server.URL).WithContext(impatient)); !errors.As(err, &broken) || broken.Connected || broken.Reason() != "no connection in time" {
		t.Errorf("no turn in time: %v", err)
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := client.Do(get(t, server.URL).WithContext(gone)); !errors.Is(err, context.Canceled) {
		t.Errorf("given up: %v", err)
	}
	if reached.Load() != 1 {
		t.Errorf("%d requests were sent, want 1", reached.Load())
	}
	if _, err := client.Do(get(t, server.URL)); err != nil || reached.Load() != 2 {
		t.Errorf("after a second's wait: %v", err)
	}
}

func TestCloseGivesConnectionsBack(t *testing.T) {
	closed := make(chan struct{}, 1)
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateClosed {
			closed <- struct{}{}
		}
	}
	server.Start()
	t.Cleanup(server.Close)
	client := open(t, rest.Options{})
	if _, err := client.Do(get(t, server.URL)); err != nil {
		t.Fatal(err)
	}
	client.Close()
	select {
	case <-closed:
	case <-time.After(5 * time.Second):
		t.Error("the connection is still open")
	}
}

func TestPrivateAddressesAreRefusedBeforeConnecting(t *testing.T) {
	var reached atomic.Bool
	server := httptest.NewUnstartedServer(nil)
	server.Config.ConnState = func(net.Conn, http.ConnState) { reached.Store(true) }
	server.Start()
	t.Cleanup(server.Close)
	_, port, _ := net.SplitHostPort(server.Listener.Addr().String())

	client := rest.New(rest.Options{})
	t.Cleanup(client.Close)
	for _, url := range []string{
		server.URL,
		"http://localhost:" + port,
		"https://localhost:" + port,
		"http://[::ffff:127.0.0.1]:" + port,
		"http://0.0.0.0:" + port,
		"http://169.254.169.254/latest/meta-data",
		"https://10.0.0.1",
	} {
		if _, err := client.Do(get(t, url)); !core.HasCode(err, "site.private_address") {
			t.Errorf("%s: got %v, want site.private_address", url, err)
		}
	}
	if reached.Load() {
		t.Error("the server was connected to")
	}
}

func TestMetadataIsRefusedEvenWherePrivateAddressesAreAllowed(t *testing.T) {
	client := open(t, rest.Options{AllowPlain: true})
	for _, host := range []string{
		"169.254.169.254", "[::ffff:169.254.169.254]", "[64:ff9b::a9fe:a9fe]", "169.254.170.2", "[fd00:ec2::254]",
		"100.100.100.200", "192.0.0.192", "168.63.129.16",
	} {
		if _, err := client.Do(get(t, "http://"+host+"/latest/meta-data/iam")); !core.HasCode(err, "site.private_address") {
			t.Errorf("%s: got %v, want site.private_address", host, err)
		}
	}
}

func TestPlainHTTPToAPublicAddressIsRefusedBeforeConnecting(t *testing.T) {
	_, err := open(t, rest.Options{}).Do(get(t, "http://192.0.2.1/")) // a public block for documentation
	if !core.HasCode(err, "site.not_secure") {
		t.Errorf("got %v, want site.not_secure", err)
	}
}
