//go:build unix

package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"usher/core"
	"usher/core/wordpress/realwp"
)

// siteUser is a user as WordPress itself knows them.
type siteUser struct {
	ID               int
	Login, Email     string
	First, Last, URL string
	Roles            []string
}

// siteUsers asks WordPress, not its REST API, for all users.
func siteUsers(t *testing.T, site *realwp.Site) map[string]siteUser {
	t.Helper()
	out, err := site.PHP(t.Context(), `
		$all = [];
		foreach (get_users() as $u) {
			$all[] = ['ID' => $u->ID, 'Login' => $u->user_login, 'Email' => $u->user_email, 'First' => $u->first_name,
				'Last' => $u->last_name, 'URL' => $u->user_url, 'Roles' => array_values($u->roles)];
		}
		echo json_encode($all);`)
	if err != nil {
		t.Fatal(err)
	}
	var list []siteUser
	if err := json.Unmarshal([]byte(out), &list); err != nil {
		t.Fatalf("%v in %q", err, out)
	}
	users := map[string]siteUser{}
	for _, u := range list {
		if _, twin := users[strings.ToLower(u.Email)]; twin {
			t.Errorf("two users with the e-mail %s", u.Email)
		}
		users[strings.ToLower(u.Email)] = u
	}
	return users
}

func addRole(t *testing.T, site *realwp.Site, slug string) {
	t.Helper()
	if _, err := site.PHP(t.Context(), fmt.Sprintf(`add_role('%s', '%[1]s', ['read' => true]);`, slug)); err != nil {
		t.Fatal(err)
	}
}

// eachWordPress runs a test on the oldest and the newest real WordPress.
func eachWordPress(t *testing.T, test func(*testing.T, *realwp.Site)) {
	for _, version := range []string{realwp.Oldest, realwp.Newest} {
		t.Run(version, func(t *testing.T) { test(t, realwp.Run(t, version)) })
	}
}

const plantedKey = "planted-key-0123456789"

func kartraSetup(site *realwp.Site, connection map[string]any) map[string]any {
	if connection == nil {
		connection = map[string]any{}
	}
	connection["access_key"] = plantedKey
	return map[string]any{
		"site":       map[string]any{"url": site.URL, "user": site.User, "application_password": site.AppPassword},
		"crm":        map[string]any{"kind": "kartra"},
		"connection": connection,
	}
}

// message is a webhook of Kartra about a lead.
func message(id, email, first string) string {
	return fmt.Sprintf(`{"lead":{"id":%q,"email":%q,"first_name":%q,"last_name":"Lee","custom_fields":[]},"action":"list_subscription","action_details":{"list":{"list_id":1,"list_name":"News"}}}`, id, email, first)
}

// tagMessage is a webhook about a tag of Ann, the lead 1.
func tagMessage(event, tag string) string {
	return fmt.Sprintf(`{"lead":{"id":"1","email":"ann@example.test"},"action":%q,"action_details":{"tag":{"tag_id":7,"tag_name":%q}}}`, event, tag)
}

func TestTheMainJobOnRealWordPress(t *testing.T) {
	eachWordPress(t, func(t *testing.T, site *realwp.Site) {
		u := newUsher(t)
		urls := u.setup(kartraSetup(site, nil))
		u.serve()
		add := query(urls[core.Add])

		created := u.want(u.accepted(add, message("1", "ann+shop@example.test", "Ann")), core.Applied, core.Created)
		ann := siteUsers(t, site)["ann+shop@example.test"]
		if ann.First != "Ann" || ann.Last != "Lee" || strings.Join(ann.Roles, ",") != "subscriber" || int64(ann.ID) != created.UserID {
			t.Errorf("user %+v, delivery %+v", ann, created)
		}
		u.want(u.accepted(add, message("1", "ann+shop@example.test", "Ann")), core.Applied, core.Unchanged)

		asked := u.want(u.accepted(add+"&role=author", message("2", "eve@example.test", "Eve")), core.Held, core.Created)
		if asked.Problem.Code != "role.ask" || strings.Join(siteUsers(t, site)["eve@example.test"].Roles, ",") != "subscriber" {
			t.Errorf("before anybody said yes: %+v", asked.Problem)
		}
		u.must("retry", asked.ID)
		u.want(asked.ID, core.Applied, core.Created)
		powerful := u.want(u.accepted(add+"&role=administrator", message("6", "flo@example.test", "Flo")), core.Held, core.Created)
		u.must("retry", powerful.ID)
		u.want(powerful.ID, core.Held, core.Created)
		u.want(u.accepted(add, message("3", "admin@example.test", "Mallory")), core.Applied, core.Protected)

		unknown := u.want(u.accepted(add+"&role=customer", message("4", "bo@example.test", "Bo")), core.Applied, core.Created)
		if !strings.Contains(strings.Join(unknown.Notes, " "), "no role “customer”") {
			t.Errorf("no note about the missing role: %v", unknown.Notes)
		}
		addRole(t, site, "customer")
		u.want(u.accepted(add+"&role=customer", message("5", "cy@example.test", "Cy")), core.Applied, core.Created)

		users := siteUsers(t, site)
		for email, roles := range map[string]string{
			"ann+shop@example.test": "subscriber", "eve@example.test": "author", "flo@example.test": "subscriber", "bo@example.test": "subscriber",
			"cy@example.test": "customer", "admin@example.test": "administrator",
		} {
			if got := strings.Join(users[email].Roles, ","); got != roles {
				t.Errorf("%s has the roles %s, want %s", email, got, roles)
			}
		}
		if users["admin@example.test"].First == "Mallory" {
			t.Error("the administrator was changed")
		}
		if mails, err := site.Mails(); err != nil || len(mails) != 0 {
			t.Errorf("%d mails, %v", len(mails), err)
		}
		u.stop()
		if s := u.status(); s.Accepted != 7 || s.Applied != 6 || s.Held != 1 {
			t.Errorf("status %+v", s)
		}
	})
}

func TestNothingIsLostWhenSiteAndUsherDie(t *testing.T) {
	eachWordPress(t, func(t *testing.T, site *realwp.Site) {
		u := newUsher(t)
		add := query(u.setup(kartraSetup(site, nil))[core.Add])
		u.serve()
		if err := site.Stop(); err != nil {
			t.Fatal(err)
		}
		var answered []string
		for i := range 3 {
			answered = append(answered, u.accepted(add, message(fmt.Sprint(i), fmt.Sprintf("p%d@example.test", i), "P")))
		}
		u.kill()
		u.serve()
		if err := site.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		u.must("retry", "--all") // nothing is held, but it ends the pause
		for _, id := range answered {
			u.want(id, core.Applied, core.Created)
		}
		users := siteUsers(t, site)
		for i := range 3 {
			if _, ok := users[fmt.Sprintf("p%d@example.test", i)]; !ok {
				t.Errorf("person %d has no user", i)
			}
		}
		if s := u.status(); s.Accepted != uint64(len(answered)) || s.Applied != 3 {
			t.Errorf("status %+v, answered %d", s, len(answered))
		}
		u.stop()
	})
}

func TestWhatCameWhileWordPressWasDownIsOneUser(t *testing.T) {
	site := realwp.Run(t, realwp.Newest)
	for _, slug := range []string{"customer", "role_a", "role_b"} {
		addRole(t, site, slug)
	}
	u := newUsher(t)
	urls := u.setup(kartraSetup(site, map[string]any{
		"allowed_roles": []string{"role_a", "role_b"},
		"tag_rules":     []map[string]string{{"tag": "A", "role": "role_a"}, {"tag": "B", "role": "role_b"}},
	}))
	u.serve()
	if err := site.Stop(); err != nil {
		t.Fatal(err)
	}
	first := u.accepted(query(urls[core.Add])+"&role=customer", message("1", "ann@example.test", "Ann"))
	u.accepted(query(urls[core.Update]), message("1", "ann@example.test", "Anna"))
	u.accepted(query(urls[core.UpdateTags]), tagMessage("assign_tag", "A"))
	u.accepted(query(urls[core.UpdateTags]), tagMessage("assign_tag", "B"))
	last := u.accepted(query(urls[core.UpdateTags]), tagMessage("unassign_tag", "A"))
	if err := site.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	u.must("retry", "--all")
	u.want(last, core.Applied, core.Created)
	u.want(first, core.Merged, "")
	ann := siteUsers(t, site)["ann@example.test"]
	if ann.First != "Anna" || strings.Join(ann.Roles, ",") != "customer,role_b" {
		t.Errorf("user %+v", ann)
	}
	u.stop()
}
