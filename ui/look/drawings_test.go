package look

import (
	"bytes"
	"flag"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/software"
	"fyne.io/fyne/v2/test"
)

var update = flag.Bool("update", false, "draw the icons anew")

const drawings = "../../assets/icons"

// The panel colours a tray icon is drawn in: for a dark panel, and for a bright one.
var trayInks = map[string]string{"light": "#FFFFFF", "dark": "#23262F"}

//go:generate go test -run TestIconsAreAsDrawn -update .

// The PNGs come from the SVGs. Go's arithmetic may differ in the last bit between processors,
// hence the tolerance.
func TestIconsAreAsDrawn(t *testing.T) {
	test.NewTempApp(t)
	for _, size := range []int{16, 22, 24, 32, 48, 64, 128, 256, 512} {
		source := "usher"
		if size <= 32 {
			source = "usher-small" // fewer, bolder parts
		}
		drawing := read(t, "app/"+source+".svg")
		compare(t, fmt.Sprintf("app/usher-%d.png", size), drawing, size)
	}
	for _, state := range []TrayState{TrayOnline, TrayWorking, TrayPaused, TrayAttention} {
		drawing := read(t, "tray/"+string(state)+".svg")
		for panel, ink := range trayInks {
			inked := bytes.ReplaceAll(drawing, []byte("#FFFFFF"), []byte(ink))
			compare(t, fmt.Sprintf("tray/%s-%s.png", state, panel), inked, 44)
		}
	}
}

func TestTrayStatesDifferByShape(t *testing.T) {
	states := []TrayState{TrayOnline, TrayWorking, TrayPaused, TrayAttention}
	for i, one := range states {
		for _, other := range states[i+1:] {
			if differ := differingPixels(t, one, other); differ < 100 {
				t.Errorf("%s and %s differ in %d of 1936 pixels", one, other, differ)
			}
		}
	}
}

// differingPixels counts where one icon has ink and the other has none.
func differingPixels(t *testing.T, one, other TrayState) (n int) {
	t.Helper()
	a, b := decode(t, TrayIcon(one, true).Content()), decode(t, TrayIcon(other, true).Content())
	for y := range a.Bounds().Dy() {
		for x := range a.Bounds().Dx() {
			_, _, _, inkA := a.At(x, y).RGBA()
			_, _, _, inkB := b.At(x, y).RGBA()
			if (inkA > 0x8000) != (inkB > 0x8000) {
				n++
			}
		}
	}
	return n
}

func TestEveryToneHasADrawingOfItsOwn(t *testing.T) {
	seen := map[string]Tone{}
	for _, tone := range Tones {
		content := string(tone.Icon().Content())
		if other, taken := seen[looks[tone].icon]; taken || content == "" {
			t.Errorf("tones %d and %d share an icon, or have none", tone, other)
		}
		seen[looks[tone].icon] = tone
	}
}

func read(t *testing.T, name string) []byte {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(drawings, name))
	if err != nil {
		t.Fatal(err)
	}
	return content
}

func compare(t *testing.T, name string, drawing []byte, size int) {
	t.Helper()
	drawn := draw(drawing, size)
	path := filepath.Join(drawings, name)
	if *update {
		var encoded bytes.Buffer
		if err := png.Encode(&encoded, drawn); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, encoded.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	kept := decode(t, read(t, name))
	if kept.Bounds() != drawn.Bounds() {
		t.Fatalf("%s is %v, want %v", name, kept.Bounds(), drawn.Bounds())
	}
	for y := range size {
		for x := range size {
			if !alike(kept.At(x, y), drawn.At(x, y)) {
				t.Fatalf("%s is not as drawn at %d,%d: run go generate ./ui/look", name, x, y)
			}
		}
	}
}

func draw(drawing []byte, size int) image.Image {
	picture := canvas.NewImageFromResource(fyne.NewStaticResource("drawing.svg", drawing))
	c := software.NewTransparentCanvas()
	c.SetPadded(false)
	c.SetContent(picture)
	c.Resize(fyne.NewSquareSize(float32(size)))
	return c.Capture()
}

func alike(a, b color.Color) bool {
	ar, ag, ab, aa := a.RGBA()
	br, bg, bb, ba := b.RGBA()
	near := func(a, b uint32) bool { return max(a, b)-min(a, b) < 0x600 }
	return near(ar, br) && near(ag, bg) && near(ab, bb) && near(aa, ba)
}

func decode(t *testing.T, content []byte) image.Image {
	t.Helper()
	picture, err := png.Decode(bytes.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	return picture
}
