package assets

import "embed"

//go:embed icons/app/*.svg icons/app/*.png icons/tray/*.png icons/glyph/*.svg
var icons embed.FS

// Translations holds translations/<language>.json. English is complete; what another language
// lacks is shown in English.
//
//go:embed translations
var Translations embed.FS

// Icon returns the icon of a file in icons/, such as "glyph/done.svg". It panics where there
// is none: the names are constants of the program.
func Icon(name string) []byte {
	content, err := icons.ReadFile("icons/" + name)
	if err != nil {
		panic(err)
	}
	return content
}
