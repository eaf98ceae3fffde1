package settings

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
	"go.uber.org/goleak"

	"usher/core"
	"usher/ui/look"
	"usher/ui/stage"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// fake is Usher as far as the screen knows it. It notes what it was told, and answers one after
// the other, when settle gives it a turn: the test's toolkit has no goroutine of its own.
type fake struct {
	turn   chan struct{}
	mu     sync.Mutex
	err    error
	files  []string
	gone   []string
	notes  []string
	change core.AddressChange
	token  core.Secret
	asked  int // ChangeAddress
	plan   core.AddressPlan
	paused []bool
	kept   []core.KeepingChange
}

func (f *fake) ChangeKeeping(ctx context.Context, change core.KeepingChange) (core.Keeping, error) {
	f.begin(ctx)
	defer f.mu.Unlock()
	f.kept = append(f.kept, change)
	if f.err != nil {
		return core.Keeping{}, f.err
	}
	return core.DefaultKeeping().With(change)
}

func newFake() *fake { return &fake{turn: make(chan struct{})} }

// begin waits for a turn.
func (f *fake) begin(ctx context.Context) {
	select {
	case <-f.turn:
	case <-ctx.Done():
	}
	f.mu.Lock()
}

// settle lets everything happen that can happen now.
func settle(s *Screen) {
	for {
		synctest.Wait()
		select {
		case s.backend.(*fake).turn <- struct{}{}:
		default:
			return
		}
	}
}

func (f *fake) Setup(ctx context.Context, file []byte) (core.SetupAnswer, error) {
	f.begin(ctx)
	defer f.mu.Unlock()
	f.files = append(f.files, string(file))
	return core.SetupAnswer{}, f.err
}

func (f *fake) DisconnectSite(ctx context.Context, address string) (core.SiteAnswer, error) {
	f.begin(ctx)
	defer f.mu.Unlock()
	f.gone = append(f.gone, address)
	return core.SiteAnswer{Site: address, Notes: f.notes}, f.err
}

func (f *fake) ChangeAddress(ctx context.Context, change core.AddressChange, token core.Secret) (core.AddressPlan, error) {
	f.begin(ctx)
	defer f.mu.Unlock()
	f.asked++
	f.change, f.token = change, token
	return f.plan, f.err
}

func (f *fake) Pause(ctx context.Context, connection string, paused bool) error {
	f.begin(ctx)
	defer f.mu.Unlock()
	if connection != "" {
		panic("one connection is not everything")
	}
	f.paused = append(f.paused, paused)
	return f.err
}

type prefs struct {
	values map[string]string
	deaf   bool // cannot carry a change out
}

func (p *prefs) Get(key string) string { return p.values[key] }

func (p *prefs) Set(key, value string) {
	if !p.deaf {
		p.values[key] = value
	}
}

// theHost is what the window is to the screen.
type theHost struct {
	*stage.Stage
	news   []string
	opened []string
	went   []string
}

// newHost makes a window of the app there is.
func newHost(t *testing.T) *theHost {
	t.Helper()
	h := &theHost{Stage: stage.New(t.Context(), test.NewTempWindow(t, nil))}
	h.Toast = func(news string) { h.news = append(h.news, news) }
	h.Open = func(url string) { h.opened = append(h.opened, url) }
	h.Go = func(screen, subject string) { h.went = append(h.went, screen+" "+subject) }
	t.Cleanup(h.Close)
	return h
}

// act tests what a person does in front of the screen.
func act(t *testing.T, f Facts, do func(t *testing.T, s *Screen, backend *fake, p *prefs, h *theHost)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		test.NewTempApp(t).Settings().SetTheme(look.NewTheme(look.Light))
		backend, p, h := newFake(), &prefs{values: map[string]string{}}, newHost(t)
		s := New(h.Stage, backend, p, f)
		h.Window.SetContent(s.Content())
		h.Window.Resize(fyne.NewSize(1000, 700))
		s.Update(full())
		do(t, s, backend, p, h)
	})
}

func facts() Facts {
	return Facts{
		Version: "1.0.0", DataFolder: "/home/ann/.local/state/usher", LogFile: "/home/ann/.local/state/usher/usher.log", Licences: "MIT", Keyring: "GNOME Keyring",
		SetPractice: func(context.Context, bool) error { return nil },
		Export:      func(context.Context, string, core.Secret, bool) (string, error) { return "", nil },
		Backup:      func(context.Context, string) (string, error) { return "", nil },
	}
}

// full is an Overview with all there can be.
func full() core.Overview {
	return core.Overview{
		Keeping: core.DefaultKeeping(),
		Status: core.Status{
			Address: core.AddressStatus{
				State: "failed", URL: "https://calm-otter-42.ngrok-free.dev",
				Plan:  core.AddressPlan{Kind: core.NgrokAddress, MonthlyLimit: 20_000},
				Month: &core.Meter{Month: "2026-11", Requests: 16_400, Pings: 1_204, Limit: 20_000},
			},
			Problems: []core.Trouble{core.NewProblem("address.token_refused", nil).Trouble("Webhook URL"), core.NewProblem("site.busy", nil).Trouble(home)},
		},
		Sites: []core.SiteView{
			{Home: home, Name: "Yoga with Ann", User: "ann", WelcomeMail: core.ResetMail, Connections: []string{"Shop", "Ontraport → yogawithann.com"}, Helper: core.Helper{State: core.HelperActive, Version: "1.0.0"}},
			{Home: "https://old.example", Name: "The old shop", User: "admin", Swapped: true, Helper: core.Helper{State: core.HelperAbsent}},
		},
		Connections: []core.ConnectionView{{Name: "Shop", Kind: "kartra", CRM: "Kartra", Account: "kartra", Site: home}},
	}
}

const home = "https://yogawithann.com"
