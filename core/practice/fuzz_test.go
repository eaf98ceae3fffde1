package practice_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"usher/core"
	"usher/core/practice"
)

// FuzzSite sends anything anywhere. The site must answer, in JSON where it is the API that answers, and a
// name it shows must survive being saved again: WordPress does that at every update.
func FuzzSite(f *testing.F) {
	for _, r := range recordings {
		text, err := os.ReadFile(r.file)
		if err != nil {
			f.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			if request, ok := strings.CutPrefix(line, "> "); ok {
				parts := append(strings.SplitN(strings.TrimSpace(request), " ", 4), "")
				f.Add(parts[1], parts[2], "application/json", parts[3])
			}
		}
	}
	f.Fuzz(func(t *testing.T, method, path, kind, body string) {
		site := practice.NewSite(practice.SiteConfig{Admin: practice.Admin{AppPassword: core.NewSecret(appPassword)}})
		ask(t, site, method, path, kind, body)
		for _, u := range site.Users() {
			before := u.Fields
			names := core.Fields{"name": before["name"], "first_name": before["first_name"], "description": before["description"]}
			if err := site.EditUser(u.ID, core.UserPatch{Fields: names}); err != nil {
				t.Fatal(err)
			}
			after, _ := site.User(u.Email)
			for name, value := range names {
				if u.Email != "" && after.Fields[name] != value {
					t.Errorf("%s: %q became %q", name, value, after.Fields[name])
				}
			}
		}
	})
}

func ask(t *testing.T, site http.Handler, method, path, kind, body string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, "http://site.test", strings.NewReader(body))
	if err != nil {
		return
	}
	r.URL.Path, r.URL.RawQuery, _ = strings.Cut(path, "?")
	r.Header.Set("Content-Type", kind)
	r.SetBasicAuth("admin", appPassword)
	w := httptest.NewRecorder()
	site.ServeHTTP(w, r)
	if strings.HasPrefix(w.Header().Get("Content-Type"), "application/json") && !json.Valid(w.Body.Bytes()) {
		t.Errorf("not JSON: %s", w.Body)
	}
}
