package opening

import (
	"slices"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
	"go.uber.org/goleak"

	"usher/core"
	"usher/ui/look"
	"usher/ui/look/looktest"
	"usher/ui/stage"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// shown puts a page into a window.
func shown(t *testing.T, build func(fyne.Canvas) fyne.CanvasObject) fyne.Window {
	t.Helper()
	test.NewTempApp(t).Settings().SetTheme(look.NewTheme(look.Light))
	w := test.NewWindow(nil)
	t.Cleanup(w.Close)
	w.SetContent(build(w.Canvas()))
	w.Resize(fyne.NewSize(640, 480))
	return w
}

// entries are those on a page, from top to bottom.
func entries(w fyne.Window) (all []*look.Entry) {
	for _, object := range test.LaidOutObjects(w.Content()) {
		if e, isEntry := object.(*look.Entry); isEntry {
			all = append(all, e)
		}
	}
	return all
}

func enter(e *look.Entry) { e.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn}) }

func TestATroubleOffersWhatHelps(t *testing.T) {
	var done []string
	does := func(what string) func() { return func() { done = append(done, what) } }
	trouble := core.Trouble{Title: "No keyring here", Fix: "Do without"}
	w := shown(t, func(fyne.Canvas) fyne.CanvasObject {
		return Trouble(trouble, Answers{Again: does("again"), File: does("file"), Restore: does("restore"), Anew: does("anew"), Quit: does("quit")})
	})
	for _, button := range []string{"Use a sealed file", "Put a back-up back", "Try again", "Set it aside and begin anew", "Quit"} {
		test.Tap(looktest.Button(t, w.Content(), button))
	}
	if want := []string{"file", "restore", "again", "anew", "quit"}; !slices.Equal(done, want) {
		t.Errorf("done %q", done)
	}
	if !looktest.Shows(w.Content(), "No keyring here") {
		t.Errorf("it shows %q", looktest.Drawn(w.Content()))
	}

	w = shown(t, func(fyne.Canvas) fyne.CanvasObject { return Trouble(trouble, Answers{}) })
	if buttons := looktest.Buttons(w.Content()); len(buttons) > 0 || !looktest.Shows(w.Content(), "Do without") {
		t.Errorf("it shows %q with %d buttons", looktest.Drawn(w.Content()), len(buttons))
	}
}

func TestAPassphraseIsAskedFor(t *testing.T) {
	given := ""
	w := shown(t, func(c fyne.Canvas) fyne.CanvasObject {
		return Ask(c, false, func(p core.Secret) { given = p.Reveal() }, func() {})
	})
	entry := entries(w)[0]
	if !entry.Password {
		t.Error("it can be read")
	}
	enter(entry)
	if given != "" || !looktest.Shows(w.Content(), "Type the passphrase first.") {
		t.Errorf("given %q, it shows %q", given, looktest.Drawn(w.Content()))
	}
	test.Type(entry, "correct horse")
	enter(entry)
	if given != "correct horse" {
		t.Errorf("given %q", given)
	}
	const wrong = "This passphrase does not open the file. Try once more."
	if looktest.Shows(w.Content(), wrong) {
		t.Error("nothing was wrong yet")
	}
	w = shown(t, func(c fyne.Canvas) fyne.CanvasObject { return Ask(c, true, func(core.Secret) {}, func() {}) })
	if !looktest.Shows(w.Content(), wrong) {
		t.Errorf("it shows %q", looktest.Drawn(w.Content()))
	}
}

func TestANewPassphraseIsLongAndTypedTwice(t *testing.T) {
	for name, c := range map[string]struct{ first, second, says string }{
		"short":  {"123456789", "123456789", "It has to have at least 10 characters."},
		"slip":   {"1234567890", "1234567891", "The two are not the same."},
		"umlaut": {"ääääääääää", "ääääääääää", ""},
		"nine":   {"äääääääää", "äääääääää", "It has to have at least 10 characters."},
	} {
		given := ""
		w := shown(t, func(canvas fyne.Canvas) fyne.CanvasObject {
			return Choose(canvas, func(p core.Secret) { given = p.Reveal() }, func() {})
		})
		both := entries(w)
		test.Type(both[0], c.first)
		enter(both[0])
		if w.Canvas().Focused() != both[1] {
			t.Errorf("%s: Enter does not lead on", name)
		}
		test.Type(both[1], c.second)
		test.Tap(looktest.Button(t, w.Content(), "Begin"))
		if c.says == "" && given != c.first {
			t.Errorf("%s: given %q, it shows %q", name, given, looktest.Drawn(w.Content()))
		}
		if c.says != "" && (given != "" || !looktest.Shows(w.Content(), c.says)) {
			t.Errorf("%s: given %q, it shows %q", name, given, looktest.Drawn(w.Content()))
		}
	}
}

func TestPictures(t *testing.T) {
	size := fyne.NewSize(640, 480)
	looktest.Pictures(t, "opening-trouble", size, func(fyne.Canvas) fyne.CanvasObject {
		return Trouble(core.NewProblem("keyring.unavailable", nil).Trouble(""), Answers{Again: func() {}, File: func() {}, Quit: func() {}})
	})
	looktest.Pictures(t, "opening-damaged", size, func(fyne.Canvas) fyne.CanvasObject {
		damaged := core.NewProblem("store.damaged", nil).Trouble("")
		damaged.Fix = stage.Advice(damaged)
		return Trouble(damaged, Answers{Restore: func() {}, Again: func() {}, Anew: func() {}, Quit: func() {}})
	})
	looktest.Pictures(t, "opening-arrived", size, func(fyne.Canvas) fyne.CanvasObject { return Arrived(2, 14, false, func(bool) {}) })
	looktest.Pictures(t, "opening-choose", size, func(c fyne.Canvas) fyne.CanvasObject {
		return Choose(c, func(core.Secret) {}, func() {})
	})
	looktest.Pictures(t, "opening-stopping", size, func(fyne.Canvas) fyne.CanvasObject { return Stopping() })
	looktest.Pictures(t, "opening-busy", size, func(fyne.Canvas) fyne.CanvasObject { return Busy("Opening Usher…") })
}

func TestAnUsherThatArrived(t *testing.T) {
	var begun []bool
	begin := func(now bool) { begun = append(begun, now) }
	w := shown(t, func(fyne.Canvas) fyne.CanvasObject { return Arrived(2, 1, true, begin) })
	if !looktest.Shows(w.Content(), "2 connections came along") || !looktest.Shows(w.Content(), "1 message waits and is done now. Delete the file once you see that all is well: it holds your passwords.") {
		t.Errorf("it shows %q", looktest.Drawn(w.Content()))
	}
	test.Tap(looktest.Button(t, w.Content(), "Open Usher"))
	w = shown(t, func(fyne.Canvas) fyne.CanvasObject { return Arrived(2, 1, false, begin) })
	if !looktest.Shows(w.Content(), "Is Usher stopped on the old computer? It was not when the file was made, and two that write to your site get in each other's way. Quit it there first.") {
		t.Errorf("it shows %q", looktest.Drawn(w.Content()))
	}
	test.Tap(looktest.Button(t, w.Content(), "It is stopped there: begin here"))
	test.Tap(looktest.Button(t, w.Content(), "Open Usher, but write nothing yet"))
	if len(begun) != 3 || !begun[0] || !begun[1] || begun[2] {
		t.Errorf("begun %v", begun)
	}
}
