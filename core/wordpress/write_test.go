package wordpress

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"usher/core"
	"usher/core/rest"
)

const (
	infoJSON = `{"version":"1.0.0","site":{"id":"4f-a"},"limits":{"items":50,"notified":10,"body_bytes":2097152,"item_bytes":32768},
		"default_role":"subscriber","roles":{"subscriber":{"name":"Subscriber","capabilities":["read"]}}}`
	anyHash = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
	noRoute = `{"code":"rest_no_route","data":{"status":404}}`
)

// fake is a site whose parts tests replace; what is left nil is not there.
type fake struct {
	info   http.HandlerFunc
	upsert func(items []map[string]any) (status int, body string)
	batch  func(requests []map[string]any) (status int, body string)
	users  http.HandlerFunc // WordPress's own routes

	mu    sync.Mutex
	asked []string // route and, behind a colon, how many at once
}

func (f *fake) client(t *testing.T) *Client {
	return site(t, func(w http.ResponseWriter, r *http.Request) {
		var body struct{ Items, Requests []map[string]any }
		raw, _ := io.ReadAll(r.Body)
		_ = json.Unmarshal(raw, &body)
		n := len(body.Items) + len(body.Requests)
		f.mu.Lock()
		f.asked = append(f.asked, fmt.Sprint(strings.TrimPrefix(r.URL.Path, "/"), ":", n))
		f.mu.Unlock()
		r.Body = io.NopCloser(strings.NewReader(string(raw)))
		switch {
		case r.URL.Path == "/usher/v1/info" && f.info != nil:
			f.info(w, r)
		case r.URL.Path == "/usher/v1/upsert" && f.upsert != nil:
			status, text := f.upsert(body.Items)
			answer(w, status, text)
		case r.URL.Path == "/batch/v1" && f.batch != nil:
			status, text := f.batch(body.Requests)
			answer(w, status, text)
		case strings.HasPrefix(r.URL.Path, usersRoute) && f.users != nil:
			f.users(w, r)
		default:
			answer(w, http.StatusNotFound, noRoute)
		}
	})
}

// asks returns what was asked for since the last time.
func (f *fake) asks() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	asked := strings.Join(f.asked, " ")
	f.asked = nil
	return asked
}

// plainWrites answers single creates as WordPress does.
func plainWrites(w http.ResponseWriter, r *http.Request) {
	var sent struct{ Username, Email string }
	_ = json.NewDecoder(r.Body).Decode(&sent)
	answer(w, http.StatusCreated, fmt.Sprintf(`{"id":7,"username":%q,"email":%q,"capabilities":{}}`, sent.Username, sent.Email))
}

// batched answers batches of creates as WordPress does.
func batched(requests []map[string]any) (int, string) {
	var responses []string
	for _, r := range requests {
		body := r["body"].(map[string]any)
		responses = append(responses, fmt.Sprintf(`{"status":201,"headers":[],"body":{"id":7,"username":%q,"email":%q}}`, body["username"], body["email"]))
	}
	return http.StatusMultiStatus, `{"responses":[` + strings.Join(responses, ",") + `]}`
}

// helped answers items that make users as the helper does.
func helped(items []map[string]any) (int, string) {
	var results []string
	for _, item := range items {
		results = append(results, createdResult(item))
	}
	return http.StatusOK, `{"results":[` + strings.Join(results, ",") + `]}`
}

func createdResult(item map[string]any) string {
	meta := map[string]any{}
	if sent, ok := item["meta"].(map[string]any); ok {
		meta = sent
	}
	told, _ := json.Marshal(meta)
	return fmt.Sprintf(`{"op":%q,"status":"created","user_id":7,"created":true,"before":null,"mail":"sent","after":`+
		`{"id":7,"login":"u7","email":%q,"roles":[],"meta":%s,"hash":%q}}`, item["op"], item["email"], told, anyHash)
}

func newcomers(n int) []core.UserWrite {
	writes := make([]core.UserWrite, n)
	for i := range writes {
		writes[i] = core.UserWrite{Op: fmt.Sprintf("op-%06d", i), Create: &core.NewUser{
			Login: fmt.Sprint("ann", i), Email: fmt.Sprintf("ann%d@example.test", i), Password: core.NewSecret("hush-hush"),
		}}
	}
	return writes
}

// update is a write of user 7, whose state with the phone was looked at.
func update() core.UserWrite {
	return core.UserWrite{
		Op: "op-update", Before: &core.User{ID: 7, Login: "u7", State: anyHash + " phone"},
		Patch: core.UserPatch{Fields: core.Fields{"first_name": "Ann"}}, Meta: map[string]string{"phone": "1"},
	}
}

func codesOf(written []core.Written) (codes []string) {
	for _, w := range written {
		code := ""
		if w.Err != nil {
			code = core.AsProblem(w.Err).Code
		}
		codes = append(codes, code)
	}
	return codes
}

func allAre(codes []string, want string) bool {
	return !slices.ContainsFunc(codes, func(code string) bool { return code != want })
}

func TestWritesGoInAsFewRequestsAsTheSiteTakes(t *testing.T) {
	long := strings.Repeat("x", 30000)
	tests := map[string]struct {
		site  *fake
		spoil func([]core.UserWrite)
		n     int
		want  string
	}{
		"one": {&fake{users: plainWrites, batch: batched}, nil, 1, "usher/v1/info:0 wp/v2/users:0"},
		"batches": {
			&fake{users: plainWrites, batch: batched}, nil, 60, "usher/v1/info:0 batch/v1:25 batch/v1:25 batch/v1:10",
		},
		"helper": {&fake{info: always(200, infoJSON), upsert: helped}, nil, 120, "usher/v1/info:0 usher/v1/upsert:50 usher/v1/upsert:50 usher/v1/upsert:20"},
		"mails": {&fake{info: always(200, infoJSON), upsert: helped}, func(writes []core.UserWrite) {
			for i := range writes {
				writes[i].Mail = i > 0
			}
		}, 25, "usher/v1/info:0 usher/v1/upsert:11 usher/v1/upsert:10 usher/v1/upsert:4"},
		"a small body": {&fake{info: always(200, strings.Replace(infoJSON, "2097152", "65000", 1)), upsert: helped}, func(writes []core.UserWrite) {
			for i := range writes {
				writes[i].Create.Fields = core.Fields{"description": long}
			}
		}, 5, "usher/v1/info:0 usher/v1/upsert:2 usher/v1/upsert:2 usher/v1/upsert:1"},
		"fewer than said": {&fake{info: always(200, infoJSON), upsert: func(items []map[string]any) (int, string) {
			if len(items) > 20 {
				return http.StatusRequestEntityTooLarge, `{"code":"usher_too_big"}`
			}
			return helped(items)
		}}, nil, 30, "usher/v1/info:0 usher/v1/upsert:30 usher/v1/upsert:15 usher/v1/upsert:15"},
		"batches of fewer": {&fake{users: plainWrites, batch: func(requests []map[string]any) (int, string) {
			if len(requests) > 10 {
				return http.StatusBadRequest, `{"code":"rest_invalid_param","data":{"params":{"requests":"too many"}}}`
			}
			return batched(requests)
		}}, nil, 22, "usher/v1/info:0 batch/v1:22 batch/v1:11 batch/v1:5 batch/v1:5 batch/v1:5 batch/v1:5 batch/v1:2"},
		"batches not of users": {&fake{users: plainWrites, batch: func(requests []map[string]any) (int, string) {
			one := `{"status":400,"headers":[],"body":{"code":"rest_batch_not_allowed","data":{"status":400}}}`
			return http.StatusMultiStatus, `{"responses":[` + strings.TrimSuffix(strings.Repeat(one+",", len(requests)), ",") + `]}`
		}}, nil, 2, "usher/v1/info:0 batch/v1:2 wp/v2/users:0 wp/v2/users:0"},
		"batches taken away": {&fake{users: plainWrites}, nil, 2, "usher/v1/info:0 batch/v1:2 wp/v2/users:0 wp/v2/users:0"},
		"batches blocked": {&fake{users: plainWrites, batch: func([]map[string]any) (int, string) {
			return http.StatusForbidden, "<html>"
		}}, nil, 2, "usher/v1/info:0 batch/v1:2 wp/v2/users:0 wp/v2/users:0"},
		"the helper gone": {&fake{info: always(200, infoJSON), users: plainWrites, batch: batched}, nil, 60, "usher/v1/info:0 usher/v1/upsert:50 batch/v1:25 batch/v1:25 batch/v1:10"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			writes := newcomers(test.n)
			if test.spoil != nil {
				test.spoil(writes)
			}
			written := test.site.client(t).Write(t.Context(), writes)
			if codes := codesOf(written); !allAre(codes, "") || len(codes) != test.n {
				t.Errorf("got %q", codes)
			}
			for i, w := range written {
				if !w.Made || w.User.Email != writes[i].Create.Email {
					t.Errorf("the %dth: %+v", i, w)
				}
			}
			if got := test.site.asks(); got != test.want {
				t.Errorf("asked %s\nwant  %s", got, test.want)
			}
		})
	}
}

func TestOneItemTooBigSpoilsOnlyItself(t *testing.T) {
	f := &fake{info: always(200, infoJSON), upsert: helped}
	client := f.client(t)
	writes := newcomers(3)
	writes[1].Meta = map[string]string{"phone": "1", "essay": strings.Repeat("é", 6000)} // 36,000 bytes as PHP writes them
	written := client.Write(t.Context(), writes)
	if p := core.AsProblem(written[1].Err); p.Code != "user.refused" || p.Detail != "essay" || written[0].Err != nil || written[2].Err != nil {
		t.Errorf("got %+v", written)
	}
	f.upsert = func([]map[string]any) (int, string) { return http.StatusRequestEntityTooLarge, "" }
	writes = newcomers(2)
	writes[0].Create.Fields = core.Fields{"first_name": "Ann", "description": "longer"}
	writes[1].Mark = &core.Mark{CRM: "kartra", ContactID: "1", Tags: []string{"VIP"}}
	written = client.Write(t.Context(), writes)
	if a, b := core.AsProblem(written[0].Err), core.AsProblem(written[1].Err); a.Detail != "description" || b.Detail != "tags" {
		t.Errorf("got %v, %v", a, b)
	}
}

func TestWithoutAnAnswerAllOfARequestFailAlike(t *testing.T) {
	page := func(status int) func([]map[string]any) (int, string) {
		return func([]map[string]any) (int, string) { return status, `` }
	}
	helper := func(upsert func([]map[string]any) (int, string)) *fake {
		return &fake{info: always(200, infoJSON), upsert: upsert, users: plainWrites, batch: batched}
	}
	abort := func([]map[string]any) (int, string) { panic(http.ErrAbortHandler) }
	tests := map[string]struct {
		site  *fake
		n     int
		code  string
		asked string
	}{
		"helper, empty":        {helper(page(200)), 60, "site.server_error", "usher/v1/info:0 usher/v1/upsert:50 usher/v1/upsert:10"},
		"helper, PHP dead":     {helper(page(500)), 60, "site.server_error", "usher/v1/info:0 usher/v1/upsert:50 usher/v1/upsert:10"},
		"helper, no answer":    {helper(abort), 60, "site.unreachable", "usher/v1/info:0 usher/v1/upsert:50"},
		"helper, unauthorized": {helper(page(401)), 60, "site.unauthorized", "usher/v1/info:0 usher/v1/upsert:50"},
		"helper, forbidden": {helper(func([]map[string]any) (int, string) {
			return http.StatusForbidden, `{"code":"rest_forbidden","data":{"status":403}}`
		}), 60, "site.forbidden", "usher/v1/info:0 usher/v1/upsert:50"},
		"helper, too few results": {helper(func(items []map[string]any) (int, string) { return helped(items[1:]) }), 3, "site.server_error", "usher/v1/info:0 usher/v1/upsert:3"},
		"helper, another op": {helper(func(items []map[string]any) (int, string) {
			items[0], items[1] = items[1], items[0]
			return helped(items)
		}), 3, "site.server_error", "usher/v1/info:0 usher/v1/upsert:3"},
		"batch, empty":     {&fake{batch: page(207)}, 30, "site.server_error", "usher/v1/info:0 batch/v1:25 batch/v1:5"},
		"batch, no answer": {&fake{batch: abort}, 30, "site.unreachable", "usher/v1/info:0 batch/v1:25"},
		"batch, too few":   {&fake{batch: func(r []map[string]any) (int, string) { return batched(r[1:]) }}, 3, "site.server_error", "usher/v1/info:0 batch/v1:3"},
		"batch, nothing": {&fake{batch: func([]map[string]any) (int, string) {
			return http.StatusMultiStatus, `{"failed":"validation","responses":[null,null]}`
		}}, 2, "site.server_error", "usher/v1/info:0 batch/v1:2"},
		"batch, unauthorized each": {&fake{batch: func([]map[string]any) (int, string) {
			return http.StatusMultiStatus, `{"responses":[` + strings.TrimSuffix(strings.Repeat(`{"status":401,"body":{"code":"rest_cannot_create_user"}},`, 25), ",") + `]}`
		}}, 60, "site.unauthorized", "usher/v1/info:0 batch/v1:25"},
		"single, unauthorized": {&fake{users: always(401, `{"code":"rest_cannot_create_user"}`)}, 3, "site.unauthorized", "usher/v1/info:0 batch/v1:3 wp/v2/users:0"},
		"single, PHP dead":     {&fake{users: always(500, ``)}, 2, "site.server_error", "usher/v1/info:0 batch/v1:2 wp/v2/users:0 wp/v2/users:0"},
		"no information":       {&fake{info: always(500, ``), users: plainWrites}, 2, "site.server_error", "usher/v1/info:0"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			codes := codesOf(test.site.client(t).Write(t.Context(), newcomers(test.n)))
			if !allAre(codes, test.code) || len(codes) != test.n {
				t.Errorf("got %q, want %s", codes, test.code)
			}
			if got := test.site.asks(); got != test.asked {
				t.Errorf("asked %s\nwant  %s", got, test.asked)
			}
		})
	}
}

func TestResultsOfRequestsBeforeACutStand(t *testing.T) {
	for name, f := range map[string]*fake{"helper": {info: always(200, infoJSON)}, "batch": {}} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			cut := func(good func([]map[string]any) (int, string)) func([]map[string]any) (int, string) {
				n := 0
				return func(items []map[string]any) (int, string) {
					if n++; n > 1 {
						cancel()
						panic(http.ErrAbortHandler)
					}
					return good(items)
				}
			}
			f.upsert, f.batch = cut(helped), cut(batched)
			for i, w := range f.client(t).Write(ctx, newcomers(110)) {
				early := i < map[string]int{"helper": 50, "batch": 25}[name]
				if early != (w.Err == nil) || !early && !errors.Is(w.Err, context.Canceled) {
					t.Fatalf("the %dth: %v", i, w.Err)
				}
			}
		})
	}
}

func TestWhatWasWrittenSinglyBeforeAnEndStands(t *testing.T) {
	n := 0
	f := &fake{users: func(w http.ResponseWriter, r *http.Request) {
		if n++; n > 1 {
			answer(w, http.StatusUnauthorized, `{"code":"rest_cannot_create_user"}`)
			return
		}
		plainWrites(w, r)
	}}
	if got := codesOf(f.client(t).Write(t.Context(), newcomers(3))); !slices.Equal(got, []string{"", "site.unauthorized", "site.unauthorized"}) || n != 2 {
		t.Errorf("got %q after %d requests", got, n)
	}
}

func TestACallersDeadlineIsNoFaultOfTheSites(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 0)
	defer cancel()
	f := &fake{users: plainWrites}
	for _, w := range f.client(t).Write(ctx, newcomers(2)) {
		if !errors.Is(w.Err, context.DeadlineExceeded) || core.HasCode(w.Err, "site.timeout") {
			t.Errorf("got %v", w.Err)
		}
	}
}

func TestWhatBecameOfAnItem(t *testing.T) {
	person := func(id int, meta string) string {
		return fmt.Sprintf(`{"id":%d,"login":"u%[1]d","email":"ann0@example.test","first_name":"A &amp; B","roles":["author"],"meta":%s,"hash":%q}`, id, meta, anyHash)
	}
	phone := person(7, `{"phone":"2"}`)
	tests := map[string]struct {
		create bool
		result string
		code   string // of the error
		detail string
		id     int64 // of the user
	}{
		"updated":             {false, `"status":"updated","user_id":7,"after":` + phone, "", "", 7},
		"unchanged":           {false, `"status":"unchanged","user_id":7,"before":` + phone, "", "", 7},
		"created":             {true, `"status":"created","created":true,"user_id":9,"after":` + person(9, `{}`), "", "", 9},
		"added to the site":   {true, `"status":"updated","user_id":9,"after":` + person(9, `{}`), "", "", 9},
		"another user":        {false, `"status":"updated","user_id":8,"after":` + person(8, `{"phone":"2"}`), "site.server_error", "the answer makes no sense", 0},
		"two ids":             {false, `"status":"updated","user_id":8,"after":` + phone, "site.server_error", "the answer makes no sense", 0},
		"made by an update":   {false, `"status":"created","created":true,"user_id":7,"after":` + phone, "site.server_error", "the answer makes no sense", 0},
		"made and not made":   {true, `"status":"created","user_id":9,"after":` + person(9, `{}`), "site.server_error", "the answer makes no sense", 0},
		"another address":     {true, `"status":"created","created":true,"user_id":9,"after":` + strings.Replace(person(9, `{}`), "ann0", "eve", 1), "site.server_error", "the answer makes no sense", 0},
		"no state":            {false, `"status":"updated","user_id":7`, "site.server_error", "the answer makes no sense", 0},
		"no id":               {false, `"status":"updated","user_id":0,"after":` + person(0, `{"phone":"2"}`), "site.server_error", "the answer makes no sense", 0},
		"no hash":             {false, `"status":"updated","user_id":7,"after":` + strings.Replace(phone, anyHash, "x y", 1), "site.server_error", "the answer makes no sense", 0},
		"too little meta":     {false, `"status":"updated","user_id":7,"after":` + person(7, `{}`), "site.server_error", "the answer makes no sense", 0},
		"other meta":          {false, `"status":"updated","user_id":7,"after":` + person(7, `{"phone":"2","wp_capabilities":"x"}`), "site.server_error", "the answer makes no sense", 0},
		"an unknown status":   {false, `"status":"deleted","user_id":7`, "site.server_error", "the answer makes no sense", 0},
		"changed":             {false, `"status":"conflict","code":"changed","user_id":7,"before":` + phone, "user.changed", "", 7},
		"changed, other":      {false, `"status":"conflict","code":"changed","user_id":8,"before":` + person(8, `{"phone":"2"}`), "site.server_error", "the answer makes no sense", 0},
		"changed, unseen":     {false, `"status":"conflict","code":"changed","user_id":7`, "site.server_error", "the answer makes no sense", 0},
		"exists":              {true, `"status":"conflict","code":"exists","user_id":9,"before":` + person(9, `{}`), "user.changed", "", 9},
		"gone":                {false, `"status":"conflict","code":"gone"`, "user.changed", "", 0},
		"other user":          {false, `"status":"conflict","code":"other_user","user_id":7,"before":` + phone, "user.changed", "", 0},
		"protected":           {false, `"status":"refused","code":"protected","user_id":7`, "user.changed", "", 7},
		"protected, other":    {false, `"status":"refused","code":"protected","user_id":8`, "site.server_error", "the answer makes no sense", 0},
		"protected, new":      {true, `"status":"refused","code":"protected","user_id":8`, "user.changed", "", 8},
		"protected role":      {true, `"status":"refused","code":"protected_role"`, "", "", 7},
		"protected meta":      {false, `"status":"refused","code":"protected_meta"`, "user.refused", "phone", 0},
		"refused otherwise":   {false, `"status":"refused","code":"something"`, "site.server_error", "the answer makes no sense", 0},
		"address taken":       {false, `"status":"error","code":"existing_user_email","user_id":7`, "user.email_taken", "", 0},
		"login taken":         {true, `"status":"error","code":"existing_user_login"`, "user.login_taken", "", 0},
		"login not liked":     {true, `"status":"error","code":"bad_login"`, "user.login_taken", "", 0},
		"login, network":      {true, `"status":"error","code":"user_name"`, "user.login_taken", "", 0},
		"login too long":      {true, `"status":"error","code":"user_login_too_long"`, "user.refused", "username", 0},
		"address not liked":   {true, `"status":"error","code":"bad_email"`, "contact.bad_email", "", 0},
		"role unknown":        {true, `"status":"error","code":"unknown_role"`, "user.role_unknown", "vip", 0},
		"not on site":         {false, `"status":"error","code":"not_on_site"`, "user.on_network", "", 0},
		"nobody":              {false, `"status":"error","code":"no_user"`, "user.gone", "", 0},
		"busy":                {false, `"status":"error","code":"busy"`, "site.server_error", "busy", 0},
		"failed":              {false, `"status":"error","code":"failed"`, "site.server_error", "failed", 0},
		"language":            {true, `"status":"error","code":"bad_locale"`, "user.refused", "locale", 0},
		"tags":                {false, `"status":"error","code":"bad_tags"`, "user.refused", "tags", 0},
		"a field":             {false, `"status":"error","code":"bad_fields"`, "user.refused", "fields", 0},
		"another's code":      {false, `"status":"error","code":"my_plugin_no"`, "site.server_error", "my_plugin_no", 0},
		"a code with a phone": {false, `"status":"error","code":"no-49-1234"`, "site.server_error", "", 0},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			write := update()
			write.Meta = map[string]string{"phone": "49-1234"}
			if test.create {
				write = newcomers(1)[0]
				write.Create.Roles = []string{"subscriber", "vip"}
			}
			f := &fake{info: always(200, infoJSON), upsert: func([]map[string]any) (int, string) {
				return 200, fmt.Sprintf(`{"results":[{"op":%q,%s}]}`, write.Op, test.result)
			}, users: func(w http.ResponseWriter, r *http.Request) {
				if r.Method == http.MethodPost {
					plainWrites(w, r)
					return
				}
				answer(w, 200, "["+user(int(test.id), "boss@example.test")+"]")
			}}
			got := f.client(t).Write(t.Context(), []core.UserWrite{write})[0]
			if code := codesOf([]core.Written{got})[0]; code != test.code || got.User.ID != test.id {
				t.Errorf("got %v, user %d; want %q, %d", got.Err, got.User.ID, test.code, test.id)
			}
			if p := core.AsProblem(got.Err); got.Err != nil && p.Detail != test.detail {
				t.Errorf("the detail is %q", p.Detail)
			} else if strings.Contains(test.result, `"error"`) && p.Scope != core.OneItem {
				t.Errorf("the scope is %v, though the site is well", p.Scope)
			}
			if protected := strings.Contains(test.result, `"protected"`) && test.code == "user.changed"; got.User.Protected != protected || protected && got.User.Email != "boss@example.test" {
				t.Errorf("protected: %+v", got.User)
			}
			if test.id == 7 && test.code == "" && !test.create && (got.User.Fields["first_name"] != "A & B" || got.User.Meta["phone"] != "2" || got.User.State != anyHash+" phone") {
				t.Errorf("got %+v", got.User)
			}
		})
	}
}

func TestWhatTheHelperIsTold(t *testing.T) {
	var told map[string]any
	f := &fake{info: always(200, infoJSON), upsert: func(items []map[string]any) (int, string) {
		if told == nil { // later it is asked again what it did
			told = items[0]
		}
		return helped(items)
	}}
	client := f.client(t)
	seen := func(state string) core.UserWrite {
		write := update()
		write.Before.State = anyHash + state
		return write
	}
	create := newcomers(1)[0]
	create.Mail, create.Create.Generated, create.Create.Roles = true, true, []string{}
	create.Create.Fields = core.Fields{"first_name": "A\x00nn\x7f", "description": "a\n\tb"}
	create.Mark = &core.Mark{CRM: "kartra", ContactID: "7", Tags: []string{"a", "\x01", ""}}
	create.Meta = map[string]string{"phone": "\x0249"}
	bare, noTags := update(), update()
	bare.Mark, noTags.Mark = &core.Mark{CRM: "kartra"}, &core.Mark{CRM: "kartra", Tags: []string{}}
	tests := map[string]struct {
		write core.UserWrite
		want  string
	}{
		"as looked at":     {seen(" phone"), `{"op":"op-update","id":7,"login":"u7","expect":"` + anyHash + `","fields":{"first_name":"Ann"},"meta":{"phone":"1"},"show":["phone"]}`},
		"more looked at":   {seen(" kartra_tags phone"), `{"op":"op-update","id":7,"login":"u7","expect":"` + anyHash + `","fields":{"first_name":"Ann"},"meta":{"phone":"1"},"show":["kartra_tags","phone"]}`},
		"not looked at":    {seen(""), `{"op":"op-update","id":7,"login":"u7","fields":{"first_name":"Ann"},"meta":{"phone":"1"}}`},
		"an empty mark":    {bare, `{"op":"op-update","id":7,"login":"u7","expect":"` + anyHash + `","fields":{"first_name":"Ann"},"meta":{"phone":"1"},"show":["phone"]}`},
		"no tags any more": {noTags, `{"op":"op-update","id":7,"login":"u7","fields":{"first_name":"Ann"},"meta":{"phone":"1"},"tags":{"crm":"kartra","values":[]}}`},
		"a new user": {create, `{"op":"op-000000","email":"ann0@example.test","expect":"none","create":{"login":"ann0","password":"hush-hush","generated":true},
			"fields":{"first_name":"Ann","description":"a\n\tb"},"roles":[],"meta":{"phone":"49"},"contact":{"crm":"kartra","id":"7"},"tags":{"crm":"kartra","values":["a"]},"notify":true}`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			told = nil
			client.Write(t.Context(), []core.UserWrite{test.write})
			var want map[string]any
			if err := json.Unmarshal([]byte(test.want), &want); err != nil {
				t.Fatal(err)
			}
			if got := fmt.Sprint(told); got != fmt.Sprint(want) {
				t.Errorf("told %v\nwant %v", got, want)
			}
		})
	}
}

func TestABatchIsHushedToo(t *testing.T) {
	echo := `{"status":500,"body":{"code":"hush-hush"}}`
	f := &fake{batch: func([]map[string]any) (int, string) {
		return http.StatusMultiStatus, `{"responses":[` + echo + `,` + echo + `]}`
	}}
	for _, w := range f.client(t).Write(t.Context(), newcomers(2)) {
		if p := core.AsProblem(w.Err); p.Code != "site.server_error" || p.Detail != "500" {
			t.Errorf("got %v", p)
		}
	}
	f = &fake{info: always(200, infoJSON), upsert: func([]map[string]any) (int, string) { return 500, `{"code":"hush-hush"}` }}
	for _, w := range f.client(t).Write(t.Context(), newcomers(2)) {
		if p := core.AsProblem(w.Err); p.Code != "site.server_error" || p.Detail != "500" {
			t.Errorf("got %v", p)
		}
	}
}

func TestAnItemsSizeIsThatOfPHPsJSON(t *testing.T) {
	base := sizeInPHP(helperItem{Fields: core.Fields{"url": ""}})
	for text, want := range map[string]int{
		"a": 1, "/": 2, `"`: 2, "\n": 2, "é": 6, "€": 6, "😀": 12, // json_encode without flags
	} {
		if got := sizeInPHP(helperItem{Fields: core.Fields{"url": text}}) - base; got != want {
			t.Errorf("%q: got %d, want %d", text, got, want)
		}
	}
}

func FuzzReadResults(f *testing.F) {
	item := helperItem{Op: "op-update", ID: 7, Meta: map[string]*string{"phone": nil}, Tags: &helperTags{CRM: "kartra"}, crm: "kartra"}
	state := `{"id":7,"login":"u7","roles":[],"meta":{"phone":%s,"kartra_tags":%s},"hash":"` + anyHash + `"}`
	for _, value := range []string{`null`, `"1"`, `["a","b"]`, `[null]`, `{"sha256":"x"}`, `5`} {
		f.Add([]byte(fmt.Sprintf(`{"results":[{"op":"op-update","status":"updated","user_id":7,"after":`+state+`}]}`, value, value)))
	}
	f.Add([]byte(`{"results":[null]}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		results, err := readResults(&rest.Response{Status: 200, Body: body}, []helperItem{item})
		if err != nil {
			return
		}
		if len(results) != 1 || results[0].Op != item.Op {
			t.Errorf("got %+v", results)
		}
		var written core.Written
		j := helperJob{job: job{UserWrite: update(), written: &written}, item: item}
		(&Client{}).settle(&helperInfo{}, j, results[0], &declined{})
		if written.Err == nil && written.User.ID != 7 && results[0].Code != "protected_role" {
			t.Errorf("user %d without an error", written.User.ID)
		}
		if hash, keys := stateParts(written.User.State); written.Err == nil && written.User.ID != 0 && (hash == "" || !slices.Equal(keys, item.named())) {
			t.Errorf("the state is %q", written.User.State)
		}
	})
}

func FuzzReadInfo(f *testing.F) {
	f.Add([]byte(infoJSON))
	f.Add([]byte(`{"roles":[]}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		info, err := readInfo(&rest.Response{Status: 200, Body: body})
		if err != nil {
			return
		}
		if info.items < 1 || info.items > helperMost || info.notified < 1 || info.identity == "" || len(info.roles) > maxRoles {
			t.Errorf("got %+v", info)
		}
		for slug := range maps.Keys(info.roles) {
			if slug == "" || info.roles[slug].Name == "" {
				t.Errorf("a role without a name: %q", slug)
			}
		}
	})
}

// A create that was done before tells of what was asked for then, so that the user is looked at.
func TestACreateSentAgainShowsTheUserOfNow(t *testing.T) {
	now := `"user_id":7,"before":{"id":7,"login":"u7","email":"ann0@example.test","roles":[],"meta":{"phone":"1"},"hash":"` + anyHash + `"}`
	for name, c := range map[string]struct {
		status    int
		result    string
		code      string // of the error
		protected bool
	}{
		"as made":     {200, `"status":"unchanged",` + now, "", false},
		"deleted":     {200, `"status":"error","code":"no_user"`, "user.gone", false},
		"with power":  {200, `"status":"refused","code":"protected","user_id":7`, "user.changed", true},
		"not told of": {200, `"status":"error","code":"busy"`, "site.server_error", false},
		"another":     {200, strings.Replace(`"status":"unchanged",`+now, `"id":7`, `"id":8`, 1), "site.server_error", false},
		"site down":   {503, "", "site.server_error", false},
	} {
		t.Run(name, func(t *testing.T) {
			write := newcomers(1)[0]
			write.Mail, write.Meta = true, map[string]string{"phone": "1"}
			f := &fake{info: always(200, infoJSON), upsert: func(items []map[string]any) (int, string) {
				if items[0]["dry_run"] == true {
					return c.status, fmt.Sprintf(`{"results":[{"op":%q,%s}]}`, write.Op, c.result)
				}
				delete(items[0], "meta") // which came later
				return helped(items)
			}}
			got := f.client(t).Write(t.Context(), []core.UserWrite{write})[0]
			if code := codesOf([]core.Written{got})[0]; code != c.code || got.User.Protected != c.protected {
				t.Errorf("got %v, %+v", got.Err, got.User)
			}
			if c.code == "" && (got.User.ID != 7 || got.User.Meta["phone"] != "1" || !got.Made || got.Mail != core.MailSent) {
				t.Errorf("got %+v", got)
			}
		})
	}
}

// The helper changes no passwords; they go over WordPress's own API, after the rest.
func TestANewPasswordGoesByItself(t *testing.T) {
	const item = `"status":"updated","user_id":7,"created":false,"after":{"id":7,"login":"u7","email":"ann@example.test","roles":[],"fields":{"first_name":"Ann"},"meta":{"phone":"1"},"hash":"` + anyHash + `"}`
	tests := map[string]struct {
		result string
		status int
		code   string
		asked  string
	}{
		"after the rest":            {item, 200, "", "usher/v1/info:0 usher/v1/upsert:1 wp/v2/users/7:0"},
		"not if the rest is not":    {`"status":"error","code":"busy"`, 200, "site.server_error", "usher/v1/info:0 usher/v1/upsert:1"},
		"nor if that is not sure":   {strings.Replace(item, `"user_id":7`, `"user_id":8`, 1), 200, "site.server_error", "usher/v1/info:0 usher/v1/upsert:1"},
		"and is no less of a fault": {item, 400, "user.refused", "usher/v1/info:0 usher/v1/upsert:1 wp/v2/users/7:0"},
		"once where the helper declines": {
			`"status":"refused","code":"protected_role"`, 200, "", "usher/v1/info:0 usher/v1/upsert:1 wp/v2/users/7:0",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			var sent, toHelper string
			f := &fake{info: always(200, infoJSON), upsert: func(items []map[string]any) (int, string) {
				toHelper = fmt.Sprint(items)
				return 200, fmt.Sprintf(`{"results":[{"op":"op-update",%s}]}`, test.result)
			}, users: func(w http.ResponseWriter, r *http.Request) {
				body, _ := io.ReadAll(r.Body)
				sent = string(body)
				if test.status != 200 {
					answer(w, test.status, `{"code":"rest_user_invalid_password","data":{"status":400}}`)
					return
				}
				answer(w, 200, `{"id":7,"username":"u7","email":"ann@example.test","capabilities":{}}`)
			}}
			write := update()
			write.Patch.Password = core.NewSecret("hush-hush")
			got := f.client(t).Write(t.Context(), []core.UserWrite{write})[0]
			if code := codesOf([]core.Written{got})[0]; code != test.code || f.asks() != test.asked {
				t.Errorf("got %v", got.Err)
			}
			if strings.Contains(toHelper, "hush") || (sent != "") != strings.Contains(sent, `"password":"hush-hush"`) {
				t.Errorf("the helper got %s, WordPress %s", toHelper, sent)
			}
			if got.Err == nil && test.result == item && (got.User.Meta["phone"] != "1" || sent != `{"password":"hush-hush"}`) {
				t.Errorf("user %+v, sent %s", got.User, sent)
			}
		})
	}
}
