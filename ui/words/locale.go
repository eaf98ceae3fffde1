package words

import (
	"io/fs"

	"fyne.io/fyne/v2/lang"
	"golang.org/x/text/language"
	"golang.org/x/text/message"

	"usher/assets"
)

// locale is how a place writes dates and numbers.
type locale struct {
	language, region string
	numbers          *message.Printer
	translated       bool // by a file of ours; the toolkit complains about every text of one it lacks
}

var here = newLocale(string(lang.SystemLocale()))

func newLocale(name string) locale {
	tag := language.Make(name)
	base, _, region := tag.Raw() // as said, not as guessed: English without a region is not American
	_, err := fs.Stat(assets.Translations, "translations/"+base.String()+".json")
	return locale{
		language: base.String(), region: region.String(),
		numbers: message.NewPrinter(tag), translated: err == nil && base.String() != "en",
	}
}

// Number is n with the thousands set apart as the person's language does: "12,345".
func Number(n int) string { return here.numbers.Sprint(n) }
