//go:build unix

package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"usher/assets"
	"usher/core"
	"usher/core/wordpress/realwp"
)

func installHelper(t *testing.T, site *realwp.Site) {
	t.Helper()
	packed, err := assets.HelperZip()
	if err != nil {
		t.Fatal(err)
	}
	if err := site.InstallPlugin(t.Context(), packed); err != nil {
		t.Fatal(err)
	}
}

func mustPHP(t *testing.T, site *realwp.Site, code string) string {
	t.Helper()
	out, err := site.PHP(t.Context(), code)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func countMails(t *testing.T, site *realwp.Site) int {
	t.Helper()
	mails, err := site.Mails()
	if err != nil {
		t.Fatal(err)
	}
	return len(mails)
}

// withPhone is a message that tells a phone number too.
func withPhone(id, email, phone string) string {
	return strings.Replace(message(id, email, "Ann"), `"first_name"`, fmt.Sprintf(`"phone":%q,"first_name"`, phone), 1)
}

func withHelperFields(site *realwp.Site) map[string]any {
	return kartraSetup(site, map[string]any{"most_new_users": 100, "field_map": map[string]string{
		"first_name": "first_name", "last_name": "last_name", "phone": "billing_phone",
	}})
}

// keptAbout is what WordPress has about a user beyond REST's own fields.
func keptAbout(t *testing.T, site *realwp.Site, email string) string {
	t.Helper()
	return mustPHP(t, site, fmt.Sprintf(`$u = get_user_by( 'email', '%s' ); echo wp_json_encode( array(
		get_user_meta( $u->ID, 'billing_phone', true ), get_user_meta( $u->ID, 'kartra_contact_id', true ), get_user_meta( $u->ID, 'kartra_tags', true ) ) );`, email))
}

func TestTheHelperOnRealWordPress(t *testing.T) {
	eachWordPress(t, func(t *testing.T, site *realwp.Site) {
		u := newUsher(t)
		urls := u.setup(withHelperFields(site))
		u.serve()
		add, tags := query(urls[core.Add]), query(urls[core.UpdateTags])

		before := u.want(u.accepted(add+"&send_notification=true", withPhone("1", "ann@example.test", "030 1")), core.Applied, core.Created)
		if notes := strings.Join(before.Notes, " "); !strings.Contains(notes, "billing_phone") || !strings.Contains(notes, "No welcome mail") {
			t.Errorf("without the helper: %v", before.Notes)
		}
		installHelper(t, site)
		u.must("retry", "--all") // looks at the site anew, as the wizard does

		u.want(u.accepted(add, withPhone("1", "ann@example.test", "030 1")), core.Applied, core.Updated)
		u.want(u.accepted(tags, tagMessage("assign_tag", "VIP")), core.Applied, core.Updated)
		if got := keptAbout(t, site, "ann@example.test"); got != `["030 1","1",["VIP"]]` {
			t.Errorf("kept about Ann: %s", got)
		}
		u.want(u.accepted(add, withPhone("1", "ann@example.test", "030 1")), core.Applied, core.Unchanged)

		made := u.want(u.accepted(add+"&send_notification=true", withPhone("2", "bo@example.test", "030 2")), core.Applied, core.Created)
		if got := keptAbout(t, site, "bo@example.test"); got != `["030 2","2",""]` || countMails(t, site) != 1 {
			t.Errorf("kept about Bo: %s; %d mails; notes %v", got, countMails(t, site), made.Notes)
		}
		u.want(u.accepted(add+"&send_notification=true", withPhone("2", "bo@example.test", "030 2")), core.Applied, core.Unchanged)
		u.want(u.accepted(add, message("3", "admin@example.test", "Mallory")), core.Applied, core.Protected)

		mustPHP(t, site, `add_role( 'boss', 'Boss', array( 'read' => true, 'delete_users' => true ) ); add_role( 'guest', 'Site Guest', array( 'read' => true ) );`)
		u.must("retry", "--all")
		refused := u.want(u.accepted(add+"&role=boss", message("4", "cy@example.test", "Cy")), core.Held, core.Created)
		u.want(u.accepted(add+"&role=Site+Guest", message("5", "di@example.test", "Di")), core.Applied, core.Created)
		users := siteUsers(t, site)
		if cy, di := users["cy@example.test"], users["di@example.test"]; strings.Join(cy.Roles, ",") != "subscriber" || strings.Join(di.Roles, ",") != "guest" {
			t.Errorf("roles %v and %v, problem %v", cy.Roles, di.Roles, refused.Problem)
		}

		if err := site.Stop(); err != nil {
			t.Fatal(err)
		}
		var waiting []string
		for i := range 60 {
			waiting = append(waiting, u.accepted(add+"&send_notification=true", message(fmt.Sprint(100+i), fmt.Sprintf("p%d@example.test", i), "P")))
		}
		u.kill()
		u.serve()
		if err := site.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		u.must("retry", "--all")
		for _, id := range waiting {
			u.want(id, core.Applied, core.Created)
		}
		if n := countMails(t, site); n != 61 {
			t.Errorf("%d mails, want 61", n)
		}
		u.stop()
	})
}

func TestARestoredSiteIsAQuestion(t *testing.T) {
	site := realwp.Run(t, realwp.Newest)
	u := newUsher(t)
	file := kartraSetup(site, nil)
	urls := u.setup(file)
	u.serve()
	add, update := query(urls[core.Add]), query(urls[core.Update])
	for i := range 4 {
		u.want(u.accepted(add, message(fmt.Sprint(i+1), fmt.Sprintf("p%d@example.test", i), "Old")), core.Applied, core.Created)
	}
	// The back-up is older than these users, and others have got their numbers since.
	mustPHP(t, site, `global $wpdb;
		foreach ( array( 'p0', 'p1', 'p2', 'p3' ) as $i => $name ) {
			$id = get_user_by( 'email', $name . '@example.test' )->ID;
			$wpdb->update( $wpdb->users, array( 'user_login' => "other$i", 'user_email' => "other$i@example.test", 'user_nicename' => "other$i" ), array( 'ID' => $id ) );
			update_user_meta( $id, 'first_name', 'Other' );
			clean_user_cache( $id );
		}`)
	var waiting []string
	for i := range 4 {
		waiting = append(waiting, u.accepted(update, message(fmt.Sprint(i+1), fmt.Sprintf("p%d@example.test", i), "New")))
	}
	u.wantProblem("site.swapped")
	u.kill()
	u.serve()
	u.accepted(update, message("4", "p3@example.test", "Newer"))
	u.wantProblem("site.swapped")
	for email, user := range siteUsers(t, site) {
		if strings.HasPrefix(email, "other") && user.First != "Other" {
			t.Errorf("%s was changed: %+v", email, user)
		}
	}
	u.setup(file) // "this is the right site"
	u.want(waiting[0], core.Applied, core.NoUser)
	u.want(u.accepted(add, message("1", "p0@example.test", "New")), core.Applied, core.Created)
	for email, user := range siteUsers(t, site) {
		if strings.HasPrefix(email, "other") && user.First != "Other" {
			t.Errorf("%s was changed: %+v", email, user)
		}
	}
	u.stop()
}

// wantProblem waits until the status names the problem.
func (u *usher) wantProblem(code string) {
	u.Helper()
	var said string
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		said = u.must("status", "--json")
		var status core.Status
		if err := json.Unmarshal([]byte(said), &status); err != nil {
			u.Fatal(err)
		}
		for _, problem := range status.Problems {
			if problem.Code == code {
				return
			}
		}
	}
	u.Errorf("no %s in %s", code, said)
}

func TestWelcomeByTheResetForm(t *testing.T) {
	eachWordPress(t, func(t *testing.T, site *realwp.Site) {
		u := newUsher(t)
		file := kartraSetup(site, nil)
		file["site"].(map[string]any)["welcome_mail"] = "reset_mail"
		add := query(u.setup(file)[core.Add])
		u.serve()
		made := u.want(u.accepted(add+"&send_notification=true", message("1", "ann@example.test", "Ann")), core.Applied, core.Created)
		mails, err := site.Mails()
		if err != nil || len(mails) != 1 || !strings.Contains(mails[0], "ann@example.test") || !strings.Contains(mails[0], "action=rp") {
			t.Errorf("mails %q, %v, notes %v", mails, err, made.Notes)
		}
		u.want(u.accepted(add+"&send_notification=true", message("1", "ann@example.test", "Ann")), core.Applied, core.Unchanged)
		if n := countMails(t, site); n != 1 {
			t.Errorf("%d mails", n)
		}
		u.stop()
	})
}
