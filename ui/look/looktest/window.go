package looktest

import (
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/software"

	"usher/ui/look"
)

// Window takes a picture of a window as it is, in the light theme and in the dark one, at a size.
// It leaves the window light. It fails the test where a picture shows nothing.
func Window(t *testing.T, name string, w fyne.Window, size fyne.Size) {
	t.Helper()
	w.Resize(size)
	for _, brightness := range []look.Brightness{look.Dark, look.Light} {
		w.Content().Refresh()
		picture := software.RenderCanvas(w.Canvas(), look.NewTheme(brightness))
		if isBlank(picture) {
			t.Errorf("%s, %s: the picture shows nothing", name, brightness)
		}
		keep(t, name+"-"+string(brightness)+".png", picture)
	}
}
