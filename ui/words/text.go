package words

import (
	"encoding/json"
	"fmt"
	"strings"
	"text/template"

	"fyne.io/fyne/v2/lang"

	"usher/assets"
)

// T is the text of a key in the person's language. The pairs fill its placeholders: T("toast.sent",
// "Name", name) fills {{.Name}}. Keys and names are literals, so that a test can compare them with
// the texts. A number is written as [Number] does.
func T(key string, pairs ...any) string {
	english, known := texts[key]
	switch {
	case !known:
		return key // a test keeps this from happening
	case here.translated:
		return lang.X(key, english.other, fill(pairs))
	}
	return write(english.other, fill(pairs))
}

// N is the text of a key in the form for n things, with n as {{.N}}.
func N(key string, n int, pairs ...any) string {
	english, known := texts[key]
	data := fill(append(pairs, "N", n))
	switch {
	case !known:
		return key
	case here.translated:
		return lang.XN(key, english.other, n, data)
	case n == 1:
		return write(english.one, data)
	}
	return write(english.other, data)
}

// write fills a text that was parsed when it was loaded.
func write(text string, data map[string]any) string {
	var written strings.Builder
	if err := template.Must(template.New("").Parse(text)).Execute(&written, data); err != nil {
		return text
	}
	return written.String()
}

func fill(pairs []any) map[string]any {
	data := make(map[string]any, len(pairs)/2)
	for i := 0; i+1 < len(pairs); i += 2 {
		value := pairs[i+1]
		if n, isNumber := value.(int); isNumber {
			value = Number(n)
		}
		data[fmt.Sprint(pairs[i])] = value
	}
	return data
}

// texts are the English ones, which stand in where a language has none.
var texts = mustLoad()

func mustLoad() map[string]text {
	content, err := assets.Translations.ReadFile("translations/en.json")
	if err != nil {
		panic(err)
	}
	loaded, err := parse(content)
	if err != nil {
		panic(err)
	}
	if err := lang.AddTranslationsFS(assets.Translations, "translations"); err != nil {
		panic(err)
	}
	return loaded
}

// text is one entry of a translation file: a string, or {"one": …, "other": …}.
type text struct{ one, other string }

// UnmarshalJSON implements [json.Unmarshaler].
func (t *text) UnmarshalJSON(data []byte) error {
	if err := json.Unmarshal(data, &t.other); err == nil {
		return nil
	}
	var forms struct{ One, Other string }
	if err := json.Unmarshal(data, &forms); err != nil {
		return err
	}
	t.one, t.other = forms.One, forms.Other
	return nil
}

func parse(content []byte) (map[string]text, error) {
	var parsed map[string]text
	if err := json.Unmarshal(content, &parsed); err != nil {
		return nil, fmt.Errorf("read translations: %w", err)
	}
	for key, t := range parsed {
		for _, form := range t.forms() {
			if _, err := template.New(key).Parse(form); err != nil {
				return nil, fmt.Errorf("read translations: %w", err)
			}
		}
	}
	return parsed, nil
}

func (t text) forms() []string {
	if t.one == "" {
		return []string{t.other}
	}
	return []string{t.one, t.other}
}

// list reads a text of several words, such as the months.
func list(text string) []string { return strings.Fields(text) }
