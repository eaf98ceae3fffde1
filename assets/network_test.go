package assets_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"usher/core/wordpress/realwp"
)

// fusion stands in for WP Fusion: what the plugin meets of it, and what it does when a user is made.
const fusion = `<?php
class Fusion_User {
	public function set_tags( $tags, $user_id ) {
		update_user_meta( $user_id, 'ontraport_tags', $tags );
		do_action( 'wpf_tags_modified', $user_id, $tags );
	}
}
function wp_fusion() {
	static $fusion;
	return $fusion ?? $fusion = (object) array( 'crm' => (object) array( 'slug' => 'ontraport' ), 'user' => new Fusion_User() );
}
add_action( 'user_register', function () {
	if ( null !== apply_filters( 'wpf_user_register', array( 'a' => 'b' ) ) ) {
		update_option( 'fusion_calls', 1 + get_option( 'fusion_calls', 0 ) );
	}
} );
add_action( 'wpf_tags_modified', function ( $id, $tags ) { update_option( 'fusion_tags', get_option( 'fusion_tags' ) . $id . ':' . implode( ',', $tags ) . ';' ); }, 10, 2 );`

func worksWithFusion(t *testing.T, s site) {
	s.write(t, "mu-plugins/fusion.php", fusion)
	made := s.one(t, creating("fusion", "fused", object{"tags": object{"crm": "ontraport", "values": []string{"11", "7"}}})).wants(t, "created", "")
	s.one(t, creating("fusion-other", "fused", object{"tags": object{"crm": "kartra", "values": []string{"VIP"}}})).wants(t, "updated", "")
	s.one(t, creating("fusion-same", "fused", object{"tags": object{"crm": "ontraport", "values": []string{"7", "11"}}})).wants(t, "unchanged", "")
	want := fmt.Sprintf("0 %d:11,7;", made.UserID)
	if got := s.php(t, `echo get_option( 'fusion_calls', 0 ), ' ', get_option( 'fusion_tags' );`); got != want {
		t.Errorf("calls to the CRM and tags told: %q, want %q", got, want)
	}
	if err := os.Remove(filepath.Join(s.ContentDir, "mu-plugins", "fusion.php")); err != nil {
		t.Fatal(err)
	}
}

// Only a generated password is hashed cheaply, and only for the one insert.
func hashesCheaply(t *testing.T, s site) {
	if strings.HasPrefix(s.Version, "6.1") {
		t.Skip("passwords are hashed with a cost since WordPress 6.8")
	}
	short := creating("hash-short", "hash-short", object{"create": object{"login": "hash-short", "password": "short", "generated": true}})
	given := creating("hash-given", "hash-given", object{"create": object{"login": "hash-given", "password": strings.Repeat("x", 24)}})
	s.upsert(t, creating("hash-generated", "hash-generated", nil), short, given)
	for login, cheap := range map[string]bool{"hash-generated": true, "hash-short": false, "hash-given": false} {
		hash := s.php(t, fmt.Sprintf(`echo get_user_by( 'login', '%s' )->user_pass;`, login))
		if strings.Contains(hash, "$04$") != cheap {
			t.Errorf("%s: %.12s…, cheap should be %v", login, hash, cheap)
		}
	}
	if got := s.php(t, `$u = wp_authenticate( 'hash-generated', str_repeat( 'correct horse ', 2 ) ); echo is_wp_error( $u ) ? 'no' : $u->user_login;`); got != "hash-generated" {
		t.Errorf("logging in: %q", got)
	}
}

func TestHelperOnANetwork(t *testing.T) {
	eachWordPress(t, realwp.Options{Network: true}, func(t *testing.T, s site) {
		status, body := s.send(t, http.MethodGet, "info", s.User, s.AppPassword, "", nil)
		var info struct {
			Multisite bool
			Cannot    []string
		}
		if err := json.Unmarshal(body, &info); status != http.StatusOK || err != nil || !info.Multisite || len(info.Cannot) == 0 {
			t.Errorf("info: %d %v %+v", status, err, info)
		}
		t.Run("makes a user of this site", func(t *testing.T) {
			made := s.one(t, creating("net-new", "netnew", nil)).wants(t, "created", "")
			if got := s.php(t, fmt.Sprintf(`echo count( get_blogs_of_user( %d ) ), get_user_meta( %[1]d, 'primary_blog', true );`, made.UserID)); got != "11" {
				t.Errorf("sites and main site: %s", got)
			}
			s.one(t, creating("net-login", "net-login", nil)).wants(t, "error", "user_name")
		})
		elsewhere := func(login, role string) int {
			id, _ := s.addUser(t, login, "subscriber")
			s.php(t, fmt.Sprintf(`add_user_to_blog( 2, %d, '%s' ); remove_user_from_blog( %[1]d, 1 );`, id, role))
			return id
		}
		t.Run("adds a user of the network to the site", func(t *testing.T) {
			id := elsewhere("netold", "author")
			s.one(t, updating("net-absent", id, object{"fields": object{"first_name": "X"}})).wants(t, "error", "not_on_site")
			added := s.one(t, creating("net-add", "netold", object{"expect": "none", "fields": object{"first_name": "Old"}})).wants(t, "updated", "added_to_site")
			if added.UserID != id || added.Created || added.After.FirstName != "Old" || fmt.Sprint(added.After.Roles) != "[subscriber]" {
				t.Errorf("added: %+v %+v", added, added.After)
			}
		})
		t.Run("leaves alone who is powerful on another site", func(t *testing.T) {
			id := elsewhere("netboss", "administrator")
			s.one(t, creating("net-boss", "netboss", nil)).wants(t, "refused", "protected")
			s.one(t, updating("net-boss-id", id, nil)).wants(t, "refused", "protected")
			super, _ := s.addUser(t, "netsuper", "subscriber")
			s.php(t, fmt.Sprintf(`grant_super_admin( %d );`, super))
			s.one(t, updating("net-super", super, nil)).wants(t, "refused", "protected")
		})
		t.Run("answers no administrator of one site", func(t *testing.T) {
			_, password := s.addUser(t, "siteboss", "administrator")
			if status, body := s.send(t, http.MethodGet, "info", "siteboss", password, "", nil); status != http.StatusForbidden {
				t.Errorf("%d %s", status, body)
			}
		})
		t.Run("uninstalls from every site", func(t *testing.T) {
			s.php(t, `switch_to_blog( 2 ); usher_site(); restore_current_blog();
				require_once ABSPATH . 'wp-admin/includes/plugin.php';
				deactivate_plugins( 'usher-helper/usher-helper.php' );
				uninstall_plugin( 'usher-helper/usher-helper.php' );`)
			if got := s.php(t, `echo wp_json_encode( array( get_blog_option( 1, 'usher_site' ), get_blog_option( 2, 'usher_site' ) ) );`); got != "[false,false]" {
				t.Errorf("left behind: %s", got)
			}
		})
	})
}
