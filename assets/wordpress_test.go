package assets_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"usher/core/wordpress/realwp"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// site is a real WordPress with the helper plugin on it.
type site struct {
	*realwp.Site
}

type object = map[string]any

// answer is what the plugin says of one item.
type answer struct {
	Op      string  `json:"op"`
	Status  string  `json:"status"`
	UserID  int     `json:"user_id"`
	Created bool    `json:"created"`
	Before  *person `json:"before"`
	After   *person `json:"after"`
	Mail    string  `json:"mail"`
	Code    string  `json:"code"`
	Message string  `json:"message"`
}

// person is a user's state as the plugin tells it.
type person struct {
	ID          int            `json:"id"`
	Login       string         `json:"login"`
	Email       string         `json:"email"`
	Name        string         `json:"name"`
	FirstName   string         `json:"first_name"`
	LastName    string         `json:"last_name"`
	Nickname    string         `json:"nickname"`
	URL         string         `json:"url"`
	Description string         `json:"description"`
	Locale      string         `json:"locale"`
	Roles       []string       `json:"roles"`
	Meta        map[string]any `json:"meta"`
	Hash        string         `json:"hash"`
}

// eachWordPress runs a test on a site of that kind at both ends of the supported range.
func eachWordPress(t *testing.T, kind realwp.Options, test func(*testing.T, site)) {
	for _, kind.Version = range []string{realwp.Oldest, realwp.Newest} {
		options := kind
		t.Run("WordPress "+options.Version, func(t *testing.T) {
			t.Parallel()
			s := site{realwp.RunWith(t, options)}
			s.install(t)
			test(t, s)
			if complaints, err := os.ReadFile(s.PHPLog); err == nil {
				t.Errorf("PHP complained:\n%s", complaints)
			}
		})
	}
}

// install does what "Upload Plugin" and "Activate" do.
func (s site) install(t *testing.T) {
	t.Helper()
	if err := s.InstallPlugin(t.Context(), packHelper(t)); err != nil {
		t.Fatal(err)
	}
}

func (s site) write(t *testing.T, name, content string) {
	t.Helper()
	path := filepath.Join(s.ContentDir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

func (s site) php(t *testing.T, code string) string {
	t.Helper()
	out, err := s.PHP(t.Context(), code)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func (s site) mails(t *testing.T) []string {
	t.Helper()
	mails, err := s.Mails()
	if err != nil {
		t.Fatal(err)
	}
	return mails
}

// addUser makes a user by WordPress's own functions and returns the id and an application password.
func (s site) addUser(t *testing.T, login, role string) (id int, password string) {
	t.Helper()
	made := s.php(t, fmt.Sprintf(`
		$id = wp_insert_user( array( 'user_login' => '%[1]s', 'user_email' => '%[1]s@example.test', 'role' => '%[2]s', 'user_pass' => wp_generate_password() ) );
		$made = WP_Application_Passwords::create_new_application_password( $id, array( 'name' => 'tests' ) );
		echo $id . ' ' . $made[0];`, login, role))
	if _, err := fmt.Sscan(made, &id, &password); err != nil {
		t.Fatal(err)
	}
	return id, password
}

// send makes one request as the named user, anonymous with "".
func (s site) send(t *testing.T, method, route, user, password, contentType string, body []byte) (status int, answered []byte) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, s.URL+"/wp-json/usher/v1/"+route, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", contentType)
	req.Close = true
	if user != "" {
		req.SetBasicAuth(user, password)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, nil // PHP ended
	}
	defer func() { _ = res.Body.Close() }()
	answered, err = io.ReadAll(res.Body)
	if err != nil {
		return 0, nil
	}
	return res.StatusCode, answered
}

func (s site) post(t *testing.T, body any) (status int, answered []byte) {
	t.Helper()
	encoded, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	return s.send(t, http.MethodPost, "upsert", s.User, s.AppPassword, "application/json", encoded)
}

// upsert sends items in one request and expects an answer to each.
func (s site) upsert(t *testing.T, items ...object) []answer {
	t.Helper()
	status, body := s.post(t, object{"items": items})
	if status != http.StatusOK {
		t.Fatalf("upsert: %d %s", status, body)
	}
	var got struct {
		Results []answer `json:"results"`
	}
	if err := json.Unmarshal(body, &got); err != nil {
		t.Fatalf("upsert: %v in %s", err, body)
	}
	if len(got.Results) != len(items) {
		t.Fatalf("%d answers to %d items", len(got.Results), len(items))
	}
	for i, a := range got.Results {
		if op, _ := items[i]["op"].(string); a.Op != op && len(op) <= 64 {
			t.Errorf("answer %d is about %q, want %q", i, a.Op, op)
		}
	}
	return got.Results
}

// one sends a single item.
func (s site) one(t *testing.T, item object) answer {
	t.Helper()
	return s.upsert(t, item)[0]
}

// wants checks what became of an item.
func (a answer) wants(t *testing.T, status, code string) answer {
	t.Helper()
	if a.Status != status || a.Code != code {
		t.Fatalf("%s: got %s %q (%s), want %s %q", a.Op, a.Status, a.Code, a.Message, status, code)
	}
	return a
}

// creating is an item that creates a user if there is none, changed by more.
func creating(op, login string, more object) object {
	item := object{
		"op": "test-" + op, "email": login + "@example.test",
		"create": object{"login": login, "password": strings.Repeat("correct horse ", 2), "generated": true},
	}
	for key, value := range more {
		item[key] = value
	}
	return item
}

// updating is an item about an existing user.
func updating(op string, id int, more object) object {
	item := object{"op": "test-" + op, "id": id}
	for key, value := range more {
		item[key] = value
	}
	return item
}

// everything is the whole content of the user tables, to show that nothing was written.
func (s site) everything(t *testing.T) string {
	t.Helper()
	return s.php(t, `global $wpdb;
		echo wp_json_encode( $wpdb->get_results( "SELECT * FROM $wpdb->users ORDER BY ID" ) );
		echo wp_json_encode( $wpdb->get_results( "SELECT * FROM $wpdb->usermeta ORDER BY umeta_id" ) );`)
}
