package connections

import (
	"context"
	"encoding/json"
	"maps"
	"slices"

	"usher/core"
)

// change is the part of a set-up file about a connection; nil leaves a rule as it is.
type change struct {
	DefaultRole         *string            `json:"default_role,omitempty"`
	AllowedRoles        *[]string          `json:"allowed_roles,omitempty"`
	FieldMap            *map[string]string `json:"field_map,omitempty"`
	TagRules            *[]core.TagRule    `json:"tag_rules,omitempty"`
	ReturnPasswordField *string            `json:"return_password_field,omitempty"`
	DoneTag             *string            `json:"done_tag,omitempty"`
	MostNewUsers        *int               `json:"most_new_users,omitempty"`
	ChangeEmails        *bool              `json:"change_emails,omitempty"`
	ChangePasswords     *bool              `json:"change_passwords,omitempty"`
	CRMWins             *bool              `json:"crm_wins,omitempty"`
}

// changes is what has to be told for one set of rules to become the other.
func changes(from, to core.Connection) (c change) {
	same := func(a, b string) bool { return a == b }
	tell(&c.DefaultRole, from.DefaultRole, to.DefaultRole, same)
	tell(&c.AllowedRoles, from.AllowedRoles, to.AllowedRoles, slices.Equal)
	tell(&c.FieldMap, from.FieldMap, to.FieldMap, maps.Equal)
	tell(&c.TagRules, from.TagRules, to.TagRules, slices.Equal)
	tell(&c.ReturnPasswordField, from.ReturnPasswordField, to.ReturnPasswordField, same)
	tell(&c.DoneTag, from.DoneTag, to.DoneTag, same)
	tell(&c.MostNewUsers, from.MostNewUsers, to.MostNewUsers, func(a, b int) bool { return a == b })
	alike := func(a, b bool) bool { return a == b }
	tell(&c.ChangeEmails, from.ChangeEmails, to.ChangeEmails, alike)
	tell(&c.ChangePasswords, from.ChangePasswords, to.ChangePasswords, alike)
	tell(&c.CRMWins, from.CRMWins, to.CRMWins, alike)
	return c
}

func tell[T any](into **T, from, to T, same func(T, T) bool) {
	if !same(from, to) {
		*into = &to
	}
}

// setupFile names a connection and what changes of it.
func setupFile(view core.ConnectionView, what change) ([]byte, error) {
	type named struct {
		Name string `json:"name"`
		change
	}
	var file struct {
		Site struct {
			URL string `json:"url"`
		} `json:"site"`
		CRM struct {
			Kind string `json:"kind"`
			Name string `json:"name"`
		} `json:"crm"`
		Connection named `json:"connection"`
	}
	file.Site.URL = view.Site
	file.CRM.Kind, file.CRM.Name = view.Kind, view.Account
	file.Connection = named{view.Name, what}
	return json.Marshal(file)
}

// save changes rules of the connection.
func (p *page) save(c change, then func(error)) {
	view := p.view
	p.carryOut(func(ctx context.Context) error {
		file, err := setupFile(view, c)
		if err != nil {
			return err
		}
		_, err = p.screen.backend.Setup(ctx, file)
		return err
	}, then)
}
