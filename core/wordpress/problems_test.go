package wordpress

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"syscall"
	"testing"
	"time"

	"usher/core"
	"usher/core/rest"
)

func TestClassify(t *testing.T) {
	const (
		asJSON = "application/json; charset=UTF-8"
		asHTML = "text/html; charset=UTF-8"
	)
	page := func(title string) string { return "<html><head><title>" + title + "</title></head></html>" }
	fault := func(code string) string {
		return fmt.Sprintf(`{"code":%q,"message":"Ann","data":{"status":400}}`, code)
	}
	params := func(names string) string {
		return `{"code":"rest_invalid_param","message":"Ann","data":{"status":400,"params":{` + names + `}}}`
	}
	tests := []struct {
		name         string
		status       int
		kind, body   string
		code, detail string
	}{
		{"a user", 200, asJSON, `{"id":1}`, "", ""},
		{"a new user", 201, asJSON, `{"id":1}`, "", ""},

		{"bad credentials", 401, asJSON, fault("rest_not_logged_in"), "site.unauthorized", ""},
		{"bad credentials on create", 401, asJSON, fault("rest_cannot_create_user"), "site.unauthorized", ""},
		{"bad credentials, by a security plugin", 401, asJSON, fault("incorrect_password"), "site.unauthorized", ""},
		{"guests refused by a plugin", 401, asJSON, fault("rest_login_required"), "site.unauthorized", ""},
		{"application passwords off", 501, asJSON, fault("application_passwords_disabled"), "site.no_app_passwords", ""},
		{"may not list", 403, asJSON, fault("rest_forbidden_context"), "site.forbidden", ""},
		{"may not create", 403, asJSON, fault("rest_cannot_create_user"), "site.forbidden", ""},
		{"may not filter by role", 403, asJSON, fault("rest_user_cannot_view"), "site.forbidden", ""},
		{"may not edit this one", 403, asJSON, fault("rest_cannot_edit"), "user.not_editable", ""},
		{"may not give roles to this one", 403, asJSON, fault("rest_cannot_edit_roles"), "user.not_editable", ""},
		{"refused by a plugin", 403, asJSON, fault("rest_cannot_access"), "site.no_rest", "403 rest_cannot_access"},
		{"users hidden", 404, asJSON, fault("rest_no_route"), "site.no_rest", ""},

		{"gone", 404, asJSON, fault("rest_user_invalid_id"), "user.gone", ""},
		{"login taken", 500, asJSON, `{"code":"existing_user_login","message":"Ann","data":null}`, "user.login_taken", ""},
		{"e-mail taken", 500, asJSON, `{"code":"existing_user_email","message":"Ann","data":null}`, "user.email_taken", ""},
		{"e-mail taken on update", 400, asJSON, fault("rest_user_invalid_email"), "user.email_taken", ""},
		{"login too long", 500, asJSON, fault("user_login_too_long"), "user.refused", "username"},
		{"web page too long", 500, asJSON, fault("user_url_too_long"), "user.refused", "url"},
		{"reserved login", 500, asJSON, fault("invalid_username"), "user.login_taken", ""},
		{"unknown role", 400, asJSON, fault("rest_user_invalid_role"), "user.role_unknown", ""},
		{"a role the account may not give", 403, asJSON, fault("rest_user_invalid_role"), "user.role_unknown", ""},
		{"login changed", 400, asJSON, fault("rest_user_invalid_argument"), "user.refused", "400 rest_user_invalid_argument"},
		{"missing", 400, asJSON, `{"code":"rest_missing_callback_param","data":{"params":["email"]}}`, "user.refused", "400 rest_missing_callback_param"},
		{"bad e-mail", 400, asJSON, params(`"email":"Ann"`), "contact.bad_email", ""},
		{"bad e-mail and more", 400, asJSON, params(`"username":"Ann","email":"Ann"`), "contact.bad_email", ""},
		{"login refused", 400, asJSON, params(`"username":"Ann"`), "user.login_taken", ""},
		{"fields refused", 400, asJSON, params(`"url":"Ann","locale":"Ann"`), "user.refused", "locale, url"},
		{"fields of strange names refused", 400, asJSON, params(`"Ann Example":"Ann"`), "user.refused", ""},
		{"refused in a shape unheard of", 400, asJSON, `{"code":"rest_invalid_param","data":[]}`, "user.refused", ""},
		{
			"network: e-mail", 400, asJSON,
			`{"code":"rest_invalid_param","data":{"status":400},"additional_errors":[{"code":"user_name"},{"code":"user_email","message":"Ann"}]}`,
			"user.on_network", "",
		},
		{
			"network: login", 400, asJSON, `{"code":"rest_invalid_param","data":{},"additional_errors":[{"code":"user_name"}]}`,
			"user.login_taken", "",
		},

		{"busy", 429, asHTML, page("Slow down"), "site.busy", ""},
		{"busy, in JSON", 429, asJSON, fault("too_many"), "site.busy", ""},
		{"PHP died", 500, asJSON, fault("internal_server_error"), "site.server_error", "500 internal_server_error"},
		{"database down", 500, asHTML, page("Database Error"), "site.server_error", "500 Database Error"},
		{"PHP gone", 502, asHTML, page("502 Bad Gateway"), "site.server_error", "502 502 Bad Gateway"},
		{"PHP slow", 504, "", "", "site.server_error", "504"},
		{"unavailable, in JSON", 503, asJSON, fault("wp_die"), "site.server_error", "503 wp_die"},
		{"a challenge", 503, asHTML, page("Just a moment..."), "site.not_json", "503 Just a moment..."},
		{"a firewall", 403, asHTML, page("Your access to this site\nhas been &quot;limited&quot;"), "site.not_json", `403 Your access to this site has been "limited"`},
		{"a password on the folder", 401, asHTML, page("401 Authorization Required"), "site.not_json", "401 401 Authorization Required"},
		{"a log-in page", 200, asHTML, page("Log In"), "site.not_json", "200 Log In"},
		{"plain permalinks", 200, asHTML, "<html>", "site.not_json", "200"},
		{"no page", 404, asHTML, page(strings.Repeat("x", 100)), "site.not_json", "404 " + strings.Repeat("x", 80)},
		{"nothing", 200, "", "", "site.not_json", "200"},
		{"a title with an escape in it", 403, asHTML, page("a\x1b[31mb"), "site.not_json", "403 a[31mb"},
		{"JSON that is none", 500, asJSON, `{"code":`, "site.server_error", "500"},
		{"a code that says too much", 403, asJSON, fault("ann@example.test is blocked"), "site.no_rest", "403"},
		{"an unheard-of status", 418, asJSON, fault("teapot"), "site.server_error", "418 teapot"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			answer := &rest.Response{Status: test.status, Header: http.Header{"Content-Type": {test.kind}}, Body: []byte(test.body)}
			got := classify(answer, false)
			if test.code == "" {
				if got != nil {
					t.Errorf("got %v", got)
				}
				return
			}
			if got == nil || got.Code != test.code || got.Detail != test.detail {
				t.Fatalf("got %v, want %s: %s", got, test.code, test.detail)
			}
			personal := classify(answer, true)
			if personal.Code != test.code || strings.Contains(test.kind, "html") && len(personal.Detail) > len("200") {
				t.Errorf("for a personal request: got %v", personal)
			}
		})
	}
}

func TestHowLongToWaitIsPassedOn(t *testing.T) {
	for _, status := range []int{429, 503} {
		for value, want := range map[string]time.Duration{"120": 2 * time.Minute, "Sun, 01 Mar 2026 12:00:30 GMT": 30 * time.Second} {
			answer := &rest.Response{Status: status, Header: http.Header{
				"Retry-After": {value}, "Date": {"Sun, 01 Mar 2026 12:00:00 GMT"}, "Content-Type": {"text/html"},
			}}
			if got := classify(answer, true); got.Code != "site.busy" || got.RetryAfter != want {
				t.Errorf("%d, %s: got %v, wait %v", status, value, got, got.RetryAfter)
			}
		}
	}
}

func TestProblemOf(t *testing.T) {
	elsewhere := &url.URL{Scheme: "https", Host: "other.test", RawQuery: "token=hush"}
	tests := []struct {
		name         string
		err          error
		code, detail string
		scope        core.Scope
	}{
		{"redirect", &rest.RedirectError{Status: 301, Location: elsewhere}, "site.redirects", "other.test", core.SiteWide},
		{"redirect to nowhere", &rest.RedirectError{Status: 301}, "site.redirects", "", core.SiteWide},
		{"too large", rest.ErrTooLarge, "site.server_error", "the answer is too large", core.ItemOrSite},
		{"cut off", &rest.Error{Connected: true, Err: io.ErrUnexpectedEOF}, "site.server_error", "the answer was cut off", core.ItemOrSite},
		{"closed", &rest.Error{Connected: true, Err: io.EOF}, "site.unreachable", "the connection broke off", core.ItemOrSite},
		{"slow", &rest.Error{Connected: true, Err: context.DeadlineExceeded}, "site.timeout", "no answer in time", core.ItemOrSite},
		{"no such name", &rest.Error{Host: "mysite.test", Err: &net.DNSError{IsNotFound: true}}, "site.no_such_name", "mysite.test", core.SiteWide},
		{"names not looked up", &rest.Error{Host: "mysite.test", Err: &net.DNSError{IsTimeout: true}}, "site.unreachable", "the name could not be looked up", core.SiteWide},
		{"refused", &rest.Error{Err: syscall.ECONNREFUSED}, "site.unreachable", "the connection was refused", core.SiteWide},
		{"a bad certificate", &rest.Error{Host: "mysite.test", Err: &tls.CertificateVerificationError{}}, "site.certificate", "mysite.test", core.SiteWide},
		{"no TLS", &rest.Error{Err: tls.RecordHeaderError{}}, "site.no_https", "", core.SiteWide},
		{"http for https", &rest.Error{Err: http.ErrSchemeMismatch}, "site.no_https", "", core.SiteWide},
		{"no connection", &rest.Error{Err: context.DeadlineExceeded}, "site.timeout", "no connection in time", core.SiteWide},
		{"private", &rest.Error{Err: core.NewProblem("site.private_address", nil)}, "site.private_address", "", core.SiteWide},
	}
	for _, test := range tests {
		err := problemOf(test.err)
		if got := core.AsProblem(err); got.Code != test.code || got.Detail != test.detail || got.Scope != test.scope {
			t.Errorf("%s: got %v, scope %v", test.name, got, got.Scope)
		}
		if !errors.Is(err, test.err) && test.code != "site.private_address" {
			t.Errorf("%s: the cause is lost", test.name)
		}
	}
	if err := problemOf(context.Canceled); !errors.Is(err, context.Canceled) || core.HasCode(err, "site.unreachable") {
		t.Errorf("a caller who gave up: %v", err)
	}
}

func FuzzClassify(f *testing.F) {
	for _, seed := range []string{
		`{"code":"rest_invalid_param","data":{"params":{"email":""}},"additional_errors":[{"code":"user_email"}]}`,
		`{"code":5,"data":[],"additional_errors":{}}`, `[]`, `null`, `<title>x</title>`, "",
	} {
		f.Add(400, "application/json", []byte(seed))
		f.Add(503, "text/html", []byte(seed))
	}
	f.Fuzz(func(t *testing.T, status int, kind string, body []byte) {
		answer := &rest.Response{Status: status, Header: http.Header{"Content-Type": {kind}}, Body: body}
		got := classify(answer, true)
		if good := status >= 200 && status < 300 && answer.IsJSON(); good != (got == nil) {
			t.Errorf("got %v", got)
		}
		if got != nil && strings.ContainsAny(got.Detail, "@<>\n") {
			t.Errorf("the detail is %q", got.Detail)
		}
	})
}
