//go:build unix

package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"usher/core"
)

const (
	rightKey  = "access_key=" + plantedKey
	rightAdd  = "wpf_action=add&" + rightKey
	wrongKey  = "access_key=planted-key-9876543210" // as long as the right one
	browser   = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
	taken     = `{"success":true,"delivery":"`
	forbidden = `{"success":false,"error":"The access key is missing or wrong. Copy the webhook URL again."}`
)

// visit is one request at the door and what must come of it.
type visit struct {
	name, method, query, body string
	header                    map[string]string
	status                    int
	says                      string // how the answer begins; all of it, unless accepted
	// The rest is about what was accepted: how it ends.
	action  core.Action
	state   core.State
	outcome core.Outcome
	problem string
	contact string
}

func (v visit) accepted() bool { return v.state != "" }

func lead(id string) string { return message(id, "p"+id+"@example.test", "P") }

// held are messages that are kept although nobody can read them.
var held = []visit{
	{name: "a JSON bomb", query: rightAdd, body: strings.Repeat("[", 200_000), action: core.Add, problem: "delivery.too_deep"},
	{name: "a JSON bomb that is whole", query: rightAdd, body: strings.Repeat(`{"a":`, 5000) + "1" + strings.Repeat("}", 5000), action: core.Add, problem: "delivery.too_deep"},
	{name: "bad UTF-8", query: rightAdd, body: "{\"lead\":{\"id\":\"1\",\"email\":\"\xff\xfe\"}}", action: core.Add, problem: "delivery.not_utf8"},
	{name: "bad UTF-8 in the query", query: rightAdd + "&role=%ff%fe", body: lead("1"), action: core.Add, problem: "delivery.not_utf8"},
	{name: "half a message", query: rightAdd, body: `{"lead":{"id":"1","ema`, action: core.Add, problem: "delivery.malformed"},
	{name: "an action nobody knows", query: "wpf_action=remove&" + rightKey, body: lead("1"), action: "remove", problem: "delivery.unknown_action"},
}

// kept are messages that make a user each.
var kept = []visit{
	{name: "JSON by POST", query: rightAdd, body: lead("11"), contact: "11"},
	{name: "by PUT", method: http.MethodPut, query: rightAdd, body: lead("12"), contact: "12"},
	{name: "by PATCH", method: http.MethodPatch, query: rightAdd, body: lead("13"), contact: "13"},
	{name: "JSON that says it is a form", query: rightAdd, body: lead("14"), header: map[string]string{"Content-Type": "application/x-www-form-urlencoded"}, contact: "14"},
	{name: "a form", query: rightAdd, body: "contact_id=15&email=p15%40example.test", contact: "15"},
	{name: "GET with everything in the query", method: http.MethodGet, query: rightAdd + "&contact_id=16&email=p16%40example.test", contact: "16"},
	{name: "the key in a JSON body", query: "wpf_action=add", body: strings.Replace(lead("17"), "{", `{"access_key":"`+plantedKey+`",`, 1), contact: "17"},
	{name: "the key and all else in a form", body: rightAdd + "&contact_id=18&email=p18%40example.test", contact: "18"},
	{name: "the action in capitals", query: "wpf_action=ADD&" + rightKey, body: lead("19"), contact: "19"},
}

// refused are messages after which nothing is stored.
var refused = []visit{
	{name: "a wrong key", query: "wpf_action=add&" + wrongKey, body: lead("1"), status: 403, says: forbidden},
	{name: "no key", query: "wpf_action=add", body: lead("1"), status: 403, says: forbidden},
	{name: "a wrong key and no action", query: wrongKey, body: lead("1"), status: 403, says: forbidden},
	{name: "a wrong key in a browser", method: http.MethodGet, query: "wpf_action=add&" + wrongKey, header: map[string]string{"Accept": browser}, status: 403, says: forbidden},
	{name: "a test with a wrong key", query: "wpf_action=test&" + wrongKey, status: 403, says: forbidden},
	{name: "neither key nor action", body: lead("1"), status: 404},
	{name: "a right key without an action", query: rightKey, body: lead("1"), status: 400, says: `{"success":false,"error":"The URL lacks wpf_action."}`},
	{name: "gzip", query: rightAdd, body: "\x1f\x8b\x08", header: map[string]string{"Content-Encoding": "gzip"}, status: 415, says: `{"success":false,"error":"Send the message without compression."}`},
	{name: "DELETE", method: http.MethodDelete, query: rightAdd, status: 405, says: `{"success":false,"error":"Use POST."}`},
	{name: "OPTIONS", method: http.MethodOptions, query: rightAdd, status: 405, says: `{"success":false,"error":"Use POST."}`},
	{name: "HEAD", method: http.MethodHead, query: rightAdd, status: 405},
	{name: "a test", query: "wpf_action=test&" + rightKey, body: lead("1"), status: 200, says: `{"success":true}`},
	{name: "a test by GET", method: http.MethodGet, query: "wpf_action=test&" + rightKey, status: 200, says: `{"success":true}`},
}

func TestTheDoor(t *testing.T) {
	t.Parallel()
	site, siteURL := practiceSite(t)
	u := newUsher(t)
	u.serve()
	u.setup(practiceSetup(siteURL, nil))
	answered := map[string]visit{} // the sender's own list
	visits := slices.Concat(refused, expect(held, core.Held, ""), expect(kept, core.Applied, core.Created))
	for _, v := range visits {
		u.Run(v.name, func(t *testing.T) {
			u := &usher{T: t, local: u.local}
			a := u.request(cmp.Or(v.method, http.MethodPost), v.query, v.body, v.header)
			if id, ok := v.check(t, a); ok {
				answered[id] = v
			}
		})
	}
	u.Run("a browser is told that the URL works", func(t *testing.T) {
		u := &usher{T: t, local: u.local}
		a := u.request(http.MethodGet, rightAdd, "", map[string]string{"Accept": browser})
		if a.status != 200 || !strings.HasPrefix(a.header.Get("Content-Type"), "text/html") || !strings.Contains(a.body, "This works.") || strings.Contains(a.body, plantedKey) {
			t.Errorf("answered %d %v %s", a.status, a.header, a.body)
		}
	})
	for id, v := range answered {
		if line := u.want(id, v.state, v.outcome); !v.fits(line) {
			t.Errorf("%s became %+v (%+v)", v.name, line, line.Problem)
		}
	}
	half := u.talk("POST /?" + rightAdd + " HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5000\r\n\r\n{")
	if !strings.HasPrefix(half, "HTTP/1.1 503 ") || !strings.Contains(half, "\r\nRetry-After: ") {
		t.Errorf("a message cut off on its way was answered %q", half)
	}
	u.kill()
	u.serve()
	if got, want := slices.Sorted(maps.Keys(u.deliveries())), slices.Sorted(maps.Keys(answered)); !slices.Equal(got, want) {
		t.Errorf("after a power cut the deliveries are %v, answered were %v", got, want)
	}
	if s := u.status(); int(s.Accepted) != len(answered) || int(s.Held) != len(held) || int(s.Applied) != len(kept) {
		t.Errorf("status %+v after %d answers", s, len(answered))
	}
	for _, v := range kept {
		if _, ok := site.User("p" + v.contact + "@example.test"); !ok {
			t.Errorf("%s made no user", v.name)
		}
	}
	if n := len(site.Users()); n != len(kept)+1 {
		t.Errorf("%d users on the site, want %d and the administrator", n, len(kept))
	}
	u.stop()
}

// expect fills in what the visits of one table have in common.
func expect(list []visit, state core.State, outcome core.Outcome) []visit {
	list = slices.Clone(list)
	for i := range list {
		v := &list[i]
		v.status, v.says, v.state, v.outcome = 200, taken, state, outcome
		if v.action == "" {
			v.action = core.Add
		}
	}
	return list
}

// check compares the answer, and returns the id of a delivery that was accepted.
func (v visit) check(t *testing.T, a answer) (id string, ok bool) {
	t.Helper()
	if v.accepted() {
		var said struct {
			Success  bool
			Delivery string
		}
		err := json.Unmarshal([]byte(a.body), &said)
		if a.status != v.status || !strings.HasPrefix(a.body, v.says) || err != nil || said.Delivery == "" {
			t.Errorf("answered %d %.200s", a.status, a.body)
		}
		return said.Delivery, said.Delivery != ""
	}
	if a.status != v.status || a.body != v.says {
		t.Errorf("answered %d %.200s, want %d %s", a.status, a.body, v.status, v.says)
	}
	if a.status == 405 && a.header.Get("Allow") != "GET, POST, PUT, PATCH" {
		t.Errorf("allows %q", a.header.Get("Allow"))
	}
	return "", false
}

// fits reports whether the delivery is listed as what was sent.
func (v visit) fits(line core.Line) bool {
	problem := ""
	if line.Problem != nil {
		problem = line.Problem.Code
		if line.Problem.Title == "" || line.Problem.Fix == "" {
			return false
		}
	}
	return line.Action == v.action && line.Contact == v.contact && problem == v.problem && line.CRM == "kartra"
}

// A stranger must not learn from an answer whether a key was near the right one, nor
// whether one was looked for at all.
func TestWrongAndMissingKeysGetTheSameBytes(t *testing.T) {
	t.Parallel()
	_, siteURL := practiceSite(t)
	u := newUsher(t)
	u.serve()
	u.setup(practiceSetup(siteURL, nil))
	body := lead("1")
	var first string
	for name, r := range map[string]struct{ line, body string }{
		"no key":                          {"POST /?wpf_action=add", body},
		"an empty key":                    {"POST /?wpf_action=add&access_key=", body},
		"a wrong key":                     {"POST /?wpf_action=add&" + wrongKey, body},
		"the right key but its last sign": {"POST /?wpf_action=add&access_key=" + plantedKey[:len(plantedKey)-1], body},
		"the right key and a sign more":   {"POST /?wpf_action=add&access_key=" + plantedKey + "0", body},
		"the right key in capitals":       {"POST /?wpf_action=add&access_key=" + strings.ToUpper(plantedKey), body},
		"the right key after a wrong one": {"POST /?wpf_action=add&" + wrongKey + "&" + rightKey, body},
		"a long key":                      {"POST /?wpf_action=add&access_key=" + strings.Repeat("k", 4000), body},
		"a wrong key in JSON":             {"POST /?wpf_action=add", `{"access_key":"wrong-key"}`},
		"a wrong key in a form":           {"PUT /", "wpf_action=add&access_key=wrong-key"},
		"a wrong key without an action":   {"POST /?" + wrongKey, body},
		"an action nobody knows":          {"POST /?wpf_action=remove", body},
		"GET":                             {"GET /?wpf_action=add&" + wrongKey, ""},
		"another path":                    {"POST /wp-content/hook.php?wpf_action=add&" + wrongKey, body},
	} {
		got := u.talk(fmt.Sprintf("%s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s", r.line, len(r.body), r.body))
		got = regexp.MustCompile(`\r\nDate: [^\r]*`).ReplaceAllString(got, "")
		if first == "" {
			first = got
		}
		if got != first || !strings.HasPrefix(got, "HTTP/1.1 403 ") {
			t.Errorf("%s: answered\n%s\nand not\n%s", name, got, first)
		}
	}
	if s := u.status(); s.Accepted != 0 {
		t.Errorf("status %+v", s)
	}
	u.stop()
}

// talk sends raw bytes and no more, and returns all that comes back.
func (u *usher) talk(request string) string {
	u.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(u.local, "http://"))
	if err != nil {
		u.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		u.Fatal(err)
	}
	_, err = io.WriteString(conn, request)
	if err := errors.Join(err, conn.(*net.TCPConn).CloseWrite()); err != nil {
		u.Fatal(err)
	}
	answer, err := io.ReadAll(conn)
	if err != nil {
		u.Fatal(err)
	}
	return string(answer)
}

// Not every sender looks at the answer before it has sent all of its message: one that
// closes the connection after it must get it as well.
func TestAMessageRefusedUnreadIsStillAnswered(t *testing.T) {
	t.Parallel()
	u := newUsher(t)
	u.serve()
	for name, v := range map[string]struct {
		method, encoding string
		status           int
	}{
		"too big":    {http.MethodPost, "", http.StatusRequestEntityTooLarge},
		"compressed": {http.MethodPost, "gzip", http.StatusUnsupportedMediaType},
		"by DELETE":  {http.MethodDelete, "", http.StatusMethodNotAllowed},
	} {
		for _, closes := range []bool{false, true} {
			u.Run(fmt.Sprintf("%s, closing %t", name, closes), func(t *testing.T) {
				transport := &http.Transport{DisableKeepAlives: closes, DisableCompression: true}
				defer transport.CloseIdleConnections()
				for range 20 { // whether an early end hurts is a matter of luck
					req, err := http.NewRequestWithContext(t.Context(), v.method, u.local+"/?wpf_action=add", strings.NewReader(strings.Repeat("x", 2<<20)))
					if err != nil {
						t.Fatal(err)
					}
					if v.encoding != "" {
						req.Header.Set("Content-Encoding", v.encoding)
					}
					resp, err := transport.RoundTrip(req)
					if err != nil {
						t.Fatalf("the answer did not arrive: %v", err)
					}
					_ = resp.Body.Close()
					if resp.StatusCode != v.status {
						t.Fatalf("answered %d, want %d", resp.StatusCode, v.status)
					}
				}
			})
		}
	}
	if s := u.status(); s.Accepted != 0 {
		t.Errorf("status %+v", s)
	}
	u.stop()
}
