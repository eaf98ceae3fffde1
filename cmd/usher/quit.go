package main

import (
	"os"
	"os/signal"
	"syscall"
	"time"

	"fyne.io/fyne/v2"

	"usher/ui/opening"
	"usher/ui/words"
)

// quitPatience is how long stopping may take: what is not written by then is taken up at the
// next start, as after a power cut.
const quitPatience = 10 * time.Second

// keepsPreferences is how long the toolkit may take to write changed preferences.
const keepsPreferences = 250 * time.Millisecond

// quitOnSignal has the signals that end a program do what Quit does.
func (p *program) quitOnSignal() {
	p.app.Lifecycle().SetOnStarted(func() {
		p.claimSignals()
		p.doing.Go(func() {
			defer signal.Stop(p.asked)
			select {
			case <-p.asked:
				fyne.Do(p.quit)
			case <-p.life.Done():
			}
		})
	})
}

// claimSignals makes the toolkit deaf to signals: it would take its windows down at once,
// while they are drawn and work still counts on them. It begins to listen in a goroutine of
// its own (2.7.1, catchTerm), perhaps only after it said that it started, so this is called
// again once Usher is open.
func (p *program) claimSignals() {
	signals := []os.Signal{os.Interrupt, syscall.SIGTERM}
	signal.Reset(signals...)
	signal.Notify(p.asked, signals...)
}

// quit stops everything and ends the program.
func (p *program) quit() {
	if p.quitting {
		return
	}
	p.quitting = true
	if p.window != nil {
		p.window.keepSize()
		p.window.SetContent(opening.Stopping())
	}
	if p.ui != nil && !p.joined {
		p.notify(words.T("quit.title"), words.T("quit.text"))
	}
	go func() { // to the end of the program
		preferencesKept := time.After(keepsPreferences)
		code := p.end()
		<-preferencesKept
		// Not by way of the toolkit: 2.7.1 at times sends on the queue it has just closed (its
		// loop.go), and so crashes in its very last moment.
		os.Exit(code)
	}()
}

// end stops everything and waits for it, once, and returns the exit code.
func (p *program) end() int {
	p.ending.Do(func() {
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			p.close()
		}()
		select {
		case <-ended:
		case <-time.After(quitPatience):
			p.flags.log.Error("stopping takes too long")
			p.code = 1
		}
	})
	return p.code
}

// close ends what was begun, the window's work first: it asks the rest.
func (p *program) close() {
	if p.practice != nil {
		p.practice.close()
	}
	if p.ui != nil {
		p.ui.Close()
	}
	if p.news != nil {
		p.news.Close()
	}
	p.stop()
	p.doing.Wait()
	p.notices.close()
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, opened := range p.opened {
		if err := opened.Close(); err != nil {
			p.flags.log.Error("close", "error", err)
			p.code = 1
		}
	}
}
