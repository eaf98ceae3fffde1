package wordpress

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"usher/core"
	"usher/core/rest"
)

// The protocol of the helper plugin, as assets/usher-helper/usher-helper.php describes it
// at usher_upsert. What comes back is judged like any other answer of a site: it may be
// broken, or in wrong hands.

const helperRoute = "/usher/v1"

// Bounds of what is believed of the plugin's own limits, and of its roles.
const (
	helperMost     = 50
	helperNotified = 10
	maxRoles       = 500
	maxCaps        = 2000
	maxRoleSlug    = 100
	maxRoleName    = 80
	maxVersion     = 20
)

// helperInfo is what the helper says of itself and the site.
type helperInfo struct {
	version     string
	identity    string
	roles       map[string]core.Role
	defaultRole string

	items     int // writes in a request
	notified  int // of these, how many may send mail
	bodyBytes int
	itemBytes int // of one item as PHP writes JSON
}

func (i *helperInfo) offer() core.Offer {
	return core.Offer{Helper: true, Version: i.version, Identity: i.identity, Roles: i.roles, DefaultRole: i.defaultRole, Most: i.items}
}

type roleJSON struct {
	Name         string   `json:"name"`
	Capabilities []string `json:"capabilities"`
}

func readInfo(answer *rest.Response) (*helperInfo, error) {
	var read struct {
		Version string `json:"version"`
		Site    struct {
			ID string `json:"id"`
		} `json:"site"`
		Limits struct {
			Items     int `json:"items"`
			Notified  int `json:"notified"`
			BodyBytes int `json:"body_bytes"`
			ItemBytes int `json:"item_bytes"`
		} `json:"limits"`
		DefaultRole string              `json:"default_role"`
		Roles       map[string]roleJSON `json:"roles"`
	}
	if err := decode(answer, '{', &read); err != nil {
		return nil, err
	}
	limits := read.Limits
	if machineWord(read.Site.ID) == "" || min(limits.Items, limits.Notified, limits.BodyBytes, limits.ItemBytes) < 1 {
		return nil, brokenAnswer(errors.New("the helper tells no identity or no limits"))
	}
	roles, err := readRoles(read.Roles)
	if err != nil {
		return nil, err
	}
	info := &helperInfo{
		version: cleanText(read.Version, maxVersion), identity: read.Site.ID, roles: roles,
		items: min(limits.Items, helperMost), notified: min(limits.Notified, helperNotified),
		bodyBytes: limits.BodyBytes, itemBytes: limits.ItemBytes,
	}
	if _, ok := roles[read.DefaultRole]; ok {
		info.defaultRole = read.DefaultRole
	}
	return info, nil
}

// readRoles leaves out roles whose slug no person could have meant to type.
func readRoles(read map[string]roleJSON) (map[string]core.Role, error) {
	if len(read) > maxRoles {
		return nil, brokenAnswer(fmt.Errorf("%d roles", len(read)))
	}
	roles := make(map[string]core.Role, len(read))
	for slug, r := range read {
		if len(r.Capabilities) > maxCaps {
			return nil, brokenAnswer(fmt.Errorf("a role with %d capabilities", len(r.Capabilities)))
		}
		if slug == "" || cleanText(slug, maxRoleSlug) != slug {
			continue
		}
		role := core.Role{Name: cleanText(r.Name, maxRoleName), Caps: make(map[string]bool, len(r.Capabilities))}
		if role.Name == "" {
			role.Name = slug
		}
		for _, name := range r.Capabilities {
			role.Caps[name] = true
		}
		roles[slug] = role
	}
	return roles, nil
}

// helperItem is one thing asked of the helper.
type helperItem struct {
	Op      string             `json:"op"`
	ID      int64              `json:"id,omitempty"`
	Email   string             `json:"email,omitempty"`
	Login   string             `json:"login,omitempty"`
	Expect  string             `json:"expect,omitempty"`
	DryRun  bool               `json:"dry_run,omitempty"`
	Create  *helperCreate      `json:"create,omitempty"`
	Fields  core.Fields        `json:"fields,omitempty"`
	Meta    map[string]*string `json:"meta,omitempty"` // nil removes
	Show    []string           `json:"show,omitempty"`
	Roles   []string           `json:"roles,omitzero"`
	Contact *helperContact     `json:"contact,omitempty"`
	Tags    *helperTags        `json:"tags,omitempty"`
	Notify  bool               `json:"notify,omitempty"`

	crm string // whose Mark is among what the item names or shows
}

type helperCreate struct {
	Login     string `json:"login"`
	Password  string `json:"password"`
	Generated bool   `json:"generated"`
}

type helperContact struct {
	CRM string `json:"crm"`
	ID  string `json:"id"`
}

type helperTags struct {
	CRM    string   `json:"crm"`
	Values []string `json:"values"`
}

func contactKey(crm string) string { return crm + "_contact_id" }
func tagsKey(crm string) string    { return crm + "_tags" }

// named are the keys of the user meta an answer to the item tells of, in order.
func (i helperItem) named() []string {
	keys := slices.Clone(i.Show)
	for key := range i.Meta {
		keys = append(keys, key)
	}
	if i.Contact != nil {
		keys = append(keys, contactKey(i.Contact.CRM))
	}
	if i.Tags != nil {
		keys = append(keys, tagsKey(i.Tags.CRM))
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}

// helperResult is what became of an item.
type helperResult struct {
	Op      string       `json:"op"`
	Status  string       `json:"status"`
	UserID  int64        `json:"user_id"`
	Created bool         `json:"created"`
	Before  *helperState `json:"before"`
	After   *helperState `json:"after"`
	Mail    string       `json:"mail"`
	Code    string       `json:"code"`
}

// errGone says that the helper is not there any more.
var errGone = errors.New("the helper is gone")

// errTooMuch says that fewer items may well be taken, and that none was.
var errTooMuch = errors.New("too much for one request")

// tooMuch reports whether an answer means errTooMuch. The limits may be lower than was
// thought: they belong to the web server, or a plugin has changed.
func tooMuch(answer *rest.Response) bool {
	switch answer.Status {
	case http.StatusRequestEntityTooLarge:
		return true
	case http.StatusBadRequest:
		return slices.Contains([]string{"usher_bad_batch", "usher_too_many_mails", "rest_invalid_param"}, readFault(answer.Body).code)
	default:
		return false
	}
}

// upsert sends items and returns a result for each, in order. Besides Problems it
// returns errTooMuch and errGone; then nothing was done.
func (c *Client) upsert(ctx context.Context, items []helperItem) ([]helperResult, error) {
	what := call{
		method: http.MethodPost, route: helperRoute + "/upsert", personal: true,
		body: map[string]any{"items": items},
	}
	answer, err := c.exchange(ctx, what)
	if err != nil {
		return nil, err
	}
	if tooMuch(answer) {
		return nil, errTooMuch
	}
	if notThere(answer) && readFault(answer.Body).code != "rest_forbidden" {
		return nil, errGone
	}
	if err := c.judge(answer, what); err != nil {
		return nil, err
	}
	return readResults(answer, items)
}

func readResults(answer *rest.Response, items []helperItem) ([]helperResult, error) {
	var read struct {
		Results []helperResult `json:"results"`
	}
	if err := decode(answer, '{', &read); err != nil {
		return nil, err
	}
	if !slices.EqualFunc(read.Results, items, func(r helperResult, i helperItem) bool { return r.Op == i.Op }) {
		return nil, brokenAnswer(errors.New("results for other items"))
	}
	return read.Results, nil
}

// sizeInPHP is the length of the JSON that PHP's json_encode makes of what the item was
// read from, which the helper measures: other than Go it escapes slashes and all but ASCII.
func sizeInPHP(item helperItem) int {
	encoded, err := json.Marshal(item)
	if err != nil {
		return 0
	}
	size := 0
	for _, r := range string(encoded) {
		switch {
		case r == '/':
			size += 2
		case r < 0x80:
			size++
		case r <= 0xFFFF:
			size += len(`\uFFFF`)
		default:
			size += 2 * len(`\uFFFF`)
		}
	}
	return size
}
