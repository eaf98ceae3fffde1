package wordpress_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"usher/assets"
	"usher/core/wordpress/realwp"
	"usher/core/wordpress/wptest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestRealWordPressKeepsTheContract(t *testing.T) {
	for name, options := range map[string]realwp.Options{
		"oldest":                     {Version: realwp.Oldest},
		"newest":                     {Version: realwp.Newest},
		"newest, plain, in a folder": {Version: realwp.Newest, Plain: true, Folder: "blog"},
		"newest, network":            {Version: realwp.Newest, Network: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			site := realwp.RunWith(t, options)
			hashCheaply(t, site)
			suite := wptest.Site{
				URL: site.URL, User: site.User, Password: site.AppPassword, Plain: options.Plain,
				InstallHelper: func(t *testing.T) { installHelper(t, site) },
				AddUser: func(t *testing.T, login, email, role string) string {
					return php(t, site, fmt.Sprintf(`
						$id = wp_insert_user( array( 'user_login' => '%s', 'user_email' => '%s', 'role' => '%s', 'user_pass' => wp_generate_password() ) );
						$made = WP_Application_Passwords::create_new_application_password( $id, array( 'name' => 'suite' ) );
						echo $made[0];`, login, email, role))
				},
				AddRole: func(t *testing.T, slug, name string, caps []string) {
					php(t, site, fmt.Sprintf(`add_role( '%s', '%s', array_fill_keys( explode( ',', '%s' ), true ) );`,
						slug, name, strings.Join(caps, ",")))
				},
				Mails: func(t *testing.T) int {
					t.Helper()
					mails, err := site.Mails()
					if err != nil {
						t.Fatal(err)
					}
					return len(mails)
				},
			}
			if options.Network {
				onNetwork(site, &suite)
			}
			wptest.Run(t, suite)
		})
	}
}

func onNetwork(site *realwp.Site, suite *wptest.Site) {
	suite.Network = true
	suite.DeleteUser = func(t *testing.T, id int64) {
		php(t, site, fmt.Sprintf(`require_once ABSPATH . 'wp-admin/includes/ms.php'; wpmu_delete_user( %d );`, id))
	}
	suite.AddElsewhere = func(t *testing.T, login string) int64 {
		made := php(t, site, fmt.Sprintf(`
			$id = wp_insert_user( array( 'user_login' => '%[1]s', 'user_email' => '%[1]s@example.test', 'user_pass' => wp_generate_password() ) );
			remove_user_from_blog( $id, 1 );
			add_user_to_blog( 2, $id, 'author' );
			echo $id;`, login))
		id, err := strconv.ParseInt(made, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		return id
	}
}

func installHelper(t *testing.T, site *realwp.Site) {
	t.Helper()
	packed, err := assets.HelperZip()
	if err != nil {
		t.Fatal(err)
	}
	if err := site.InstallPlugin(t.Context(), packed); err != nil {
		t.Fatal(err)
	}
}

// hashCheaply saves 40 ms a user; since 6.8 passwords are hashed that slowly.
func hashCheaply(t *testing.T, site *realwp.Site) {
	t.Helper()
	const plugin = "<?php add_filter( 'wp_hash_password_options', fn() => array( 'cost' => 4 ) );"
	if err := os.WriteFile(filepath.Join(site.ContentDir, "mu-plugins", "cheap-hash.php"), []byte(plugin), 0o600); err != nil {
		t.Fatal(err)
	}
}

func php(t *testing.T, site *realwp.Site, code string) string {
	t.Helper()
	out, err := site.PHP(t.Context(), code)
	if err != nil {
		t.Fatal(err)
	}
	return out
}
