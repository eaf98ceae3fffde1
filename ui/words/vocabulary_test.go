package words

import (
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"
)

// forbidden are words the screen never says, with what it says instead.
var forbidden = map[string]string{
	// Words of the code.
	`notices?`:                     "message",
	`link(s|ed)?`:                  "user (for the domain word), or open, page, URL",
	`deliver(y|ies)`:               "message",
	`journal`:                      "Activity",
	`lanes?`:                       "nothing: it is how Usher works, not what it does",
	`tunnels?`:                     "reachable from the internet",
	`coalesced?`:                   "Done with a newer message",
	`merged?`:                      "Done with a newer message",
	`queued?`:                      "Waiting",
	`applied`:                      "Done",
	`held`:                         "Needs you",
	`failed`:                       "Didn't work",
	`previews?`:                    "Ask me first",
	`contacts?`:                    "person in …",
	`access keys?`:                 "secret part of the URL",
	`keyrings?`:                    "its name on this system",
	`CRM accounts?`:                "the CRM, by its name",
	`(helper|Usher) plugin`:        "Usher helper",
	`payloads?|endpoints?|nonce`:   "message, URL",
	`intents?|outcomes?|adapters?`: "nothing: they are words of the code",
	`privileged|protected`:         "has admin rights",
	`usherd|command line|terminal`: "the button that does it",
	// Words that blame, shout or say nothing.
	`please`:                       "the imperative alone",
	`errors?( occurred)?`:          "what is wrong, and what to do",
	`oops|whoops|sorry`:            "what is wrong, and what to do",
	`invalid|illegal`:              "what is expected",
	`success(fully)?`:              "what was done",
	`unable to|could not be`:       "cannot, or what is wrong",
	`abort(ed)?|kill(ed)?|execute`: "stop, do",
}

var placeholder = regexp.MustCompile(`\{\{.*?\}\}`)

func TestTextsKeepToTheVocabulary(t *testing.T) {
	for key, text := range texts {
		for _, form := range text.forms() {
			if word, instead := breach(form); word != "" {
				t.Errorf("%s: %q says %q; say: %s", key, form, word, instead)
			}
		}
	}
}

func TestTheVocabularyIsKept(t *testing.T) {
	for text, want := range map[string]string{
		"A delivery came.":                   "delivery",
		"Open the links.":                    "links",
		"Two contacts wait.":                 "contacts",
		"An error occurred.":                 "error occurred",
		"PLEASE wait.":                       "PLEASE",
		"Tunnels":                            "Tunnels",
		"contact_id=[Contact ID] is missing": "", // as the CRM prints it
		"{{.Contact}} was updated.":          "", // filled, never seen
		"The blinking light":                 "",
		"Mail was withheld":                  "",
	} {
		if got, _ := breach(text); got != want {
			t.Errorf("in %q found %q, want %q", text, got, want)
		}
	}
}

// breach finds the first forbidden word of a text.
func breach(text string) (word, instead string) {
	text = placeholder.ReplaceAllString(text, "…")
	text = strings.ReplaceAll(text, "[Contact ID]", "…")
	for pattern, instead := range forbidden {
		if word := regexp.MustCompile(`(?i)\b(` + pattern + `)\b`).FindString(text); word != "" {
			return word, instead
		}
	}
	return "", ""
}

func TestTextsAreWrittenEvenly(t *testing.T) {
	for key, text := range texts {
		for _, form := range text.forms() {
			if wrong := uneven(key, form); wrong != "" {
				t.Errorf("%s: %q %s", key, form, wrong)
			}
		}
	}
}

func TestUnevenTextsAreFound(t *testing.T) {
	for _, c := range []struct{ key, text, wrong string }{
		{"a.title", "Two sites", ""},
		{"a.title", "Which site?", ""},
		{"a.title", "Two sites.", "ends like a sentence, but is not one by its key"},
		{"a.title", "Sites. And more", "holds several sentences; end its key in .text, .help or .line"},
		{"a.text", "Two sites.", ""},
		{"a.help", "Which one?", ""},
		{"a.line", "Connecting…", ""},
		{"a.text", "Two sites", "is a sentence without its end"},
		{"a.text", "{{.Problem}}", ""},
		{"a.title", "READ this", "shouts"},
		{"a.title", "The CRM's URL", ""},
		{"a.title", "", "is empty"},
		{"a.title", " Two", "has space around it"},
		{"a.title", "Two  sites", "has space around it"},
		{"a.title", strings.Repeat("long ", 20) + "title", "is too long for a title"},
	} {
		if got := uneven(c.key, c.text); got != c.wrong {
			t.Errorf("%s %q: %q, want %q", c.key, c.text, got, c.wrong)
		}
	}
}

var (
	shout     = regexp.MustCompile(`\b[A-Z]{2,}\b`)
	mayShout  = regexp.MustCompile(`\b(CRM|URL|ID|PHP|JSON|API|US)\b`)
	sentences = regexp.MustCompile(`\.(text|help|line)$`)
	ends      = regexp.MustCompile(`([.?!…:]|\{\{[^}]*\}\})$`)
)

// uneven says what is wrong with how a text is written. Keys of sentences end in .text (in a page),
// .help (under a field) or .line (alone on a line); all others are titles, labels and buttons.
func uneven(key, text string) string {
	switch visible := placeholder.ReplaceAllString(text, "x"); {
	case text == "":
		return "is empty"
	case strings.TrimSpace(text) != text || strings.Contains(text, "  "):
		return "has space around it"
	case shout.MatchString(mayShout.ReplaceAllString(visible, "")):
		return "shouts"
	case sentences.MatchString(key):
		if !ends.MatchString(text) {
			return "is a sentence without its end"
		}
	case strings.Contains(visible, ". "):
		return "holds several sentences; end its key in .text, .help or .line"
	case strings.HasSuffix(visible, "."):
		return "ends like a sentence, but is not one by its key"
	case utf8.RuneCountInString(visible) > 70:
		return "is too long for a title"
	}
	return ""
}
