package usersync

import (
	"strings"
	"testing"
)

// FuzzRoleAskedFor asks for roles of every spelling: what a message may have unasked must
// never make anybody privileged.
func FuzzRoleAskedFor(f *testing.F) {
	for _, seed := range []string{"administrator", "Administrator ", " SHOP_MANAGER", "Boss", "the boss", "shop manager", "editor\n", "vip", "author", "", "ad\u200bministrator"} {
		f.Add(seed)
	}
	roles := map[string]RoleFacts{
		"vip":       {Name: "VIP", Caps: map[string]bool{"read": true}},
		"author":    {Name: "Author", Caps: map[string]bool{"edit_posts": true}},
		"the_boss":  {Name: "Boss", Caps: map[string]bool{"manage_options": true}},
		"clerk":     {Name: "Customer", Caps: map[string]bool{"list_users": true}},
		"harmless":  {Name: "administrator"}, // nothing is known of it but a confusing name
		"no_such":   {Missing: true},
		"Oddly Cap": {Name: "odd", Caps: map[string]bool{"unfiltered_html": true}},
	}
	f.Fuzz(func(t *testing.T, name string) {
		for _, known := range []map[string]RoleFacts{roles, nil} {
			g := guard{roles: known}
			slug := g.slug(name)
			if slug == "" || !g.permits(slug, byMessage) { // an empty one asks for nothing
				continue
			}
			if facts := g.roles[slug]; isPowerful(slug) || powerful(facts.Caps) || facts.Caps["edit_posts"] {
				t.Errorf("%q may have %s", name, slug)
			}
			if known == nil && slug != "subscriber" && slug != "customer" {
				t.Errorf("%q may have %s, of which nothing is known", name, slug)
			}
		}
	})
}

// FuzzFieldMapTarget maps fields onto names of every kind: none may be one WordPress keeps
// powers or sessions under, however a database compares names.
func FuzzFieldMapTarget(f *testing.F) {
	for _, seed := range []string{"wp_capabilities", "WP_Capabilities ", "wp_2_user_level", "session_tokens", "_x", "usher_op", "phone", "wp_capabilities\n", "sessiön_tokens", "role"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, target string) {
		if !isMeta(target) {
			return
		}
		folded := strings.ToLower(strings.TrimSpace(target))
		if strings.HasSuffix(folded, "capabilities") || strings.HasSuffix(folded, "user_level") || folded == "session_tokens" ||
			strings.HasPrefix(folded, "_") || strings.HasPrefix(folded, "usher_") || strings.ContainsFunc(target, func(r rune) bool { return r <= ' ' || r > '~' }) {
			t.Errorf("%q is taken for user meta", target)
		}
	})
}
