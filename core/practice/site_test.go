package practice_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"usher/core"
	"usher/core/practice"
)

// newSite serves a site whose administrator has appPassword, and a client that keeps no connections.
func newSite(t *testing.T, cfg practice.SiteConfig) (*practice.Site, client) {
	t.Helper()
	cfg.Admin.AppPassword = core.NewSecret(appPassword)
	site := practice.NewSite(cfg)
	server := httptest.NewServer(site)
	t.Cleanup(server.Close)
	return site, client{server.URL, &http.Transport{DisableKeepAlives: true}}
}

type client struct {
	url  string
	http *http.Transport
}

// do sends a request as the administrator; the answer's body is read and closed.
func (c client) do(t *testing.T, method, path, body string) (*http.Response, string, error) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, c.url+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.SetBasicAuth("admin", appPassword)
	r.Header.Set("Content-Type", "application/json")
	res, err := c.http.RoundTrip(r)
	if err != nil {
		return nil, "", err
	}
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(res.Body)
	return res, string(text), err
}

func (c client) must(t *testing.T, status int, method, path, body string) string {
	t.Helper()
	res, text, err := c.do(t, method, path, body)
	if err != nil {
		t.Fatal(err)
	}
	if res.StatusCode != status {
		t.Fatalf("%s %s: got %d %s, want %d", method, path, res.StatusCode, text, status)
	}
	return text
}

const usersPath = "/wp-json/wp/v2/users"

func TestUsersAddedInTheAdminAreaAreSeenByREST(t *testing.T) {
	site, c := newSite(t, practice.SiteConfig{})
	added, err := site.AddUser(core.NewUser{
		Login: "ann", Email: "Ann@example.test", Password: core.NewSecret("secret"),
		Fields: core.Fields{"first_name": "Ann", "last_name": "Lee & Co"},
	})
	if err != nil {
		t.Fatal(err)
	}
	var shown struct {
		Name, Email string
		Roles       []string
	}
	text := c.must(t, http.StatusOK, "GET", fmt.Sprintf("%s/%d?context=edit", usersPath, added.ID), "")
	if err := json.Unmarshal([]byte(text), &shown); err != nil {
		t.Fatal(err)
	}
	if shown.Name != "Ann Lee &amp; Co" || shown.Email != "Ann@example.test" || !slices.Equal(shown.Roles, []string{"subscriber"}) {
		t.Errorf("got %+v", shown)
	}
	found, ok := site.User("ANN@EXAMPLE.TEST")
	if !ok || found.ID != added.ID || found.Fields["last_name"] != "Lee &amp; Co" || !found.Caps["read"] {
		t.Errorf("got %v, %v", found, ok)
	}
	if !site.CanLogIn("ann", core.NewSecret("secret")) || !site.CanLogIn("ann@example.test", core.NewSecret("secret")) {
		t.Error("the password does not open the account")
	}
	if site.CanLogIn("ann", core.NewSecret("Secret")) || site.CanLogIn("admin", core.Secret{}) {
		t.Error("a wrong password opens an account")
	}
}

func TestUsersOfTheGoAPIFollowTheRulesOfREST(t *testing.T) {
	site, _ := newSite(t, practice.SiteConfig{})
	taken := core.NewUser{Login: "Admin", Email: "other@example.test", Password: core.NewSecret("x")}
	if _, err := site.AddUser(taken); err == nil || !strings.HasPrefix(err.Error(), "existing_user_login: ") {
		t.Errorf("a taken login: %v", err)
	}
	taken.Login, taken.Email = "other", "ADMIN@example.test"
	if _, err := site.AddUser(taken); err == nil || !strings.HasPrefix(err.Error(), "existing_user_email: ") {
		t.Errorf("a taken e-mail address: %v", err)
	}
	if n := len(site.Users()); n != 1 {
		t.Errorf("%d users", n)
	}
	if err := site.EditUser(99, core.UserPatch{}); err == nil {
		t.Error("a user who is not there was edited")
	}
}

func TestAnOwnersEditAndDelete(t *testing.T) {
	site, c := newSite(t, practice.SiteConfig{})
	ann := addUser(t, site, "ann", "subscriber")
	patch := core.UserPatch{Fields: core.Fields{"first_name": "Anna"}, Roles: []string{"author", "editor"}}
	if err := site.EditUser(ann.ID, patch); err != nil {
		t.Fatal(err)
	}
	ann, _ = site.User("ann@example.test")
	if ann.Fields["first_name"] != "Anna" || !slices.Equal(ann.Roles, []string{"author", "editor"}) {
		t.Errorf("got %v with roles %v", ann.Fields["first_name"], ann.Roles)
	}
	site.DeleteUser(ann.ID)
	site.DeleteUser(ann.ID)
	c.must(t, http.StatusNotFound, "GET", fmt.Sprintf("%s/%d", usersPath, ann.ID), "")
	if again := addUser(t, site, "ann", "subscriber"); again.ID == ann.ID {
		t.Error("an id was given twice")
	}
}

func TestCapabilitiesOfRolesAndOfPersons(t *testing.T) {
	site, c := newSite(t, practice.SiteConfig{DefaultRole: "customer"})
	site.AddRole("customer", "Customer", "read")
	ann, err := site.AddUser(core.NewUser{Login: "ann", Email: "ann@example.test", Password: core.NewSecret("x")})
	if err != nil {
		t.Fatal(err)
	}
	site.AddCap(ann.ID, "manage_options")
	site.AddCap(99, "manage_options") // nobody
	text := c.must(t, http.StatusOK, "GET", fmt.Sprintf("%s/%d?context=edit&_fields=capabilities,extra_capabilities,roles", usersPath, ann.ID), "")
	want := `{"capabilities":{"customer":true,"manage_options":true,"read":true},` +
		`"extra_capabilities":{"customer":true,"manage_options":true},"roles":["customer"]}`
	if strings.TrimSpace(text) != want {
		t.Errorf("got %s, want %s", text, want)
	}
	if err := site.EditUser(ann.ID, core.UserPatch{Roles: []string{}}); err != nil {
		t.Fatal(err)
	}
	if ann, _ = site.User(ann.Email); !ann.Caps["manage_options"] || ann.Caps["read"] {
		t.Errorf("without roles: %v", ann.Caps)
	}
}

func TestTheSiteHasAClockOfItsOwn(t *testing.T) {
	now := time.Date(2024, 2, 29, 23, 59, 59, 900, time.FixedZone("", 3600))
	site, c := newSite(t, practice.SiteConfig{Now: func() time.Time { return now }})
	res, _, err := c.do(t, "POST", usersPath, `{"username":"ann","email":"ann@example.test","password":"x"}`)
	if err != nil {
		t.Fatal(err)
	}
	if got := res.Header.Get("Date"); got != "Thu, 29 Feb 2024 22:59:59 GMT" {
		t.Errorf("Date is %s", got)
	}
	if ann, _ := site.User("ann@example.test"); !ann.Registered.Equal(now.Truncate(time.Second)) {
		t.Errorf("registered %v", ann.Registered)
	}
}

func TestTheFolderIsTheWholeSite(t *testing.T) {
	_, c := newSite(t, practice.SiteConfig{Folder: "blog"})
	c.must(t, http.StatusOK, "GET", "/blog/", "")
	c.must(t, http.StatusOK, "GET", "/blog"+usersPath, "")
	c.must(t, http.StatusMovedPermanently, "GET", "/blog", "")
	for _, path := range []string{"/", usersPath, "/blogs/?rest_route=/wp/v2/users", "/?rest_route=/wp/v2/users"} {
		c.must(t, http.StatusNotFound, "GET", path, "")
	}
}

func TestManyCallersAtOnce(t *testing.T) {
	site, c := newSite(t, practice.SiteConfig{})
	var group sync.WaitGroup
	errs := make(chan error, 40)
	for i := range cap(errs) {
		group.Go(func() {
			body := fmt.Sprintf(`{"username":"u%[1]d","email":"u%[1]d@example.test","password":"x"}`, i/2)
			res, _, err := c.do(t, "POST", usersPath, body)
			if err == nil && res.StatusCode != http.StatusCreated && res.StatusCode != http.StatusInternalServerError {
				err = errors.New(res.Status)
			}
			site.Users()
			errs <- err
		})
	}
	group.Wait()
	close(errs)
	for err := range errs {
		if err != nil {
			t.Error(err)
		}
	}
	if n := len(site.Users()); n != 1+cap(errs)/2 {
		t.Errorf("%d users", n)
	}
}
