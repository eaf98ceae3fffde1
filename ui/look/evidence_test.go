package look_test

import (
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"usher/ui/look"
	"usher/ui/words"
)

// Whatever a message holds, the window must not stand still over it. Of one line of 32 KiB the
// toolkit takes ten seconds.
func TestEvidenceIsQuicklyShown(t *testing.T) {
	for name, text := range map[string]string{
		"one word":   strings.Repeat("W", 32<<10),
		"one line":   strings.Repeat("word ", 6500),
		"many lines": strings.Repeat("  \"some\": \"field of it\",\n", 1200),
		"no letters": strings.Repeat("\n", 32<<10),
	} {
		test.NewTempApp(t)
		e := look.NewEvidence()
		test.NewTempWindow(t, e).Resize(fyne.NewSize(800, 600))
		begun := time.Now()
		if e.Set(words.PlainText(text)); time.Since(begun) > 3*time.Second {
			t.Errorf("%s took %v", name, time.Since(begun))
		}
	}
}
