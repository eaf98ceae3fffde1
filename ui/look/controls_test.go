package look

import (
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/test"
)

// window shows objects below each other in Usher's theme.
func window(t *testing.T, objects ...fyne.CanvasObject) fyne.Canvas {
	t.Helper()
	app := test.NewTempApp(t)
	app.Settings().SetTheme(NewTheme(Light))
	w := test.NewTempWindow(t, container.NewVBox(objects...))
	w.Resize(fyne.NewSize(600, 400))
	return w.Canvas()
}

func press(c fyne.Canvas, key fyne.KeyName) { c.Focused().TypedKey(&fyne.KeyEvent{Name: key}) }

func TestEnterAndSpacePressAButton(t *testing.T) {
	pressed := 0
	b := NewMainButton("Connect", func() { pressed++ })
	c := window(t, b)
	c.Focus(b)
	for i, key := range []fyne.KeyName{fyne.KeyReturn, fyne.KeyEnter, fyne.KeySpace} {
		if press(c, key); pressed != i+1 {
			t.Errorf("%s: pressed %d times, want %d", key, pressed, i+1)
		}
	}
	b.Disable()
	if b.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn}); pressed != 3 {
		t.Error("a disabled button was pressed")
	}
}

func TestEnterSubmitsAnEntry(t *testing.T) {
	submitted := ""
	e := NewEntry("https://")
	e.OnSubmitted = func(text string) { submitted = text }
	c := window(t, e)
	c.Focus(e)
	test.Type(e, "yoga.test")
	if press(c, fyne.KeyReturn); submitted != "yoga.test" {
		t.Errorf("submitted %q", submitted)
	}
}

func TestEscapeClosesWhateverHasTheKeyboard(t *testing.T) {
	button, entry, check, choice := NewButton("Back", nil), NewSecretEntry(""), NewCheck("On", nil), NewSelect([]string{"a"}, nil)
	c := window(t, button, entry, check, choice)
	closed := 0
	OnEscape(c, func() { closed++ })
	for i, w := range []fyne.Focusable{button, entry, check, choice} {
		c.Focus(w)
		if press(c, fyne.KeyEscape); closed != i+1 {
			t.Errorf("%T: closed %d times, want %d", w, closed, i+1)
		}
	}
	OnEscape(c, nil)
	if press(c, fyne.KeyEscape); closed != 4 {
		t.Error("closed though nothing is to be closed any more")
	}
}

func TestAWidgetThatIsNotOnScreenPassesNothingOn(t *testing.T) {
	test.NewTempApp(t)
	NewButton("Back", nil).TypedKey(&fyne.KeyEvent{Name: fyne.KeyEscape}) // must not panic
}

func TestSpaceTurnsACheck(t *testing.T) {
	on := false
	check := NewCheck("On", func(now bool) { on = now })
	c := window(t, check)
	c.Focus(check)
	if check.TypedRune(' '); !on {
		t.Error("the check is off")
	}
}

func TestTabGoesFromTopToBottom(t *testing.T) {
	first, second, third := NewEntry(""), NewSelect(nil, nil), NewButton("Connect", nil)
	c := window(t, NewFormRow("Site", "", first), NewFormRow("Role", "", second), Actions(third))
	for _, want := range []fyne.Focusable{first, second, third} {
		if test.FocusNext(c); c.Focused() != want {
			t.Errorf("the keyboard is at %T, want %T", c.Focused(), want)
		}
	}
}

func TestOnlyWhatHasTheKeyboardHasARing(t *testing.T) {
	button, entry, check, choice := NewMainButton("Connect", nil), NewEntry(""), NewCheck("On", nil), NewSelect(nil, nil)
	c := window(t, button, entry, check, choice)
	widgets := []interface {
		fyne.Widget
		fyne.Focusable
	}{button, entry, check, choice}
	for _, focused := range widgets {
		c.Focus(focused)
		for _, w := range widgets {
			if got, want := hasRing(w), w == focused; got != want {
				t.Errorf("the keyboard is at %T; %T has a ring: %t", focused, w, got)
			}
			r := test.WidgetRenderer(w).(*ring)
			if got, want := r.line.Visible(), w == focused || w == fyne.Focusable(choice); got != want {
				t.Errorf("the keyboard is at %T; %T has a line around it: %t", focused, w, got)
			}
		}
	}
}

func hasRing(w fyne.Widget) bool {
	r := test.WidgetRenderer(w).(*ring)
	return r.line.Visible() && r.line.StrokeColor == light[ColorNameRing] && r.line.StrokeWidth == ringWidth &&
		r.line.Size() == w.Size().AddWidthHeight(2*(ringGap+ringWidth), 2*(ringGap+ringWidth))
}

func TestAnEntryKeepsTakingTextWhileItHasARing(t *testing.T) {
	e := NewEntry("")
	c := window(t, e)
	FocusLater(c, e)
	test.Type(e, "ann")
	if e.Text != "ann" || c.Focused() != e {
		t.Errorf("text %q, keyboard at %T", e.Text, c.Focused())
	}
}
