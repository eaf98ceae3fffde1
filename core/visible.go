package core

import (
	"strings"
	"unicode"
)

// mostMarks is how many marks one letter keeps; more of them climb over the lines around it.
const mostMarks = 3

// Visible is a text that came from outside, as it may be shown on a line, whether in a window
// or on a terminal: without what is not seen by itself (control characters, and with them every
// command to a terminal; marks that turn the direction of what stands around them; characters
// without width), and with every kind of space, line ends too, written as a space.
func Visible(text string) string {
	marks := 0
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.In(r, unicode.Cc, unicode.Cf, unicode.Co, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector) && !unicode.IsSpace(r):
			return -1 // and the letter that marks are counted for stays the same
		case unicode.Is(unicode.M, r):
			if marks++; marks > mostMarks {
				return -1
			}
			return r
		}
		marks = 0
		if unicode.IsSpace(r) || unicode.Is(unicode.Z, r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(text, "\ufffd"))
}
