package ui

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/widget"

	"usher/core"
	"usher/ui/look"
	"usher/ui/settings"
)

// usher is Usher as far as the window itself knows it.
type usher struct {
	Backend // what the screens ask, and no test here has them ask

	mu    sync.Mutex
	now   core.Overview
	err   error
	rung  chan struct{}
	gate  chan struct{} // each question of a screen waits for one token; nil for none
	asked int           // for the state
	did   []string
}

func newUsher(o core.Overview) *usher { return &usher{now: o} }

// change has something change.
func (u *usher) change(f func()) {
	u.mu.Lock()
	defer u.mu.Unlock()
	f()
	u.now.Version++
	close(u.rung)
	u.rung = make(chan struct{})
}

func (u *usher) Overview(context.Context) (core.Overview, error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.asked++
	return u.now, u.err
}

func (u *usher) Watch(ctx context.Context, since uint64) (uint64, error) {
	for {
		u.mu.Lock()
		version, rung, err := u.now.Version, u.rung, u.err
		u.mu.Unlock()
		if version != since || err != nil {
			return version, err
		}
		select {
		case <-rung:
		case <-ctx.Done():
			return 0, ctx.Err()
		}
	}
}

func (u *usher) Pause(_ context.Context, connection string, paused bool) error {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.now.Paused, u.did = paused, append(u.did, "pause "+connection) // not rung for: see screen
	return nil
}

func (u *usher) WebhookURLs(_ context.Context, connection string) (core.SetupAnswer, error) {
	if connection == "gone" {
		return core.SetupAnswer{}, core.NewProblem("setup.no_connection", nil)
	}
	return core.SetupAnswer{URLs: map[core.Action]string{core.Add: "https://a.test/?wpf_action=add", core.Update: "no"}}, nil
}

func (u *usher) Activity(context.Context, core.ActivityQuery) (core.Activity, error) {
	<-u.gate
	return core.Activity{}, nil
}

func (u *usher) People(context.Context, string) ([]core.PersonView, error) {
	<-u.gate
	return nil, nil
}

func (u *usher) CRMs(context.Context) ([]core.Descriptor, error) {
	<-u.gate
	return nil, nil
}

// answer answers the screens' questions, one after the other.
func (u *usher) answer() {
	for {
		synctest.Wait()
		select {
		case u.gate <- struct{}{}:
		default:
			return
		}
	}
}

type prefs map[string]string

func (p prefs) Get(key string) string { return p[key] }
func (p prefs) Set(key, value string) { p[key] = value }

// connected is a state with a connection that works.
func connected() core.Overview {
	return core.Overview{
		Version: 1, Connections: []core.ConnectionView{{Name: "Kartra"}},
		Status: core.Status{Address: core.AddressStatus{State: "online", Plan: core.AddressPlan{Kind: core.NgrokAddress}}},
	}
}

// shell is a window on a fake Usher.
type shell struct {
	*UI
	*testing.T
	usher  *usher
	window fyne.Window
	probes map[string]*screen
}

// screen stands for a screen, and notes what it is told. The real ones work in goroutines of their
// own, which the toolkit's test driver would have draw all at once.
type screen struct {
	fyne.CanvasObject
	told []string
}

func (s *screen) Content() fyne.CanvasObject { return s.CanvasObject }
func (s *screen) Update(core.Overview)       { s.told = append(s.told, "update") }
func (s *screen) Show(subject string)        { s.told = append(s.told, "show "+subject) }
func (s *screen) Leave()                     { s.told = append(s.told, "leave") }
func (s *screen) Search()                    { s.told = append(s.told, "search") }

// open shows a Usher in a window and tells a story about it. Time is the story's own.
func open(t *testing.T, u *usher, host Host, story func(s *shell)) {
	t.Helper()
	test.NewTempApp(t).Settings().SetTheme(look.NewTheme(look.Light))
	synctest.Test(t, func(t *testing.T) {
		u.rung = make(chan struct{}) // of the story's time
		w := test.NewWindow(nil)
		defer w.Close()
		w.Resize(fyne.NewSize(1000, 700))
		if host.Prefs == nil {
			host.Prefs = settings.Prefs(prefs{})
		}
		ui := newUI(t.Context(), w, u, host)
		s := &shell{ui, t, u, w, map[string]*screen{}}
		for name, place := range ui.screens {
			s.probes[name] = &screen{CanvasObject: widget.NewLabel("the screen " + name)}
			place.screen = s.probes[name]
		}
		ui.begin(t.Context())
		defer ui.Close()
		s.settle()
		story(s)
		s.settle()
	})
}

// settle waits until the window shows the latest state.
func (s *shell) settle() {
	s.usher.change(func() {}) // also tells the race detector that what follows is later
	time.Sleep(2 * askAgain)
	synctest.Wait()
}

func (s *shell) press(key fyne.KeyName) {
	s.window.Canvas().(fyne.Shortcutable).TypedShortcut(shortcut(key))
}

var errGone = errors.New("connection refused")
