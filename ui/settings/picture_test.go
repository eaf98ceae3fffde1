package settings

import (
	"os"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"usher/ui/look/looktest"
)

// To look at the screen: USHER_PICTURES=/tmp/usher go test -run TestPictures ./ui/settings
func TestPictures(t *testing.T) {
	for _, section := range []string{"sites", "address", "window", "running", "copies", "about"} {
		for _, size := range sizes() {
			name := "settings-" + section
			if size.Width < 700 {
				name += "-small"
			}
			looktest.Pictures(t, name, size, func(fyne.Canvas) fyne.CanvasObject {
				s := New(newHost(t).Stage, newFake(), &prefs{}, facts())
				s.Update(full())
				s.Show(section)
				return s.Content()
			})
		}
	}
}

// sizes are those to look at; without anybody looking the smallest is enough.
func sizes() []fyne.Size {
	small := fyne.NewSize(640, 480)
	if os.Getenv(looktest.Folder) == "" {
		return []fyne.Size{small}
	}
	return []fyne.Size{small, fyne.NewSize(1000, 700)}
}

func TestTheScreenStaysAsItIs(t *testing.T) {
	for _, section := range []string{"sites", "address"} {
		act(t, facts(), func(t *testing.T, s *Screen, _ *fake, _ *prefs, h *theHost) {
			s.Show(section)
			s.Content().Refresh() // a text that wraps knows its height only once it has a width
			test.AssertRendersToMarkup(t, section+".xml", h.Window.Canvas())
		})
	}
}
