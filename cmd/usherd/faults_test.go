//go:build unix

package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"usher/core"
	"usher/core/practice"
	"usher/core/wordpress/realwp"
)

// crashedAfter lets the site do its work and then says that it did not.
func crashedAfter(w http.ResponseWriter, r *http.Request, site http.Handler) {
	site.ServeHTTP(httptest.NewRecorder(), r)
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusInternalServerError)
	_, _ = fmt.Fprint(w, `{"code":"internal_server_error","message":"There has been a critical error on this website.","data":{"status":500}}`)
}

// Whatever becomes of the answer to a write, there is one user and one mail in the end,
// and nobody else sees the password.
func TestAnAnswerThatIsLostDoublesNothing(t *testing.T) {
	for _, kind := range []struct {
		name, version string
		helper        bool
	}{{"6.1", realwp.Oldest, false}, {"newest", realwp.Newest, false}, {"newest with the helper", realwp.Newest, true}} {
		t.Run(kind.name, func(t *testing.T) {
			t.Parallel() // they mostly wait for the next attempt
			site := realwp.Run(t, kind.version)
			if kind.helper {
				installHelper(t, site)
			}
			front := site.StandIn(t, realwp.NoneInTheWay)
			u := newUsher(t)
			file := kartraSetup(site, nil)
			file["site"].(map[string]any)["url"] = front.URL
			add := query(u.setup(file)[core.Add])
			u.serve()
			troubles := []struct {
				name string
				do   practice.Trouble
			}{
				{"cut off after it was done", practice.HangUpAfter()},
				{"cut off before", practice.HangUp()},
				{"a crash after it was done", crashedAfter},
				{"a page of the web server", practice.Page(http.StatusBadGateway, "Bad Gateway", 0)},
				{"a page that says all is well", practice.Page(http.StatusOK, "Just a moment...", 0)},
				{"slow down", practice.Page(http.StatusTooManyRequests, "Too Many Requests", time.Second)},
				{"sent elsewhere", func(w http.ResponseWriter, r *http.Request, _ http.Handler) {
					http.Redirect(w, r, front.Foreign()+r.URL.RequestURI(), http.StatusTemporaryRedirect)
				}},
			}
			var ids []string
			for i, trouble := range troubles {
				met := front.Fail(trouble.do)
				ids = append(ids, u.accepted(add+"&send_notification=true", message(fmt.Sprint(i+1), fmt.Sprintf("p%d@example.test", i), "P")))
				select {
				case <-met:
				case <-time.After(patience):
					t.Fatalf("%s: the site was not written to", trouble.name)
				}
				u.must("retry", "--all") // ends the pause, as a person would who mended the site
			}
			u.must("retry", "--all") // what was put off is tried now
			for _, id := range ids {
				u.want(id, core.Applied, core.Created)
			}
			mails := 0
			if kind.helper {
				mails = len(troubles)
			}
			if got := countMails(t, site); got != mails {
				t.Errorf("%d mails, want %d", got, mails)
			}
			if n := len(siteUsers(t, site)); n != len(troubles)+1 { // siteUsers fails on twins
				t.Errorf("%d users, want %d and the administrator", n, len(troubles))
			}
			if strayed := front.Strayed(); len(strayed) > 0 {
				t.Errorf("the password or a person went elsewhere: %v", strayed)
			}
			u.stop()
		})
	}
}
