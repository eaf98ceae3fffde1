package ontraport

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"usher/core"
)

// onlyWho has a webhook carry the id, the name and the e-mail address alone: the rest is
// read when it is needed.
const onlyWho = `{"format":"lightweight"}`

// Register implements core.Registrar. It makes a webhook for every tag named in the
// account's settings: for putting it on, and unless the URL adds users for taking it off
// too. Without a tag it is crm.settings, for a webhook for every new contact would make a
// user of everybody.
func (c *client) Register(ctx context.Context, secret core.Secret) (string, error) {
	target, adds, err := withoutContact(secret)
	if err != nil {
		return "", err
	}
	events, err := c.events(ctx, adds)
	if err != nil {
		return "", err
	}
	there, err := c.webhooks(ctx)
	if err != nil {
		return "", err
	}
	var ids []string
	for _, event := range events {
		id := there[webhook{target, event}]
		if id == "" {
			if id, err = c.subscribe(ctx, target, event); err != nil {
				return "", err
			}
		}
		ids = append(ids, id)
	}
	return strings.Join(ids, ","), nil
}

// withoutContact takes the merge field out of a webhook URL: only rules and automations
// fill it in. It reports whether the URL adds users.
func withoutContact(secret core.Secret) (target string, adds bool, err error) {
	u, err := url.Parse(secret.Reveal())
	if err != nil || u.Host == "" {
		return "", false, core.NewProblem("crm.settings", nil).About("webhook URL") // the cause quotes it
	}
	query, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return "", false, core.NewProblem("crm.settings", nil).About("webhook URL")
	}
	query.Del("contact_id")
	u.RawQuery = query.Encode()
	return u.String(), query.Get("wpf_action") == "add", nil
}

func (c *client) events(ctx context.Context, adds bool) ([]string, error) {
	var events []string
	for name := range strings.SplitSeq(c.webhookTags, ",") {
		if name = strings.TrimSpace(name); name == "" {
			continue
		}
		tag, err := c.tag(ctx, name)
		if err != nil {
			return nil, err
		}
		events = append(events, "sub_tag("+tag+")")
		if !adds {
			events = append(events, "unsub_tag("+tag+")")
		}
	}
	if len(events) == 0 {
		return nil, core.NewProblem("crm.settings", nil).About("Tags that call the webhook")
	}
	slices.Sort(events)
	return slices.Compact(events), nil
}

type webhook struct{ url, event string }

// webhooks are the ids of all that were made by the API.
func (c *client) webhooks(ctx context.Context) (map[webhook]string, error) {
	all := map[webhook]string{}
	for start := 0; ; start += pageSize {
		found, err := c.get(ctx, "/Webhooks", url.Values{"start": {strconv.Itoa(start)}, "range": {strconv.Itoa(pageSize)}})
		if err != nil {
			return nil, err
		}
		rows, err := rowsOf(found)
		if err != nil {
			return nil, err
		}
		before := len(all)
		for _, row := range rows {
			if id := contactID(core.Text(row["id"])); id != "" {
				all[webhook{core.Text(row["url"]), core.Text(row["event"])}] = id
			}
		}
		if len(rows) < pageSize || len(all) == before {
			return all, nil
		}
	}
}

func (c *client) subscribe(ctx context.Context, target, event string) (string, error) {
	made, err := c.send(ctx, http.MethodPost, "/Webhook/subscribe", url.Values{"url": {target}, "event": {event}, "data": {onlyWho}})
	if err != nil {
		return "", err
	}
	data, _ := made.data.(map[string]any)
	id := contactID(core.Text(data["id"]))
	if id == "" {
		return "", unreadable()
	}
	return id, nil
}

// Unregister implements core.Registrar.
func (c *client) Unregister(ctx context.Context, registration string) error {
	for id := range strings.SplitSeq(registration, ",") {
		if id = contactID(id); id == "" {
			continue
		}
		// The documentation has the id in the body, where some servers do not look for it.
		form := url.Values{"id": {id}}
		_, err := c.send(ctx, http.MethodDelete, "/Webhook/unsubscribe?"+form.Encode(), form)
		if err != nil && !core.HasCode(err, "crm.no_contact") {
			return err
		}
	}
	return nil
}
