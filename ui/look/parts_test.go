package look

import (
	"slices"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/widget"

	"usher/core"
)

func TestAComboIsTypedAndPicked(t *testing.T) {
	combo := NewCombo("The usual one", "Customer", "Subscriber")
	changed := ""
	combo.OnChanged = func(text string) { changed = text }
	c := window(t, combo)
	closed := false
	OnEscape(c, func() { closed = true })
	c.Focus(combo)
	if !combo.focused {
		t.Error("it does not show that it has the keyboard")
	}
	test.Type(combo, "shop")
	if changed != "shop" {
		t.Errorf("typed %q", changed)
	}
	press(c, fyne.KeyEscape)
	test.Tap(combo.ActionItem.(fyne.Tappable))
	menu := c.Overlays().Top()
	if menu == nil || !closed {
		t.Fatal("no list opens, or Escape closes nothing")
	}
	c.Unfocus()
	if combo.focused {
		t.Error("it still shows that it has the keyboard")
	}
}

func TestAListChoosesTheSameRowAgain(t *testing.T) {
	var chosen []int
	l := NewList(func() int { return 3 }, func() fyne.CanvasObject { return widget.NewLabel("") },
		func(i int, row fyne.CanvasObject) { row.(*widget.Label).SetText(string(rune('a' + i))) },
		func(i int) { chosen = append(chosen, i) })
	c := window(t, container.NewGridWrap(fyne.NewSize(300, 200), l))
	closed := false
	OnEscape(c, func() { closed = true })
	c.Focus(l)
	for _, key := range []fyne.KeyName{fyne.KeyDown, fyne.KeyReturn, fyne.KeyEnter, fyne.KeySpace, fyne.KeyEscape} {
		press(c, key)
	}
	if !slices.Equal(chosen, []int{1, 1, 1}) || !closed {
		t.Errorf("chose %v, Escape closed: %v", chosen, closed)
	}
}

func TestTabsAreChosenByTheKeyboard(t *testing.T) {
	first, second := widget.NewLabel("one"), widget.NewLabel("two")
	tabs := NewTabs(Tab{"First", first}, Tab{"Second", second})
	c := window(t, tabs)
	if !first.Visible() || second.Visible() || tabs.marks[0].fill == "" || tabs.marks[1].fill != "" {
		t.Error("the first is not the one that is shown and marked")
	}
	test.FocusNext(c)
	test.FocusNext(c)
	press(c, fyne.KeyReturn)
	if first.Visible() || !second.Visible() || tabs.Chosen() != 1 || tabs.marks[0].fill != "" || tabs.marks[1].fill == "" {
		t.Error("the second is not the one that is shown and marked")
	}
}

func TestAReportSaysOneThingAtATime(t *testing.T) {
	r := NewReport()
	window(t, r)
	if r.Visible() {
		t.Error("it has something to say from the start")
	}
	stopped, fixed := false, false
	r.Busy("Saving.", func() { stopped = true })
	test.Tap(find(r, "Stop"))
	r.Problem(core.Trouble{Title: "It is locked.", Fix: "Unlock it."}, NewButton("Fix this", func() { fixed = true }))
	test.Tap(find(r, "Fix this"))
	if !stopped || !fixed || !says(r, "It is locked.") || !says(r, "Unlock it.") || says(r, "Saving.") {
		t.Errorf("stopped %v, fixed %v", stopped, fixed)
	}
	r.Done("Saved.", "A note.")
	if !says(r, "Saved.") || !says(r, "A note.") || says(r, "It is locked.") {
		t.Error("what came of it is not told")
	}
	if r.Clear(); r.Visible() {
		t.Error("it says nothing, and yet takes room")
	}
}

func TestAQuestionIsAskedBeforeIsDone(t *testing.T) {
	done := 0
	q := NewQuestion(Ask{Button: "Remove", Title: "Remove it?", Points: []string{"It is gone then."}, Yes: "Yes", No: "No", Do: func() { done++ }})
	c := window(t, q)
	test.Tap(q.begin)
	if !q.Asking() || q.begin.Visible() || !says(q, "It is gone then.") || c.Focused() != fyne.Focusable(q.no) {
		t.Error("not asked, with the keyboard on what changes nothing")
	}
	test.Tap(q.no)
	if q.Asking() || done != 0 || c.Focused() != fyne.Focusable(q.begin) {
		t.Error("a no is not a no")
	}
	test.Tap(q.begin)
	test.Tap(q.yes)
	if q.Asking() || done != 1 {
		t.Errorf("done %d times", done)
	}
}

func TestRevealScrollsToAPart(t *testing.T) {
	last := NewEntry("")
	tall := container.NewGridWrap(fyne.NewSize(100, 2000), widget.NewLabel(""))
	page := Page(tall, last)
	c := window(t)
	c.SetContent(page)
	Reveal(page, last)
	if y := fyne.CurrentApp().Driver().AbsolutePositionForObject(last).Y; y < 0 || y > c.Size().Height {
		t.Errorf("it is at %v of %v", y, c.Size().Height)
	}
	Reveal(page, tall)
	if offset := page.(*container.Scroll).Offset.Y; offset != 0 {
		t.Errorf("the first part is %v down", offset)
	}
	Reveal(tall, last) // does not scroll
}

func find(content fyne.CanvasObject, text string) *Button {
	for _, object := range test.LaidOutObjects(content) {
		if b, isButton := object.(*Button); isButton && b.Text == text {
			return b
		}
	}
	return nil
}

func says(content fyne.CanvasObject, text string) bool {
	return slices.ContainsFunc(test.LaidOutObjects(content), func(object fyne.CanvasObject) bool {
		label, isLabel := object.(*widget.Label)
		return isLabel && label.Text == text && label.Visible()
	})
}
