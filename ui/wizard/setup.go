package wizard

import (
	"context"
	"encoding/json"
	"fmt"

	"usher/core"
)

// setupFile is a set-up file, described in the README. What is absent stays as it is.
type setupFile struct {
	Site struct {
		URL string `json:"url"`
	} `json:"site"`
	CRM struct {
		Kind   string            `json:"kind"`
		Name   string            `json:"name,omitempty"`
		Fields map[string]string `json:"fields,omitempty"`
	} `json:"crm"`
	Connection rules `json:"connection"`
}

// rules are the part of a set-up file about the connection.
type rules struct {
	Name                string             `json:"name,omitempty"`
	AccessKey           string             `json:"access_key,omitempty"`
	DefaultRole         *string            `json:"default_role,omitempty"`
	AllowedRoles        *[]string          `json:"allowed_roles,omitempty"`
	FieldMap            *map[string]string `json:"field_map,omitempty"`
	ReturnPasswordField *string            `json:"return_password_field,omitempty"`
	DoneTag             *string            `json:"done_tag,omitempty"`
	TagRules            *[]core.TagRule    `json:"tag_rules,omitempty"`
}

// setUp makes the connection of the draft or changes it. The file is made here, on the toolkit's
// goroutine, and given to Usher by the returned function.
func (s *Screen) setUp(fields map[string]string, r rules) func(context.Context) (core.SetupAnswer, error) {
	file := setupFile{Connection: r}
	file.Site.URL = s.draft.get(saidSite)
	file.CRM.Kind, file.CRM.Name, file.CRM.Fields = s.draft.get(saidKind), s.draft.get(saidAccount), fields
	file.Connection.Name = s.draft.get(saidConnection)
	file.Connection.AccessKey = s.draft.key.Reveal()
	return func(ctx context.Context) (core.SetupAnswer, error) {
		content, err := json.Marshal(file)
		if err != nil {
			return core.SetupAnswer{}, fmt.Errorf("write set-up file: %w", err)
		}
		return s.backend.Setup(ctx, content)
	}
}
