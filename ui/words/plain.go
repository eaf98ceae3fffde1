package words

import (
	"slices"
	"strings"

	"usher/core"
)

// What is shown at most of a text that came from outside, in characters and in lines. No name is
// longer, and the toolkit draws every line of a text, seen or not.
const (
	mostInLine = 200
	mostInText = 32 << 10
	mostLines  = 600
)

// Plain is a text that came from outside, such as a person's name, made safe to show on a line: it
// cannot break the line, turn the direction of what stands around it, hide characters or draw
// over its neighbours, and it is cut where it is too long for any name.
func Plain(text string) string {
	return shorten(strings.Join(strings.Fields(core.Visible(text)), " "), mostInLine)
}

// PlainText is as Plain for a text of several lines, whose lines and indents stay. Long lines
// are broken: the toolkit takes seconds to find the breaks in one of some thousand characters.
func PlainText(text string) string {
	var lines []string
	for line := range strings.SplitSeq(strings.ReplaceAll(shorten(text, mostInText), "\r\n", "\n"), "\n") {
		line = strings.TrimRight(core.Visible(strings.ReplaceAll(line, "\t", "    ")), " ")
		for piece := range slices.Chunk([]rune(line), mostInLine) {
			lines = append(lines, string(piece))
		}
		if line == "" {
			lines = append(lines, "")
		}
		if len(lines) > mostLines {
			lines = append(lines[:mostLines], "…")
			break
		}
	}
	return strings.Join(lines, "\n")
}

func shorten(text string, most int) string {
	count := 0
	for i := range text {
		if count++; count > most {
			return strings.TrimRight(text[:i], " ") + "…"
		}
	}
	return text
}
