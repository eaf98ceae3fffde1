package core

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func FuzzVisible(f *testing.F) {
	for _, seed := range []string{"Ann\u202e\n\xff", "\x1b]0;title\a", "e\u0301\u0301\u0301\u0301", "\u200b", "日本語\u3000x"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got := Visible(text)
		steers := func(r rune) bool { return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp) }
		if strings.ContainsFunc(got, steers) || !utf8.ValidString(got) {
			t.Errorf("%+q", got)
		}
		if again := Visible(got); again != got {
			t.Errorf("%+q becomes %+q", got, again)
		}
	})
}
