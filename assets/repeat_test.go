package assets_test

import (
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"testing"
)

func doesAnOpOnce(t *testing.T, s site) {
	item := creating("once", "once", object{"notify": true, "fields": object{"first_name": "One"}})
	first := s.one(t, item).wants(t, "created", "")
	if first.Mail != "sent" {
		t.Errorf("mail %q", first.Mail)
	}
	s.php(t, fmt.Sprintf(`update_user_meta( %d, 'first_name', 'Edited' );`, first.UserID))
	before := s.everything(t)
	if strings.Contains(before, "correct horse") {
		t.Error("the password is kept in clear")
	}
	if again := s.one(t, item); !reflect.DeepEqual(again, first) {
		t.Errorf("again: %+v, first: %+v", again, first)
	}
	if s.everything(t) != before || countMailsTo(s.mails(t), "once@example.test") != 1 {
		t.Error("the second time something was written or sent")
	}

	// The address by which the item finds its user is not theirs any more.
	move := object{"op": "test-move", "email": "once@example.test", "fields": object{"email": "moved-on@example.test"}}
	moved := s.one(t, move).wants(t, "updated", "")
	if again := s.one(t, move); !reflect.DeepEqual(again, moved) {
		t.Errorf("again: %+v, first: %+v", again, moved)
	}
	twice := updating("twice", first.UserID, object{"fields": object{"last_name": "Two"}})
	if both := s.upsert(t, twice, twice); !reflect.DeepEqual(both[0], both[1]) {
		t.Errorf("in one batch: %+v", both)
	}

	for i := range 10 {
		s.one(t, updating(fmt.Sprint("many-", i), first.UserID, object{"fields": object{"last_name": fmt.Sprint(i)}})).wants(t, "updated", "")
	}
	if got := s.php(t, fmt.Sprintf(`echo count( preg_grep( '/^usher_op_/', array_keys( get_user_meta( %d ) ) ) );`, first.UserID)); got != "5" {
		t.Errorf("%s ops are kept, want 5", got)
	}
	last := updating("many-9", first.UserID, object{"fields": object{"last_name": "no"}})
	if got := s.one(t, last).wants(t, "updated", ""); got.After.LastName != "9" {
		t.Errorf("the last op is forgotten: %+v", got.After)
	}
}

func countsMails(t *testing.T, s site) {
	id, _ := s.addUser(t, "mailed-old", "subscriber")
	before := len(s.mails(t))
	var items []object
	for i := range 10 {
		items = append(items, creating(fmt.Sprint("mail-", i), fmt.Sprint("mail", i), object{"notify": true}))
	}
	for i := range 5 {
		items = append(items, creating(fmt.Sprint("quiet-", i), fmt.Sprint("quiet", i), nil))
	}
	for i, a := range s.upsert(t, items...) {
		want := map[bool]string{true: "sent", false: ""}[i < 10]
		if a.wants(t, "created", ""); a.Mail != want {
			t.Errorf("%s: mail %q, want %q", a.Op, a.Mail, want)
		}
	}
	mails := s.mails(t)
	if len(mails) != before+10 || countMailsTo(mails, "mail7@example.test") != 1 || !strings.Contains(mails[len(mails)-1], "Login Details") {
		t.Errorf("%d mails, want 10 with login details", len(mails)-before)
	}
	if old := s.one(t, updating("mail-old", id, object{"notify": true, "fields": object{"first_name": "X"}})); old.Mail != "not_new" {
		t.Errorf("an existing user: mail %q", old.Mail)
	}
	s.one(t, updating("mail-moved", id, object{"fields": object{"email": "elsewhere@example.test"}})).wants(t, "updated", "")
	if got := countMailsTo(s.mails(t), "mailed-old@example.test"); got != 1 {
		t.Errorf("%d notices to the old address, want WordPress's own", got)
	}
	s.write(t, "mu-plugins/mail.php", `<?php add_filter( 'pre_wp_mail', function ( $done, $mail ) { return 'fails@example.test' === $mail['to'] ? ( do_action( 'wp_mail_failed', new WP_Error( 'x' ) ) ?? false ) : $done; }, 10, 2 );
		add_filter( 'wp_send_new_user_notification_to_user', function ( $send, $user ) { return 'stopped' !== $user->user_login; }, 10, 2 );
		add_filter( 'wp_mail', function ( $mail ) { if ( 'dies@example.test' === $mail['to'] ) { exit; } return $mail; } );`)
	for name, want := range map[string]string{"fails": "failed", "stopped": "stopped"} {
		if got := s.one(t, creating(name+"-mail", name, object{"notify": true})).wants(t, "created", ""); got.Mail != want {
			t.Errorf("%s: mail %q, want %q", name, got.Mail, want)
		}
	}
	dies := creating("dies-mail", "dies", object{"notify": true})
	if _, body := s.post(t, object{"items": []object{dies}}); strings.Contains(string(body), "results") {
		t.Fatalf("PHP lived on: %s", body)
	}
	if again := s.one(t, dies).wants(t, "created", ""); again.Mail != "unknown" || !again.Created {
		t.Errorf("found at sending: %+v", again)
	}
}

// killing ends PHP at one first name, as a broken plugin may.
const killing = `<?php add_filter( 'pre_user_first_name', function ( $name ) { if ( 'Kill' === $name ) { exit; } return $name; } );
	add_action( 'user_register', function ( $id ) { if ( 'killed-late' === get_userdata( $id )->user_login && ! get_option( 'killed' ) ) { update_option( 'killed', 1 ); exit; } } );`

// A client halves a batch that got no answer, with the same ops, until the bad item stands alone.
func repeatsAKilledBatch(t *testing.T, s site) {
	s.write(t, "mu-plugins/kills.php", killing)
	var items []object
	for i := range 16 {
		name := fmt.Sprint("kill-", i)
		more := object{"notify": i < 10}
		if i == 5 {
			more["fields"] = object{"first_name": "Kill"}
		}
		items = append(items, creating(name, name, more))
	}
	earlier := s.one(t, creating("kill-earlier", "kill-earlier", nil)).wants(t, "created", "")
	answers, alone := halve(t, s, items)
	if len(alone) != 1 || alone[0] != "test-kill-5" {
		t.Errorf("standing alone: %q", alone)
	}
	if len(answers) != 15 {
		t.Errorf("%d answers, want 15", len(answers))
	}
	for _, a := range answers {
		if a.wants(t, "created", ""); countMailsTo(s.mails(t), a.After.Email) != map[bool]int{true: 1}[a.Mail == "sent"] {
			t.Errorf("%s: mail %q does not fit the mails sent", a.Op, a.Mail)
		}
	}
	if got := s.php(t, `echo count( get_users( array( 'search' => 'kill-*' ) ) );`); got != "16" {
		t.Errorf("%s users, want 16", got)
	}
	if got := s.php(t, fmt.Sprintf(`echo get_userdata( %d )->user_login;`, earlier.UserID)); got != "kill-earlier" {
		t.Errorf("the earlier user is %q", got)
	}
}

func halve(t *testing.T, s site, items []object) (answers []answer, alone []string) {
	t.Helper()
	if status, body := s.post(t, object{"items": items}); status == http.StatusOK && strings.Contains(string(body), "results") {
		return s.upsert(t, items...), nil // the same ops: read, not done again
	}
	if len(items) == 1 {
		return nil, []string{items[0]["op"].(string)}
	}
	for _, half := range [][]object{items[:len(items)/2], items[len(items)/2:]} {
		a, l := halve(t, s, half)
		answers, alone = append(answers, a...), append(alone, l...)
	}
	return answers, alone
}

func finishesAKilledCreate(t *testing.T, s site) {
	s.write(t, "mu-plugins/kills.php", killing)
	item := creating("killed-late", "killed-late", object{"notify": true, "expect": "none", "meta": object{"phone": "1"}, "roles": []string{"author", "subscriber"}})
	if _, body := s.post(t, object{"items": []object{item}}); strings.Contains(string(body), "results") {
		t.Fatalf("PHP lived on: %s", body)
	}
	got := s.one(t, item).wants(t, "created", "")
	if !got.Created || got.Mail != "sent" || got.After.Meta["phone"] != "1" || len(got.After.Roles) != 2 {
		t.Errorf("finished: %+v %+v", got, got.After)
	}
	if n := countMailsTo(s.mails(t), "killed-late@example.test"); n != 1 {
		t.Errorf("%d mails, want 1", n)
	}
}

func uninstalls(t *testing.T, s site) {
	made := s.one(t, creating("uninstall", "stays", object{"contact": object{"crm": "kartra", "id": "5"}, "tags": object{"crm": "kartra", "values": []string{"VIP"}}, "meta": object{"phone": "1"}}))
	s.php(t, `require_once ABSPATH . 'wp-admin/includes/plugin.php';
		deactivate_plugins( 'usher-helper/usher-helper.php' );
		uninstall_plugin( 'usher-helper/usher-helper.php' );`)
	if got := s.php(t, `global $wpdb; echo $wpdb->get_var( "SELECT COUNT(*) FROM $wpdb->usermeta WHERE meta_key LIKE 'usher%'" ), $wpdb->get_var( "SELECT COUNT(*) FROM $wpdb->options WHERE option_name LIKE 'usher%'" );`); got != "00" {
		t.Errorf("left behind: %s", got)
	}
	if got := s.php(t, fmt.Sprintf(`echo wp_json_encode( array( get_user_meta( %d, 'kartra_contact_id', true ), get_user_meta( %[1]d, 'kartra_tags', true ), get_user_meta( %[1]d, 'phone', true ) ) );`, made.UserID)); got != `["5",["VIP"],"1"]` {
		t.Errorf("kept: %s", got)
	}
}
