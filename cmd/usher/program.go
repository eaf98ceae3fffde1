package main

import (
	"context"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"fyne.io/fyne/v2"

	usher "usher/cmd/internal/app"
	"usher/core"
	"usher/core/control"
	"usher/ui"
	"usher/ui/news"
	"usher/ui/opening"
	"usher/ui/tray"
	"usher/ui/words"
)

// program is the desktop program. What is not said to be safe elsewhere belongs to the
// toolkit's goroutine.
type program struct {
	flags   flags
	app     fyne.App
	window  *window
	bus     bool       // there can be a tray and notifications
	notices *notices   // nil where the desktop tells of no clicks on them
	tray    *tray.Tray // nil where there is no bus

	life  context.Context //nolint:containedctx // of the program
	stop  context.CancelFunc
	doing sync.WaitGroup // all that runs beside the toolkit

	ui       *ui.UI      // nil until Usher is open
	news     *news.News  // nil where there is no bus
	looking  atomic.Bool // at a window of the program, as far as the toolkit tells; safe everywhere
	shown    atomic.Bool // the window is; safe everywhere
	practice *practising
	asked    chan os.Signal // to end
	joined   bool           // Usher runs in another program
	quitting bool
	ending   sync.Once
	code     int // to exit with

	mu     sync.Mutex
	opened []interface{ Close() error } // safe everywhere; closed at the end
}

func newProgram(a fyne.App, f flags) *program {
	p := &program{flags: f, app: a, bus: hasBus(), asked: make(chan os.Signal, 1)}
	if p.bus {
		p.notices = newNotices()
	}
	p.life, p.stop = context.WithCancel(context.Background())
	return p
}

// begin shows the first window, or only the tray, and opens Usher.
func (p *program) begin(running *control.Client) {
	if p.flags.practice {
		p.beginPractice()
		return
	}
	p.window = p.newWindow(appName, p.closeWindow)
	p.window.SetContent(opening.Busy(words.T("opening.busy.line")))
	if p.bus {
		p.beginTray()
	}
	if running != nil {
		p.join(running)
	} else {
		p.open(p.flags.options())
	}
	if !p.flags.hidden || !p.bus {
		p.show()
		return
	}
	p.waitForTray()
}

// trayComes is how long after log-in the tray may take to be there.
const trayComes = 20 * time.Second

// waitForTray shows the window after all where there is nothing else to see of Usher.
func (p *program) waitForTray() {
	p.doing.Go(func() {
		for end := time.Now().Add(trayComes); time.Now().Before(end); {
			if hasTray(p.life) || !p.rest(time.Second) {
				return
			}
		}
		fyne.Do(p.show)
	})
}

// rest reports false where the program ends meanwhile.
func (p *program) rest(pause time.Duration) bool {
	over := time.NewTimer(pause)
	defer over.Stop()
	select {
	case <-over.C:
		return true
	case <-p.life.Done():
		return false
	}
}

// show brings the window to the front.
func (p *program) show() {
	if p.quitting {
		return
	}
	p.shown.Store(true)
	p.window.Show()
	p.window.RequestFocus()
}

// hide leaves Usher in the tray. The toolkit does not tell that nobody looks at it then.
func (p *program) hide() {
	p.shown.Store(false)
	p.window.Hide()
}

// open opens Usher; opening may wait for the system's keyring.
func (p *program) open(o usher.Options) {
	p.window.SetContent(opening.Busy(words.T("opening.busy.line")))
	p.doing.Go(func() {
		opened, err := usher.Open(p.life, o)
		if err == nil {
			p.keep(opened)
		}
		fyne.Do(func() {
			switch {
			case p.quitting:
			case err != nil:
				p.cannotOpen(o, core.AsProblem(err))
			default:
				p.work(opened, o)
			}
		})
	})
}

// keep has something closed at the end.
func (p *program) keep(opened interface{ Close() error }) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.opened = append(p.opened, opened)
}

// work has an open Usher do its work, and shows it.
func (p *program) work(opened *usher.App, o usher.Options) {
	p.flags.log.Info("started", "version", version)
	life, stop := context.WithCancel(p.life)
	served := make(chan struct{})
	p.doing.Go(func() {
		defer close(served)
		err := opened.Serve(life, usher.ServeOptions{Stay: true, Show: func() { fyne.Do(p.show) }})
		if err != nil && life.Err() == nil {
			p.flags.log.Error("serve", "error", err)
			fyne.Do(func() { p.broken(err) })
		}
	})
	host := p.host(opened.Engine, o)
	host.Hooks.Move = p.moveHere(&working{o, func() error {
		stop()
		<-served
		return opened.Close()
	}})
	host.Facts.LogFile = p.flags.logFile()
	p.fill(opened.Engine, host)
}

// working is an open Usher at work.
type working struct {
	options usher.Options
	end     func() error
}

// join shows the Usher that runs in another program.
func (p *program) join(running *control.Client) {
	host := p.host(running, p.flags.options())
	host.Bar = ui.Bar{Text: words.T("app.joined.line")}
	p.joined = true
	p.fill(running, host)
}

func (p *program) fill(b control.Backend, host ui.Host) {
	p.news = p.startNews(b)
	host.Seen = p.showOutside
	p.claimSignals()
	p.ui = ui.New(p.life, p.window, b, host)
}

// showOutside shows a state where it is seen without the window.
func (p *program) showOutside(o core.Overview, err error) {
	if p.news != nil && err == nil {
		p.news.See(o)
	}
	switch {
	case p.tray == nil:
	case err != nil:
		p.tray.Show(tray.Gone(), p.darkPanel())
	default:
		p.tray.Show(tray.Of(o), p.darkPanel())
	}
}
