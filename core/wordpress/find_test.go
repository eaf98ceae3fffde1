package wordpress

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"usher/core"
)

// lists answers with those of users 1 to 300 who are asked for by id, and by e-mail with nobody.
func lists(w http.ResponseWriter, r *http.Request) {
	var found []string
	for id := range strings.SplitSeq(r.URL.Query().Get("include"), ",") {
		var n int
		if _, err := fmt.Sscan(id, &n); err == nil && n <= 300 {
			found = append(found, user(n, fmt.Sprintf("u%d@example.test", n)))
		}
	}
	answer(w, http.StatusOK, "["+strings.Join(found, ",")+"]")
}

// known is the helper that knows the users 1 to 300 by id.
func known(items []map[string]any) (int, string) {
	var results []string
	for _, item := range items {
		id, _ := item["id"].(float64)
		if id == 0 || id > 300 {
			results = append(results, fmt.Sprintf(`{"op":%q,"status":"error","code":"no_user"}`, item["op"]))
			continue
		}
		results = append(results, fmt.Sprintf(`{"op":%q,"status":"unchanged","user_id":%[2]v,"before":{"id":%[2]v,"login":"u%[2]v","roles":["x"],"meta":{},"hash":%[3]q}}`, item["op"], id, anyHash))
	}
	return http.StatusOK, `{"results":[` + strings.Join(results, ",") + `]}`
}

func TestQueriesGoInAsFewRequestsAsTheSiteTakes(t *testing.T) {
	var queries []core.UserQuery
	for i := range 120 {
		queries = append(queries, core.UserQuery{ID: int64(i + 1)}, core.UserQuery{ID: int64(i + 1), Full: i < 3})
	}
	queries = append(queries, core.UserQuery{ID: 999}, core.UserQuery{Email: "ann@example.test"}, core.UserQuery{Email: "ANN@example.test"})
	small := func(items []map[string]any) (int, string) {
		if len(items) > 49 {
			return http.StatusRequestEntityTooLarge, ""
		}
		return known(items)
	}
	ups := func(sizes ...int) (asks string) {
		for _, n := range sizes {
			asks += fmt.Sprint(" usher/v1/upsert:", n)
		}
		return asks
	}
	tests := map[string]struct {
		site *fake
		want string
	}{
		"core":            {&fake{users: lists}, "usher/v1/info:0 wp/v2/users:0 wp/v2/users:0 wp/v2/users:0"},
		"helper":          {&fake{info: always(200, infoJSON), upsert: known, users: lists}, "usher/v1/info:0" + ups(50, 50, 50, 50, 43) + " wp/v2/users:0"},
		"fewer than said": {&fake{info: always(200, infoJSON), upsert: small, users: lists}, "usher/v1/info:0" + ups(50, 25, 25, 25, 25, 25, 25, 25, 25, 25, 18) + " wp/v2/users:0"},
		"the helper gone": {&fake{info: always(200, infoJSON), users: lists}, "usher/v1/info:0" + ups(50) + " wp/v2/users:0 wp/v2/users:0 wp/v2/users:0"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			found, err := test.site.client(t).Find(t.Context(), queries)
			if err != nil || len(found) != len(queries) {
				t.Fatalf("%d found, %v", len(found), err)
			}
			for i, f := range found {
				if there := i < 240; f.OK != there || there && f.User.ID != queries[i].ID {
					t.Errorf("%+v: got %+v", queries[i], f)
				}
				if queries[i].Full && f.User.Caps == nil {
					t.Errorf("in full: %+v", f.User)
				}
			}
			if got := test.site.asks(); got != test.want {
				t.Errorf("asked %s\nwant  %s", got, test.want)
			}
		})
	}
}

func TestWhatTheHelperFinds(t *testing.T) {
	person := `"before":{"id":7,"login":"u7","email":"ann@example.test","roles":[],"meta":{"kartra_contact_id":%s,"kartra_tags":%s,"phone":%s},"hash":"` + anyHash + `"}`
	all := func(contact, tags, phone string) string {
		return `"status":"unchanged","user_id":7,` + fmt.Sprintf(person, contact, tags, phone)
	}
	mark := func(contact string, tags ...string) string {
		return fmt.Sprint(core.Mark{CRM: "kartra", ContactID: contact, Tags: tags})
	}
	byID, byEmail := core.UserQuery{ID: 7}, core.UserQuery{Email: "ANN@example.test"}
	byContact := core.UserQuery{Email: "eve@example.test", Mark: core.Mark{ContactID: "9"}}
	tests := map[string]struct {
		query  core.UserQuery
		result string
		mark   string
		phone  string // "-": none
		broken bool
	}{
		"as it should be":       {byID, all(`"9"`, `["a","b"]`, `"1 &lt; 2"`), mark("9", "a", "b"), "1 < 2", false},
		"nothing":               {byID, all(`null`, `null`, `null`), mark(""), "-", false},
		"a list":                {byEmail, all(`null`, `[]`, `["x","y"]`), mark(""), "x, y", false},
		"another shape":         {byEmail, all(`["9"]`, `"a"`, `{"sha256":"x"}`), mark("(another program's data, 8d81fb9d8d15)", "(another program's data, ac8d8342bbb2)"), "(another program's data, ", false},
		"by contact":            {byContact, all(`"9"`, `[]`, `null`), mark("9"), "-", false},
		"another id":            {core.UserQuery{ID: 8}, all(`null`, `null`, `null`), "", "", true},
		"another address":       {core.UserQuery{Email: "eve@example.test"}, all(`null`, `null`, `null`), "", "", true},
		"another contact":       {byContact, all(`"8"`, `null`, `null`), "", "", true},
		"other meta":            {byID, strings.Replace(all(`null`, `null`, `null`), "phone", "mobile", 1), "", "", true},
		"no state":              {byID, `"status":"unchanged","user_id":7`, "", "", true},
		"another one protected": {byID, `"status":"refused","code":"protected","user_id":8`, "", "", true},
		"nobody protected":      {byEmail, `"status":"refused","code":"protected"`, "", "", true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			f := &fake{info: always(200, infoJSON), upsert: func(items []map[string]any) (int, string) {
				if items[0]["dry_run"] != true {
					t.Errorf("told to write: %v", items[0])
				}
				return 200, fmt.Sprintf(`{"results":[{"op":%q,%s}]}`, items[0]["op"], test.result)
			}}
			test.query.Mark.CRM, test.query.Meta = "kartra", []string{"phone", "session_tokens"}
			found, err := f.client(t).Find(t.Context(), []core.UserQuery{test.query})
			if test.broken {
				if !core.HasCode(err, "site.server_error") {
					t.Errorf("got %+v, %v", found, err)
				}
				return
			}
			if err != nil || !found[0].OK || found[0].User.ID != 7 || found[0].User.State != anyHash+" kartra_contact_id kartra_tags phone" {
				t.Fatalf("got %+v, %v", found, err)
			}
			if got := fmt.Sprint(*found[0].User.Mark); got != test.mark {
				t.Errorf("got mark %v, want %v", got, test.mark)
			}
			phone, told := found[0].User.Meta["phone"]
			if told != (test.phone != "-") || told && !strings.HasPrefix(phone, test.phone) || len(found[0].User.Meta) > 1 {
				t.Errorf("got %q", found[0].User.Meta)
			}
		})
	}
}

func TestWhomTheHelperDoesNotTellIsReadFromWordPress(t *testing.T) {
	results := map[string]string{
		"failed":             `"status":"error","code":"failed"`,
		"meta not told":      `"status":"refused","code":"protected_meta"`,
		"protected":          `"status":"refused","code":"protected","user_id":7`,
		"protected, unknown": `"status":"refused","code":"protected","user_id":400`,
	}
	for name, result := range results {
		t.Run(name, func(t *testing.T) {
			f := &fake{info: always(200, infoJSON), users: lists, upsert: func(items []map[string]any) (int, string) {
				return 200, fmt.Sprintf(`{"results":[{"op":%q,%s}]}`, items[0]["op"], result)
			}}
			query := core.UserQuery{ID: 7}
			if strings.Contains(result, "400") {
				query = core.UserQuery{Email: "boss@example.test"} // elsewhere on the network
			}
			found, err := f.client(t).Find(t.Context(), []core.UserQuery{query})
			if err != nil || !found[0].OK || found[0].User.Protected != strings.HasPrefix(name, "protected") {
				t.Fatalf("got %+v, %v", found, err)
			}
			if query.ID == 7 && !found[0].User.Caps["read"] || query.ID == 0 && (found[0].User.ID != 400 || found[0].User.Email != query.Email) {
				t.Errorf("got %+v", found[0].User)
			}
		})
	}
}
