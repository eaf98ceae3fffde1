package pulse

import (
	"cmp"
	"context"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"usher/core"
)

const (
	maxPages  = 100_000 // more than any account has: a number beyond is a mistake
	maxPasses = 5
)

// hidden are fields that are not for people to choose.
var hidden = []string{"lead_source_id"}

// ListFields implements core.Picker.
func (c *client) ListFields(ctx context.Context) ([]core.CRMField, error) {
	answer, err := c.get(ctx, "contact/available-fields", nil)
	if err != nil {
		return nil, wrongAddress(err)
	}
	data, ok := answer["data"].(map[string]any)
	if empty, isList := answer["data"].([]any); !ok && (!isList || len(empty) > 0) { // PHP's empty map is a list
		return nil, notUnderstood()
	}
	byKey := map[string]core.CRMField{}
	for _, key := range slices.Sorted(maps.Keys(data)) {
		if key == "" || key != core.Text(key) || slices.Contains(hidden, key) {
			continue
		}
		details, _ := data[key].(map[string]any)
		byKey[fieldKey(key)] = core.CRMField{
			Key:      fieldKey(key),
			Label:    cmp.Or(core.Text(details["label"]), prettified(key)),
			Writable: key != "id",
		}
	}
	return slices.SortedFunc(maps.Values(byKey), func(a, b core.CRMField) int {
		return cmp.Or(strings.Compare(a.Label, b.Label), strings.Compare(a.Key, b.Key))
	}), nil
}

// prettified makes a label of a key: "first_name" is "First Name".
func prettified(key string) string {
	words := strings.Fields(strings.NewReplacer("_", " ", ".", " ").Replace(key))
	for i, word := range words {
		letters := []rune(word)
		letters[0] = unicode.ToUpper(letters[0])
		words[i] = string(letters)
	}
	return cmp.Or(strings.Join(words, " "), key)
}

// ListTags implements core.Picker.
func (c *client) ListTags(ctx context.Context) ([]core.Tag, error) {
	tags, err := c.tags(ctx, "tags")
	return tags, wrongAddress(err)
}

// contactTags are the ids of a contact's tags.
func (c *client) contactTags(ctx context.Context, id string) ([]string, error) {
	tags, err := c.tags(ctx, "contacts/"+id+"/tags")
	if err != nil {
		return nil, err
	}
	keys := make([]string, len(tags))
	for i, tag := range tags {
		keys[i] = tag.Key
	}
	return keys, nil
}

// tags reads a list of tags whole, in order of their ids. One that slips to another page
// meanwhile is found by reading again.
func (c *client) tags(ctx context.Context, path string) ([]core.Tag, error) {
	found := map[string]core.Tag{}
	err := c.rows(ctx, path, nil, func(id string, row map[string]any) error {
		found[id] = core.Tag{Key: id, Name: cmp.Or(core.Text(row["name"]), id)}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return slices.SortedFunc(maps.Values(found), func(a, b core.Tag) int {
		return cmp.Or(cmp.Compare(len(a.Key), len(b.Key)), strings.Compare(a.Key, b.Key))
	}), nil
}

// tagOf finds a tag by id or name, as written or else in other case.
func (c *client) tagOf(ctx context.Context, keyOrName string) (core.Tag, error) {
	tags, err := c.ListTags(ctx)
	if err != nil {
		return core.Tag{}, err
	}
	for _, is := range []func(core.Tag) bool{
		func(tag core.Tag) bool { return tag.Key == keyOrName },
		func(tag core.Tag) bool { return tag.Name == keyOrName },
		func(tag core.Tag) bool { return strings.EqualFold(tag.Name, keyOrName) },
	} {
		if i := slices.IndexFunc(tags, is); i >= 0 {
			return tags[i], nil
		}
	}
	return core.Tag{}, core.NewProblem("crm.refused", nil).About("there is no tag “" + keyOrName + "”")
}

// Tagged implements core.TagLister. Each contact is visited once, without its tags: reading
// those would cost a request each.
func (c *client) Tagged(ctx context.Context, tag string, visit func(core.Contact) error) error {
	known, err := c.tagOf(ctx, tag)
	if err != nil {
		return err
	}
	query := url.Values{"tag_id": {known.Key}}
	return c.rows(ctx, "contacts/tagged/", query, func(_ string, row map[string]any) error {
		return visit(contact(row))
	})
}

// rows visits every row of a list once, by its id. A list comes in numbered pages, so a row
// moves to a page already read when one before it goes. Unless there is only one page, the
// list is therefore read again until nothing new is found, five times at most.
func (c *client) rows(ctx context.Context, path string, query url.Values, visit func(id string, row map[string]any) error) error {
	seen := map[string]bool{}
	for range maxPasses {
		before := len(seen)
		pages, err := c.pass(ctx, path, query, seen, visit)
		if err != nil {
			return err
		}
		if pages == 1 || len(seen) == before {
			return nil
		}
	}
	return nil
}

// pass reads a list once, visits the rows not seen before and returns how many pages there were.
func (c *client) pass(ctx context.Context, path string, query url.Values, seen map[string]bool, visit func(string, map[string]any) error) (int, error) {
	for page := 1; ; page++ {
		got, err := c.page(ctx, path, query, page)
		if err != nil {
			return 0, err
		}
		for _, row := range got.rows {
			id := number(core.Text(row["id"]))
			if id == "" || seen[id] {
				continue
			}
			seen[id] = true
			if err := visit(id, row); err != nil {
				return 0, err
			}
		}
		if page >= got.last || len(got.rows) == 0 {
			return page, nil
		}
	}
}

// listPage is one page of a list.
type listPage struct {
	rows []map[string]any
	last int // the number of the last page
}

func (c *client) page(ctx context.Context, path string, query url.Values, page int) (listPage, error) {
	query = maps.Clone(query)
	if page > 1 {
		if query == nil {
			query = url.Values{}
		}
		query.Set("page", strconv.Itoa(page))
	}
	answer, err := c.get(ctx, path, query)
	if err != nil {
		return listPage{}, err
	}
	data, ok := answer["data"].([]any)
	if value, there := answer["data"]; !ok && (!there || value != nil) {
		return listPage{}, notUnderstood()
	}
	got := listPage{last: lastPage(answer)}
	if got.last > maxPages {
		return listPage{}, notUnderstood()
	}
	for _, value := range data {
		if row, ok := value.(map[string]any); ok {
			got.rows = append(got.rows, row)
		}
	}
	return got, nil
}

// lastPage reads the number where Laravel's resources have it, or its plain lists.
func lastPage(answer map[string]any) int {
	meta, _ := answer["meta"].(map[string]any)
	for _, value := range []any{meta["last_page"], answer["last_page"]} {
		if last, err := strconv.Atoi(core.Text(value)); err == nil {
			return last
		}
	}
	return 1
}

// wrongAddress is for lists: they are always there if the address is right.
func wrongAddress(err error) error {
	if core.HasCode(err, "crm.no_contact") {
		return core.NewProblem("crm.settings", nil).About("URL")
	}
	return err
}
