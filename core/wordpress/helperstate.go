package wordpress

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"usher/core"
)

// helperState is a user as the helper tells it.
type helperState struct {
	ID          int64                `json:"id"`
	Login       string               `json:"login"`
	Email       string               `json:"email"`
	Name        string               `json:"name"`
	FirstName   string               `json:"first_name"`
	LastName    string               `json:"last_name"`
	Nickname    string               `json:"nickname"`
	URL         string               `json:"url"`
	Description string               `json:"description"`
	Locale      string               `json:"locale"`
	Roles       []string             `json:"roles"`
	Meta        map[string]metaValue `json:"meta"`
	Hash        string               `json:"hash"`
}

var hashes = regexp.MustCompile(`^[0-9a-f]{64}$`)

// user is the state in Usher's words, checked to tell of what the item asked for.
func (s *helperState) user(item helperItem) (core.User, error) {
	if s == nil || s.ID <= 0 || s.Login == "" || !hashes.MatchString(s.Hash) {
		return core.User{}, brokenAnswer(errors.New("a state without id, name or hash"))
	}
	if s.tellsOther(item) {
		return core.User{}, brokenAnswer(errors.New("other user meta than asked for"))
	}
	keys := item.named()
	user := core.User{
		ID: s.ID, Login: s.Login, Email: s.Email,
		Fields: core.Fields{
			"first_name": plain(s.FirstName), "last_name": plain(s.LastName), "name": plain(s.Name),
			"nickname": plain(s.Nickname), "url": plain(s.URL), "description": plain(s.Description), "locale": s.Locale,
		},
		Roles: s.Roles, Meta: map[string]string{}, State: stateName(s.Hash, keys),
	}
	if item.crm != "" {
		user.Mark = s.mark(item.crm)
		keys = slices.DeleteFunc(keys, func(key string) bool { return key == contactKey(item.crm) || key == tagsKey(item.crm) })
	}
	for _, key := range keys {
		if value := s.Meta[key]; value.kind != metaMissing {
			user.Meta[key] = value.String()
		}
	}
	return user, nil
}

// tellsOther reports whether the state is of other user meta than the item asked for.
func (s *helperState) tellsOther(item helperItem) bool {
	return s != nil && !slices.Equal(slices.Sorted(maps.Keys(s.Meta)), item.named())
}

// mark reads what should be a text and a list; anything else equals nothing, and so will
// be written as it should be.
func (s *helperState) mark(crm string) *core.Mark {
	mark := &core.Mark{CRM: crm}
	switch contact := s.Meta[contactKey(crm)]; contact.kind {
	case metaText:
		mark.ContactID = contact.texts[0]
	case metaMissing:
	default:
		mark.ContactID = contact.odd()
	}
	switch tags := s.Meta[tagsKey(crm)]; tags.kind {
	case metaList:
		mark.Tags = tags.texts
	case metaMissing:
	default:
		mark.Tags = []string{tags.odd()}
	}
	return mark
}

// A core.User's State is the helper's hash and, as the hash depends on them, the keys of
// the user meta it was made over.

func stateName(hash string, keys []string) string {
	return strings.Join(append([]string{hash}, keys...), " ")
}

// stateParts undoes stateName.
func stateParts(state string) (hash string, keys []string) {
	parts := strings.Fields(state)
	if len(parts) == 0 {
		return "", nil
	}
	return parts[0], parts[1:]
}

type metaKind int

const (
	metaMissing metaKind = iota
	metaText
	metaList
	metaOther // what PHP programs keep: numbers, maps, objects
)

// metaValue is the value of a user meta.
type metaValue struct {
	kind  metaKind
	texts []string // one for a text
	raw   []byte   // as it came
}

// UnmarshalJSON implements json.Unmarshaler.
func (m *metaValue) UnmarshalJSON(data []byte) error {
	*m = metaValue{kind: metaOther, raw: slices.Clone(data)}
	var text string
	switch {
	case string(data) == "null":
		m.kind = metaMissing
	case json.Unmarshal(data, &text) == nil:
		m.kind, m.texts = metaText, []string{text}
	case json.Unmarshal(data, &m.texts) == nil:
		m.kind = metaList
	}
	return nil
}

// String is the value as people see it, without what WordPress does to a "<".
func (m metaValue) String() string {
	if m.kind == metaOther {
		return m.odd()
	}
	return plain(strings.Join(m.texts, ", "))
}

// odd stands for a value of an unexpected shape and is different for different ones.
func (m metaValue) odd() string {
	return fmt.Sprintf("(another program's data, %.6x)", sha256.Sum256(m.raw))
}

var (
	legalMeta     = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_.:-]{0,189}$`)
	protectedMeta = regexp.MustCompile(`(?i)capabilities$|user_level$|^session_tokens$|^usher_`)
)

// refusesMeta reports whether the helper never tells or writes user meta of this key.
func refusesMeta(key string) bool {
	return !legalMeta.MatchString(key) || protectedMeta.MatchString(key)
}
