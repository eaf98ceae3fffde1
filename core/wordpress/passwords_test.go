package wordpress

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"usher/core"
	"usher/core/wordpress/realwp"
)

func TestAPasswordIsRevokedOnRealWordPress(t *testing.T) {
	for _, version := range []string{realwp.Oldest, realwp.Newest} {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			real := realwp.Run(t, version)
			ours, err := real.PHP(t.Context(), fmt.Sprintf(`
				$made = WP_Application_Passwords::create_new_application_password( 1, array( 'name' => 'Usher', 'app_id' => '%s' ) );
				echo $made[0];`, core.ApplicationID))
			if err != nil {
				t.Fatal(err)
			}
			found, err := Discover(t.Context(), real.URL)
			if err != nil {
				t.Fatal(err)
			}
			found.User = real.User

			page, err := FindAuthorisation(t.Context(), found)
			if want := real.URL + "/wp-admin/authorize-application.php"; err != nil || page.Page != want || page.Version != real.Version {
				t.Errorf("%+v, %v, want %s of WordPress %s", page, err, want, real.Version)
			}

			byHand := New(found, core.NewSecret(real.AppPassword))
			defer byHand.Close()
			client := New(found, core.NewSecret(ours))
			defer client.Close()
			for c, want := range map[*Client]bool{byHand: false, client: true} {
				if made, err := c.MadeForUsher(t.Context()); err != nil || made != want {
					t.Errorf("made for Usher: %v, %v, want %v", made, err, want)
				}
			}
			if err := client.Ping(t.Context()); err != nil {
				t.Fatal(err)
			}
			if err := client.Revoke(t.Context()); err != nil {
				t.Fatal(err)
			}
			if err := client.Ping(t.Context()); !core.HasCode(err, "site.unauthorized") {
				t.Errorf("revoked, and then: %v", err)
			}
			if err := client.Revoke(t.Context()); !core.HasCode(err, "site.unauthorized") {
				t.Errorf("revoked again: %v", err)
			}
			if err := byHand.Ping(t.Context()); err != nil {
				t.Errorf("the other password: %v", err)
			}
		})
	}
}

func TestAnswersThatRevokeNothing(t *testing.T) {
	const good = `{"uuid":"5c8e2f7a-0000-4000-8000-000000000001","app_id":""}`
	for name, c := range map[string]struct {
		introspect, deleted func(http.ResponseWriter)
		code                string
	}{
		"switched off":        {say(501, `{"code":"application_passwords_disabled"}`), nil, "site.no_app_passwords"},
		"a path for a uuid":   {say(200, `{"uuid":"../../users/1?force=true&"}`), nil, "site.server_error"},
		"no uuid":             {say(200, `{}`), nil, "site.server_error"},
		"a list":              {say(200, `[]`), nil, "site.server_error"},
		"not deleted":         {say(200, good), say(200, `{"deleted":false}`), "site.server_error"},
		"a page":              {say(200, good), say(200, `<html>`), "site.server_error"},
		"deleting is refused": {say(200, good), say(401, `{"code":"rest_cannot_delete_application_password"}`), "site.unauthorized"},
		"deleting fails":      {say(200, good), say(500, `{"code":"db_error"}`), "site.server_error"},
	} {
		t.Run(name, func(t *testing.T) {
			client := site(t, func(w http.ResponseWriter, r *http.Request) {
				switch {
				case r.Method == http.MethodGet && strings.HasSuffix(r.URL.Path, "/users/me/application-passwords/introspect"):
					c.introspect(w)
				case r.Method == http.MethodDelete && strings.HasSuffix(r.URL.Path, "/5c8e2f7a-0000-4000-8000-000000000001") && c.deleted != nil:
					c.deleted(w)
				default:
					t.Errorf("called %s %s", r.Method, r.URL)
				}
			})
			if err := client.Revoke(t.Context()); !core.HasCode(err, c.code) {
				t.Errorf("got %v, want %s", err, c.code)
			}
		})
	}
}

func say(status int, body string) func(http.ResponseWriter) {
	return func(w http.ResponseWriter) { answer(w, status, body) }
}
