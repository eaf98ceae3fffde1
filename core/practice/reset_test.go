package practice

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"usher/core"
)

func TestTheLostPasswordForm(t *testing.T) {
	for name, c := range map[string]struct {
		folder, login string
		more          string // of the form
		mailed        bool
	}{
		"by user name":          {"", "ann", "", true},
		"by address":            {"", "Ann@example.test", "", true},
		"in a folder":           {"/blog", "ann", "", true},
		"of somebody not known": {"", "bo", "", false},
		"of nobody":             {"", "", "", false},
		"too long":              {"", "ann", strings.Repeat("x", 64<<10), false},
	} {
		t.Run(name, func(t *testing.T) {
			site := NewSite(SiteConfig{Folder: c.folder})
			if _, err := site.AddUser(core.NewUser{Login: "ann", Email: "ann@example.test", Password: core.NewSecret("x")}); err != nil {
				t.Fatal(err)
			}
			r := httptest.NewRequest(http.MethodPost, c.folder+"/wp-login.php?action=lostpassword", strings.NewReader(url.Values{"user_login": {c.login}, "more": {c.more}}.Encode()))
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			w := httptest.NewRecorder()
			before := len(site.Mails())
			site.ServeHTTP(w, r)
			mails := site.Mails()[before:]
			if !c.mailed {
				if w.Code != http.StatusOK || len(mails) != 0 {
					t.Errorf("answered %d, mails %v", w.Code, mails)
				}
				return
			}
			if want := "http://example.com" + c.folder + "/wp-login.php?checkemail=confirm"; w.Code != http.StatusFound || w.Header().Get("Location") != want {
				t.Errorf("answered %d %q", w.Code, w.Header().Get("Location"))
			}
			if len(mails) != 1 || mails[0] != (Mail{To: "ann@example.test", Subject: "[Practice site] Password Reset"}) {
				t.Errorf("mails %v", mails)
			}
		})
	}
}

func TestOnlyTheLostPasswordFormSendsMail(t *testing.T) {
	site := NewSite(SiteConfig{})
	if _, err := site.AddUser(core.NewUser{Login: "ann", Email: "ann@example.test", Password: core.NewSecret("x")}); err != nil {
		t.Fatal(err)
	}
	before := len(site.Mails())
	for _, r := range []*http.Request{
		httptest.NewRequest(http.MethodGet, "/wp-login.php?action=lostpassword&user_login=ann", nil),
		httptest.NewRequest(http.MethodPost, "/wp-login.php", strings.NewReader("user_login=ann")),
	} {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		w := httptest.NewRecorder()
		if site.ServeHTTP(w, r); strings.Contains(w.Body.String(), "There is no account") {
			t.Errorf("%s %s is answered by the form", r.Method, r.URL)
		}
	}
	if mails := site.Mails()[before:]; len(mails) != 0 {
		t.Errorf("mails %v", mails)
	}
}
