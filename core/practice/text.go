package practice

import (
	"fmt"
	"html"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// What WordPress does to text on its way into the database, measured. It never comes back as it went in
// when it holds & < > or %41: these are stored, and shown by REST, as &amp; &lt; &gt; and nothing.

var (
	legalLogin  = regexp.MustCompile(`^[A-Za-z0-9_.\-@]+( [A-Za-z0-9_.\-@]+)*$`)
	localPart   = regexp.MustCompile("^[a-zA-Z0-9!#$%&'*+/=?^_`{|}~.-]+$")
	domainLabel = regexp.MustCompile(`^[a-zA-Z0-9]([a-zA-Z0-9-]*[a-zA-Z0-9])?$`)

	scriptElement = regexp.MustCompile(`(?is)<script[^>]*>.*?</script>|<style[^>]*>.*?</style>`)
	anyTag        = regexp.MustCompile(`(?s)<!--.*?(?:-->|\z)|<(?:[^\s>][^>]*)?>`)
	tagOrAngle    = regexp.MustCompile(`(?s)<!--.*?-->|<[^>]*>|>`)
	tagName       = regexp.MustCompile(`^<\s*(/?)\s*([a-zA-Z0-9-]+)`)
	linkTarget    = regexp.MustCompile(`(?i)\shref\s*=\s*["']?([^"'\s>]+)`)
	whiteSpace    = regexp.MustCompile(`[\r\n\t ]+`)
	percentOctet  = regexp.MustCompile(`%[a-fA-F0-9]{2}`)
	controls      = regexp.MustCompile(`[\x00-\x08\x0b\x0c\x0e-\x1f]`)
	ampersand     = regexp.MustCompile(`&(?:#(0*[0-9]{1,7});|#[xX](0*[0-9a-fA-F]{1,6});|([a-zA-Z]{2,8}[0-9]{0,2});)?`)

	notInSlug   = regexp.MustCompile(`[^a-z0-9 _-]`)
	slugJoint   = regexp.MustCompile(`[ -]+`)
	notInURL    = regexp.MustCompile(`[^a-zA-Z0-9\-~+_.?#=!&;,/:%@$|*'()\[\]\x{80}-\x{10ffff}]`)
	schemeOfURL = regexp.MustCompile(`^([^:/?#]*):`)
)

// schemes are those a web address of a user may have, among a few nobody uses.
var schemes = []string{"http", "https", "ftp", "ftps", "mailto", "news", "irc", "tel", "sms", "xmpp"}

// commentTags are what a description may hold.
var commentTags = strings.Fields("a abbr acronym b blockquote cite code del em i q s strike strong")

// isEmail is WordPress's opinion: ASCII only, a dot in the domain, at least six characters.
func isEmail(text string) bool {
	local, domain, ok := strings.Cut(text, "@")
	if !ok || len(text) < 6 || !localPart.MatchString(local) || !strings.Contains(domain, ".") {
		return false
	}
	return !slices.ContainsFunc(strings.Split(domain, "."), func(label string) bool {
		return !domainLabel.MatchString(label)
	})
}

// stripText is one line of text without tags: what a name may be.
func stripText(text string) string {
	if strings.Contains(text, "<") {
		text = escapeLoose(text)
		text = scriptElement.ReplaceAllString(text, "")
		text = anyTag.ReplaceAllString(text, "")
	}
	text = trim(whiteSpace.ReplaceAllString(text, " "))
	before := text
	for percentOctet.MatchString(text) {
		text = percentOctet.ReplaceAllString(text, "")
	}
	if text != before {
		text = trim(whiteSpace.ReplaceAllString(text, " "))
	}
	return text
}

// trim is PHP's trim, which leaves Unicode's own spaces alone.
func trim(text string) string { return strings.Trim(text, " \t\n\r\x00\x0b") }

// nameText is how a name is stored.
func nameText(text string) string {
	text = keepTags(stripText(text))
	return strings.NewReplacer("<", "&lt;", ">", "&gt;").Replace(text)
}

// keepTags is how a description is stored: the tags comments may have, without attributes but a link's.
func keepTags(text string) string {
	text = escapeLoose(entities(controls.ReplaceAllString(text, "")))
	return tagOrAngle.ReplaceAllStringFunc(text, func(tag string) string {
		if tag == ">" {
			return "&gt;"
		}
		if strings.HasPrefix(tag, "<!--") {
			return tag
		}
		name := tagName.FindStringSubmatch(tag)
		if name == nil || !slices.Contains(commentTags, strings.ToLower(name[2])) {
			return ""
		}
		if href := linkTarget.FindStringSubmatch(tag); href != nil && strings.EqualFold(name[2], "a") {
			return `<a href="` + href[1] + `">`
		}
		return "<" + name[1] + name[2] + ">"
	})
}

// escapeLoose escapes every < that no > closes, with what follows it up to the next <.
func escapeLoose(text string) string {
	var b strings.Builder
	for {
		i := strings.IndexByte(text, '<')
		if i < 0 {
			b.WriteString(text)
			return b.String()
		}
		b.WriteString(text[:i])
		text = text[i:]
		end := strings.IndexAny(text[1:], "<>") + 1
		switch {
		case end > 0 && text[end] == '>':
			end++
			b.WriteString(text[:end])
		case end > 0:
			b.WriteString(escape(text[:end]))
		default:
			b.WriteString(escape(text))
			return b.String()
		}
		text = text[end:]
	}
}

func escape(text string) string {
	return strings.NewReplacer("<", "&lt;", ">", "&gt;", `"`, "&quot;", "'", "&#039;").Replace(entities(text))
}

// entities makes every & that does not begin a character reference into one.
func entities(text string) string {
	return ampersand.ReplaceAllStringFunc(text, func(found string) string {
		part := ampersand.FindStringSubmatch(found)
		switch {
		case part[1] != "":
			if n, ok := character(part[1], 10); ok {
				return fmt.Sprintf("&#%03d;", n)
			}
		case part[2] != "":
			if _, ok := character(part[2], 16); ok {
				return "&#x" + strings.TrimLeft(part[2], "0") + ";"
			}
		case part[3] != "":
			if html.UnescapeString(found) != found {
				return found
			}
		}
		return "&amp;" + found[1:]
	})
}

// character reads the number in a character reference, and whether there is such a character.
func character(digits string, base int) (rune, bool) {
	n, err := strconv.ParseInt(digits, base, 32)
	r := rune(n)
	return r, err == nil && (r == '\t' || r == '\n' || r == '\r' || r >= ' ' && utf8.ValidRune(r))
}

// slug is the name of a user in addresses.
func slug(text string) string {
	text = strings.NewReplacer(".", "-", "/", "-").Replace(strings.ToLower(text))
	return strings.Trim(slugJoint.ReplaceAllString(notInSlug.ReplaceAllString(text, ""), "-"), "-")
}

// webAddress is how an address is stored: http:// where no scheme is given, nothing where a bad one is.
func webAddress(text string) string {
	text = strings.ReplaceAll(strings.TrimLeft(text, " "), " ", "%20")
	text = notInURL.ReplaceAllString(text, "")
	if text == "" {
		return ""
	}
	if !strings.Contains(text, ":") && !strings.ContainsAny(text[:1], "/#?") {
		text = "http://" + text
	}
	scheme := schemeOfURL.FindStringSubmatch(text)
	if scheme == nil {
		return text
	}
	lower := strings.ToLower(scheme[1])
	if !slices.Contains(schemes, lower) {
		return ""
	}
	return lower + text[len(lower):]
}
