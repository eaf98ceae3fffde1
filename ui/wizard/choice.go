package wizard

import (
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"usher/core"
	"usher/ui/look"
	"usher/ui/words"
)

// option is a value by the name people know it by.
type option struct{ value, name string }

// choice is picked from a list, or typed where nobody can tell what there is.
type choice struct {
	box     *fyne.Container
	list    *look.Select
	entry   *look.Entry
	options []option
}

func newChoice(placeholder string, changed func()) *choice {
	c := &choice{entry: look.NewEntry(placeholder)}
	c.list = look.NewSelect(nil, func(string) { changed() })
	c.entry.OnChanged = func(string) { changed() }
	c.list.Hide()
	c.box = container.NewStack(c.list, c.entry)
	return c
}

// offer lists what there is. What was chosen stays so, even where it is not in the list.
func (c *choice) offer(options []option) {
	value := c.value()
	c.options = options
	if value != "" && !slices.ContainsFunc(options, func(o option) bool { return o.value == value }) && len(options) > 0 {
		c.options = append(slices.Clone(options), option{value, value})
	}
	c.list.Options = nil
	for _, o := range c.options {
		c.list.Options = append(c.list.Options, o.label(c.options))
	}
	c.list.Hidden, c.entry.Hidden = len(options) == 0, len(options) > 0
	c.set(value)
	c.box.Refresh()
}

// label is the option's name, and its value too where two have one name.
func (o option) label(among []option) string {
	same := 0
	for _, other := range among {
		if other.name == o.name {
			same++
		}
	}
	if same > 1 {
		return o.name + " (" + o.value + ")"
	}
	return o.name
}

func (c *choice) set(value string) {
	c.entry.SetText(value)
	i := slices.IndexFunc(c.options, func(o option) bool { return o.value == value })
	if i < 0 {
		c.list.ClearSelected()
		return
	}
	c.list.SetSelectedIndex(i)
}

func (c *choice) value() string {
	if i := c.list.SelectedIndex(); !c.list.Hidden {
		if i < 0 || i >= len(c.options) {
			return ""
		}
		return c.options[i].value
	}
	return strings.TrimSpace(c.entry.Text)
}

// none is the option of leaving something out.
func none() option { return option{"", words.T("wizard.none")} }

// roleOptions are the site's roles; those that may write posts say so.
func roleOptions(roles []core.RoleChoice) []option {
	usual := option{"", words.T("wizard.role.usual")}
	options := []option{usual}
	for _, role := range roles {
		name := role.Name
		if role.WritesPosts {
			name = words.T("wizard.role.writes", "Role", role.Name)
		}
		if role.Default {
			options[0].name = words.T("wizard.role.usual.named", "Role", role.Name)
		}
		options = append(options, option{role.Slug, name})
	}
	return options
}

func fieldOptions(fields []core.CRMField, writable bool) []option {
	if len(fields) == 0 {
		return nil
	}
	options := []option{none()}
	for _, field := range fields {
		if field.Writable || !writable {
			options = append(options, option{field.Key, field.Label})
		}
	}
	return options
}

func tagOptions(tags []core.Tag) []option {
	if len(tags) == 0 {
		return nil
	}
	options := []option{none()}
	for _, tag := range tags {
		options = append(options, option{tag.Name, tag.Name})
	}
	return options
}
