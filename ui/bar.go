package ui

import (
	"context"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"usher/core"
	"usher/ui/look"
)

// bar says what is special about this window; nil where nothing is.
func (u *UI) bar() fyne.CanvasObject {
	if u.host.Bar.Text == "" {
		return nil
	}
	text := widget.NewLabel(u.host.Bar.Text)
	text.TextStyle.Bold = true
	text.Truncation = fyne.TextTruncateEllipsis
	icon := container.NewCenter(widget.NewIcon(look.Info.Icon()))
	row := container.NewBorder(nil, nil, icon, u.barButton(), text)
	return container.NewVBox(roomy(row), widget.NewSeparator())
}

func (u *UI) barButton() fyne.CanvasObject {
	if u.host.Bar.Button == "" {
		return nil
	}
	button := look.NewMainButton(u.host.Bar.Button, nil)
	button.OnTapped = func() {
		button.Disable()
		var news string
		u.stage.Do(func(ctx context.Context) (err error) {
			news, err = u.host.Bar.Do(ctx)
			return err
		}, func(err error) {
			button.Enable()
			if err != nil {
				news = core.AsProblem(err).Sentence()
			}
			u.stage.Toast(news)
		})
	}
	return container.NewCenter(button)
}
