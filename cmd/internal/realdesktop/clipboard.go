package realdesktop

import (
	"strings"

	"usher/core/secrets/realkeyring"
)

// Clipboard is the text on the clipboard, empty if there is none. It goes with the program
// that put it there, as on any X display.
func (d *Desktop) Clipboard() string {
	out, err := d.run("xclip", "-out", "-selection", "clipboard")
	if err != nil {
		return "" // nobody has any
	}
	return string(out)
}

// SetClipboard puts a text on the clipboard, as a person does who copies it elsewhere.
func (d *Desktop) SetClipboard(text string) {
	d.tb.Helper()
	// In the foreground, where it holds the text until another program has the clipboard.
	holder := realkeyring.Command(d.tb, "xclip", "-quiet", "-in", "-selection", "clipboard")
	holder.Env, holder.Stdin = d.env, strings.NewReader(text)
	realkeyring.Own(d.tb, holder)
	d.Wait("the clipboard", func() bool { return d.Clipboard() == text })
}
