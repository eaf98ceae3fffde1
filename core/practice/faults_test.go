package practice_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"usher/core/practice"
)

const newAnn = `{"username":"ann","email":"ann@example.test","password":"x"}`

func TestTroubles(t *testing.T) {
	for name, test := range map[string]struct {
		trouble practice.Trouble
		status  int // 0: no answer at all
		header  string
		json    bool
		created bool
	}{
		"a page of another program":            {practice.Page(200, "Are you <human>?", 0), 200, "", false, false},
		"a busy site":                          {practice.Page(429, "Too many requests", 90*time.Second), 429, "90", false, false},
		"a site under maintenance":             {practice.Page(503, "Maintenance", 10*time.Minute), 503, "600", false, false},
		"PHP dies":                             {practice.Crash(), 500, "", true, false},
		"a slow answer":                        {practice.Slow(time.Millisecond), 201, "", true, true},
		"the connection is cut":                {practice.HangUp(), 0, "", false, false},
		"the connection is cut after a create": {practice.HangUpAfter(), 0, "", false, true},
	} {
		t.Run(name, func(t *testing.T) {
			site, c := newSite(t, practice.SiteConfig{})
			site.Fail(practice.Fault{Times: 1, Trouble: test.trouble})
			res, body, err := c.do(t, "POST", usersPath, newAnn)
			switch {
			case test.status == 0 && err == nil:
				t.Errorf("got %d", res.StatusCode)
			case test.status == 0:
			case err != nil:
				t.Fatal(err)
			case res.StatusCode != test.status || res.Header.Get("Retry-After") != test.header:
				t.Errorf("got %d, Retry-After %q", res.StatusCode, res.Header.Get("Retry-After"))
			case strings.HasPrefix(res.Header.Get("Content-Type"), "application/json") != test.json, strings.Contains(body, "<human>"):
				t.Errorf("got %s: %s", res.Header.Get("Content-Type"), body)
			}
			if _, created := site.User("ann@example.test"); created != test.created {
				t.Errorf("created is %v", created)
			}
			c.must(t, http.StatusOK, "GET", usersPath, "") // it was for once
		})
	}
}

func TestFaultsTakeTurns(t *testing.T) {
	site, c := newSite(t, practice.SiteConfig{})
	site.Fail(practice.Fault{Times: 2, On: practice.Writes, Trouble: practice.Page(503, "Down", 0)})
	site.Fail(practice.Fault{Times: 1, On: practice.Creates, Trouble: practice.Page(429, "Busy", 0)})
	c.must(t, 200, "GET", usersPath, "")
	c.must(t, 503, "POST", usersPath+"/1", `{"first_name":"A"}`)
	c.must(t, 503, "POST", usersPath, newAnn)
	c.must(t, 200, "POST", usersPath+"/1", `{"first_name":"A"}`)
	c.must(t, 429, "POST", "/?rest_route=/wp/v2/users", newAnn)
	c.must(t, 201, "POST", usersPath+"/", newAnn)
}

func TestAFaultWithoutEndEndsWithHeal(t *testing.T) {
	site, c := newSite(t, practice.SiteConfig{})
	site.Fail(practice.Fault{Trouble: practice.Page(500, "Down", 0)})
	for range 3 {
		c.must(t, 500, "GET", "/", "")
	}
	site.Heal()
	c.must(t, 200, "GET", "/", "")
}

func TestASlowSiteNoticesThatItsCallerIsGone(t *testing.T) {
	site, c := newSite(t, practice.SiteConfig{})
	done := make(chan struct{})
	site.Fail(practice.Fault{Times: 1, Trouble: func(w http.ResponseWriter, r *http.Request, answers http.Handler) {
		practice.Slow(5*time.Second)(w, r, answers)
		close(done)
	}})
	c.http.ResponseHeaderTimeout = 10 * time.Millisecond
	if _, _, err := c.do(t, "POST", usersPath, newAnn); err == nil {
		t.Fatal("got an answer")
	}
	select {
	case <-done:
	case <-time.After(3 * time.Second):
		t.Error("the site waits on")
	}
	if _, created := site.User("ann@example.test"); created {
		t.Error("the user was created")
	}
}
