package usersync_test

import (
	"fmt"
	"slices"
	"testing"

	"usher/core"
	"usher/core/usersync"
)

func TestARoleAskedFor(t *testing.T) {
	tests := []struct {
		name    string
		asked   string
		allowed []string
		normal  string // the connection's default role
		missing string // what this site lacks
		tells   bool   // the site reveals what roles may do
		want    string
		notes   string
		asks    string // the question it leaves
	}{
		{"customer is given", "customer", nil, "", "", false, "[customer]", "", ""},
		{"subscriber is given", "subscriber", nil, "member", "", false, "[subscriber]", "", ""},
		{"by its display name", " Customer ", nil, "", "", false, "[customer]", "", ""},
		{"administrator is not", "administrator", nil, "", "", false, "[subscriber]", "", "role.powerful administrator"},
		{"Administrator is not", "Administrator", nil, "customer", "", false, "[customer]", "", "role.powerful administrator"},
		{"editor is not", "editor", nil, "", "", true, "[subscriber]", "", "role.powerful editor"},
		{"Shop Manager is not", "Shop Manager", nil, "", "", false, "[subscriber]", "", "role.powerful shop_manager"},
		{"one nothing is known of is not", "member", nil, "", "", false, "[subscriber]", "", "role.ask member"},
		{"one known to be harmless is", "member", nil, "", "", true, "[member]", "", ""},
		{"one that writes posts is not", "author", nil, "", "", true, "[subscriber]", "", "role.ask author"},
		{"one known to be powerful is not", "boss", nil, "", "", true, "[subscriber]", "", "role.powerful boss"},
		{"one a person allowed is", "author", []string{"Author"}, "", "", true, "[author]", "", ""},
		{"even a powerful one a person allowed", "boss", []string{"boss"}, "", "", true, "[boss]", "", ""},
		{"even administrator when a person allowed it", "administrator", []string{"administrator"}, "", "", false, "[administrator]", "", ""},
		{"one the site does not have leaves the default", "nosuch", []string{"nosuch"}, "member", "", false, "[member]", "role.unknown nosuch", ""},
		{"a harmless one the site does not have leaves the site's default", "customer", nil, "gone", "customer", false, "[subscriber]", "role.unknown customer, role.unknown gone", ""},
		{"none leaves the connection's default", "", nil, "member", "", false, "[member]", "", ""},
		{"a default that writes posts is a person's choice", "", nil, "author", "", true, "[author]", "", ""},
		{"a default with power is not enough of a choice", "", nil, "editor", "", false, "[subscriber]", "role.refused editor", ""},
		{"unless it is allowed too", "", []string{"editor"}, "editor", "", false, "[editor]", "", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t)
			w.conn.AllowedRoles, w.conn.DefaultRole, w.tells = test.allowed, test.normal, test.tells
			delete(w.site.caps, test.missing)
			got := w.run(says(1, core.Add, email(ann), role(test.asked)))
			if roles := fmt.Sprint(w.user().Roles); roles != test.want || got.notes() != test.notes || got.change.Outcome != core.Created || got.asks() != test.asks {
				t.Errorf("roles %s, notes %s, outcome %s, asks %s", roles, got.notes(), got.change.Outcome, got.asks())
			}
		})
	}
}

func TestADisplayNameTheSiteTells(t *testing.T) {
	conn := newWorld(t).conn
	job := usersync.Fold(conn, "kartra", nil, nil, []usersync.Waiting{says(1, core.Add, email(ann), role("gold club"))})
	decision, _ := usersync.Plan(conn, job, usersync.Facts{Roles: map[string]usersync.RoleFacts{
		"wlm_17": {Name: "Gold Club", Caps: map[string]bool{"read": true}},
	}})
	if got := decision.Change.Create.Roles; !slices.Equal(got, []string{"wlm_17"}) {
		t.Errorf("roles %v", got)
	}
}

func TestFoldNamesTheRolesToAskTheSiteAbout(t *testing.T) {
	conn := core.Connection{DefaultRole: "Member", TagRules: []core.TagRule{{Tag: "A", Role: "vip"}}}
	job := usersync.Fold(conn, "kartra", map[string]string{"level": "role"}, nil, []usersync.Waiting{
		says(1, core.Add, role("Shop Manager"), field("level", "gold")), says(2, core.Update, role("member")),
	})
	link := core.Link{Wanted: "author", Grants: []core.Grant{{Role: "given"}}}
	if got := usersync.Fold(conn, "kartra", nil, &link, nil).Roles; !slices.Equal(got, []string{"given", "author", "member", "vip"}) {
		t.Errorf("of what is known: %v", got)
	}
	if want := []string{"gold", "shop_manager", "member", "vip"}; !slices.Equal(job.Roles, want) {
		t.Errorf("got %v, want %v", job.Roles, want)
	}
}

func TestRolesOfUsersFound(t *testing.T) {
	request := func(role string, given bool) core.Grant {
		return core.Grant{Role: role, Connection: "c1", Cause: core.CauseRequest, Given: given}
	}
	tests := []struct {
		name   string
		roles  []string
		grants []core.Grant
		others []core.Grant // of another CRM account's contact
		asked  string
		want   string
		given  bool // of the grant for the asked role
	}{
		{"what others gave is kept", []string{"subscriber", "bbp_participant"}, nil, nil, "customer", "[subscriber bbp_participant customer]", true},
		{"a role they had is not ours", []string{"subscriber", "customer"}, nil, nil, "customer", "[subscriber customer]", false},
		{"a later role replaces the one given before", []string{"vip", "subscriber"}, []core.Grant{request("vip", true)}, nil, "customer", "[subscriber customer]", true},
		{"but not one they had before", []string{"vip", "subscriber"}, []core.Grant{request("vip", false)}, nil, "customer", "[vip subscriber customer]", true},
		{
			"nor one another account's contact still calls for",
			[]string{"vip"},
			[]core.Grant{request("vip", true)},
			[]core.Grant{{Role: "vip", Connection: "c9", Cause: core.CauseRequest, Given: true}},
			"customer", "[vip customer]", true,
		},
		{
			"nor one another connection asked for",
			[]string{"vip"},
			[]core.Grant{request("vip", true), {Role: "vip", Connection: "c2", Cause: core.CauseRequest, Given: true}},
			nil, "customer", "[vip customer]", true,
		},
		{
			"a role Usher gave for another reason is ours",
			[]string{"customer"},
			[]core.Grant{{Role: "customer", Connection: "c1", Cause: "A", Given: true}},
			nil, "customer", "[customer]", true,
		},
		{"asked for again it comes back, though taken away by hand", []string{"subscriber"}, []core.Grant{request("customer", true)}, nil, "customer", "[subscriber customer]", true},
		{"a role they had, lost and were given is ours", []string{"subscriber"}, []core.Grant{request("customer", false)}, nil, "customer", "[subscriber customer]", true},
		{
			"a role Usher gave through another account is ours",
			[]string{"customer"},
			nil,
			[]core.Grant{{Role: "customer", Connection: "c9", Cause: "Z", Given: true}},
			"customer", "[customer]", true,
		},
		{
			"asked for again, what is recorded stays",
			[]string{"customer"},
			[]core.Grant{request("customer", true)},
			[]core.Grant{{Role: "customer", Connection: "c9", Cause: "Z", Given: false}},
			"customer", "[customer]", true,
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t).has(ann, test.roles...).linked(func(l *core.Link) { l.Grants, l.Tags = test.grants, []string{"A"} })
			w.conn.TagRules = []core.TagRule{{Tag: "A", Role: "customer"}}
			if !slices.ContainsFunc(test.grants, func(g core.Grant) bool { return g.Cause == "A" }) {
				w.conn.TagRules = nil
			}
			w.site.caps["bbp_participant"] = map[string]bool{"read": true}
			w.others = []core.Link{{AccountID: "a9", ContactID: "7", UserID: 1, Login: w.link.Login, Grants: test.others}}
			w.run(says(1, core.Update, role(test.asked)))
			if got := fmt.Sprint(w.user().Roles); got != test.want {
				t.Errorf("roles %s, want %s", got, test.want)
			}
			if !slices.Contains(w.link.Grants, request(test.asked, test.given)) {
				t.Errorf("grants %+v", w.link.Grants)
			}
		})
	}
	t.Run("an unknown or refused role changes nothing", func(t *testing.T) {
		w := newWorld(t).has(ann, "subscriber").linked()
		w.conn.AllowedRoles = []string{"nosuch"}
		got := w.run(says(1, core.Update, role("nosuch")), says(2, core.Update, role("editor")))
		if w.site.writes != 0 || got.notes() != "role.unknown nosuch" || got.asks() != "role.powerful editor" {
			t.Errorf("%d writes, notes %s, asks %s", w.site.writes, got.notes(), got.asks())
		}
	})
	t.Run("the role of creation is taken back for one named later", func(t *testing.T) {
		w := newWorld(t)
		w.run(says(1, core.Add, email(ann)))
		if !slices.Equal(w.link.Grants, []core.Grant{request("subscriber", true)}) {
			t.Fatalf("grants %+v", w.link.Grants)
		}
		w.run(says(2, core.Update, role("customer")))
		if got := fmt.Sprint(w.user().Roles); got != "[customer]" {
			t.Errorf("roles %s", got)
		}
	})
}
