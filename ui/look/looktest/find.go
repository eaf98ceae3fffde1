package looktest

import (
	"slices"
	"testing"

	"fyne.io/fyne/v2"

	"usher/ui/look"
)

// Shows reports whether a text can be read on content, as [Drawn] finds it.
func Shows(content fyne.CanvasObject, text string) bool {
	return slices.Contains(Drawn(content), text)
}

// Button finds the first button with a text that can be seen.
func Button(t *testing.T, content fyne.CanvasObject, text string) *look.Button {
	t.Helper()
	for _, b := range Buttons(content) {
		if b.Text == text {
			return b
		}
	}
	t.Fatalf("no button %q among %q", text, Drawn(content))
	return nil
}
