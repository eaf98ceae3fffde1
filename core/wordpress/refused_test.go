package wordpress

import (
	"encoding/xml"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"usher/core"
)

const (
	xmlAccepts = `<?xml version="1.0" encoding="UTF-8"?>
<methodResponse><params><param><value><array><data></data></array></value></param></params></methodResponse>`
	xmlRefuses = `<?xml version="1.0" encoding="UTF-8"?>
<methodResponse><fault><value><struct><member><name>faultCode</name><value><int>403</int></value></member>
<member><name>faultString</name><value><string>Incorrect username or password.</string></value></member></struct></value></fault></methodResponse>`
)

func TestWhyTheSiteTakesUsForAGuest(t *testing.T) {
	closed := `{"code":"rest_closed"}`
	tests := map[string]struct {
		user, password string
		me, xmlrpc     string
		code, detail   string
	}{
		"wrong":                              {"ann", rightShape, fails, xmlRefuses, "site.unauthorized", ""},
		"cannot be told":                     {"ann", rightShape, fails, "<html>", "site.sign_in_unclear", ""},
		"XML-RPC switched off":               {"ann", rightShape, fails, strings.Replace(xmlRefuses, "403", "405", 1), "site.sign_in_unclear", ""},
		"the header taken out":               {"ann", rightShape, fails, xmlAccepts, "site.header_stripped", ""},
		"a plugin that refuses everyone":     {"ann", rightShape, `{"code":"rest_login_required"}`, xmlAccepts, "site.rest_restricted", "rest_login_required"},
		"a plugin that forbids everyone":     {"ann", rightShape, closed, xmlAccepts, "site.rest_restricted", "rest_closed"},
		"a plugin that forbids the wrong":    {"ann", rightShape, closed, xmlRefuses, "site.unauthorized", ""},
		"unknown to a plugin":                {"ann", rightShape, `{"code":"invalid_username"}`, xmlRefuses, "site.unknown_user", ""},
		"an e-mail unknown to a plugin":      {"ann@x.test", rightShape, `{"code":"invalid_email"}`, xmlRefuses, "site.unknown_user", ""},
		"wrong to a plugin":                  {"ann", rightShape, `{"code":"incorrect_password"}`, xmlRefuses, "site.wrong_password", ""},
		"an error of the site's own":         {"ann", rightShape, `{"code":"internal_server_error"}`, xmlAccepts, "site.server_error", "500 internal_server_error"},
		"no such route":                      {"ann", rightShape, `{"code":"rest_no_route"}`, xmlAccepts, "site.no_rest", ""},
		"off, to a plugin":                   {"ann", rightShape, `{"code":"application_passwords_disabled","data":401}`, xmlRefuses, "site.app_passwords_need_https", ""},
		"their own password, to a plugin":    {"ann", "sunshine-1", `{"code":"incorrect_password"}`, xmlAccepts, "site.own_password", ""},
		"not for this user":                  {"ann", rightShape, `{"code":"application_passwords_disabled_for_user"}`, xmlRefuses, "site.app_passwords_not_for_user", ""},
		"their own password":                 {"ann", "sunshine-1", fails, xmlAccepts, "site.own_password", ""},
		"a password cut short":               {"ann", rightShape[:26], fails, xmlRefuses, "site.own_password", ""},
		"user and password mixed up":         {rightShape, "ann", fails, xmlRefuses, "site.mixed_up", ""},
		"the application's name":             {"Usher on my laptop", rightShape, fails, xmlRefuses, "site.app_name", ""},
		"the application's name, in short":   {"usher", rightShape, fails, "", "site.app_name", ""},
		"a name with a space, known":         {"Ann Example", rightShape, fails, xmlAccepts, "site.header_stripped", ""},
		"an address that begins like an app": {"usher@x.test", rightShape, fails, xmlRefuses, "site.unauthorized", ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			a := answers{index: passes, me: test.me, introspect: test.me, xmlrpc: test.xmlrpc}
			_, err := signedIn(t, a, test.user, test.password).Verify(t.Context())
			if p := core.AsProblem(err); p.Code != test.code || p.Detail != test.detail {
				t.Errorf("got %v, want %s: %s", err, test.code, test.detail)
			}
		})
	}
}

func TestXMLRPCIsAskedInWellFormedWords(t *testing.T) {
	c := New(core.Site{User: `a<&"]]>`}, core.NewSecret("x</string>"))
	t.Cleanup(c.Close)
	var sent struct {
		Method string   `xml:"methodName"`
		Params []string `xml:"params>param>value>string"`
	}
	if err := xml.Unmarshal(c.xmlrpcSignIn(), &sent); err != nil {
		t.Fatal(err)
	}
	if sent.Method != "wp.getUsersBlogs" || len(sent.Params) != 2 || sent.Params[0] != `a<&"]]>` || sent.Params[1] != "x</string>" {
		t.Errorf("sent %+v", sent)
	}
}

// A redirect of xmlrpc.php must not take the password along.
func TestXMLRPCFollowsNoRedirect(t *testing.T) {
	asked := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked++
		http.Redirect(w, r, "/elsewhere", http.StatusTemporaryRedirect)
	}))
	t.Cleanup(server.Close)
	client := New(core.Site{API: server.URL + "/wp-json", User: "ann", Local: true}, core.NewSecret(rightShape))
	t.Cleanup(client.Close)
	if got := client.askByXMLRPC(t.Context()); got != noVerdict || asked != 1 {
		t.Errorf("got %v after %d requests", got, asked)
	}
}

func TestBesideAPI(t *testing.T) {
	for api, want := range map[string]string{
		"https://x.test/wp-json":                    "https://x.test/xmlrpc.php",
		"https://x.test/blog/wp-json":               "https://x.test/blog/xmlrpc.php",
		"https://x.test/?rest_route=":               "https://x.test/xmlrpc.php",
		"https://x.test/blog/index.php?rest_route=": "https://x.test/blog/xmlrpc.php",
	} {
		if got := besideAPI(api, "xmlrpc.php"); got != want {
			t.Errorf("%s: got %s, want %s", api, got, want)
		}
	}
}

func FuzzReadVerdict(f *testing.F) {
	for _, seed := range []string{xmlAccepts, xmlRefuses, "<html>", "", "<methodResponse/>", "<methodResponse><params>"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		if readVerdict(body) == passwordRight && !strings.Contains(string(body), "methodResponse") {
			t.Errorf("%q passes for a success", body)
		}
	})
}
