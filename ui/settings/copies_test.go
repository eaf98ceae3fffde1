package settings

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"usher/core"
	"usher/ui/look/looktest"
)

// copier is a program that writes copies, one after the other as settle lets it.
type copier struct {
	made []string
	err  error
}

func (c *copier) facts(f *fake) Facts {
	facts := facts()
	facts.Export = func(ctx context.Context, folder string, passphrase core.Secret, stop bool) (string, error) {
		f.begin(ctx)
		defer f.mu.Unlock()
		c.made = append(c.made, fmt.Sprint(folder, " ", passphrase.Reveal(), " ", stop))
		return folder + "/usher-move.usher", c.err
	}
	facts.Backup = func(ctx context.Context, folder string) (string, error) {
		f.begin(ctx)
		defer f.mu.Unlock()
		c.made = append(c.made, folder)
		return folder + "/usher-backup.db", c.err
	}
	return facts
}

// copying tests what a person does on the page for copies, who picks a folder when asked.
func copying(t *testing.T, do func(t *testing.T, s *Screen, c *copier)) {
	t.Helper()
	act(t, facts(), func(t *testing.T, _ *Screen, backend *fake, p *prefs, h *theHost) {
		c := &copier{}
		h.PickFolder = func(done func(string)) { done("/media/stick") }
		s := New(h.Stage, backend, p, c.facts(backend))
		h.Window.SetContent(s.Content())
		s.Update(full())
		s.Show("move")
		do(t, s, c)
	})
}

func TestMovingToAnotherComputer(t *testing.T) {
	copying(t, func(t *testing.T, s *Screen, c *copier) {
		write := func(first, second string) {
			s.copies.first.SetText(first)
			s.copies.second.SetText(second)
			test.Tap(looktest.Button(t, s.Content(), "Choose a folder and write the file"))
		}
		write("tööö shört", "")
		if shows(s, "It has to have at least 10 characters.") || !shows(s, "The two are not the same.") {
			t.Errorf("ten characters: %q", looktest.Drawn(s.Content()))
		}
		write("töö shört", "töö shört")
		if !shows(s, "It has to have at least 10 characters.") || shows(s, "The two are not the same.") {
			t.Errorf("shown: %q", looktest.Drawn(s.Content()))
		}
		write("correct horse", "correct house")
		if !shows(s, "The two are not the same.") || shows(s, "It has to have at least 10 characters.") || len(c.made) > 0 {
			t.Errorf("made %q, shown: %q", c.made, looktest.Drawn(s.Content()))
		}
		c.err = core.NewProblem("copy.not_written", nil)
		write("correct horse", " correct horse ")
		if !shows(s, "Writing the file. What is being written to your site is finished first.") || !s.copies.move.Disabled() {
			t.Error("nothing says that it is being written, or it can be begun twice")
		}
		settle(s)
		if !shows(s, core.AsProblem(c.err).Title) || s.copies.first.Text == "" {
			t.Errorf("shown: %q", looktest.Drawn(s.Content()))
		}
		c.err = nil
		test.Tap(looktest.Button(t, s.Content(), "Choose a folder and write the file"))
		settle(s)
		if !shows(s, "Written: /media/stick/usher-move.usher") || !shows(s, "Usher takes and writes nothing any more on this computer. Bring the file to the other one, and quit Usher here.") || s.copies.first.Text+s.copies.second.Text != "" {
			t.Errorf("shown: %q", looktest.Drawn(s.Content()))
		}
		s.copies.stop.SetChecked(false)
		write("correct horse", "correct horse")
		settle(s)
		if !shows(s, "Usher goes on here. If you move with this file, the other computer asks whether Usher is stopped on this one.") {
			t.Errorf("shown: %q", looktest.Drawn(s.Content()))
		}
		if want := []string{"/media/stick correct horse true", "/media/stick correct horse true", "/media/stick correct horse false"}; !slices.Equal(c.made, want) {
			t.Errorf("made %q", c.made)
		}
	})
}

func TestABackupIsSaved(t *testing.T) {
	copying(t, func(t *testing.T, s *Screen, c *copier) {
		c.err = core.NewProblem("backup.damaged", nil)
		save := func() {
			test.Tap(looktest.Button(t, s.Content(), "Choose a folder and save the back-up"))
			if !s.copies.save.Disabled() {
				t.Error("it can be begun twice")
			}
			settle(s)
		}
		if save(); !shows(s, core.AsProblem(c.err).Title) {
			t.Errorf("shown: %q", looktest.Drawn(s.Content()))
		}
		c.err = nil
		if save(); !shows(s, "Written: /media/stick/usher-backup.db") || !shows(s, "It was checked and can be put back. How that is done stands in Usher's manual under “restore”.") || !slices.Equal(c.made, []string{"/media/stick", "/media/stick"}) {
			t.Errorf("made %q, shown: %q", c.made, looktest.Drawn(s.Content()))
		}
	})
}

func TestPracticeIsNotCopied(t *testing.T) {
	f := facts()
	f.Practice = true
	act(t, f, func(t *testing.T, s *Screen, _ *fake, _ *prefs, _ *theHost) {
		s.Show("backup")
		if !shows(s, "Practice is thrown away when it ends: there is nothing to keep or to move.") || shows(s, "Save a back-up…") {
			t.Errorf("shown: %q", looktest.Drawn(s.Content()))
		}
	})
}

// To look at the page with an answer on it, see TestPictures.
func TestTheCopiesPageInASmallWindow(t *testing.T) {
	looktest.Pictures(t, "settings-copies-short", fyne.NewSize(640, 480), func(fyne.Canvas) fyne.CanvasObject {
		s := New(newHost(t).Stage, newFake(), &prefs{}, facts())
		s.Show("copies")
		s.copies.firstRow.SetProblem("It has to have at least 10 characters.")
		return s.Content()
	})
}
