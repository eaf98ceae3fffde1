package practice_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"usher/core"
	"usher/core/practice"
	"usher/core/wordpress/realwp"
)

const appPassword = "abcd EFGH ijkl MNOP qrst UVWX"

func newSubject(t *testing.T, url, file, password string) subject {
	client := &http.Transport{}
	t.Cleanup(client.CloseIdleConnections)
	spaced := regexp.MustCompile(`(....)`).ReplaceAllString(password, "$1 ")
	return subject{url: url, file: file, http: client, accounts: map[string]account{
		"admin":  {"admin", password},
		"spaced": {"ADMIN", spaced},
		"email":  {"admin@example.test", password},
		"wrong":  {"admin", "wrong" + password},
		"nobody": {"nobody", password},
		"own":    {"admin", "the account's own password"},
	}}
}

// lesser are the accounts that "!" lines make: roles, and for keeper capabilities of its own.
var lesser = map[string][]string{
	"editor": nil,
	"keeper": {"read", "list_users", "create_users", "edit_users", "promote_users"},
}

func practiceSubject(t *testing.T, file string, cfg practice.SiteConfig) subject {
	cfg.Title, cfg.Admin.AppPassword = "Test site", core.NewSecret(appPassword)
	site := practice.NewSite(cfg)
	server := httptest.NewServer(site)
	t.Cleanup(server.Close)
	s := newSubject(t, server.URL+strings.TrimSuffix("/"+cfg.Folder, "/"), file, strings.ReplaceAll(appPassword, " ", ""))
	s.prepare = func(t *testing.T, what string) {
		switch what {
		case "switched off":
			return // it is from the start
		case "customer":
			site.AddRole("customer", "Customer", "read")
			return
		}
		if what != "editor" {
			site.AddRole(what, what, lesser[what]...)
		}
		addUser(t, site, what, what)
		s.accounts[what] = account{what, appPassword}
	}
	s.mails = func(*testing.T) []string {
		var list []string
		for _, m := range site.Mails() {
			list = append(list, m.To+": "+m.Subject)
		}
		return list
	}
	return s
}

func realSubject(t *testing.T, file string, o realwp.Options) subject {
	site := realwp.RunWith(t, o)
	if !strings.HasPrefix(site.Version, recordedFrom) && !*update {
		t.Skipf("recorded from WordPress %s, and this is %s: record anew with -update, and change recordedFrom", recordedFrom, site.Version)
	}
	s := newSubject(t, site.URL, file, site.AppPassword)
	s.accounts["own"] = account{"admin", site.Password}
	php := func(t *testing.T, code string) string {
		out, err := site.PHP(t.Context(), code)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	s.prepare = func(t *testing.T, what string) {
		switch what {
		case "switched off":
			const plugin = "<?php add_filter('wp_is_application_passwords_available', '__return_false');"
			if err := os.WriteFile(filepath.Join(site.ContentDir, "mu-plugins", "off.php"), []byte(plugin), 0o600); err != nil {
				t.Fatal(err)
			}
			return
		case "customer":
			php(t, `add_role('customer', 'Customer', ['read' => true]);`)
			return
		}
		caps := strings.Join(lesser[what], "', '")
		password := php(t, fmt.Sprintf(`
			if ('editor' !== '%[1]s') add_role('%[1]s', '%[1]s', array_fill_keys(['%[2]s'], true));
			$id = wp_insert_user(['user_login' => '%[1]s', 'user_pass' => 'x',
				'user_email' => '%[1]s@example.test', 'role' => '%[1]s']);
			echo WP_Application_Passwords::create_new_application_password($id, ['name' => 'tests'])[0];`, what, caps))
		s.accounts[what] = account{what, password}
	}
	s.mails = func(t *testing.T) []string {
		mails, err := site.Mails()
		if err != nil {
			t.Fatal(err)
		}
		var list []string
		for _, mail := range mails {
			h := func(name string) string {
				return strings.TrimSpace(regexp.MustCompile(`(?m)^` + name + `: (.*)$`).FindStringSubmatch(mail)[1])
			}
			list = append(list, h("To")+": "+h("Subject"))
		}
		return list
	}
	return s
}
