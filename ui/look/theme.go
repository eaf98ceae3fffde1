package look

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
)

// Brightness says whether Usher is light or dark. Any other value than the two follows the desktop.
type Brightness string

// The choices of brightness.
const (
	LikeDesktop Brightness = ""
	Light       Brightness = "light"
	Dark        Brightness = "dark"
)

// NewTheme makes Usher's theme.
func NewTheme(b Brightness) fyne.Theme { return usherTheme{brightness: b} }

type usherTheme struct{ brightness Brightness }

// Color implements [fyne.Theme]. A name Usher does not know is answered by the toolkit.
func (t usherTheme) Color(name fyne.ThemeColorName, variant fyne.ThemeVariant) color.Color {
	switch t.brightness {
	case Light:
		variant = theme.VariantLight
	case Dark:
		variant = theme.VariantDark
	}
	palette := dark
	if variant == theme.VariantLight {
		palette = light
	}
	if c, known := palette[name]; known {
		return c
	}
	return theme.DefaultTheme().Color(name, variant)
}

// Font implements [fyne.Theme].
func (t usherTheme) Font(style fyne.TextStyle) fyne.Resource { return theme.DefaultTheme().Font(style) }

// Icon implements [fyne.Theme].
func (t usherTheme) Icon(name fyne.ThemeIconName) fyne.Resource {
	return theme.DefaultTheme().Icon(name)
}

// Sizes of Usher's own, beside the toolkit's.
const (
	SizeNameGap        fyne.ThemeSizeName = "usherGap"        // between the parts of a page
	SizeNameCardInset  fyne.ThemeSizeName = "usherCardInset"  // between a card's edge and its content
	SizeNameCardRadius fyne.ThemeSizeName = "usherCardRadius" // of a card's corners
	SizeNameBigIcon    fyne.ThemeSizeName = "usherBigIcon"    // of an empty state
)

var sizes = map[fyne.ThemeSizeName]float32{
	theme.SizeNameText:            14,
	theme.SizeNameCaptionText:     12,
	theme.SizeNameSubHeadingText:  16,
	theme.SizeNameHeadingText:     23,
	theme.SizeNameInlineIcon:      20,
	theme.SizeNamePadding:         4,
	theme.SizeNameInnerPadding:    8,
	theme.SizeNameInputBorder:     1,
	theme.SizeNameInputRadius:     7,
	theme.SizeNameSelectionRadius: 5,
	theme.SizeNameScrollBar:       12,
	theme.SizeNameScrollBarSmall:  4,
	SizeNameGap:                   16,
	SizeNameCardInset:             14,
	SizeNameCardRadius:            12,
	SizeNameBigIcon:               72,
}

// Size implements [fyne.Theme], in device-independent pixels.
func (t usherTheme) Size(name fyne.ThemeSizeName) float32 {
	if size, known := sizes[name]; known {
		return size
	}
	return theme.DefaultTheme().Size(name)
}
