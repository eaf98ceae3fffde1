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
func (c *client) Register(ctx context.Context, secret core.Secret) ([]string, error) {
	target, adds, err := withoutContact(secret)
	if err != nil {
		return nil, err
	}
	events, err := c.events(ctx, adds)
	if err != nil {
		return nil, err
	}
	there, err := c.webhooks(ctx)
	if err != nil {
		return nil, err
	}
	var made []string
	for _, event := range events {
		id := there.find(target, event)
		if id == "" {
			if id, err = c.subscribe(ctx, target, event); err != nil {
				return made, err
			}
		}
		made = append(made, id+" "+withoutQuery(target))
	}
	return made, nil
}

// withoutQuery is the part of a webhook's URL that holds no secret. It is kept with the
// id, which is a small number and may be another webhook's in another account.
func withoutQuery(target string) string {
	bare, _, _ := strings.Cut(target, "?")
	return bare
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

// webhook is one that was made by the API.
type webhook struct{ id, url, event string }

type webhooks []webhook

// find returns the id of the webhook that calls a URL at an event.
func (all webhooks) find(url, event string) string {
	for _, w := range all {
		if w.url == url && w.event == event {
			return w.id
		}
	}
	return ""
}

// elsewhere reports whether the webhook with this id is known to call another address.
func (all webhooks) elsewhere(id, bare string) bool {
	return slices.ContainsFunc(all, func(w webhook) bool {
		return w.id == id && w.url != "" && withoutQuery(w.url) != bare
	})
}

func (c *client) webhooks(ctx context.Context) (webhooks, error) {
	var all webhooks
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
			id := contactID(core.Text(row["id"]))
			known := slices.ContainsFunc(all, func(w webhook) bool { return w.id == id })
			if id != "" && !known {
				all = append(all, webhook{id, core.Text(row["url"]), core.Text(row["event"])})
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

// Unregister implements core.Registrar. It leaves alone what calls another address than
// the one that was registered: the account may be another by now.
func (c *client) Unregister(ctx context.Context, made []string) error {
	there, err := c.webhooks(ctx)
	if err != nil {
		return err
	}
	for _, one := range made {
		id, bare, _ := strings.Cut(one, " ")
		if id = contactID(id); id == "" || there.elsewhere(id, bare) {
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
