package ui

import (
	"context"
	"errors"
	"fmt"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/dialog"
)

// saveAs asks where to save a file and writes it. Where the person changes their mind, done is
// not called.
func (u *UI) saveAs(name string, data []byte, done func(path string, err error)) {
	ask := dialog.NewFileSave(func(file fyne.URIWriteCloser, err error) {
		switch {
		case err != nil:
			done("", fmt.Errorf("choose a file: %w", err))
		case file != nil:
			path := file.URI().Path()
			u.stage.Do(func(context.Context) error { return write(file, data) }, func(err error) { done(path, err) })
		}
	}, u.stage.Window)
	ask.SetFileName(name)
	ask.Show()
}

func write(file fyne.URIWriteCloser, data []byte) error {
	_, err := file.Write(data)
	if err = errors.Join(err, file.Close()); err != nil {
		return fmt.Errorf("save the file: %w", err)
	}
	return nil
}
