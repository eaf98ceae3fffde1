package settings

import (
	"net/url"
	"path/filepath"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"usher/ui/look"
	"usher/ui/words"
)

// about tells what this Usher is, and where it keeps what it knows.
func (s *Screen) about() fyne.CanvasObject {
	secrets := words.T("settings.secrets.file.text")
	if s.facts.Keyring != "" {
		secrets = words.T("settings.secrets.keyring.text", "Name", s.facts.Keyring)
	}
	return look.Page(
		look.PageHeader(words.T("settings.about.title", "Version", s.facts.Version), words.T("settings.about.text")),
		look.Card{Title: words.T("settings.secrets.title"), Text: secrets}.Object(),
		look.Card{
			Title: words.T("settings.data.title"), Text: words.T("settings.data.text"),
			Body: look.NewCopyRow(words.T("settings.data.folder"), s.facts.DataFolder, s.stage.Toast),
			Actions: []fyne.CanvasObject{
				look.NewButton(words.T("settings.data.open"), func() { s.stage.Open(fileURL(s.facts.DataFolder)) }),
				s.showLog(),
			},
		}.Object(),
		s.licences(),
	)
}

// showLog opens what Usher wrote down of its work, for whoever is asked for help.
func (s *Screen) showLog() fyne.CanvasObject {
	show := look.NewButton(words.T("settings.data.log"), func() { s.stage.Open(fileURL(s.facts.LogFile)) })
	show.Hidden = s.facts.LogFile == ""
	return show
}

// licences shows the licences once they are asked for: they are long.
func (s *Screen) licences() fyne.CanvasObject {
	whole := text(s.facts.Licences)
	whole.Selectable = true
	whole.Hide()
	show := look.NewQuietButton(words.T("settings.licences"), nil)
	show.OnTapped = func() {
		whole.Show()
		show.Hide()
	}
	show.Hidden = s.facts.Licences == ""
	return container.NewVBox(look.Actions(show), whole)
}

// fileURL is the URL of a path, on every system.
func fileURL(path string) string {
	path = filepath.ToSlash(path)
	if !strings.HasPrefix(path, "/") {
		path = "/" + path
	}
	return (&url.URL{Scheme: "file", Path: path}).String()
}
