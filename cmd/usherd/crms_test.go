//go:build unix

package main

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"usher/core"
	"usher/core/practice"
	"usher/core/wordpress/realwp"
)

// crmBench is an Usher between a practice CRM with an API and a real WordPress with the
// helper.
type crmBench struct {
	*usher
	crm  demoCRM
	site *realwp.Site
	urls map[core.Action]string
}

// calls has the CRM send its thinnest webhook about a person, as it fills in the URL.
func (b crmBench) calls(action core.Action, extra, id string) string {
	b.Helper()
	req, err := b.crm.crm.Webhook(b.local+"/?"+query(b.urls[action])+extra, id, true)
	if err != nil {
		b.Fatal(err)
	}
	req.RequestURI = ""
	resp, err := http.DefaultTransport.RoundTrip(req.WithContext(b.Context()))
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		b.Fatalf("answered %d %q, %v", resp.StatusCode, body, err)
	}
	_, id, _ = strings.Cut(string(body), `"delivery":"`)
	id, _, _ = strings.Cut(id, `"`)
	return id
}

func (b crmBench) person(id string) practice.Person {
	b.Helper()
	p, ok := b.crm.crm.Person(id)
	if !ok {
		b.Fatalf("the CRM has no %s", id)
	}
	return p
}

// logsIn asks WordPress whether a password is the user's.
func logsIn(t *testing.T, site *realwp.Site, login, password string) bool {
	t.Helper()
	return mustPHP(t, site, fmt.Sprintf(`echo is_wp_error( wp_authenticate( '%s', '%s' ) ) ? 'no' : 'yes';`, login, password)) == "yes"
}

func TestEachCRMWithItsAPIOnRealWordPress(t *testing.T) {
	site := realwp.Run(t, realwp.Newest)
	installHelper(t, site)
	addRole(t, site, "member")
	addRole(t, site, "course_two")
	for _, c := range demoCRMs() {
		t.Run(c.kind, func(t *testing.T) {
			server := httptest.NewServer(c.crm)
			t.Cleanup(server.Close)
			town, password := c.crm.AddField("Town"), c.crm.AddField("WP password")
			email := c.kind + "@example.test"
			id := c.crm.Add(practice.Person{Email: email, Fields: map[string]string{c.firstName: "Ann", town: "Berlin"}, Tags: []string{"VIP"}})
			c.crm.Tag(c.crm.Add(practice.Person{Email: "other." + email}), "Welcome", "Old", "Unlock Course Two") // so that these tags exist

			u := newUsher(t)
			file := kartraSetup(site, map[string]any{
				"return_password_field": password, "done_tag": "Welcome",
				"field_map": map[string]string{c.firstName: "first_name", town: "billing_city"},
				"tag_rules": []map[string]string{{"tag": "VIP", "role": "member"}, {"tag": "Unlock Course Two", "role": "course_two"}},
			})
			file["crm"] = map[string]any{"kind": c.kind, "base_url": server.URL, "fields": c.crm.Login()}
			b := crmBench{u, c, site, u.setup(file)}
			b.wantSeedURLs()
			u.serve()
			mails := countMails(t, site)

			added := b.calls(core.Add, "&send_notification=true", id)
			if b.person(id).Fields[password] == "" {
				t.Error("the webhook was answered before the CRM had the password its next step mails")
			}
			u.want(added, core.Applied, core.Created)
			user := siteUsers(t, site)[email]
			if user.First != "Ann" || strings.Join(user.Roles, ",") != "subscriber,member" || countMails(t, site) != mails+1 {
				t.Errorf("user %+v, %d mails", user, countMails(t, site)-mails)
			}
			if got := b.person(id).Fields[password]; len(got) != 24 || !logsIn(t, site, user.Login, got) {
				t.Errorf("the password in the CRM, of %d characters, does not log in", len(got))
			}
			if tags := b.person(id).Tags; !strings.Contains(strings.Join(tags, ","), "Welcome") {
				t.Errorf("the done tag is missing: %v", tags)
			}

			again := u.want(b.calls(core.Add, "", id), core.Applied, core.Updated) // the done tag is new
			if again.UserID != int64(user.ID) {
				t.Errorf("again: user %d, want %d", again.UserID, user.ID)
			}
			u.want(b.calls(core.Add, "", id), core.Applied, core.Unchanged)

			c.crm.Change(id, map[string]string{c.firstName: "Anna", town: "Bonn"})
			u.want(b.calls(core.Update, "", id), core.Applied, core.Updated)
			if now := siteUsers(t, site)[email]; now.First != "Anna" || mustPHP(t, site, fmt.Sprintf(`echo get_user_meta( %d, 'billing_city', true );`, now.ID)) != "Bonn" {
				t.Errorf("after an update: %+v", now)
			}

			c.crm.Tag(id, "VIP", "Welcome", "Unlock Course Two")
			u.want(b.calls(core.UpdateTags, "", id), core.Applied, core.Updated)
			if now := siteUsers(t, site)[email]; strings.Join(now.Roles, ",") != "subscriber,member,course_two" {
				t.Errorf("the course is not unlocked: %+v", now)
			}

			c.crm.Tag(id, "Old")
			u.want(b.calls(core.UpdateTags, "", id), core.Applied, core.Updated)
			kept := mustPHP(t, site, fmt.Sprintf(`echo wp_json_encode( get_user_meta( %d, '%s_tags', true ) );`, user.ID, slugOf(c.kind)))
			if now := siteUsers(t, site)[email]; strings.Join(now.Roles, ",") != "subscriber" || strings.Count(kept, `"`) != 2 {
				t.Errorf("after the tags were replaced: %+v, kept %s", now, kept)
			}
			u.stop()
		})
	}
}

// wantSeedURLs compares the webhook URLs with those in the CRMs' set-up documents, byte for
// byte but for host and key.
func (b crmBench) wantSeedURLs() {
	b.Helper()
	suffix := ""
	if b.crm.kind == "ontraport" {
		suffix = "&contact_id=[Contact ID]"
	}
	for action, url := range b.urls {
		_, got, _ := strings.Cut(strings.TrimPrefix(url, "http://"), "/")
		if want := "?wpf_action=" + string(action) + "&access_key=" + plantedKey + suffix; got != want {
			b.Errorf("the URL ends with %s, want %s", got, want)
		}
	}
}

func TestTwoAccountsAndOnePersonAreOneUser(t *testing.T) {
	site := realwp.Run(t, realwp.Newest)
	installHelper(t, site)
	u := newUsher(t)
	var benches []crmBench
	var ids []string
	for i, c := range demoCRMs()[:2] {
		server := httptest.NewServer(c.crm)
		t.Cleanup(server.Close)
		file := kartraSetup(site, map[string]any{"name": c.kind})
		file["connection"].(map[string]any)["access_key"] = fmt.Sprintf("%s-%d", plantedKey, i)
		file["crm"] = map[string]any{"kind": c.kind, "base_url": server.URL, "fields": c.crm.Login()}
		benches = append(benches, crmBench{u, c, site, u.setup(file)})
		ids = append(ids, c.crm.Add(practice.Person{Email: "ann@example.test", Fields: map[string]string{c.firstName: "Ann" + c.kind}, Tags: []string{"of " + c.kind}}))
	}
	u.serve()
	user := func() string {
		return mustPHP(t, site, `$u = get_user_by( 'email', 'ann@example.test' ); echo wp_json_encode( array( $u->ID, $u->first_name, $u->roles,
			get_user_meta( $u->ID, 'kartra_contact_id', true ), get_user_meta( $u->ID, 'kartra_tags', true ),
			get_user_meta( $u->ID, 'ontraport_contact_id', true ), get_user_meta( $u->ID, 'ontraport_tags', true ) ) );`)
	}
	round := func() {
		for i, b := range benches {
			for _, action := range []core.Action{core.Add, core.Update, core.UpdateTags} {
				if line := u.ended(b.calls(action, "", ids[i])); line.State != core.Applied {
					t.Errorf("%s %s: %s, %v", b.crm.kind, action, line.State, line.Problem)
				}
			}
		}
	}
	round()
	settled := user()
	for range 2 {
		round()
		if now := user(); now != settled {
			t.Errorf("the user changed without a change:\n%s\n%s", settled, now)
		}
	}
	if n := len(siteUsers(t, site)); n != 2 { // siteUsers fails on twins
		t.Errorf("%d users, want Ann and the administrator", n)
	}
	u.stop()
}

// slugOf is WP Fusion's name of a CRM.
func slugOf(kind string) string {
	if kind == "pulse" {
		return "pulsetech"
	}
	return kind
}
