package ontraport

import (
	"cmp"
	"context"
	"net/url"
	"slices"
	"strconv"
	"sync"
	"time"

	"usher/core"
)

const (
	tagObjects  = "14" // the type of the objects that are tags
	pageSize    = 50   // Ontraport sends no more, whatever it is asked for
	maxTagPages = 1000

	keptFor     = 5 * time.Minute
	keptAtLeast = time.Minute // also when something is missing, which may be gone for good
)

// kept is something the account seldom changes.
type kept[T any] struct {
	load func(context.Context) (T, error)
	now  func() time.Time

	mu    sync.Mutex
	value T
	at    time.Time // zero: never loaded
}

// get returns what is not older than age. Two callers at a time may both load it.
func (k *kept[T]) get(ctx context.Context, age time.Duration) (T, error) {
	k.mu.Lock()
	value, at := k.value, k.at
	k.mu.Unlock()
	if !at.IsZero() && k.now().Sub(at) < age {
		return value, nil
	}
	value, err := k.load(ctx)
	if err != nil {
		return value, err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.value, k.at = value, k.now()
	return value, nil
}

// loadFields asks what fields contacts have.
func (c *client) loadFields(ctx context.Context) (schema, error) {
	meta, err := c.get(ctx, "/Contacts/meta", url.Values{"format": {"byId"}})
	if err != nil {
		return nil, err
	}
	objects, _ := meta.data.(map[string]any)
	object, _ := objects[contacts].(map[string]any)
	fields, ok := object["fields"].(map[string]any)
	if !ok {
		return nil, unreadable()
	}
	all := schema{}
	for key, value := range fields {
		told, ok := value.(map[string]any)
		if !ok || key == "" || key != core.Text(key) {
			continue
		}
		f := field{
			label: cmp.Or(core.Text(told["alias"]), key), kind: core.Text(told["type"]),
			editable: told["editable"] == true || core.Text(told["editable"]) == "1",
			options:  map[string]string{},
		}
		options, _ := told["options"].(map[string]any) // a list when there are none
		for id, label := range options {
			f.options[id] = core.Text(label)
		}
		if slices.Contains([]string{"date", "dla", "dlm"}, key) {
			f.kind = "timestamp"
		}
		all[key] = f
	}
	return all, nil
}

// ListFields implements core.Picker. Fields of choices, dates and tags are not for writing.
func (c *client) ListFields(ctx context.Context) ([]core.CRMField, error) {
	fields, err := c.fields.get(ctx, 0)
	if err != nil {
		return nil, err
	}
	var all []core.CRMField
	for key, f := range fields {
		if key != tagField {
			all = append(all, core.CRMField{Key: key, Label: f.label, Writable: f.takesText()})
		}
	}
	slices.SortFunc(all, func(a, b core.CRMField) int {
		return cmp.Or(cmp.Compare(a.Label, b.Label), cmp.Compare(a.Key, b.Key))
	})
	return all, nil
}

// takesText reports whether any text can be stored in the field.
func (f field) takesText() bool {
	return f.editable && (f.kind == "text" || f.kind == "longtext")
}

// ListTags implements core.Picker. Ontraport stores tags by number.
func (c *client) ListTags(ctx context.Context) ([]core.Tag, error) {
	tags, err := c.tags.get(ctx, 0)
	return slices.Clone(tags), err
}

func (c *client) loadTags(ctx context.Context) ([]core.Tag, error) {
	var all []core.Tag
	seen := map[string]bool{}
	for page := range maxTagPages {
		found, err := c.get(ctx, "/objects", url.Values{
			"objectID": {tagObjects}, "sort": {"tag_id"}, "sortDir": {"asc"},
			"start": {strconv.Itoa(page * pageSize)}, "range": {strconv.Itoa(pageSize)},
		})
		if err != nil {
			return nil, err
		}
		rows, err := rowsOf(found)
		if err != nil {
			return nil, err
		}
		news := false
		for _, row := range rows {
			tag := core.Tag{Key: contactID(core.Text(row["tag_id"])), Name: core.Text(row["tag_name"])}
			news = news || !seen[tag.Key]
			if kind := core.Text(row["object_type_id"]); tag.Key != "" && tag.Name != "" && !seen[tag.Key] && (kind == "" || kind == contacts) {
				all = append(all, tag)
			}
			seen[tag.Key] = true
		}
		if len(rows) < pageSize || !news {
			break
		}
	}
	return all, nil
}

// tag finds a tag by its Key or Name; a Key counts first. One that is not there is
// crm.refused, with what it was called as detail.
func (c *client) tag(ctx context.Context, called string) (string, error) {
	for _, age := range []time.Duration{keptFor, 0} {
		tags, err := c.tags.get(ctx, age)
		if err != nil {
			return "", err
		}
		byKey := func(t core.Tag) bool { return t.Key == called }
		byName := func(t core.Tag) bool { return t.Name == called }
		for _, is := range []func(core.Tag) bool{byKey, byName} {
			if i := slices.IndexFunc(tags, is); i >= 0 {
				return tags[i].Key, nil
			}
		}
	}
	return "", core.NewProblem("crm.refused", nil).About("there is no tag " + called)
}

// rowsOf are the objects of a list. Rows that are none are an error: left out they would
// be missed.
func rowsOf(r reply) ([]map[string]any, error) {
	list, ok := r.data.([]any)
	if !ok {
		return nil, unreadable()
	}
	rows := make([]map[string]any, 0, len(list))
	for _, item := range list {
		row, ok := item.(map[string]any)
		if !ok {
			return nil, unreadable()
		}
		rows = append(rows, row)
	}
	return rows, nil
}
