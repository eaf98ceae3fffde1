package look

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
)

// Colours of Usher's own, beside the toolkit's. Each pair that meets on the screen is measured by
// TestContrast.
const (
	ColorNameCard     fyne.ThemeColorName = "usherCard"     // a card's ground
	ColorNameCardEdge fyne.ThemeColorName = "usherCardEdge" // around it: decoration only
	ColorNameRing     fyne.ThemeColorName = "usherRing"     // around what has the keyboard
	ColorNameMuted    fyne.ThemeColorName = "usherMuted"    // help and other second lines
	ColorNameTrack    fyne.ThemeColorName = "usherTrack"    // what a progress bar has not reached
	ColorNameToast    fyne.ThemeColorName = "usherToast"
	ColorNameOnToast  fyne.ThemeColorName = "usherOnToast"

	ColorNameDone           fyne.ThemeColorName = "usherDone"
	ColorNameDoneSoft       fyne.ThemeColorName = "usherDoneSoft"
	ColorNameWaiting        fyne.ThemeColorName = "usherWaiting"
	ColorNameWaitingSoft    fyne.ThemeColorName = "usherWaitingSoft"
	ColorNameNeedsYou       fyne.ThemeColorName = "usherNeedsYou"
	ColorNameNeedsYouSoft   fyne.ThemeColorName = "usherNeedsYouSoft"
	ColorNameDidNotWork     fyne.ThemeColorName = "usherDidNotWork"
	ColorNameDidNotWorkSoft fyne.ThemeColorName = "usherDidNotWorkSoft"
	ColorNameQuiet          fyne.ThemeColorName = "usherQuiet"
	ColorNameQuietSoft      fyne.ThemeColorName = "usherQuietSoft"
)

type palette map[fyne.ThemeColorName]color.Color

// Warm paper, ink and the indigo of the app's icon. Focus is the toolkit's fill behind a focused
// check, menu line or select; as text lies on it, it stands halfway between ground and ink.
var light = palette{
	theme.ColorNameBackground:          rgb(0xF7F5F1),
	theme.ColorNameForeground:          rgb(0x15171F),
	theme.ColorNamePlaceHolder:         rgb(0x5E6272),
	theme.ColorNameDisabled:            rgb(0x5E6272),
	theme.ColorNameButton:              rgb(0xE6E4DE),
	theme.ColorNameDisabledButton:      rgb(0xEEECE7),
	theme.ColorNameInputBackground:     rgb(0xFFFFFF),
	theme.ColorNameInputBorder:         rgb(0x858999),
	theme.ColorNameMenuBackground:      rgb(0xFFFFFF),
	theme.ColorNameOverlayBackground:   rgb(0xFFFFFF),
	theme.ColorNameHeaderBackground:    rgb(0xEFEDE8),
	theme.ColorNameSeparator:           rgb(0xDDDAD2),
	theme.ColorNamePrimary:             rgb(0x3F4DB8),
	theme.ColorNameForegroundOnPrimary: rgb(0xFFFFFF),
	theme.ColorNameHyperlink:           rgb(0x3846AE),
	theme.ColorNameFocus:               rgb(0x7C89D8),
	theme.ColorNameSelection:           rgb(0xCDD3F5),
	theme.ColorNameHover:               rgba(0x15171F, 0x14),
	theme.ColorNamePressed:             rgba(0x15171F, 0x2E),
	theme.ColorNameShadow:              rgba(0x000000, 0x26),
	theme.ColorNameScrollBar:           rgba(0x15171F, 0x99),
	theme.ColorNameScrollBarBackground: rgb(0xE6E4DE),
	theme.ColorNameSuccess:             rgb(0x1B6E41),
	theme.ColorNameForegroundOnSuccess: rgb(0xFFFFFF),
	theme.ColorNameWarning:             rgb(0x8A5200),
	theme.ColorNameForegroundOnWarning: rgb(0xFFFFFF),
	theme.ColorNameError:               rgb(0xB3261E),
	theme.ColorNameForegroundOnError:   rgb(0xFFFFFF),

	ColorNameCard:     rgb(0xFFFFFF),
	ColorNameCardEdge: rgb(0xDDDAD2),
	ColorNameRing:     rgb(0x3F4DB8),
	ColorNameMuted:    rgb(0x5E6272),
	ColorNameTrack:    rgb(0xDFDCD5),
	ColorNameToast:    rgb(0x262A3A),
	ColorNameOnToast:  rgb(0xFFFFFF),

	ColorNameDone:           rgb(0x1B6E41),
	ColorNameDoneSoft:       rgb(0xE0F2E6),
	ColorNameWaiting:        rgb(0x3F4DB8),
	ColorNameWaitingSoft:    rgb(0xE6E9FA),
	ColorNameNeedsYou:       rgb(0x8A5200),
	ColorNameNeedsYouSoft:   rgb(0xFCEED3),
	ColorNameDidNotWork:     rgb(0xB3261E),
	ColorNameDidNotWorkSoft: rgb(0xFBE4E1),
	ColorNameQuiet:          rgb(0x5E6272),
	ColorNameQuietSoft:      rgb(0xECEAE5),
}

var dark = palette{
	theme.ColorNameBackground:          rgb(0x14161F),
	theme.ColorNameForeground:          rgb(0xF1F2F7),
	theme.ColorNamePlaceHolder:         rgb(0xA9AEC0),
	theme.ColorNameDisabled:            rgb(0xA9AEC0),
	theme.ColorNameButton:              rgb(0x303547),
	theme.ColorNameDisabledButton:      rgb(0x232736),
	theme.ColorNameInputBackground:     rgb(0x10121A),
	theme.ColorNameInputBorder:         rgb(0x757B90),
	theme.ColorNameMenuBackground:      rgb(0x1E2230),
	theme.ColorNameOverlayBackground:   rgb(0x1E2230),
	theme.ColorNameHeaderBackground:    rgb(0x1A1D29),
	theme.ColorNameSeparator:           rgb(0x333849),
	theme.ColorNamePrimary:             rgb(0xA9B4FF),
	theme.ColorNameForegroundOnPrimary: rgb(0x141A45),
	theme.ColorNameHyperlink:           rgb(0xB4BDFF),
	theme.ColorNameFocus:               rgb(0x5D68B4),
	theme.ColorNameSelection:           rgb(0x3A4485),
	theme.ColorNameHover:               rgba(0xFFFFFF, 0x14),
	theme.ColorNamePressed:             rgba(0xFFFFFF, 0x2E),
	theme.ColorNameShadow:              rgba(0x000000, 0x80),
	theme.ColorNameScrollBar:           rgba(0xFFFFFF, 0x99),
	theme.ColorNameScrollBarBackground: rgb(0x232736),
	theme.ColorNameSuccess:             rgb(0x6FD99B),
	theme.ColorNameForegroundOnSuccess: rgb(0x06281A),
	theme.ColorNameWarning:             rgb(0xFFC35C),
	theme.ColorNameForegroundOnWarning: rgb(0x2C1A00),
	theme.ColorNameError:               rgb(0xFF9A90),
	theme.ColorNameForegroundOnError:   rgb(0x3A0906),

	ColorNameCard:     rgb(0x1E2230),
	ColorNameCardEdge: rgb(0x333849),
	ColorNameRing:     rgb(0xA9B4FF),
	ColorNameMuted:    rgb(0xA9AEC0),
	ColorNameTrack:    rgb(0x333849),
	ColorNameToast:    rgb(0xE9EAF2),
	ColorNameOnToast:  rgb(0x15171F),

	ColorNameDone:           rgb(0x6FD99B),
	ColorNameDoneSoft:       rgb(0x163526),
	ColorNameWaiting:        rgb(0xB4BDFF),
	ColorNameWaitingSoft:    rgb(0x2A305A),
	ColorNameNeedsYou:       rgb(0xFFC35C),
	ColorNameNeedsYouSoft:   rgb(0x3F2E0F),
	ColorNameDidNotWork:     rgb(0xFF9A90),
	ColorNameDidNotWorkSoft: rgb(0x47211F),
	ColorNameQuiet:          rgb(0xA9AEC0),
	ColorNameQuietSoft:      rgb(0x2A2F3F),
}

func rgb(hex uint32) color.Color { return rgba(hex, 0xFF) }

func rgba(hex uint32, alpha uint8) color.Color {
	return color.NRGBA{R: uint8(hex >> 16 & 0xFF), G: uint8(hex >> 8 & 0xFF), B: uint8(hex & 0xFF), A: alpha}
}
