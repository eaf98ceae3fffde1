package control

import (
	"context"
	"net/http"
)

// Shower is a Backend with a window.
type Shower interface {
	// ShowWindow brings the window to the front. It must not take long.
	ShowWindow()
}

// WithWindow gives a Backend a window that can be asked for.
func WithWindow(b Backend, show func()) Backend { return windowed{b, show} }

type windowed struct {
	Backend
	show func()
}

// ShowWindow implements Shower.
func (w windowed) ShowWindow() { w.show() }

// ShowWindow brings the window of the running Usher to the front. It reports false where
// that has none.
func (c *Client) ShowWindow(ctx context.Context) (shown bool, err error) {
	err = c.hand(ctx, "/window/show", nil, &shown)
	return shown, err
}

// answerShow answers a second start of the program with a window.
func answerShow(mux *http.ServeMux, b Backend) {
	on(mux, "/window/show", func(context.Context, any) (bool, error) {
		window, has := b.(Shower)
		if has {
			window.ShowWindow()
		}
		return has, nil
	})
}
