package pulse

import (
	"context"
	"net/url"
	"strings"

	"usher/core"
	"usher/core/rest"
)

var (
	_ core.Opener     = Adapter{}
	_ core.Picker     = (*client)(nil)
	_ core.Scribe     = (*client)(nil)
	_ core.TagLister  = (*client)(nil)
	_ core.Authoriser = (*client)(nil)
)

// client is the API of one application. Redirects are not followed and no address is taken
// from an answer, so the access token reaches no other host.
type client struct {
	http     *rest.Client
	base     *url.URL // of the API
	redirect string   // where a sign-in ends
	tokens   *tokens
}

// Close implements core.Client.
func (c *client) Close() {
	c.http.Close()
	c.tokens.http.Close()
}

// Redirect implements core.Authoriser.
func (c *client) Redirect() string { return c.redirect }

// AuthCodeURL implements core.Authoriser.
func (c *client) AuthCodeURL(redirect, state string) string {
	config := c.tokens.config
	config.RedirectURL = redirect
	return config.AuthCodeURL(state)
}

// Exchange implements core.Authoriser.
func (c *client) Exchange(ctx context.Context, redirect string, code core.Secret) error {
	return c.tokens.exchange(ctx, redirect, code)
}

// Contact implements core.Client.
func (c *client) Contact(ctx context.Context, id string) (core.Contact, error) {
	found, err := c.entity(ctx, id)
	if err != nil {
		return core.Contact{}, err
	}
	found.Tags, err = c.contactTags(ctx, id)
	if err != nil {
		return core.Contact{}, err
	}
	found.TagsKnown = true
	return found, nil
}

// entity is a contact without tags.
func (c *client) entity(ctx context.Context, id string) (core.Contact, error) {
	if number(id) == "" {
		return core.Contact{}, noContact()
	}
	object, err := c.get(ctx, "contacts/"+id, nil)
	if err != nil {
		return core.Contact{}, err
	}
	if inner, wrapped := object["data"].(map[string]any); wrapped && object["id"] == nil {
		object = inner
	}
	found := contact(object)
	if found.ID != id {
		return core.Contact{}, notUnderstood()
	}
	return found, nil
}

// ContactByEmail implements core.Client. What the search finds is looked at again, for it
// is not known how exactly it compares.
func (c *client) ContactByEmail(ctx context.Context, email string) (core.Contact, error) {
	if !core.UsableEmail(email) {
		return core.Contact{}, noContact()
	}
	object, err := c.post(ctx, "contact/find/", url.Values{"email": {email}})
	if err != nil {
		return core.Contact{}, err
	}
	id := number(core.Text(object["id"]))
	if id == "" {
		return core.Contact{}, notUnderstood()
	}
	found, err := c.Contact(ctx, id)
	if err == nil && !strings.EqualFold(found.Email, email) {
		return core.Contact{}, noContact()
	}
	return found, err
}
