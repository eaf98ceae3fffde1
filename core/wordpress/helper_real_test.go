package wordpress_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"usher/core"
	"usher/core/wordpress"
	"usher/core/wordpress/realwp"
)

// helped is a real WordPress with the helper, behind a proxy that counts.
type helped struct {
	*realwp.Site
	client *wordpress.Client
	writes atomic.Int32 // POST requests
}

func TestManyUsersThroughTheHelper(t *testing.T) {
	for _, version := range []string{realwp.Oldest, realwp.Newest} {
		t.Run("WordPress "+version, func(t *testing.T) {
			t.Parallel()
			h := startHelped(t, version)
			t.Run("100 in two requests", h.writesAHundred)
			t.Run("ten mails a request", h.mailsInGroups)
			t.Run("a request that kills PHP, in halves", h.survivesAKill)
			t.Run("no twins in parallel", h.makesNoTwins)
			t.Run("once the helper is gone", h.fallsBack)
		})
	}
}

func startHelped(t *testing.T, version string) *helped {
	t.Helper()
	h := &helped{Site: realwp.Run(t, version)}
	installHelper(t, h.Site)
	target, err := url.Parse(h.URL)
	if err != nil {
		t.Fatal(err)
	}
	forward := &httputil.ReverseProxy{
		Transport: &http.Transport{DisableKeepAlives: true},
		Rewrite:   func(r *httputil.ProxyRequest) { r.SetURL(target) },
	}
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			h.writes.Add(1)
		}
		forward.ServeHTTP(w, r)
	}))
	t.Cleanup(proxy.Close)
	h.client = wordpress.New(core.Site{API: proxy.URL + "/wp-json", User: h.User, Local: true}, core.NewSecret(h.AppPassword))
	t.Cleanup(h.client.Close)
	return h
}

// newcomer is a write that makes a user.
func newcomer(name string) core.UserWrite {
	return core.UserWrite{Op: "op-number-" + name, Create: &core.NewUser{
		Login: name, Email: name + "@example.test", Password: core.NewSecret(strings.Repeat("correct horse ", 2)), Generated: true,
	}}
}

func newcomers(name string, n int) []core.UserWrite {
	writes := make([]core.UserWrite, n)
	for i := range writes {
		writes[i] = newcomer(fmt.Sprint(name, i))
	}
	return writes
}

// mailsTo counts those sent to addresses that begin so.
func (h *helped) mailsTo(t *testing.T, name string) (n int) {
	t.Helper()
	mails, err := h.Mails()
	if err != nil {
		t.Fatal(err)
	}
	for _, mail := range mails {
		if strings.Contains(mail, "To: "+name) {
			n++
		}
	}
	return n
}

func (h *helped) users(t *testing.T, name string) string {
	t.Helper()
	return php(t, h.Site, fmt.Sprintf(`global $wpdb; echo $wpdb->get_var( "SELECT COUNT(*) FROM $wpdb->users WHERE user_login LIKE '%s%%'" );`, name))
}

func (h *helped) writesAHundred(t *testing.T) {
	offer, err := h.client.Offer(t.Context())
	if err != nil || offer.Most != 50 {
		t.Fatalf("%+v, %v", offer, err)
	}
	before := h.writes.Load()
	written := h.client.Write(t.Context(), newcomers("hundred", 100))
	if n := h.writes.Load() - before; n != 2 {
		t.Errorf("made in %d requests", n)
	}
	var changes []core.UserWrite
	var queries []core.UserQuery
	for i, w := range written {
		if w.Err != nil || !w.Made || w.User.Login != fmt.Sprint("hundred", i) {
			t.Fatalf("the %dth: %+v", i, w)
		}
		queries = append(queries, core.UserQuery{ID: w.User.ID, Meta: []string{"phone"}})
		changes = append(changes, core.UserWrite{Op: fmt.Sprint("op-change-", i), Before: &w.User, Meta: map[string]string{"phone": fmt.Sprint(i)}})
	}
	before = h.writes.Load()
	h.client.Write(t.Context(), changes)
	found, err := h.client.Find(t.Context(), queries)
	if n := h.writes.Load() - before; n != 4 || err != nil {
		t.Errorf("changed and found in %d requests, %v", n, err)
	}
	for i, f := range found {
		if f.User.Meta["phone"] != fmt.Sprint(i) {
			t.Errorf("the %dth: %+v", i, f)
		}
	}
}

func (h *helped) mailsInGroups(t *testing.T) {
	writes := newcomers("mailed", 14)
	for i := range writes {
		writes[i].Mail = i != 3 && i != 4
	}
	before := h.writes.Load()
	for i, w := range h.client.Write(t.Context(), writes) {
		want := map[bool]core.MailState{true: core.MailSent}[writes[i].Mail]
		if w.Err != nil || w.Mail != want {
			t.Errorf("the %dth: %v, mail %q", i, w.Err, w.Mail)
		}
	}
	if n, sent := h.writes.Load()-before, h.mailsTo(t, "mailed"); n != 2 || sent != 12 {
		t.Errorf("%d requests, %d mails", n, sent)
	}
}

// killing ends PHP at one first name, as a broken plugin may, and at one login after the
// user is there, the first time.
const killing = `<?php add_filter( 'pre_user_first_name', function ( $name ) { if ( 'Kill' === $name ) { exit; } return $name; } );
	add_action( 'user_register', function ( $id ) { if ( 'kill9' === get_userdata( $id )->user_login && ! get_option( 'killed' ) ) { update_option( 'killed', 1 ); exit; } } );`

func (h *helped) survivesAKill(t *testing.T) {
	if err := os.WriteFile(filepath.Join(h.ContentDir, "mu-plugins", "kills.php"), []byte(killing), 0o600); err != nil {
		t.Fatal(err)
	}
	writes := newcomers("kill", 16)
	writes[5].Create.Fields = core.Fields{"first_name": "Kill"}
	for i := range writes {
		writes[i].Mail = i%2 == 0
	}
	first := h.client.Write(t.Context(), writes[:8])
	for i, w := range first {
		if p := core.AsProblem(w.Err); p.Scope != core.ItemOrSite || p.Code != core.AsProblem(first[0].Err).Code {
			t.Errorf("the %dth of a request without an answer: %v", i, w.Err)
		}
	}
	written := h.halving(t, writes)
	for i, w := range written {
		switch {
		case i == 5:
			if w.Err == nil {
				t.Error("what kills PHP was written")
			}
		case w.Err != nil || !w.Made || w.User.Login != writes[i].Create.Login:
			t.Errorf("the %dth: %+v", i, w)
		case writes[i].Mail != (w.Mail == core.MailSent):
			t.Errorf("the %dth: mail %q", i, w.Mail)
		}
	}
	if got, sent := h.users(t, "kill"), h.mailsTo(t, "kill"); got != "15" || sent != 8 {
		t.Errorf("%s users, %d mails; want 15 and 8", got, sent)
	}
}

// halving is what a caller does about requests without an answer.
func (h *helped) halving(t *testing.T, writes []core.UserWrite) []core.Written {
	t.Helper()
	written := h.client.Write(t.Context(), writes)
	lost := !slices.ContainsFunc(written, func(w core.Written) bool { return w.Err == nil || core.AsProblem(w.Err).Scope != core.ItemOrSite })
	if !lost || len(writes) == 1 {
		return written
	}
	half := len(writes) / 2
	return append(h.halving(t, writes[:half]), h.halving(t, writes[half:])...)
}

func (h *helped) makesNoTwins(t *testing.T) {
	const slow = `<?php add_filter( 'wp_pre_insert_user_data', function ( $data ) { if ( 'twin@example.test' === $data['user_email'] ) { usleep( 200000 ); } return $data; } );`
	if err := os.WriteFile(filepath.Join(h.ContentDir, "mu-plugins", "slow.php"), []byte(slow), 0o600); err != nil {
		t.Fatal(err)
	}
	var wait sync.WaitGroup
	var made, elsewise atomic.Int32
	for i := range 6 {
		wait.Go(func() {
			write := newcomer(fmt.Sprint("twin", i))
			write.Create.Email, write.Mail = "twin@example.test", true
			switch w := h.client.Write(t.Context(), []core.UserWrite{write})[0]; {
			case w.Made:
				made.Add(1)
			case !core.HasCode(w.Err, "user.changed") || w.User.Email != "twin@example.test":
				elsewise.Add(1)
			}
		})
	}
	wait.Wait()
	if made.Load() != 1 || elsewise.Load() != 0 || h.users(t, "twin") != "1" || h.mailsTo(t, "twin@") != 1 {
		t.Errorf("%d made, %d answered otherwise, %s there, %d mails", made.Load(), elsewise.Load(), h.users(t, "twin"), h.mailsTo(t, "twin@"))
	}
}

// fallsBack must be the last: it takes the helper away.
func (h *helped) fallsBack(t *testing.T) {
	if offer, err := h.client.Offer(t.Context()); err != nil || !offer.Helper {
		t.Fatalf("%+v, %v", offer, err)
	}
	php(t, h.Site, `require_once ABSPATH . 'wp-admin/includes/plugin.php'; deactivate_plugins( 'usher-helper/usher-helper.php' );`)
	writes := newcomers("alone", 3)
	writes[0].Mail, writes[1].Meta, writes[2].Mark = true, map[string]string{"phone": "1"}, &core.Mark{CRM: "kartra", ContactID: "1"}
	for i, w := range h.client.Write(t.Context(), writes) {
		want := map[bool]core.MailState{true: core.MailUnsent}[i == 0]
		if w.Err != nil || !w.Made || w.Left != (i > 0) || w.Mail != want {
			t.Errorf("the %dth: %+v", i, w)
		}
	}
	if offer, err := h.client.Offer(t.Context()); err != nil || offer.Helper {
		t.Errorf("%+v, %v", offer, err)
	}
	if got, sent := h.users(t, "alone"), h.mailsTo(t, "alone"); got != "3" || sent != 0 {
		t.Errorf("%s users, %d mails", got, sent)
	}
}
