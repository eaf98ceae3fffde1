package people

import "usher/ui/look"

// Search returns to the list, with the keyboard on what is searched for.
func (s *Screen) Search() {
	s.back()
	look.FocusLater(s.stage.Window.Canvas(), s.text)
}
