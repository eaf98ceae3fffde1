package store

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"

	"usher/core"
)

// search finds deliveries by a text. Most are passed by a look at what is stored of them, for
// reading a hundred thousand of them takes seconds.
type search struct {
	text        string          // in small letters
	stored      []byte          // as it is written in JSON, in small letters
	connections map[string]bool // ids, and whether the name has the text
	codes       [][]byte        // of problems that say it
}

// newSearch is nil for a text that asks for nothing.
func newSearch(text string, config *Config) *search {
	text = strings.ToLower(strings.TrimSpace(text))
	if text == "" {
		return nil
	}
	quoted, err := json.Marshal(text)
	if err != nil {
		return nil // no text has an error
	}
	s := &search{text: text, stored: bytes.ToLower(quoted[1 : len(quoted)-1]), connections: map[string]bool{}}
	for id, conn := range config.Connections {
		s.connections[id] = strings.Contains(strings.ToLower(conn.Name), text)
	}
	for _, code := range core.ProblemCodes() {
		if strings.Contains(strings.ToLower(core.NewProblem(code, nil).Title), text) {
			s.codes = append(s.codes, []byte(`"`+code+`"`))
		}
	}
	return s
}

// passes reports whether a delivery is certain not to have the text, by its sequence number,
// its header and its fate as they are stored.
func (s *search) passes(seq uint64, head, stored []byte) bool {
	switch {
	case stored == nil, bytes.Contains(stored, []byte(`"work":"`)): // its problem is kept elsewhere
		return false
	case bytes.Contains(bytes.ToLower(stored), s.stored), strings.Contains(core.FormatID(seq), s.text):
		return false
	}
	for _, code := range s.codes {
		if bytes.Contains(stored, code) {
			return false
		}
	}
	for id, named := range s.connections {
		if named && bytes.Contains(head, []byte(`"`+id+`"`)) {
			return false
		}
	}
	return true
}

// finds reports whether a delivery has the text: in the person, the connection's name, its
// number, or in what is wrong with it.
func (s *search) finds(r core.Record) bool {
	parts := []string{r.Contact, r.Connection, core.FormatID(r.Seq)}
	if r.Problem != nil {
		parts = append(parts, r.Problem.Title, r.Problem.Detail)
	}
	return slices.ContainsFunc(parts, func(part string) bool { return strings.Contains(strings.ToLower(part), s.text) })
}
