package receiver

import (
	"bytes"
	"encoding/json"
	"net/url"
	"strings"
)

// blankPairs empties the values called access_key in a form.
func blankPairs(body []byte) []byte {
	pairs := bytes.Split(body, []byte("&"))
	found := false
	for i, pair := range pairs {
		name, _, _ := bytes.Cut(pair, []byte("="))
		if plain, err := url.QueryUnescape(string(name)); err == nil && plain == keyParam {
			pairs[i] = []byte(keyParam + "=")
			found = true
		}
	}
	if !found {
		return body
	}
	return bytes.Join(pairs, []byte("&"))
}

// blankMembers empties the values called access_key in JSON, at any depth. It works on
// the text, so that all else stays byte for byte, trailing commas and damage included.
func blankMembers(body []byte) []byte {
	var out []byte
	done := 0 // body[:done] is in out
	for i := 0; i < len(body); {
		if body[i] != '"' {
			i++
			continue
		}
		start := i
		i = stringEnd(body, start)
		colon := skipSpace(body, i)
		if colon == len(body) || body[colon] != ':' || !isKeyName(body[start:i]) {
			continue
		}
		value := skipSpace(body, colon+1)
		i = valueEnd(body, value)
		out = append(append(out, body[done:value]...), `""`...)
		done = i
	}
	if out == nil {
		return body
	}
	return append(out, body[done:]...)
}

func isKeyName(quoted []byte) bool {
	if string(quoted) == `"`+keyParam+`"` {
		return true
	}
	var name string
	return bytes.IndexByte(quoted, '\\') >= 0 && json.Unmarshal(quoted, &name) == nil && name == keyParam
}

// stringEnd returns where the string that starts at i ends.
func stringEnd(body []byte, i int) int {
	for i++; i < len(body); i++ {
		switch body[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(body)
}

// valueEnd returns where the value that starts at i ends: before the comma or bracket
// that follows it.
func valueEnd(body []byte, i int) int {
	depth := 0
	for i < len(body) {
		switch body[i] {
		case '"':
			i = stringEnd(body, i)
			continue
		case '{', '[':
			depth++
		case '}', ']':
			if depth == 0 {
				return i
			}
			depth--
		case ',':
			if depth == 0 {
				return i
			}
		}
		i++
	}
	return i
}

func skipSpace(body []byte, i int) int {
	for i < len(body) && strings.IndexByte(" \t\r\n", body[i]) >= 0 {
		i++
	}
	return i
}
