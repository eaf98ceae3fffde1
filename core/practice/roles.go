package practice

import (
	"maps"
	"slices"
	"strings"
)

// role is a set of capabilities under a name.
type role struct {
	slug string
	name string
	caps []string
}

// stockRoles are the roles of a new WordPress. Each has all the capabilities of the one before.
func stockRoles() []role {
	steps := []struct{ slug, name, adds string }{
		{"subscriber", "Subscriber", "read level_0"},
		{"contributor", "Contributor", "edit_posts delete_posts level_1"},
		{"author", "Author", "upload_files edit_published_posts publish_posts delete_published_posts level_2"},
		{"editor", "Editor", `moderate_comments manage_categories manage_links unfiltered_html edit_others_posts
			edit_pages edit_others_pages edit_published_pages publish_pages delete_pages delete_others_pages
			delete_published_pages delete_others_posts delete_private_posts edit_private_posts
			read_private_posts delete_private_pages edit_private_pages read_private_pages
			level_3 level_4 level_5 level_6 level_7`},
		{"administrator", "Administrator", `switch_themes edit_themes activate_plugins edit_plugins edit_users
			edit_files manage_options import delete_users create_users unfiltered_upload edit_dashboard
			update_plugins delete_plugins install_plugins update_themes install_themes update_core list_users
			remove_users promote_users edit_theme_options delete_themes export level_8 level_9 level_10`},
	}
	var roles []role
	var caps []string
	for _, step := range steps {
		caps = append(caps, strings.Fields(step.adds)...)
		roles = append(roles, role{step.slug, step.name, slices.Clone(caps)})
	}
	return roles
}

// AddRole adds a role as a plugin would, such as WooCommerce's customer; it replaces one of the same slug.
func (s *Site) AddRole(slug, name string, capabilities ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.roles = slices.DeleteFunc(s.roles, func(r role) bool { return r.slug == slug })
	s.roles = append(s.roles, role{slug, name, capabilities})
}

// AddCap gives one user a capability beyond their roles. It does nothing if there is no such user.
func (s *Site) AddCap(id int64, capability string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if u := s.byID(id); u != nil {
		if u.caps == nil {
			u.caps = map[string]bool{}
		}
		u.caps[capability] = true
	}
}

func (s *Site) role(slug string) (role, bool) {
	i := slices.IndexFunc(s.roles, func(r role) bool { return r.slug == slug })
	if i < 0 {
		return role{}, false
	}
	return s.roles[i], true
}

// capabilities is all a user may do, the names of the roles included, as WordPress counts it.
func (s *Site) capabilities(u *user) map[string]bool {
	all := ownCapabilities(u)
	for _, slug := range u.roles {
		r, _ := s.role(slug)
		for _, capability := range r.caps {
			all[capability] = true
		}
	}
	return all
}

// ownCapabilities is what is stored with the user: the roles, and what was given beyond them.
func ownCapabilities(u *user) map[string]bool {
	own := map[string]bool{}
	for _, slug := range u.roles {
		own[slug] = true
	}
	maps.Copy(own, u.caps)
	return own
}
