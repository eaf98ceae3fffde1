package ontraport

import (
	"cmp"
	"context"
	"errors"
	"net/url"
	"strings"
	"time"

	"usher/core"
	"usher/core/rest"
)

// home is where Ontraport's API is, for every account.
const home = "https://api.ontraport.com"

// client implements core.Client, core.Picker, core.Scribe, core.Lister, core.TagLister
// and core.Registrar.
type client struct {
	base        string
	appID       string
	webhookTags string
	vault       core.AccountVault
	http        *rest.Client
	fields      *kept[schema]
	tags        *kept[[]core.Tag]
	pause       func(context.Context, time.Duration) error
}

// Open implements core.Opener.
func (Adapter) Open(account core.Account, vault core.AccountVault) (core.Client, error) {
	base, err := rest.CRMBase(cmp.Or(account.BaseURL, home))
	if err != nil {
		return nil, err
	}
	id := strings.TrimSpace(account.Settings[keyApp])
	if !headerSafe(id) {
		return nil, core.NewProblem("crm.settings", nil).About("App ID")
	}
	base.Path = strings.TrimSuffix(base.Path, "/1") + "/1"
	c := &client{
		base: base.String(), appID: id, webhookTags: account.Settings[keyTags], vault: vault,
		http: rest.New(rest.Options{AllowPrivate: rest.Local(base.Hostname())}), pause: pause,
	}
	c.fields = &kept[schema]{load: c.loadFields, now: time.Now}
	c.tags = &kept[[]core.Tag]{load: c.loadTags, now: time.Now}
	return c, nil
}

// Close implements core.Client.
func (c *client) Close() { c.http.Close() }

// Contact implements core.Client. Ontraport does not tell a contact that was deleted or
// merged from one that never was: all are crm.no_contact.
func (c *client) Contact(ctx context.Context, id string) (core.Contact, error) {
	row, err := c.load(ctx, id)
	if err != nil {
		return core.Contact{}, err
	}
	return c.readOne(ctx, row)
}

// ContactByEmail implements core.Client. Where several contacts have the address it is
// the one Ontraport finds first.
func (c *client) ContactByEmail(ctx context.Context, email string) (core.Contact, error) {
	if !core.UsableEmail(email) {
		return core.Contact{}, core.NewProblem("crm.no_contact", nil)
	}
	found, err := c.get(ctx, "/object/getByEmail", url.Values{"objectID": {contacts}, "email": {email}})
	if core.HasCode(err, "crm.refused") { // it takes the address for none
		return core.Contact{}, core.NewProblem("crm.no_contact", errors.New("the address was refused"))
	}
	if err != nil {
		return core.Contact{}, err
	}
	data, _ := found.data.(map[string]any) // a list when there is none
	id := contactID(core.Text(data["id"]))
	if id == "" {
		return core.Contact{}, core.NewProblem("crm.no_contact", nil)
	}
	contact, err := c.Contact(ctx, id)
	if err == nil && !strings.EqualFold(contact.Email, email) {
		return core.Contact{}, core.NewProblem("crm.no_contact", nil)
	}
	return contact, err
}

// load reads a contact as Ontraport stores it.
func (c *client) load(ctx context.Context, id string) (map[string]any, error) {
	if contactID(id) == "" {
		return nil, core.NewProblem("crm.no_contact", nil)
	}
	found, err := c.get(ctx, "/Contact", url.Values{"id": {id}})
	if err != nil {
		return nil, err
	}
	row, _ := found.data.(map[string]any)
	if core.Text(row["id"]) != id {
		return nil, unreadable()
	}
	return row, nil
}

// readOne reads a row as a contact.
func (c *client) readOne(ctx context.Context, row map[string]any) (core.Contact, error) {
	all, err := c.read(ctx, []map[string]any{row})
	if err != nil {
		return core.Contact{}, err
	}
	return all[0], nil
}

// read reads rows as contacts. What the account says of its fields is asked for again
// when it does not cover them: a field or a choice may be new.
func (c *client) read(ctx context.Context, rows []map[string]any) ([]core.Contact, error) {
	fields, err := c.fields.get(ctx, keptFor)
	if err != nil {
		return nil, err
	}
	for _, row := range rows {
		if !fields.covers(row) {
			if fields, err = c.fields.get(ctx, keptAtLeast); err != nil {
				return nil, err
			}
			break
		}
	}
	all := make([]core.Contact, 0, len(rows))
	for _, row := range rows {
		contact, err := fields.contact(row)
		if err != nil {
			return nil, err
		}
		all = append(all, contact)
	}
	return all, nil
}
