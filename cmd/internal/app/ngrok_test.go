package app

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"usher/core"
	"usher/core/practice"
	"usher/tunnel"
	"usher/tunnel/ngroktest"
)

const (
	patience = 30 * time.Second
	token    = "2planted0Token1Of2Ann_3kPlantedTokenOfAnn4"
)

// served is an Usher that serves.
type served struct {
	*App
	t     *testing.T
	log   *lockedLog
	ready chan tunnel.Report
	ended chan error
	stop  func()
}

type lockedLog struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *lockedLog) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *lockedLog) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// through has an Usher reach the internet through a stand-in for ngrok.
func through(edge *ngroktest.Edge) Ngrok {
	return Ngrok{Connect: edge.Addr(), Roots: edge.Roots(), Outside: edge.Client().Transport, Grace: 500 * time.Millisecond}
}

func open(t *testing.T, dir string, edge *ngroktest.Edge) *served {
	t.Helper()
	o := options(dir)
	s := &served{t: t, log: &lockedLog{}}
	o.Ngrok = through(edge)
	o.Log = slog.New(slog.NewTextHandler(s.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	s.App = mustOpen(t, o)
	return s
}

// useNgrok plans the address with the token.
func (s *served) useNgrok(token string) {
	s.t.Helper()
	kind, listen := core.NgrokAddress, "127.0.0.1:0"
	if _, err := s.Engine.ChangeAddress(s.t.Context(), core.AddressChange{Kind: &kind, Listen: &listen}, core.NewSecret(token)); err != nil {
		s.t.Fatal(err)
	}
}

func (s *served) serve(o ServeOptions) {
	s.t.Helper()
	ctx, cancel := context.WithCancel(context.WithoutCancel(s.t.Context()))
	s.ready, s.ended = make(chan tunnel.Report, 1), make(chan error, 1)
	ended := s.ended
	o.Ready = func(r tunnel.Report) { s.ready <- r }
	go func() { ended <- s.Serve(ctx, o) }()
	var once sync.Once
	s.stop = func() {
		once.Do(func() {
			cancel()
			if err := <-ended; err != nil {
				s.t.Errorf("serve: %v", err)
			}
			if strings.Contains(s.log.String(), token) {
				s.t.Error("the token is in the log")
			}
		})
	}
	s.t.Cleanup(s.stop)
}

func (s *served) online() tunnel.Report {
	s.t.Helper()
	select {
	case r := <-s.ready:
		return r
	case err := <-s.ended:
		s.ended <- nil
		s.t.Fatalf("ended: %v", err)
	case <-time.After(patience):
		s.t.Fatal("not online in time")
	}
	return tunnel.Report{}
}

// until waits until the status is as wanted.
func (s *served) until(what string, so func(core.Status) bool) core.Status {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), patience)
	defer cancel()
	for version := uint64(0); ; {
		status, err := s.Engine.Status(ctx)
		if err != nil {
			s.t.Fatal(err)
		}
		if so(status) {
			return status
		}
		if version, err = s.Engine.Watch(ctx, version); err != nil {
			s.t.Fatalf("%s: still %+v", what, status)
		}
	}
}

func has(code string) func(core.Status) bool {
	return func(status core.Status) bool {
		for _, p := range status.Problems {
			if p.Code == code {
				return true
			}
		}
		return false
	}
}

// shop sets up a connection to a practice site and returns it with the connection's URLs.
func (s *served) shop() (*practice.Site, core.SetupAnswer) {
	s.t.Helper()
	password := "PlantedAppPassword123456"
	site := practice.NewSite(practice.SiteConfig{Admin: practice.Admin{AppPassword: core.NewSecret(password)}})
	server := httptest.NewServer(site)
	s.t.Cleanup(server.Close)
	file, err := json.Marshal(map[string]any{
		"site":       map[string]any{"url": server.URL, "user": "admin", "application_password": password},
		"crm":        map[string]any{"kind": "kartra"},
		"connection": map[string]any{"name": "shop"},
	})
	if err != nil {
		s.t.Fatal(err)
	}
	done, err := s.Engine.Setup(s.t.Context(), file)
	if err != nil {
		s.t.Fatal(err)
	}
	return site, done
}

// call sends a webhook from the internet.
func call(t *testing.T, edge *ngroktest.Edge, url, body string) (status int, answer string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	resp, err := edge.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(data)
}

const annBuys = `{"action":"list_subscription","lead":{"id":"7","email":"ann@example.test","first_name":"Ann","last_name":"Lee"}}`

func TestAWebhookFromTheInternetMakesAUser(t *testing.T) {
	edge := ngroktest.Start(t, ngroktest.Options{Tokens: []string{token}})
	s := open(t, t.TempDir(), edge)
	s.useNgrok(token)
	s.serve(ServeOptions{})
	if r := s.online(); r.URL != "https://shop-owner.ngrok-free.dev" || !strings.HasPrefix(r.Local, "http://127.0.0.1:") {
		t.Errorf("online at %+v", r)
	}
	site, shop := s.shop()
	if !strings.HasPrefix(shop.URLs[core.Add], "https://shop-owner.ngrok-free.dev/?wpf_action=add&access_key=") {
		t.Errorf("the URL is %s", shop.URLs[core.Add])
	}

	done, err := s.Engine.SendTest(t.Context(), "shop", "")
	if err != nil || !done.OK() || len(done.Notes) != 1 {
		t.Errorf("test: %+v, %v", done, err)
	}
	if status, answer := call(t, edge, shop.URLs[core.Add], annBuys); status != http.StatusOK || answer != `{"success":true,"delivery":"1"}` {
		t.Errorf("answered %d %s", status, answer)
	}
	s.until("done", func(status core.Status) bool { return status.Applied == 1 })
	if user, ok := site.User("ann@example.test"); !ok || user.Fields["first_name"] != "Ann" {
		t.Errorf("user %+v, %v", user, ok)
	}
	if done, err = s.Engine.SendTest(t.Context(), "shop", ""); err != nil || done.Result != "Everything is up to date: nothing would change." || len(done.Notes) != 0 {
		t.Errorf("test again: %+v, %v", done, err)
	}
	month := s.until("metered", func(core.Status) bool { return true }).Address.Month
	if month == nil || month.Requests < 3 || month.Limit != core.FreeMonthlyLimit {
		t.Errorf("meter %+v", month)
	}
}

func TestTheURLLastsOverARestart(t *testing.T) {
	edge := ngroktest.Start(t, ngroktest.Options{Tokens: []string{token}, Domains: []string{"ann.example.test"}})
	dir := t.TempDir()
	s := open(t, dir, edge)
	s.useNgrok(token)
	s.serve(ServeOptions{})
	s.online()
	s.stop()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = open(t, dir, edge)
	s.shop()
	s.serve(ServeOptions{})
	s.online()
	binds := edge.Binds()
	if len(binds) < 2 || binds[0].URL != "" || binds[len(binds)-1].URL != "https://shop-owner.ngrok-free.dev" {
		t.Errorf("asked for %+v", binds)
	}
	url := "ann.example.test"
	if _, err := s.Engine.ChangeAddress(t.Context(), core.AddressChange{URL: &url}, core.Secret{}); err != nil {
		t.Fatal(err)
	}
	status := s.until("moved", has("address.moved"))
	if status.Address.URL != "https://ann.example.test" {
		t.Errorf("address %+v", status.Address)
	}
	urls, err := s.Engine.WebhookURLs(t.Context(), "shop")
	if err != nil {
		t.Fatal(err)
	}
	call(t, edge, urls.URLs[core.Update], annBuys)
	s.until("called at the new URL", func(status core.Status) bool { return !has("address.moved")(status) })
}

func TestARefusedTokenIsToldAtOnceAndMendedWhileRunning(t *testing.T) {
	edge := ngroktest.Start(t, ngroktest.Options{Tokens: []string{"2another0Token1Of2Ann_3kPlantedTokenOfAnn4"}})
	s := open(t, t.TempDir(), edge)
	s.useNgrok(token)
	began := time.Now()
	if err := s.Serve(t.Context(), ServeOptions{Ready: func(tunnel.Report) { t.Error("ready") }}); !core.HasCode(err, "address.token_refused") || strings.Contains(err.Error(), token) {
		t.Errorf("got %v", err)
	}
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("took %v", took)
	}

	s.serve(ServeOptions{Stay: true})
	s.until("refused", has("address.token_refused"))
	if cut, _ := s.Engine.Cut(); !cut {
		t.Error("CRMs are not said to be cut off")
	}
	s.useNgrok("2another0Token1Of2Ann_3kPlantedTokenOfAnn4")
	s.online()
	s.until("well", func(status core.Status) bool { return status.Address.State == "online" && len(status.Problems) == 0 })
	if cut, _ := s.Engine.Cut(); cut {
		t.Error("CRMs are still said to be cut off")
	}
}

func TestTwoUshersOnOneDomain(t *testing.T) {
	edge := ngroktest.Start(t, ngroktest.Options{Tokens: []string{token}})
	first, second := open(t, t.TempDir(), edge), open(t, t.TempDir(), edge)
	first.useNgrok(token)
	second.useNgrok(token)
	first.serve(ServeOptions{})
	first.online()
	second.serve(ServeOptions{Stay: true})
	second.until("in use", has("address.in_use"))
	first.until("unharmed", func(status core.Status) bool { return status.Address.State == "online" })
}

// The address is chosen anew while Usher runs, and back.
func TestTheAddressChangesWhileRunning(t *testing.T) {
	edge := ngroktest.Start(t, ngroktest.Options{Tokens: []string{token}})
	s := open(t, t.TempDir(), edge)
	listen := "127.0.0.1:0"
	if _, err := s.Engine.ChangeAddress(t.Context(), core.AddressChange{Listen: &listen}, core.Secret{}); err != nil {
		t.Fatal(err)
	}
	s.serve(ServeOptions{})
	s.online()
	s.useNgrok(token)
	s.until("ngrok", func(status core.Status) bool {
		return status.Address.State == "online" && status.Address.Plan.Kind == core.NgrokAddress
	})
	kind := core.LocalAddress
	if _, err := s.Engine.ChangeAddress(t.Context(), core.AddressChange{Kind: &kind}, core.Secret{}); err != nil {
		t.Fatal(err)
	}
	s.until("local", func(status core.Status) bool {
		return status.Address.State == "online" && status.Address.Plan.Kind == core.LocalAddress
	})
	if online := edge.Online(); len(online) != 0 {
		t.Errorf("left behind at ngrok: %v", online)
	}
}
