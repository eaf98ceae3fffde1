// Package stage is what every screen stands on: where it is shown, how it does work that
// takes time without holding the window up, and how it gets to the next screen.
package stage

import (
	"context"
	"sync"

	"fyne.io/fyne/v2"

	"usher/core"
)

// Screen is one screen of the window.
type Screen interface {
	Content() fyne.CanvasObject
	// Update shows a newer state. It is called on the toolkit's goroutine, at most ten
	// times a second.
	Update(core.Overview)
}

// Stage is where screens are shown. Its functions are set once, before the first screen.
type Stage struct {
	Window fyne.Window
	// Toast shows short news, such as "Copied.".
	Toast func(news string)
	// Open opens a page in the browser.
	Open func(url string)
	// Go shows a screen: "needs", "activity", "people", "connections", "settings" or
	// "wizard". The subject is what it is to show, such as a connection's name or a
	// message's id; it may be empty. Each screen's Show says what it takes.
	Go func(screen, subject string)
	// SaveAs asks where to save a file of this name and writes it. The file's path is for
	// people.
	SaveAs func(name string, data []byte, done func(path string, err error))
	// PickFile asks which file to read, PickFolder which folder to write to. Where the person
	// changes their mind, done is not called.
	PickFile, PickFolder func(done func(path string))

	work   context.Context //nolint:containedctx // the life of the window
	end    context.CancelFunc
	doing  sync.WaitGroup
	mu     sync.Mutex
	closed bool
}

// New makes a stage whose work ends with ctx or Close.
func New(ctx context.Context, window fyne.Window) *Stage {
	s := &Stage{
		Window: window, Toast: func(string) {}, Open: func(string) {}, Go: func(string, string) {},
		SaveAs:   func(string, []byte, func(string, error)) {},
		PickFile: func(func(string)) {}, PickFolder: func(func(string)) {},
	}
	s.work, s.end = context.WithCancel(ctx)
	return s
}

// Do does work off the toolkit's goroutine and then, on it, what is to be shown of it.
// Once the stage is closed neither is begun. The returned function gives the work up; then
// is then not called.
func (s *Stage) Do(work func(context.Context) error, then func(error)) (giveUp func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return func() {}
	}
	ctx, cancel := context.WithCancel(s.work)
	s.doing.Go(func() {
		err := work(ctx)
		fyne.Do(func() {
			if ctx.Err() == nil {
				then(err)
			}
			cancel()
		})
	})
	return cancel
}

// Close gives up all work and waits for its end.
func (s *Stage) Close() {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.end()
	s.doing.Wait()
}
