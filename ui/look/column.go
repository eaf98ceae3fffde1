package look

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
)

// Column lays what stands above or below a page out as wide as the page, with the same room at its
// sides.
func Column(content fyne.CanvasObject) fyne.CanvasObject {
	side, above := theme.Size(SizeNameGap)*1.25, theme.Size(theme.SizeNameInnerPadding)
	return container.New(layout.NewCustomPaddedLayout(above, above, side, side), container.New(column{}, content))
}
