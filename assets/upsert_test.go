package assets_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"usher/assets"
	"usher/core/wordpress/realwp"
)

func TestHelperOnRealWordPress(t *testing.T) {
	behaviours := []struct {
		name string
		test func(*testing.T, site)
	}{
		{"tells about itself and the roles", tellsAboutItself},
		{"answers only those who may manage users", answersOnlyManagers},
		{"makes 100 users in two requests", makesAHundred},
		{"writes fields, meta, contact id, tags and roles", writesEverything},
		{"finds by contact id before e-mail", findsByContact},
		{"shows meta it does not write", showsWhatItDoesNotWrite},
		{"measures fields in characters", measuresInCharacters},
		{"lets one bad item spoil only itself", spoilsOnlyOne},
		{"leaves protected users and roles alone", protectsThePowerful},
		{"refuses dangerous meta", refusesDangerousMeta},
		{"writes nothing when the user is not as expected", keepsToExpectations},
		{"computes the hash as documented", hashesAsDocumented},
		{"does the same op once", doesAnOpOnce},
		{"writes nothing in a dry run", dryRunWritesNothing},
		{"makes no twins in parallel", makesNoTwins},
		{"sends WordPress's own mails and counts them", countsMails},
		{"survives hostile input", survivesHostileInput},
		{"lets a batch that killed PHP be repeated in halves", repeatsAKilledBatch},
		{"finishes a user whose creation killed PHP", finishesAKilledCreate},
		{"lets WP Fusion know of tags and of nothing else", worksWithFusion},
		{"hashes generated passwords cheaply", hashesCheaply},
		{"uninstalls without a trace of its own", uninstalls},
	}
	eachWordPress(t, realwp.Options{}, func(t *testing.T, s site) {
		for _, b := range behaviours {
			t.Run(b.name, func(t *testing.T) { b.test(t, s) })
		}
	})
}

func tellsAboutItself(t *testing.T, s site) {
	s.php(t, `add_role( 'boss', 'The boss', array( 'read' => true, 'manage_options' => true, 'fly' => false ) );`)
	read := func() (info struct {
		Version string
		Site    struct {
			ID, Home string
			IDGiven  string `json:"id_given"`
		}
		Limits struct{ Items, Notified int }
		Roles  map[string]struct {
			Name         string
			Capabilities []string
			Protected    bool
		}
		Multisite bool
		Cannot    []string
		WPFusion  struct{ Active bool } `json:"wp_fusion"`
	},
	) {
		status, body := s.send(t, http.MethodGet, "info", s.User, s.AppPassword, "", nil)
		if err := json.Unmarshal(body, &info); status != http.StatusOK || err != nil {
			t.Fatalf("info: %d %v %s", status, err, body)
		}
		return info
	}
	const copied = "http://copy.example.test"
	info := read()
	if info.Version != assets.HelperVersion || info.Limits.Items != 50 || info.Limits.Notified != 10 {
		t.Errorf("version %q, limits %+v", info.Version, info.Limits)
	}
	if info.Site.Home != s.URL || info.Site.IDGiven != s.URL || len(info.Site.ID) != 36 || info.Site.ID != read().Site.ID {
		t.Errorf("site %+v is not one lasting id at %s", info.Site, s.URL)
	}
	if info.Multisite || info.Cannot == nil || len(info.Cannot) > 0 || info.WPFusion.Active {
		t.Errorf("a single site without WP Fusion says %+v", info)
	}
	s.php(t, fmt.Sprintf(`update_option( 'home', '%s' );`, copied))
	if moved := read(); moved.Site.ID != info.Site.ID || moved.Site.Home != copied || moved.Site.IDGiven != s.URL {
		t.Errorf("a copy at %s says %+v", copied, moved.Site)
	}
	s.php(t, fmt.Sprintf(`update_option( 'home', '%s' );`, s.URL))
	boss := info.Roles["boss"]
	if boss.Name != "The boss" || !boss.Protected || !slices.Equal(boss.Capabilities, []string{"read", "manage_options"}) {
		t.Errorf("boss: %+v", boss)
	}
	if !info.Roles["editor"].Protected || info.Roles["author"].Protected || info.Roles["subscriber"].Protected {
		t.Errorf("roles %+v", info.Roles)
	}
}

func answersOnlyManagers(t *testing.T, s site) {
	item, err := json.Marshal(object{"items": []object{creating("anonymous", "anonymous", nil)}})
	if err != nil {
		t.Fatal(err)
	}
	_, subscriber := s.addUser(t, "sub", "subscriber")
	_, editor := s.addUser(t, "edith", "editor")
	s.php(t, `add_role( 'manager', 'Manager', array_fill_keys( array( 'read', 'list_users', 'create_users', 'edit_users', 'promote_users' ), true ) );
		add_role( 'half', 'Half', array_fill_keys( array( 'read', 'list_users', 'create_users', 'edit_users' ), true ) );`)
	_, manager := s.addUser(t, "manager", "manager")
	_, half := s.addUser(t, "half", "half")
	for _, test := range []struct {
		user, password string
		want           int
	}{
		{"", "", http.StatusUnauthorized},
		{s.User, "wrong", http.StatusUnauthorized},
		{"sub", subscriber, http.StatusForbidden},
		{"edith", editor, http.StatusForbidden},
		{"half", half, http.StatusForbidden},
		{"manager", manager, http.StatusOK},
	} {
		if got, body := s.send(t, http.MethodGet, "info", test.user, test.password, "", nil); got != test.want {
			t.Errorf("info as %q: %d, want %d: %s", test.user, got, test.want, body)
		}
		if got, body := s.send(t, http.MethodPost, "upsert", test.user, test.password, "application/json", item); got != test.want {
			t.Errorf("upsert as %q: %d, want %d: %s", test.user, got, test.want, body)
		}
	}
}

func makesAHundred(t *testing.T, s site) {
	const count = `echo count_users()['total_users'];`
	before, _ := strconv.Atoi(s.php(t, count))
	for batch := range 2 {
		var items []object
		for i := range 50 {
			name := fmt.Sprintf("hundred%d", batch*50+i)
			items = append(items, creating(name, name, object{"fields": object{"first_name": name}}))
		}
		for _, a := range s.upsert(t, items...) {
			a.wants(t, "created", "")
		}
	}
	if after, _ := strconv.Atoi(s.php(t, count)); after != before+100 {
		t.Errorf("%d users became %d", before, after)
	}
	if got := s.php(t, `echo get_user_by( 'login', 'hundred99' )->first_name;`); got != "hundred99" {
		t.Errorf("the last one is called %q", got)
	}
}

func writesEverything(t *testing.T, s site) {
	item := creating("everything", "ann", object{
		"contact": object{"crm": "ontraport", "id": 4711},
		"tags":    object{"crm": "ontraport", "values": []string{"11", "7", "11"}},
		"fields":  object{"first_name": "Ann & Söns", "last_name": `O'Neil \ Co`, "url": "https://example.test/?a=1&b=2", "description": "two\nlines"},
		"meta":    object{"phone": "+49 1", "score": 7, "ratio": 1.5, "vip": true, "list": []string{"a", `b\c`}, "html": "<b>1 < 2</b>", "fake": `O:8:"stdClass":0:{}`},
	})
	item["create"].(object)["roles"] = []string{"author", "subscriber"}
	made := s.one(t, item).wants(t, "created", "")
	if made.Before != nil || !made.Created || made.After == nil {
		t.Fatalf("created: %+v", made)
	}
	item["op"] = "test-everything-again"
	again := s.one(t, item).wants(t, "unchanged", "")
	if !reflect.DeepEqual(again.Before, again.After) || !reflect.DeepEqual(made.After, again.After) {
		t.Errorf("unchanged, but %+v, %+v, %+v", made.After, again.Before, again.After)
	}
	want := `["4711",["11","7"],"+49 1","7","1.5","1",["a","b\\c"],"1 &lt; 2","O:8:\"stdClass\":0:{}","Ann &amp; S\u00f6ns","O'Neil \\ Co","https:\/\/example.test\/?a=1&amp;b=2","two\nlines",["author","subscriber"]]`
	if got := s.php(t, fmt.Sprintf(`$u = get_userdata( %d ); $m = fn( $k ) => get_user_meta( $u->ID, $k, true );
		echo wp_json_encode( array( $m( 'ontraport_contact_id' ), $m( 'ontraport_tags' ), $m( 'phone' ), $m( 'score' ), $m( 'ratio' ), $m( 'vip' ),
			$m( 'list' ), $m( 'html' ), $m( 'fake' ), $u->first_name, $u->last_name, $u->user_url, $u->description, $u->roles ) );`, made.UserID)); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	raw := s.php(t, fmt.Sprintf(`global $wpdb; echo $wpdb->get_var( "SELECT meta_value FROM $wpdb->usermeta WHERE user_id = %d AND meta_key = 'ontraport_tags'" );`, made.UserID))
	if want := `a:2:{i:0;s:2:"11";i:1;s:1:"7";}`; raw != want {
		t.Errorf("tags are kept as %s, want %s", raw, want)
	}
	changed := s.one(t, updating("everything-less", made.UserID, object{
		"roles": []string{"subscriber"}, "meta": object{"phone": nil}, "tags": object{"crm": "ontraport", "values": []string{}},
	})).wants(t, "updated", "")
	if !slices.Equal(changed.After.Roles, []string{"subscriber"}) || changed.Before.Meta["phone"] != "+49 1" || changed.After.Meta["phone"] != nil {
		t.Errorf("taken away: %+v → %+v", changed.Before, changed.After)
	}
}

func findsByContact(t *testing.T, s site) {
	contact := object{"crm": "kartra", "id": "77"}
	made := s.one(t, creating("contact", "moved", object{"contact": contact})).wants(t, "created", "")
	item := creating("contact-moved", "new-address", object{"contact": contact, "fields": object{"first_name": "Mo"}})
	if found := s.one(t, item).wants(t, "updated", ""); found.UserID != made.UserID || found.After.Email != "moved@example.test" {
		t.Errorf("found %+v, want user %d with the old address", found.After, made.UserID)
	}
	s.one(t, object{"op": "test-nobody", "email": "nobody@example.test"}).wants(t, "error", "no_user")
	upper := s.one(t, object{"op": "test-upper", "email": "MOVED@example.TEST"}).wants(t, "unchanged", "")
	if upper.UserID != made.UserID {
		t.Errorf("another case finds user %d, want %d", upper.UserID, made.UserID)
	}
	alone := s.one(t, object{"op": "test-alone", "contact": contact, "fields": object{"last_name": "Alone"}}).wants(t, "updated", "")
	if alone.UserID != made.UserID || alone.After.LastName != "Alone" {
		t.Errorf("the contact id alone finds %+v", alone.After)
	}
	s.one(t, object{"op": "test-alone-nobody", "contact": object{"crm": "kartra", "id": "78"}}).wants(t, "error", "no_user")
	s.one(t, object{"op": "test-alone-new", "contact": contact, "create": object{"login": "alone", "password": "x"}}).wants(t, "error", "bad_item")
}

func showsWhatItDoesNotWrite(t *testing.T, s site) {
	made := s.one(t, creating("show", "shown", object{"meta": object{"phone": "1", "size": "M"}, "show": []string{"colour"}})).wants(t, "created", "")
	if colour, told := made.After.Meta["colour"]; !told || colour != nil || len(made.After.Meta) != 3 {
		t.Errorf("a new user is told with %v", made.After.Meta)
	}
	looked := s.one(t, updating("show-look", made.UserID, object{"dry_run": true, "show": []string{"size", "phone", "phone"}})).wants(t, "unchanged", "")
	if got := looked.Before.Meta; len(got) != 2 || got["phone"] != "1" || got["size"] != "M" || hashOf(looked.Before) != looked.Before.Hash {
		t.Errorf("shown: %+v", looked.Before)
	}
	item := updating("show-write", made.UserID, object{"expect": looked.Before.Hash, "show": []string{"size"}, "meta": object{"phone": "2"}})
	if wrote := s.one(t, item).wants(t, "updated", ""); wrote.After.Meta["phone"] != "2" || wrote.After.Meta["size"] != "M" {
		t.Errorf("written: %+v", wrote.After)
	}
	s.php(t, fmt.Sprintf(`update_user_meta( %d, 'size', 'L' );`, made.UserID))
	now := s.one(t, updating("show-again", made.UserID, object{"dry_run": true, "show": []string{"phone"}}))
	item = updating("show-stale", made.UserID, object{"expect": now.Before.Hash, "show": []string{"size"}, "meta": object{"phone": "3"}})
	s.one(t, item).wants(t, "conflict", "changed")
	for key, want := range map[string][2]string{"session_tokens": {"refused", "protected_meta"}, "locale": {"error", "bad_meta"}, "": {"error", "bad_show"}} {
		s.one(t, updating("show-bad", made.UserID, object{"dry_run": true, "show": []string{key}})).wants(t, want[0], want[1])
	}
}

func measuresInCharacters(t *testing.T, s site) {
	long := strings.Repeat("é", 250)
	made := s.one(t, creating("chars", "chars", object{"fields": object{"name": long}})).wants(t, "created", "")
	if made.After.Name != long {
		t.Errorf("the name is %q", made.After.Name)
	}
	s.one(t, creating("chars-more", "charsmore", object{"fields": object{"name": long + "é"}})).wants(t, "error", "bad_fields")
}

func spoilsOnlyOne(t *testing.T, s site) {
	s.write(t, "mu-plugins/throws.php", `<?php add_filter( 'pre_user_first_name', function ( $name ) { if ( 'Throw' === $name ) { echo 'noise'; throw new Error( 'boom' ); } return $name; } );`)
	got := s.upsert(t,
		creating("spoil-1", "spoil1", nil),
		creating("spoil-2", "spoil2", object{"fields": object{"first_name": "Throw"}}),
		creating("spoil-3", "spoil 3 +", object{"email": "spoil3@example.test"}),
		creating("spoil-4", "spoil4", object{"email": "no address"}),
		creating("spoil-5", "spoil1", object{"email": "spoil5@example.test"}),
		creating("spoil-6", "spoil6", object{"fields": object{"first_name": "Six"}}),
	)
	for i, want := range [][2]string{{"created", ""}, {"error", "failed"}, {"error", "bad_login"}, {"error", "bad_email"}, {"error", "existing_user_login"}, {"created", ""}} {
		got[i].wants(t, want[0], want[1])
	}
}

func makesNoTwins(t *testing.T, s site) {
	// Behind WordPress's own check for twins there is time for one.
	s.write(t, "mu-plugins/slow.php", `<?php add_filter( 'wp_pre_insert_user_data', function ( $data ) { if ( 'twin@example.test' === $data['user_email'] ) { usleep( 300000 ); } return $data; } );`)
	var wait sync.WaitGroup
	answers := make([]answer, 20)
	for i := range answers {
		wait.Go(func() {
			item := creating(fmt.Sprint("twins-", i), "twin", object{"notify": true})
			item["create"].(object)["login"] = fmt.Sprint("twin", i)
			status, body := s.post(t, object{"items": []object{item}})
			var got struct{ Results []answer }
			if err := json.Unmarshal(body, &got); err != nil || len(got.Results) != 1 {
				t.Errorf("%d %s", status, body)
				return
			}
			answers[i] = got.Results[0]
		})
	}
	wait.Wait()
	created := 0
	for _, a := range answers {
		if a.Created {
			created++
		}
	}
	if created != 1 {
		t.Errorf("%d of 20 say they created the user", created)
	}
	if got := s.php(t, `global $wpdb; echo $wpdb->get_var( "SELECT COUNT(*) FROM $wpdb->users WHERE user_email = 'twin@example.test'" );`); got != "1" {
		t.Errorf("%s users have the address", got)
	}
	if got := countMailsTo(s.mails(t), "twin@example.test"); got != 1 {
		t.Errorf("%d mails, want 1", got)
	}
}

func countMailsTo(mails []string, address string) (n int) {
	for _, mail := range mails {
		if strings.Contains(mail, "To: "+address) {
			n++
		}
	}
	return n
}
