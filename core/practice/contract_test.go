package practice_test

import (
	"net/http/httptest"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"usher/core"
	"usher/core/practice"
	"usher/core/wordpress/wptest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestPracticeSiteKeepsTheContract(t *testing.T) {
	for name, cfg := range map[string]practice.SiteConfig{
		"pretty":             {},
		"plain, in a folder": {PlainPermalinks: true, Folder: "/blog/"},
	} {
		t.Run(name, func(t *testing.T) {
			cfg.Admin.AppPassword = core.NewSecret(appPassword)
			site := practice.NewSite(cfg)
			server := httptest.NewServer(site)
			t.Cleanup(server.Close)
			wptest.Run(t, wptest.Site{
				URL:  server.URL + strings.TrimSuffix(cfg.Folder, "/"),
				User: "admin", Password: strings.ReplaceAll(appPassword, " ", ""), Plain: cfg.PlainPermalinks,
				AddUser: func(t *testing.T, login, _, role string) string {
					addUser(t, site, login, role)
					return appPassword
				},
				AddRole: func(_ *testing.T, slug, name string, caps []string) {
					site.AddRole(slug, name, caps...)
				},
				Mails: func(*testing.T) int { return len(site.Mails()) },
			})
		})
	}
}

// addUser makes a user NAME with NAME@example.test, one role and appPassword.
func addUser(t *testing.T, site *practice.Site, name, role string) core.User {
	t.Helper()
	u, err := site.AddUser(core.NewUser{
		Login: name, Email: name + "@example.test", Password: core.NewSecret("x"), Roles: []string{role},
	})
	if err != nil {
		t.Fatal(err)
	}
	site.AddAppPassword(u.ID, core.NewSecret(appPassword))
	return u
}
