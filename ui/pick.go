package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/dialog"
)

func (u *UI) pickFile(done func(path string)) { PickFile(u.stage.Window, done) }

// PickFile asks which file to read. Where the person changes their mind, done is not called.
func PickFile(in fyne.Window, done func(path string)) {
	dialog.NewFileOpen(func(file fyne.URIReadCloser, err error) {
		if err != nil || file == nil {
			return // what cannot be read is not picked
		}
		path := file.URI().Path()
		_ = file.Close() // whoever wanted it opens it
		done(path)
	}, in).Show()
}

// pickFolder asks which folder to write to. Where the person changes their mind, done is not
// called.
func (u *UI) pickFolder(done func(path string)) {
	dialog.NewFolderOpen(func(folder fyne.ListableURI, err error) {
		if err != nil || folder == nil {
			return // what cannot be listed is not picked
		}
		done(folder.Path())
	}, u.stage.Window).Show()
}
