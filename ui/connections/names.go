package connections

import (
	"slices"
	"strings"

	"usher/core"
)

// Roles, tags and fields are stored by keys and shown by names. What is not among the choices is
// shown, and stored, as it is typed.

func roleNames(roles []core.RoleChoice) (names []string) {
	for _, r := range roles {
		names = append(names, r.Name)
	}
	return names
}

func slugOf(roles []core.RoleChoice, name string) string {
	name = strings.TrimSpace(name)
	i := slices.IndexFunc(roles, func(r core.RoleChoice) bool { return strings.EqualFold(r.Name, name) })
	if i < 0 {
		return name
	}
	return roles[i].Slug
}

func roleName(roles []core.RoleChoice, slug string) string {
	i := slices.IndexFunc(roles, func(r core.RoleChoice) bool { return r.Slug == slug })
	if i < 0 {
		return slug
	}
	return roles[i].Name
}

func fieldNames(fields []core.CRMField, writableOnly bool) (names []string) {
	for _, f := range fields {
		if f.Writable || !writableOnly {
			names = append(names, fieldName(fields, f.Key))
		}
	}
	return names
}

// fieldKey reads what fieldName wrote.
func fieldKey(fields []core.CRMField, name string) string {
	name = strings.TrimSpace(name)
	i := slices.IndexFunc(fields, func(f core.CRMField) bool { return fieldName(fields, f.Key) == name })
	if i < 0 {
		return name
	}
	return fields[i].Key
}

// fieldName is a field's label, with its key where several are labelled alike.
func fieldName(fields []core.CRMField, key string) string {
	label, alike := key, 0
	for _, f := range fields {
		if f.Key == key && f.Label != "" {
			label = f.Label
		}
	}
	for _, f := range fields {
		if f.Label == label {
			alike++
		}
	}
	if alike > 1 {
		return label + " (" + key + ")"
	}
	return label
}

func tagNames(tags []core.Tag) (names []string) {
	for _, t := range tags {
		names = append(names, t.Name)
	}
	return names
}
