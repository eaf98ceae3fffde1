package words

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestPlainNamesCannotBreakOrSpoofALine(t *testing.T) {
	for _, c := range []struct{ what, text, want string }{
		{"a name", "Ann Lee", "Ann Lee"},
		{"another script", "日本語 Ελένη", "日本語 Ελένη"},
		{"from right to left", "שלום", "שלום"},
		{"an accent of its own", "e\u0301", "e\u0301"},
		{"new lines and tabs", "Ann\nDone\t\r\nYou", "Ann Done You"},
		{"Unicode's line ends", "Ann\u2028Lee\u2029x\u0085y", "Ann Lee x y"},
		{"space around and within", "  Ann \u00a0\u3000 Lee ", "Ann Lee"},
		{"control characters", "A\x00n\x1b[31mn\x7f", "An[31mn"},
		{"direction overrides", "ann\u202egnp.exe\u202c", "anngnp.exe"},
		{"direction isolates and marks", "\u2066a\u2067n\u2068n\u2069\u200e\u200f\u061c", "ann"},
		{"no width", "a\u200bd\u200cm\u200di\u2060n\ufeff\u00ad", "admin"},
		{"fillers and selectors", "a\u3164\u115fb\ufe0fc\U000e0101", "abc"},
		{"tags", "a\U000e0041\U000e007f", "a"},
		{"private use", "a\ue000b", "ab"},
		{"marks in heaps", "a" + strings.Repeat("\u0301", 40) + "b", "a\u0301\u0301\u0301b"},
		{"marks in heaps, parted by what is not seen", "a" + strings.Repeat("\u0301\u200b", 40) + "b", "a\u0301\u0301\u0301b"},
		{"not Unicode", "a\xffb", "a\ufffdb"},
		{"nothing to see", "\u200b\u202e", ""},
	} {
		if got := Plain(c.text); got != c.want {
			t.Errorf("%s: %+q, want %+q", c.what, got, c.want)
		}
	}
}

func TestPlainNamesAreCut(t *testing.T) {
	exact := strings.Repeat("ä", mostInLine)
	if got := Plain(exact); got != exact {
		t.Error("a name that fits was cut")
	}
	if got := Plain(exact + "b"); got != exact+"…" {
		t.Errorf("cut to %d characters", utf8.RuneCountInString(got))
	}
}

func TestPlainTextKeepsItsLines(t *testing.T) {
	for _, c := range []struct{ what, text, want string }{
		{"indented", "{\n  \"a\": 1\r\n}", "{\n  \"a\": 1\n}"},
		{"a tab", "\ta", "    a"},
		{"hidden and turned", "a\u202eb\u200b\nc\x00", "ab\nc"},
		{"space at the end", "a   \nb", "a\nb"},
		{"too many lines", strings.Repeat("\n", mostLines+5), strings.Repeat("\n", mostLines) + "…"},
		{"a long line", strings.Repeat("x", mostInLine+1), strings.Repeat("x", mostInLine) + "\nx"},
		{"too long", strings.Repeat("xxxxxxx\n", mostInText/8) + "y", strings.TrimSuffix(strings.Repeat("xxxxxxx\n", mostLines), "\n") + "\n…"},
	} {
		if got := PlainText(c.text); got != c.want {
			t.Errorf("%s: %.80q, want %.80q", c.what, got, c.want)
		}
	}
}

func FuzzPlain(f *testing.F) {
	f.Add("Ann\u202e\n\xff")
	f.Fuzz(func(t *testing.T, text string) {
		got := Plain(text)
		if strings.ContainsAny(got, "\n\r\t\u202a\u202b\u202c\u202d\u202e\u2028\u2029") || !utf8.ValidString(got) || utf8.RuneCountInString(got) > mostInLine+1 {
			t.Errorf("%+q", got)
		}
		if again := Plain(got); again != got && !strings.HasSuffix(got, "…") {
			t.Errorf("%+q becomes %+q", got, again)
		}
	})
}
