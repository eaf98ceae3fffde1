package kartra

import (
	"cmp"
	"context"
	"errors"
	"net/url"
	"slices"
	"strings"

	"usher/core"
	"usher/core/rest"
)

// home is where Kartra's API is, for every account.
const home = "https://app.kartra.com"

var (
	_ core.Picker = (*client)(nil)
	_ core.Scribe = (*client)(nil)
)

// client implements core.Client, core.Picker and core.Scribe.
type client struct {
	endpoint string
	appID    string
	vault    core.AccountVault
	http     *rest.Client
}

// Open implements core.Opener.
func (Adapter) Open(account core.Account, vault core.AccountVault) (core.Client, error) {
	base, err := rest.CRMBase(cmp.Or(account.BaseURL, home))
	if err != nil {
		return nil, err
	}
	id := strings.TrimSpace(account.Settings[appID])
	if id == "" {
		return nil, core.NewProblem("crm.settings", nil).About("App ID")
	}
	local := rest.Local(base.Hostname())
	base.Path = strings.TrimSuffix(base.Path, "/api") + "/api"
	return &client{endpoint: base.String(), appID: id, vault: vault, http: rest.New(options(local))}, nil
}

// callsPerSecond is what Kartra allows an App.
const callsPerSecond = 20

// options are polite to Kartra itself. A local one is for practice, as quick as this
// computer, and says by itself when it is too much.
func options(local bool) rest.Options {
	if local {
		return rest.Options{AllowPrivate: true}
	}
	return rest.Options{Rate: callsPerSecond}
}

// Close implements core.Client.
func (c *client) Close() { c.http.Close() }

// Contact implements core.Client. Kartra documents loading by e-mail only; by id is what
// other programs do.
func (c *client) Contact(ctx context.Context, id string) (core.Contact, error) {
	lead, err := c.lead(ctx, id)
	if errors.Is(err, leadIsDeleted) {
		return core.Contact{ID: id, Deleted: true}, nil
	}
	if err != nil {
		return core.Contact{}, err
	}
	return whole(lead)
}

// ContactByEmail implements core.Client.
func (c *client) ContactByEmail(ctx context.Context, email string) (core.Contact, error) {
	if !core.UsableEmail(email) {
		return core.Contact{}, core.NewProblem("crm.no_contact", nil)
	}
	lead, err := c.get(ctx, "email", email)
	if errors.Is(err, leadIsDeleted) {
		return core.Contact{Email: email, Deleted: true}, nil
	}
	if err != nil {
		return core.Contact{}, err
	}
	if !strings.EqualFold(text(lead["email"]), email) {
		return core.Contact{}, core.NewProblem("crm.no_contact", nil)
	}
	return whole(lead)
}

// lead reads a lead by its id.
func (c *client) lead(ctx context.Context, id string) (map[string]any, error) {
	if leadID(id) == "" {
		return nil, core.NewProblem("crm.no_contact", nil)
	}
	lead, err := c.get(ctx, "id", id)
	if err == nil && text(lead["id"]) != id {
		return nil, core.NewProblem("crm.server_error", nil).About("it sent another lead than the one asked for")
	}
	return lead, err
}

func (c *client) get(ctx context.Context, by, value string) (map[string]any, error) {
	reply, err := c.call(ctx, url.Values{"get_lead[" + by + "]": {value}})
	if err != nil {
		return nil, err
	}
	details := reply["lead_details"]
	if written, ok := details.(string); ok { // as documented; seen was an object
		inner, err := core.ReadMessage(nil, []byte(written))
		if err != nil {
			return nil, unreadable()
		}
		details = inner.JSON
	}
	lead, ok := details.(map[string]any)
	if !ok {
		return nil, unreadable()
	}
	return lead, nil
}

// whole reads a lead as the API tells it, which has all tags. A lead whose list of tags
// is not there must not look like one without tags.
func whole(lead map[string]any) (core.Contact, error) {
	tags, told := lead["tags"]
	_, isList := tags.([]any)
	c := contact(lead)
	if c.ID == "" || !told || !isList && tags != nil && tags != "" {
		return core.Contact{}, unreadable()
	}
	for _, tag := range objects(tags) {
		if name := core.Text(tag["tag_name"]); name != "" && !slices.Contains(c.Tags, name) {
			c.Tags = append(c.Tags, name)
		}
	}
	c.TagsKnown = true
	return c, nil
}

// ListFields implements core.Picker. Fields named "action:…" are in webhooks only.
func (c *client) ListFields(ctx context.Context) ([]core.CRMField, error) {
	custom, err := c.customFields(ctx)
	if err != nil {
		return nil, err
	}
	fields := slices.Clone(leadFields)
	for _, field := range custom {
		key := customKey(text(field["field_identifier"]), nil)
		known := slices.ContainsFunc(fields, func(f core.CRMField) bool { return f.Key == key })
		if key != "" && !known {
			fields = append(fields, core.CRMField{Key: key, Label: text(field["field_identifier"]), Writable: true})
		}
	}
	return append(fields, actionFields...), nil
}

func (c *client) customFields(ctx context.Context) ([]map[string]any, error) {
	reply, err := c.call(ctx, url.Values{"actions[0][cmd]": {"retrieve_custom_fields"}})
	if err != nil {
		return nil, err
	}
	if _, ok := reply["custom_fields"].([]any); !ok {
		return nil, unreadable()
	}
	return objects(reply["custom_fields"]), nil
}

// ListTags implements core.Picker. Kartra knows tags by name.
func (c *client) ListTags(ctx context.Context) ([]core.Tag, error) {
	reply, err := c.call(ctx, url.Values{"actions[0][cmd]": {"retrieve_account_tags"}})
	if err != nil {
		return nil, err
	}
	names, ok := reply["account_tags"].([]any)
	if !ok {
		return nil, unreadable()
	}
	var tags []core.Tag
	for _, name := range names {
		if name := core.Text(name); name != "" {
			tags = append(tags, core.Tag{Key: name, Name: name})
		}
	}
	return tags, nil
}
