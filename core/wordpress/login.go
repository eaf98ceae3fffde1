package wordpress

import (
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

const (
	maxLogin        = 60 // more is user_login_too_long
	minNetworkLogin = 4
	fallbackLogin   = "user"
)

// LegalLogin turns an e-mail address or a wanted name into a user name WordPress takes:
// letters and digits of ASCII, space and _ . - @, 60 characters at most, never empty.
//
// Accents are dropped (é becomes e), quotes vanish, any other sign becomes a dot, so
// ann+shop@example.test becomes ann.shop@example.test. What is legal already stays as
// it is; two texts may become one name, which the site then reports as taken.
func LegalLogin(wanted string) string {
	var b strings.Builder
	for _, r := range norm.NFKD.String(wanted) {
		switch {
		case isAlphanumeric(r), strings.ContainsRune(legalSigns, r):
			b.WriteRune(r)
		case unicode.IsSpace(r):
			b.WriteByte(' ')
		case latin[r] != "":
			b.WriteString(latin[r])
		case unicode.Is(unicode.M, r), unicode.IsLetter(r), unicode.IsNumber(r), strings.ContainsRune(quotes, r), !unicode.IsPrint(r):
			// accents, other scripts, quotes
		default:
			b.WriteByte('.')
		}
	}
	return tidyLogin(b.String())
}

// NumberedLogin is base with a number behind it, for a base that is taken. It keeps to
// the same rules, and to NetworkLogin's if base does.
func NumberedLogin(base string, n int) string {
	number := strconv.Itoa(max(n, 0))
	base = LegalLogin(base)
	if room := maxLogin - len(number); len(base) > room {
		base = strings.TrimRight(base[:room], " ")
	}
	return base + number
}

// NetworkLogin is LegalLogin for a network of sites (multisite): a-z and 0-9 only, at
// least 4 characters, not only digits.
func NetworkLogin(wanted string) string {
	login := strings.Map(func(r rune) rune {
		if !isAlphanumeric(r) {
			return -1
		}
		return r
	}, strings.ToLower(LegalLogin(wanted)))
	if len(login) < minNetworkLogin || strings.Trim(login, "0123456789") == "" {
		login = fallbackLogin + login
	}
	return login[:min(len(login), maxLogin)]
}

const (
	legalSigns = "_.-@"
	quotes     = "'\"`’‘“”"
)

// latin are letters that do not decompose into a letter and an accent.
var latin = map[rune]string{
	'ß': "ss", 'æ': "ae", 'Æ': "AE", 'œ': "oe", 'Œ': "OE", 'ø': "o", 'Ø': "O", 'đ': "d", 'Đ': "D",
	'ð': "d", 'Ð': "D", 'þ': "th", 'Þ': "Th", 'ł': "l", 'Ł': "L", 'ı': "i",
}

func isAlphanumeric(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9'
}

// tidyLogin trims and collapses spaces as WordPress does, which refuses names it would
// have to change. A name without a letter or digit would leave no nicename.
func tidyLogin(login string) string {
	login = strings.Join(strings.Fields(login), " ")
	if len(login) > maxLogin {
		login = strings.TrimRight(login[:maxLogin], " ")
	}
	if !strings.ContainsFunc(login, isAlphanumeric) {
		return fallbackLogin
	}
	return login
}

// Login is the n-th choice, from 1, of a user name made of wanted: as it is, numbered,
// then by the stricter rules of a network of sites, which calls every other name taken
// and cannot be told beforehand.
func (c *Client) Login(wanted string, n int) string {
	switch {
	case n <= 1:
		return LegalLogin(wanted)
	case n == 2:
		return NumberedLogin(wanted, n)
	case n == 3:
		return NetworkLogin(wanted)
	default:
		return NumberedLogin(NetworkLogin(wanted), n)
	}
}
