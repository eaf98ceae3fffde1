package receiver

import (
	"bytes"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"usher/core"
)

const (
	keyParam = "access_key"
	// unmistakable is the length from which a key is taken out wherever its text
	// stands. A shorter one, such as WP Fusion's eight characters or a word somebody
	// chose, may also be part of a name or an address.
	unmistakable = 16
	// longestAction bounds what is kept of an action nobody knows.
	longestAction = 32
)

// keptHeaders are the request headers that help to understand a message. No other is
// stored: cookies, authorisation and every header invented later stay out.
var keptHeaders = []string{"Content-Type", "User-Agent"}

// cleaner takes an access key out of what is stored.
type cleaner struct {
	key string
	// spellings are the ways the key can stand in a text: as it is, in a URL, and as
	// PHP writes slashes in JSON. For the keys Usher makes they are the same.
	spellings []string
}

func newCleaner(key string) cleaner {
	all := []string{key, url.QueryEscape(key), strings.ReplaceAll(key, "/", `\/`)}
	return cleaner{key: key, spellings: slices.Compact(all)}
}

func (c cleaner) header(header http.Header) map[string][]string {
	kept := map[string][]string{}
	for _, name := range keptHeaders {
		for _, value := range header.Values(name) {
			kept[name] = append(kept[name], c.text(value))
		}
	}
	return kept
}

func (c cleaner) query(query url.Values) url.Values {
	clean := url.Values{}
	for name, values := range query {
		if name == keyParam {
			continue
		}
		name = c.text(name)
		for _, value := range values {
			clean[name] = append(clean[name], c.text(value))
		}
	}
	return clean
}

// action keeps an action that is a plain word. Any other may be anything somebody
// pasted, and stays in the query or body only.
func (c cleaner) action(action core.Action) core.Action {
	if action.Known() {
		return action
	}
	foreign := func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '_' && r != '-'
	}
	if len(action) > longestAction || strings.ContainsFunc(string(action), foreign) ||
		strings.Contains(string(action), strings.ToLower(c.key)) {
		return "unknown"
	}
	return action
}

func (c cleaner) text(text string) string {
	if len(c.key) < unmistakable {
		return text
	}
	for _, spelling := range c.spellings {
		text = strings.ReplaceAll(text, spelling, core.Hidden)
	}
	return text
}

// body leaves everything as it is but the value of every parameter or JSON member called
// access_key, and the key's own text where that cannot be taken for anything else, or
// where the body cannot be read.
func (c cleaner) body(body []byte) []byte {
	if text := bytes.TrimLeft(body, "\ufeff \t\r\n"); len(text) > 0 && (text[0] == '{' || text[0] == '[') {
		body = blankMembers(body)
	} else {
		body = blankPairs(body)
	}
	hidden := body
	for _, spelling := range c.spellings {
		if bytes.Contains(hidden, []byte(spelling)) {
			hidden = bytes.ReplaceAll(hidden, []byte(spelling), []byte(core.Hidden))
		}
	}
	if bytes.Equal(hidden, body) {
		return body
	}
	_, unreadable := core.ReadMessage(nil, body)
	_, damaged := core.ReadMessage(nil, hidden)
	if unreadable != nil || len(c.key) >= unmistakable && damaged == nil {
		return hidden
	}
	return body
}
