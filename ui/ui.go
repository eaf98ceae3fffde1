package ui

import (
	"context"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"usher/core"
	"usher/ui/look"
	"usher/ui/stage"
	"usher/ui/words"
)

// UI is what a window shows of a Usher.
type UI struct {
	stage   *stage.Stage
	backend Backend
	host    Host
	now     func() time.Time

	feed    *feed
	seen    seen
	screens map[string]*place
	shown   string // the name of the screen that is on
	chosen  bool   // somebody chose a screen
	nav     *navigation
	foot    *foot
	trouble *look.Report
	middle  *fyne.Container
	toasts  *look.Toasts
}

// New fills the window and keeps it up to date until Close. It is called on the toolkit's
// goroutine.
func New(ctx context.Context, window fyne.Window, backend Backend, host Host) *UI {
	u := newUI(ctx, window, backend, host)
	u.begin(ctx)
	return u
}

func newUI(ctx context.Context, window fyne.Window, backend Backend, host Host) *UI {
	u := &UI{
		stage: stage.New(ctx, window), backend: backend, host: host, now: time.Now,
		trouble: look.NewReport(), middle: container.NewStack(), toasts: look.NewToasts(),
	}
	u.stage.Toast, u.stage.Open, u.stage.Go, u.stage.SaveAs = u.toasts.Show, host.Open, u.Show, u.saveAs
	u.stage.PickFile, u.stage.PickFolder = u.pickFile, u.pickFolder
	u.nav, u.foot = newNavigation(u.turnTo), newFoot(u.togglePause)
	u.screens = u.places()
	window.SetContent(container.New(steady{}, u.frame()))
	u.addShortcuts(window.Canvas())
	return u
}

func (u *UI) begin(ctx context.Context) {
	u.put(needsScreen)
	u.feed = startFeed(ctx, u.backend, u.paint)
}

func (u *UI) frame() fyne.CanvasObject {
	middle := container.NewBorder(u.trouble, nil, nil, nil, u.middle)
	return container.NewBorder(u.bar(), u.foot.content, u.nav.content, nil, u.toasts.Over(middle))
}

// Close ends all that New began and waits for it. It is not called on the toolkit's goroutine
// while that still runs.
func (u *UI) Close() {
	u.feed.close()
	u.stage.Close()
	u.toasts.Stop()
}

// paint shows a newer state.
func (u *UI) paint(now seen) {
	u.seen = now
	u.foot.show(now, u.now())
	u.showTrouble(now.err)
	if now.known {
		u.nav.count(len(now.overview.Needs))
		u.update()
		if len(now.overview.Connections) == 0 && !u.chosen {
			u.Show(wizardScreen, "")
		}
		u.chosen = true
	}
	if u.host.Seen != nil && (now.known || now.err != nil) {
		u.host.Seen(now.overview, now.err)
	}
}

// showTrouble says that Usher does not answer, until it does.
func (u *UI) showTrouble(err error) {
	switch {
	case err == nil && u.trouble.Visible():
		u.trouble.Clear()
	case err != nil && !u.trouble.Visible():
		trouble := core.Trouble{Title: words.T("gone.title"), Fix: words.T("gone.text")}
		if p := core.AsProblem(err); p.Code != "app.internal" {
			trouble = p.Trouble("")
			trouble.Fix = stage.Advice(trouble)
		}
		u.trouble.Problem(trouble)
	}
}

// togglePause stops all writing, or lets it go on.
func (u *UI) togglePause() { u.Pause(!u.seen.overview.Paused) }

// Pause stops all writing, or lets it go on.
func (u *UI) Pause(paused bool) {
	u.stage.Do(func(ctx context.Context) error { return u.backend.Pause(ctx, "", paused) }, func(err error) {
		switch {
		case err != nil:
			u.stage.Toast(core.AsProblem(err).Sentence())
		case paused:
			u.stage.Toast(words.T("pause.paused.line"))
		default:
			u.stage.Toast(words.T("pause.going_on.line"))
		}
	})
}

// CopyURL copies the webhook URL of a connection that makes users.
func (u *UI) CopyURL(connection string) {
	var answer core.SetupAnswer
	u.stage.Do(func(ctx context.Context) (err error) {
		answer, err = u.backend.WebhookURLs(ctx, connection)
		return err
	}, func(err error) {
		if err != nil {
			u.stage.Toast(core.AsProblem(err).Sentence())
			return
		}
		fyne.CurrentApp().Clipboard().SetContent(answer.URLs[core.Add])
		u.stage.Toast(words.T("copy.done.line"))
	})
}

// SendTest goes to where a test of a connection is sent.
func (u *UI) SendTest(connection string) { u.Show(connectionsScreen, connection+"/test") }
