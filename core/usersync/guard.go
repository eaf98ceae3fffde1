package usersync

import (
	"slices"
	"strings"

	"usher/core"
)

// PowerfulCaps are the capabilities a user or a role is called privileged for: all that
// WordPress gives administrators and not editors (populate_roles in
// wp-admin/includes/schema.php, the same from 3.0 on), unfiltered_html, and
// WooCommerce's manage_woocommerce.
var PowerfulCaps = []string{
	"activate_plugins", "create_users", "delete_plugins", "delete_themes", "delete_users",
	"edit_dashboard", "edit_files", "edit_plugins", "edit_theme_options", "edit_themes",
	"edit_users", "export", "import", "install_plugins", "install_themes", "list_users",
	"manage_options", "promote_users", "remove_users", "switch_themes", "unfiltered_upload",
	"update_core", "update_plugins", "update_themes", "level_8", "level_9", "level_10",
	"manage_woocommerce", "unfiltered_html",
}

// powerfulRoles are privileged by name, whatever a site made of them.
var powerfulRoles = []string{"administrator", "editor", "shop_manager"}

// harmlessRoles are WordPress's and WooCommerce's roles for people who only read or buy.
var harmlessRoles = []string{"subscriber", "customer"}

// Privileged reports whether a user is never to be changed: by a role, or by any
// capability of their own or of a role.
func Privileged(user core.User) bool {
	return user.Protected || slices.ContainsFunc(user.Roles, isPowerful) || powerful(user.Caps)
}

func isPowerful(role string) bool { return slices.Contains(powerfulRoles, role) }

func powerful(caps map[string]bool) bool {
	holds := func(name string) bool { return caps[name] }
	// A role's name is a capability of its users too.
	return slices.ContainsFunc(PowerfulCaps, holds) || slices.ContainsFunc(powerfulRoles, holds)
}

// RoleFacts is what is known of a role on the site.
type RoleFacts struct {
	Name    string          // as people see it; empty if unknown
	Caps    map[string]bool // nil if unknown
	Missing bool            // the site has no such role
}

// guard says which roles may be given.
type guard struct {
	allowed []string // a person's explicit choice
	agreed  string   // the role a person said yes to for this work
	roles   map[string]RoleFacts
}

// chooser says who named a role.
type chooser int

const (
	byMessage chooser = iota // a webhook's URL or a CRM field
	byPerson                 // the connection's default role or a tag rule
)

// slug finds the role meant by a slug or a display name. A display name the site has not
// told is taken for the slug WordPress plugins commonly make of it.
func (g guard) slug(name string) string {
	name = strings.TrimSpace(name)
	if _, ok := g.roles[name]; ok {
		return name
	}
	match := ""
	for slug, role := range g.roles {
		if strings.EqualFold(role.Name, name) && (match == "" || slug < match) {
			match = slug
		}
	}
	if match != "" && name != "" {
		return match
	}
	return slugOf(name)
}

func slugOf(name string) string { return strings.ToLower(strings.Join(strings.Fields(name), "_")) }

// permits reports whether a role may be given without asking. What a message names must
// be known to be harmless; a person's settings may also name a role nothing is known of,
// or one that writes posts.
func (g guard) permits(slug string, by chooser) bool {
	facts := g.roles[slug]
	switch {
	case g.chosen(slug):
		return true
	case g.knownPowerful(slug):
		return false
	case by == byPerson, slug == g.agreed:
		return true
	case facts.Caps != nil:
		return !facts.Caps["edit_posts"]
	default:
		return slices.Contains(harmlessRoles, slug)
	}
}

// chosen reports whether a person put the role on the list of allowed roles.
func (g guard) chosen(slug string) bool {
	return slices.ContainsFunc(g.allowed, func(name string) bool { return g.slug(name) == slug })
}

// knownHarmless reports whether a role is certain to make nobody privileged.
func (g guard) knownHarmless(slug string) bool {
	return g.roles[slug].Caps != nil && !g.knownPowerful(slug)
}

// knownPowerful reports whether a role is certain to make its users privileged.
func (g guard) knownPowerful(slug string) bool {
	return isPowerful(slug) || powerful(g.roles[slug].Caps)
}
