package look

import (
	"image/color"
	"maps"
	"math"
	"slices"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/theme"
)

// The least contrasts of WCAG 2.2 AA: success criteria 1.4.3 and 1.4.11.
const (
	forText     = 4.5
	forGraphics = 3.0
)

// grounds are what a page is drawn on.
var grounds = []fyne.ThemeColorName{
	theme.ColorNameBackground, ColorNameCard, theme.ColorNameMenuBackground, theme.ColorNameOverlayBackground,
}

// contrasts lists every pair that meets on the screen.
func contrasts() []contrastPair {
	pairs := []contrastPair{
		{theme.ColorNameForeground, theme.ColorNameButton, forText},
		{theme.ColorNameForeground, theme.ColorNameFocus, forText},
		{theme.ColorNameForeground, theme.ColorNameSelection, forText},
		{theme.ColorNameForeground, theme.ColorNameHeaderBackground, forText},
		{theme.ColorNameForeground, theme.ColorNameInputBackground, forText},
		{theme.ColorNamePlaceHolder, theme.ColorNameInputBackground, forText},
		{theme.ColorNameDisabled, theme.ColorNameInputBackground, forText},
		{theme.ColorNameDisabled, theme.ColorNameDisabledButton, forText},
		{theme.ColorNameForegroundOnPrimary, theme.ColorNamePrimary, forText},
		{theme.ColorNameForegroundOnSuccess, theme.ColorNameSuccess, forText},
		{theme.ColorNameForegroundOnWarning, theme.ColorNameWarning, forText},
		{theme.ColorNameForegroundOnError, theme.ColorNameError, forText},
		{ColorNameOnToast, ColorNameToast, forText},
		{ColorNameToast, theme.ColorNameBackground, forGraphics},
		{theme.ColorNamePrimary, ColorNameTrack, forGraphics},
		{theme.ColorNameInputBorder, theme.ColorNameInputBackground, forGraphics},
		{theme.ColorNamePrimary, theme.ColorNameInputBackground, forGraphics}, // a focused entry's border
		{ColorNameRing, theme.ColorNameButton, forGraphics},
	}
	for _, ground := range grounds {
		for _, text := range []fyne.ThemeColorName{
			theme.ColorNameForeground, theme.ColorNameDisabled, theme.ColorNamePlaceHolder, theme.ColorNameHyperlink, ColorNameMuted,
			theme.ColorNamePrimary, theme.ColorNameSuccess, theme.ColorNameWarning, theme.ColorNameError,
		} {
			pairs = append(pairs, contrastPair{text, ground, forText})
		}
		for _, graphic := range []fyne.ThemeColorName{
			ColorNameRing, theme.ColorNameFocus, theme.ColorNameInputBorder, theme.ColorNameScrollBar,
		} {
			pairs = append(pairs, contrastPair{graphic, ground, forGraphics})
		}
		for _, tone := range Tones {
			pairs = append(pairs, contrastPair{tone.Color(), ground, forText})
		}
	}
	for _, tone := range Tones {
		pairs = append(pairs,
			contrastPair{tone.Color(), tone.softColor(), forText},
			contrastPair{theme.ColorNameForeground, tone.softColor(), forText})
	}
	return pairs
}

type contrastPair struct {
	over, under fyne.ThemeColorName
	least       float64
}

func TestContrast(t *testing.T) {
	for name, colors := range map[string]palette{"light": light, "dark": dark} {
		for _, pair := range contrasts() {
			over, under := colors[pair.over], colors[pair.under]
			if over == nil || under == nil {
				t.Fatalf("%s: %s or %s is not in the palette", name, pair.over, pair.under)
			}
			if got := contrast(over, under); got < pair.least {
				t.Errorf("%s: %s on %s has a contrast of %.2f, want %.1f", name, pair.over, pair.under, got, pair.least)
			}
		}
	}
}

func TestContrastIsMeasuredAsWCAGDoes(t *testing.T) {
	for _, c := range []struct {
		over, under color.Color
		want        float64
	}{
		{rgb(0x000000), rgb(0xFFFFFF), 21},
		{rgb(0x777777), rgb(0xFFFFFF), 4.48},
		{rgba(0x000000, 0x80), rgb(0xFFFFFF), 3.98}, // half black on white is grey
	} {
		if got := contrast(c.over, c.under); math.Abs(got-c.want) > 0.05 {
			t.Errorf("contrast of %v on %v is %.2f, want %.2f", c.over, c.under, got, c.want)
		}
	}
}

func TestBothPalettesNameTheSameColors(t *testing.T) {
	if l, d := slices.Sorted(maps.Keys(light)), slices.Sorted(maps.Keys(dark)); !slices.Equal(l, d) {
		t.Errorf("light has %v, dark %v", l, d)
	}
}

func TestThemeFollowsTheDesktopUnlessForced(t *testing.T) {
	test.NewTempApp(t)
	for _, c := range []struct {
		brightness Brightness
		desktop    fyne.ThemeVariant
		want       palette
	}{
		{LikeDesktop, theme.VariantLight, light},
		{LikeDesktop, theme.VariantDark, dark},
		{Light, theme.VariantDark, light},
		{Dark, theme.VariantLight, dark},
		{"mauve", theme.VariantLight, light},
	} {
		if got := NewTheme(c.brightness).Color(theme.ColorNameBackground, c.desktop); got != c.want[theme.ColorNameBackground] {
			t.Errorf("brightness %q on a desktop of variant %d: background %v", c.brightness, c.desktop, got)
		}
	}
}

func TestThemeAnswersEveryName(t *testing.T) {
	test.AssertAllColorNamesDefined(t, NewTheme(LikeDesktop), "usher")
}

// contrast is WCAG's contrast ratio of a colour, translucent or not, laid on another.
func contrast(over, under color.Color) float64 {
	o, u := color.NRGBAModel.Convert(over).(color.NRGBA), color.NRGBAModel.Convert(under).(color.NRGBA)
	a := float64(o.A) / 255
	mix := func(over, under uint8) float64 { return a*float64(over) + (1-a)*float64(under) }
	lighter := luminance(mix(o.R, u.R), mix(o.G, u.G), mix(o.B, u.B))
	darker := luminance(float64(u.R), float64(u.G), float64(u.B))
	if lighter < darker {
		lighter, darker = darker, lighter
	}
	return (lighter + 0.05) / (darker + 0.05)
}

func luminance(r, g, b float64) float64 {
	linear := func(channel float64) float64 {
		if channel /= 255; channel <= 0.04045 {
			return channel / 12.92
		}
		return math.Pow((channel+0.055)/1.055, 2.4)
	}
	return 0.2126*linear(r) + 0.7152*linear(g) + 0.0722*linear(b)
}
