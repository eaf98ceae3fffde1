package look

import (
	"sync"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
)

// toastTime is how long short news stays: enough to read a line twice.
const toastTime = 4 * time.Second

// Toasts shows short news, such as "Copied.", over the foot of a window. News takes the place of
// older news, and nothing behind it is blocked.
type Toasts struct {
	text  *line
	layer *fyne.Container
	do    func(func())   // on the toolkit's goroutine, later
	work  sync.WaitGroup // a hiding that is due

	mu      sync.Mutex
	due     *time.Timer
	shown   int // counts news, so that the end of older news leaves newer alone
	stopped bool
}

// NewToasts makes a Toasts with nothing to say.
func NewToasts() *Toasts {
	t := &Toasts{do: fyne.Do, text: newText("", ColorNameOnToast, theme.SizeNameText, fyne.TextStyle{})}
	ground := newPanel(container.New(layout.NewCustomPaddedLayout(10, 10, 18, 18), t.text))
	ground.fill, ground.radius = ColorNameToast, SizeNameCardRadius
	t.layer = container.NewBorder(nil, container.New(layout.NewCustomPaddedLayout(0, 28, 0, 0), container.NewCenter(ground)), nil, nil)
	t.layer.Hide()
	return t
}

// Over lays the news over a window's content.
func (t *Toasts) Over(content fyne.CanvasObject) fyne.CanvasObject {
	return container.NewStack(content, t.layer)
}

// Show shows news for four seconds. It is called on the toolkit's goroutine.
func (t *Toasts) Show(news string) {
	t.text.text = news
	t.text.Refresh()
	t.layer.Show()
	t.layer.Refresh()

	t.mu.Lock()
	defer t.mu.Unlock()
	if t.stopped {
		return
	}
	t.cancel()
	t.work.Add(1)
	t.shown++
	number := t.shown
	t.due = time.AfterFunc(toastTime, func() { t.end(number) })
}

// Shown is the news on screen, or "".
func (t *Toasts) Shown() string {
	if !t.layer.Visible() {
		return ""
	}
	return t.text.text
}

// Stop ends what Show began and waits for it.
func (t *Toasts) Stop() {
	t.mu.Lock()
	t.stopped = true
	t.cancel()
	t.mu.Unlock()
	t.work.Wait()
}

func (t *Toasts) cancel() {
	if t.due != nil && t.due.Stop() {
		t.work.Done()
	}
	t.due = nil
}

func (t *Toasts) end(number int) {
	defer t.work.Done()
	t.do(func() {
		if t.isLatest(number) {
			t.layer.Hide()
		}
	})
}

func (t *Toasts) isLatest(number int) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.shown == number && !t.stopped
}
