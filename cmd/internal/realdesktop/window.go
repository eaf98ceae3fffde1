package realdesktop

import (
	"bytes"
	"context"
	"regexp"
	"strconv"
	"strings"

	"usher/cmd/internal/realdesktop/finder"
)

// Window is a window on the screen.
type Window struct {
	p     *Program
	d     *Desktop
	title string
	id    string // the X server's
}

// Window waits for the program's window of that title to be on the screen.
func (p *Program) Window(title string) *Window {
	p.tb.Helper()
	w := &Window{p: p, d: p.d, title: title}
	p.d.Wait("the window "+title, func() bool {
		ids := p.d.windows(title)
		if len(ids) > 0 {
			w.id = ids[0]
		}
		return len(ids) > 0
	})
	return w
}

// WaitNoWindow waits until no window of that title is on the screen.
func (d *Desktop) WaitNoWindow(title string) {
	d.tb.Helper()
	d.Wait("the window "+title+" to go", func() bool { return len(d.windows(title)) == 0 })
}

// windows are the visible windows of a title.
func (d *Desktop) windows(title string) []string {
	// It fails when there are none.
	out, _ := d.run("xdotool", "search", "--onlyvisible", "--name", "^"+regexp.QuoteMeta(title)+"$")
	return strings.Fields(string(out))
}

// Close closes the window by its box in the title bar.
func (w *Window) Close() {
	w.d.tb.Helper()
	w.d.Effort.Clicks++
	w.d.must("wmctrl", "-i", "-c", w.id)
}

// Screenshot writes the window, as the person sees it, to a PNG file.
func (w *Window) Screenshot(path string) {
	w.d.tb.Helper()
	w.d.must("import", "-window", w.id, "png:"+path)
}

// maxBlink is how many bytes of two pictures of a still window may differ: the cursor of an
// entry blinks, two pixels wide and a line high.
const maxBlink = 600

// WaitStill waits until the window looks the same twice.
func (w *Window) WaitStill() {
	w.d.tb.Helper()
	var last []byte
	w.d.Wait("the window "+w.title+" to stand still", func() bool {
		now := w.d.must("import", "-window", w.id, "-depth", "8", "rgba:-")
		still := len(last) == len(now) && differences(last, now) <= maxBlink
		last = now
		return still
	})
}

func differences(a, b []byte) (n int) {
	if bytes.Equal(a, b) {
		return 0
	}
	for i := range a {
		if a[i] != b[i] {
			n++
		}
	}
	return n
}

// Pieces are what the window shows now; there are none before it is ready.
func (w *Window) Pieces() []finder.Piece {
	ctx, cancel := context.WithTimeout(w.d.tb.Context(), patience)
	defer cancel()
	screen, err := finder.Look(ctx, w.p.socket)
	if err != nil {
		return nil // not there yet, or gone; whoever waits says so
	}
	for _, window := range screen.Windows {
		if window.Title == w.title {
			return window.Pieces
		}
	}
	return nil
}

// Click clicks at a position of the window, in pixels from its top left.
func (w *Window) Click(x, y int) {
	w.d.tb.Helper()
	w.d.Effort.Clicks++
	w.mouse(x, y, "1")
}

// Scroll turns the wheel at a position by some clicks, down if there are more than none.
func (w *Window) Scroll(x, y, clicks int) {
	w.d.tb.Helper()
	button := "5"
	if clicks < 0 {
		button, clicks = "4", -clicks
	}
	w.mouse(x, y, "--repeat", strconv.Itoa(clicks), "--delay", "10", button)
}

func (w *Window) mouse(x, y int, click ...string) {
	w.d.tb.Helper()
	args := []string{"mousemove", "--window", w.id, strconv.Itoa(x), strconv.Itoa(y), "click"}
	w.d.must("xdotool", append(args, click...)...)
}

// Type types a text where the focus is; unlike [Window.Paste] on a keyboard that has only
// ASCII.
func (w *Window) Type(text string) {
	w.d.tb.Helper()
	w.d.Effort.Typed++
	w.focus()
	w.d.must("xdotool", "type", "--delay", "12", "--", text)
}

// Press presses keys one after the other, by their X names: "Tab", "space", "ctrl+a".
func (w *Window) Press(keys ...string) {
	w.d.tb.Helper()
	w.d.Effort.Keys += len(keys)
	w.press(keys...)
}

// Paste puts a text on the clipboard and pastes it where the focus is.
func (w *Window) Paste(text string) {
	w.d.tb.Helper()
	w.d.Effort.Pasted++
	w.d.SetClipboard(text)
	w.press("ctrl+v")
}

func (w *Window) press(keys ...string) {
	w.d.tb.Helper()
	w.focus()
	w.d.must("xdotool", append([]string{"key", "--delay", "30", "--"}, keys...)...)
}

// focus has the keyboard meant for this window, as clicking on it would.
func (w *Window) focus() {
	w.d.tb.Helper()
	w.d.must("xdotool", "windowfocus", "--sync", w.id)
}
