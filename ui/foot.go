package ui

import (
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"usher/core"
	"usher/ui/look"
	"usher/ui/words"
)

// foot is the one line of truth, and beside it the button that stops all writing.
type foot struct {
	icon    *widget.Icon
	line    *widget.Label
	pause   *look.Button
	content fyne.CanvasObject
}

func newFoot(toggle func()) *foot {
	f := &foot{icon: widget.NewIcon(look.Checking.Icon()), line: widget.NewLabel(words.T("foot.opening.line"))}
	f.line.Truncation = fyne.TextTruncateEllipsis
	f.pause = look.NewButton(words.T("foot.pause"), toggle)
	f.pause.Disable()
	row := container.NewBorder(nil, nil, container.NewCenter(f.icon), f.pause, f.line)
	f.content = container.NewVBox(widget.NewSeparator(), roomy(row))
	return f
}

func (f *foot) show(now seen, at time.Time) {
	tone, text := footLine(now.overview, at)
	if now.err != nil {
		tone, text = look.DidNotWork, words.T("foot.gone.line")
	}
	f.icon.SetResource(tone.Icon())
	f.line.SetText(text)
	f.pause.SetText(words.T("foot.pause"))
	if now.overview.Paused {
		f.pause.SetText(words.T("foot.go_on"))
	}
	if now.err != nil {
		f.pause.Disable()
	} else {
		f.pause.Enable()
	}
}

// footLine is the line for a state of Usher, and how it looks.
func footLine(o core.Overview, now time.Time) (look.Tone, string) {
	tone, text := reachable(o)
	parts := []string{text}
	if n := int(o.Status.Queued); n > 0 { //nolint:gosec // a count of messages
		parts = append(parts, words.N("foot.waiting", n))
	}
	if len(o.Connections) > 0 {
		parts = append(parts, lastMessage(o.Connections, now))
	}
	return tone, strings.Join(parts, " · ")
}

func reachable(o core.Overview) (look.Tone, string) {
	address := o.Status.Address
	switch {
	case o.Paused:
		return look.Paused, words.T("foot.paused")
	case address.State == "online" && address.Plan.Kind == core.LocalAddress:
		return look.Info, words.T("foot.local")
	case address.State == "online":
		return look.Done, words.Address(address.State)
	case address.State == "failed":
		return look.NeedsYou, words.Address(address.State)
	case address.State == "off":
		return look.Paused, words.Address(address.State)
	}
	return look.Checking, words.Address(address.State)
}

func lastMessage(connections []core.ConnectionView, now time.Time) string {
	var last time.Time
	for _, c := range connections {
		if c.LastMessage.After(last) {
			last = c.LastMessage
		}
	}
	if last.IsZero() {
		return words.T("foot.no_message")
	}
	return words.T("foot.last", "When", words.When(last, now))
}
