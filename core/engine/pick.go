package engine

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"usher/core"
	"usher/core/usersync"
)

// CRMs implements control.Backend.
func (e *Engine) CRMs(context.Context) ([]core.Descriptor, error) {
	var list []core.Descriptor
	for _, adapter := range e.catalogue {
		about := adapter.Describe()
		about.Samples = nil // nothing people choose from
		list = append(list, about)
	}
	return list, nil
}

// Choices implements control.Backend.
func (e *Engine) Choices(ctx context.Context, connection string) (core.Choices, error) {
	conn, ok := e.store.Config().ConnectionNamed(connection)
	if !ok {
		return core.Choices{}, core.NewProblem("setup.no_connection", nil).About(connection)
	}
	via, problem := e.route(conn.ID)
	if problem != nil {
		return core.Choices{}, problem
	}
	roles, err := e.roleChoices(ctx, via)
	if err != nil {
		return core.Choices{}, err
	}
	choices := core.Choices{Roles: roles, UserFields: usersync.UserFields()}
	if !via.account.API {
		return choices, nil
	}
	client, err := e.crm(via.account, via.adapter)
	if err != nil {
		return core.Choices{}, err
	}
	picker, ok := client.(core.Picker)
	if !ok {
		return choices, nil
	}
	if choices.Fields, err = picker.ListFields(ctx); err != nil {
		return core.Choices{}, err
	}
	if choices.Tags, err = picker.ListTags(ctx); err != nil {
		return core.Choices{}, err
	}
	return choices, nil
}

// stockRoles are those without admin rights that every WordPress, or every WooCommerce,
// has: for sites that do not tell theirs.
var stockRoles = []core.RoleChoice{
	{Slug: "author", Name: "Author", WritesPosts: true},
	{Slug: "contributor", Name: "Contributor", WritesPosts: true},
	{Slug: "customer", Name: "Customer"},
	{Slug: "subscriber", Name: "Subscriber"},
}

// roleChoices lists the site's roles but those with admin rights, which are never offered.
func (e *Engine) roleChoices(ctx context.Context, via route) ([]core.RoleChoice, error) {
	password, err := e.vault.Get(ctx, passwordName(via.site.ID))
	if err != nil {
		return nil, err
	}
	client := e.sites.Open(via.site, password)
	defer client.Close()
	offer, err := client.Offer(ctx)
	if err != nil {
		return nil, err
	}
	e.hear(via.site.ID, offer)
	if offer.Roles == nil {
		return stockRoles, nil
	}
	var roles []core.RoleChoice
	for slug, role := range offer.Roles {
		if usersync.PowerfulRole(slug, role.Caps) {
			continue
		}
		roles = append(roles, core.RoleChoice{
			Slug: slug, Name: cmp.Or(role.Name, slug), Default: slug == offer.DefaultRole, WritesPosts: role.Caps["edit_posts"],
		})
	}
	slices.SortFunc(roles, func(a, b core.RoleChoice) int { return strings.Compare(a.Name, b.Name) })
	return roles, nil
}
