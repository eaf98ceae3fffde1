package assets_test

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
)

func protectsThePowerful(t *testing.T, s site) {
	s.php(t, `add_role( 'clerk', 'Clerk', array( 'read' => true, 'export' => true ) ); add_role( 'shop_manager', 'Shop manager', array( 'read' => true ) );
		add_role( 'shopkeeper', 'Shopkeeper', array( 'read' => true, 'manage_woocommerce' => true ) );`)
	for _, role := range []string{"administrator", "editor", "shop_manager", "clerk", "shopkeeper"} {
		id, _ := s.addUser(t, "is-"+role, role)
		before := s.everything(t)
		got := s.upsert(t,
			updating("protect-id-"+role, id, object{"fields": object{"first_name": "X"}}),
			object{"op": "test-protect-" + role, "email": "IS-" + role + "@example.test", "roles": []string{"subscriber"}},
			creating("protect-new-"+role, "new-"+role, object{"roles": []string{"subscriber", role}}),
			creating("protect-create-"+role, "new-"+role, object{"create": object{"login": "new-" + role, "password": "secret", "roles": []string{role}}}),
		)
		for i, code := range []string{"protected", "protected", "protected_role", "protected_role"} {
			got[i].wants(t, "refused", code)
		}
		if s.everything(t) != before {
			t.Errorf("something was written for %s", role)
		}
	}
	id, _ := s.addUser(t, "own-power", "subscriber")
	s.php(t, fmt.Sprintf(`get_userdata( %d )->add_cap( 'unfiltered_html' );`, id))
	s.one(t, updating("protect-own", id, object{"fields": object{"first_name": "X"}})).wants(t, "refused", "protected")
	s.php(t, `update_option( 'default_role', 'editor' );`)
	s.one(t, creating("protect-default", "by-default", nil)).wants(t, "refused", "protected_role")
	s.php(t, `update_option( 'default_role', 'subscriber' );`)
}

func refusesDangerousMeta(t *testing.T, s site) {
	id, _ := s.addUser(t, "victim", "subscriber")
	before := s.everything(t)
	refused := []string{
		"wp_capabilities", "wp_2_capabilities", "WP_Capabilities", "capabilities", "wp_user_level", "session_tokens", "Session_Tokens",
		"_secret", "_application_passwords", "usher_op_1", "USHER_site", "session_tokens ", "sessión_tokens", " _x", "wp_capabilities\n", "", "0", "a b",
		strings.Repeat("k", 200),
	}
	for i, key := range refused {
		item := updating(fmt.Sprint("meta-", i), id, object{"fields": object{"first_name": "X"}, "meta": object{"fine": "1", key: "1"}})
		s.one(t, item).wants(t, "refused", "protected_meta")
	}
	for i, key := range []string{"first_name", "Locale"} {
		s.one(t, updating(fmt.Sprint("meta-field-", i), id, object{"meta": object{key: "1"}})).wants(t, "error", "bad_meta")
	}
	if s.everything(t) != before {
		t.Error("something was written")
	}
}

func keepsToExpectations(t *testing.T, s site) {
	id, _ := s.addUser(t, "expected", "subscriber")
	change := object{"fields": object{"first_name": "New"}, "meta": object{"phone": "1"}}
	with := func(op, key string, value any) object {
		item := updating("expect-"+op, id, change)
		item[key] = value
		return item
	}
	plan := s.one(t, with("plan", "dry_run", true)).wants(t, "updated", "")
	s.php(t, fmt.Sprintf(`update_user_meta( %d, 'phone', 'edited' );`, id))
	before := s.everything(t)
	stale := s.one(t, with("stale", "expect", plan.Before.Hash)).wants(t, "conflict", "changed")
	if stale.Before == nil || stale.Before.Meta["phone"] != "edited" || stale.After != nil {
		t.Errorf("the conflict shows %+v", stale.Before)
	}
	s.one(t, with("other", "login", "somebody")).wants(t, "conflict", "other_user")
	found := object{"op": "test-expect-none", "email": "expected@example.test", "expect": "none", "create": object{"login": "e", "password": "p"}}
	s.one(t, found).wants(t, "conflict", "exists")
	s.one(t, creating("expect-gone", "nobody-there", object{"expect": plan.Before.Hash})).wants(t, "conflict", "gone")
	if s.everything(t) != before {
		t.Error("something was written")
	}
	item := with("fresh", "expect", stale.Before.Hash)
	item["login"] = "expected"
	s.one(t, item).wants(t, "updated", "")
	s.one(t, creating("expect-nobody", "awaited", object{"expect": "none"})).wants(t, "created", "")
}

func hashesAsDocumented(t *testing.T, s site) {
	id, _ := s.addUser(t, "hashed", "author")
	s.php(t, fmt.Sprintf(`get_userdata( %d )->add_role( 'subscriber' ); update_user_meta( %[1]d, 'kartra_tags', array( 'VIP', 'Zoë' ) );`, id))
	item := updating("hash", id, object{
		"dry_run": true,
		"fields":  object{"first_name": "Zoë", "description": "a\nb"},
		"tags":    object{"crm": "kartra", "values": []string{"VIP", "Zoë"}}, "meta": object{"phone": "1", "B": "2"},
	})
	state := s.one(t, item).wants(t, "updated", "")
	for _, p := range []*person{state.Before, state.After} {
		if got := hashOf(p); got != p.Hash {
			t.Errorf("hash of %+v is %s, the plugin says %s", p, got, p.Hash)
		}
	}
	delete(item, "dry_run")
	if written := s.one(t, item).wants(t, "updated", ""); written.After.Hash != state.After.Hash {
		t.Errorf("planned %+v, became %+v", state.After, written.After)
	}
}

// hashOf computes the hash from what is known of a user.
func hashOf(p *person) string {
	text := func(s string) string { return fmt.Sprintf("%d:%s", len(s), s) }
	list := func(each []string) string {
		out := "["
		for _, s := range each {
			out += text(s)
		}
		return out + "]"
	}
	all := ""
	for _, s := range []string{"usher1", strconv.Itoa(p.ID), p.Login, p.Email, p.Name, p.FirstName, p.LastName, p.Nickname, p.URL, p.Description, p.Locale} {
		all += text(s)
	}
	slices.Sort(p.Roles)
	all += list(p.Roles)
	for _, key := range slices.Sorted(maps.Keys(p.Meta)) {
		all += text(key)
		switch value := p.Meta[key].(type) {
		case nil:
			all += "-"
		case string:
			all += text(value)
		case []any:
			var each []string
			for _, one := range value {
				each = append(each, one.(string))
			}
			all += list(each)
		case map[string]any:
			all += "?" + text(value["sha256"].(string))
		}
	}
	sum := sha256.Sum256([]byte(all))
	return hex.EncodeToString(sum[:])
}

func dryRunWritesNothing(t *testing.T, s site) {
	id, _ := s.addUser(t, "dry", "subscriber")
	before, mails := s.everything(t), len(s.mails(t))
	got := s.upsert(t,
		creating("dry-new", "dry-new", object{"dry_run": true, "notify": true, "fields": object{"first_name": "Ann"}, "tags": object{"crm": "ortto", "values": []string{"a"}}}),
		updating("dry-old", id, object{"dry_run": true, "roles": []string{"author"}, "fields": object{"email": "dry2@example.test"}, "contact": object{"crm": "ortto", "id": "00ff"}}),
		updating("dry-same", id, object{"dry_run": true, "fields": object{"first_name": ""}}),
	)
	got[0].wants(t, "created", "")
	got[1].wants(t, "updated", "")
	got[2].wants(t, "unchanged", "")
	if a := got[0]; a.UserID != 0 || a.Created || a.Before != nil || a.After.FirstName != "Ann" || a.After.Hash != "" || a.After.Roles[0] != "subscriber" {
		t.Errorf("would create %+v", a)
	}
	if a := got[1]; a.After.Email != "dry2@example.test" || a.Before.Email != "dry@example.test" || a.After.Meta["ortto_contact_id"] != "00ff" {
		t.Errorf("would update %+v to %+v", a.Before, a.After)
	}
	if s.everything(t) != before || len(s.mails(t)) != mails {
		t.Error("something was written or sent")
	}
}

func survivesHostileInput(t *testing.T, s site) {
	id, _ := s.addUser(t, "hostile", "subscriber")
	deep := any("x")
	for range 200 {
		deep = []any{deep}
	}
	before := s.everything(t)
	items := map[string]any{
		"a number": 1, "null": nil, "a text": "x", "an empty list": []int{}, "a list": []int{1},
		"no op": object{"id": id}, "a number as op": updatingWith(id, "op", 12345678), "a short op": updatingWith(id, "op", "x"), "an op with a newline": updatingWith(id, "op", "12345678\n"),
		"a huge op": updatingWith(id, "op", strings.Repeat("x", 65)), "an unknown key": updatingWith(id, "delete", true),
		"a text as id": updatingWith(id, "id", fmt.Sprint(id)), "a negative id": updatingWith(id, "id", -1), "a float as id": updatingWith(id, "id", 1.5), "a huge id": updatingWith(id, "id", 1e30),
		"nobody's id": updatingWith(id, "id", 99999999), "id and e-mail": updatingWith(id, "email", "hostile@example.test"), "a list as e-mail": object{"op": "test-hostile", "email": []string{"hostile@example.test"}},
		"text as flag": updatingWith(id, "dry_run", "false"), "number as flag": updatingWith(id, "notify", 1), "a list as expect": updatingWith(id, "expect", []int{}), "a list as login": updatingWith(id, "login", []int{}),
		"a text as fields": updatingWith(id, "fields", "first_name"), "an unknown field": updatingWith(id, "fields", object{"user_pass": "x"}), "password": updatingWith(id, "fields", object{"password": "x"}),
		"ID as field": updatingWith(id, "fields", object{"ID": 1}), "a number as field": updatingWith(id, "fields", object{"first_name": 1}), "a list as field": updatingWith(id, "fields", object{"first_name": []int{1}}),
		"NUL in a field": updatingWith(id, "fields", object{"first_name": "a\x00b"}), "DEL in a field": updatingWith(id, "fields", object{"first_name": "a\x7f"}),
		"a long name": updatingWith(id, "fields", object{"name": strings.Repeat("n", 251)}), "a long url": updatingWith(id, "fields", object{"url": "https://" + strings.Repeat("n", 99)}),
		"a long e-mail": updatingWith(id, "fields", object{"email": strings.Repeat("n", 60) + "@" + strings.Repeat("n", 40) + ".test"}), "a taken e-mail": updatingWith(id, "fields", object{"email": "ADMIN@example.test"}),
		"a foreign locale": updatingWith(id, "fields", object{"locale": "../../x"}), "a huge item": updatingWith(id, "fields", object{"description": strings.Repeat("n", 33000)}),
		"a text as roles": updatingWith(id, "roles", "subscriber"), "an unknown role": updatingWith(id, "roles", []string{"king"}), "an empty role": updatingWith(id, "roles", []string{""}), "nested roles": updatingWith(id, "roles", []any{[]string{"subscriber"}}),
		"a map as roles": updatingWith(id, "roles", object{"1": "subscriber"}), "a list as meta": updatingWith(id, "meta", []string{"x"}), "a map as meta value": updatingWith(id, "meta", object{"m": object{"a": "b"}}),
		"nested meta": updatingWith(id, "meta", object{"m": deep}), "NUL in meta": updatingWith(id, "meta", object{"m": "\x00"}), "mixed meta": updatingWith(id, "meta", object{"m": []any{"a", 1}}),
		"tags without crm": updatingWith(id, "tags", object{"values": []string{"a"}}), "a bad crm": updatingWith(id, "tags", object{"crm": "usher_", "values": []string{"a"}}), "_ as crm": updatingWith(id, "tags", object{"crm": "_", "values": []string{"a"}}),
		"numbers as tags": updatingWith(id, "tags", object{"crm": "kartra", "values": []int{1}}), "a text as tags": updatingWith(id, "tags", object{"crm": "kartra", "values": "a"}), "an empty tag": updatingWith(id, "tags", object{"crm": "kartra", "values": []string{""}}),
		"501 tags": updatingWith(id, "tags", object{"crm": "kartra", "values": strings.Split(strings.Repeat("a,", 500)+"a", ",")}), "no contact id": updatingWith(id, "contact", object{"crm": "kartra", "id": ""}), "a list as contact id": updatingWith(id, "contact", object{"crm": "kartra", "id": []int{1}}),
		"tags twice":   object{"op": "test-hostile", "id": id, "meta": object{"kartra_tags": "x"}, "tags": object{"crm": "kartra", "values": []string{"a"}}},
		"create by id": updatingWith(id, "create", object{"login": "x", "password": "y"}), "create true": object{"op": "test-hostile", "email": "h@example.test", "create": true},
		"create without password": object{"op": "test-hostile", "email": "h@example.test", "create": object{"login": "x"}}, "create with ID": object{"op": "test-hostile", "email": "h@example.test", "create": object{"ID": 1, "login": "x", "password": "y"}},
		"create with a list as login": object{"op": "test-hostile", "email": "h@example.test", "create": object{"login": []int{1}, "password": "y"}}, "a long login": object{"op": "test-hostile", "email": "h@example.test", "create": object{"login": strings.Repeat("l", 61), "password": "y"}},
		"a bad address": object{"op": "test-hostile", "email": "a@b@c.test\nBcc: x@example.test", "create": object{"login": "x", "password": "y"}},
	}
	for name, item := range items {
		status, body := s.post(t, object{"items": []any{item}})
		if status != http.StatusOK || !strings.Contains(string(body), `"status":"error"`) || strings.Contains(string(body), `"code":"failed"`) {
			t.Errorf("%s: %d %s", name, status, body)
		}
	}
	if s.everything(t) != before {
		t.Error("something was written")
	}
	refusesHostileRequests(t, s)
}

func updatingWith(id int, key string, value any) object {
	item := updating("hostile", id, object{"fields": object{"last_name": "Written"}})
	item[key] = value
	return item
}

func refusesHostileRequests(t *testing.T, s site) {
	var crowd, mailed []object
	for i := range 51 {
		crowd = append(crowd, creating(fmt.Sprint("crowd-", i), fmt.Sprint("crowd", i), nil))
	}
	for i := range 11 {
		mailed = append(mailed, creating(fmt.Sprint("mailed-", i), fmt.Sprint("mailed", i), object{"notify": true}))
	}
	before := s.everything(t)
	for name, body := range map[string]any{
		"no items": object{}, "null": object{"items": nil}, "an empty list": object{"items": []int{}}, "a map": object{"items": object{"a": object{}}},
		"a text": object{"items": "x"}, "51 items": object{"items": crowd}, "11 mails": object{"items": mailed},
	} {
		if status, answered := s.post(t, body); status != http.StatusBadRequest {
			t.Errorf("%s: %d %s", name, status, answered)
		}
	}
	for _, raw := range []struct {
		name, contentType, body string
		want                    int
	}{
		{"broken UTF-8", "application/json", "{\"items\":[{\"op\":\"\xff\"}]}", http.StatusBadRequest},
		{"half a surrogate", "application/json", `{"items":[{"op":"\ud800"}]}`, http.StatusBadRequest},
		{"broken JSON", "application/json", `{"items":[`, http.StatusBadRequest},
		{"very deep JSON", "application/json", strings.Repeat("[", 100000), http.StatusBadRequest},
		{"a NUL as key", "application/json", `{"\u0000items":1}`, http.StatusBadRequest},
		{"a form", "application/x-www-form-urlencoded", "items[0][op]=test-form", http.StatusUnsupportedMediaType},
		{"a huge body", "application/json", `{"x":"` + strings.Repeat("x", 2<<20) + `"}`, http.StatusRequestEntityTooLarge},
	} {
		if status, body := s.send(t, http.MethodPost, "upsert", s.User, s.AppPassword, raw.contentType, []byte(raw.body)); status != raw.want {
			t.Errorf("%s: %d %.200s", raw.name, status, body)
		}
	}
	if s.everything(t) != before {
		t.Error("something was written")
	}
}
