package finder

import (
	"image/color"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// ownEntry is how a program makes a widget of its own.
type ownEntry struct{ inner }

type inner struct{ widget.Entry }

func newOwnEntry() *ownEntry {
	e := &ownEntry{}
	e.ExtendBaseWidget(e)
	return e
}

func show(t *testing.T, content fyne.CanvasObject) fyne.Window {
	t.Helper()
	test.NewTempApp(t)
	w := test.NewTempWindow(t, content)
	w.Resize(fyne.NewSize(400, 600))
	return w
}

func one(t *testing.T, c fyne.Canvas, kind Kind, text string) Piece {
	t.Helper()
	all := pieces(c)
	i := slices.IndexFunc(all, func(p Piece) bool { return p.Kind == kind && p.Text == text })
	if i < 0 {
		t.Fatalf("no %s %q among %v", kind, text, all)
	}
	return all[i]
}

func TestWhatEachWidgetIsToAPerson(t *testing.T) {
	entry, secret, empty := widget.NewEntry(), widget.NewPasswordEntry(), newOwnEntry()
	entry.SetText("typed")
	secret.SetText("key")
	empty.SetPlaceHolder("https://…")
	off := widget.NewButton("Next", nil)
	off.Disable()
	check := widget.NewCheck("Update users", nil)
	check.SetChecked(true)
	radio := widget.NewRadioGroup([]string{"Kartra", "Ortto"}, nil)
	radio.SetSelected("Ortto")
	choice := widget.NewSelect([]string{"Subscriber"}, nil)
	choice.PlaceHolder = "A role"
	chosen := widget.NewSelect([]string{"Editor"}, nil)
	chosen.SetSelected("Editor")
	hidden := widget.NewLabel("hidden")
	hidden.Hide()
	w := show(t, container.NewVBox(
		widget.NewLabel("a label"), widget.NewRichTextFromMarkdown("rich [more](https://example.test)"),
		canvas.NewText("a text", color.Black), widget.NewHyperlink("a link", nil), hidden,
		entry, secret, empty, widget.NewButton("Back", nil), off, widget.NewButtonWithIcon("", theme.ContentCopyIcon(), nil),
		widget.NewIcon(theme.InfoIcon()), check, radio, choice, chosen,
	))
	w.Canvas().Focus(entry)

	var got []Piece
	for _, p := range pieces(w.Canvas()) {
		if p.X < 0 || p.Y < 0 || p.Width <= 0 || p.Height <= 0 || p.X+p.Width > 400 {
			t.Errorf("out of view: %v", p)
		}
		if strings.Contains(p.Text, "radio-button") {
			continue // drawn from two pictures, and Checked says it
		}
		p.X, p.Y, p.Width, p.Height = 0, 0, 0, 0
		got = append(got, p)
	}
	want := []Piece{
		{Kind: Text, Text: "a label"},
		{Kind: Text, Text: "rich more"},
		{Kind: Link, Text: "more"},
		{Kind: Text, Text: "a text"},
		{Kind: Link, Text: "a link"},
		{Kind: Entry, Text: "typed", Focused: true},
		{Kind: Entry, Text: "•••"},
		{Kind: Tappable}, // the eye that shows it
		{Kind: Entry, Hint: "https://…"},
		{Kind: Button, Text: "Back"},
		{Kind: Button, Text: "Next", Disabled: true},
		{Kind: Button, Text: theme.ContentCopyIcon().Name()},
		{Kind: Picture, Text: theme.InfoIcon().Name()},
		{Kind: Check, Text: "Update users", Checked: true},
		{Kind: Tappable, Text: "Kartra"},
		{Kind: Text, Text: "Kartra"},
		{Kind: Tappable, Text: "Ortto", Checked: true},
		{Kind: Text, Text: "Ortto"},
		{Kind: Choice, Hint: "A role"},
		{Kind: Choice, Text: "Editor", Hint: "(Select one)"},
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%v\nwant\n%v", got, want)
	}
}

func TestAPieceIsWhereAPersonSeesIt(t *testing.T) {
	tapped := 0
	button := widget.NewButton("Next", func() { tapped++ })
	w := show(t, container.NewBorder(nil, container.NewHBox(widget.NewLabel("left"), button), nil, nil))
	for _, scale := range []float32{1, 2} {
		w.Canvas().(test.WindowlessCanvas).SetScale(scale)
		p := one(t, w.Canvas(), Button, "Next")
		test.TapCanvas(w.Canvas(), fyne.NewPos(float32(p.X+p.Width/2)/scale, float32(p.Y+p.Height/2)/scale))
	}
	if tapped != 2 {
		t.Errorf("tapped %d times", tapped)
	}
}

func TestWhatIsScrolledAwayIsNotSeen(t *testing.T) {
	list := widget.NewList(func() int { return 100_000 },
		func() fyne.CanvasObject { return widget.NewLabel("") },
		func(i int, o fyne.CanvasObject) { o.(*widget.Label).SetText(string(rune('A' + i%26))) })
	rows := container.NewVScroll(container.NewVBox(widget.NewButton("first", nil), canvas.NewRectangle(color.Black), widget.NewButton("last", nil)))
	rows.Content.(*fyne.Container).Objects[1].(*canvas.Rectangle).SetMinSize(fyne.NewSize(1, 5000))
	w := show(t, container.NewGridWithRows(2, list, rows))

	if row := one(t, w.Canvas(), Text, "B"); row.Y <= one(t, w.Canvas(), Text, "A").Y {
		t.Errorf("the second row is at %d", row.Y)
	}
	one(t, w.Canvas(), Tappable, "B")
	one(t, w.Canvas(), Button, "first")
	if n := len(pieces(w.Canvas())); n > 50 {
		t.Errorf("%d pieces in view", n)
	}
	rows.ScrollToOffset(fyne.NewPos(0, 20)) // half of the button
	if p := one(t, w.Canvas(), Button, "first"); p.Height > 30 || p.Height < 5 {
		t.Errorf("half in view, but %d high", p.Height)
	}
	rows.ScrollToBottom()
	one(t, w.Canvas(), Button, "last")
	for _, p := range pieces(w.Canvas()) {
		if p.Text == "first" {
			t.Errorf("scrolled away, but at %d,%d", p.X, p.Y)
		}
	}
}

func TestADialogCoversWhatIsBehindIt(t *testing.T) {
	w := show(t, container.NewVBox(widget.NewButton("Next", nil)))
	dialog.ShowConfirm("Quit", "Stop now?", func(bool) {}, w)
	if !one(t, w.Canvas(), Button, "Next").Covered {
		t.Error("behind a dialog, but not covered")
	}
	if one(t, w.Canvas(), Button, "Yes").Covered {
		t.Error("the dialog's own button is covered")
	}
	one(t, w.Canvas(), Text, "Stop now?")
}

func TestAskedOverTheSocket(t *testing.T) {
	w := show(t, container.NewVBox(widget.NewLabel("a label")))
	w.SetTitle("Tiny")
	socket := filepath.Join(t.TempDir(), "s")
	if _, err := Look(t.Context(), socket); err == nil {
		t.Error("nobody is there, but answers")
	}
	want := pieces(w.Canvas())
	stop, err := serve(socket)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		screen, err := Look(t.Context(), socket)
		if err != nil {
			t.Fatal(err)
		}
		i := slices.IndexFunc(screen.Windows, func(w Window) bool { return w.Title == "Tiny" })
		if i < 0 || !slices.Equal(screen.Windows[i].Pieces, want) {
			t.Errorf("got %+v", screen)
		}
	}
	stop()
	if _, err := Look(t.Context(), socket); err == nil {
		t.Error("it is gone, but answers")
	}
}
