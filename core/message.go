package core

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"
)

// MaxDepth is how deeply a message's JSON may be nested.
const MaxDepth = 64

// Message is a delivery's query and body, read the same way whatever its
// Content-Type claims: CRMs label JSON as a form, or not at all.
type Message struct {
	// Params are the query's parameters, then form fields the query has no value for.
	Params url.Values
	// JSON is the decoded body: nil for a form or an empty body. Numbers are
	// json.Number, so ids keep every digit. Of equal names in an object the last wins.
	JSON any
	// Empty is set when the body held nothing but white space.
	Empty bool
}

// Read decodes the delivery. Its errors are Problems: delivery.not_utf8,
// delivery.malformed and delivery.too_deep.
func (d Delivery) Read() (Message, error) { return ReadMessage(d.Query, d.Body) }

// ReadMessage decodes a raw body and merges it with the query, which wins.
func ReadMessage(query url.Values, body []byte) (Message, error) {
	m := Message{Params: url.Values{}}
	for k, v := range query {
		m.Params[k] = v
	}
	body = bytes.TrimSpace(bytes.TrimPrefix(body, []byte("\ufeff")))
	m.Empty = len(body) == 0
	if !utf8.Valid(body) || !validValues(query) {
		return m, NewProblem("delivery.not_utf8", nil)
	}
	switch {
	case m.Empty:
		return m, nil
	case body[0] == '{' || body[0] == '[':
		value, err := decodeJSON(body)
		if err != nil {
			return m, err
		}
		m.JSON = value
		return m, nil
	default:
		form := ParseForm(string(body))
		if !validValues(form) {
			return m, NewProblem("delivery.not_utf8", nil)
		}
		for k, v := range form {
			if m.Params.Get(k) == "" {
				m.Params[k] = v
			}
		}
		return m, nil
	}
}

// ParseForm reads a form as browsers do (url.spec.whatwg.org, urlencoded parsing): every
// text is one. A semicolon stands for itself, and so does a percent sign that begins no
// escape, because CRMs may put values unencoded into the text an owner typed.
func ParseForm(text string) url.Values {
	form := url.Values{}
	for pair := range strings.SplitSeq(text, "&") {
		if pair == "" {
			continue
		}
		name, value, _ := strings.Cut(pair, "=")
		name = unescape(name)
		form[name] = append(form[name], unescape(value))
	}
	return form
}

func unescape(text string) string {
	plain, err := url.QueryUnescape(text)
	if err != nil {
		plain, _ = url.QueryUnescape(escapeLonePercents(text)) // cannot fail: every escape is whole
	}
	return plain
}

func escapeLonePercents(text string) string {
	var out strings.Builder
	for i := range len(text) {
		out.WriteByte(text[i])
		if text[i] == '%' && (i+2 >= len(text) || !isHex(text[i+1]) || !isHex(text[i+2])) {
			out.WriteString("25")
		}
	}
	return out.String()
}

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}

// Param is the first value of a parameter that is in the query, the form or the top
// level of a JSON object, as Text.
func (m Message) Param(name string) string {
	if v := plain(m.Params.Get(name)); v != "" {
		return v
	}
	if object, ok := m.JSON.(map[string]any); ok {
		return Text(object[name])
	}
	return ""
}

// Request is what the webhook's URL asks for. send_notification counts as yes for any
// value but none and "false", as WP Fusion reads it.
func (m Message) Request(action Action) Request {
	mail := m.Param("send_notification")
	return Request{
		Action: action,
		Role:   m.Param("role"),
		Mail:   mail != "" && !strings.EqualFold(mail, "false"),
	}
}

// Text is a JSON string or number as plain text, and "" for anything else. Space
// around it is cut off, and so are characters nobody types on purpose: NUL and other
// control characters except tab and newline, and marks that turn the direction of
// the text around them, which can make one name look like another.
func Text(v any) string {
	switch v := v.(type) {
	case string:
		return plain(v)
	case json.Number:
		return v.String()
	default:
		return ""
	}
}

func plain(s string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		switch {
		case r == '\t' || r == '\n':
			return r
		case unicode.IsControl(r), r >= '\u202a' && r <= '\u202e', r >= '\u2066' && r <= '\u2069':
			return -1
		default:
			return r
		}
	}, s))
}

func validValues(values url.Values) bool {
	for k, vs := range values {
		if !utf8.ValidString(k) {
			return false
		}
		for _, v := range vs {
			if !utf8.ValidString(v) {
				return false
			}
		}
	}
	return true
}

func decodeJSON(body []byte) (any, error) {
	if tooDeep(body) {
		return nil, NewProblem("delivery.too_deep", nil)
	}
	value, err := strictJSON(body)
	if err != nil {
		// Kartra's own documentation prints samples with trailing commas.
		if value, errAgain := strictJSON(dropTrailingCommas(body)); errAgain == nil {
			return value, nil
		}
		return nil, NewProblem("delivery.malformed", err)
	}
	return value, nil
}

func strictJSON(body []byte) (any, error) {
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.UseNumber()
	var value any
	if err := dec.Decode(&value); err != nil {
		return nil, err
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("more than one value")
	}
	return value, nil
}

func tooDeep(body []byte) bool {
	depth, deepest := 0, 0
	scanJSON(body, func(_ int, c byte) {
		switch c {
		case '{', '[':
			depth++
			deepest = max(deepest, depth)
		case '}', ']':
			depth--
		}
	})
	return deepest > MaxDepth
}

func dropTrailingCommas(body []byte) []byte {
	out := bytes.Clone(body)
	comma := -1
	scanJSON(body, func(i int, c byte) {
		switch c {
		case ' ', '\t', '\r', '\n':
			return
		case '}', ']':
			if comma >= 0 {
				out[comma] = ' '
			}
		}
		comma = -1
		if c == ',' {
			comma = i
		}
	})
	return out
}

// scanJSON calls visit with every byte of body that is not inside a string; a string
// shows as its opening quote alone.
func scanJSON(body []byte, visit func(i int, c byte)) {
	inString, escaped := false, false
	for i, c := range body {
		switch {
		case escaped:
			escaped = false
		case inString && c == '\\':
			escaped = true
		case inString:
			inString = c != '"'
		default:
			inString = c == '"'
			visit(i, c)
		}
	}
}
