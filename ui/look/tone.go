package look

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"usher/assets"
	"usher/core"
	"usher/ui/words"
)

// Tone is how a state looks: an icon of its own shape, and a colour.
type Tone int

// The tones. The first five are the states of a message, the others belong to checks and switches.
const (
	NoTone  Tone = iota
	Waiting      // its turn comes
	Done
	DoneWithNewer
	NeedsYou
	DidNotWork
	Pending // not begun
	Checking
	Skipped
	Paused
	Info
)

// Tones lists all that have a look.
var Tones = []Tone{Waiting, Done, DoneWithNewer, NeedsYou, DidNotWork, Pending, Checking, Skipped, Paused, Info}

var looks = map[Tone]struct {
	icon        string
	color, soft fyne.ThemeColorName
}{
	Waiting:       {"waiting", ColorNameWaiting, ColorNameWaitingSoft},
	Done:          {"done", ColorNameDone, ColorNameDoneSoft},
	DoneWithNewer: {"done-newer", ColorNameDone, ColorNameDoneSoft},
	NeedsYou:      {"needs-you", ColorNameNeedsYou, ColorNameNeedsYouSoft},
	DidNotWork:    {"did-not-work", ColorNameDidNotWork, ColorNameDidNotWorkSoft},
	Pending:       {"pending", ColorNameQuiet, ColorNameQuietSoft},
	Checking:      {"checking", ColorNameWaiting, ColorNameWaitingSoft},
	Skipped:       {"skipped", ColorNameQuiet, ColorNameQuietSoft},
	Paused:        {"paused", ColorNameQuiet, ColorNameQuietSoft},
	Info:          {"info", ColorNameWaiting, ColorNameWaitingSoft},
}

// Color names the tone's colour, for its icon and for text.
func (t Tone) Color() fyne.ThemeColorName { return looks[t].color }

func (t Tone) softColor() fyne.ThemeColorName { return looks[t].soft }

// Icon is the tone's icon in its colour; it follows the theme.
func (t Tone) Icon() fyne.Resource { return Glyph(looks[t].icon, t.Color()) }

// ToneOf is the tone of a message's state. One that a newer Usher knows waits.
func ToneOf(state core.State) Tone {
	switch state {
	case core.Applied:
		return Done
	case core.Merged:
		return DoneWithNewer
	case core.Held:
		return NeedsYou
	case core.Failed:
		return DidNotWork
	}
	return Waiting
}

// ToneOfStep is the tone of a step of a check.
func ToneOfStep(state core.StepState) Tone {
	switch state {
	case core.StepOK:
		return Done
	case core.StepProblem:
		return NeedsYou
	case core.StepSkipped:
		return Skipped
	}
	return Pending
}

// Glyph is the drawing assets/icons/glyph/<name>.svg in a colour of the theme.
func Glyph(name string, color fyne.ThemeColorName) fyne.Resource {
	drawing := fyne.NewStaticResource(name+".svg", assets.Icon("glyph/"+name+".svg"))
	return theme.NewColoredResource(drawing, color)
}

// StateIcon shows a tone by itself; a word should stand beside it.
func StateIcon(tone Tone) fyne.CanvasObject { return container.NewCenter(widget.NewIcon(tone.Icon())) }

// StateChip shows a message's state: icon and word.
func StateChip(state core.State) fyne.CanvasObject { return Chip(ToneOf(state), words.State(state)) }

// Chip shows a tone's icon and a word or two on a soft ground.
func Chip(tone Tone, text string) fyne.CanvasObject {
	icon := canvas.NewImageFromResource(tone.Icon())
	icon.FillMode = canvas.ImageFillContain
	icon.SetMinSize(fyne.NewSquareSize(theme.Size(theme.SizeNameText) + 1))
	return container.NewHBox(container.NewCenter(pill(tone, text, icon)))
}

// pill is text on a soft ground, after what icons there are.
func pill(tone Tone, text string, icons ...fyne.CanvasObject) fyne.CanvasObject {
	content := container.NewHBox(icons...)
	content.Add(newText(text, tone.Color(), theme.SizeNameCaptionText, fyne.TextStyle{Bold: true}))
	ground := newPanel(container.New(layout.NewCustomPaddedLayout(3, 3, 9, 10), content))
	ground.fill, ground.radius = tone.softColor(), SizeNameCardRadius
	return ground
}
