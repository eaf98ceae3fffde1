package wizard

import (
	"context"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"usher/ui/look"
	"usher/ui/words"
)

// leftover tells of a connection that was made before another CRM was picked: it is there, and
// nothing may ever come by it.
type leftover struct {
	screen *Screen
	box    *fyne.Container
	status *status
	remove *look.Button
	work   task
}

func newLeftover(s *Screen) *leftover {
	l := &leftover{screen: s, box: container.NewVBox(), status: newStatus()}
	l.box.Hide()
	l.remove = look.NewButton(words.T("wizard.left.remove.button"), l.end)
	return l
}

// show tells of it, if there still is one.
func (l *leftover) show() {
	name := l.screen.draft.get(saidLeft)
	l.box.RemoveAll()
	l.box.Hide()
	if name != "" && l.screen.knows(name) {
		l.box.Add(look.Card{
			Tone: look.Info, Title: words.T("wizard.left.title", "Name", words.Plain(name)), Text: words.T("wizard.left.text"),
			Body:    l.status.box,
			Actions: []fyne.CanvasObject{l.remove, look.NewQuietButton(words.T("wizard.left.keep.button"), l.forget)},
		}.Object())
		l.box.Show()
	}
	l.box.Refresh()
}

// forget leaves the connection as it is.
func (l *leftover) forget() {
	l.screen.draft.set(saidLeft, "")
	l.show()
}

// end removes the connection.
func (l *leftover) end() {
	name := l.screen.draft.get(saidLeft)
	l.remove.Disable()
	l.status.busy(words.T("wizard.left.line"))
	l.work.begin(l.screen.stage, func(ctx context.Context) error {
		_, err := l.screen.backend.RemoveConnection(ctx, name)
		return err
	}, func(err error) {
		l.remove.Enable()
		l.status.clear()
		if err != nil {
			l.status.wrong(err, l.end)
			return
		}
		l.screen.stage.Toast(words.T("wizard.left.removed.line"))
		l.forget()
	})
}

// knows reports whether there is a connection of that name.
func (s *Screen) knows(name string) bool {
	_, _, known := s.connection(name)
	return known
}
