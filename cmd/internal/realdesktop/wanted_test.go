package realdesktop

import (
	"strings"
	"testing"

	"usher/cmd/internal/realdesktop/finder"
)

// A dialog with two entries, each named by the text above it, beside a card.
var screen = []finder.Piece{
	{Kind: finder.Button, Text: "Fix", X: 10, Y: 10, Width: 50, Height: 20, Covered: true},
	{Kind: finder.Text, Text: "Site address", X: 10, Y: 100, Width: 80, Height: 20},
	{Kind: finder.Entry, Text: "https://a.test", X: 10, Y: 120, Width: 200, Height: 20},
	{Kind: finder.Text, Text: "User name", X: 10, Y: 140, Width: 80, Height: 20},
	{Kind: finder.Entry, Hint: "admin", X: 10, Y: 160, Width: 200, Height: 20},
	{Kind: finder.Text, Text: "Kartra", X: 300, Y: 100, Width: 50, Height: 20},
	{Kind: finder.Button, Text: "Fix", X: 400, Y: 100, Width: 50, Height: 20},
	{Kind: finder.Text, Text: "Ortto", X: 300, Y: 140, Width: 50, Height: 20},
	{Kind: finder.Button, Text: "Fix", X: 400, Y: 140, Width: 50, Height: 20},
	{Kind: finder.Tappable, Text: "Remove", X: 0, Y: 0, Width: 500, Height: 300},
	{Kind: finder.Tappable, Text: "Remove", X: 20, Y: 200, Width: 100, Height: 20},
	{Kind: finder.Tappable, Text: "Remove", X: 20, Y: 200, Width: 100, Height: 20},
	{Kind: finder.Text, Text: "Remove", X: 20, Y: 200, Width: 60, Height: 20},
}

func TestWhatIsMeant(t *testing.T) {
	tests := map[string]struct {
		wanted Wanted
		x, y   int
		want   string // of the error
	}{
		"an entry by the text above it":  {wanted: Entry("Site address"), x: 10, y: 120},
		"not by the one below":           {wanted: Entry("User name"), x: 10, y: 160},
		"an entry by its hint":           {wanted: Entry("admin"), x: 10, y: 160},
		"one of two by its row":          {wanted: Button("Fix").Near("Ortto"), x: 400, y: 140},
		"a part of a text":               {wanted: Saying("address"), x: 10, y: 100},
		"a line of a menu, not the menu": {wanted: Tappable("Remove"), x: 20, y: 200},
		"two are too many":               {wanted: Button("Fix"), want: "there are 2"},
		"a part of one is not the whole": {wanted: Text("address"), want: "there is no"},
		"no text of that name":           {wanted: Entry("Password"), want: "there is no"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			p, err := tt.wanted.in(screen)
			if tt.want != "" {
				if err == nil || !strings.Contains(err.Error(), tt.want) {
					t.Errorf("got %v, %v, want %q", p, err, tt.want)
				}
				return
			}
			if err != nil || p.X != tt.x || p.Y != tt.y {
				t.Errorf("got %v, %v, want the one at %d,%d", p, err, tt.x, tt.y)
			}
		})
	}
}
