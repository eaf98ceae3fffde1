// Package looktest takes pictures of what Usher draws, without a display. It is for tests.
package looktest

import (
	"image"
	"image/png"
	"os"
	"path/filepath"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/software"
	"fyne.io/fyne/v2/test"

	"usher/ui/look"
)

// Folder is the environment variable that names the folder pictures are kept in. Without it only
// light ones are taken, looked at by the test, and forgotten: the dark differ in nothing but their
// colours, whose contrast has a test of its own.
const Folder = "USHER_PICTURES"

// Pictures takes a picture of what build draws, in the light theme and in the dark one, in
// device-independent pixels. It fails the test where a picture shows nothing.
func Pictures(t *testing.T, name string, size fyne.Size, build func(fyne.Canvas) fyne.CanvasObject) {
	t.Helper()
	themes := []look.Brightness{look.Light, look.Dark}
	if os.Getenv(Folder) == "" {
		themes = themes[:1]
	}
	for _, brightness := range themes {
		picture := Picture(t, brightness, size, build)
		if isBlank(picture) {
			t.Errorf("%s, %s: the picture shows nothing", name, brightness)
		}
		keep(t, name+"-"+string(brightness)+".png", picture)
	}
}

// Picture takes one picture.
func Picture(t *testing.T, brightness look.Brightness, size fyne.Size, build func(fyne.Canvas) fyne.CanvasObject) image.Image {
	t.Helper()
	app := test.NewTempApp(t)
	app.Settings().SetTheme(look.NewTheme(brightness))
	c := software.NewCanvas()
	c.SetPadded(false)
	content := build(c)
	c.SetContent(content)
	c.Resize(size)
	content.Refresh() // a text that wraps knows its height only once it has a width
	return c.Capture()
}

func isBlank(picture image.Image) bool {
	bounds := picture.Bounds()
	first := picture.At(bounds.Min.X, bounds.Min.Y)
	for y := bounds.Min.Y; y < bounds.Max.Y; y++ {
		for x := bounds.Min.X; x < bounds.Max.X; x++ {
			if picture.At(x, y) != first {
				return false
			}
		}
	}
	return true
}

func keep(t *testing.T, name string, picture image.Image) {
	t.Helper()
	folder := os.Getenv(Folder)
	if folder == "" {
		return
	}
	if err := os.MkdirAll(folder, 0o750); err != nil {
		t.Fatal(err)
	}
	file, err := os.Create(filepath.Join(folder, name))
	if err != nil {
		t.Fatal(err)
	}
	if err := png.Encode(file, picture); err != nil {
		t.Fatal(err)
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
}
