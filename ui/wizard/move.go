package wizard

import (
	"context"
	"path/filepath"
	"strings"

	"fyne.io/fyne/v2"

	"usher/core"
	"usher/ui/look"
	"usher/ui/words"
)

// moving brings a Usher here from another computer, by the file that was made there.
type moving struct {
	screen     *Screen
	box        fyne.CanvasObject
	path       string
	file       *look.FormRow
	pick       *look.Button
	passphrase *look.Entry
	row        *look.FormRow
	do         *look.Button
	status     *status
	reading    task
}

func newMoving(s *Screen) *moving {
	m := &moving{screen: s, status: newStatus(), passphrase: look.NewSecretEntry("")}
	m.pick = look.NewButton(words.T("wizard.move.pick.button"), func() { s.stage.PickFile(m.picked) })
	m.file = look.NewFormRow(words.T("wizard.move.file"), words.T("wizard.move.file.help"), look.Actions(m.pick))
	m.row = look.NewFormRow(words.T("wizard.move.passphrase"), words.T("wizard.move.passphrase.help"), m.passphrase)
	m.passphrase.OnSubmitted = func(string) { m.begin() }
	m.do = look.NewMainButton(words.T("wizard.move.do.button"), m.begin)
	m.box = look.Card{
		Title: words.T("wizard.move.title"), Text: words.T("wizard.move.text"),
		Body: look.Stacked(m.file, m.row, m.status.box), Actions: []fyne.CanvasObject{m.do, look.NewQuietButton(words.T("wizard.back.button"), m.back)},
	}.Object()
	return m
}

// offered reports whether a Usher can move here: only where nothing is set up.
func (m *moving) offered() bool {
	s := m.screen
	return s.hooks.Move != nil && len(s.overview.Connections)+len(s.overview.Sites) == 0
}

// show puts the question in place of the others.
func (m *moving) show() {
	m.screen.frame.set(m.box)
	if w := m.screen.stage.Window; w != nil {
		look.FocusLater(w.Canvas(), m.pick)
	}
}

func (m *moving) back() { m.screen.turnTo(stepStart) }

func (m *moving) picked(path string) {
	m.path = path
	m.file.SetProblem("")
	m.status.clear()
	m.pick.SetText(filepath.Base(path))
	if w := m.screen.stage.Window; w != nil {
		look.FocusLater(w.Canvas(), m.passphrase)
	}
}

// begin reads the file. What follows when it is right, the program shows.
func (m *moving) begin() {
	given := strings.TrimSpace(m.passphrase.Text)
	m.row.SetProblem("")
	switch {
	case m.path == "":
		m.file.SetProblem(words.T("wizard.move.no_file.line"))
		return
	case given == "":
		m.row.SetProblem(words.T("opening.empty.line"))
		return
	}
	m.do.Disable()
	m.status.busy(words.T("wizard.move.reading.line"))
	path := m.path
	m.reading.begin(m.screen.stage, func(ctx context.Context) error {
		return m.screen.hooks.Move(ctx, path, core.NewSecret(given))
	}, func(err error) {
		switch {
		case err == nil:
			m.passphrase.SetText("")
			m.status.busy(words.T("wizard.move.settling.line"))
			return
		case core.HasCode(err, "move.passphrase"):
			m.status.clear()
			m.row.SetProblem(problemText(err))
		default:
			m.status.wrong(err, nil)
		}
		m.do.Enable()
	})
}

// end gives the reading up; what was said stays.
func (m *moving) end() {
	m.reading.end()
	m.status.clear()
	m.do.Enable()
}
